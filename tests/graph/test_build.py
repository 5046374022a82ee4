from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.graph.build import TapeGraph, build
from tapeview.trace.query import Recording
from tests.helpers.recordings import NONE_REASONS, write_chain, write_nones, write_regression
from tests.helpers.tapes import write_calls, write_empty, write_inner, write_twice


@pytest.fixture
def regression(tmp_path: Path) -> Iterator[Recording]:
    with Recording.open(write_regression(tmp_path / "r.tapeview", 3)) as recording:
        yield recording


def graph_of(path: Path, **arguments: object) -> TapeGraph:
    with Recording.open(path) as recording:
        return build(recording, recording.step(0), **arguments)  # type: ignore[arg-type]


def kinds(graph: TapeGraph) -> list[tuple[str, str]]:
    return [(node.kind, node.label) for node in graph.nodes]


def test_a_tape_becomes_variables_constants_and_ops_in_order(regression: Recording) -> None:
    graph = build(regression, regression.step(1))
    assert kinds(graph) == [
        ("watched", "w"),
        ("constant", "x"),
        ("op", "Mul"),
        ("watched", "b"),
        ("op", "AddV2"),
        ("constant", "y"),
        ("op", "Sub"),
        ("op", "Square"),
        ("op", "Mean"),
    ]
    assert [node.name for node in graph.nodes if node.kind == "op"][1] == "y_pred"
    assert [node.target for node in graph.nodes] == [False] * 8 + [True]
    assert graph.nodes[4].shape == (10,)
    assert graph.nodes[4].dtype == "float32"


def test_edges_say_which_operand_they_are(regression: Recording) -> None:
    graph = build(regression, regression.step(0))
    seq = graph.nodes[4].key[1]
    assert [(e.source, e.target, e.operands) for e in graph.edges if e.target == 4] == [
        (2, 4, ((seq, 0),)),
        (3, 4, ((seq, 1),)),
    ]
    assert all(edge.source < edge.target for edge in graph.edges)


def test_the_networkx_graph_has_everything(regression: Recording) -> None:
    graph = build(regression, regression.step(0))
    network = graph.networkx
    assert network.number_of_nodes() == 9
    w = next(key for key, kind in network.nodes(data="kind") if kind == "watched")
    assert w[0] == "var"
    mul = next(iter(network.successors(w)))
    assert network.nodes[mul]["label"] == "Mul"
    assert network.nodes[mul]["on_path"] is True
    assert network.edges[w, mul, 0]["operands"] == ((mul[1], 0),)
    assert network.graph["digest"] == graph.digest


def test_one_thing_used_twice_is_one_node_with_an_edge_for_each_use(tmp_path: Path) -> None:
    graph = graph_of(write_twice(tmp_path / "t.tapeview"))
    assert kinds(graph) == [("constant", "two"), ("op", "Mul"), ("op", "AddV2"), ("constant", "3.0"), ("op", "Square")]
    assert [(e.source, e.target) for e in graph.edges] == [(0, 1), (0, 1), (1, 2), (0, 2), (3, 4)]
    assert sorted(graph.networkx.get_edge_data(graph.nodes[0].key, graph.nodes[1].key)) == [0, 1]
    assert [node.on_path for node in graph.nodes if node.kind == "op"] == [False] * 3


def test_steps_of_one_structure_have_one_digest(regression: Recording) -> None:
    first, last = (build(regression, regression.step(n)) for n in (0, 2))
    assert first.digest == last.digest
    assert first.nodes[2].key != last.nodes[2].key
    assert [n.key for n in first.nodes if n.kind == "watched"] == [n.key for n in last.nodes if n.kind == "watched"]


def test_other_structures_have_other_digests(tmp_path: Path) -> None:
    paths = [
        write_chain(tmp_path / "a.tapeview", 20),
        write_chain(tmp_path / "b.tapeview", 21),
        write_chain(tmp_path / "c.tapeview", 20, residual=False),
        write_twice(tmp_path / "d.tapeview"),
        write_empty(tmp_path / "e.tapeview"),
    ]
    assert len({graph_of(path).digest for path in paths}) == len(paths)


def test_reasons_for_none_stand_at_the_nodes_that_were_asked_for(tmp_path: Path) -> None:
    graph = graph_of(write_nones(tmp_path / "n.tapeview"))
    reasons = {node.name: node.reason for node in graph.nodes if node.reason}
    assert reasons == {
        "frozen": "not trainable",
        "held": "not watched",
        "s": "stopped",
        "n": "computed outside the tape",
    }
    assert set(reasons.values()) < set(NONE_REASONS)
    by_name = {node.name: node for node in graph.nodes}
    assert by_name["frozen"].kind == "unwatched"
    assert by_name["frozen"].trainable is False
    assert by_name["s"].stopped
    assert not by_name["k"].on_path
    assert by_name["x"].reason == ""


def test_ops_of_an_inner_gradient_are_there_and_say_whose_rule_they_are(tmp_path: Path) -> None:
    graph = graph_of(write_inner(tmp_path / "i.tapeview"))
    inner = [(node.label, node.rule, node.name) for node in graph.nodes if node.call]
    assert inner == [("Mul", "Mul", ""), ("Mul", "Mul", ""), ("AddV2", "Mul", "dy")]
    assert [node.kind for node in graph.nodes if node.label not in ("x", "Mul", "AddV2")] == ["seed"]


def test_a_tape_can_be_chosen(tmp_path: Path) -> None:
    path = write_inner(tmp_path / "i.tapeview")
    assert [node.label for node in graph_of(path, tape=2).nodes] == ["x", "Mul"]
    assert sum(node.kind == "op" for node in graph_of(path, tape=1).nodes) == 4


def test_folded_groups_join_their_edges(tmp_path: Path) -> None:
    path = write_calls(tmp_path / "c.tapeview", blocks=2)
    whole = graph_of(path)
    closed = {m.key for m in whole.root.members if not isinstance(m, int)}
    graph = graph_of(path, closed=closed)
    assert kinds(graph) == [
        ("watched", "w"),
        ("op", "Square"),
        ("group", "block()"),
        ("group", "block()"),
        ("op", "Mean"),
    ]
    # Both blocks read w and what came before them: one edge each, for two operands of h.
    assert [(e.source, e.target, len(e.operands)) for e in graph.edges] == [
        (0, 1, 1),
        (1, 2, 2),
        (0, 2, 1),
        (2, 3, 2),
        (0, 3, 1),
        (3, 4, 1),
    ]
    assert graph.digest != whole.digest
    assert {graph.node_of(op.seq) for op in graph.wiring.ops} == {1, 2, 3, 4}
    assert set(graph.groups) == {2, 3}


def test_constants_of_one_folded_group_are_folded_with_it(tmp_path: Path) -> None:
    path = write_twice(tmp_path / "t.tapeview")
    graph = graph_of(path, limit=3)
    assert len(graph.nodes) <= 5
    assert graph_of(path, limit=2000).nodes[0].kind == "constant"


def test_a_tape_of_many_ops_stays_within_the_limit(tmp_path: Path) -> None:
    graph = graph_of(write_chain(tmp_path / "c.tapeview", 5000))
    assert len(graph.nodes) <= 130
    assert sum(node.stop - node.start for node in graph.nodes) == 5000
    assert graph.networkx.number_of_nodes() == len(graph.nodes)


def test_nothing_recorded_gives_an_empty_graph(tmp_path: Path) -> None:
    graph = graph_of(write_empty(tmp_path / "e.tapeview"))
    assert graph.nodes == ()
    assert graph.networkx.number_of_nodes() == 0


def test_networkx_is_not_imported_before_it_is_needed() -> None:
    import subprocess
    import sys

    code = "import sys, tapeview.graph.build, tapeview.graph.layout; print('networkx' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
