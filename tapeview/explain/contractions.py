"""Which elements meet in ops that multiply and add along letters (matrix products, ``einsum``), by channels (depthwise
convolution, batch normalization) or by segments.
"""

from __future__ import annotations

import string
from collections.abc import Sequence

import numpy as np

from tapeview.trace.records import Op

Region = tuple[int | slice, ...]
Index = tuple[int, ...]
Shape = tuple[int, ...]
WHOLE = slice(None)

_PRODUCTS = ("MatMul", "BatchMatMulV2")


def letters(op: Op, shapes: Sequence[Shape]) -> tuple[list[str], str] | None:
    """What an op does in ``einsum``'s letters, for its inputs and its result; None if it does something else."""
    if op.op == "Einsum":
        given, arrow, result = str(op.attrs.get("equation", "")).replace(" ", "").partition("->")
        return (given.split(","), result) if arrow and "." not in given else None
    if op.op not in _PRODUCTS or len(shapes) != 2 or min(map(len, shapes)) < 2:
        return None
    batches = string.ascii_uppercase[: max(map(len, shapes)) - 2]
    first = "ki" if op.attrs.get("transpose_a") else "ik"
    second = "jk" if op.attrs.get("transpose_b") else "kj"
    parts = [batches[len(batches) - len(shape) + 2 :] for shape in shapes]
    return [parts[0] + first, parts[1] + second], batches + "ij"


def product_forward(parts: tuple[list[str], str], index: Index, shapes: Sequence[Shape]) -> list[Region]:
    """For each input the region that went into the result at ``index``."""
    inputs, result = parts
    at = dict(zip(result, index, strict=False))
    return [_at(one, at, shape) for one, shape in zip(inputs, shapes, strict=True)]


def product_backward(
    parts: tuple[list[str], str], number: int, index: Index, above: Shape, own: Sequence[Shape]
) -> list[tuple[int, Region]]:
    """What went into the gradient of input ``number`` at ``index``: regions of the upstream gradient (-1) and of the
    other inputs.
    """
    inputs, result = parts
    # Where an input was broadcast, its gradient is a sum over that axis.
    at = {letter: k for letter, k, size in zip(inputs[number], index, own[number], strict=False) if size > 1}
    others = [(k, _at(one, at, own[k])) for k, one in enumerate(inputs) if k != number]
    return [(-1, _at(result, at, above)), *others]


def _at(one: str, at: dict[str, int], shape: Shape) -> Region:
    return tuple(0 if size == 1 else at.get(letter, WHOLE) for letter, size in zip(one, shape, strict=False))


def depthwise_forward(index: Index, windows: Sequence[slice], filters: Shape) -> list[Region]:
    """Of the input and the filter of a depthwise convolution."""
    channel, which = divmod(index[3], filters[3])
    return [(index[0], windows[0], windows[1], channel), (WHOLE, WHOLE, channel, which)]


def depthwise_backward(number: int, index: Index, filters: Shape) -> list[tuple[int, Region]]:
    """The same for its rules."""
    many = filters[3]
    if number == 0:
        channel = index[3]
        sent = slice(channel * many, (channel + 1) * many)
        return [(-1, (index[0], WHOLE, WHOLE, sent)), (1, (WHOLE, WHOLE, channel, WHOLE))]
    return [(-1, (WHOLE, WHOLE, WHOLE, index[2] * many + index[3])), (0, (WHOLE, WHOLE, WHOLE, index[2]))]


def normalized_forward(index: Index, shapes: Sequence[Shape]) -> list[Region]:
    """Of the data, the scale and the offset of a batch normalization: all that has the same channel."""
    channel = index[-1]
    of_data = _channel(shapes[0], channel)
    alone: Region = (channel,)
    return [of_data, alone, alone] if len(index) > 1 else [of_data]


def _channel(shape: Shape, channel: int) -> Region:
    return (WHOLE,) * (len(shape) - 1) + (channel,)


def normalized_backward(number: int, index: Index, above: Shape) -> list[tuple[int, Region]]:
    """The same for its rules."""
    channel = _channel(above, index[-1])
    parts: list[tuple[int, Region]] = [(-1, channel)]
    if number < 2:
        parts.append((0, channel))
    return [*parts, (1, (index[-1],))] if number == 0 else parts


def segment_forward(index: Index, segments: np.ndarray | None) -> list[Region]:
    """Of the data of a segment op: the rows of one segment, where they stand side by side."""
    if segments is None or segments.ndim != 1 or not index:
        return []
    rows = np.flatnonzero(segments == index[0])
    if not rows.size or rows[-1] - rows[0] + 1 != rows.size:
        return []
    return [(slice(int(rows[0]), int(rows[-1]) + 1), *index[1:])]
