"""The elements responsible where an op mixes elements: rows, columns, windows and the largest number in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tapeview.explain import regions
from tapeview.trace.records import Op
from tests.explain.reading import explained

BIG = "a = np.ones((2, 3), np.float32); a[1, 2] = 3e38\n"
CASES = {
    "MatMul": ("x = tf.Variable(a)", "loss = tf.matmul(x, tf.ones((3, 2)) * 4.0)", "MatMul", "x[1, :]"),
    "MatMul, transposed": (
        "x = tf.Variable(a)", "loss = tf.matmul(tf.ones((1, 3)) * 4.0, x, transpose_b=True)", "MatMul", "x[1, :]",
    ),
    "Sum": ("x = tf.Variable(np.full((2, 3), 1e38, np.float32))", "loss = tf.reduce_sum(x)", "Sum", "x[:, :]"),
    "Sum, one axis": (
        "x = tf.Variable(np.full((2, 6), 1e38, np.float32))", "loss = tf.reduce_sum(x, axis=1)", "Sum", "x[0, :]",
    ),
    "Sum, kept axis": (
        "x = tf.Variable(np.full((6, 2), 1e38, np.float32))",
        "loss = tf.reduce_sum(x, axis=0, keepdims=True)", "Sum", "x[:, 0]",
    ),
    "Cumsum": ("x = tf.Variable([2e38, 1e38, 1e38])", "loss = tf.cumsum(x)", "Cumsum", "x[:3]"),
    "Prod": ("x = tf.Variable([[1e30, 1e30]])", "loss = tf.reduce_prod(x, axis=1)", "Prod", "x[0, :]"),
    "Conv2D": (
        "x = tf.Variable(np.pad(np.full((1, 1, 1, 1), 3e38, np.float32), ((0, 0), (2, 1), (2, 1), (0, 0))))",
        "loss = tf.nn.conv2d(x, tf.ones((2, 2, 1, 1)) * 4.0, strides=1, padding='VALID')", "Conv2D",
        "x[0, 1:3, 1:3, :]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_rows_columns_and_windows(tmp_path: Path, name: str) -> None:
    make, use, op, region = CASES[name]
    body = f"{BIG}{make}\nwith tf.GradientTape() as tape:\n    {use}  # here\ntape.gradient(loss, x)\n"
    found, line = explained(tmp_path, body)
    finding = next(one for one in found if one.kind == "nonfinite")
    assert (finding.op_name, finding.line, finding.backward) == (op, line, False)
    assert region in finding.elements[0]
    assert "largest" in finding.elements[0]
    assert finding.elements[0].endswith("→ Inf")


def test_the_rule_of_a_matmul(tmp_path: Path) -> None:
    body = """
        a = np.ones((2, 3), np.float32)
        a[1, 2] = 3e30
        w = tf.Variable(np.ones((3, 2), np.float32))
        with tf.GradientTape() as tape:
            h = tf.matmul(a, w)  # here
            loss = tf.reduce_sum(h * 1e10) * 1e-20
        tape.gradient(loss, w, output_gradients=tf.constant(1e20))
        """
    found, line = explained(tmp_path, body)
    finding = next(one for one in found if one.backward)
    assert (finding.op_name, finding.line, finding.input) == ("MatMul", line, 1)
    assert "a[:, 2]" in finding.elements[0]
    assert "a[1, 2] = 3e+30" in finding.elements[0]


def test_a_broadcast_bias_gets_the_sum_over_all_places(tmp_path: Path) -> None:
    body = """
        b = tf.Variable(np.zeros(2, np.float32))
        x = tf.constant(np.ones((40, 2), np.float32))
        with tf.GradientTape() as tape:
            y = x + b  # here
            loss = tf.reduce_sum(y)
        tape.gradient(loss, b, output_gradients=tf.constant(1e37))
        """
    found, line = explained(tmp_path, body)
    finding = next(one for one in found if one.kind == "nonfinite")
    assert (finding.op_name, finding.line, finding.backward) == ("AddV2", line, True)
    assert "upstream gradient[:, 0]" in finding.elements[0]


def test_the_largest_element_of_a_region() -> None:
    value = np.array([[1.0, -7.0, 2.0], [0.0, np.nan, 9.0]])
    assert regions.largest(value, (0, slice(None))) == ((0, 1), -7.0)
    assert regions.largest(value, (slice(None), 2)) == ((1, 2), 9.0)
    index, number = regions.largest(value, (slice(None), slice(None)))
    assert (index, np.isnan(number)) == ((1, 1), True)
    assert regions.largest(value[:, 1:], (0, slice(1, 2))) == ((0, 1), 2.0)
    with pytest.raises(ValueError, match="empty"):
        regions.largest(value, (0, slice(3, 3)))


def test_regions_as_text() -> None:
    assert regions.text((3, slice(None))) == "[3, :]"
    assert regions.text((0, slice(1, 3), slice(2, 5), slice(None))) == "[0, 1:3, 2:5, :]"
    assert regions.text((slice(2, None),)) == "[2:]"
    assert regions.text(()) == ""


def test_a_window_begins_and_ends_inside_the_picture() -> None:
    op = Op(1, "MaxPool", (1,), (2,), {"ksize": [3, 3], "strides": [2, 2], "padding": [[1, 1], [1, 1]]}, 0, (), 0)
    assert regions._forward(op, (0, 0, 1, 4), [(1, 4, 4, 8)]) == [(0, slice(0, 2), slice(1, 4), 4)]
    assert regions._forward(op, (0, 0), [(1, 4, 4, 8)]) == []
    unknown = Op(1, "Sort", (1,), (2,), {}, 0, (), 0)
    assert regions._forward(unknown, (0,), [(4,)]) == []
