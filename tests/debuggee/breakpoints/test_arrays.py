"""The tests of arrays say what NumPy says, for every shape, type and size."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tapeview.debuggee.breakpoints.arrays import add_up, array_test, has_inf, has_nan, is_zero, norm

FLOATS = st.sampled_from([np.float16, np.float32, np.float64, np.complex64])
arrays = FLOATS.flatmap(
    lambda dtype: hnp.arrays(
        dtype,
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
        elements=st.sampled_from([0.0, -0.0, 1.0, -3.5, 6e4, 1e-7, math.nan, math.inf, -math.inf]),
    )
)


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    """A script may have asked NumPy and Python to raise at every odd number."""
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@given(arrays, st.sampled_from([0.0, 1.0, 3.5, 59_000.0, 1e30]))
def test_they_say_what_numpy_says(array: np.ndarray, limit: float) -> None:
    with np.errstate(all="ignore"):
        expected = [np.isnan(array).any(), np.isinf(array).any(), array.size and not array.any()]
        # In the array's own type the limit itself may be infinite.
        expected.append((np.abs(array).astype(np.float64) > limit).any())
    found = [has_nan(array), has_inf(array), is_zero(array), array_test("above", limit)(array)]
    assert found == [bool(one) for one in expected]


def test_what_is_not_strided_plainly_is_read_as_well() -> None:
    array = np.zeros((6, 8), np.float32)[::2, 1::3].T
    assert is_zero(array)
    array[-1, -1] = np.nan
    assert has_nan(array)
    assert not is_zero(array)


@pytest.mark.parametrize("array", [np.zeros(3, np.int32), np.array(False), np.array([b"a"], object), np.array(["x"])])
def test_what_is_no_floating_point_number_passes_no_test(array: np.ndarray) -> None:
    assert not any(array_test(test, -1.0)(array) for test in ("nan", "inf", "zero", "above"))  # type: ignore[arg-type]


@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
def test_the_norm_neither_overflows_nor_vanishes(scale: float) -> None:
    assert norm(np.array([[3.0, 0.0], [0.0, -4.0]], np.float32) * np.float32(scale)) == pytest.approx(5.0 * scale)
    assert norm(np.array([], np.float32)) == 0.0
    assert norm(np.array([np.inf, 1.0])) == math.inf
    assert math.isnan(norm(np.array([np.nan, 1.0])))


def test_rows_of_the_same_number_are_added() -> None:
    rows = np.array([[1.0, 2.0], [10.0, 20.0], [-1.0, -2.0]], np.float32)
    assert add_up(np.array([4, 2, 4]), rows).tolist() == [[10.0, 20.0], [0.0, 0.0]]
