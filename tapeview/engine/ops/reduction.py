"""Reductions: sums, means and extremes over axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.shape import broadcast_to, reshape
from tapeview.engine.tensor import Array, EagerTensor

Axis = tuple[int, ...] | None


def kept_shape(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """``shape`` with the reduced axes at size 1."""
    return tuple(1 if axis is None or k in axis else d for k, d in enumerate(shape))


def spread(g: EagerTensor, x: EagerTensor, axis: Axis) -> EagerTensor:
    """A reduced tensor's value at each place it was reduced from."""
    shape = x._array.shape
    if g._array.ndim:
        g = reshape(g, kept_shape(shape, axis))
    return broadcast_to(g, shape)


def _sum(x: Array, *, axis: Axis, keepdims: bool) -> Array:
    return np.add.reduce(x, axis, dtype=x.dtype, keepdims=keepdims)  # type: ignore[no-any-return]


def _mean(x: Array, *, axis: Axis, keepdims: bool) -> Array:
    total = np.add.reduce(x, axis, dtype=x.dtype, keepdims=keepdims)
    count = x.size // max(total.size, 1)
    if x.dtype.kind in "iu":
        return np.trunc(total / count).astype(x.dtype) if count else np.zeros_like(total)
    return total / x.dtype.type(count)  # type: ignore[no-any-return]


SUM = defop(
    "Sum", _sum, (lambda g, y, x, axis, keepdims: spread(g, x, axis),), inputs="x", formulas=("g, at every element that was summed",)
)  # fmt: skip
MEAN = defop(
    "Mean", _mean, (lambda g, y, x, axis, keepdims: spread(g / _count(x, y), x, axis),), inputs="x",
    formulas=("g / n, at each of the n elements averaged",),
)  # fmt: skip


def _count(x: EagerTensor, y: EagerTensor) -> float:
    return float(x._array.size // max(y._array.size, 1))


def normal_axis(op: str, axis: Any, rank: int) -> Axis:
    """``axis`` as a tuple of numbers from 0 on; None for all axes.

    Raises:
        InvalidArgumentError: there is no such axis.
    """
    if axis is None:
        return None
    if hasattr(axis, "_array"):
        axis = axis._array.tolist()
    axes = tuple(axis) if isinstance(axis, (list, tuple, np.ndarray, range)) else (axis,)
    numbers = []
    for a in axes:
        n = int(a)
        if not -rank <= n < rank:
            raise invalid(op, f"Invalid reduction dimension ({n} for input with {rank} dimension(s)")
        numbers.append(n % rank)
    return tuple(sorted(set(numbers)))


def reduce(op: Op, x: Any, axis: Any, keepdims: bool) -> EagerTensor:
    """Runs a reduction."""
    t = x if x.__class__ is EagerTensor else to_tensor(x)
    return execute(op, (t,), {"axis": normal_axis(op.name, axis, t._array.ndim), "keepdims": bool(keepdims)})


def reduce_sum(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> EagerTensor:
    """The sum over ``axis`` (None: over all)."""
    return reduce(SUM, input_tensor, axis, keepdims)


def reduce_mean(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> EagerTensor:
    """The mean over ``axis`` (None: over all); of ints it is cut toward zero."""
    return reduce(MEAN, input_tensor, axis, keepdims)
