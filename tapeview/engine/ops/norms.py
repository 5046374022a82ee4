"""Lengths of vectors and matrices, built from other ops as TensorFlow builds them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.elementwise import abs, cast, divide, multiply, power, square
from tapeview.engine.ops.exponential import rsqrt, sqrt
from tapeview.engine.ops.extremes import maximum
from tapeview.engine.ops.reduction import reduce_max, reduce_sum
from tapeview.engine.ops.shape import expand_dims, squeeze, transpose
from tapeview.engine.tensor import EagerTensor


def norm(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool | None = None, name: str | None = None
) -> EagerTensor:
    """The length of vectors (``axis`` an int, or None: of all elements as one) or of matrices (``axis`` a pair).

    ``ord``: ``"euclidean"``, 1, 2, ``np.inf`` or a positive number; for matrices ``"fro"`` too and no other numbers.

    Raises:
        ValueError: any other ``ord`` or ``axis``.
    """
    axes = _check(ord, axis)
    of_matrix = axes is not None and len(axes) == 2
    x = to_tensor(tensor)
    if ord in ("fro", "euclidean", 2, 2.0):
        if of_matrix and ord in (2, 2.0):
            result = _largest_singular_value(x, axes)
        else:
            from tapeview.engine.ops.complex_numbers import conj  # which needs this package's other tables

            result = sqrt(reduce_sum(multiply(x, conj(x)), axes, keepdims=True))
    else:
        result = _other_norm(abs(x), ord, axes, of_matrix)
    return result if keepdims else squeeze(result, None if axes is None else list(axes))


def _check(ord: Any, axis: Any) -> tuple[int, ...] | None:
    if isinstance(axis, (tuple, list)) and len(axis) == 2:
        axes = tuple(axis)
        if not all(isinstance(a, int) for a in axes) or axes[0] == axes[1]:
            raise ValueError(f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axes}")
        supported = ["euclidean", "fro", 1, 2, np.inf]
        if ord not in supported:
            raise ValueError(f"'ord' must be a supported matrix norm in {supported}, got {ord}")
        return axes
    if not (isinstance(axis, int) or axis is None):
        raise ValueError(f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axis}")
    if ord != "euclidean" and (isinstance(ord, str) or not np.isreal(ord) or ord <= 0):
        raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
    return None if axis is None else (axis,)


def _other_norm(size: EagerTensor, ord: Any, axes: Any, of_matrix: bool) -> EagerTensor:
    first = None if axes is None else axes[0]
    if ord == 1:
        summed = reduce_sum(size, first, keepdims=True)
        return reduce_max(summed, axes[-1], keepdims=True) if of_matrix else summed
    if ord == np.inf:
        return reduce_max(reduce_sum(size, axes[1], keepdims=True) if of_matrix else size, first, keepdims=True)
    return power(reduce_sum(power(size, ord), axes, keepdims=True), 1.0 / ord)


def _largest_singular_value(x: EagerTensor, axes: Any) -> EagerTensor:
    from tapeview.engine.ops.spectra import svd  # which needs this package's other tables

    rank = x._array.ndim
    last = [a % rank for a in axes]
    order = [k for k in range(rank) if k not in last] + last
    largest = reduce_max(abs(svd(transpose(x, order), compute_uv=False)), axis=-1, keepdims=True)
    return transpose(expand_dims(largest, -1), np.argsort(order).tolist())


def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> tuple[EagerTensor, EagerTensor]:
    """The tensor over its :func:`norm`, and that norm with ``keepdims``."""
    x = to_tensor(tensor)
    length = norm(x, ord, axis, keepdims=True)
    length = cast(length, x.dtype)
    return divide(x, length), length


def l2_normalize(
    x: Any, axis: Any = None, epsilon: Any = 1e-12, name: str | None = None, dim: Any = None
) -> EagerTensor:
    """``x`` over its length along ``axis`` (None: of all elements), which counts as at least ``sqrt(epsilon)``.

    Raises:
        TypeError: ints.
    """
    axis = dim if axis is None else axis
    t = to_tensor(x)
    if t._array.dtype.kind == "c":
        from tapeview.engine.ops.complex_numbers import complex, imag, real  # which need this package's other tables

        squares: Any = reduce_sum(square(real(t)) + square(imag(t)), axis, keepdims=True)
        inverse = rsqrt(maximum(squares, epsilon))
        return complex(multiply(real(t), inverse), multiply(imag(t), inverse))
    return multiply(t, rsqrt(maximum(reduce_sum(square(t), axis, keepdims=True), epsilon)))
