"""Tests of the numbers in an array: a microsecond for a small one, one pass for a large one.

Nothing here warns, whatever NumPy was told about floating-point errors. What is no floating-point number passes no
test.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.breakpoints import Test

ArrayTest = Callable[[Any], bool]


def array_test(test: Test, limit: float) -> ArrayTest:
    """The test named ``nan``, ``inf``, ``zero`` or ``above`` (the largest magnitude is above ``limit``)."""
    if test == "above":
        return _above(limit)
    return {"nan": has_nan, "inf": has_inf, "zero": is_zero}[test]


def has_nan(array: Any) -> bool:
    """Whether a number is NaN."""
    if array.dtype.kind not in "fc":
        return False
    if array.size == 1:
        number = array.item()
        return bool(number != number)
    # The sum of the squares is finite unless some number is not finite, or too large to be squared.
    return not _is_finite(np.vdot(array, array)) and bool(np.isnan(array).any())


def has_inf(array: Any) -> bool:
    """Whether a number is infinite."""
    if array.dtype.kind not in "fc":
        return False
    return not _is_finite(np.vdot(array, array)) and bool(np.isinf(array).any())


def is_zero(array: Any) -> bool:
    """Whether there are numbers and all are 0."""
    if array.dtype.kind not in "fc" or not array.size:
        return False
    return not array.item(0) and (array.size == 1 or not array.any())


def norm(array: Any) -> float:
    """The Euclidean norm."""
    squares = float(np.vdot(array, array).real)
    if 1e-30 < squares < math.inf:
        return math.sqrt(squares)
    with np.errstate(all="ignore"):
        wide = np.abs(array).astype(np.float64)
        largest = float(wide.max(initial=0.0))
        if not 0.0 < largest < math.inf:
            return largest
        return largest * float(np.linalg.norm((wide / largest).ravel()))


def add_up(numbers: Any, rows: Any) -> Any:
    """One row for each number that occurs, rows of the same number added."""
    found, places = np.unique(numbers, return_inverse=True)
    total = np.zeros((len(found), *rows.shape[1:]), rows.dtype)
    with np.errstate(all="ignore"):
        np.add.at(total, places.ravel(), rows)
    return total


def _above(limit: float) -> ArrayTest:
    enough = (0.999 * limit) ** 2 if limit < 1e150 else 0.0

    def above(array: Any) -> bool:
        if array.dtype.kind not in "fc" or not array.size:
            return False
        if array.size == 1:
            return bool(abs(array.item()) > limit)
        # No number is larger than the root of the sum of all squares.
        if 1e-30 < float(np.vdot(array, array).real) <= enough:
            return False
        if limit > float(np.finfo(array.dtype).max):
            return bool(np.isinf(array).any())  # in the array's own type the limit would be infinite
        with np.errstate(all="ignore"):
            return bool((np.abs(array) > limit).any())

    return above


def _is_finite(number: Any) -> bool:
    return math.isfinite(number.real)
