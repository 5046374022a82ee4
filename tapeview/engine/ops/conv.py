"""Convolutions of images (NHWC): their entries in the table of ops, and the functions."""

from __future__ import annotations

from typing import Any

from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.errors import UnimplementedError, device, invalid, wrong_dtype
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops import conv_kernels
from tapeview.engine.ops.shape import expand_dims, reshape, squeeze, static_ints, static_shape, transpose
from tapeview.engine.ops.windows import Pair, outer_is_one, output_sizes, paddings, pair
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import EagerTensor


def _dx(g: EagerTensor, y: EagerTensor, x: EagerTensor, w: EagerTensor, **attrs: Any) -> EagerTensor:
    return execute(CONV_BACK_INPUT, (w, g), {"shape": x._array.shape, **attrs})


def _dw(g: EagerTensor, y: EagerTensor, x: EagerTensor, w: EagerTensor, **attrs: Any) -> EagerTensor:
    return execute(CONV_BACK_FILTER, (x, g), {"shape": w._array.shape, **attrs})


CONV: Op = defop(
    "Conv2D", conv_kernels.conv, (_dx, _dw), inputs="x filter",
    formulas=("g * filter, spread back over the windows", "the sum over all windows of x * g"),
)  # fmt: skip
CONV_BACK_INPUT: Op = defop(
    "Conv2DBackpropInput", conv_kernels.conv_back_input, inputs="filter dy",
    vjps=(lambda g, y, w, dy, shape, **attrs: execute(CONV_BACK_FILTER, (g, dy), {"shape": w._array.shape, **attrs}),
          lambda g, y, w, dy, shape, **attrs: execute(CONV, (g, w), attrs)),
    formulas=("the sum over all windows of g * dy", "conv2d(g, filter)"),
)  # fmt: skip
CONV_BACK_FILTER: Op = defop(
    "Conv2DBackpropFilter", conv_kernels.conv_back_filter, inputs="x dy",
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
