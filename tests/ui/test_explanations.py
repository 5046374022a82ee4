"""What was found out, in the window: cards, marks on the graph and the timeline, the gradient's way, who sent what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QWidget
from pytestqt.qtbot import QtBot

from tapeview.trace.query import Recording
from tapeview.trace.records import BackwardStep
from tapeview.ui import theme
from tapeview.ui.app import application
from tapeview.ui.dock import Dock
from tapeview.ui.findings_dock import FindingsDock
from tapeview.ui.graph_dock import GraphDock
from tapeview.ui.inspector_dock import ROW, InspectorDock
from tapeview.ui.path_dock import PathDock
from tapeview.ui.timeline_dock import STEP_ROW, TimelineDock
from tapeview.views.background import Immediate
from tapeview.views.explained import Explained
from tapeview.views.findings_model import FindingsModel
from tapeview.views.graph_marks import GraphMarks
from tapeview.views.graph_model import GraphModel
from tapeview.views.inspector_model import InspectorModel
from tapeview.views.path_model import PathModel
from tapeview.views.timeline_model import TimelineModel
from tapeview.views.workspace import Workspace
from tests.helpers.explained import BREAK, DEAD, FAN, NAN, write_explained

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_explained(tmp_path_factory.mktemp("explained"))


class Bench:
    """A workspace with the recording, and docks in windows of their own."""

    def __init__(self, qtbot: QtBot, recording: Recording) -> None:
        self.bot = qtbot
        self.workspace = Workspace()
        self.explained = Explained(self.workspace, Immediate())
        self.workspace.open(recording)
        self.shown: list[tuple[Dock, QMainWindow]] = []

    def show(self, dock: Dock, width: int = 700, height: int = 420) -> None:
        window = QMainWindow()
        self.bot.addWidget(window)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        window.resize(width, height)
        window.show()
        self.bot.waitExposed(window)
        self.shown.append((dock, window))

    def click(self, widget: QWidget, at: QPointF) -> None:
        self.bot.mouseClick(widget, LEFT, pos=at.toPoint())

    @property
    def place(self) -> str:
        """The op at the cursor."""
        step, position = self.workspace.step, self.workspace.position
        assert step is not None
        assert position is not None
        record = position.record
        return step.ops[record.op].op if isinstance(record, BackwardStep) else getattr(record, "op", "")


@pytest.fixture
def bench(qtbot: QtBot, qapp: QApplication, path: Path) -> Iterator[Bench]:
    application()
    theme.current().set_mode("light")
    with Recording.open(path) as recording:
        made = Bench(qtbot, recording)
        yield made
        for dock, _ in made.shown:
            dock.dispose()
        made.explained.dispose()


def roles(image: QImage, *wanted: str) -> set[str]:
    """Which of these colours of the palette are in a picture."""
    palette = theme.current().palette
    seen = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    return {role for role in wanted if palette.color(role).name() in seen}


# -- Findings ----------------------------------------------------------------------------------------------------------


def test_the_card_looked_at_has_a_frame_and_stops_that_lead(bench: Bench) -> None:
    model = FindingsModel(bench.workspace, bench.explained)
    dock = FindingsDock(model)
    bench.show(dock, 700, 260)
    number = next(n for n, finding in enumerate(model.findings) if finding.step == NAN and finding.hops)
    assert dock.windowTitle() == f"Findings {len(model.findings)}"
    card = dock.cards[number]
    assert "1px" in card.styleSheet()
    model.go_to_step(model.findings[number])
    assert "2px" in card.styleSheet()
    assert card.path is not None
    card.path.linkActivated.emit("1")
    assert bench.place == "Mul"
    assert "700" in card.path.text()
    scroll = dock._scroll
    bench.bot.waitUntil(lambda: card.visibleRegion().boundingRect().height() > 20)
    last = dock.cards[-1]
    model.go_to_step(model.findings[-1])
    bench.bot.waitUntil(lambda: last.visibleRegion().boundingRect().bottom() > 30)
    assert scroll.horizontalScrollBar().maximum() == 0
    theme.current().set_mode("dark")
    assert theme.current().palette.accent in dock.cards[-1].styleSheet()


# -- Graph -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def graph(bench: Bench) -> tuple[Bench, GraphDock, GraphModel, GraphMarks]:
    model = GraphModel(bench.workspace)
    marks = GraphMarks(model, bench.explained)
    dock = GraphDock(model, marks)
    bench.show(dock, 760, 620)
    return bench, dock, model, marks


Graph = tuple[Bench, GraphDock, GraphModel, GraphMarks]


def test_a_badge_leads_to_its_finding_and_the_bar_along_its_path(graph: Graph) -> None:
    bench, dock, _, marks = graph
    view = dock.view
    bench.workspace.move_to(NAN, 0)
    assert dock.trail is not None
    assert not dock.trail.isVisible()
    (node,) = marks.shown.badges
    assert view._trails is not None
    spot = view.camera.to_view(view._trails.badge_box(view._drawn(node), view.camera.scale).center())
    bench.click(view, spot)
    assert dock.trail.isVisible()
    assert dock.trail.title.whole() == "The gradient of x is not finite: made by a gradient rule"
    assert bench.place == "Sqrt"
    bench.bot.mouseClick(dock.trail.on, LEFT)
    bench.bot.mouseClick(dock.trail.on, LEFT)
    assert bench.place == "Mul"
    assert dock.trail.words.whole().startswith("2 of 2 · Mul, gradient rule")
    assert not dock.trail.on.isEnabled()
    bench.bot.mouseClick(dock.trail.back, LEFT)
    assert bench.place == "Sqrt"
    assert marks.shown.current == node
    bench.bot.mouseClick(dock.trail.close_button, LEFT)
    assert not dock.trail.isVisible()
    assert bench.explained.trail is None


def test_the_break_is_painted_with_its_words(graph: Graph) -> None:
    bench, dock, model, marks = graph
    view = dock.view
    bench.workspace.move_to(BREAK, 0)
    scene = model.scene
    assert scene is not None

    def around(edge: int) -> QImage:
        x, y = scene.point_on(edge, 0.5)
        middle = view.camera.to_view(QPointF(x, y)).toPoint()
        return view.grab().toImage().copy(middle.x() - 8, middle.y() - 9, 240, 18)

    finding = next(one.finding for one in bench.explained.findings() if one.finding.step == BREAK)
    bench.explained.look_at(finding)
    cut = marks.shown.cut
    assert cut >= 0
    assert "bad" in roles(around(cut), "bad")
    bench.explained.leave()
    assert roles(around(cut), "bad") == set()
    for mode in ("dark", "light"):
        theme.current().set_mode(mode)
        bench.explained.look_at(finding)
        assert "bad" in roles(around(cut), "bad")
        bench.explained.leave()


def test_zoomed_out_marks_are_still_there(graph: Graph) -> None:
    bench, dock, _, marks = graph
    view = dock.view
    bench.workspace.move_to(NAN, 0)
    bench.explained.look_at(next(one.finding for one in bench.explained.here()))
    view.camera.scale = 0.3
    view.show_marks()
    assert "accent" in roles(view.grab().toImage(), "accent")
    assert marks.shown.stops


# -- Timeline ----------------------------------------------------------------------------------------------------------


def test_steps_with_findings_are_marked(bench: Bench) -> None:
    dock = TimelineDock(TimelineModel(bench.workspace, bench.explained))
    bench.show(dock, 700, 100)
    view = dock.view
    image = view.grab().toImage()

    def below(step: int) -> QImage:
        x = int(104 + (step + 0.5) * view.step_width())
        return image.copy(x - 4, int(STEP_ROW.bottom()), 8, 6)

    assert roles(below(NAN), "bad", "n") == {"bad"}
    assert roles(below(DEAD), "bad", "n") == {"n"}
    assert roles(below(FAN), "bad", "n") == set()


# -- Gradient path -----------------------------------------------------------------------------------------------------


def test_a_bar_leads_to_where_its_gradient_was_sent(bench: Bench) -> None:
    model = PathModel(bench.workspace)
    dock = PathDock(model)
    bench.workspace.move_to(FAN, 0)
    bench.show(dock, 800, 300)
    assert [dock.variables.itemText(n) for n in range(dock.variables.count())] == ["x", "w"]
    assert "Arrives" in dock.verdict.text()
    bars = dock.bars
    last = len(model.rows) - 1
    bench.click(bars, bars.row_rect(last).center())
    assert bench.place == "Mul"
    assert model.current == last
    assert model.rows[last].words == bars.accessibleDescription()
    bench.bot.keyClick(bars, Qt.Key.Key_Up)
    assert model.rows[last - 1].words == bars.accessibleDescription()
    bench.bot.keyClick(bars, Qt.Key.Key_Return)
    assert model.current == last - 1
    dock.variables.activated.emit(1)
    assert model.rows[-1].name == "w"
    dock.longest.setChecked(True)
    assert model.longest
    assert "grad" in roles(bars.grab().toImage(), "grad")
    theme.current().set_mode("dark")
    bench.workspace.move_to(NAN, 0)
    assert "NaN or Inf" in dock.verdict.text()
    assert "bad" in roles(bars.grab().toImage(), "bad")
    bench.bot.mouseMove(bars, QPoint(10, 60))


def test_of_a_long_way_only_what_is_seen_is_painted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    model = PathModel(bench.workspace)
    dock = PathDock(model)
    bench.workspace.move_to(FAN, 0)
    bench.show(dock, 800, 300)
    bars = dock.bars
    whole = bars.grab().toImage()
    for top, bottom in ((0, 20), (21, 60), (bars.height() - 30, bars.height())):
        part = QRect(0, top, bars.width(), bottom - top)
        assert bars.grab(part).toImage() == whole.copy(part), "painted in parts it looks the same"
    with monkeypatch.context() as patch:
        asked: list[float] = []
        patch.setattr(theme, "mono_font", lambda pixels, *_: (asked.append(pixels), theme.ui_font(pixels))[1])
        bars.grab(bars.row_rect(1).toRect().adjusted(0, 2, 0, -2))
        assert 0 < len(asked) <= 3, "one row"


# -- Inspector ---------------------------------------------------------------------------------------------------------


@pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)
def test_who_sent_it_and_why(bench: Bench) -> None:
    model = InspectorModel(bench.workspace, None, bench.explained)
    dock = InspectorDock(model)
    offered: list[int] = []
    dock.offer_sender = lambda menu, position: offered.append(position)
    bench.show(dock, 360, 900)
    step = bench.workspace.step_at(FAN)
    assert step is not None
    bench.workspace.move_to(FAN, len(step.positions) - 1)
    bench.workspace.select("op", next(op.seq for op in step.ops.values() if op.op == "Mul"))
    model.choose_tab("gradient")
    tables = [table for table in dock._senders if table.isVisibleTo(dock)]
    assert "Who sent the gradient of “h”?" in tables[0].heading.text()
    rows = tables[0].rows
    assert rows.height() == 4 * 40
    first = rows.accessibleDescription()
    wanted = model.senders[0].rows[2].position
    bench.bot.keyClick(rows, Qt.Key.Key_Down)
    bench.bot.keyClick(rows, Qt.Key.Key_Down)
    assert rows.accessibleDescription() != first
    assert "grad" in roles(rows.grab().toImage(), "grad")
    QApplication.sendEvent(rows, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(5, 5)))
    (menu,) = rows.findChildren(QMenu)
    menu.close()
    assert offered == [wanted]
    bench.bot.keyClick(rows, Qt.Key.Key_Return)
    assert bench.workspace.cursor.position == wanted


def test_the_question_why_beside_a_value(bench: Bench) -> None:
    model = InspectorModel(bench.workspace, None, bench.explained)
    dock = InspectorDock(model)
    bench.show(dock, 360, 700)
    step = bench.workspace.step_at(NAN)
    assert step is not None
    mul = next(op for op in step.ops.values() if op.op == "Mul")
    bench.workspace.move_to(NAN, step.backward_of_op[mul.seq][0])
    model.choose_tab("gradient")
    row = next(n for n, entry in enumerate(model.entries) if entry.key == "to 0")
    dock.list.grab()
    link = dock.list._links["to 0"]
    bench.click(dock.list, link.center())
    trail = bench.explained.trail
    assert trail is not None
    assert trail.finding.op_name == "Sqrt"
    bench.explained.leave()
    bench.workspace.move_to(NAN, step.backward_of_op[mul.seq][0])
    bench.click(dock.list, QPointF(30, ROW * row + 5))
    bench.bot.keyClick(dock.list, Qt.Key.Key_W)
    assert bench.explained.trail is not None
