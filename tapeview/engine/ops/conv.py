"""Convolutions of images (NHWC). Windows are copied out block by block and multiplied with the filter as one matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.errors import UnimplementedError, device, invalid, wrong_dtype
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.shape import expand_dims, reshape, squeeze, static_ints, static_shape, transpose
from tapeview.engine.ops.windows import (
    Padding,
    Pair,
    block_size,
    cropped,
    every,
    outer_is_one,
    output_sizes,
    padded,
    paddings,
    pair,
    windows,
)
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor

Shape = tuple[int, ...]


def _out_sizes(x_shape: Shape, w_shape: Shape, strides: Pair, padding: Padding, dilations: Pair) -> Pair:
    return output_sizes((x_shape[1], x_shape[2]), (w_shape[0], w_shape[1]), strides, dilations, padding, "Conv2D")


def _by_groups(function: Any, groups: int, *parts: tuple[Array, int]) -> list[Array]:
    """The results for each group of channels; a part is an array and the axis along which the groups lie."""
    split = [np.split(array, groups, axis) for array, axis in parts]
    return [function(*[np.ascontiguousarray(p) for p in group]) for group in zip(*split, strict=True)]


def _conv(x: Array, w: Array, *, strides: Pair, padding: Padding, dilations: Pair) -> Array:
    attrs: Any = {"strides": strides, "padding": padding, "dilations": dilations}
    groups = x.shape[3] // w.shape[2]
    if groups > 1:
        return np.concatenate(_by_groups(lambda a, b: _conv(a, b, **attrs), groups, (x, 3), (w, 3)), 3)
    kh, kw, _, cout = w.shape
    out = _out_sizes(x.shape, w.shape, strides, padding, dilations)
    framed = padded(x, padding)
    matrix = w.reshape(-1, cout)
    y = np.empty((x.shape[0], *out, cout), x.dtype)
    each = out[0] * out[1] * matrix.shape[0]
    step = block_size(len(y), each * x.itemsize)
    scratch = np.empty((step, *out, kh, kw, x.shape[3]), x.dtype)
    for start in range(0, len(y), step):
        part = windows(framed[start : start + step], (kh, kw), strides, dilations, out)
        columns = scratch[: len(part)]
        np.copyto(columns, part)
        np.matmul(columns.reshape(-1, matrix.shape[0]), matrix, out=y[start : start + step].reshape(-1, cout))
    return y


def _conv_back_input(w: Array, dy: Array, *, shape: Shape, strides: Pair, padding: Padding, dilations: Pair) -> Array:
    attrs: Any = {"strides": strides, "padding": padding, "dilations": dilations}
    groups = shape[3] // w.shape[2]
    if groups > 1:
        attrs["shape"] = (*shape[:3], shape[3] // groups)
        return np.concatenate(_by_groups(lambda a, b: _conv_back_input(a, b, **attrs), groups, (w, 3), (dy, 3)), 3)
    kh, kw, cin, cout = w.shape
    n, ho, wo, _ = dy.shape
    (top, bottom), (left, right) = padding
    dx = np.zeros((n, shape[1] + top + bottom, shape[2] + left + right, cin), dy.dtype)
    # What a block reads and writes stays in the cache: a third of the time at 256 images.
    step = block_size(n, 6 * ho * wo * max(cin, cout) * dy.itemsize)
    turned = np.ascontiguousarray(w.transpose(0, 1, 3, 2))
    scratch = np.empty((step * ho * wo, cin), dy.dtype)
    for start in range(0, n, step):
        part = dx[start : start + step]
        g = dy[start : start + step].reshape(-1, cout)
        sent = scratch[: len(g)]
        for ky in range(kh):
            rows = every(ky * dilations[0], ho, strides[0])
            for kx in range(kw):
                np.matmul(g, turned[ky, kx], out=sent)
                place = part[:, rows, every(kx * dilations[1], wo, strides[1])]
                np.add(place, sent.reshape(-1, ho, wo, cin), out=place)
    return cropped(dx, padding, (shape[1], shape[2]))


def _conv_back_filter(x: Array, dy: Array, *, shape: Shape, strides: Pair, padding: Padding, dilations: Pair) -> Array:
    attrs: Any = {"strides": strides, "padding": padding, "dilations": dilations}
    groups = x.shape[3] // shape[2]
    if groups > 1:
        attrs["shape"] = (*shape[:3], shape[3] // groups)
        return np.concatenate(_by_groups(lambda a, b: _conv_back_filter(a, b, **attrs), groups, (x, 3), (dy, 3)), 3)
    kh, kw, cin, cout = shape
    out = (dy.shape[1], dy.shape[2])
    framed = padded(x, padding)
    dw = np.zeros((kh * kw * cin, cout), x.dtype)
    step = block_size(len(x), out[0] * out[1] * len(dw) * x.itemsize)
    for start in range(0, len(x), step):
        part = windows(framed[start : start + step], (kh, kw), strides, dilations, out)
        dw += part.reshape(-1, len(dw)).T @ dy[start : start + step].reshape(-1, cout)
    return dw.reshape(shape)


def _dx(g: EagerTensor, y: EagerTensor, x: EagerTensor, w: EagerTensor, **attrs: Any) -> EagerTensor:
    return execute(CONV_BACK_INPUT, (w, g), {"shape": x._array.shape, **attrs})


def _dw(g: EagerTensor, y: EagerTensor, x: EagerTensor, w: EagerTensor, **attrs: Any) -> EagerTensor:
    return execute(CONV_BACK_FILTER, (x, g), {"shape": w._array.shape, **attrs})


CONV: Op = defop(
    "Conv2D", _conv, (_dx, _dw), inputs="x filter",
    formulas=("g * filter, spread back over the windows", "the sum over all windows of x * g"),
)  # fmt: skip
CONV_BACK_INPUT: Op = defop(
    "Conv2DBackpropInput", _conv_back_input, inputs="filter dy",
    vjps=(lambda g, y, w, dy, shape, **attrs: execute(CONV_BACK_FILTER, (g, dy), {"shape": w._array.shape, **attrs}),
          lambda g, y, w, dy, shape, **attrs: execute(CONV, (g, w), attrs)),
    formulas=("the sum over all windows of g * dy", "conv2d(g, filter)"),
)  # fmt: skip
CONV_BACK_FILTER: Op = defop(
    "Conv2DBackpropFilter", _conv_back_filter, inputs="x dy",
    vjps=(lambda g, y, x, dy, shape, **attrs: execute(CONV_BACK_INPUT, (g, dy), {"shape": x._array.shape, **attrs}),
          lambda g, y, x, dy, shape, **attrs: execute(CONV, (x, g), attrs)),
    formulas=("dy * g, spread back over the windows", "conv2d(x, g)"),
)  # fmt: skip


# -- the functions -------------------------------------------------------------------------------------------------


def kernel_name(op: str, x: EagerTensor) -> str:
    """Under which name TensorFlow's kernel for ``x``'s type reports errors (float32 is computed by oneDNN)."""
    return f"__MklNative{op}" if x.dtype.name == "float32" else op


def image_operands(op: str, input: Any, filters: Any) -> tuple[EagerTensor, EagerTensor]:
    """Images and filter as tensors of rank 4 (at least, for the images) and of one type.

    Raises:
        InvalidArgumentError: other ranks, or different types.
    """
    x = to_tensor(input)
    w = to_tensor(filters) if is_tensor_like(filters) else to_tensor(filters, x.dtype)
    if x._array.dtype != w._array.dtype:
        raise wrong_dtype(op, 1, x.dtype.word, w.dtype.word)
    if w._array.ndim != 4:
        raise invalid(op, f"filter must be 4-dimensional: {bracketed(w._array.shape)}", wrapped=kernel_name(op, x))
    if x._array.ndim < 4:
        raise invalid(op, f"input must be 4-dimensional: {bracketed(x._array.shape)}", wrapped=kernel_name(op, x))
    return x, w


def layout_of(data_format: Any) -> str:
    """``NHWC`` or ``NCHW``. Raises ValueError for another order."""
    layout = data_format or "NHWC"
    if layout not in ("NHWC", "NCHW"):
        raise ValueError(f"`data_format` must be 'NHWC' or 'NCHW'. Received: {data_format!r}")
    return layout


def check_strides(op: str, strides: Any, layout: str, x: EagerTensor) -> Pair:
    """Height and width of the strides.

    Raises:
        UnimplementedError: strides over examples or channels.
        InvalidArgumentError: a stride below 1.
    """
    if not outer_is_one(strides, layout):
        text = "Current implementation does not yet support strides in the batch and depth dimensions."
        raise UnimplementedError(None, None, f"{device(kernel_name(op, x))}{text} [Op:{op}] name: ")
    found = pair(strides, "strides", layout)
    for stride in found:
        if stride < 1:
            raise invalid(op, f"Stride must be > 0, but got {stride}", wrapped=kernel_name(op, x))
    return found


def conv2d(
    input: Any, filters: Any, strides: Any, padding: Any, data_format: Any = "NHWC", dilations: Any = None,
    name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """Images (examples, height, width, channels) convolved with a filter (height, width, channels, new channels).

    Args:
        strides: one number, two, or one per axis.
        padding: ``"SAME"``, ``"VALID"`` or four pairs.
        data_format: ``"NHWC"`` or ``"NCHW"``.
        dilations: as ``strides``.

    Raises:
        InvalidArgumentError: ranks, types, depths or a padding that do not fit.
        ValueError: strides, dilations or a padding of a wrong length.
    """
    x, w = image_operands("Conv2D", input, filters)
    if x._array.ndim > 4:
        inner = x._array.shape[-3:]
        y = conv2d(reshape(x, (-1, *inner)), w, strides, padding, data_format, dilations)
        return reshape(y, (*x._array.shape[:-3], *y._array.shape[1:]))
    layout = layout_of(data_format)
    steps, holes = check_strides("Conv2D", strides, layout, x), pair(dilations, "dilations", layout)
    if layout == "NCHW":
        x = transpose(x, (0, 2, 3, 1))
    wrapped = kernel_name("Conv2D", x)
    (_, height, width, depth), (kh, kw, cin, cout) = x._array.shape, w._array.shape
    if cin == 0 or depth % cin:
        text = f"input depth must be evenly divisible by filter depth: {depth} vs {cin}"
        raise invalid("Conv2D", text, wrapped=wrapped)
    if cout % (depth // cin):
        text = f"output depth must be evenly divisible by number of groups: {cout} vs {depth // cin}"
        raise invalid("Conv2D", text, wrapped=wrapped)
    around = paddings(padding, (height, width), (kh, kw), steps, holes, "Conv2D", layout)
    output_sizes((height, width), (kh, kw), steps, holes, around, "Conv2D", wrapped)
    y = execute(CONV, (x, w), {"strides": steps, "padding": around, "dilations": holes})
    return transpose(y, (0, 3, 1, 2)) if layout == "NCHW" else y


def conv2d_transpose(
    input: Any, filters: Any, output_shape: Any, strides: Any, padding: Any = "SAME", data_format: Any = "NHWC",
    dilations: Any = None, name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """The gradient of a convolution as an op of its own; the filter is (height, width, new channels, channels).

    Raises:
        InvalidArgumentError: ``output_shape`` is not the shape of a convolution's input that gives ``input``.
    """
    op = "Conv2DBackpropInput"
    dy, w = image_operands(op, input, filters)
    layout = layout_of(data_format)
    steps, holes = check_strides(op, strides, layout, dy), pair(dilations, "dilations", layout)
    shape = static_shape(output_shape)
    if layout == "NCHW":
        dy = transpose(dy, (0, 2, 3, 1))
        shape = (shape[0], shape[2], shape[3], shape[1])
    (kh, kw, _, cout), sizes = w._array.shape, (shape[1], shape[2])
    around = paddings(padding, sizes, (kh, kw), steps, holes, op, layout)
    expected = (shape[0], *output_sizes(sizes, (kh, kw), steps, holes, around, op), cout)
    if expected != dy._array.shape:
        text = f"Conv2DSlowBackpropInput: Size of out_backprop doesn't match computed: actual = {dy._array.shape}, "
        raise invalid(op, f"{text}computed = {expected}", wrapped=kernel_name(op, dy))
    y = execute(CONV_BACK_INPUT, (w, dy), {"shape": shape, "strides": steps, "padding": around, "dilations": holes})
    return transpose(y, (0, 3, 1, 2)) if layout == "NCHW" else y


def conv1d(
    input: Any, filters: Any, stride: Any, padding: Any, data_format: Any = "NWC", dilations: Any = None,
    name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """Sequences (examples, length, channels) convolved with a filter (length, channels, new channels).

    Raises:
        InvalidArgumentError: as :func:`conv2d`.
    """
    first = data_format in ("NCW", "NCHW")
    at = 2 if first else 1
    x, w = expand_dims(input, at), expand_dims(filters, 0)
    steps, holes = (static_ints(1 if v is None else v) for v in (stride, dilations))
    step, hole = (s[at] if len(s) == 3 else s[0] for s in (steps, holes))
    layout = "NCHW" if first else "NHWC"
    return squeeze(conv2d(x, w, [1, step], padding, layout, [1, hole]), at)


def convolution(
    input: Any, filters: Any, strides: Any = None, padding: Any = "VALID", data_format: Any = None,
    dilations: Any = None, name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """:func:`conv1d`, :func:`conv2d` or ``conv3d``, by the rank of the filter. Raises ValueError for another rank."""
    from tapeview.engine.ops.volumes import conv3d

    rank = to_tensor(filters)._array.ndim
    if rank == 3:
        return conv1d(input, filters, strides, padding, data_format or "NWC", dilations)
    if rank == 4:
        return conv2d(input, filters, strides, padding, data_format or "NHWC", dilations)
    if rank == 5:
        return conv3d(input, filters, 1 if strides is None else strides, padding, data_format, dilations)
    raise ValueError(f"tapeview convolves over one to three axes; the filter has rank {rank}.")
