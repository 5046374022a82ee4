from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from tapeview.trace.query import Recording
from tapeview.ui import theme
from tapeview.ui.background import QtBackground
from tapeview.ui.graph_dock import GraphDock
from tapeview.ui.graph_menu import menu_for
from tapeview.ui.graph_view import GraphView
from tapeview.views.graph_model import GraphModel
from tapeview.views.workspace import Cursor, Selection, Workspace
from tests.helpers.recordings import write_chain, write_nones, write_nonfinite, write_regression
from tests.helpers.tapes import write_calls, write_empty, write_inner

# Nodes of the regression: w 0, x 1, Mul 2, b 3, AddV2 4, y 5, Sub 6, Square 7, Mean 8.
W, X, MUL, B, ADD, Y, SUB, SQUARE, MEAN = range(9)
LEFT, SHIFT, CONTROL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


class Graph:
    """A Graph dock with a recording in it."""

    def __init__(self, qtbot: QtBot, size: tuple[int, int] = (746, 554), background: Any = None) -> None:
        self.bot = qtbot
        self.workspace = Workspace()
        self.model = GraphModel(self.workspace, background)
        self.dock = GraphDock(self.model)
        self.view: GraphView = self.dock.view
        self.recordings: list[Recording] = []
        self.window = QMainWindow()
        self.window.setCentralWidget(self.dock)
        qtbot.addWidget(self.window)
        self.window.resize(*size)
        with qtbot.waitExposed(self.window):
            self.window.show()

    def open(self, path: Path, *position: int) -> Graph:
        self.recordings.append(Recording.open(path))
        self.workspace.open(self.recordings[-1])
        if position:
            self.workspace.move_to(*position)
        return self

    def close(self) -> None:
        self.dock.dispose()
        for recording in self.recordings:
            recording.close()

    def place(self, node: int) -> QPoint:
        return self.view.node_rect(node).center().toPoint()

    def click(self, node: int) -> None:
        self.bot.mouseClick(self.view, LEFT, pos=self.place(node))

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.bot.keyClick(self.view, key, modifiers)

    def wheel(
        self, turns: float, at: QPoint, modifiers: Qt.KeyboardModifier = NONE, pixels: QPoint | None = None
    ) -> None:
        phase = Qt.ScrollPhase.NoScrollPhase if pixels is None else Qt.ScrollPhase.ScrollUpdate
        event = QWheelEvent(
            QPointF(at),
            QPointF(self.view.mapToGlobal(at)),
            pixels or QPoint(),
            QPoint(0, round(120 * turns)),
            Qt.MouseButton.NoButton,
            modifiers,
            phase,
            False,
        )
        QApplication.sendEvent(self.view, event)

    def move(self, to: QPoint, buttons: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(to),
            QPointF(self.view.mapToGlobal(to)),
            Qt.MouseButton.NoButton,
            buttons,
            NONE,
        )
        QApplication.sendEvent(self.view, event)

    def drag(self, start: QPoint, *stops: QPoint) -> None:
        self.bot.mousePress(self.view, LEFT, pos=start)
        for stop in stops:
            self.move(stop, LEFT)
        self.bot.mouseRelease(self.view, LEFT, pos=stops[-1])

    def picture(self) -> QImage:
        return self.view.grab().toImage()


@pytest.fixture
def graph(qtbot: QtBot) -> Iterator[Callable[..., Graph]]:
    theme.current().set_mode("light")
    made: list[Graph] = []

    def make(*arguments: Any, **named: Any) -> Graph:
        made.append(Graph(qtbot, *arguments, **named))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def regression(graph: Callable[..., Graph], tmp_path: Path) -> Graph:
    return graph().open(write_regression(tmp_path / "r.tapeview", 4), 2, 0)


def color_share(image: QImage, color: str, area: Any = None) -> float:
    """How much of an image (or of a part of it) has nearly this colour."""
    wanted = theme.current().palette.color(color)
    part = image.copy(area) if area is not None else image
    hits = 0
    for y in range(0, part.height(), 2):
        for x in range(0, part.width(), 2):
            c = part.pixelColor(x, y)
            near = abs(c.red() - wanted.red()) + abs(c.green() - wanted.green()) + abs(c.blue() - wanted.blue())
            hits += near < 40
    return hits / max(1, (part.width() // 2) * (part.height() // 2))


# -- opening ---------------------------------------------------------------------------------------------------------


def test_a_small_graph_opens_whole_and_not_too_large(regression: Graph) -> None:
    view = regression.view
    assert all(view.rect().contains(view.node_rect(node).toAlignedRect()) for node in range(9))
    assert 0.5 < view.camera.scale <= 1.25


def test_two_nodes_are_not_blown_up(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph((1400, 1000)).open(write_nonfinite(tmp_path / "f.tapeview"))
    assert shown.view.camera.scale == 1.25


def test_a_long_graph_opens_readable_where_the_cursor_is(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph().open(write_chain(tmp_path / "c.tapeview", 300), 0, 150)
    assert shown.view.camera.scale >= 0.75
    assert shown.view.rect().contains(shown.place(151))


def test_the_title_line_tells_tape_ops_and_time(regression: Graph) -> None:
    note = regression.dock.header.note.whole()
    assert note.startswith("tape 3 · 5 ops · laid out in ")


def test_a_new_step_of_the_same_structure_keeps_zoom_and_places(regression: Graph) -> None:
    regression.wheel(2, QPoint(200, 200))
    regression.drag(QPoint(30, 30), QPoint(80, 60), QPoint(90, 70))
    before = (regression.view.camera.scale, regression.view.camera.origin, regression.place(SUB))
    regression.workspace.next_step()
    assert (regression.view.camera.scale, regression.view.camera.origin, regression.place(SUB)) == before


def test_the_empty_state_says_what_to_do(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph()
    blank = shown.picture()
    assert color_share(blank, "muted") > 0
    assert not shown.view.legend.isVisible()
    assert not shown.view.minimap.isVisible()
    shown.open(write_empty(tmp_path / "e.tapeview"))
    assert shown.picture() != blank


# -- mouse -----------------------------------------------------------------------------------------------------------


def test_a_click_picks_a_node_and_a_click_beside_picks_nothing(regression: Graph) -> None:
    regression.click(SUB)
    assert regression.workspace.selection.kind == "op"
    assert regression.model.selected == SUB
    regression.click(B)
    assert regression.workspace.selection.kind == "variable"
    regression.bot.mouseClick(regression.view, LEFT, pos=QPoint(4, 4))
    assert regression.workspace.selection == Selection()


def test_a_picked_node_is_ringed(regression: Graph) -> None:
    around = regression.view.node_rect(SUB).adjusted(-9, -9, 9, 9).toAlignedRect()
    before = color_share(regression.picture(), "accent", around)
    regression.click(SUB)
    assert color_share(regression.picture(), "accent", around) > before + 0.02


def test_a_double_click_moves_the_cursor(regression: Graph) -> None:
    regression.bot.mouseDClick(regression.view, LEFT, pos=regression.place(SUB))
    assert regression.workspace.cursor == Cursor(2, 2)
    regression.workspace.move_to(2, 9)
    regression.bot.mouseDClick(regression.view, LEFT, pos=regression.place(SQUARE))
    assert regression.workspace.cursor == Cursor(2, 6)


def test_a_drag_moves_the_picture_and_picks_nothing(regression: Graph) -> None:
    before = regression.place(SUB)
    regression.drag(regression.place(SUB), before + QPoint(40, 30))
    assert regression.place(SUB) == before + QPoint(40, 30)
    assert regression.workspace.selection == Selection()


@pytest.mark.parametrize("modifiers", [NONE, CONTROL])
def test_the_wheel_zooms_around_the_mouse(regression: Graph, modifiers: Qt.KeyboardModifier) -> None:
    at, scale = regression.place(SUB), regression.view.camera.scale
    regression.wheel(1, at, modifiers)
    assert regression.view.camera.scale > scale
    assert (regression.place(SUB) - at).manhattanLength() <= 2
    regression.wheel(-1, at, modifiers)
    assert regression.view.camera.scale == pytest.approx(scale)


def test_fingers_on_a_touch_pad_push_and_with_control_zoom(regression: Graph) -> None:
    before, scale = regression.place(SUB), regression.view.camera.scale
    regression.wheel(0.2, QPoint(100, 100), pixels=QPoint(15, -20))
    assert regression.place(SUB) == before + QPoint(15, -20)
    assert regression.view.camera.scale == scale
    regression.wheel(0.2, QPoint(100, 100), CONTROL, pixels=QPoint(15, -20))
    assert regression.view.camera.scale > scale


def test_shift_and_wheel_go_sideways(regression: Graph) -> None:
    before = regression.place(SUB)
    regression.wheel(1, QPoint(100, 100), SHIFT)
    moved = regression.place(SUB) - before
    assert moved.x() > 40
    assert moved.y() == 0


def test_a_pinch_zooms(regression: Graph) -> None:
    scale, at = regression.view.camera.scale, QPointF(200, 200)
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        at,
        at,
        QPointF(regression.view.mapToGlobal(at)),
        0.25,
        QPointF(),
        0,
    )
    QApplication.sendEvent(regression.view, event)
    assert regression.view.camera.scale == pytest.approx(scale * 1.25)


def test_one_cannot_lose_the_graph(regression: Graph) -> None:
    for _ in range(40):
        regression.drag(QPoint(10, 10), QPoint(400, 300), QPoint(700, 500))
    area = regression.view.camera.visible()
    assert area.intersects(regression.view.camera.bounds)
    regression.wheel(-60, QPoint(5, 5))
    assert regression.view.camera.scale > 0.1
    regression.wheel(90, QPoint(5, 5))
    assert regression.view.camera.scale == 4.0


# -- the card --------------------------------------------------------------------------------------------------------


def test_a_card_comes_where_the_mouse_rests_and_goes_with_it(regression: Graph) -> None:
    card = regression.view.card
    regression.move(regression.place(SQUARE))
    assert not card.isVisible()
    regression.bot.waitUntil(card.isVisible, timeout=2000)
    texts = [label.text() for label in card.findChildren(type(card._title)) if label.isVisible()]
    assert texts[0] == "Square"
    assert "= g * 2 * x" in texts
    assert regression.view.rect().contains(card.geometry())
    assert not card.geometry().intersects(regression.view.node_rect(SQUARE).toAlignedRect())
    regression.move(QPoint(3, 3))
    assert not card.isVisible()


def test_the_card_follows_the_cursor(regression: Graph) -> None:
    regression.move(regression.place(MEAN))
    card = regression.view.card
    regression.bot.waitUntil(card.isVisible, timeout=2000)
    regression.workspace.move_to(2, 4)
    labels = [label.text() for label in card.findChildren(type(card._title)) if label.isVisible()]
    assert "not yet run" not in labels


# -- keys ------------------------------------------------------------------------------------------------------------


def test_arrow_keys_go_from_node_to_node(regression: Graph) -> None:
    regression.click(MEAN)
    for expected in (SQUARE, SUB, ADD, MUL):
        regression.key(Qt.Key.Key_Up)
        assert regression.model.selected == expected
    regression.key(Qt.Key.Key_Up)
    assert regression.model.selected in (W, X)
    regression.click(W)
    regression.key(Qt.Key.Key_Right)
    assert regression.model.selected == X
    regression.key(Qt.Key.Key_Down)
    assert regression.model.selected == MUL


def test_arrow_keys_begin_at_the_cursor(regression: Graph) -> None:
    regression.workspace.move_to(2, 2)
    regression.key(Qt.Key.Key_Down)
    assert regression.model.selected == SQUARE


def test_keys_zoom_fit_push_go_and_let_go(regression: Graph) -> None:
    view, scale = regression.view, regression.view.camera.scale
    regression.key(Qt.Key.Key_Plus)
    assert view.camera.scale == pytest.approx(scale * 1.2)
    regression.key(Qt.Key.Key_Minus)
    regression.key(Qt.Key.Key_Minus)
    assert view.camera.scale == pytest.approx(scale / 1.2)
    regression.key(Qt.Key.Key_0, CONTROL)
    assert view.camera.scale == pytest.approx(scale)
    before = regression.place(SUB)
    regression.key(Qt.Key.Key_Left, SHIFT)
    assert regression.place(SUB) == before + QPoint(80, 0)
    regression.click(SQUARE)
    regression.key(Qt.Key.Key_Return)
    assert regression.workspace.cursor == Cursor(2, 3)
    regression.click(SQUARE)
    regression.key(Qt.Key.Key_Escape)
    assert regression.model.selected == -1


def test_the_current_op_comes_into_view(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph().open(write_chain(tmp_path / "c.tapeview", 300))
    scale = shown.view.camera.scale
    for position in (40, 41, 299, 0):
        shown.workspace.move_to(0, position)
        assert shown.view.rect().contains(shown.place(position + 1))
        assert shown.view.camera.scale == scale


def test_a_match_of_a_search_comes_into_view(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph().open(write_chain(tmp_path / "c.tapeview", 300))
    assert shown.model.search("AddV2") == 30
    for _ in range(12):
        shown.model.next_match()
    assert shown.view.rect().contains(shown.place(shown.model.reveal))
    assert shown.model.selected == shown.model.reveal


# -- folding ---------------------------------------------------------------------------------------------------------


def test_groups_open_with_the_plus_a_double_click_or_space(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph().open(write_calls(tmp_path / "c.tapeview", blocks=6))
    assert shown.dock.fold.isVisible()
    shown.bot.mouseClick(shown.dock.fold, LEFT)
    groups = shown.model.scene.graph.groups  # type: ignore[union-attr]
    assert len(groups) == 6
    rect = shown.view.node_rect(2)
    plus = QPoint(round(rect.right() - 13 * shown.view.camera.scale), round(rect.center().y()))
    shown.bot.mouseClick(shown.view, LEFT, pos=plus)
    assert len(shown.model.scene.graph.groups) == 5  # type: ignore[union-attr]
    node = min(shown.model.scene.graph.groups)  # type: ignore[union-attr]
    shown.bot.mouseDClick(shown.view, LEFT, pos=shown.place(node))
    assert len(shown.model.scene.graph.groups) == 4  # type: ignore[union-attr]
    node = min(shown.model.scene.graph.groups)  # type: ignore[union-attr]
    shown.bot.mouseClick(shown.view, LEFT, pos=shown.view.node_rect(node).topLeft().toPoint() + QPoint(12, 12))
    assert shown.model.selected == node
    shown.key(Qt.Key.Key_Space)
    assert len(shown.model.scene.graph.groups) == 3  # type: ignore[union-attr]
    shown.bot.mouseClick(shown.dock.fold, LEFT)
    assert not shown.model.scene.graph.groups  # type: ignore[union-attr]


def test_the_plus_of_the_current_group_is_where_it_is_drawn(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph().open(write_calls(tmp_path / "c.tapeview", blocks=6), 0, 25)
    shown.model.fold_all(True)
    QApplication.processEvents()
    current = shown.model.state.current  # type: ignore[union-attr]
    assert current in shown.model.scene.graph.groups  # type: ignore[union-attr]
    drawn = shown.view._nodes.grown(shown.model.state, current)  # type: ignore[union-attr, arg-type]
    assert drawn.width() > shown.view._rect(current).width() + 20
    plus = shown.view.camera.to_view(drawn.topRight() + QPointF(-13, drawn.height() / 2)).toPoint()
    shown.bot.mouseClick(shown.view, LEFT, pos=plus)
    assert len(shown.model.scene.graph.groups) == 5  # type: ignore[union-attr]


def test_the_menu_offers_what_can_be_done(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph().open(write_calls(tmp_path / "c.tapeview", blocks=3))
    view, model = shown.view, shown.model
    menu = menu_for(view, model, 2, view.fit, view.centre_current)
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts[:2] == ["Move the cursor here", "Fold what is around it"]
    assert "Fold everything" in texts
    next(action for action in menu.actions() if action.text() == "Fold what is around it").trigger()
    assert [face.title for face in model.scene.faces if face.style == "group"] == ["layer()"]  # type: ignore[union-attr]
    menu.close()
    empty = menu_for(view, model, -1, view.fit, view.centre_current)
    assert "Move the cursor here" not in [action.text() for action in empty.actions()]
    empty.close()


# -- overlays --------------------------------------------------------------------------------------------------------


def visible(shown: Graph) -> tuple[float, float, float, float]:
    seen = shown.view.camera.visible()
    return seen.left(), seen.top(), seen.right(), seen.bottom()


def test_the_overview_shows_and_moves_what_is_seen(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph().open(write_chain(tmp_path / "c.tapeview", 300))
    minimap = shown.view.minimap
    assert minimap.isVisible()
    shown.bot.mouseClick(minimap, LEFT, pos=QPoint(minimap.width() // 2, minimap.height() - 9))
    shown_first = int(shown.model.scene.nodes_in(visible(shown))[0])  # type: ignore[union-attr]
    assert shown_first > 280
    shown.bot.mouseClick(minimap, LEFT, pos=QPoint(minimap.width() // 2, 9))
    assert shown.model.scene.nodes_in(visible(shown))[-1] < 20  # type: ignore[union-attr]


def test_a_narrow_view_goes_without_overview(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph((240, 500)).open(write_chain(tmp_path / "c.tapeview", 30))
    assert not shown.view.minimap.isVisible()


def test_the_legend_folds_on_a_click_and_stays_as_the_user_wants_it(regression: Graph) -> None:
    legend = regression.view.legend
    assert legend.isVisible()
    assert legend.open
    bottom = legend.geometry().bottom()
    regression.bot.mouseClick(legend, LEFT, pos=QPoint(20, 10))
    assert not legend.open
    assert legend.geometry().bottom() == bottom
    regression.workspace.move_to(3, 1)
    regression.window.resize(900, 700)
    assert not legend.open
    regression.bot.keyClick(legend, Qt.Key.Key_Space)
    assert legend.open


def test_the_legend_makes_room_for_nodes(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph((420, 420)).open(write_regression(tmp_path / "r.tapeview", 1))
    legend = shown.view.legend
    covered = [n for n in range(9) if legend.geometry().intersects(shown.view.node_rect(n).toAlignedRect())]
    assert not legend.open
    assert covered == []


# -- laying out ------------------------------------------------------------------------------------------------------


class Held:
    """A background that does its jobs when told to."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Callable[[], Any], Callable[[Any], object]]] = []

    def submit(self, job: Callable[[], Any], done: Callable[[Any], object]) -> None:
        self.jobs.append((job, done))


def test_a_layout_that_takes_long_can_be_cancelled_and_asked_for_again(
    graph: Callable[..., Graph], tmp_path: Path
) -> None:
    held = Held()
    shown = graph(background=held).open(write_regression(tmp_path / "r.tapeview", 1))
    notice = shown.view.notice
    assert not notice.isVisible()
    shown.bot.waitUntil(notice.isVisible, timeout=2000)
    assert list(notice.texts()) == ["laying out …", "Cancel"]
    shown.bot.mouseClick(notice._button, LEFT)
    assert list(notice.texts()) == ["This graph was not laid out.", "Lay out"]
    assert shown.dock.header.note.whole().endswith("not laid out")
    shown.bot.mouseClick(notice._button, LEFT)
    job, done = held.jobs[-1]
    done(job())
    assert shown.model.scene is not None
    assert not notice.isVisible()
    assert "laid out in" in shown.dock.header.note.whole()


def test_layouts_are_made_in_another_thread(graph: Callable[..., Graph], tmp_path: Path) -> None:
    background = QtBackground()
    shown = graph(background=background).open(write_chain(tmp_path / "c.tapeview", 300))
    assert shown.model.laying_out
    shown.bot.waitUntil(lambda: shown.model.scene is not None, timeout=5000)
    assert shown.view.rect().contains(shown.place(0))
    background.close()


# -- painting --------------------------------------------------------------------------------------------------------


def on_screen(shown: Graph) -> QImage:
    """What the window really shows, put together from all that was repainted."""
    QApplication.processEvents()
    whole = shown.window.screen().grabWindow(int(shown.window.winId())).toImage()
    place = shown.view.mapTo(shown.window, QPoint(0, 0))
    return whole.copy(place.x(), place.y(), shown.view.width(), shown.view.height())


def far_apart(a: QImage, b: QImage) -> int:
    """How many pixels differ clearly. Where a dashed line is cut, Qt may place its dashes a fraction of a pixel
    apart.
    """
    first, second = (
        np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine()).astype(int)
        for image in (a, b)
    )
    return int(np.count_nonzero(np.abs(first - second) > 60))


@pytest.mark.parametrize("write", [write_regression, write_nones, write_nonfinite, write_inner])
def test_a_move_of_the_cursor_repaints_all_that_it_changed(
    graph: Callable[..., Graph], tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    shown = graph().open(write(tmp_path / "r.tapeview"))
    steps = len(shown.workspace.step.positions)  # type: ignore[union-attr]
    different = 0
    for position in [*range(1, steps), *range(steps - 2, -1, -1), steps - 1, 0]:
        before = on_screen(shown)
        shown.workspace.move_to(0, position)
        partly = on_screen(shown)
        shown.view.update()
        assert far_apart(on_screen(shown), partly) < 100
        different += before != partly
    assert different == 2 * steps


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_states_show_in_both_themes(graph: Callable[..., Graph], tmp_path: Path, mode: str) -> None:
    theme.current().set_mode(mode)
    shown = graph().open(write_regression(tmp_path / "r.tapeview", 2), 0, 6)
    image = shown.picture()
    node = shown.view.node_rect(SQUARE).adjusted(-6, -6, 6, 6).toAlignedRect()
    assert color_share(image, "grad", node) > 0.03
    assert color_share(image, "gradbg", node) > 0.3
    assert color_share(image, "watch", shown.view.node_rect(W).toAlignedRect()) > 0.02
    above = shown.view.node_rect(SQUARE).translated(0, -44).toAlignedRect()
    assert color_share(image, "grad", above) > 0.01
    theme.current().set_mode("light" if mode == "dark" else "dark")
    assert shown.picture().pixelColor(2, 2) != image.pixelColor(2, 2)
    theme.current().set_mode("light")


def test_nan_and_none_have_marks_of_their_own(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph().open(write_nonfinite(tmp_path / "f.tapeview"), 0, 1)
    corner = shown.view.node_rect(1).toAlignedRect().topLeft()
    area = shown.view.rect().intersected(shown.view.node_rect(1).toAlignedRect())
    area.moveTopLeft(corner - QPoint(14, 14))
    area.setSize(shown.view.size() * 0.04)
    assert color_share(shown.picture(), "bad", area) > 0.1


@pytest.mark.parametrize("scale", [0.01, 0.1, 0.2, 0.5, 1.0, 3.0])
def test_every_zoom_paints(regression: Graph, scale: float) -> None:
    regression.workspace.move_to(2, 7)
    regression.view.camera.scale = scale
    regression.view.camera.centre_on(regression.view.camera.bounds.center())
    assert color_share(regression.picture(), "grad") > 0


def test_hidden_it_does_nothing_and_is_right_when_shown_again(regression: Graph) -> None:
    regression.window.hide()
    regression.workspace.move_to(3, 2)
    painted = regression.view._scene
    assert painted is not None
    assert painted.graph.step == 2
    regression.window.show()
    regression.bot.waitUntil(lambda: regression.view._scene.graph.step == 3)  # type: ignore[union-attr]
