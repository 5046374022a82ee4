"""What if, in the window: values are changed with keys and mouse, what comes of it stands there, all can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPushButton

from tapeview.explain.questions import NOISE, SCALE, Answer, Cancelled, Progress, Question, WhatIfQuestion
from tapeview.views.replayer import Replayer
from tapeview.views.whatif_words import outcome_words
from tests.helpers.scripts import record, write_script
from tests.ui.conftest import Person

Key, Modifier = Qt.Key, Qt.KeyboardModifier
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton

SCRIPT = """\
import tensorflow as tf
w = tf.Variable([1.0, 2.0], name="w")
x = tf.constant([3.0, 4.0])
for _ in range(3):
    with tf.GradientTape() as tape:
        y = w * x
        loss = tf.reduce_sum(y * y)
    w.assign_sub(0.001 * tape.gradient(loss, w))
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = record(tmp_path_factory.mktemp("what if"), str(write_script(tmp_path_factory.mktemp("script"), SCRIPT)))
    assert run.code == 0, run.err
    return run.path


class Bench:
    """A person who has the recording open, at the first op of the first step."""

    def __init__(self, person: Person, path: Path) -> None:
        self.person = person
        assert person.window.open(path)
        self.node("Mul")
        self.desk = person.docks.what_if
        self.experiment, self.strip = self.desk.experiment, self.desk.strip
        self.inspector = person.docks.inspector
        assert self.inspector.what_if is not None
        self.part = self.inspector.what_if
        self.editor = self.part.editor

    def node(self, op: str) -> int:
        return self.person.node(op)

    def pick(self, op: str) -> None:
        self.person.docks.graph_model.select(self.node(op))

    def begin(self) -> None:
        self.person.press(Key.Key_I, Modifier.ControlModifier)
        self.person.until(self.editor.isVisible)

    def write(self, text: str) -> None:
        focus = QApplication.focusWidget()
        assert isinstance(focus, QLineEdit)
        focus.selectAll()
        QTest.keyClicks(focus, text)

    def shown(self) -> None:
        self.person.until(lambda: self.experiment.state == "shown")

    @property
    def loss(self) -> str:
        (outcome,) = self.experiment.outcomes
        return f"{outcome_words(outcome.before)} → {outcome_words(outcome.after)}"

    @property
    def chips(self) -> list[str]:
        return [chip.tick.text() for chip in self.strip.chips if chip.isVisible()]

    def click(self, button: QPushButton) -> None:
        self.person.awake()
        assert button.isVisible()
        QTest.mouseClick(button, LEFT)


@pytest.fixture
def bench(person: Person, path: Path) -> Iterator[Bench]:
    return Bench(person, path)


def test_a_value_is_changed_with_the_keys_and_taken_back(bench: Bench) -> None:
    person, docks = bench.person, bench.person.docks
    bench.pick("w")
    bench.begin()
    assert bench.editor.title.text() == "What if “w” were another value?"
    assert QApplication.focusWidget() is bench.editor.value
    bench.write("3")
    person.press(Key.Key_Return)
    bench.shown()
    assert not bench.editor.isVisible()
    assert bench.chips == ["w = 3"]
    assert bench.loss == "73 → 225"
    assert bench.strip.outcome.whole() == "loss  73 → 225"
    assert docks.differing.dock.isVisible()
    shown = docks.differences.shown
    assert shown is not None
    assert shown.heading.startswith("Step 1 with w = 3: ")
    assert bench.strip.heading.whole() == shown.heading.replace(" with w = 3", "")
    assert docks.differing.marks.painted.touched == (bench.node("w"),)
    # The value with the change stands in the Inspector, and can be drawn.
    person.until(lambda: bench.part.after.isVisible() and bench.part.after.text() == "what if: [3, 3]")
    bench.click(bench.part.changed)
    array = bench.inspector.tensor._model.content.array
    assert array is not None
    assert array.tolist() == [3.0, 3.0]
    # A second change, then both back and one again.
    bench.pick("Mul")
    bench.begin()
    QTest.keyClick(bench.editor.how, Key.Key_Down)
    bench.editor.how.activated.emit(bench.editor.how.currentIndex())
    assert bench.inspector._model.form is not None
    assert bench.inspector._model.form.how == SCALE
    person.press(Key.Key_Return)
    person.until(lambda: bench.chips == ["w = 3", "y × 2"])
    bench.shown()
    assert bench.loss == "73 → 900"
    for _ in range(2):
        person.press(Key.Key_Z, Modifier.ControlModifier)
    person.until(lambda: bench.chips == [])
    assert docks.differences.shown is None
    person.press(Key.Key_Z, Modifier.ControlModifier | Modifier.ShiftModifier)
    bench.shown()
    assert (bench.chips, bench.loss) == (["w = 3"], "73 → 225")


def test_an_element_is_picked_with_the_mouse_and_chips_switch_changes(bench: Bench) -> None:
    person = bench.person
    bench.pick("Mul")
    heatmap = bench.inspector.tensor.heatmap
    person.until(heatmap.isVisible)
    second = QPoint(round(heatmap.width() * 0.75), heatmap.height() // 2)
    QTest.mouseDClick(heatmap, LEFT, pos=second)
    person.until(bench.editor.isVisible)
    assert (bench.editor.value.text(), bench.editor.place.text()) == ("8.0", "1")
    QTest.mouseClick(heatmap, LEFT, pos=QPoint(round(heatmap.width() * 0.25), heatmap.height() // 2))
    assert (bench.editor.value.text(), bench.editor.place.text()) == ("3.0", "0")
    bench.editor.value.setFocus()
    bench.write("lots")
    bench.click(bench.editor.apply)
    assert bench.editor.error.text() == "“lots” is no number."
    bench.editor.value.setFocus()
    bench.write("10")
    bench.click(bench.editor.apply)
    bench.shown()
    assert (bench.chips, bench.loss) == (["y[0] = 10"], "73 → 164")
    chip = bench.strip.chips[0]
    chip.tick.setFocus()
    person.press(Key.Key_Space)
    person.until(lambda: bench.experiment.state == "")
    assert bench.strip.heading.whole() == "Step 1: no change is switched on"
    person.press(Key.Key_Space)
    bench.shown()
    chip.tick.setFocus()
    person.press(Key.Key_Delete)
    assert bench.chips == []
    bench.click(bench.strip.undo)
    bench.shown()
    bench.click(bench.strip.reset)
    assert bench.chips == []
    assert person.docks.differences.shown is None


def test_what_can_be_changed_is_offered_where_it_is_seen(bench: Bench) -> None:
    person, docks = bench.person, bench.person.docks
    view = docks.graph.view
    menu = QMenu(view)
    docks._offer_node(menu, bench.node("Mul"))
    words = [action.text() for action in menu.actions()]
    assert "What if “y” …" in words
    next(action for action in menu.actions() if action.text() == "What if Mul passed no gradient on …").trigger()
    menu.close()
    assert bench.editor.isVisible()
    assert bench.editor.title.text() == "What if Mul passed no gradient on?"
    assert not bench.editor.value.isVisible()
    assert QApplication.focusWidget() is bench.editor.apply
    person.press(Key.Key_Return)
    bench.shown()
    assert bench.loss == "73 → 73"
    assert docks.differences.shown is not None
    gradient = next(row for row in docks.differences.shown.rows if row.name == "gradient of w")
    assert gradient.why == "None now"
    bench.pick("w")
    bench.begin()
    person.press(Key.Key_Escape)
    assert not bench.editor.isVisible()
    assert person.workspace.selection.kind == "variable"  # Esc was the form's


def test_what_cannot_be_changed_says_why(bench: Bench) -> None:
    person = bench.person
    step = person.workspace.step
    assert step is not None
    backward = next(position.index for position in step.positions if position.phase == "backward")
    person.workspace.move_to(0, backward)
    person.workspace.select("tensor", next(iter(step.calls.values())).steps[0].contributions[0])
    bench.begin()
    assert "A gradient is worked out" in bench.editor.error.text()
    assert not bench.editor.apply.isVisible()
    person.press(Key.Key_Return)
    assert not bench.editor.isVisible()


def test_another_step_says_so_and_takes_the_changes(bench: Bench) -> None:
    person = bench.person
    bench.pick("w")
    bench.begin()
    bench.write("0")
    person.press(Key.Key_Return)
    bench.shown()
    person.press(Key.Key_F10)
    assert not bench.strip.act.isVisible()  # still the same step
    person.press(Key.Key_PageDown)
    person.until(bench.strip.act.isVisible)
    assert bench.strip.note.text() == "These changes were made in step 1; you are looking at step 2."
    bench.click(bench.strip.act)
    bench.shown()
    assert bench.experiment.step == 1
    assert bench.loss.endswith("→ 0")
    assert not bench.strip.note.isVisible()
    person.press(Key.Key_Escape)
    person.press(Key.Key_Escape)
    person.until(lambda: person.docks.differences.shown is None)
    assert bench.chips == ["w = 0"]
    bench.click(bench.strip.act)
    assert person.docks.differences.shown is not None


def test_another_learning_rate_shows_in_the_steps_behind(bench: Bench) -> None:
    person, follow = bench.person, bench.strip.follow
    person.docks.bring_up(person.docks.differing.dock)
    person.until(follow.rate.isVisible)
    follow.rate.setFocus()
    bench.write("fast")
    person.press(Key.Key_Return)
    assert bench.strip.note.text() == "⚠ “fast” is no number."
    bench.write("0.01")
    person.press(Key.Key_Return)
    bench.shown()
    assert bench.chips == ["learning rate 0.01"]
    assert bench.loss == "73 → 73"
    assert follow.steps.value() == 10
    assert bench.strip.course.isVisible()
    assert bench.strip.course.words == "step 3: 64.56 → 17.75"
    assert bench.strip.course.accessibleDescription().count("\n") == 2
    assert bench.strip.note.text() == "The recording ends with step 3."
    follow.steps.setFocus()
    person.press(Key.Key_Home)
    follow.steps.selectAll()
    QTest.keyClicks(follow.steps, "1")
    person.press(Key.Key_Return)
    bench.shown()
    person.until(lambda: bench.strip.course.words.startswith("step 2: "))
    assert not bench.strip.note.isVisible()
    follow.rate.setFocus()
    follow.rate.selectAll()
    person.press(Key.Key_Delete)
    person.press(Key.Key_Return)
    person.until(lambda: bench.chips == [])
    assert not bench.strip.course.isVisible()


def test_what_takes_long_can_be_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    person = bench.person
    asked, given_up = Event(), Event()

    def ask(self: Replayer, question: Question, progress: object = None) -> Answer:
        if not isinstance(question, WhatIfQuestion) or not question.changes:
            return Cancelled()  # while the form is being filled in
        if callable(progress):
            progress(Progress(5, 12))
        asked.set()
        assert given_up.wait(20)
        return Cancelled()

    monkeypatch.setattr(Replayer, "ask", ask)
    monkeypatch.setattr(Replayer, "cancel", lambda self: given_up.set())
    bench.experiment.follow(10)
    bench.pick("w")
    bench.begin()
    bench.write("5")
    person.press(Key.Key_Return)
    person.until(bench.strip.cancel.isVisible)
    assert asked.is_set()
    person.until(lambda: bench.strip.busy.whole() == "followed 3 of 10 steps …")
    assert (bench.strip.bar.value(), bench.strip.bar.maximum()) == (5, 12)
    bench.click(bench.strip.cancel)
    person.until(lambda: bench.experiment.state == "cancelled")
    assert not bench.strip.cancel.isVisible()
    assert bench.strip.note.text() == "⚠ Cancelled. The changes are still there."
    assert bench.chips == ["w = 5"]


def test_a_recording_that_lacks_values_says_which(person: Person, tmp_path: Path) -> None:
    script = write_script(tmp_path, SCRIPT.replace("[1.0, 2.0]", "tf.ones([6000])").replace("[3.0, 4.0]", "[2.0]"))
    run = record(tmp_path, str(script), options=("--keep-values", "1K"))
    assert run.code == 0, run.err
    bench = Bench(person, run.path)
    bench.pick("w")
    bench.begin()
    bench.write("5")
    person.press(Key.Key_Return)
    person.until(lambda: bench.experiment.state == "refused")
    assert bench.strip.note.isVisible()
    assert "“w” no value was kept" in bench.strip.note.text()
    assert "--keep-values" in bench.strip.note.text()
    assert person.docks.differences.shown is None


def test_a_script_that_is_held_is_left_alone(person: Person) -> None:
    person.open(SCRIPT)
    person.press(Key.Key_F5, Modifier.ControlModifier)
    person.paused()
    for _ in range(3):
        person.press(Key.Key_F11)
        person.paused()
    where = person.workspace.edge
    assert where is not None
    assert where.step >= 1
    person.press(Key.Key_Home)
    person.node("Mul")
    desk, form = person.docks.what_if, person.docks.inspector._model.form
    assert form is not None
    person.docks.graph_model.select(person.node("w"))
    desk.begin()
    form.choose(NOISE)
    form.choose(SCALE)
    person.press(Key.Key_Return)
    person.until(lambda: desk.experiment.state == "shown")
    assert "→ 292" in desk.strip.outcome.whole()
    assert person.workspace.edge == where
    # The step in which the script still is cannot be changed.
    person.press(Key.Key_End)
    desk.begin()
    assert "is not complete" in form.error or "Pick a value" in form.error
    form.close()


def test_the_mark_of_the_element_picked_is_drawn(bench: Bench) -> None:
    bench.pick("Mul")
    heatmap = bench.inspector.tensor.heatmap
    bench.person.until(heatmap.isVisible)
    before = heatmap.grab().toImage()
    QTest.mouseClick(heatmap, LEFT, pos=QPoint(10, heatmap.height() // 2))
    assert heatmap.grab().toImage() != before
    QTest.mouseClick(heatmap, LEFT, pos=QPoint(10, heatmap.height() // 2))
    assert heatmap.grab().toImage() == before
    assert QRectF(heatmap.rect()).contains(QPointF(10, 1))


def test_the_table_picks_with_the_keys(bench: Bench) -> None:
    bench.pick("Mul")
    view = bench.inspector.tensor
    view._model.choose_mode("table")
    bench.person.until(view.table.isVisible)
    view.table.setFocus()
    assert view._model.picked is None  # it has a current cell, but nobody went there
    bench.person.press(Key.Key_Down)
    assert view._model.picked == (1,)
    bench.begin()
    assert (bench.editor.value.text(), bench.editor.place.text()) == ("8.0", "1")
    view.table.doubleClicked.emit(view.table.numbers.index(0, 0))
    assert bench.editor.isVisible()
