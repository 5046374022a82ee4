"""Pools of images (NHWC). Windows are reduced along their rows first, then across them: k + k steps, not k · k."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.conv import check_strides, layout_of
from tapeview.engine.ops.elementwise import zeros_like
from tapeview.engine.ops.shape import expand_dims, squeeze, static_ints, transpose
from tapeview.engine.ops.volumes import avg_pool3d, max_pool3d
from tapeview.engine.ops.windows import (
    Padding,
    Pair,
    block_size,
    cropped,
    every,
    is_finite,
    output_sizes,
    padded,
    paddings,
    pair,
)
from tapeview.engine.tensor import Array, EagerTensor

Shape = tuple[int, ...]


def _out(shape: Shape, ksize: Pair, strides: Pair, padding: Padding) -> Pair:
    return output_sizes((shape[1], shape[2]), ksize, strides, (1, 1), padding, "MaxPool")


def _reduced(function: Any, x: Array, axis: int, k: int, stride: int, count: int) -> Array:
    """``x`` (padded) with each window of ``k`` along an axis reduced to one."""
    before = (slice(None),) * axis
    parts = [x[(*before, every(offset, count, stride))] for offset in range(k)]
    if k == 1:
        return parts[0].copy()
    out: Array = function(parts[0], parts[1])
    for part in parts[2:]:
        function(out, part, out=out)
    return out


def _lowest(dtype: Any) -> Any:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _row_maxima(x: Array, ksize: Pair, strides: Pair, padding: Padding) -> tuple[Array, Array, Pair]:
    """The padded images, the maximum of each window's row, and the output's height and width."""
    out = _out(x.shape, ksize, strides, padding)
    framed = padded(x, padding, _lowest(x.dtype))
    return framed, _reduced(np.fmax, framed, 2, ksize[1], strides[1], out[1]), out


_NONE: Padding = ((0, 0), (0, 0))


def _pixels(x: Array) -> Array:
    """A view of images (NHWC) whose elements are whole pixels: to move these is a third of moving their numbers."""
    return x.view(np.dtype((np.void, x.shape[3] * x.itemsize)))[..., 0]


def _halved_grad(x: Array, y: Array, dy: Array) -> Array:
    """The gradient for windows of 2 × 2 that do not overlap, the usual ones: block by block, left and right pixels
    apart. The row that holds the maximum first gets it, and in the row the place that does."""
    n, height, width, c = y.shape
    odd = x.shape[1] % 2 or x.shape[2] % 2
    dx = np.zeros(x.shape, dy.dtype) if odd else np.empty(x.shape, dy.dtype)
    step = block_size(n, 3 * math.prod(x.shape[1:]) * x.itemsize)
    room = np.empty((4, step, 2 * height, width, c), x.dtype)
    at_left, at_right = _pixels(room[0]), _pixels(room[1])
    holds = np.empty(room.shape[1:], bool)
    given, sent = _pixels(np.ascontiguousarray(x)), _pixels(dx)
    first: Any = (slice(None), slice(0, None, 2))
    second: Any = (slice(None), slice(1, None, 2))
    evens, odds = (slice(0, 2 * height), slice(0, 2 * width, 2)), (slice(0, 2 * height), slice(1, 2 * width, 2))
    for start in range(0, n, step):
        part = slice(start, min(start + step, n))
        count = part.stop - start
        left, right, rows, by_row = room[:, :count]
        g, mask = dy[part], holds[:count]
        np.copyto(at_left[:count], given[(part, *evens)])
        np.copyto(at_right[:count], given[(part, *odds)])
        np.fmax(left, right, out=rows)
        # One gets the gradient times 1, the other times 0: a mask of floats is twice as fast as one of bools.
        np.copyto(by_row[first], np.equal(rows[first], y[part], out=mask[:, :height]))
        np.multiply(g, by_row[first], out=by_row[first])
        np.subtract(g, by_row[first], out=by_row[second])
        np.copyto(left, np.equal(left, rows, out=mask))
        np.multiply(by_row, left, out=left)
        np.subtract(by_row, left, out=right)
        np.copyto(sent[(part, *evens)], at_left[:count])
        np.copyto(sent[(part, *odds)], at_right[:count])
    return dx


def _max_pool(x: Array, *, ksize: Pair, strides: Pair, padding: Padding) -> Array:
    # Down the columns first: there whole rows are compared.
    out = _out(x.shape, ksize, strides, padding)
    columns = _reduced(np.fmax, padded(x, padding, _lowest(x.dtype)), 1, ksize[0], strides[0], out[0])
    return _reduced(np.fmax, columns, 2, ksize[1], strides[1], out[1])


def _first(whole: Array, axis: int, reduced: Array, k: int, stride: int) -> Iterator[tuple[Any, Array]]:
    """For each place in a window: its index, and a mask of where it is the first to hold the window's maximum."""
    taken = None
    for offset in range(k):
        at = (*(slice(None),) * axis, every(offset, reduced.shape[axis], stride))
        holds = whole[at] == reduced
        yield at, holds if taken is None else holds > taken
        taken = holds if taken is None else taken | holds


def _spread(g: Array, whole: Array, axis: int, reduced: Array, k: int, stride: int) -> Array:
    """``g``, one value per window, at the window's first maximum."""
    covered = k == stride and whole.shape[axis] == k * reduced.shape[axis]
    out = np.empty(whole.shape, g.dtype) if covered else np.zeros(whole.shape, g.dtype)
    for at, mask in _first(whole, axis, reduced, k, stride):
        if k > stride:
            out[at] += g * mask
        else:
            np.multiply(g, mask, out=out[at])
    return out


def _collected(g: Array, whole: Array, axis: int, reduced: Array, k: int, stride: int) -> Array:
    """The element of ``g`` that stands at each window's first maximum."""
    out = np.zeros(reduced.shape, g.dtype)
    for at, mask in _first(whole, axis, reduced, k, stride):
        out += g[at] * mask
    return out


def _max_pool_grad(x: Array, y: Array, dy: Array, *, ksize: Pair, strides: Pair, padding: Padding) -> Array:
    if ksize == strides == (2, 2) and padding == _NONE and x.size and x.dtype == dy.dtype and is_finite(dy):
        return _halved_grad(x, y, dy)
    framed, rows, _ = _row_maxima(x, ksize, strides, padding)
    by_row = _spread(dy, rows, 1, y, ksize[0], strides[0])
    dx = _spread(by_row, framed, 2, rows, ksize[1], strides[1])
    return cropped(dx, padding, (x.shape[1], x.shape[2]))


def _max_pool_grad_grad(x: Array, y: Array, ddx: Array, *, ksize: Pair, strides: Pair, padding: Padding) -> Array:
    framed, rows, _ = _row_maxima(x, ksize, strides, padding)
    by_row = _collected(padded(ddx, padding), framed, 2, rows, ksize[1], strides[1])
    return _collected(by_row, rows, 1, y, ksize[0], strides[0])


def _cells(shape: Shape, ksize: Pair, strides: Pair, padding: Padding, dtype: Any) -> Array:
    """How many cells of each window lie inside the image."""
    counts = []
    for size, k, stride, (before, _), out in zip(
        shape[1:3], ksize, strides, padding, _out(shape, ksize, strides, padding), strict=True
    ):
        start = np.arange(out) * stride - before
        counts.append(np.minimum(start + k, size) - np.maximum(start, 0))
    return (counts[0][:, None, None] * counts[1][None, :, None]).astype(dtype)  # type: ignore[no-any-return]


def _avg_pool(x: Array, *, ksize: Pair, strides: Pair, padding: Padding) -> Array:
    out = _out(x.shape, ksize, strides, padding)
    columns = _reduced(np.add, padded(x, padding), 2, ksize[1], strides[1], out[1])
    total = _reduced(np.add, columns, 1, ksize[0], strides[0], out[0])
    return total / _cells(x.shape, ksize, strides, padding, x.dtype)


def _avg_pool_grad(dy: Array, *, shape: Shape, ksize: Pair, strides: Pair, padding: Padding) -> Array:
    share = dy / _cells(shape, ksize, strides, padding, dy.dtype)
    (top, bottom), (left, right) = padding
    n, h, w, c = shape
    rows = np.zeros((n, h + top + bottom, share.shape[2], c), dy.dtype)
    for offset in range(ksize[0]):
        rows[:, every(offset, share.shape[1], strides[0])] += share
    dx = np.zeros((n, h + top + bottom, w + left + right, c), dy.dtype)
    for offset in range(ksize[1]):
        dx[:, :, every(offset, share.shape[2], strides[1])] += rows
    return cropped(dx, padding, (h, w))


MAX_POOL = defop(
    "MaxPool", _max_pool, (lambda g, y, x, **attrs: execute(MAX_POOL_GRAD, (x, y, g), attrs),), inputs="x",
    formulas=("g, at the first maximum of each window",),
)  # fmt: skip
MAX_POOL_GRAD: Op = defop(
    "MaxPoolGrad", _max_pool_grad, inputs="x y dy",
    vjps=(lambda g, out, x, y, dy, **attrs: zeros_like(x),
          None,
          lambda g, out, x, y, dy, **attrs: execute(MAX_POOL_GRAD_GRAD, (x, y, g), attrs)),
    formulas=("0", "", "g at the first maximum of each window"),
)  # fmt: skip
MAX_POOL_GRAD_GRAD: Op = defop(
    "MaxPoolGradGrad", _max_pool_grad_grad, inputs="x y ddx",
    vjps=(lambda g, out, x, y, ddx, **attrs: zeros_like(x),
          None,
          lambda g, out, x, y, ddx, **attrs: execute(MAX_POOL_GRAD, (x, y, g), attrs)),
    formulas=("0", "", "g, at the first maximum of each window"),
)  # fmt: skip
AVG_POOL: Op = defop(
    "AvgPool", _avg_pool, inputs="x",
    vjps=(lambda g, y, x, **attrs: execute(AVG_POOL_GRAD, (g,), {"shape": x._array.shape, **attrs}),),
    formulas=("g / n, at each of the n cells of its window",),
)  # fmt: skip
AVG_POOL_GRAD: Op = defop(
    "AvgPoolGrad", _avg_pool_grad, (lambda g, y, dy, shape, **attrs: execute(AVG_POOL, (g,), attrs),), inputs="dy",
    formulas=("the mean of g over each window",),
)  # fmt: skip


# -- the functions -------------------------------------------------------------------------------------------------


def _pool(op: Op, input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any) -> EagerTensor:
    x = to_tensor(input)
    if x._array.ndim != 4:
        raise invalid(
            op.name, "Input must be 4 or 5-dimensional" if op is MAX_POOL else "tensor_in must be 4-dimensional"
        )
    layout = layout_of(data_format)
    kernel, steps = pair(ksize, "ksize", layout), check_strides(op.name, strides, layout, x)
    if layout == "NCHW":
        x = transpose(x, (0, 2, 3, 1))
    sizes = (x._array.shape[1], x._array.shape[2])
    around = paddings(padding, sizes, kernel, steps, (1, 1), op.name, layout)
    output_sizes(sizes, kernel, steps, (1, 1), around, op.name, op.name)
    y = execute(op, (x,), {"ksize": kernel, "strides": steps, "padding": around})
    return transpose(y, (0, 3, 1, 2)) if layout == "NCHW" else y


def _pool_1d(op: Op, input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any) -> EagerTensor:
    at = 2 if data_format in ("NCW", "NCHW") else 1
    k, step = (static_ints(v) for v in (ksize, strides))
    window, hop = ([1, s[at] if len(s) == 3 else s[0]] for s in (k, step))
    return squeeze(_pool(op, expand_dims(input, at), window, hop, padding, "NCHW" if at == 2 else "NHWC"), at)


def max_pool2d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = "NHWC", name: str | None = None
) -> EagerTensor:
    """The maximum of each window of images (examples, height, width, channels). Of equals the first gets the gradient.

    Raises:
        InvalidArgumentError: another rank, an unknown padding, a window larger than the image.
        ValueError: ``ksize`` or ``strides`` of a wrong length.
    """
    return _pool(MAX_POOL, input, ksize, strides, padding, data_format)


def avg_pool2d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = "NHWC", name: str | None = None
) -> EagerTensor:
    """The mean of each window of images over the cells inside the image; see :func:`max_pool2d`."""
    return _pool(AVG_POOL, input, ksize, strides, padding, data_format)


def max_pool1d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = "NWC", name: str | None = None
) -> EagerTensor:
    """The maximum of each window of sequences (examples, length, channels); see :func:`max_pool2d`."""
    return _pool_1d(MAX_POOL, input, ksize, strides, padding, data_format)


def avg_pool1d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = "NWC", name: str | None = None
) -> EagerTensor:
    """The mean of each window of sequences (examples, length, channels); see :func:`max_pool2d`."""
    return _pool_1d(AVG_POOL, input, ksize, strides, padding, data_format)


def max_pool(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = None, name: str | None = None
) -> EagerTensor:
    """:func:`max_pool1d`, :func:`max_pool2d` or ``max_pool3d``, by rank. Raises ValueError for another rank."""
    return _by_rank(MAX_POOL, input, ksize, strides, padding, data_format)


def avg_pool(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = None, name: str | None = None
) -> EagerTensor:
    """:func:`avg_pool1d`, :func:`avg_pool2d` or ``avg_pool3d``, by rank. Raises ValueError for another rank."""
    return _by_rank(AVG_POOL, input, ksize, strides, padding, data_format)


def _by_rank(op: Op, input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any) -> EagerTensor:
    x = to_tensor(input)
    rank = x._array.ndim
    if rank == 3:
        return _pool_1d(op, x, ksize, strides, padding, data_format or "NWC")
    if rank == 4:
        return _pool(op, x, ksize, strides, padding, data_format)
    if rank == 5:
        return (max_pool3d if op is MAX_POOL else avg_pool3d)(x, ksize, strides, padding, data_format)
    raise ValueError(f"`input.shape.rank` must be 3, 4 or 5. Received: input.shape={x.shape} of rank {rank}.")
