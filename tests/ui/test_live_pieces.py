"""The parts of live debugging by themselves: keys held down, marks, the dialog, the flag of the live edge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QAction, QImage, QKeyEvent, QPainter
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tapeview.breakpoints import Breakpoint, parse
from tapeview.protocol import Stopped
from tapeview.trace.query import Recording
from tapeview.ui import code_gutter, theme
from tapeview.ui.app import application
from tapeview.ui.breakpoint_dialog import BreakpointDialog
from tapeview.ui.code_view import CodeView
from tapeview.ui.held_key import HeldKeys
from tapeview.ui.prompt import PromptLine
from tapeview.ui.timeline_dock import TimelineView
from tapeview.ui.watches_dock import paint_spark
from tapeview.views.gutter import GutterMark
from tapeview.views.status_model import StatusModel
from tapeview.views.timeline_model import TimelineModel
from tapeview.views.workspace import Workspace
from tests.helpers.recordings import write_regression

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)
STATES = ("on", "off", "idle", "error")
SHAPES = ("stop", "condition", "log")


@pytest.fixture(autouse=True)
def _light(qapp: QApplication) -> None:
    application()
    theme.current().set_mode("light")


def key(kind: QEvent.Type, again: bool) -> QKeyEvent:
    return QKeyEvent(kind, Qt.Key.Key_F10, Qt.KeyboardModifier.NoModifier, "", again)


def test_a_key_held_down_repeats_only_when_ready_and_ends_with_the_key(qtbot: QtBot) -> None:
    window, done, held_said, ready = QWidget(), [], [], [True]
    qtbot.addWidget(window)
    action = QAction("step", window)
    action.setShortcut("F10")
    action.triggered.connect(lambda: done.append(1))
    held = HeldKeys(window)
    held.add(action, lambda: ready[0], held_said.append)
    QApplication.sendEvent(window, key(QEvent.Type.ShortcutOverride, False))
    assert not held.holding, "one press is the command's own"
    QApplication.sendEvent(window, key(QEvent.Type.ShortcutOverride, True))
    assert held_said == [True]
    qtbot.waitUntil(lambda: len(done) > 5)
    ready[0] = False
    count = len(done)
    qtbot.wait(60)
    assert len(done) == count
    ready[0] = True
    QApplication.sendEvent(window, key(QEvent.Type.KeyRelease, True))
    assert held.holding, "the desktop's own repetition releases the key as well"
    QApplication.sendEvent(window, key(QEvent.Type.KeyRelease, False))
    assert held_said == [True, False]
    count = len(done)
    qtbot.wait(60)
    assert len(done) == count
    held.close()


def test_marks_can_be_told_apart_without_their_colour() -> None:
    pictures: dict[bytes, tuple[str, str]] = {}
    for state in STATES:
        for shape in SHAPES if state != "error" else ("stop",):
            image = QImage(22, 22, QImage.Format.Format_Grayscale8)
            image.fill(Qt.GlobalColor.white)
            painter = QPainter(image)
            code_gutter.paint_mark(painter, GutterMark(state, shape), 0, 20, False)
            painter.end()
            seen = bytes(image.constBits())
            assert seen not in pictures, (state, shape, pictures[seen])
            pictures[seen] = (state, shape)


def test_a_note_below_a_line_makes_room_for_itself(qtbot: QtBot) -> None:
    code = CodeView()
    qtbot.addWidget(code)
    code.resize(320, 300)
    code.set_text("\n".join(f"line_{n} = {n}" for n in range(1, 40)))
    code.show()
    before = code.line_top(6)
    code.set_note(5, "InvalidArgumentError: " + "값" * 200)
    assert code.line_top(5) < code.note_rect().top() < code.note_rect().bottom() < code.line_top(6)
    assert code.line_top(6) > before
    assert code.line_at(code.line_top(6) + 3) == 6
    assert code.line_at(code.line_top(39) + 3) == 39
    assert code.line_at(code.note_rect().center().y()) == 0
    assert code.note_rect().height() < 5 * code.fontMetrics().lineSpacing() + 20, "a long message is cut"
    code.set_note(0, "")
    assert code.line_top(6) == before


def test_the_line_for_keys_moves_with_the_arrows_and_is_heard(qtbot: QtBot) -> None:
    code = CodeView()
    qtbot.addWidget(code)
    code.set_text("a = 1\nb = 2\nc = 3")
    code.set_breakpoints({2: GutterMark(tip="line:s.py:2")})
    code.show()
    code.set_current_line(1)
    qtbot.keyClick(code, Qt.Key.Key_Down)
    assert code.current_line() == 2
    assert code.accessibleDescription() == "2: b = 2, line:s.py:2"
    for _ in range(5):
        qtbot.keyClick(code, Qt.Key.Key_Down)
    assert code.current_line() == 3


def test_the_dialog_changes_a_breakpoint(qtbot: QtBot) -> None:
    made: list[Breakpoint] = []
    before = Breakpoint("line", file="/a/train.py", line=3, column=4, end_column=9, id=5)
    dialog = BreakpointDialog(
        None, made.append, before, files=[("/a/train.py", "train.py"), ("/a/other.py", "other.py")]
    )
    dialog.show()
    assert dialog.ok.text() == "Change"
    assert dialog.exact.isVisible()
    dialog.exact.setChecked(False)
    dialog.condition.clear()
    qtbot.keyClicks(dialog.condition, "i > ")
    assert not dialog.ok.isEnabled()
    assert "not a Python expression" in dialog.problem.text()
    qtbot.keyClicks(dialog.condition, "3")
    dialog.logs.setChecked(True)
    qtbot.keyClicks(dialog.log, "it is {i}")
    dialog.accept()
    (one,) = made
    assert (one.id, one.line, one.column, one.condition, one.log) == (5, 3, -1, "i > 3", "it is {i}")
    # It deletes itself when it closes.


@pytest.mark.parametrize("text", ["op:Mul", "max>3", "gradient:w:norm>2", "loss rises 20%", "every:5", "exception"])
def test_the_dialog_shows_every_kind_as_it_is(qtbot: QtBot, text: str) -> None:
    dialog = BreakpointDialog(None, lambda _one: None, parse(text))
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.text.text().replace("\u200b", "") == text
    assert dialog.ok.isEnabled()
    assert dialog.name.isVisible() == (text.split(":")[0] in ("op", "gradient") or text.startswith("loss"))


def test_the_prompt_completes_a_name_with_and_without_its_dots(qtbot: QtBot) -> None:
    line = PromptLine()
    qtbot.addWidget(line)
    line.show()
    line.activateWindow()
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    line.setText("f(w.sha")
    line.show_words("f(w.sha", ["shape"])
    assert line.text() == "f(w.shape"
    line.setText("np.me")
    line.show_words("np.me", ["np.mean"])
    assert line.text() == "np.mean"
    line.setText("lo")
    line.show_words("something else", ["loss"])
    assert line.text() == "lo", "an answer to an older question"
    line.show_words("lo", ["loss", "loss_before", "loss_after"])
    assert line.text() == "loss"
    assert line.offered() == ["loss", "loss_before", "loss_after"]
    line.popup.hide()


def test_the_live_edge_has_a_flag(qtbot: QtBot, tmp_path: Path) -> None:
    workspace = Workspace()
    recording = Recording.open(write_regression(tmp_path / "r.tapeview", steps=3))
    workspace.open(recording, state="running")
    model, status = TimelineModel(workspace), StatusModel(workspace)
    view = TimelineView(model)
    model.changed.connect(view.refresh)
    qtbot.addWidget(view)
    view.resize(900, 62)
    view.show()
    green = theme.current().palette.ok

    def flags() -> int:
        image = view.grab().toImage()
        return sum(image.pixelColor(x, y).name() == green for x in range(image.width()) for y in range(image.height()))

    assert flags() == 0
    workspace.halt(Stopped(1, "step", step=2, position=11))
    assert (model.edge_step, model.edge) == (2, 11)
    at_edge = flags()
    assert at_edge > 60
    assert status.state_text == "paused at the live edge"
    assert "the script stands here" in model.position_tip(11)
    workspace.move_to(0, 3)
    assert (model.edge_step, model.edge) == (2, -1)
    assert 0 < flags() < at_edge, "only in the row of the steps"
    assert "End returns" in status.state_text
    workspace.set_state("running")
    assert flags() == 0
    workspace.note((), 3)
    assert status.state_text == "running outside the tape since 3 s"
    recording.close()


@pytest.mark.parametrize(
    "values", [[], [1.0], [np.nan, np.nan], [1.0, 1.0], [3.0, np.nan, 1.0, np.inf, 2.0], range(5000)]
)
def test_sparks_of_every_course(values: list[float]) -> None:
    image = QImage(90, 20, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    paint_spark(painter, QRectF(4, 3, 80, 14), np.array(values, np.float64))
    painter.end()
    marked = any(image.pixelColor(x, y) != Qt.GlobalColor.white for x in range(90) for y in range(20))
    assert marked == bool(len(values) and np.isfinite(np.array(values, np.float64)).any())
