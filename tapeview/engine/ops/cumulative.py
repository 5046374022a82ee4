"""Running sums and products along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine import kernel_types
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.arithmetic import divide_no_nan
from tapeview.engine.ops.exponential import exp, log
from tapeview.engine.ops.select import where
from tapeview.engine.tensor import Array, EagerTensor


def _scan(ufunc: Any, start: Callable[[Any], Any]) -> Callable[..., Any]:
    """A kernel that accumulates with ``ufunc``; ``start`` gives what stands before the first element."""

    def forward(x: Array, *, axis: int, exclusive: bool, reverse: bool) -> Any:
        moved = np.moveaxis(x, axis, 0)
        if reverse:
            moved = moved[::-1]
        running = ufunc.accumulate(moved, 0, x.dtype)
        if exclusive:
            running = np.concatenate([np.full_like(running[:1], start(x.dtype)), running[:-1]])
        return np.moveaxis(running[::-1] if reverse else running, 0, axis)

    return forward


def _cumprod_rule(g: Any, y: EagerTensor, x: EagerTensor, axis: int, exclusive: bool, reverse: bool) -> EagerTensor:
    """As TensorFlow has it: where ``x`` is 0 this says 0, which is not the derivative."""
    return divide_no_nan(cumsum(y * g, axis, exclusive, not reverse), x)


def _cumulative_logsumexp_rule(
    g: Any, y: EagerTensor, x: EagerTensor, axis: int, exclusive: bool, reverse: bool
) -> Any:
    """exp(x) * (the sum of g * exp(-y) over all later places), in logarithms: the parts of both signs on their own."""

    def part(side: Any) -> Any:
        size = where(side > 0, log(side), float(np.finfo(x._array.dtype).min))
        return exp(cumulative_logsumexp(size - y, axis, exclusive, not reverse) + x)

    return part(g) - part(-g)


CUMSUM = defop(
    "Cumsum", _scan(np.add, lambda dtype: 0),
    (lambda g, y, x, axis, exclusive, reverse: cumsum(g, axis, exclusive, not reverse),), inputs="x",
    formulas=("the sum of g over all places whose sum x is part of",),
)  # fmt: skip
CUMPROD = defop(
    "Cumprod", _scan(np.multiply, lambda dtype: 1), (_cumprod_rule,), inputs="x",
    formulas=("the sum of g * y over all places whose product x is part of, divided by x; 0 where x is 0",),
)  # fmt: skip
CUMULATIVE_LOGSUMEXP = defop(
    "CumulativeLogsumexp", _scan(np.logaddexp, lambda dtype: -np.inf), (_cumulative_logsumexp_rule,),
    inputs="x", formulas=("exp(x) * the sum of g * exp(-y) over all places whose sum x is part of",),
)  # fmt: skip


def _run(op: Op, x: Any, axis: Any, exclusive: bool, reverse: bool) -> EagerTensor:
    t = to_tensor(x)
    rank = t._array.ndim
    if t._array.dtype.kind != "f":
        kernel_types.check(op.name, t, x)
    number = int(axis)
    if not -rank <= number < rank:
        raise invalid(op.name, f"ScanOp: Expected scan axis in the range [{-rank}, {rank}), but got {number}")
    return execute(op, (t,), {"axis": number % rank, "exclusive": bool(exclusive), "reverse": bool(reverse)})


def cumsum(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> EagerTensor:
    """The running sum along ``axis``; ``exclusive``: of the elements before; ``reverse``: from the end.

    Raises:
        InvalidArgumentError: there is no such axis; bools.
    """
    return _run(CUMSUM, x, axis, exclusive, reverse)


def cumprod(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> EagerTensor:
    """The running product along ``axis``, as :func:`cumsum`."""
    return _run(CUMPROD, x, axis, exclusive, reverse)


def cumulative_logsumexp(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> EagerTensor:
    """``log(cumsum(exp(x)))`` without overflow, as :func:`cumsum`. Raises InvalidArgumentError for ints."""
    return _run(CUMULATIVE_LOGSUMEXP, x, axis, exclusive, reverse)
