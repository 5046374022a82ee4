"""A deferred graph as it is painted: greyed, lit, fed and fetched, opened, chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from tapeview.ui import theme
from tapeview.ui.breaks import Breaks
from tapeview.ui.graph_menu import menu_for
from tapeview.ui.graph_nodes import plus_centre
from tapeview.ui.timeline_dock import TimelineDock
from tapeview.views.breakpoints_model import BreakpointsModel
from tapeview.views.timeline_model import TimelineModel
from tests.helpers.graphs import Deferred, write_built, write_deferred, write_many
from tests.ui.test_graph_view import LEFT, Graph


@pytest.fixture
def graph(qtbot: QtBot) -> Iterator[Callable[..., Graph]]:
    theme.current().set_mode("light")
    made: list[Graph] = []

    def make(*arguments: Any) -> Graph:
        made.append(Graph(qtbot, *arguments))
        return made[-1]

    yield make
    for one in made:
        one.close()


def place(shown: Graph, label: str) -> int:
    scene = shown.model.scene
    assert scene is not None
    return [node.label for node in scene.graph.nodes].index(label)


def drawn(shown: Graph, label: str) -> QImage:
    """A node and a little around it, at 100 % in the middle of the view."""
    node = place(shown, label)
    shown.view.camera.scale = 1.0
    shown.view.camera.centre_on(shown.view._rect(node).center())
    box = shown.view.node_rect(node).adjusted(-14, -12, 14, 16).toRect()
    return shown.view.grab(box).toImage()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_node_looks_different_before_in_and_outside_of_a_run(
    graph: Callable[..., Graph], tmp_path: Path, mode: str
) -> None:
    theme.current().set_mode(mode)
    before = graph().open(write_built(tmp_path / "b.tapeview"))
    shown = graph().open(write_deferred(tmp_path / "g.tapeview"), 1, 0)
    greyed = drawn(before, "sub")
    ahead = drawn(shown, "sub")
    shown.workspace.move_to(1, 7)
    current = drawn(shown, "sub")
    shown.workspace.move_to(1, 8)
    done = drawn(shown, "sub")
    looks = [greyed, ahead, current, done]
    assert all(one != other for k, one in enumerate(looks) for other in looks[k + 1 :])


def test_what_is_fed_and_fetched_is_said_on_the_node(graph: Callable[..., Graph], tmp_path: Path) -> None:
    scene = Deferred(tmp_path / "g.tapeview")
    scene.build()
    scene.run_init()
    scene.train()
    scene.end(scene.begin("run", ("sub:0",)))
    shown = graph().open(scene.finish(), 1, 8)
    found = shown.model.scene
    assert found is not None
    marked = [drawn(shown, "x"), drawn(shown, "error/Mean")]
    found.fed[:] = False
    found.fetched[:] = False
    assert [drawn(shown, "x") == marked[0], drawn(shown, "error/Mean") == marked[1]] == [False, False]


def test_the_gradient_of_a_picked_node_is_pointed_at(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph().open(write_deferred(tmp_path / "g.tapeview"), 1, 8)
    before = drawn(shown, "gradients/mul_grad/Mul")
    shown.model.select(place(shown, "mul"))
    assert drawn(shown, "gradients/mul_grad/Mul") != before


def test_a_variable_opens_at_its_button(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph().open(write_built(tmp_path / "b.tapeview"))
    node = place(shown, "W")
    drawn(shown, "W")
    button = shown.view.camera.to_view(plus_centre(shown.view._rect(node))).toPoint()
    shown.bot.mouseClick(shown.view, LEFT, pos=button)
    assert place(shown, "W/read") > place(shown, "W")
    shown.bot.waitUntil(lambda: shown.view._scene is shown.model.scene)


def test_several_graphs_are_a_choice(graph: Callable[..., Graph], tmp_path: Path) -> None:
    scene = Deferred(tmp_path / "g.tapeview")
    scene.build()
    scene.node("other", "Const", "constant", "x", graph=2)
    shown = graph().open(scene.finish())
    shown.bot.waitUntil(shown.dock.tapes.isVisible)
    texts = [shown.dock.tapes.itemText(k) for k in range(shown.dock.tapes.count())]
    assert texts == ["newest graph", "graph 1 · 17 nodes", "graph 2 · 1 node"]
    shown.dock.tapes.activated.emit(1)
    shown.bot.waitUntil(lambda: shown.view._scene is not None and len(shown.view._scene.faces) > 10)


def test_ten_thousand_nodes_are_painted_folded(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph().open(write_many(tmp_path / "m.tapeview"))
    assert not shown.picture().isNull()
    scene = shown.model.scene
    assert scene is not None
    assert len(scene.faces) < 50
    assert shown.dock.fold.isChecked()


def test_the_menu_offers_to_stop_at_a_node(graph: Callable[..., Graph], tmp_path: Path) -> None:
    shown = graph().open(write_deferred(tmp_path / "g.tapeview"), 1, 0)
    model = BreakpointsModel(shown.workspace)
    breaks = Breaks(None, model, tuple)

    def offer(menu: QMenu, node: int) -> None:
        shown.model.select(node)
        breaks.offer_node(menu, "mul")

    menu = menu_for(shown.view, shown.model, place(shown, "mul"), shown.view.fit, shown.view.centre_current, offer)
    action = next(action for action in menu.actions() if "Stop at this node" in action.text())
    action.trigger()
    assert [(one.kind, one.name) for one in shown.workspace.breakpoints.items] == [("node", "mul")]
    menu.deleteLater()
    model.dispose()


def test_the_timeline_speaks_of_runs(graph: Callable[..., Graph], qtbot: QtBot, tmp_path: Path) -> None:
    shown = graph().open(write_deferred(tmp_path / "g.tapeview"), 2, 0)
    dock = TimelineDock(TimelineModel(shown.workspace))
    qtbot.addWidget(dock)
    assert not dock.grab().toImage().isNull()
    assert dock.view._model.steps_title == "runs"
    dock.dispose()
