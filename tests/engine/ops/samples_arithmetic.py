"""Samples of the ops in ops/arithmetic.py, extremes.py, select.py, comparison.py and bitwise.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.ops import arithmetic as a
from tapeview.engine.ops import bitwise as b
from tapeview.engine.ops import comparison as c
from tapeview.engine.ops import extremes as x
from tapeview.engine.ops import select as s
from tests.engine.ops.sample import Sample, sample, values
from tests.engine.ops.samples_elementwise import APART, POSITIVE, ROW, X, Y, pair

Z = values(2, 3, seed=5)
MASK = np.array([[True, False, True], [False, False, True]])


def compared(f: Any) -> list[Sample]:
    return [sample(f, X, Y), sample(f, [1, 2], 2), sample(f, 1.5, 1.5)]


def logic(f: Any) -> list[Sample]:
    return [sample(f, MASK, MASK[::-1]), sample(f, MASK, True)]


SAMPLES: dict[str, list[Sample]] = {
    "AddN": [sample(lambda *t: a.add_n(t), X, Y, Z), sample(lambda t, u: a.accumulate_n([t, u, t]), X, Y)],
    "DivNoNan": [*pair(a.divide_no_nan, X, APART, row=POSITIVE[0]), sample(a.divide_no_nan, X, POSITIVE)],
    "MulNoNan": [*pair(a.multiply_no_nan, X, APART, row=POSITIVE[0]), sample(a.multiply_no_nan, X, POSITIVE)],
    "Xdivy": [*pair(a.xdivy, APART, POSITIVE, row=POSITIVE[0]), sample(a.xdivy, APART, APART[::-1])],
    "Reciprocal": [sample(a.reciprocal, APART), sample(a.reciprocal, 0.3)],
    "SquaredDifference": pair(a.squared_difference, X, Y),
    "TruncateDiv": [sample(a.truncatediv, [7.5, -7.5], 2.0), sample(a.truncatediv, [7, -7], 2)],
    "TruncateMod": [sample(a.truncatemod, [7.5, -7.5], 2.0), sample(a.truncatemod, [7, -7], 2)],
    "Maximum": pair(x.maximum, X, Y),
    "Minimum": pair(x.minimum, X, Y),
    "L2Loss": [sample(x.l2_loss, X), sample(x.l2_loss, 0.3)],
    "SelectV2": [
        sample(s.where, MASK, X, Y),
        sample(s.where, MASK, X, ROW),
        sample(s.where, MASK[0], ROW[:1], Y),
        sample(s.where, True, 1.5, Y),
    ],
    "Where": [sample(s.where, MASK), sample(s.where, [1.0, 0.0, 2.0])],
    "Equal": compared(c.equal),
    "NotEqual": compared(c.not_equal),
    "Less": compared(c.less),
    "LessEqual": compared(c.less_equal),
    "Greater": compared(c.greater),
    "GreaterEqual": compared(c.greater_equal),
    "LogicalAnd": logic(c.logical_and),
    "LogicalOr": logic(c.logical_or),
    "LogicalXor": logic(c.logical_xor),
    "BitwiseAnd": [sample(b.bitwise_and, [5, 6], 3), sample(lambda x: x & 3, [5, 6])],
    "BitwiseOr": [sample(b.bitwise_or, [5, 6], 3), sample(lambda x: 3 | x, [5, 6])],
    "BitwiseXor": [sample(b.bitwise_xor, [5, 6], 3), sample(lambda x: x ^ 3, [5, 6])],
    "Invert": [sample(b.invert, [5, 6]), sample(lambda x: ~x, [5, 6])],
    "LeftShift": [sample(b.left_shift, [5, 6], 1)],
    "RightShift": [sample(b.right_shift, [5, 6], 1)],
    "LogicalNot": [sample(c.logical_not, MASK)],
}
