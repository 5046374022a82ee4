"""The answer to "why?" about single tensors, and about gradients that nobody asked for."""

from __future__ import annotations

from pathlib import Path

from tapeview.explain import Finding, missing, spread, why, why_none
from tapeview.trace.query import Recording
from tests.explain.reading import BEGIN
from tests.helpers.scripts import record_source

SCRIPT = (
    BEGIN
    + """
x = tf.Variable([[1.0, -2.0], [-3.0, -4.0]])
mask = tf.constant([[0.0, 0.0], [0.0, 0.0]])
with tf.GradientTape() as tape:
    r = tf.nn.relu(-tf.abs(x))
    m = x * mask
    d = x - x
    big = tf.exp(x * 20.0)
    bad = tf.math.log(d)
    loss = tf.reduce_sum(r) + tf.reduce_sum(m) + tf.reduce_sum(big) * 1e-9
tape.gradient(loss, x)
"""
)


def of(recording: Recording, name: str) -> Finding | None:
    from tapeview.trace import names

    step = recording.step(0)
    tensor = next(t for op in step.ops.values() for t in op.outputs if names.tensor_label(recording, step, t) == name)
    return why(recording, 0, tensor)


def test_values(tmp_path: Path) -> None:
    with record_source(tmp_path, SCRIPT).recording() as recording:
        causes = {name: of(recording, name) for name in ("r", "m", "d", "big", "bad", "loss")}
        assert {name: (f.kind, f.cause, f.line) if f is not None else None for name, f in causes.items()} == {
            "r": ("zero", "dead ReLU", 7),
            "m": ("zero", "given as zeros", 0),
            "d": ("zero", "equal inputs", 9),
            "big": ("huge", "grows here", 10),
            "bad": ("nonfinite", "log of zero", 11),
            "loss": None,
        }
        bad = causes["bad"]
        assert bad is not None
        assert bad.path[-1].name == "Log"
        assert len(spread(recording, bad)) == 1


def test_gradients(tmp_path: Path) -> None:
    with record_source(tmp_path, SCRIPT).recording() as recording:
        step = recording.step(0)
        (call,) = step.calls.values()
        relu = next(one for one in call.steps if step.ops[one.op].op == "Relu")
        found = why(recording, 0, relu.contributions[0])
        assert found is not None
        assert (found.kind, found.cause, found.backward) == ("zero", "dead ReLU", True)
        seed = call.steps[0].upstream[0]
        assert why(recording, 0, seed) is None


NONE = (
    BEGIN
    + """
c = tf.constant(3.0)
x = tf.Variable(2.0)
with tf.GradientTape() as tape:
    y = tf.floor(x) * c
    z = tf.constant(1.0) * c
tape.gradient(y, x)
"""
)


def test_none_of_what_was_asked_for_and_of_what_was_not(tmp_path: Path) -> None:
    with record_source(tmp_path, NONE).recording() as recording:
        step = recording.step(0)
        mul = next(op for op in step.ops.values() if op.op == "Mul")
        constant = why_none(recording, 0, mul.inputs[1])
        assert constant is not None
        assert (constant.kind, constant.subject, constant.cause) == ("none", "c", "not watched")
        source = why_none(recording, 0, next(op for op in step.ops.values() if op.op == "Floor").inputs[0])
        assert source is not None
        assert (source.subject, source.cause, source.op_name) == ("x", "op without a gradient", "Floor")
        by_name = missing(recording, "x")
        assert by_name is not None
        assert by_name.cause == source.cause
        assert missing(recording, "nobody") is None
        assert spread(recording, source) == ()


def test_a_gradient_that_came_is_no_none(tmp_path: Path) -> None:
    with record_source(tmp_path, SCRIPT).recording() as recording:
        step = recording.step(0)
        variable = next(iter(recording.variables()))
        version = next(t for t in step.consumers if recording.tensor(t).variable == variable)
        assert why_none(recording, 0, version) is None
