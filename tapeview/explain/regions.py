"""Which elements of its inputs went into one element of an op's result, for ops that mix elements.

A region is one index for each axis, a number or a slice: for ``MatMul`` and the result at ``[3, 7]`` row 3 of the
first input and column 7 of the second one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.explain import contractions
from tapeview.explain.context import Context
from tapeview.explain.contractions import WHOLE, Index, Region, Shape
from tapeview.trace.records import BackwardStep, Op

_REDUCING = {"Sum", "Mean", "Prod", "Max", "Min", "EuclideanNorm", "LogSumExp", "Any", "All"}
_ROWWISE = {"Softmax", "LogSoftmax", "SparseSoftmaxCrossEntropyWithLogits", "SoftmaxCrossEntropyWithLogits"}
_POOLS = {"MaxPool", "AvgPool"}
_CONVOLUTIONS = {"Conv2D", "DepthwiseConv2dNative"}
_SCANS = {"Cumsum", "Cumprod", "CumulativeLogsumexp"}

Part = tuple[int, int, Region]
"""The number of an input (-1 = upstream gradient), the tensor, and the region of it."""


def forward(context: Context, op: Op, index: Index) -> list[Part]:
    """What went into the result of an op at ``index``; [] where that is not known."""
    shapes = [_shape(context, tensor) for tensor in op.inputs]
    if any(shape is None for shape in shapes):
        return []
    found = [shape or () for shape in shapes]
    if "Segment" in op.op:
        regions = contractions.segment_forward(index, context.value(op.inputs[1]))
    else:
        regions = _forward(op, index, found)
    return [(k, op.inputs[k], region) for k, region in enumerate(regions) if _fits(region, found[k])]


def backward(context: Context, step: BackwardStep, op: Op, number: int, index: Index) -> list[Part]:
    """What went into what an op's rule sends to input ``number``, at ``index``; [] where that is not known."""
    up = next((tensor for tensor in step.upstream if tensor), 0)
    shapes = [_shape(context, tensor) for tensor in (up, *op.inputs)]
    if any(shape is None for shape in shapes):
        return []
    above, *own = [shape or () for shape in shapes]
    parts: list[tuple[int, Region]] = _backward(op, number, index, above, own)
    tensors = (*op.inputs, up)
    sizes = (*own, above)
    return [(k, tensors[k], region) for k, region in parts if _fits(region, sizes[k])]


def _shape(context: Context, tensor: int) -> Shape | None:
    record = context.tensor(tensor)
    return record.shape if record is not None else None


def _fits(region: Region, shape: Shape) -> bool:
    pairs = zip(region, shape, strict=False)
    return len(region) == len(shape) and all(isinstance(one, slice) or 0 <= one < size for one, size in pairs)


def _forward(op: Op, index: Index, shapes: Sequence[Shape]) -> list[Region]:
    attrs = op.attrs
    if op.op in _REDUCING and shapes:
        return [_spread(index, _axes(attrs.get("axis"), len(shapes[0])), bool(attrs.get("keepdims")))]
    if op.op in _ROWWISE:
        rows = index[: len(shapes[0]) - 1]
        return [tuple(rows) + (WHOLE,) * (len(shape) - len(rows)) for shape in shapes]
    if op.op == "L2Loss":
        return [(WHOLE,) * len(shapes[0])]
    if op.op in _SCANS and index:
        return [_stretch(attrs, index, bool(attrs.get("reverse")))]
    if op.op == "FusedBatchNormV3" and index:
        return contractions.normalized_forward(index, shapes)
    product = contractions.letters(op, shapes)
    if product is not None:
        return contractions.product_forward(product, index, shapes)
    if (op.op in _POOLS or op.op in _CONVOLUTIONS) and len(index) == 4:
        n, *place, channel = index
        size = shapes[1][:2] if op.op in _CONVOLUTIONS else tuple(attrs.get("ksize", ()))
        windows = [_window(attrs, axis, place[axis], int(size[axis]), shapes[0][axis + 1]) for axis in (0, 1)]
        if op.op == "DepthwiseConv2dNative":
            return contractions.depthwise_forward(index, windows, shapes[1])
        if op.op == "Conv2D":
            return [(n, *windows, WHOLE), (WHOLE, WHOLE, WHOLE, channel)]
        return [(n, *windows, channel)]
    return []


def _backward(op: Op, number: int, index: Index, above: Shape, own: Sequence[Shape]) -> list[tuple[int, Region]]:
    attrs = op.attrs
    product = contractions.letters(op, own)
    if product is not None:
        return contractions.product_backward(product, number, index, above, own)
    if op.op == "DepthwiseConv2dNative" and len(index) == 4:
        return contractions.depthwise_backward(number, index, own[1])
    if op.op == "FusedBatchNormV3" and index:
        return contractions.normalized_backward(number, index, above)
    if op.op == "Cumsum" and index:
        return [(-1, _stretch(attrs, index, not attrs.get("reverse")))]
    if op.op == "Conv2D" and len(index) == 4:
        if number == 0:
            return [(-1, (index[0], WHOLE, WHOLE, WHOLE)), (1, (WHOLE, WHOLE, index[3], WHOLE))]
        return [(-1, (WHOLE, WHOLE, WHOLE, index[3])), (0, (WHOLE, WHOLE, WHOLE, index[2]))]
    if op.op in _REDUCING and number == 0:
        axes = _axes(attrs.get("axis"), len(index))
        kept = [i for axis, i in enumerate(index) if axis not in axes]
        up: Region = tuple(0 if axis in axes else i for axis, i in enumerate(index)) if len(above) == len(index) else ()
        return [(-1, up or tuple(kept)), (0, tuple(WHOLE if axis in axes else i for axis, i in enumerate(index)))]
    if op.op in _ROWWISE and number == 0:
        rows = index[: len(own[0]) - 1]
        return [(-1, tuple(rows) + (WHOLE,) * (len(above) - len(rows))), (0, (*rows, WHOLE))]
    if op.op == "BiasAdd" and number == 1:
        return [(-1, (WHOLE,) * (len(above) - 1) + index)]
    summed = len(own[number]) < len(above) or any(
        mine == 1 != other for mine, other in zip(own[number][::-1], above[::-1], strict=False)
    )
    if not summed:
        return []
    # The input was broadcast, so its gradient is a sum over all places at which it was used.
    missing = len(above) - len(index)
    along = tuple(WHOLE if own[number][axis] == 1 else i for axis, i in enumerate(index))
    whole: Region = (WHOLE,) * missing + along
    others = [(k, whole[len(whole) - len(shape) :] if shape else ()) for k, shape in enumerate(own) if k != number]
    return [(-1, whole), *((k, _clipped(region, own[k])) for k, region in others)]


def _clipped(region: Region, shape: Shape) -> Region:
    return tuple(
        0 if size == 1 and not isinstance(one, slice) else one for one, size in zip(region, shape, strict=True)
    )


def _stretch(attrs: dict[str, Any], index: Index, onward: bool) -> Region:
    """What a running sum added up at ``index``: all up to there, or all from there on."""
    axis = int(attrs.get("axis") or 0) % len(index)
    without = 1 if attrs.get("exclusive") else 0
    stretch = slice(index[axis] + without, None) if onward else slice(0, index[axis] + 1 - without)
    return (*index[:axis], stretch, *index[axis + 1 :])


def _axes(axis: Any, rank: int) -> set[int]:
    if axis is None:
        return set(range(rank))
    several = axis if isinstance(axis, list | tuple) else [axis]
    return {int(one) % max(1, rank) for one in several}


def _spread(index: Index, axes: set[int], kept: bool) -> Region:
    """The elements that a reduction brought together at ``index``."""
    rank = len(index) if kept else len(index) + len(axes)
    left = list(index)
    region: list[int | slice] = []
    for axis in range(rank):
        if axis in axes:
            region.append(WHOLE)
            if kept:
                left.pop(0)
        else:
            region.append(left.pop(0))
    return tuple(region)


def _window(attrs: dict[str, Any], axis: int, place: int, size: int, length: int) -> slice:
    padding = attrs.get("padding") or [[0, 0], [0, 0]]
    apart = int((attrs.get("dilations") or [1, 1])[axis])
    start = place * int(attrs["strides"][axis]) - int(padding[axis][0])
    return slice(max(0, start), min(length, start + (size - 1) * apart + 1))


def text(region: Region) -> str:
    """``[3, :]``; "" for the one element of a scalar."""

    def one(part: int | slice) -> str:
        if not isinstance(part, slice):
            return str(part)
        first = "" if part.start in (None, 0) else str(part.start)
        return f"{first}:{'' if part.stop is None else part.stop}"

    return f"[{', '.join(map(one, region))}]" if region else ""


def largest(value: np.ndarray, region: Region) -> tuple[Index, float]:
    """Where in a region the element of the greatest magnitude is, NaN and Inf before all others, and what it is.

    ValueError for a region without elements.
    """
    with np.errstate(all="ignore"):
        part = np.asarray(value[region])
        sizes = np.where(np.isfinite(part), np.abs(part), np.inf) if part.dtype.kind in "fc" else np.abs(part)
        inside = np.unravel_index(int(np.argmax(sizes)), part.shape)
    left = iter(int(k) for k in inside)
    index = tuple(next(left) + (one.start or 0) if isinstance(one, slice) else one for one in region)
    return index, float(np.real(part[inside]))
