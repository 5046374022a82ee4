"""Lengths of gradients and updates: cheap enough for every step, for they are worked out while the script goes on.

The numbers go through BLAS block by block: a block fits a processor's first cache, and no product is so long that BLAS
would call up the threads that the script's own products need.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_BLOCK = 1 << 13
_EXACT = (1e-24, 1e30)
"""Sums of squares outside are worked out again in float64: in float32 they end at 1e-45 and 3e38."""


def norm(array: np.ndarray) -> float:
    """The Euclidean norm; NaN or Inf where an element is."""
    if array.size == 1:
        return abs(float(array.item()))
    flat = array.ravel("K")
    squares = _squares(flat, None)
    if flat.dtype != np.float64 and not _EXACT[0] < squares < _EXACT[1]:
        squares = _squares(flat, np.float64)
    return math.sqrt(squares)


def norm_of_rows(rows: np.ndarray, numbers: np.ndarray) -> float:
    """The norm of a gradient that is zero but for some rows; those that stand there several times are summed."""
    if numbers.size > 1:
        rows = rows.reshape(numbers.size, -1)
        order = np.argsort(numbers, kind="stable")
        sorted_numbers = numbers[order]
        first = np.flatnonzero(np.diff(sorted_numbers, prepend=sorted_numbers[0] - 1))
        if first.size < numbers.size:
            rows = np.add.reduceat(rows[order], first, axis=0)
    return norm(rows)


def change(old: np.ndarray, new: np.ndarray) -> float | None:
    """‖new − old‖ / ‖old‖; None where ``old`` is nothing but zeros."""
    if old.size == 1:
        before = abs(float(old.item()))
        return abs(float(new.item()) - float(old.item())) / before if before else None
    a, b = old.reshape(-1), new.reshape(-1)
    ratio = _ratio(a, b, np.float32 if a.dtype == np.float16 else a.dtype)
    if a.dtype != np.float64 and (ratio is None or not math.isfinite(ratio) or not 1e-12 < ratio < 1e12):
        return _ratio(a, b, np.dtype(np.float64))
    return ratio


def _ratio(a: np.ndarray, b: np.ndarray, kind: Any) -> float | None:
    """One trip through memory for both norms, in the precision of ``kind``."""
    scratch = np.empty(min(_BLOCK, a.size), kind)
    moved = squares = 0.0
    with np.errstate(all="ignore"):
        for start in range(0, a.size, _BLOCK):
            x = a[start : start + _BLOCK].astype(kind, copy=False)
            part = scratch[: x.size]
            np.subtract(b[start : start + _BLOCK], x, out=part, dtype=kind)
            moved += float(part.dot(part))
            squares += float(x.dot(x))
    if kind != np.float64 and not (_EXACT[0] < squares < _EXACT[1] and moved < _EXACT[1]):
        return None
    return math.sqrt(moved) / math.sqrt(squares) if squares else None


def _squares(flat: np.ndarray, kind: Any) -> float:
    if kind is None and flat.dtype == np.float16:
        kind = np.float32
    total = 0.0
    with np.errstate(all="ignore"):
        for start in range(0, flat.size, _BLOCK):
            block = flat[start : start + _BLOCK]
            if kind is not None:
                block = block.astype(kind)
            total += float(block.dot(block))
    return total
