"""Depthwise convolutions of images (NHWC): each channel has filters of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.conv import check_strides, conv2d, image_operands, kernel_name, layout_of
from tapeview.engine.ops.shape import transpose
from tapeview.engine.ops.windows import Padding, Pair, cropped, every, output_sizes, padded, paddings, pair
from tapeview.engine.tensor import Array, EagerTensor

Shape = tuple[int, ...]


def _places(kernel: Shape, out: Shape, strides: Pair, dilations: Pair) -> Iterator[tuple[int, int, Any]]:
    """Each element of the filter with the part of the padded images it meets."""
    for ky in range(kernel[0]):
        rows = every(ky * dilations[0], out[0], strides[0])
        for kx in range(kernel[1]):
            yield ky, kx, (slice(None), rows, every(kx * dilations[1], out[1], strides[1]))


def _depthwise(x: Array, w: Array, *, strides: Pair, padding: Padding, dilations: Pair) -> Array:
    n, height, width, depth = x.shape
    kernel = (w.shape[0], w.shape[1])
    out = output_sizes((height, width), kernel, strides, dilations, padding, "DepthwiseConv2dNative")
    framed = padded(x, padding)
    y = np.zeros((n, *out, depth, w.shape[3]), x.dtype)
    for ky, kx, at in _places(kernel, out, strides, dilations):
        y += framed[at][..., None] * w[ky, kx]
    return y.reshape(n, *out, -1)


def _back_input(w: Array, dy: Array, *, shape: Shape, strides: Pair, padding: Padding, dilations: Pair) -> Array:
    (top, bottom), (left, right) = padding
    n, height, width, depth = shape
    dx = np.zeros((n, height + top + bottom, width + left + right, depth), dy.dtype)
    g = dy.reshape(*dy.shape[:3], depth, -1)
    for ky, kx, at in _places(w.shape, dy.shape[1:3], strides, dilations):
        dx[at] += (g * w[ky, kx]).sum(-1)
    return cropped(dx, padding, (height, width))


def _back_filter(x: Array, dy: Array, *, shape: Shape, strides: Pair, padding: Padding, dilations: Pair) -> Array:
    framed = padded(x, padding)
    g = dy.reshape(*dy.shape[:3], x.shape[3], -1)
    dw = np.empty(shape, x.dtype)
    for ky, kx, at in _places(shape, dy.shape[1:3], strides, dilations):
        dw[ky, kx] = np.einsum("nhwc,nhwcm->cm", framed[at], g)
    return dw


def _dx(g: EagerTensor, y: EagerTensor, x: EagerTensor, w: EagerTensor, **attrs: Any) -> EagerTensor:
    return execute(DEPTHWISE_BACK_INPUT, (w, g), {"shape": x._array.shape, **attrs})


def _dw(g: EagerTensor, y: EagerTensor, x: EagerTensor, w: EagerTensor, **attrs: Any) -> EagerTensor:
    return execute(DEPTHWISE_BACK_FILTER, (x, g), {"shape": w._array.shape, **attrs})


def _again(g: EagerTensor, w: EagerTensor, attrs: Any) -> EagerTensor:
    return execute(DEPTHWISE, (g, w), attrs)


DEPTHWISE: Op = defop(
    "DepthwiseConv2dNative", _depthwise, (_dx, _dw), inputs="x filter",
    formulas=("g * filter, spread back over the windows", "the sum over all windows of x * g"),
)  # fmt: skip
DEPTHWISE_BACK_INPUT: Op = defop(
    "DepthwiseConv2dNativeBackpropInput", _back_input, inputs="filter dy",
    vjps=(lambda g, y, w, dy, shape, **attrs: _dw(dy, y, g, w, **attrs),
          lambda g, y, w, dy, shape, **attrs: _again(g, w, attrs)),
    formulas=("the sum over all windows of g * dy", "depthwise_conv2d(g, filter)"),
)  # fmt: skip
DEPTHWISE_BACK_FILTER: Op = defop(
    "DepthwiseConv2dNativeBackpropFilter", _back_filter, inputs="x dy",
    vjps=(lambda g, y, x, dy, shape, **attrs: _dx(dy, y, x, g, **attrs),
          lambda g, y, x, dy, shape, **attrs: _again(x, g, attrs)),
    formulas=("dy * g, spread back over the windows", "depthwise_conv2d(x, g)"),
)  # fmt: skip


def depthwise_conv2d(
    input: Any, filter: Any, strides: Any, padding: Any, data_format: Any = None, dilations: Any = None,
    name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """Images convolved with a filter (height, width, channels, multiplier): ``channels * multiplier`` new channels.

    Raises:
        InvalidArgumentError: ranks, types, depths or a padding that do not fit.
    """
    op = "DepthwiseConv2dNative"
    x, w = image_operands(op, input, filter)
    layout = layout_of(data_format)
    steps, holes = check_strides(op, strides, layout, x), pair(dilations, "dilations", layout)
    if layout == "NCHW":
        x = transpose(x, (0, 2, 3, 1))
    (_, height, width, depth), (kh, kw, cin, _) = x._array.shape, w._array.shape
    if depth != cin:
        raise invalid(op, f"input and filter must have the same depth: {depth} vs {cin}", wrapped=kernel_name(op, x))
    around = paddings(padding, (height, width), (kh, kw), steps, holes, op, layout)
    output_sizes((height, width), (kh, kw), steps, holes, around, op)
    y = execute(DEPTHWISE, (x, w), {"strides": steps, "padding": around, "dilations": holes})
    return transpose(y, (0, 3, 1, 2)) if layout == "NCHW" else y


def separable_conv2d(
    input: Any, depthwise_filter: Any, pointwise_filter: Any, strides: Any, padding: Any, data_format: Any = None,
    dilations: Any = None, name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """A depthwise convolution, then one with a filter of 1 × 1. Raises InvalidArgumentError as both do."""
    y = depthwise_conv2d(input, depthwise_filter, strides, padding, data_format, dilations)
    return conv2d(y, pointwise_filter, 1, "VALID", data_format or "NHWC")
