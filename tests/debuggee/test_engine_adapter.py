"""From the engine's events to a recording: what a reader finds is what the engine did."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tapeview.debuggee.adapters.engine import EngineTranslator
from tapeview.debuggee.adapters.keeping import Keeper
from tapeview.debuggee.adapters.shelf import Shelf
from tapeview.engine import observe
from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.elementwise import cast, square, stop_gradient
from tapeview.engine.ops.index import gather
from tapeview.engine.ops.reduction import reduce_mean, reduce_sum
from tapeview.engine.tape import GradientTape
from tapeview.engine.variable import Variable
from tapeview.trace import records as r
from tapeview.trace.query import Recording
from tapeview.trace.store import Writer


class Bench:
    """Listens to the engine and hands over a finished recording."""

    def __init__(self, path: Path, keeper: Keeper | None = None, shelf: Shelf | None = None) -> None:
        self.path = path
        self.events: list[observe.Event] = []
        info = r.RunInfo("0", "3", "engine", __file__, (), str(path.parent), os.getpid(), time.time())
        self._writer = Writer(path, info)
        self.translator = EngineTranslator(self._writer, keeper, shelf)
        observe.listen(self.events.append)

    def flush(self) -> None:
        """Translates and commits what happened so far."""
        events, self.events = self.events, []
        observe.listen(self.events.append)
        self.translator.translate(events)
        self._writer.commit()

    def read(self) -> Recording:
        """The recording, finished."""
        observe.listen(None)
        self.translator.translate(self.events)
        self._writer.finish("finished", 0)
        return Recording.open(self.path)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    yield Bench(tmp_path / "run.tapeview")
    observe.listen(None)


def regression_step(w: Variable, b: Variable) -> None:
    x = np.arange(1, 4)
    y = x * 10 + 13
    with GradientTape() as tape:
        y_pred = w * x + b
        loss = reduce_mean(square(y_pred - y))
    gradients = tape.gradient(loss, [w, b])
    w.assign_sub(0.01 * gradients[0])
    b.assign_sub(0.01 * gradients[1])


def test_a_training_step_has_its_forward_ops_backward_steps_and_updates_in_order(bench: Bench) -> None:
    w, b = Variable(4.0), Variable(1.0)
    regression_step(w, b)
    recording = bench.read()
    step = recording.step(0)
    assert [p.phase for p in step.positions] == ["forward"] * 5 + ["backward"] * 5 + ["update"] * 2
    assert [p.record.op for p in step.positions if isinstance(p.record, r.Op)] == [
        "Mul",
        "AddV2",
        "Sub",
        "Square",
        "Mean",
    ]
    backward = [p.record for p in step.positions if isinstance(p.record, r.BackwardStep)]
    assert [step.ops[s.op].op for s in backward] == ["Mean", "Square", "Sub", "AddV2", "Mul"]


def test_values_gradients_and_the_user_s_names_are_found_again(bench: Bench) -> None:
    w, b = Variable(4.0), Variable(1.0)
    regression_step(w, b)
    recording = bench.read()
    step = recording.step(0)
    mean = next(op for op in step.ops.values() if op.op == "Mean")
    expected = np.mean((4.0 * np.arange(1, 4) + 1 - (np.arange(1, 4) * 10 + 13)) ** 2)
    np.testing.assert_allclose(recording.value(mean.outputs[0]), expected, rtol=1e-6)
    (call,) = step.calls.values()
    assert call.finished is not None
    gradient_w = recording.value(call.finished.results[0].tensor)
    np.testing.assert_allclose(
        gradient_w, np.mean(2 * (4.0 * np.arange(1, 4) + 1 - (np.arange(1, 4) * 10 + 13)) * np.arange(1, 4)), rtol=1e-6
    )
    assert [v.name for v in recording.variables_at(0, 0)] == ["w", "b"]
    assert set(recording.scalars()) == {"loss", "w", "b"}


def test_ops_off_the_path_are_recorded_and_marked(bench: Bench) -> None:
    w, c = Variable(2.0), to_tensor(3.0)
    with GradientTape() as tape:
        off = c * c
        on = w * off
    tape.gradient(on, w)
    step = bench.read().step(0)
    assert [op.on_path for op in step.ops.values()] == [0, 1]


def test_ops_inside_stop_recording_are_marked_stopped(bench: Bench) -> None:
    w = Variable(2.0)
    with GradientTape() as tape, tape.stop_recording():
        _ = w * w
    (op,) = bench.read().step(0).ops.values()
    assert op.stopped
    assert op.on_path == 0


@pytest.mark.parametrize(
    ("reason", "make"),
    [
        ("not watched", lambda: (to_tensor(3.0), lambda s: s * 2.0)),
        ("not trainable", lambda: (Variable(3.0, trainable=False), lambda s: s * 2.0)),
        ("integer dtype", lambda: (to_tensor(3), lambda s: cast(s, "float32") * 2.0)),
        ("not connected to the target", lambda: (Variable(3.0), lambda s: (s * 2.0, to_tensor(1.0) * 1.0)[1])),
        ("stopped", lambda: (Variable(3.0), lambda s: stop_gradient(s * 2.0) * 2.0)),
        ("computed outside the tape", lambda: (Variable(2.0) + 1.0, lambda s: s * 2.0)),
    ],
)  # fmt: skip
def test_each_missing_gradient_has_its_reason(bench: Bench, reason: str, make: object) -> None:
    source, compute = make()  # type: ignore[operator]
    with GradientTape() as tape:
        target = compute(source)
    assert tape.gradient(target, source) is None
    (call,) = bench.read().step(0).calls.values()
    assert call.finished is not None
    assert [result.reason for result in call.finished.results] == [reason]


def test_the_op_at_which_the_path_breaks_is_named(bench: Bench) -> None:
    v = Variable(3.0)
    with GradientTape() as tape:
        y = stop_gradient(v * 2.0) * 2.0
    tape.gradient(y, v)
    step = bench.read().step(0)
    (call,) = step.calls.values()
    assert call.finished is not None
    assert step.ops[call.finished.results[0].break_op].op == "StopGradient"


def test_a_sparse_gradient_is_recorded_whole_and_marked(bench: Bench) -> None:
    table = Variable(np.ones((3, 2), np.float32))
    with GradientTape() as tape:
        y = reduce_sum(gather(table, [0, 0, 2]))
    tape.gradient(y, table)
    recording = bench.read()
    (call,) = recording.step(0).calls.values()
    assert call.finished is not None
    (result,) = call.finished.results
    assert result.sparse
    np.testing.assert_array_equal(recording.value(result.tensor), [[2, 2], [0, 0], [1, 1]])


def test_a_tensor_made_outside_says_which_op_made_it(bench: Bench) -> None:
    x = to_tensor(2.0) * 3.0
    with GradientTape() as tape:
        tape.watch(x)
        y = x + 1.0
    tape.gradient(y, x)
    recording = bench.read()
    (op,) = recording.step(0).ops.values()
    made = recording.tensor(op.inputs[0])
    assert (made.origin, made.made_by) == ("outside", "Mul")


def test_inner_tapes_belong_to_the_step_of_the_outer_one(bench: Bench) -> None:
    x = Variable(3.0)
    with GradientTape() as outer:
        with GradientTape() as inner:
            y = x * x * x
        first = inner.gradient(y, x)
    outer.gradient(first, x)
    recording = bench.read()
    assert recording.step_count == 1
    step = recording.step(0)
    assert len(step.tapes) == 2
    assert {op.call > 0 for op in step.ops.values()} == {True, False}


def test_large_values_are_kept_as_bytes_below_the_limit_and_as_statistics_above(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.tapeview", Keeper(value_limit=50_000))
    try:
        kept, dropped = Variable(np.ones((100, 100), np.float32)), Variable(np.full((200, 100), 2, np.float32))
        recording = bench.read()
    finally:
        observe.listen(None)
    small, large = (v.tensor for v in recording.variables_at(r.SETUP, 99))
    assert np.array_equal(recording.value(small), kept.numpy())
    assert recording.value(large) is None
    stats = recording.stats(large)
    assert stats is not None
    assert (stats.minimum, stats.maximum) == (dropped.numpy().min(), 2.0)


def test_a_long_training_keeps_the_scalars_of_every_step_and_the_details_of_some(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.tapeview", Keeper(full_until=0, tenth_until=1 << 30))
    try:
        w, b = Variable(4.0), Variable(1.0)
        for _ in range(25):
            regression_step(w, b)
        recording = bench.read()
    finally:
        observe.listen(None)
    kept = [info.step for info in recording.step_infos() if info.kept == "all"]
    assert kept == [0, 10, 20]
    assert len(recording.scalars()["loss"].steps) == 25
    at_20 = {v.name: recording.value(v.tensor) for v in recording.variables_at(20, 0)}
    # The series begins with the value at creation: point 20 is what step 19, whose details were dropped, left behind.
    np.testing.assert_allclose(at_20["w"], recording.scalars()["w"].values[20])


def test_a_second_recording_in_one_process_does_not_lean_on_the_first(tmp_path: Path) -> None:
    w, b = Variable(4.0), Variable(1.0)
    for name in ("first", "second"):
        bench = Bench(tmp_path / f"{name}.tapeview")
        try:
            regression_step(w, b)
            recording = bench.read()
        finally:
            observe.listen(None)
        mul = next(op for op in recording.step(0).ops.values() if op.op == "Mul")
        assert recording.tensor(mul.inputs[0]).origin == "variable"
        assert recording.value(mul.inputs[0]) is not None


def test_call_sites_are_exact_expressions(bench: Bench) -> None:
    w = Variable(2.0)
    with GradientTape() as tape:
        y = w * 3.0 + 1.0
    tape.gradient(y, w)
    recording = bench.read()
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    texts = []
    for op in recording.step(0).ops.values():
        frame = recording.frames(op.site)[0]
        texts.append(lines[frame.line - 1].encode()[frame.column : frame.end_column].decode())
    assert texts == ["w * 3.0", "w * 3.0 + 1.0"]


def test_rules_are_shown_as_they_are_written(bench: Bench) -> None:
    w = Variable(2.0)
    with GradientTape() as tape:
        y = w / 4.0
    tape.gradient(y, w)
    info = bench.read().op_info("RealDiv")
    assert info is not None
    assert info.rules[0] == "g / b"
    assert info.saved == ("a", "b")
