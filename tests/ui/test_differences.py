"""What changed, in the window: asked with the keys, painted rows, marks on the graph, a menu on the timeline."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from tapeview.explain.compare import CHANGED, Difference
from tapeview.ui import theme
from tapeview.ui.differences_rows import ROW
from tapeview.views.differences import WHAT_IF
from tests.helpers.differences import write_pair
from tests.ui.conftest import Person

Key, Modifier = Qt.Key, Qt.KeyboardModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_pair(tmp_path_factory.mktemp("pair"))


def opened(person: Person, path: Path) -> None:
    assert person.window.open(path)
    person.node("Relu")


def compared(person: Person) -> None:
    person.until(lambda: person.docks.differences.shown is not None and not person.docks.differing.comparing.busy)


def roles(image: QImage, *wanted: str) -> set[str]:
    """Which of these colours of the palette are in a picture."""
    palette = theme.current().palette
    seen = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    return {role for role in wanted if palette.color(role).name() in seen}


def test_asked_and_answered_with_the_keys(person: Person, pair: tuple[Path, Path]) -> None:
    opened(person, pair[0])
    dock, workspace = person.docks.differing.dock, person.workspace
    workspace.move_to(2, 0)
    person.press(Key.Key_F7)  # nothing is compared yet: it asks
    assert dock.question.steps[0].hasFocus()
    assert "Choose two steps" in dock.nothing.text()
    for letter in "2":
        person.qtbot.keyClicks(dock.question.steps[0], letter)
    person.press(Key.Key_Return)
    assert person.docks.differing.comparing.sides[0].step == 1
    person.qtbot.mouseClick(dock.question.run, LEFT)
    compared(person)
    shown = person.docks.differences.shown
    assert shown is not None
    assert shown.heading == "step 2 and step 3"
    assert dock.windowTitle() == f"Differences {len(shown.changes)}"
    bar = person.docks.graph.differences
    assert bar is not None
    assert bar.title.whole() == "What changed: step 2 and step 3"
    person.press(Key.Key_F7)
    assert workspace.selection.kind == "variable"
    person.press(Key.Key_F7)
    person.press(Key.Key_F7, Modifier.ShiftModifier)
    assert person.docks.differences.shown is not None
    assert person.docks.differences.shown.at == shown.first
    assert bar.turn.text() == "See step 2"
    person.qtbot.mouseClick(bar.turn, LEFT)
    assert workspace.cursor.step == 1
    person.press(Key.Key_Escape)
    assert workspace.selection.kind == "none"
    person.press(Key.Key_Escape)
    assert person.docks.differences.shown is None
    assert not bar.isVisible()
    workspace.move_to(1, 0)
    person.press(Key.Key_F7, Modifier.ControlModifier)  # with the step before
    compared(person)
    assert bar.title.whole() == "What changed: step 1 and step 2"


def test_rows_lead_to_their_place_and_both_values_stand_beside(person: Person, pair: tuple[Path, Path]) -> None:
    opened(person, pair[0])
    dock, workspace = person.docks.differing.dock, person.workspace
    person.docks.differing.comparing.with_step(1)
    compared(person)
    rows, model = dock.rows, person.docks.differing.model
    place = next(p for p, n in enumerate(model.order) if model.row(n).name == "hidden")
    person.qtbot.mouseClick(rows, LEFT, pos=rows.row_rect(place).center().toPoint())
    assert workspace.position_text().endswith("Relu → hidden")
    assert model.at == place
    assert rows.accessibleDescription() == model.row(model.order[place]).words
    person.until(lambda: dock.values.beside.rows() != [])
    assert dock.values.choices["difference"].isChecked()
    assert dock.values.tensor.isVisibleTo(dock.values)
    person.qtbot.mouseClick(dock.values.choices["before"], LEFT)
    assert model.value.chosen == "before"
    rows.setFocus()
    person.press(Key.Key_Down)
    assert model.at == place
    person.press(Key.Key_Return)
    assert model.at == place + 1
    chip = dock.chips["same"]
    assert not chip.isChecked()
    before = rows.count()
    person.qtbot.mouseClick(chip, LEFT)
    assert rows.count() > before
    dock.search.setText("update")
    assert {model.row(n).where.split(" · ")[0] for n in model.order} == {"update"}
    dock.search.setText("nowhere")
    assert dock.nothing.isVisibleTo(dock)
    dock.search.clear()
    dock.order.activated.emit(1)
    assert model.largest_first
    dock.tolerance.activated.emit(0)
    assert person.docks.differences.shown is not None
    assert person.docks.differences.shown.tolerance == 0.0


def test_another_recording_is_chosen(
    person: Person, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened(person, pair[0])
    dock, comparing = person.docks.differing.dock, person.docks.differing.comparing
    person.press(Key.Key_F7, Modifier.ControlModifier | Modifier.ShiftModifier)
    choice = dock.question.recordings[1]
    (tmp_path / "no.tapeview").write_text("nothing")
    for name, words in (("no.tapeview", "not a tapeview recording"), (str(pair[1]), "")):
        path = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args, path=path: (str(path), ""))
        choice.activated.emit(choice.count() - 1)
        person.until(lambda: not comparing.busy)
        assert words in dock.question.problem.text()
    assert choice.currentText() == "of changed"
    comparing.choose_step(1, 0)
    comparing.run()
    compared(person)
    shown = person.docks.differences.shown
    assert shown is not None
    assert shown.heading == "step 1 and step 1 of changed"
    # The layer that came and the activation that was replaced stand in the table, with their signs.
    signs = [dock.rows.said(row).split(",")[0] for row in range(3)]
    assert signs == ["only in step 1", "only in step 1 of changed", "only in step 1 of changed"]
    view = person.docks.graph.view

    def upper_right(op: str) -> QImage:
        corner = view.node_rect(person.node(op)).topRight().toPoint()
        return view.grab(QRect(corner.x() - 12, corner.y() - 16, 30, 20)).toImage()

    for mode in ("light", "dark"):
        person.window.set_theme(mode)
        assert roles(upper_right("Relu"), "muted", "diff") == {"muted"}
        assert roles(upper_right("Mean"), "muted", "diff") == {"diff"}
        sign = dock.rows.row_rect(1).toRect()
        sign.setWidth(40)
        assert roles(dock.rows.grab(sign).toImage(), "ok", "diff") == {"ok"}
    assert any(entry.sample == "gone" for entry in person.docks.differing.marks.legend)
    choice.activated.emit(0)
    assert not comparing.sides[1].other


@pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)
def test_the_timeline_offers_to_compare(person: Person, pair: tuple[Path, Path]) -> None:
    opened(person, pair[0])
    view = person.docks.timeline.view
    person.workspace.move_to(0, 0)

    def choose(step: int, reason: QContextMenuEvent.Reason = QContextMenuEvent.Reason.Mouse) -> list[str]:
        place = QPointF(104 + (step + 0.5) * view.step_width(), 14).toPoint()
        QApplication.sendEvent(view, QContextMenuEvent(reason, place, view.mapToGlobal(place)))
        menus = [menu for menu in person.window.findChildren(QMenu) if menu.isVisible()]
        words = [action.text() for menu in menus for action in menu.actions()]
        for menu in menus:
            menu.actions()[0].trigger()
            menu.close()
        return words

    assert choose(2) == ["Compare step 1 with step 3"]
    compared(person)
    shown = person.docks.differences.shown
    assert shown is not None
    assert shown.steps == (0, 2)
    assert choose(0) == []  # nothing is before the first step
    person.workspace.move_to(1, 0)
    assert choose(0, QContextMenuEvent.Reason.Keyboard) == ["Compare with step 1"]


def test_ten_thousand_rows_are_painted_as_they_come_into_view(person: Person, pair: tuple[Path, Path]) -> None:
    opened(person, pair[0])
    step = person.workspace.recording.step(0) if person.workspace.recording is not None else None
    assert step is not None
    last = len(step.positions) - 1
    rows = [
        Difference("forward", f"값_{n} " * 9, "Mul", n, CHANGED, n % last, n % last, 1e-4 * (n + 1), (1.0, 2.0), (0, 0))
        for n in range(10_000)
    ]
    differing = person.docks.differing
    differing.shared.show(WHAT_IF, "step 1 with w1 = 0", rows, (0, 0), ("recorded", "what if"), tolerance=1e-5)
    differing.dock.raise_()
    table, model = differing.dock.rows, differing.model
    person.until(lambda: table.height() == ROW * 10_000)
    person.qtbot.wait(1)
    assert len(model._rows) < 200
    assert not differing.dock.question.isVisibleTo(differing.dock)
    differing.shared.look_at(9_000)
    person.until(lambda: not table.visibleRegion().intersected(table.row_rect(9_000).toRect()).isEmpty())
    table.grab(table.row_rect(9_000).toRect())
    assert len(model._rows) < 400
    assert differing.marks.bar is not None
    assert differing.marks.bar.title == "What if: step 1 with w1 = 0"
    person.qtbot.mouseMove(table, QPoint(10, ROW * 9_000 + 4))
