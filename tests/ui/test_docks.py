"""Each dock bound to its view-model: what a click does, and what is drawn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetrics, QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from tapeview.trace.query import Recording
from tapeview.trace.records import Output
from tapeview.ui import theme
from tapeview.ui.app import application
from tapeview.ui.breaks import Breaks
from tapeview.ui.code_view import CodeView
from tapeview.ui.console_dock import ConsoleDock
from tapeview.ui.dock import Dock
from tapeview.ui.facts import breakable
from tapeview.ui.findings_dock import FindingsDock
from tapeview.ui.inspector_dock import InspectorDock
from tapeview.ui.plots_dock import PlotsDock
from tapeview.ui.source_dock import SourceDock
from tapeview.ui.tape_dock import TapeDock
from tapeview.ui.tensor_widgets import MatrixModel
from tapeview.ui.timeline_dock import TimelineDock
from tapeview.ui.variables_dock import VariablesDock
from tapeview.views.breakpoints_model import BreakpointsModel
from tapeview.views.console_model import ConsoleModel
from tapeview.views.findings_model import FindingsModel
from tapeview.views.inspector_model import InspectorModel
from tapeview.views.plots_model import PlotsModel
from tapeview.views.source_model import SourceModel
from tapeview.views.tape_model import TapeModel
from tapeview.views.timeline_model import TimelineModel
from tapeview.views.variables_model import VariablesModel
from tapeview.views.workspace import Notice, Workspace
from tests.helpers.recordings import Regression, Scene, write_chain, write_nones, write_nonfinite, write_regression

LEFT = Qt.MouseButton.LeftButton
Show = Callable[[Dock], Dock]


@pytest.fixture
def workspace(qapp: QApplication) -> Iterator[Workspace]:
    application()
    theme.current().set_mode("light")
    made = Workspace()
    yield made
    if made.recording is not None:
        made.recording.close()


@pytest.fixture
def show(qtbot: QtBot) -> Iterator[Callable[[Dock, int, int], None]]:
    shown: list[tuple[Dock, QMainWindow]] = []

    def show(dock: Dock, width: int = 700, height: int = 400) -> None:
        # In a window of its own, as a dock by itself would be a tool window.
        window = QMainWindow()
        qtbot.addWidget(window)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        window.resize(width, height)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        shown.append((dock, window))

    yield show
    for dock, _ in shown:
        dock.dispose()


def open_(workspace: Workspace, path: Path) -> Workspace:
    workspace.open(Recording.open(path))
    return workspace


def breaks(workspace: Workspace) -> Breaks:
    return Breaks(None, BreakpointsModel(workspace), list)


def picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def colors(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}


# -- Source ------------------------------------------------------------------------------------------------------------


def test_source_lights_the_expression_where_it_stands(
    workspace: Workspace, show: Callable[..., None], tmp_path: Path
) -> None:
    open_(workspace, write_regression(tmp_path / "r.tapeview"))
    dock = SourceDock(SourceModel(workspace), breaks(workspace))
    show(dock)
    code = dock.code
    (mul,) = code.expression_rects()
    workspace.forward()
    (add,) = code.expression_rects()
    assert add.left() == mul.left()
    assert add.width() > 2 * mul.width()
    assert code.viewport().rect().contains(add.toRect())
    assert code.line_at(add.center().y()) == 10
    assert theme.current().palette.hl in colors(picture(code.viewport()))
    workspace.move_to(0, 6)
    assert code.line_at(code.expression_rects()[0].center().y()) == 14


def test_source_expression_is_measured_behind_wide_characters(
    workspace: Workspace, show: Callable[..., None], tmp_path: Path
) -> None:
    texts = {"plain": "abcd = x * y\n", "korean": "값값값값 = x * y\n"}
    lefts = {}
    for name, text in texts.items():
        scene = Scene(tmp_path / f"{name}.tapeview", text)
        scene.next_step()
        tape = scene.tape(0)
        scene.op("Mul", (scene.tensor(1.0),), 1.0, scene.site(scene.frame("x", "x * y")), tape)
        open_(workspace, scene.finish())
        dock = SourceDock(SourceModel(workspace), breaks(workspace))
        show(dock)
        lefts[name] = dock.code.expression_rects()[0].left()
        assert workspace.recording is not None
        workspace.recording.close()
    assert lefts["korean"] > lefts["plain"] + 10


def test_source_click_picks_ops_and_double_click_goes_there(
    workspace: Workspace, show: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    open_(workspace, write_regression(tmp_path / "r.tapeview"))
    workspace.move_to(0, 8)
    dock = SourceDock(SourceModel(workspace), breaks(workspace))
    show(dock)
    middle = dock.code.expression_rects()[0].center().toPoint()
    for op in ("Mul", "AddV2"):
        qtbot.mouseClick(dock.code.viewport(), LEFT, pos=middle)
        assert workspace.step is not None
        assert workspace.step.ops[workspace.selection.id].op == op
    qtbot.mouseDClick(dock.code.viewport(), LEFT, pos=middle)
    assert workspace.cursor == (0, 0)


def test_source_text_can_be_selected_and_copied(workspace: Workspace, show: Callable[..., None], qtbot: QtBot) -> None:
    code = CodeView()
    qtbot.addWidget(code)
    code.resize(400, 200)
    code.set_text("ab\ncd 한글\nef")
    code.show()
    viewport = code.viewport()
    for kind, point, buttons in (
        (QEvent.Type.MouseButtonPress, QPointF(48.0, 12.0), LEFT),
        (QEvent.Type.MouseMove, QPointF(390.0, 40.0), LEFT),
        (QEvent.Type.MouseButtonRelease, QPointF(390.0, 40.0), Qt.MouseButton.NoButton),
    ):
        event = QMouseEvent(kind, point, viewport.mapToGlobal(point), LEFT, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(viewport, event)
    assert code.selected_text().endswith("\ncd 한글")
    qtbot.keyClick(code, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(code, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "ab\ncd 한글\nef"


def test_source_of_very_many_lines_is_shown_at_once(qtbot: QtBot) -> None:
    code = CodeView()
    qtbot.addWidget(code)
    code.resize(500, 400)
    code.show()
    text = "\n".join(f"x{n} = x{n} * {n}" for n in range(100_000))
    began = time.perf_counter()
    code.set_text(text)
    code.reveal(90_000)
    picture(code.viewport())
    assert time.perf_counter() - began < 1.0
    assert code.line_at(200) > 89_900


# -- Inspector ---------------------------------------------------------------------------------------------------------


def test_inspector_shows_rule_entries_and_numbers(
    workspace: Workspace, show: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    open_(workspace, write_regression(tmp_path / "r.tapeview"))
    workspace.move_to(0, 6)
    model = InspectorModel(workspace)
    dock = InspectorDock(model)
    show(dock, 340, 700)
    assert "∂L/∂x = g · 2 · x" in dock.rule.text()
    assert dock.tabs.tabText(dock.tabs.currentIndex()) == "Gradient"
    assert dock.tensor.heatmap.isVisible()
    qtbot.mouseClick(dock.list, LEFT, pos=QPoint(20, 40))
    assert model.entry is not None
    assert model.entry.key == "to 0"
    qtbot.keyClick(dock.list, Qt.Key.Key_Up)
    assert model.entry.key == "upstream 0"
    qtbot.mouseClick(dock.tensor.modes["histogram"], LEFT)
    assert dock.tensor.bars.isVisible()
    qtbot.mouseClick(dock.tensor.modes["table"], LEFT)
    assert dock.tensor.table.numbers.rowCount() == 10


def test_inspector_tabs_are_chosen_by_a_click(
    workspace: Workspace, show: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    open_(workspace, write_regression(tmp_path / "r.tapeview"))
    model = InspectorModel(workspace)
    dock = InspectorDock(model)
    show(dock, 340, 700)
    place = next(n for n in range(dock.tabs.count()) if dock.tabs.tabText(n) == "Details")
    qtbot.mouseClick(dock.tabs, LEFT, pos=dock.tabs.tabRect(place).center())
    assert model.tab == "details"
    assert dock.details.isVisible()
    assert not dock.tensor.isVisible()


def test_inspector_says_why_there_is_none(workspace: Workspace, show: Callable[..., None], tmp_path: Path) -> None:
    open_(workspace, write_nones(tmp_path / "n.tapeview"))
    dock = InspectorDock(InspectorModel(workspace))
    show(dock, 340, 700)
    workspace.last()
    (card,) = [card for card in dock._cards if card.isVisible()]
    assert "tape.watch(frozen)" in card.label.text()


def test_inspector_is_empty_and_never_a_window_of_its_own(
    workspace: Workspace, show: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    open_(workspace, write_regression(tmp_path / "r.tapeview"))
    before = {id(widget) for widget in QApplication.topLevelWidgets() if widget.isVisible()}
    dock = InspectorDock(InspectorModel(workspace))
    assert [w for w in QApplication.topLevelWidgets() if w.isVisible() and id(w) not in before] == []
    show(dock, 340, 700)
    workspace.recording, recording = None, workspace.recording
    workspace.close()
    assert recording is not None
    recording.close()
    assert dock._nothing.isVisible()


@pytest.mark.parametrize("shape", [(), (3,), (500,), (3, 4), (40, 50), (2000, 1500), (4, 16, 16, 3), (0,), (1, 1)])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_inspector_draws_tensors_of_every_shape(
    workspace: Workspace, show: Callable[..., None], tmp_path: Path, shape: tuple[int, ...], mode: str
) -> None:
    scene = Scene(tmp_path / "t.tapeview", "y = x\n")
    scene.next_step()
    tape = scene.tape(0)
    value = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    if value.size > 2:
        value.reshape(-1)[1] = np.nan
    scene.op("Mul", (), value, scene.site(scene.frame("y", "x")), tape)
    open_(workspace, scene.finish())
    theme.current().set_mode(mode)
    model = InspectorModel(workspace)
    dock = InspectorDock(model)
    show(dock, 340, 700)
    for way in model.tensor.modes:
        model.tensor.choose_mode(way)
        assert len(colors(picture(dock.tensor))) > 2
    if shape == (4, 16, 16, 3):
        slider = dock.tensor._sliders[0][1]
        slider.setValue(2)
        assert model.tensor.index[0] == 2


# -- Variables, Tape: tables -------------------------------------------------------------------------------------------


def test_variables_click_selects_and_marks_differ(
    workspace: Workspace, show: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    open_(workspace, write_nones(tmp_path / "n.tapeview"))
    workspace.last()
    model = VariablesModel(workspace)
    dock = VariablesDock(model)
    tester = QAbstractItemModelTester(dock.rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert tester.model() is dock.rows
    show(dock, 420, 240)
    assert dock.header.note.whole() == "2 watched · 2 unwatched"
    index = dock.rows.index(1, 0)
    qtbot.mouseClick(dock.table.viewport(), LEFT, pos=dock.table.visualRect(index).center())
    assert workspace.selection == ("variable", model.rows[1].id)
    assert dock.table.currentIndex().row() == 1
    workspace.back()
    assert not dock.table.currentIndex().isValid()
    palette = theme.current().palette
    marks = {}
    for row, name in enumerate(("x", "frozen")):
        area = dock.table.visualRect(dock.rows.index(row, 0))
        left, top = area.left(), area.top()
        marks[name] = colors(picture(dock.table.viewport()).copy(left + 7, top + 4, 12, area.height() - 8))
    assert palette.watch in marks["x"]
    assert palette.watch not in marks["frozen"]


def test_variables_narrow_columns_keep_the_name(
    workspace: Workspace, show: Callable[..., None], tmp_path: Path
) -> None:
    open_(workspace, write_regression(tmp_path / "r.tapeview"))
    dock = VariablesDock(VariablesModel(workspace))
    show(dock, 280, 200)
    assert dock.table.isColumnHidden(1)
    assert dock.table.columnWidth(0) >= 78
    dock.resize(600, 200)
    assert not dock.table.isColumnHidden(1)


def test_tape_follows_the_cursor_and_moves_it(
    workspace: Workspace, show: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    open_(workspace, write_regression(tmp_path / "r.tapeview", steps=2))
    dock = TapeDock(TapeModel(workspace))
    tester = QAbstractItemModelTester(dock.rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert tester.model() is dock.rows
    show(dock, 1000, 500)
    assert dock.rows.rowCount() == 12
    workspace.move_to(1, 4)
    assert dock.table.currentIndex().row() == 4
    index = dock.rows.index(7, 2)
    qtbot.mouseClick(dock.table.viewport(), LEFT, pos=dock.table.visualRect(index).center())
    assert workspace.cursor == (1, 7)
    qtbot.keyClick(dock.table, Qt.Key.Key_Down)
    assert workspace.cursor == (1, 8)
    assert dock.rows.data(dock.rows.index(6, 2)) == "∇Square"


def test_tape_of_very_many_ops_is_scrolled_to(workspace: Workspace, show: Callable[..., None], tmp_path: Path) -> None:
    open_(workspace, write_chain(tmp_path / "c.tapeview", ops=3000))
    dock = TapeDock(TapeModel(workspace))
    show(dock)
    workspace.move_to(0, 5000)
    assert dock.table.visualRect(dock.rows.index(5000, 0)).isValid()
    assert dock.table.viewport().rect().intersects(dock.table.visualRect(dock.rows.index(5000, 0)))


def test_tape_behind_another_tab_waits_until_it_is_seen(
    workspace: Workspace, show: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    tape, console = TapeDock(TapeModel(workspace)), ConsoleDock(ConsoleModel(workspace))
    show(tape)
    window = tape.parent()
    assert isinstance(window, QMainWindow)
    window.tabifyDockWidget(tape, console)
    console.show()
    console.raise_()
    qtbot.waitUntil(lambda: tape.geometry().right() < 0)
    open_(workspace, write_regression(tmp_path / "r.tapeview"))
    assert tape.rows.rowCount() == 0
    tape.raise_()
    qtbot.waitUntil(lambda: tape.rows.rowCount() == 12)
    console.dispose()


def test_matrices_are_sound_models(qapp: QApplication) -> None:
    model = MatrixModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert tester.model() is model
    model.show_matrix(np.arange(12.0).reshape(3, 4))
    assert model.data(model.index(2, 3)) == "11"
    model.show_matrix(np.array([[np.nan, 1.0]]))
    assert (model.rowCount(), model.columnCount()) == (2, 1)
    assert model.data(model.index(0, 0), Qt.ItemDataRole.ForegroundRole) == theme.current().palette.color("bad")


# -- Timeline ----------------------------------------------------------------------------------------------------------


def test_timeline_press_drag_and_wheel(
    workspace: Workspace, show: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    open_(workspace, write_regression(tmp_path / "r.tapeview", steps=8))
    dock = TimelineDock(TimelineModel(workspace))
    show(dock, 1200, 80)
    view = dock.view
    chip = QPoint(round(104 + 6.5 * view.chip_width()), 45)
    qtbot.mouseClick(view, LEFT, pos=chip)
    assert workspace.cursor == (0, 6)
    qtbot.mousePress(view, LEFT, pos=QPoint(round(104 + 1.5 * view.step_width()), 15))
    assert workspace.cursor == (1, 6)
    qtbot.mouseMove(view, QPoint(round(104 + 5.5 * view.step_width()), 15))
    assert workspace.cursor == (5, 6)
    qtbot.mouseMove(view, QPoint(2000, 15))
    assert workspace.cursor == (7, 6)
    qtbot.mouseRelease(view, LEFT, pos=QPoint(2000, 15))
    for y, delta, cursor in ((15, 120, (6, 6)), (45, -120, (6, 7)), (45, 60, (6, 7)), (45, 60, (6, 6))):
        point = QPointF(300, y)
        event = QWheelEvent(
            point, view.mapToGlobal(point), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(view, event)
        assert workspace.cursor == cursor
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert workspace.cursor == (5, 7)


def test_timeline_of_thousands_of_steps_is_one_quick_paint(
    workspace: Workspace, show: Callable[..., None], tmp_path: Path
) -> None:
    scene = Scene(tmp_path / "m.tapeview", "y = x\n")
    site = scene.site(scene.frame("y", "x"))
    for _ in range(5000):
        scene.next_step()
        tape = scene.tape(site)
        scene.op("Mul", (), np.float32(1), site, tape)
    open_(workspace, scene.finish())
    dock = TimelineDock(TimelineModel(workspace))
    show(dock, 1200, 80)
    workspace.move_to(2500)
    picture(dock.view)
    began = time.perf_counter()
    image = picture(dock.view)
    assert time.perf_counter() - began < 0.1
    assert dock.view.step_at(104 + 0.5 * (1200 - 104 - 14)) == pytest.approx(2500, abs=10)
    before, after = image.pixelColor(300, 17).name(), image.pixelColor(1000, 17).name()
    assert before != after


def test_timeline_chips_of_very_many_ops_are_stripes(
    workspace: Workspace, show: Callable[..., None], tmp_path: Path
) -> None:
    open_(workspace, write_chain(tmp_path / "c.tapeview", ops=2000))
    dock = TimelineDock(TimelineModel(workspace))
    show(dock, 1200, 80)
    workspace.move_to(0, 1000)
    image = picture(dock.view)
    at = [image.pixelColor(x, 45).name() for x in (200, 500, 900)]
    assert len(set(at)) == 3, "executed, still to come, backward"


# -- Plots -------------------------------------------------------------------------------------------------------------


def test_plots_draw_toggle_and_jump(
    workspace: Workspace, show: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    open_(workspace, write_regression(tmp_path / "r.tapeview", steps=40))
    model = PlotsModel(workspace)
    dock = PlotsDock(model)
    show(dock, 900, 320)
    dock.load()
    dock.load()
    canvas = dock.canvas
    assert canvas is not None
    panel = canvas.panels["curves"]
    qtbot.waitUntil(lambda: theme.current().palette.series[0] in colors(picture(panel.plot)))
    viewport = panel.plot.viewport()
    view = panel.view
    place = panel.plot.mapFromScene(view.mapViewToScene(QPointF(20.2, sum(view.viewRange()[1]) / 2)))
    qtbot.mouseMove(viewport, place)
    qtbot.mouseClick(viewport, LEFT, pos=place)
    qtbot.waitUntil(lambda: workspace.cursor.step == 19)
    assert panel.here.value() == 20
    assert dock.log.isChecked()
    qtbot.mouseClick(dock.log, LEFT)
    assert not model.log
    dock.smoothing.setCurrentIndex(2)
    dock.smoothing.activated.emit(2)
    assert model.smoothing == 0.6
    qtbot.mouseClick(dock.legend, LEFT, pos=QPoint(10, 10))
    assert not model.curves[0].visible
    assert not panel.items["loss"].isVisible()
    dock.legend.setFocus()
    qtbot.keyClick(dock.legend, Qt.Key.Key_Space)
    assert model.curves[0].visible


def test_plots_stand_every_kind_of_data(workspace: Workspace, show: Callable[..., None], tmp_path: Path) -> None:
    scene = Regression(tmp_path / "x.tapeview")
    scene.train()
    scene.flush()
    writer = scene.writer
    series = {
        "single": [1.0],
        "nan": [float("nan")] * 3,
        "holes": [1.0, float("nan"), 2.0, float("inf"), 3.0],
        "flat": [2.0] * 5,
        "huge": [1e300, -1e308, 1e308],
        "long": list(np.sin(np.arange(100_000) / 100) * 5),
    }
    for name, values in series.items():
        number = writer.add_series(name, "logged", 0)
        for step, value in enumerate(values):
            writer.add_scalar(number, step, value)
    writer.commit()
    writer.close()
    open_(workspace, tmp_path / "x.tapeview")
    model = PlotsModel(workspace)
    dock = PlotsDock(model)
    show(dock, 900, 320)
    dock.load()
    for curve in model.curves:
        curve.visible = True
    for log in (False, True):
        model.set_log(log)
        for weight in (0.0, 0.9):
            model.set_smoothing(weight)
            picture(dock)
    canvas = dock.canvas
    assert canvas is not None
    for key in ("huge", "nan", "single"):
        model.toggle(key)
    model.set_log(False)
    began = time.perf_counter()
    canvas.refresh()
    picture(canvas)
    assert time.perf_counter() - began < 0.5


# -- Console, Findings -------------------------------------------------------------------------------------------------


def test_console_tells_the_streams_apart_and_rewinds(
    workspace: Workspace, show: Callable[..., None], tmp_path: Path
) -> None:
    scene = Regression(tmp_path / "c.tapeview")
    scene.say("50%\r100%\n")
    scene.say("나쁘다\n", "stderr")
    scene.say("좋다\n")
    open_(workspace, scene.finish())
    dock = ConsoleDock(ConsoleModel(workspace))
    show(dock)
    lines = dock.text.toPlainText().split("\n")
    assert lines[1:] == ["100%", "나쁘다", "좋다", ""]
    for mode in ("light", "dark"):
        theme.current().set_mode(mode)
        found = {}
        for line in (2, 3):
            fragment = dock.text.document().findBlockByNumber(line).begin().fragment()
            found[line] = fragment.charFormat().foreground().color().name()
        assert found[2] == theme.current().palette.bad
        assert found[3] != found[2]


def test_console_takes_fifty_thousand_lines(workspace: Workspace, show: Callable[..., None], tmp_path: Path) -> None:
    scene = Regression(tmp_path / "c.tapeview")
    dock = ConsoleDock(ConsoleModel(workspace))
    show(dock)
    for start in range(0, 60_000, 1000):
        text = "".join(f"line {n}\n" for n in range(start, start + 1000))
        scene.writer.add_output(Output("stdout", text, 0.0, 0))
    path = scene.finish()
    began = time.perf_counter()
    open_(workspace, path)
    assert time.perf_counter() - began < 3.0
    assert dock.text.blockCount() == 50_000
    assert "line 59999" in dock.text.toPlainText()[-20:]
    bar = dock.text.verticalScrollBar()
    assert bar.value() == bar.maximum()


def test_findings_are_cards(workspace: Workspace, show: Callable[..., None], qtbot: QtBot, tmp_path: Path) -> None:
    model = FindingsModel(workspace)
    dock = FindingsDock(model)
    show(dock)
    assert dock.windowTitle() == "Findings"
    script = tmp_path / "s.py"
    workspace.load_script(script, "tf.xyz\n", [Notice("unsupported", "no tf.xyz <b>", str(script), 1)])
    assert len(dock.cards) == 1
    open_(workspace, write_nonfinite(tmp_path / "b.tapeview"))
    assert dock.windowTitle() == "Findings 2"
    assert len(dock.cards) == 2


def test_console_stays_where_the_user_scrolled_to(
    workspace: Workspace, show: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    scene = Regression(tmp_path / "c.tapeview")
    scene.say("".join(f"line {n}\n" for n in range(200)))
    scene.writer.commit()
    open_(workspace, tmp_path / "c.tapeview")
    dock = ConsoleDock(ConsoleModel(workspace))
    show(dock)
    bar = dock.text.verticalScrollBar()
    assert bar.value() == bar.maximum()

    def more() -> None:
        scene.say("more\n")
        scene.writer.commit()
        assert workspace.recording is not None
        assert workspace.recording.refresh()
        workspace.refreshed()

    more()
    assert bar.value() == bar.maximum()
    bar.setValue(40)
    more()
    assert bar.value() == 40
    bar.setValue(bar.maximum())
    more()
    assert bar.value() == bar.maximum()
    dock.text.setFocus()
    qtbot.keyClick(dock.text, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(dock.text, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text().endswith("line 199\nmore\nmore\nmore\n")
    scene.finish()


def test_long_names_do_not_push_the_inspector_out_of_sight(
    workspace: Workspace, show: Callable[..., None], tmp_path: Path
) -> None:
    name = "a_very_long_variable_name_that_nobody_would_want_to_type_by_hand" * 2
    scene = Scene(tmp_path / "n.tapeview", f"y = {name}*2\n")
    scene.next_step()
    tape = scene.tape(0)
    scene.op("Mul", (), np.float32(1), scene.site(scene.frame("y", f"{name}*2")), tape)
    open_(workspace, scene.finish())
    dock = InspectorDock(InspectorModel(workspace))
    show(dock, 300, 500)
    assert dock._page.width() <= dock._scroll.viewport().width()
    assert breakable("short words stay") == "short words stay"
    assert breakable(name).replace("\u200b", "") == name


def test_numbers_of_variables_are_not_cut(workspace: Workspace, show: Callable[..., None], tmp_path: Path) -> None:
    open_(workspace, write_regression(tmp_path / "r.tapeview", steps=60))
    workspace.last()
    dock = VariablesDock(VariablesModel(workspace))
    metrics = QFontMetrics(theme.mono_font(11.5))
    for width in (320, 352, 500):
        show(dock, width, 240)
        for row in dock.rows._rows:
            for column, text in ((2, row.value), (3, row.gradient), (4, row.delta)):
                assert metrics.horizontalAdvance(text) <= dock.table.columnWidth(column) - 14, (width, text)


def test_timeline_remembers_its_rows_until_they_change(
    workspace: Workspace, show: Callable[..., None], tmp_path: Path
) -> None:
    open_(workspace, write_regression(tmp_path / "r.tapeview", steps=4))
    dock = TimelineDock(TimelineModel(workspace))
    show(dock, 900, 80)
    view = dock.view
    first = picture(view)
    workspace.move_to(0, 8)
    moved = picture(view)
    assert moved != first
    view._strips.clear()
    assert picture(view) == moved, "kept pictures are what would be painted"
    workspace.move_to(0, 0)
    assert picture(view) == first
    other = open_(Workspace(), write_chain(tmp_path / "c.tapeview", ops=3)).recording
    assert other is not None
    assert workspace.recording is not None
    workspace.recording.close()
    workspace.open(other)
    view_now = picture(view)
    view._strips.clear()
    assert picture(view) == view_now
