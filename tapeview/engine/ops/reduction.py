"""Reductions: sums, means, products and extremes over axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import dtypes, kernel_types
from tapeview.engine.convert import is_tensor_like, to_array, to_tensor
from tapeview.engine.errors import invalid, wrong_dtype
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.comparison import equal, not_equal
from tapeview.engine.ops.elementwise import cast, square, stop_gradient
from tapeview.engine.ops.shape import BROADCAST_TO, RESHAPE, reshape, transpose
from tapeview.engine.tensor import Array, EagerTensor

Axis = tuple[int, ...] | None


def kept_shape(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """``shape`` with the reduced axes at size 1."""
    return tuple(1 if axis is None or k in axis else d for k, d in enumerate(shape))


def kept(t: EagerTensor, x: EagerTensor, axis: Axis) -> EagerTensor:
    """A reduced tensor with the axes of ``x`` it has lost, at size 1."""
    shape = kept_shape(x._array.shape, axis)
    return t if t._array.shape == shape else execute(RESHAPE, (t,), {"shape": shape})


def spread(g: EagerTensor, x: EagerTensor, axis: Axis) -> EagerTensor:
    """A reduced tensor's value at each place it was reduced from."""
    if g._array.ndim:
        g = kept(g, x, axis)
    return execute(BROADCAST_TO, (g,), {"shape": x._array.shape})


# -- kernels -------------------------------------------------------------------------------------------------------

# Typed loosely: the overloads of NumPy's stubs want a literal `keepdims`.
_add: Any = np.add
_multiply: Any = np.multiply
_maximum: Any = np.maximum
_minimum: Any = np.minimum
_or: Any = np.logical_or
_and: Any = np.logical_and


def _sum(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    return _add.reduce(x, axis, x.dtype, None, keepdims)


def _mean(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    total = _add.reduce(x, axis, x.dtype, None, keepdims)
    count = x.size // max(total.size, 1)
    if x.dtype.kind in "iu":
        return np.trunc(total / count).astype(x.dtype) if count else np.zeros_like(total)
    return np.divide(total, x.dtype.type(count))


def _prod(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    return _multiply.reduce(x, axis, x.dtype, None, keepdims)


def _lowest(dtype: Any) -> Any:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _highest(dtype: Any) -> Any:
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max


def _max(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    return _maximum.reduce(x, axis, None, None, keepdims, _lowest(x.dtype))


def _min(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    return _minimum.reduce(x, axis, None, None, keepdims, _highest(x.dtype))


def _any(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    return _or.reduce(x, axis, None, None, keepdims)


def _all(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    return _and.reduce(x, axis, None, None, keepdims)


def _euclidean_norm(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    squares = np.square(np.abs(x)) if x.dtype.kind == "c" else np.square(x)
    return np.sqrt(_add.reduce(squares, axis, squares.dtype, None, keepdims)).astype(x.dtype)


# -- the table -----------------------------------------------------------------------------------------------------


def _extreme_rule(g: EagerTensor, y: EagerTensor, x: EagerTensor, axis: Axis, keepdims: bool) -> Any:
    chosen = cast(equal(x, kept(y, x, axis)), g.dtype)
    return chosen / reduce_sum(chosen, axis, keepdims=True) * kept(g, x, axis)


def _prod_rule(g: EagerTensor, y: EagerTensor, x: EagerTensor, axis: Axis, keepdims: bool) -> Any:
    """The product of all the other elements: of those before and of those after, so that no division by 0 comes in."""
    from tapeview.engine.ops.cumulative import cumprod  # which needs this module

    shape = x._array.shape
    reduced = tuple(range(len(shape))) if axis is None else axis
    order = reduced + tuple(k for k in range(len(shape)) if k not in reduced)
    moved = transpose(x, order)
    size = int(np.prod([shape[k] for k in reduced], dtype=np.int64))
    flat = reshape(moved, (size, -1 if x._array.size else 0))
    others = cumprod(flat, exclusive=True) * cumprod(flat, exclusive=True, reverse=True)
    back = transpose(reshape(others, moved._array.shape), np.argsort(order).tolist())
    return spread(g, x, axis) * back


SUM = defop(
    "Sum", _sum, (lambda g, y, x, axis, keepdims: spread(g, x, axis),), inputs="x",
    formulas=("g, at every element that was summed",),
)  # fmt: skip
MEAN = defop(
    "Mean", _mean, (lambda g, y, x, axis, keepdims: spread(g / _count(x, y), x, axis),), inputs="x",
    formulas=("g / n, at each of the n elements averaged",),
)  # fmt: skip
PROD = defop("Prod", _prod, (_prod_rule,), inputs="x", formulas=("g * the product of all the other elements",))
MAX = defop(
    "Max", _max, (_extreme_rule,), inputs="x",
    formulas=("g at the largest element, in equal parts if there are several",),
)  # fmt: skip
MIN = defop(
    "Min", _min, (_extreme_rule,), inputs="x",
    formulas=("g at the smallest element, in equal parts if there are several",),
)  # fmt: skip
ANY = defop("Any", _any, differentiable=False, inputs="x")
ALL = defop("All", _all, differentiable=False, inputs="x")
EUCLIDEAN_NORM = defop(
    "EuclideanNorm", _euclidean_norm, (lambda g, y, x, axis, keepdims: x / (kept(y, x, axis) / kept(g, x, axis)),),
    inputs="x", formulas=("g * x / y",),
)  # fmt: skip


def _count(x: EagerTensor, y: EagerTensor) -> float:
    return float(x._array.size // max(y._array.size, 1))


# -- the functions -------------------------------------------------------------------------------------------------


def normal_axis(op: str, axis: Any, rank: int) -> Axis:
    """``axis`` as a tuple of numbers from 0 on; None for all axes.

    Raises:
        InvalidArgumentError: there is no such axis, or it is named twice.
        TypeError: an axis that is no int.
    """
    if axis is None:
        return None
    if axis.__class__ is int:
        if -rank <= axis < rank:
            return (axis % rank,)
    elif hasattr(axis, "_array"):
        axis = axis._array.tolist()
    numbers: list[int] = []
    name = None if isinstance(axis, (list, tuple)) else ""
    for a in axis if isinstance(axis, (list, tuple, np.ndarray, range)) else (axis,):
        if isinstance(a, float):
            raise TypeError(f"Cannot convert {axis!r} to EagerTensor of dtype int32")
        n = int(a)
        if not -rank <= n < rank:
            raise invalid(op, f"Invalid reduction dimension ({n} for input with {rank} dimension(s)", name=name)
        if n % rank in numbers:
            raise invalid(op, f"Invalid reduction arguments: Axes contains duplicate dimension: {n % rank}", name=name)
        numbers.append(n % rank)
    return tuple(sorted(numbers))


def reduce(op: Op, x: Any, axis: Any, keepdims: bool) -> EagerTensor:
    """Runs a reduction. Raises InvalidArgumentError for a type without a kernel or an axis that is not there."""
    t = x if x.__class__ is EagerTensor else to_tensor(x)
    if t._array.dtype.kind != "f":
        kernel_types.check(op.name, t, x)
    axes = None if axis is None else normal_axis(op.name, axis, t._array.ndim)
    return execute(op, (t,), {"axis": axes, "keepdims": bool(keepdims)})


def reduce_sum(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> EagerTensor:
    """The sum over ``axis`` (None: over all)."""
    return reduce(SUM, input_tensor, axis, keepdims)


def reduce_mean(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> EagerTensor:
    """The mean over ``axis`` (None: over all); of ints it is cut toward zero."""
    return reduce(MEAN, input_tensor, axis, keepdims)


def reduce_prod(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> EagerTensor:
    """The product over ``axis`` (None: over all)."""
    return reduce(PROD, input_tensor, axis, keepdims)


def reduce_max(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> EagerTensor:
    """The largest element over ``axis`` (None: over all); equal ones share its gradient."""
    return reduce(MAX, input_tensor, axis, keepdims)


def reduce_min(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> EagerTensor:
    """The smallest element over ``axis`` (None: over all); equal ones share its gradient."""
    return reduce(MIN, input_tensor, axis, keepdims)


def _reduce_bools(op: Op, x: Any, axis: Any, keepdims: bool) -> EagerTensor:
    t = to_tensor(x) if is_tensor_like(x) else EagerTensor(to_array(x, dtypes.bool_))
    if t._array.dtype.kind != "b":
        raise wrong_dtype(op.name, 0, "bool", t.dtype.word)
    return reduce(op, t, axis, keepdims)


def reduce_any(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> EagerTensor:
    """True if some element over ``axis`` (None: over all) is. Raises InvalidArgumentError unless they are bools."""
    return _reduce_bools(ANY, input_tensor, axis, keepdims)


def reduce_all(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> EagerTensor:
    """True if all elements over ``axis`` (None: over all) are. Raises InvalidArgumentError unless they are bools."""
    return _reduce_bools(ALL, input_tensor, axis, keepdims)


def reduce_euclidean_norm(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> EagerTensor:
    """The root of the sum of the squares over ``axis`` (None: over all)."""
    return reduce(EUCLIDEAN_NORM, input_tensor, axis, keepdims)


def count_nonzero(
    input: Any, axis: Any = None, keepdims: bool | None = None, dtype: Any = dtypes.int64, name: str | None = None
) -> EagerTensor:
    """How many elements over ``axis`` (None: over all) are not 0."""
    x = to_tensor(input)
    found = x if x._array.dtype.kind == "b" else not_equal(x, 0)
    counted = reduce_sum(cast(found, dtypes.int64), axis=axis, keepdims=bool(keepdims))
    return cast(counted, dtype)  # type: ignore[no-any-return]


def reduce_logsumexp(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> EagerTensor:
    """``log(sum(exp(x)))`` over ``axis`` (None: over all), without overflow."""
    from tapeview.engine.ops.exponential import exp, log  # which need this package's other tables
    from tapeview.engine.ops.rounding import is_finite
    from tapeview.engine.ops.select import where

    x = to_tensor(input_tensor)
    largest = reduce_max(x, axis, keepdims=True)
    shift = stop_gradient(where(is_finite(largest), largest, 0))
    result = log(reduce_sum(exp(x - shift), axis, keepdims))
    return result + (shift if keepdims else reshape(shift, result._array.shape))  # type: ignore[no-any-return]


def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> EagerTensor:
    """The mean square distance from the mean over ``axis`` (None: over all). Raises TypeError for ints."""
    x = to_tensor(input_tensor)
    if x._array.dtype.kind not in "fc":
        raise TypeError(f"Input must be either real or complex. Received integer type {x.dtype}.")
    apart = x - reduce_mean(x, axis, keepdims=True)
    if apart._array.dtype.kind == "c":
        from tapeview.engine.ops.complex_numbers import conj, real  # which need this package's other tables

        return reduce_mean(real(conj(apart) * apart), axis, keepdims)
    return reduce_mean(square(apart), axis, keepdims)


def reduce_std(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> EagerTensor:
    """The root of the variance over ``axis`` (None: over all). Raises TypeError for ints."""
    from tapeview.engine.ops.exponential import sqrt  # which needs this package's other tables

    return sqrt(reduce_variance(input_tensor, axis, keepdims))
