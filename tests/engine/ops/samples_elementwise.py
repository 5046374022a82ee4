"""Samples of the ops in ops/elementwise.py, and of the two ops the engine's core needs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.indexed_slices import SCATTER_ROWS
from tapeview.engine.op import execute
from tapeview.engine.ops import elementwise as e
from tapeview.engine.variable import READ
from tests.engine.ops.sample import Sample, sample, values

X = values(2, 3)
Y = values(2, 3, seed=1)
ROW = values(3, seed=2)
POSITIVE = values(2, 3, low=0.3, high=3.0)
APART = values(2, 3, away_from=0.0)


def pair(f: Any, a: Any, b: Any, *, row: Any = None, number: float = 1.5) -> list[Sample]:
    """Equal shapes, a broadcast row on either side, scalars."""
    row = ROW if row is None else row
    return [
        sample(f, a, b),
        sample(f, a, row),
        sample(f, row, a),
        sample(f, np.array(number), np.array(0.7)),
        sample(f, a, b[:, :1]),
    ]


def scatter_rows(v: Any, i: Any, rows: int) -> Any:
    return execute(SCATTER_ROWS, (v, i), {"rows": rows})


SAMPLES: dict[str, list[Sample]] = {
    "AddV2": pair(e.add, X, Y),
    "Add": [sample(lambda: e.add("a", ["b", "c"]))],
    "Sub": pair(e.subtract, X, Y),
    "Mul": pair(e.multiply, X, Y),
    "RealDiv": [*pair(e.divide, X, POSITIVE, row=POSITIVE[0] + 1), sample(e.divide, APART, APART[:, ::-1])],
    "Neg": [sample(e.negative, X)],
    "Square": [sample(e.square, X), sample(e.square, 0.0)],
    "Abs": [sample(e.abs, APART)],
    "Sign": [sample(e.sign, APART)],
    "Pow": [*pair(e.power, POSITIVE, Y, row=POSITIVE[1]), sample(e.power, APART, np.array(3.0), wrt=(0,))],
    "SafeLog": [sample(e.safe_log, POSITIVE), sample(e.safe_log, APART)],
    "SafeReciprocal": [sample(e.divide_no_nan_positive, POSITIVE), sample(e.divide_no_nan_positive, APART)],
    "FloorDiv": [sample(e.floordiv, 7.5, 2.0), sample(e.floordiv, 7, 2)],
    "FloorMod": [
        sample(e.floormod, 7.5, 2.0),
        sample(e.floormod, [7.5, -7.5, 1.0], 2.2),
        sample(e.floormod, -7.3, [2.0, -2.2]),
    ],
    "ZerosLike": [sample(e.zeros_like, X)],
    "OnesLike": [sample(e.ones_like, X)],
    "Identity": [sample(e.identity, X)],
    "StopGradient": [sample(e.stop_gradient, X)],
    "Cast": [sample(e.cast, X, dtype="complex128"), sample(lambda x: e.cast(e.cast(x, "complex128"), x.dtype), X)],
    "ReadVariableOp": [sample(lambda x: execute(READ, (x,)), X)],
    "UnsortedSegmentSum": [sample(scatter_rows, X, [3, 1], rows=4), sample(scatter_rows, X, [0, 0], rows=2)],
}
