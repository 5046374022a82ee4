"""Tensors as bytes and back, and their statistics."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tapeview.trace.values import byte_count, from_bytes, little_endian, statistics, to_bytes

integers = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
numbers = st.sampled_from(["bool", *integers, "float16", "float32", "float64", "complex64", "complex128"])
shapes = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


@given(numbers.flatmap(lambda dtype: arrays.arrays(dtype, shapes)))
def test_arrays_come_back_with_dtype_shape_and_bits(array: np.ndarray) -> None:
    data = to_bytes(array)
    assert byte_count(array.dtype.name, array.shape) == len(data)
    back = from_bytes(data, array.dtype.name, array.shape)
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()
    assert not back.flags.writeable


@pytest.mark.parametrize("array", [np.array(["가", "abc"]), np.array([b"x", b"abcd"])])
def test_texts_come_back(array: np.ndarray) -> None:
    np.testing.assert_array_equal(from_bytes(to_bytes(array), array.dtype.str, array.shape), array)


def test_byte_order_and_strides_do_not_matter() -> None:
    array = np.arange(12, dtype=">f4").reshape(3, 4).T[::-1, ::2]
    np.testing.assert_array_equal(from_bytes(to_bytes(array), "float32", array.shape), array)
    already = np.arange(3.0)
    assert np.shares_memory(little_endian(already), already)


def test_bfloat16_is_read_as_float32() -> None:
    halves = (np.array([1.0, -2.5, np.inf], np.float32).view(np.uint32) >> 16).astype("<u2")
    value = from_bytes(halves.tobytes(), "bfloat16", (3,))
    assert value.dtype == np.float32
    assert value.tolist() == [1.0, -2.5, math.inf]


@pytest.mark.parametrize(
    ("data", "dtype", "shape"),
    [(b"abc", "float32", ()), (b"abcd", "float32", (2,)), (b"abcd", "object", ()), (b"", "float32", (-1, 0))],
)
def test_what_does_not_fit_together_is_a_value_error(data: bytes, dtype: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"dtype|bytes"):
        from_bytes(data, dtype, shape)


@given(arrays.arrays(np.float64, shapes, elements=st.floats(-1e100, 1e100)))
def test_statistics_of_finite_numbers(array: np.ndarray) -> None:
    stats = statistics(array)
    assert stats is not None
    assert (stats.nans, stats.infs, stats.zeros) == (0, 0, int(np.sum(array == 0)))
    if array.size:
        assert (stats.minimum, stats.maximum) == (array.min(), array.max())
        scale = max(float(np.abs(array).max()), 1e-300)
        assert stats.norm == pytest.approx(scale * float(np.sqrt(np.sum((array / scale) ** 2))), rel=1e-12)
        assert stats.mean == pytest.approx(float(array.mean()), rel=1e-9, abs=1e-12 * scale)
    else:
        assert all(math.isnan(value) for value in (stats.minimum, stats.maximum, stats.mean, stats.norm))


def test_statistics_leave_out_what_is_not_finite_and_count_it() -> None:
    stats = statistics(np.array([np.nan, 3, -np.inf, 0, -4, np.inf, np.nan, np.nan], np.float32))
    assert stats is not None
    assert (stats.minimum, stats.maximum, stats.norm) == (-4, 3, 5)
    assert stats.mean == pytest.approx(-1 / 3)
    assert (stats.nans, stats.infs, stats.zeros) == (3, 2, 1)


def test_statistics_of_nothing_but_nans() -> None:
    stats = statistics(np.full(3, np.nan))
    assert stats is not None
    assert math.isnan(stats.norm)
    assert stats.nans == 3


def test_statistics_do_not_overflow() -> None:
    stats = statistics(np.array([3e200, -4e200]))
    assert stats is not None
    assert stats.norm == pytest.approx(5e200)
    assert stats.mean == pytest.approx(-0.5e200)
    stats = statistics(np.array([3e-200, 4e-200]))
    assert stats is not None
    assert stats.norm == pytest.approx(5e-200)


def test_statistics_of_other_kinds() -> None:
    truth = statistics(np.array([True, False, True]))
    assert truth is not None
    assert (truth.minimum, truth.maximum, truth.zeros) == (0, 1, 1)
    plane = statistics(np.array([3 + 4j, 0]))
    assert plane is not None
    assert (plane.maximum, plane.minimum, plane.zeros) == (5, 0, 1)
    assert statistics(np.array(["text"])) is None
    whole = statistics(np.array([2**62, -(2**62)]))
    assert whole is not None
    assert whole.mean == 0


@pytest.mark.parametrize("value", [0.0, -2.5, 3, True, math.nan, math.inf, -math.inf, 3 - 4j])
def test_statistics_of_one_number_are_those_of_many(value: complex) -> None:
    one, two = statistics(np.array(value)), statistics(np.array([value, value]))
    assert one is not None
    assert two is not None
    np.testing.assert_allclose(
        [one.minimum, one.maximum, one.mean, one.norm, one.nans, one.infs, one.zeros],
        [two.minimum, two.maximum, two.mean, two.norm / math.sqrt(2), two.nans / 2, two.infs / 2, two.zeros / 2],
        rtol=1e-14,
    )


def test_statistics_of_many_numbers_need_little_memory() -> None:
    rng = np.random.default_rng(0)
    array = rng.normal(3.0, 2.0, (1000, 1000)).astype(np.float32)
    array[:3, 7] = np.nan, np.inf, 0.0
    tracemalloc.start()
    try:
        stats = statistics(array)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < array.nbytes // 4
    finite = array[np.isfinite(array)].astype(np.float64)
    assert stats is not None
    assert (stats.minimum, stats.maximum) == (finite.min(), finite.max())
    assert stats.mean == pytest.approx(finite.mean(), rel=1e-12)
    assert stats.norm == pytest.approx(np.linalg.norm(finite), rel=1e-12)
    assert (stats.nans, stats.infs, stats.zeros) == (1, 1, 1)


def test_statistics_do_not_mind_what_a_script_wants_to_be_errors() -> None:
    with np.errstate(all="raise"):
        stats = statistics(np.array([1e-40, 1e300, -1e300, 5e-324]))
    assert stats is not None
    assert stats.mean == pytest.approx(0.0)
