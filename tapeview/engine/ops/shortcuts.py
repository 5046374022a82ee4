"""Functions that are a few other functions in a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.ops.arithmetic import divide_no_nan
from tapeview.engine.ops.conv import conv2d, conv2d_transpose
from tapeview.engine.ops.elementwise import cast, square, zeros_like
from tapeview.engine.ops.extremes import clip_by_value
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.ops.shape import expand_dims, squeeze, static_int, static_ints
from tapeview.engine.tensor import EagerTensor


def zero_fraction(value: Any, name: str | None = None) -> EagerTensor:
    """Which part of the elements is 0: a float32 scalar."""
    array = to_tensor(value)._array
    return EagerTensor(np.array((array == 0).mean() if array.size else np.nan, np.float32))


def is_non_decreasing(x: Any, name: str | None = None) -> EagerTensor:
    """Whether no element is smaller than the one before: a bool scalar."""
    return EagerTensor(np.array((np.diff(to_tensor(x)._array.ravel()) >= 0).all()))


def is_strictly_increasing(x: Any, name: str | None = None) -> EagerTensor:
    """Whether each element is larger than the one before: a bool scalar."""
    return EagerTensor(np.array((np.diff(to_tensor(x)._array.ravel()) > 0).all()))


def unravel_index(indices: Any, dims: Any, name: str | None = None) -> EagerTensor:
    """The coordinates that numbers of elements have in a tensor of shape ``dims``, one axis per row.

    Raises:
        InvalidArgumentError: a number beyond the last element.
    """
    numbers, sizes = to_tensor(indices)._array, static_ints(dims)
    if numbers.size and (numbers.min() < 0 or numbers.max() >= int(np.prod(sizes))):
        raise invalid("UnravelIndex", "index is out of bound as with dims", name=None)
    return EagerTensor(np.array(np.unravel_index(numbers, sizes)).astype(numbers.dtype))


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> EagerTensor:
    """A cast before which values are clipped to what the type can hold."""
    x, target = to_tensor(value), dtypes.as_dtype(dtype)
    low, high = max(x.dtype.min, target.min), min(x.dtype.max, target.max)
    kind = x.dtype.numpy.type
    return cast(clip_by_value(x, kind(low), kind(high)), target)  # type: ignore[no-any-return]


def polyval(coeffs: Sequence[Any], x: Any, name: str | None = None) -> EagerTensor:
    """The polynomial with these coefficients (highest power first) at ``x``. Raises ValueError if they are no list."""
    if not isinstance(coeffs, list):
        raise ValueError(f"Argument coeffs must be list type. Received type {type(coeffs)}.")
    at = to_tensor(x)
    if not coeffs:
        return zeros_like(at)
    total = to_tensor(coeffs[0])
    for coefficient in coeffs[1:]:
        total = coefficient + total * at
    return total


# -- moments -------------------------------------------------------------------------------------------------------


def sufficient_statistics(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> tuple[EagerTensor, EagerTensor, EagerTensor, Any]:
    """The number of elements over axes, the sum of them and of their squares (less ``shift``), and the shift."""
    y = to_tensor(x)
    over = static_ints(axes)
    count = int(np.prod([y._array.shape[a] for a in over]))
    moved = y if shift is None else y - shift
    sums = (reduce_sum(moved, over, keepdims), reduce_sum(square(moved), over, keepdims))
    return EagerTensor(np.array(count, y._array.dtype)), *sums, shift


def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[EagerTensor, EagerTensor]:
    """Mean and variance from what :func:`sufficient_statistics` returns."""
    number = to_tensor(counts)
    shifted = to_tensor(mean_ss) / number
    mean = shifted if shift is None else shifted + shift
    return mean, to_tensor(variance_ss) / number - square(shifted)


def weighted_moments(
    x: Any, axes: Any, frequency_weights: Any, keepdims: bool = False, name: str | None = None
) -> tuple[EagerTensor, EagerTensor]:
    """Mean and variance over axes, where each element counts as often as its weight says."""
    y = to_tensor(x)
    weights = cast(to_tensor(frequency_weights), y.dtype)
    over = static_ints(axes)
    whole = weights + y * 0
    total = reduce_sum(whole, over, keepdims=True)
    mean = divide_no_nan(reduce_sum(whole * y, over, keepdims=True), total)
    spread = divide_no_nan(reduce_sum(whole * square(y - mean), over, keepdims=True), total)
    return (mean, spread) if keepdims else (squeeze(mean, over), squeeze(spread, over))


# -- convolutions --------------------------------------------------------------------------------------------------


def atrous_conv2d(value: Any, filters: Any, rate: Any, padding: Any, name: str | None = None) -> EagerTensor:
    """A convolution with holes in its filter; see ``conv2d``."""
    return conv2d(value, filters, 1, padding, dilations=static_int(rate))


def conv1d_transpose(
    input: Any, filters: Any, output_shape: Any, strides: Any, padding: Any = "SAME", data_format: Any = "NWC",
    dilations: Any = None, name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """The gradient of ``conv1d`` as a function of its own; see ``conv2d_transpose``."""
    first = data_format in ("NCW", "NCHW")
    at = 2 if first else 1
    step = static_ints(strides)
    hop = step[at] if len(step) == 3 else step[0]
    shape = list(static_ints(output_shape))
    shape.insert(at, 1)
    images, flat = expand_dims(input, at), expand_dims(filters, 0)
    y = conv2d_transpose(images, flat, shape, [1, hop], padding, "NCHW" if first else "NHWC")
    return squeeze(y, at)
