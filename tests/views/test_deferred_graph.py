"""A deferred graph in the view-models: before any run, lit by the run at the cursor, chosen, picked and explained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tapeview.protocol import StepTo
from tapeview.trace.graphs import node_id
from tapeview.trace.query import Recording
from tapeview.views import targets
from tapeview.views.breakpoints_model import BreakpointsModel
from tapeview.views.graph_model import GraphModel
from tapeview.views.graph_runs import DeferredScene
from tapeview.views.inspector_model import InspectorModel
from tapeview.views.plot_pages import entries_of
from tapeview.views.run_index import run_index
from tapeview.views.source_model import SourceModel
from tapeview.views.status_model import StatusModel
from tapeview.views.tape_model import TapeModel
from tapeview.views.timeline_model import TimelineModel
from tapeview.views.workspace import Workspace
from tests.helpers.graphs import Deferred, write_built, write_deferred

POSITIONS = ["mul", "error/Square", "error/Mean", "gradients/error/Mean_grad/truediv",
             "gradients/error/Square_grad/Mul", "gradients/mul_grad/Mul", "mul_1", "sub", "Assign"]  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Recording.open(write_deferred(tmp_path / "g.tapeview")) as recording:
        made = Workspace()
        made.open(recording)
        yield made


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Workspace]:
    with Recording.open(write_built(tmp_path / "g.tapeview")) as recording:
        made = Workspace()
        made.open(recording)
        yield made


def scene_of(model: GraphModel) -> DeferredScene:
    scene = model.scene
    assert isinstance(scene, DeferredScene)
    return scene


def place(model: GraphModel, title: str) -> int:
    return [node.label for node in scene_of(model).graph.nodes].index(title)


def shown(model: GraphModel, flags: np.ndarray) -> list[str]:
    nodes = scene_of(model).graph.nodes
    return [node.label for node, flag in zip(nodes, flags.tolist(), strict=True) if flag]


def details(model: GraphModel) -> dict[str, str]:
    scene, state = scene_of(model), model.state
    assert state is not None
    return {face.title: scene.detail(number, state) for number, face in enumerate(scene.faces)}


def test_before_any_run_all_is_there_and_nothing_is_lit(built: Workspace) -> None:
    model = GraphModel(built)
    state = model.state
    assert state is not None
    assert (state.absent.all(), state.executed.any(), state.current) == (True, False, -1)
    assert (model.empty_text, model.title.split(" · ")[0], model.tapes) == ("", "17 nodes", ())
    assert details(model)["mul"] == "y · (?)"
    assert details(model)["gradients/mul_grad/Mul"] == "gradient of mul · ()"
    assert "nothing has run yet" in model.describe(place(model, "mul"))
    assert "nothing has run yet" in [entry.text for entry in model.legend]


def test_a_graph_that_grows_is_shown_as_it_grows(tmp_path: Path) -> None:
    scene = Deferred(tmp_path / "g.tapeview")
    scene.node("x", "Placeholder", "placeholder", "x", (), (None,))
    scene.writer.commit()
    with Recording.open(scene.path) as recording:
        workspace = Workspace()
        workspace.open(recording, state="running", follow=True)
        model = GraphModel(workspace)
        assert len(scene_of(model).faces) == 1
        heard = []
        model.changed.connect(heard.append)
        scene.node("mul", "Mul", "op", "y", ("x",), (None,))
        scene.writer.commit()
        recording.refresh()
        workspace.refreshed()
        assert heard == [{"scene"}]
        assert [face.title for face in scene_of(model).faces] == ["x", "mul"]
        workspace.refreshed()
        assert heard == [{"scene"}]
    scene.writer.close()


def test_nodes_are_lit_in_the_order_of_the_run(workspace: Workspace) -> None:
    model = GraphModel(workspace)
    workspace.move_to(1, 0)
    layout = scene_of(model).layout
    for position, title in enumerate(POSITIONS):
        workspace.move_to(1, position)
        state = model.state
        assert state is not None
        graph = scene_of(model).graph_nodes
        current = graph.built[graph.nodes[state.current].start].name
        assert current == title, position
        lit = shown(model, state.executed)
        assert [name for name in POSITIONS if name in lit] == POSITIONS[: position + 1]
        assert scene_of(model).layout is layout
        assert shown(model, state.absent) == ["init"]
    workspace.move_to(3, 0)
    assert scene_of(model).layout is layout


def test_what_is_fed_and_fetched_is_marked_and_values_stand_on_the_nodes(workspace: Workspace) -> None:
    model = GraphModel(workspace)
    workspace.move_to(1, 3)
    scene = scene_of(model)
    assert shown(model, scene.fed) == ["x"]
    assert shown(model, scene.fetched) == ["error/Mean", "Assign"]
    now = details(model)
    assert (now["x"], now["mul"]) == ("placeholder · (2)", "y · (2)")
    assert (now["error/Mean"], now["W"]) == ("loss · 10", "variable · 2")
    assert now["sub"] == "()"
    workspace.last()
    assert details(model)["W"] != "variable · 2"
    card = model.card(place(model, "x"))
    assert card is not None
    assert ("run", "run 4: update_W, loss · fed") in [(row.label, row.text) for row in card.rows]


def test_a_run_without_positions_has_happened(tmp_path: Path) -> None:
    scene = Deferred(tmp_path / "g.tapeview")
    scene.build()
    scene.run_init()
    tape = scene.begin("run", ("W:0",))
    scene.ran("W", scene.w_now)
    scene.end(tape)
    with Recording.open(scene.finish()) as recording:
        workspace = Workspace()
        workspace.open(recording)
        workspace.move_to(1, 0)
        model = GraphModel(workspace)
        state = model.state
        assert state is not None
        assert shown(model, state.executed) == ["W"]
        assert workspace.position_text() == "run 2: W · no op has run"


def test_the_picture_of_one_of_several_graphs_can_be_chosen(tmp_path: Path) -> None:
    scene = Deferred(tmp_path / "g.tapeview")
    scene.build()
    scene.node("other", "Const", "constant", "x", graph=2)
    scene.run_init()
    with Recording.open(scene.finish()) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = GraphModel(workspace)
        assert model.tapes == ("graph of this run", "graph 1 · 17 nodes", "graph 2 · 1 node")
        assert len(scene_of(model).faces) > 2
        model.show_tape(2)
        assert [face.title for face in scene_of(model).faces] == ["other"]
        state = model.state
        assert state is not None
        assert state.absent.all()
        model.show_tape(0)
        assert model.tape_number == 0
        assert len(scene_of(model).faces) > 2


def test_of_a_thinned_out_run_the_graph_is_shown_all_the_same(tmp_path: Path) -> None:
    scene = Deferred(tmp_path / "g.tapeview")
    scene.build()
    scene.run_init()
    scene.flush()
    scene.writer.begin_step(1, 9, kept="scalars")
    scene.writer.add_run(1, 2, 1, 8, 0, ("error/Mean:0",))
    scene.step = 1
    with Recording.open(scene.finish()) as recording:
        workspace = Workspace()
        workspace.open(recording)
        workspace.move_to(1, 0)
        model = GraphModel(workspace)
        assert [node.label for node in scene_of(model).graph.nodes][-1] == "error/Mean"
        assert "only the scalars of this run were kept" in [entry.text for entry in model.legend]
        assert workspace.position_text() == "run 2: loss · nothing recorded in this step"


def test_picking_a_node_shows_it_in_inspector_and_source(workspace: Workspace) -> None:
    graph, inspector, source = GraphModel(workspace), InspectorModel(workspace), SourceModel(workspace)
    workspace.move_to(1, 3)
    graph.select(place(graph, "error/Mean"))
    assert workspace.selection == ("node", node_id(1, 8))
    assert graph.selected == place(graph, "error/Mean")
    sheet = inspector.sheet
    assert (sheet.kind, sheet.title, sheet.expression) == ("node", "error/Mean", "tf.reduce_mean(tf.square(y))")
    assert "built at line 7" in sheet.where
    assert "run 2 (line 14)" in sheet.where
    assert sheet.where.endswith("fetched")
    assert [(entry.name, entry.brief) for entry in sheet.tabs["value"]] == [("error/Mean:0", "10")]
    assert [entry.name for entry in sheet.tabs["gradient"]] == ["gradients/error/Mean_grad/truediv:0"]
    assert [entry.name for entry in sheet.tabs["inputs"]] == ["error/Square:0"]
    assert ("its gradient", "gradients/error/Mean_grad/truediv") in sheet.details
    assert (source.mark.line, source.mark.callers) == (7, (14,))
    related = scene_of(graph).related(graph.selected)
    assert [scene_of(graph).graph.nodes[one].label for one in related] == ["gradients/error/Mean_grad/truediv"]
    workspace.move_to(1, 0)
    graph.select(place(graph, "error/Mean"))
    (entry,) = inspector.sheet.tabs["value"]
    assert (entry.status, entry.jump) == ("next", (1, 2))
    inspector.jump(entry.key)
    assert workspace.cursor == (1, 2)


def test_picking_a_variable_shows_its_state_also_folded(workspace: Workspace) -> None:
    graph, inspector = GraphModel(workspace), InspectorModel(workspace)
    workspace.last()
    graph.select(place(graph, "W"))
    assert workspace.selection == ("node", node_id(1, 3))
    assert [entry.symbol for entry in inspector.sheet.tabs["value"]] == ["now", "before", "Δ"]
    graph.unfold(place(graph, "W"))
    assert "W/read" in [face.title for face in scene_of(graph).faces]
    assert graph.selected == place(graph, "W")
    graph.fold(place(graph, "W/read"))
    assert "W/read" not in [face.title for face in scene_of(graph).faces]


def test_before_any_run_a_node_has_a_sheet_too(built: Workspace) -> None:
    graph, inspector, source = GraphModel(built), InspectorModel(built), SourceModel(built)
    graph.select(place(graph, "gradients/mul_grad/Mul"))
    sheet = inspector.sheet
    assert sheet.title == "gradients/mul_grad/Mul"
    assert sheet.where.startswith("gradient of mul · built at line 8")
    assert (source.mark.line, source.mark.callers) == (8, ())


def test_activating_a_node_moves_the_cursor_to_it(workspace: Workspace) -> None:
    model = GraphModel(workspace)
    workspace.move_to(2, 0)
    model.activate(place(model, "gradients/mul_grad/Mul"))
    assert workspace.cursor == (2, 5)
    model.activate(place(model, "init"))
    assert workspace.cursor == (2, 5)


def test_the_cursor_at_a_node_shows_where_it_was_built_and_the_run(workspace: Workspace) -> None:
    source, inspector = SourceModel(workspace), InspectorModel(workspace)
    workspace.move_to(1, 0)
    assert (source.mark.line, source.mark.callers) == (5, (14,))
    assert inspector.sheet.where.startswith("node mul · line 5")


def test_runs_go_by_their_number_and_fetches_everywhere(workspace: Workspace) -> None:
    timeline, tape, status = TimelineModel(workspace), TapeModel(workspace), StatusModel(workspace)
    workspace.move_to(2, 0)
    assert workspace.position_text() == "run 3: update_W, loss · forward 1 of 3 · Mul → y"
    assert (timeline.title, timeline.steps_title) == ("run 3", "runs")
    assert timeline.step_tip(0).startswith("run 1: init · ")
    assert tape.summary == "run 3: update_W, loss · 9 positions"
    assert status.facts[0] == "run 3: update_W, loss"
    assert "4 runs" in status.facts
    assert tape.row(0).line == "5"


def test_a_breakpoint_and_a_way_to_the_node_picked(workspace: Workspace) -> None:
    model, graph = BreakpointsModel(workspace), GraphModel(workspace)
    workspace.move_to(1, 0)
    found = model.of_selection()
    assert found is not None
    assert (found.kind, found.name) == ("node", "mul")
    graph.select(place(graph, "Assign"))
    model.toggle_selection()
    assert [(row.kind, row.name) for row in workspace.breakpoints.items] == [("node", "Assign")]
    target = targets.of_selection(workspace)
    assert target is not None
    assert (target.kind, target.line) == ("line", 9)


def test_going_on_to_the_line_of_a_run_finds_the_next_one(workspace: Workspace) -> None:
    workspace.move_to(1, 4)
    path = workspace.recording.sources()[0].path  # type: ignore[union-attr]
    assert targets.find(workspace, StepTo("line", path, 14)) == (2, 0)


def test_a_node_at_work_when_the_script_is_held_is_known_by_its_scope(tmp_path: Path) -> None:
    scene = Deferred(tmp_path / "g.tapeview")
    scene.build()
    scene.run_init()
    scene.train()
    # Held right after the first op of the second training run: nothing says yet that its node has run.
    last = next(k for k, record in enumerate(scene.records) if type(record).__name__ == "Op") + 1
    scene.records = scene.records[:last]
    with Recording.open(scene.finish()) as recording:
        index = run_index(recording, recording.step(1))
        assert index is not None
        assert index.nodes == [scene.node_numbers["mul"]]
        assert index.comes(scene.node_numbers["mul"]) == -1


def test_the_loss_is_the_first_curve_whatever_else_has_more_points(workspace: Workspace) -> None:
    recording = workspace.recording
    assert recording is not None
    assert [entry.name for entry in entries_of(recording)["curves"]] == ["loss"]
