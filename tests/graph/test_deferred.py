"""The picture of a deferred graph: nodes, edges, folding by scopes of names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.graph.deferred import CONTROL, DeferredGraph, build_deferred, scope_tree
from tapeview.graph.fold import Group
from tapeview.graph.layout import lay_out
from tapeview.trace.graph_records import GraphNode, Output
from tapeview.trace.query import Recording
from tests.helpers.graphs import Deferred, write_built, write_many


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    with Recording.open(write_built(tmp_path / "g.tapeview")) as found:
        yield found


def labels(graph: DeferredGraph) -> list[str]:
    return [node.label for node in graph.nodes]


def node(number: int, name: str, *inputs: int, kind: str = "op") -> GraphNode:
    return GraphNode(1, number, name, "Mul", kind, tuple((one, 0) for one in inputs), (), (Output("float32", ()),))


def shape_of(group: Group) -> list[object]:
    return [m if isinstance(m, int) else (m.kind, m.label, shape_of(m)) for m in group.members]


def test_a_small_graph_is_shown_whole_but_for_what_belongs_to_variables(recording: Recording) -> None:
    graph = build_deferred(recording, 1)
    assert labels(graph)[:5] == ["x", "W", "mul", "error/Square", "error/Mean"]
    variable = graph.nodes[1]
    assert (variable.kind, variable.role, variable.shape, variable.stop - variable.start) == (
        "group",
        "variable",
        (),
        4,
    )
    assert graph.nodes[2].name == "y"
    assert graph.nodes[4].name == "loss"
    whole = build_deferred(recording, 1, scopes=False)
    assert labels(whole)[1:5] == ["W/initial_value", "W", "W/Assign", "W/read"]
    assert len(whole.nodes) == graph.count == 17


def test_a_gradient_node_tells_whom_it_serves(recording: Recording) -> None:
    graph = build_deferred(recording, 1)
    served = {node.label: node.serves for node in graph.nodes if node.serves}
    assert served["gradients/mul_grad/Mul"] == "mul"
    assert len(served) == 3


def test_edges_go_from_what_is_read_and_control_edges_are_told_apart(recording: Recording) -> None:
    graph = build_deferred(recording, 1)
    ends = {(graph.nodes[e.source].label, graph.nodes[e.target].label): e.operands for e in graph.edges}
    assert ends["mul", "error/Square"] == ((-7, 0),)
    assert ends["W", "init"] == ((-17, CONTROL),)
    assert ends["W", "Assign"] == ((-16, 0),)
    assert all(edge.source < edge.target for edge in graph.edges)
    lay_out([(e.source, e.target) for e in graph.edges], [False] * len(graph.nodes), [(90.0, 40.0)] * len(graph.nodes))


def test_a_run_of_earlier_times_has_the_nodes_of_that_time(recording: Recording) -> None:
    assert labels(build_deferred(recording, 1, 8))[-1] == "error/Mean"
    assert build_deferred(recording, 5).nodes == ()


def test_ops_of_a_run_are_found_by_their_node(recording: Recording) -> None:
    graph = build_deferred(recording, 1, ran_as={70: 6, 71: 5})
    assert graph.nodes[graph.node_of(70)].label == "mul"
    assert graph.nodes[graph.node_of(71)].label == "W"
    assert (graph.node_of(99), graph.node_of_number(99)) == (-1, -1)


def test_scopes_are_runs_of_nodes_and_a_variable_stands_in_its_own() -> None:
    nodes = [
        node(1, "a/x"), node(2, "a/b/y", 1), node(3, "a/b/z", 2), node(4, "w", kind="variable"), node(5, "w/read", 4),
        node(6, "a/late", 3), node(7, "c/only", 6),
    ]  # fmt: skip
    assert shape_of(scope_tree(nodes)) == [
        ("scope", "a", [0, ("scope", "a/b", [1, 2])]), ("variable", "w", [3, 4]), 5, 6,
    ]  # fmt: skip


def test_ten_thousand_nodes_open_folded_and_open_further(tmp_path: Path) -> None:
    with Recording.open(write_many(tmp_path / "m.tapeview")) as recording:
        graph = build_deferred(recording, 1)
        assert graph.count == 10_001
        assert len(graph.nodes) < 50
        first = next(group for group in graph.groups.values() if group.kind == "stretch")
        opened = build_deferred(recording, 1, opened={first.key})
        assert len(opened.nodes) > len(graph.nodes)
        assert "layer_1" in labels(opened)
        label = graph.nodes[graph.node_of_number(10_001)].label
        assert " … " in label


def test_what_an_optimizer_keeps_is_told_from_the_layer(tmp_path: Path) -> None:
    scene = Deferred(tmp_path / "g.tapeview")
    for name, kind in (("l/W", "variable"), ("l/W/read", "op"), ("l/add", "op"), ("loss", "op")):
        scene.node(name, "Any", kind, "y")
    for name in ("l/W/Adam", "l/W/Adam_1"):
        scene.node(f"{name}/Initializer/zeros", "Fill", "op", "y")
        scene.node(name, "VariableV2", "variable", "y")
    with Recording.open(scene.finish()) as recording:
        graph = build_deferred(recording, 1)
    folded = [member.label for member in graph.root.members if isinstance(member, Group)]
    assert folded == ["l", "l/W"]
    assert labels(graph) == ["l/W", "l/add", "loss", "l/W · Adam"]
