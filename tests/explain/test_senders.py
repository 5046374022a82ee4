"""Who sent a gradient: each consumer's contribution, its share, its direction, and the sum as it grows."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from tapeview.explain import fan_out, gradients
from tests.explain.reading import BEGIN
from tests.helpers.scripts import Run, record, record_source, write_script

FANS = """
x = tf.Variable([3.0, 4.0])
w = tf.Variable([1.0, 0.0])
for step in range(2):
    with tf.GradientTape() as tape:
        h = x * 1.0
        a = tf.reduce_sum(h * tf.constant([3.0, 4.0]))
        b = tf.reduce_sum(h * tf.constant([-3.0, 0.0]))
        c = tf.reduce_sum(h * h * 0.0)
        loss = a + b + c
    g = tape.gradient(loss, [x, w])
"""


def recorded(folder: Path, source: str) -> Run:
    run = record_source(folder, BEGIN + source)
    assert run.code == 0, run.err
    return run


def test_contributions_share_direction_and_running_sum(tmp_path: Path) -> None:
    with recorded(tmp_path, FANS).recording() as recording:
        (told,) = gradients(recording, "h")
        assert (told.step, told.subject, told.note) == (1, "h", "")
        assert told.norm == pytest.approx(4.0)
        # Backward steps run in the order of the tape, the last op first.
        assert [one.op_name for one in told.contributions] == ["Mul", "Mul", "Mul", "Mul"]
        sent = {one.line: one for one in told.contributions if one.norm}
        along, against = sorted(sent.values(), key=lambda one: -(one.norm or 0))
        assert (along.norm, against.norm) == (pytest.approx(5.0), pytest.approx(3.0))
        assert (along.share, against.share) == (pytest.approx(5 / 8), pytest.approx(3 / 8))
        assert along.cosine == pytest.approx(4 / 5)
        assert against.cosine == pytest.approx(0.0)
        assert all(one.cosine is None and one.share == 0.0 for one in told.contributions if one.norm == 0.0)
        last = told.contributions[-1]
        assert (last.running, last.total) == (told.norm, told.tensor)
        positions = [one.position for one in told.contributions]
        assert positions == sorted(positions)
        for one in told.contributions:
            assert one.position in recording.step(1).backward_of_op[one.op]


def test_running_sums_are_those_of_the_recording(tmp_path: Path) -> None:
    with recorded(tmp_path, FANS).recording() as recording:
        (told,) = gradients(recording, "h", 0)
        total = np.zeros(2)
        for one, after in zip(told.contributions, (*told.contributions[1:], None), strict=True):
            value, summed = recording.value(one.tensor), recording.value(one.total)
            assert value is not None
            assert summed is not None
            total = total + value
            if after is None or after.op != one.op:  # both inputs of one op are added before the sum is noted
                np.testing.assert_allclose(summed, total, rtol=1e-6)
                assert one.running == pytest.approx(float(np.linalg.norm(total)))


def test_a_variable_used_again_and_again(tmp_path: Path) -> None:
    source = """
    w = tf.Variable(0.5)
    with tf.GradientTape() as tape:
        h = tf.constant(2.0)
        for turn in range(4):
            h = h * w
    tape.gradient(h, w)
    """
    with recorded(tmp_path, dedent(source)).recording() as recording:
        (told,) = gradients(recording, "w")
        assert len(told.contributions) == 4
        assert sum(one.share or 0.0 for one in told.contributions) == pytest.approx(1.0)
        assert told.norm == pytest.approx(4 * 2.0 * 0.5**3)
        step = recording.step(0)
        again = fan_out(recording, step, told.contributions[0].tensor, told.call)
        assert again.contributions == ()  # nobody reads the gradient itself


def test_the_gradient_that_the_call_began_with_counts(tmp_path: Path) -> None:
    source = """
x = tf.Variable(2.0)
with tf.GradientTape() as tape:
    y = x * x
    z = y * 3.0
tape.gradient([y, z], x)
"""
    with recorded(tmp_path, source).recording() as recording:
        (told,) = gradients(recording, "y")
        assert told.norm == pytest.approx(4.0)
        kinds = [(one.op != 0, one.norm) for one in told.contributions]
        assert (True, pytest.approx(3.0)) in kinds


def test_a_tape_of_a_step_before(tmp_path: Path) -> None:
    source = """
x = tf.constant([1.0, 2.0])
with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    h = x * 2.0
    y = tf.reduce_sum(h * h + h)
with tf.GradientTape() as other:
    other.watch(x)
    z = tf.reduce_sum(x)
tape.gradient(y, h)
"""
    with recorded(tmp_path, source).recording() as recording:
        (call,) = recording.step(1).calls.values()
        product = next(op for op in recording.step(0).ops.values() if op.op == "Mul")
        told = fan_out(recording, recording.step(1), product.outputs[0], call.started.call)
        assert [one.op_name for one in told.contributions] == ["AddV2", "Mul", "Mul"]
        assert [one.position for one in told.contributions] == sorted(one.position for one in told.contributions)
        assert told.norm == pytest.approx(float(np.linalg.norm([5.0, 9.0])))


def test_what_was_not_kept_says_so(tmp_path: Path) -> None:
    source = """
x = tf.Variable(np.ones((64, 64), np.float32))
for step in range(2):  # of the last one everything is kept
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(x * 2.0) + tf.reduce_sum(x * x)
    tape.gradient(loss, x)
"""
    run = record(tmp_path, str(write_script(tmp_path, BEGIN + source)), options=["--keep-values=1K"])
    with run.recording() as recording:
        (told,) = gradients(recording, "x", 0)
        assert len(told.contributions) >= 2
        assert "--keep-steps all" in told.note
        assert all(one.cosine is None for one in told.contributions)


def test_a_name_that_nothing_has(tmp_path: Path) -> None:
    with recorded(tmp_path, FANS).recording() as recording:
        assert gradients(recording, "nothing") == []
        assert gradients(recording, "w") == []  # it got None
        with pytest.raises(IndexError):
            gradients(recording, "x", 7)
