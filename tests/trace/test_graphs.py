"""Deferred graphs in a recording: nodes before any run, the list of runs, and what a run did."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tapeview.trace.check import check
from tapeview.trace.copying import Source
from tapeview.trace.graph_records import GraphNode
from tapeview.trace.graphs import names_text, node_name
from tapeview.trace.query import Recording
from tapeview.trace.replica import Replica
from tapeview.trace.schema import KEPT
from tests.helpers.graphs import Deferred, write_built, write_deferred, write_many
from tests.helpers.recordings import write_regression


def test_a_graph_is_there_before_anything_of_it_runs(tmp_path: Path) -> None:
    scene = Deferred(tmp_path / "g.tapeview")
    scene.node("x", "Placeholder", "placeholder", "x", (), (None, 3))
    scene.writer.commit()
    with Recording.open(scene.path) as recording:
        assert [node.name for node in recording.graphs.nodes(1)] == ["x"]
        assert recording.graphs.nodes(1)[0].outputs[0].shape == (None, 3)
        scene.node("W", "VariableV2", "variable", "W")
        scene.writer.commit()
        assert recording.refresh()
        assert [node.name for node in recording.graphs.nodes(1)] == ["x", "W"]
        assert (recording.step_count, recording.graphs.numbers) == (0, (1,))
    scene.writer.close()


def test_nodes_go_by_number_and_by_name(tmp_path: Path) -> None:
    with Recording.open(write_built(tmp_path / "g.tapeview")) as recording:
        graphs = recording.graphs
        mean = graphs.named(1, "error/Mean:0")
        assert mean is not None
        assert (mean.number, mean.type, graphs.node(1, 8)) == (8, "Mean", mean)
        assert graphs.named(1, "gradients/error/Mean_grad/truediv").serves == mean.number  # type: ignore[union-attr]
        assert graphs.named(1, "^init").controls == (4,)  # type: ignore[union-attr]
        assert (graphs.named(1, "nope"), graphs.node(2, 1), list(graphs.nodes(7))) == (None, None, [])
    assert check(tmp_path / "g.tapeview") == []


def test_a_run_is_a_step_with_its_nodes_feeds_and_fetches(tmp_path: Path) -> None:
    path = write_deferred(tmp_path / "g.tapeview", trains=2)
    with Recording.open(path) as recording:
        assert [(run.step, run.run, run.fetches) for run in recording.graphs.runs.values()] == [
            (0, 1, ("init",)), (1, 2, ("Assign:0", "error/Mean:0")), (2, 3, ("Assign:0", "error/Mean:0")),
        ]  # fmt: skip
        run = recording.step(1).run
        assert run is not None
        names = [recording.graphs.node(1, ran.node).name for _, ran in run.ran]  # type: ignore[union-attr]
        assert names[:5] == ["x", "W", "W/read", "mul", "error/Square"]
        (fed,) = run.started.fed
        assert recording.value(fed.tensor).tolist() == [1.0, 2.0]  # type: ignore[union-attr]
        assert run.finished is not None
        fetched = {one.name: recording.value(one.tensor) for one in run.finished.results}
        assert float(fetched["error/Mean:0"]) == 10.0  # type: ignore[arg-type]
    assert check(path) == []


def test_recordings_without_graphs_and_older_ones_have_none(tmp_path: Path) -> None:
    path = write_regression(tmp_path / "r.tapeview", steps=1)
    with Recording.open(path) as recording:
        assert (recording.graphs.numbers, dict(recording.graphs.runs), recording.step(0).run) == ((), {}, None)
    with sqlite3.connect(path) as older:
        older.execute("DROP TABLE node")
        older.execute("DROP TABLE graph_run")
    older.close()
    with Recording.open(path) as recording:
        assert (recording.graphs.numbers, recording.warnings) == ((), ())
    assert check(path) == []


def test_a_copy_has_the_graphs_too(tmp_path: Path) -> None:
    source, replica = Source(write_deferred(tmp_path / "g.tapeview")), Replica(tmp_path / "copy.tapeview")
    for part in source.rows():
        replica.take(part)
    source.close()
    replica.close()
    with Recording.open(tmp_path / "copy.tapeview") as copy:
        assert [node.name for node in copy.graphs.nodes(1)][-2:] == ["Assign", "init"]
        assert len(copy.graphs.runs) == 4
        assert copy.step(1).run is not None


@pytest.mark.parametrize(
    ("change", "warning", "problem"),
    [
        ("UPDATE node SET record = X'00' WHERE number = 8", "node 8 of graph 1 is damaged", "mentions node 8"),
        ("UPDATE node SET number = 80 WHERE number = 8", "node 80 of graph 1 is damaged", "mentions node 8"),
        ("UPDATE graph_run SET step = 'x' WHERE run = 2", "list of runs are damaged", "list of runs are damaged"),
        ("UPDATE graph_run SET step = 99 WHERE run = 2", "", "run 2 is said to be step 99, which is not there"),
        ("UPDATE graph_run SET site = 99 WHERE run = 2", "", "run 2: it mentions call site 99"),
    ],
)
def test_what_is_damaged_is_left_out_and_found(tmp_path: Path, change: str, warning: str, problem: str) -> None:
    path = write_deferred(tmp_path / "g.tapeview", trains=1)
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    connection.close()
    with Recording.open(path) as recording:
        assert any(warning in one for one in recording.warnings) or not warning
        assert len(recording.graphs.nodes(1)) in (16, 17)
    assert any(problem in one for one in check(path))


def test_names_of_tensors_and_many_fetches() -> None:
    assert [node_name(name) for name in ("split:1", "a/b", "^init", "odd:x")] == ["split", "a/b", "init", "odd:x"]
    assert names_text(["a", "b"]) == '["a", "b"]'
    assert names_text([f"n{k}" for k in range(30)]).endswith('"n19", 30]')


def test_a_run_of_many_fetches_says_how_many(tmp_path: Path) -> None:
    scene = Deferred(tmp_path / "g.tapeview")
    scene.build()
    scene.end(scene.begin("run", tuple(f"n{k}" for k in range(30))))
    with Recording.open(scene.finish()) as recording:
        run = recording.graphs.runs[0]
        assert (len(run.fetches), run.asked, run.nodes) == (20, 30, 17)
        assert recording.step_info(0).kept == KEPT[0]


def test_ten_thousand_nodes_are_read_quickly_and_in_order(tmp_path: Path) -> None:
    with Recording.open(write_many(tmp_path / "g.tapeview")) as recording:
        nodes = recording.graphs.nodes(1)
        assert len(nodes) == 10_001
        assert all(isinstance(node, GraphNode) for node in nodes)
        assert nodes[-1].name == "layer_99/add_99"
