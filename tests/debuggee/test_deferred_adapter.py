"""From the events of deferred graphs to a recording: nodes, runs, what was fed and fetched, series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import get_ident
from typing import Any, NamedTuple

import pytest

from tapeview.debuggee.adapters.keeping import Keeper
from tapeview.engine import observe
from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.reduction import reduce_mean
from tapeview.engine.scopes import scope
from tapeview.engine.tape import GradientTape
from tapeview.engine.variable import Variable
from tapeview.trace import records as r
from tapeview.trace.check import check
from tapeview.trace.query import Recording
from tests.debuggee.test_engine_adapter import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    yield Bench(tmp_path / "run.tapeview")
    observe.listen(None)


class Node(NamedTuple):
    """A node as the engine tells of it."""

    number: int
    name: str
    type: str = "Mul"
    inputs: Sequence[tuple[int, int]] = ()
    controls: Sequence[int] = ()
    outputs: Sequence[tuple[str, tuple[int | None, ...] | None]] = (("float32", ()),)
    serves: int = 0
    kind: str = "op"
    value: Any = None


def say(*event: Any) -> None:
    sink = observe.sink
    assert sink is not None
    sink(event)


def build() -> None:
    nodes = (
        Node(1, "x", "Placeholder", outputs=[("float32", (None,))], kind="placeholder"),
        Node(2, "w", "VariableV2", kind="variable"),
        Node(3, "mul", "Mul", [(2, 0), (1, 0)], outputs=[("float32", (None,))]),
        Node(4, "Mean", "Mean", [(3, 0)]),
        Node(5, "gradients/Mean_grad/truediv", "RealDiv", serves=4, kind="gradient"),
    )
    for node in nodes:
        say(observe.NODE, 7, node, 0, get_ident())


def run(number: int, w: Variable, x: float, *, learn: bool = False, error: str | None = None) -> float:
    """What a session's run of ``Mean`` tells, with ``learn`` of its gradient too."""
    with GradientTape(persistent=True) as tape:
        fed = to_tensor([x, x])
        say(observe.RUN_STARTED, tape.id, number, 7, ["Mean:0"], [(1, 0, fed)], 0, get_ident())
        say(observe.NODE_RAN, tape.id, 1, (fed,), get_ident())
        with scope("mul", "node"):
            y = w * fed
            say(observe.NODE_RAN, tape.id, 3, (y,), get_ident())
        with scope("Mean", "node"):
            mean = reduce_mean(y)
            say(observe.NODE_RAN, tape.id, 4, (mean,), get_ident())
        if learn:
            with tape.stop_recording():
                tape.gradient(mean, w)
        say(observe.RUN_FINISHED, tape.id, [("Mean:0", None if error else mean)], error)
    return float(mean.numpy())


def test_nodes_and_a_run_with_what_was_fed_and_fetched(bench: Bench) -> None:
    build()
    w = Variable(3.0)
    run(1, w, 2.0)
    recording = bench.read()
    graphs = recording.graphs
    assert [node.name for node in graphs.nodes(7)] == ["x", "w", "mul", "Mean", "gradients/Mean_grad/truediv"]
    assert graphs.nodes(7)[2].outputs[0].shape == (None,)
    assert graphs.runs[0].fetches == ("Mean:0",)
    step = recording.step(0)
    assert step.run is not None
    assert step.run.finished is not None
    assert [ran.node for _, ran in step.run.ran] == [1, 3, 4]
    (fed,) = step.run.started.fed
    assert recording.value(fed.tensor).tolist() == [2.0, 2.0]  # type: ignore[union-attr]
    assert step.run.finished.results[0].tensor == step.run.ran[-1][1].outputs[0]
    # The records of what a node did stand between those of the nodes before it and its own.
    assert [s.name for op in step.ops.values() for s in step.scope_of(op)] == ["mul", "Mean"]
    assert check(bench.path) == []


def test_what_runs_give_back_is_plotted_once(bench: Bench) -> None:
    build()
    w = Variable(3.0)
    for number in range(1, 4):
        run(number, w, float(number))
    for number in range(4, 9):
        run(number, w, float(number), learn=True)
    shown = bench.read().scalars()
    by_kind = {series.kind: [int(step) for step in series.steps] for series in shown.values()}
    assert by_kind["fetched"] == [0, 1, 2]
    assert by_kind["target"] == [3, 4, 5, 6, 7]
    assert next(series for series in shown.values() if series.kind == "fetched").values.tolist() == [3.0, 6.0, 9.0]


def test_thinned_out_runs_keep_their_names_and_points(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.tapeview", Keeper(every=2))
    build()
    w = Variable(3.0)
    for number in range(1, 4):
        run(number, w, 1.0)
        bench.flush()
    for number in range(4, 6):
        run(number, w, 1.0)
    recording = bench.read()
    observe.listen(None)
    assert [info.kept for info in recording.step_infos()] == ["all", "scalars", "all", "scalars", "all"]
    assert [run.run for run in recording.graphs.runs.values()] == [1, 2, 3, 4, 5]
    assert recording.step(1).run is None
    assert recording.step(2).run is not None
    assert len(recording.scalars()["Mean"].steps) == 5
    assert check(bench.path) == []


def test_a_thinned_out_run_is_recorded_after_all_when_the_script_stops_in_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.tapeview", Keeper(every=100))
    build()
    w = Variable(3.0)
    run(1, w, 1.0)
    run(2, w, 2.0)
    bench.flush()
    bench.translator.promote()
    step = bench.read().step(1)
    observe.listen(None)
    assert step.run is not None
    assert [ran.node for _, ran in step.run.ran] == [1, 3, 4]


def test_a_run_that_raised_says_so(bench: Bench) -> None:
    build()
    run(1, Variable(3.0), 1.0, error="You must feed a value")
    recording: Recording = bench.read()
    found = recording.step(0).run
    assert found is not None
    assert found.finished is not None
    assert (found.finished.error, found.finished.results[0].tensor) == ("You must feed a value", 0)
    assert "Mean" not in recording.scalars()
    assert isinstance(recording.step(0).records[-2], r.RunFinished)


@pytest.fixture
def deferred() -> Iterator[Any]:
    from tapeview.engine import deferred as found

    found.enable()
    yield found
    found.disable()


def test_ops_of_a_run_stand_where_the_script_built_their_nodes(bench: Bench, deferred: Any) -> None:
    d = deferred
    x = d.placeholder("float32", [None], name="x")
    w = d.Variable(2.0, name="w")
    loss = d.tf.reduce_mean(d.tf.square(w * x))
    (gradient,) = d.gradients(loss, [w])
    update = d.assign(w, w - 0.1 * gradient)
    init = d.global_variables_initializer()
    with d.Session() as session:
        session.run(init)
        session.run([update, loss], {x: [1.0, 2.0]})
    recording = bench.read()
    step = recording.step(1)
    assert step.run is not None
    built = {node.number: node for node in recording.graphs.nodes(step.run.started.graph)}
    sites = {node.site for node in built.values()}
    assert {op.site for op in step.ops.values()} <= sites
    assert step.run.started.site not in sites
    (call,) = step.calls.values()
    assert call.started.site == next(node.site for node in built.values() if node.kind == "gradient")
    assert next(node for node in built.values() if node.name == "gradients/mul_grad/Mul").kind == "gradient"
    assert {name: series.kind for name, series in recording.scalars().items()} == {"loss": "target", "w": "variable"}
    assert check(bench.path) == []
