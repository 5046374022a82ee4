"""A real script for each way in which a gradient is all zero."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapeview.explain import explain_step
from tests.explain.reading import BEGIN, explained
from tests.helpers.scripts import record_source

CASES = {
    "dead ReLU": ("r = tf.nn.relu(w)  # here", "y = tf.reduce_sum(r)", "Relu", "warning"),
    "saturation": ("s = tf.sigmoid(w * 1000.0)  # here", "y = tf.reduce_sum(s)", "Sigmoid", "warning"),
    "masked branch": ("m = tf.where(w > 5.0, w, 0.0)  # here", "y = tf.reduce_sum(m)", "SelectV2", "note"),
    "masked branch: clip": ("m = tf.maximum(w, 0.0)  # here", "y = tf.reduce_sum(m)", "Maximum", "note"),
    "factor zero": ("m = w * 0.0  # here", "y = tf.reduce_sum(m)", "Mul", "note"),
}


@pytest.mark.parametrize("name", CASES)
def test_cause_op_and_line(tmp_path: Path, name: str) -> None:
    line, then, op, level = CASES[name]
    source = f"""
w = tf.Variable([-1.0, -2.0])
with tf.GradientTape() as tape:
    {line}
    {then}
tape.gradient(y, w)
"""
    (finding,), at = explained(tmp_path, source)
    assert (finding.kind, finding.cause, finding.op_name, finding.line, finding.level) == (
        "zero", name.partition(":")[0], op, at, level,
    )  # fmt: skip
    assert finding.subject == "w"
    assert finding.path[0].name == op


def test_zeros_from_above(tmp_path: Path) -> None:
    source = """
        w = tf.Variable([-1.0, -2.0])
        with tf.GradientTape() as tape:
            y = w * 2.0
        tape.gradient(y, w, output_gradients=tf.zeros(2))  # here
        """
    (finding,), line = explained(tmp_path, source)
    assert (finding.cause, finding.line) == ("zero upstream gradient", line)


def test_a_minimum_is_told_of_where_a_step_is_asked_for(tmp_path: Path) -> None:
    body = "w = tf.Variable(0.0)\nwith tf.GradientTape() as tape:\n    y = w ** 2\ntape.gradient(y, w)\n"
    run = record_source(tmp_path, BEGIN + body)
    with run.recording() as recording:
        (finding,) = explain_step(recording, 0)
        assert (finding.cause, finding.op_name, finding.line) == ("flat here", "Pow", 5)
        assert explain_step(recording, 0, alone=False) == []
