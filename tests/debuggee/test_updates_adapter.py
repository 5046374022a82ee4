"""What is recorded of updates: steps of optimizers, and of the ops outside of tapes those that an update needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tapeview.debuggee.adapters.keeping import Keeper
from tapeview.engine import observe
from tapeview.engine.state import state
from tapeview.engine.tape import GradientTape
from tapeview.trace import records as r
from tapeview.trace.update_records import SLICES, Applied, Outside
from tests.debuggee.test_engine_adapter import Bench
from tests.engine.names import tf


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    yield Bench(tmp_path / "run.tapeview")
    observe.listen(None)


def differentiated(*variables: tf.Variable) -> list[tf.Tensor]:
    """A step's forward and backward pass."""
    with GradientTape() as tape:
        loss = tf.add_n([tf.reduce_sum(v * v) for v in variables])
    return tape.gradient(loss, list(variables))  # type: ignore[no-any-return]


def ops(step: r.Record | object) -> list[str]:
    return [one.op for one in getattr(step, "records", ()) if isinstance(one, Outside)]


def test_an_assign_leads_back_to_the_gradient(bench: Bench) -> None:
    w = tf.Variable(3.0)
    (g,) = differentiated(w)
    tf.exp(tf.constant(1.0))  # nothing to do with the update
    w.assign(w - 0.1 * g)
    with bench.read() as recording:
        step = recording.step(0)
        assert ops(step) == ["Mul", "Sub"]
        times, less = step.outside
        (update,) = [one for one in step.records if isinstance(one, r.Assigned)]
        (call,) = step.calls.values()
        assert call.finished is not None
        assert times.inputs[1] == call.finished.results[0].tensor
        assert less.inputs == (update.previous, times.outputs[0])
        assert update.operand == less.outputs[0]
        assert recording.value(update.operand) == pytest.approx(2.4)


def test_data_stays_data(bench: Bench) -> None:
    w = tf.Variable([1.0, 2.0])
    data = tf.constant([3.0, 4.0])
    differentiated(w)
    ready = tf.cast(data, tf.float32) / 2.0
    moved = w / 2.0
    with GradientTape() as tape:
        loss = tf.reduce_sum(w * ready * moved)
    tape.gradient(loss, w)
    with bench.read() as recording:
        step = recording.step(1)
        # Of what was computed between the tapes only what a variable had a part in is told.
        assert ops(step) == ["RealDiv"]
        assert recording.tensor(step.outside[0].outputs[0]).origin == "outside"
        assert not recording.warnings


def test_values_from_elsewhere_say_so(bench: Bench) -> None:
    w, n = tf.Variable([1.0, 2.0]), tf.Variable(0, trainable=False)
    differentiated(w)
    w.assign(np.array([5.0, 6.0], np.float32))
    n.assign_add(1)
    with bench.read() as recording:
        first, second = [
            one for one in recording.step(0).records if isinstance(one, r.Assigned) and one.how != "create"
        ]
        assert first.operand == first.tensor
        assert recording.tensor(second.operand).origin == "constant"
        assert ops(recording.step(0)) == []


def test_after_too_many_ops_it_says_that_it_does_not_know(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapeview.engine.state._MOST_UPDATES", 3)
    w = tf.Variable(3.0)
    (g,) = differentiated(w)
    for _ in range(5):
        g = g * 0.5
    w.assign_sub(g)
    with bench.read() as recording:
        (lost,) = recording.step(0).outside
        (update,) = [one for one in recording.step(0).records if isinstance(one, r.Assigned) and one.how != "create"]
        assert (lost.op, lost.inputs, lost.outputs) == ("", (), (update.operand,))
    assert state.context is None


def test_ops_are_told_of_only_behind_a_gradient_call(bench: Bench) -> None:
    w = tf.Variable(3.0)
    w * 2.0
    (g,) = differentiated(w)
    g * 2.0
    state.end_updates()
    g * 3.0
    assert [event[0] for event in bench.events].count(observe.OUTSIDE) == 1


def test_a_step_of_an_optimizer(bench: Bench) -> None:
    w, b = tf.Variable([1.0, 2.0]), tf.Variable(3.0)
    optimizer = tf.keras.optimizers.Adam(0.25, beta_1=0.5)
    for _ in range(2):
        optimizer.apply_gradients(zip(differentiated(w, b), [w, b], strict=True))
    with bench.read() as recording:
        first, second = [one for k in range(2) for one in recording.step(k).records if isinstance(one, Applied)]
        assert (first.family, first.rule, first.rate) == ("keras", "Adam", 0.25)
        assert first.config["beta_1"] == 0.5
        assert "name" not in first.config
        assert (first.count, second.count) == (0, 1)
        assert [[slot for slot, _ in several] for several in first.slots] == [
            [slot for slot, _ in several] for several in second.slots
        ]
        assert [recording.value(tensor).tolist() for _, tensor in first.slots[0]] == [[0.0, 0.0], [0.0, 0.0]]
        np.testing.assert_allclose(recording.value(second.slots[0][0][1]), [1.0, 2.0])
        assert {recording.tensor(tensor).origin for several in first.slots for _, tensor in several} == {"slot"}
        assert set(recording.variables()) == set(first.variables)


def test_gradients_of_rows(bench: Bench) -> None:
    table = tf.Variable(tf.ones([4, 2]))
    with GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(table, [1, 1, 3]))
    (g,) = tape.gradient(loss, [table])
    short, _ = tf.clip_by_global_norm([g], 0.5)
    tf.keras.optimizers.SGD().apply_gradients([(short[0], table)])
    with bench.read() as recording:
        step = recording.step(0)
        first, *_, last = [one for one in step.outside if one.op == SLICES]
        (applied,) = [one for one in step.records if isinstance(one, Applied)]
        (call,) = step.calls.values()
        assert call.finished is not None
        assert first.outputs == (call.finished.results[0].tensor,)
        assert last.outputs == applied.gradients
        assert last.inputs[1] == first.inputs[1]


def test_large_slots_are_wanted_where_large_values_are_kept(bench: Bench, tmp_path: Path) -> None:
    bench = Bench(tmp_path / "thin.tapeview", Keeper(head=1 << 20, spread=1 << 20))
    w = tf.Variable(tf.ones([300, 300]))
    optimizer = tf.keras.optimizers.Adam()
    for _ in range(12):
        optimizer.apply_gradients([(differentiated(w)[0], w)])
        bench.flush()
    with bench.read() as recording:
        had = []
        for step in range(12):
            (applied,) = [one for one in recording.step(step).records if isinstance(one, Applied)]
            (read,) = [t for t in recording.step(step).consumers if recording.tensor(t).variable]
            slots = {recording.value_kept(tensor) for _, tensor in applied.slots[0]}
            assert len(slots) == 1
            # Of a step that can be worked out again the slots are there, too.
            assert slots == {recording.step_info(step).kept == "all"} or not recording.value_kept(read)
            had.append(slots.pop())
        assert had[0]
        assert not all(had)
        assert any(had[2:])
