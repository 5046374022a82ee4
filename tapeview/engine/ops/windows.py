"""What convolutions and pools share: arguments in all their spellings, SAME and VALID, blocks of windows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tapeview.engine.errors import InvalidArgumentError, invalid
from tapeview.engine.ops.shape import static_ints
from tapeview.engine.tensor import Array

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]

SCRATCH = 2**20
"""Bytes of windows that are copied out at a time: small enough to stay in the processor's cache."""


def pair(value: Any, name: str, layout: str) -> Pair:
    """Sizes for height and width, given as one number, as one or two in a list, or as four in the order of ``layout``.

    Raises:
        ValueError: another number of them, or one for examples or channels that is not 1.
    """
    given = static_ints(1 if value is None else value)
    if len(given) not in (1, 2, 4):
        raise ValueError(f"{name} should be of length 1, 2 or 4. Received: {name}={value} of length {len(given)}")
    if len(given) < 4:
        return given[0], given[-1]
    return given[layout.index("H")], given[layout.index("W")]


def outer_is_one(value: Any, layout: str) -> bool:
    """True unless the sizes are four and those of examples and channels are not 1."""
    given = static_ints(1 if value is None else value)
    return len(given) != 4 or (given[layout.index("N")] == 1 and given[layout.index("C")] == 1)


def paddings(padding: Any, sizes: Pair, kernel: Pair, strides: Pair, dilations: Pair, op: str, layout: str) -> Padding:
    """(top, bottom), (left, right) for SAME, VALID or an explicit list of four pairs.

    Raises:
        ValueError: a list that is not of length 4.
        InvalidArgumentError: another word.
    """
    if isinstance(padding, (list, tuple)):
        if len(padding) != 4:
            text = "When padding is a list, it must be of size 4. Received: padding="
            raise ValueError(f"{text}{padding} of size {len(padding)}")
        height, width = (static_ints(padding[layout.index(d)]) for d in "HW")
        return (height[0], height[1]), (width[0], width[1])
    if padding == "VALID":
        return (0, 0), (0, 0)
    if padding != "SAME":
        text = f"Value for attr 'padding' of \"{padding}\" is not in the list of allowed values: "
        raise invalid(op, text + '"SAME", "VALID", "EXPLICIT"', kernel=False)
    both = []
    for size, k, stride, dilation in zip(sizes, kernel, strides, dilations, strict=True):
        total = max((math.ceil(size / stride) - 1) * stride + (k - 1) * dilation + 1 - size, 0)
        both.append((total // 2, total - total // 2))
    return both[0], both[1]


def output_sizes(
    sizes: Pair, kernel: Pair, strides: Pair, dilations: Pair, padding: Padding, op: str, wrapped: str | None = None
) -> Pair:
    """Height and width of the result. Raises InvalidArgumentError if the window is larger than the input."""
    found = []
    for size, k, stride, dilation, (before, after) in zip(sizes, kernel, strides, dilations, padding, strict=True):
        reach = (k - 1) * dilation + 1
        out = (size + before + after - reach) // stride + 1
        if out < 0 or (out == 0 and size + before + after < reach):
            raise too_large(op, size, reach, stride, out, wrapped)
        found.append(out)
    return found[0], found[1]


def too_large(op: str, size: int, reach: int, stride: int, out: int, wrapped: str | None) -> InvalidArgumentError:
    """A window that does not fit into its input."""
    text = f"Computed output size would be negative: {min(out, 0)} "
    return invalid(op, f"{text}[input_size: {size}, effective_filter_size: {reach}, stride: {stride}]", wrapped=wrapped)


def padded(x: Array, padding: Padding, value: Any = 0) -> Array:
    """NHWC images in a frame of ``value``; ``x`` itself if the frame has no width."""
    (top, bottom), (left, right) = padding
    if not (top or bottom or left or right):
        return x
    n, h, w, c = x.shape
    out = np.full((n, h + top + bottom, w + left + right, c), value, x.dtype)
    out[:, top : top + h, left : left + w] = x
    return out


def cropped(x: Array, padding: Padding, sizes: Pair) -> Array:
    """What :func:`padded` framed."""
    (top, _), (left, _) = padding
    return x[:, top : top + sizes[0], left : left + sizes[1]]


def every(offset: int, count: int, stride: int) -> slice:
    """``count`` places from ``offset`` on, ``stride`` apart."""
    return slice(offset, offset + (count - 1) * stride + 1 if count else offset, stride)


def block_size(examples: int, bytes_each: int) -> int:
    """How many examples to work on at a time."""
    return max(1, min(examples, SCRATCH // max(bytes_each, 1)))


def is_finite(x: Array) -> bool:
    """True if no float is infinite or NaN. (Of float32 and float64 that may be unsaid where squares overflow.)"""
    flat = x.reshape(-1)
    return math.isfinite(np.dot(flat, flat) if x.itemsize > 2 else np.add.reduce(flat, dtype=np.float64))
