"""Is this gradient right, asked with keys in a real window with a real process that works steps out again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu
from pytestqt.qtbot import QtBot

from tapeview.explain.questions import Answer, Checked, Element, Progress, Question, Refusal
from tapeview.trace.query import Recording
from tapeview.ui import theme
from tapeview.ui.check_dock import CheckDock
from tapeview.ui.check_heatmap import HeatGrid, heat_color
from tapeview.ui.check_table import COLUMNS, CheckTableView
from tapeview.ui.checks import CheckCard
from tapeview.ui.graph_menu import menu_for
from tapeview.views.background import Immediate
from tapeview.views.check_heat import heat_of
from tapeview.views.check_model import CheckModel
from tapeview.views.check_results import CheckResults
from tapeview.views.signal import Signal
from tapeview.views.workspace import Workspace
from tests.helpers.scripts import record_source
from tests.ui.conftest import Person

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key

SCRIPT = """\
import tensorflow as tf

@tf.custom_gradient
def half(x):
    def gradient(upstream):
        return upstream * SLOPE
    return 0.5 * x, gradient

무게 = tf.Variable([[1.0, -2.0], [3.0, 4.0], [0.5, 0.25]], name="무게")
big = tf.Variable(3.0e4, name="big")
b = tf.Variable(0.5, name="b")
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(half(무게) ** 2.0) + tf.exp(b) + ((big + 1.0e-3) - big) * big
gradients = tape.gradient(loss, [무게, b, big])
"""


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = record_source(tmp_path_factory.mktemp("wrong"), SCRIPT.replace("SLOPE", "-0.5"))
    assert run.code == 0, run.err
    return run.path


def checked(person: Person) -> CheckDock:
    """The dock, once an answer is there."""
    dock = person.docks.checks.dock
    model = person.docks.checks.model
    person.until(lambda: model.state in ("done", "refused"))
    return dock


def verdicts(dock: CheckDock) -> dict[str, str]:
    return {row.name: row.verdict for row in dock._results.rows}


def test_all_gradients_of_a_step(person: Person, wrong: Path) -> None:
    assert person.window.open(wrong)
    dock = person.docks.checks.dock
    assert dock.isHidden(), "until somebody asks"
    assert dock.toggleViewAction() in person.window.docks_menu.actions()
    person.press(Key.Key_G, CONTROL | SHIFT)
    checked(person)
    assert dock.isVisible()
    assert verdicts(dock) == {"half → “무게”": "wrong", "무게": "wrong", "b": "right", "big": "rounded"}
    names = [dock.table.rows.index(row, 0).data() for row in range(dock.table.rows.rowCount())]
    assert names == ["half → “무게”", "무게", "b", "big"]
    assert "half (line 13)" in dock.said.label.text()
    # Down through the table with the keys; Enter goes to what it is about.
    dock.table.setFocus()
    person.press(Key.Key_Down)
    assert dock._results.row == 1
    assert dock.axes.whole().startswith("all 6 looked at · 3 × 2")
    person.press(Key.Key_Return)
    assert "half" in person.workspace.position_text()
    assert person.docks.source.isVisible()
    person.press(Key.Key_Down)
    assert dock.said.label.text().count("Right:") == 1
    assert not dock.definition.isVisible()
    person.press(Key.Key_Return)
    assert person.workspace.selection.kind == "variable"
    # From element to element with the arrows.
    person.press(Key.Key_Up)
    dock.grid.setFocus()
    before = dock._results.cell
    person.press(Key.Key_Down if before[0] == 0 else Key.Key_Up)
    assert dock._results.cell != before
    assert dock.words.text().replace("\u200b", "").startswith(f"무게[{dock._results.cell[0]},")
    person.press(Key.Key_W)
    heat = dock._results.heat
    assert heat is not None
    assert dock._results.cell == heat.worst
    dock.absolute.click()
    assert (dock._results.relative, dock.absolute.isChecked()) == (False, True)


def test_the_op_at_the_cursor_and_the_inspectors_link(person: Person, wrong: Path) -> None:
    assert person.window.open(wrong)
    workspace = person.workspace
    step = workspace.step
    assert step is not None
    person.press(Key.Key_F10, CONTROL)
    person.press(Key.Key_F10)
    person.until(lambda: "backward 1 of" in workspace.position_text())
    inspector = person.docks.inspector._model
    inspector.choose_tab("gradient")
    card = person.docks.inspector.findChild(CheckCard)
    assert isinstance(card, CheckCard)
    person.until(card.isVisible)
    assert "Is this gradient right?" in card.label.text()
    card.link.click()
    dock = checked(person)
    assert {row.verdict for row in dock._results.rows} == {"right"}
    assert "✓ right" in card.label.text()
    assert card.link.text() == "details"
    dock.hide()
    card.link.click()
    assert dock.isVisible()
    assert not person.docks.checks.model.running, "it was checked already"
    # What is selected goes before the cursor.
    half = next(op.seq for op in step.ops.values() if op.op == "half")
    workspace.select("op", half)
    inspector.choose_tab("gradient")
    assert "✓" not in card.label.text()
    person.press(Key.Key_G, CONTROL)
    checked(person)
    assert verdicts(dock) == {"half → “무게”": "wrong"}
    assert dock.targets.currentText() == "the function half, line 13"
    assert dock.definition.text() == "Its definition, line 4"
    dock.definition.click()
    assert person.docks.source.isVisible()
    inspector.choose_tab("value")
    assert not card.isVisible()


def test_cancelled_and_asked_again(person: Person, wrong: Path) -> None:
    assert person.window.open(wrong)
    model, dock = person.docks.checks.model, person.docks.checks.dock
    person.press(Key.Key_G, CONTROL | SHIFT)
    assert model.running
    person.until(dock.cancel.isVisible)
    dock.cancel.click()
    assert model.state == "cancelled"
    assert not dock.bar.isVisible()
    assert dock.start.isVisible()
    dock.amounts.setCurrentIndex(1)
    dock.amounts.activated.emit(1)
    dock.start.click()
    checked(person)
    assert verdicts(dock).get("무게") == "wrong", (model.state, model.text)


def test_from_the_menus_of_a_node_and_a_variable(person: Person, wrong: Path) -> None:
    assert person.window.open(wrong)
    node = person.node("Exp")
    view = person.docks.graph.view
    menu = menu_for(view, person.docks.graph_model, node, lambda: None, lambda: None, view.offer)
    next(one for one in menu.actions() if one.text() == "Check this op’s gradient").trigger()
    dock = checked(person)
    assert verdicts(dock) == {"Exp → “b”": "right"}
    # The op whose rule sent something, as the Inspector's table of senders offers it.
    step = person.workspace.step
    assert step is not None
    sender = QMenu(view)
    half = next(op.seq for op in step.ops.values() if op.op == "half")
    person.docks.checks.offer_position(sender, step.backward_of_op[half][0])
    sender.actions()[0].trigger()
    checked(person)
    assert verdicts(dock) == {"half → “무게”": "wrong"}
    table = person.docks.variables.table
    row = next(n for n in range(table.model().rowCount()) if table.model().index(n, 0).data() == "b")
    person.docks.variables._model.pick(row)
    offered = QMenu(table)
    assert person.docks.variables.offer is not None
    person.docks.variables.offer(offered, "b")
    next(one for one in offered.actions() if one.text() == "Check its gradient").trigger()
    checked(person)
    assert verdicts(dock) == {"b": "right"}


class Refusing:
    """Says that it cannot."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(self, question: Question, progress: Callable[[Progress], object] | None = None) -> Answer:
        return Refusal("step 1 cannot be worked out again: of “무게”, “b” no value was kept", ("무게", "b"))

    def cancel(self) -> None:
        """Nothing runs."""

    def close(self) -> None:
        """Nothing runs."""


def test_nothing_yet_and_values_that_were_not_kept(qtbot: QtBot, qapp: QApplication, wrong: Path) -> None:
    workspace = Workspace()
    model = CheckModel(workspace, Immediate(), Refusing)
    dock, window = CheckDock(model), QMainWindow()
    qtbot.addWidget(window)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    window.show()
    qtbot.waitExposed(window)
    assert not dock.start.isVisible()
    assert "once a script has taken some" in dock.said.label.text()
    with Recording.open(wrong) as recording:
        workspace.open(recording, wrong)
        assert dock.start.isVisible()
        assert "A finite difference measures that" in dock.said.label.text()
        dock.start.click()
        assert "Step 1 cannot be worked out again: of “무게”, “b” no value was kept." in dock.said.label.text()
        assert not dock.table.isVisible()
        assert not dock.go.isVisible()
        dock.dispose()


# -- the picture -------------------------------------------------------------------------------------------------------


@pytest.fixture
def grid(qtbot: QtBot, qapp: QApplication) -> HeatGrid:
    made = HeatGrid()
    qtbot.addWidget(made)
    made.resize(300, 150)
    return made


def several(shape: tuple[int, int], every: int) -> Checked:
    rows, columns = shape
    places = [(k // columns, k % columns) for k in range(0, rows * columns, every)]
    elements = tuple(Element(place, 1.0, 1.0, 1.0, error=10.0 ** -(n % 6)) for n, place in enumerate(places))
    return Checked("w", 1, 1, "wrong", elements[0], elements, rows * columns)


@pytest.mark.parametrize(("shape", "every"), [((3, 2), 1), ((60, 40), 3), ((1000, 1000), 20_011)])
def test_a_click_finds_what_is_painted(grid: HeatGrid, shape: tuple[int, int], every: int) -> None:
    found = several(shape, every)
    heat = heat_of(found.elements, shape, found.worst)
    grid.show_heat(heat, heat.worst, "w[0,0]")
    grid.grab()
    chosen: list[object] = []
    grid.chosen.connect(chosen.append)
    cells = list(heat.elements)
    for cell in (cells[0], cells[len(cells) // 2], cells[-1]):
        place = grid.rect_of(cell).center()
        assert grid.cell_at(place) == cell
        assert grid.rect().contains(place.toPoint())
        for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
            left = Qt.MouseButton.LeftButton
            QApplication.sendEvent(
                grid, QMouseEvent(kind, place, grid.mapToGlobal(place), left, left, Qt.KeyboardModifier.NoModifier)
            )
        assert chosen[-1] == cell
    assert grid.cell_at(QPointF(-5, -5)) is None


def test_large_errors_stand_out_by_lightness_too(qapp: QApplication) -> None:
    for mode, sign in (("light", -1), ("dark", 1)):
        theme.current().set_mode(mode)
        lightness = [heat_color(level / 10).lightness() * sign for level in range(11)]
        assert lightness == sorted(lightness)
        assert abs(lightness[-1] - lightness[0]) > 60
    theme.current().set_mode("system")


def test_columns_give_way(qtbot: QtBot, qapp: QApplication) -> None:
    results = CheckResults(Signal(), lambda _: (6, 4))
    results.show((several((6, 4), 1),))
    table = CheckTableView(results)
    qtbot.addWidget(table)
    table.refresh()
    table.resize(1000, 200)
    table.show()
    qtbot.waitUntil(lambda: not any(table.isColumnHidden(place) for place in range(len(COLUMNS))))
    table.resize(460, 200)
    qtbot.waitUntil(lambda: any(table.isColumnHidden(place) for place in range(len(COLUMNS))))
    shown = {column for place, column in enumerate(COLUMNS) if not table.isColumnHidden(place)}
    assert shown == {"name", "text", "worst", "error"}
