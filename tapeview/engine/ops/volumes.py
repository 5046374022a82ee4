"""Convolutions and pools of volumes (examples, depth, height, width, channels).

A convolution of volumes is one of images for each layer of the filter; a pool reduces along each axis in turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.errors import invalid, wrong_dtype
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops import conv as images
from tapeview.engine.ops.elementwise import zeros_like
from tapeview.engine.ops.shape import static_ints, static_shape, transpose
from tapeview.engine.ops.windows import Pair, every, paddings, too_large
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor

Shape = tuple[int, ...]
Triple = tuple[int, int, int]
Frame = tuple[Pair, Pair, Pair]

_LAST = (0, 2, 3, 4, 1)
_FIRST = (0, 4, 1, 2, 3)


def _framed(x: Array, frame: Any, value: Any = 0) -> Array:
    """Volumes with ``value`` around them; ``x`` itself if the frame has no width."""
    if not any(sum(ends) for ends in frame):
        return x
    return np.pad(x, ((0, 0), *frame, *[(0, 0)] * (4 - len(frame))), constant_values=value)


def _inside(x: Array, frame: Frame, sizes: Any) -> Array:
    """What :func:`_framed` framed."""
    return x[(slice(None), *[slice(before, before + n) for (before, _), n in zip(frame, sizes, strict=True)])]


def _counts(sizes: Any, kernel: Any, strides: Any, dilations: Any, frame: Any) -> Triple:
    """The result's depth, height and width. Raises ValueError if the window is larger than the volume."""
    found = []
    for n, k, stride, hole, (before, after) in zip(sizes, kernel, strides, dilations, frame, strict=True):
        reach = (k - 1) * hole + 1
        count = (n + before + after - reach) // stride + 1
        if count <= 0:
            raise too_large("Conv3D", n, reach, stride, count, None)
        found.append(count)
    return found[0], found[1], found[2]


# -- convolutions --------------------------------------------------------------------------------------------------


def _flat(attrs: dict[str, Any]) -> dict[str, Any]:
    """The attributes of the convolution of images within."""
    return {word: values[1:] for word, values in attrs.items()}


def _layers(depth: int, count: int, attrs: dict[str, Any]) -> Iterator[tuple[int, slice]]:
    """For each layer of the filter the layers of the padded volume that it meets."""
    for z in range(depth):
        yield z, every(z * attrs["dilations"][0], count, attrs["strides"][0])


def _conv(x: Array, w: Array, **attrs: Any) -> Array:
    out = _counts(x.shape[1:4], w.shape[:3], attrs["strides"], attrs["dilations"], attrs["padding"])
    framed, inner = _framed(x, attrs["padding"][:1]), _flat(attrs)
    y: Any = 0
    for z, met in _layers(len(w), out[0], attrs):
        y = y + images.CONV.forward(framed[:, met].reshape(-1, *x.shape[2:]), w[z], **inner)
    return y.reshape(len(x), *out, w.shape[-1])  # type: ignore[no-any-return]


def _conv_back_input(w: Array, dy: Array, *, shape: Shape, **attrs: Any) -> Array:
    before, after = attrs["padding"][0]
    dx = np.zeros((shape[0], shape[1] + before + after, *shape[2:]), dy.dtype)
    g, inner = dy.reshape(-1, *dy.shape[2:]), _flat(attrs)
    for z, met in _layers(len(w), dy.shape[1], attrs):
        sent = images.CONV_BACK_INPUT.forward(w[z], g, shape=(len(g), *shape[2:]), **inner)
        dx[:, met] += sent.reshape(len(dy), -1, *shape[2:])
    return dx[:, before : before + shape[1]]


def _conv_back_filter(x: Array, dy: Array, *, shape: Shape, **attrs: Any) -> Array:
    framed, inner = _framed(x, attrs["padding"][:1]), _flat(attrs)
    g = dy.reshape(-1, *dy.shape[2:])
    dw = np.empty(shape, x.dtype)
    for z, met in _layers(len(dw), dy.shape[1], attrs):
        dw[z] = images.CONV_BACK_FILTER.forward(framed[:, met].reshape(-1, *x.shape[2:]), g, shape=shape[1:], **inner)
    return dw


CONV: Op = defop(
    "Conv3D", _conv, inputs="x filter",
    vjps=(lambda g, y, x, w, **attrs: execute(CONV_BACK_INPUT, (w, g), {"shape": x._array.shape, **attrs}),
          lambda g, y, x, w, **attrs: execute(CONV_BACK_FILTER, (x, g), {"shape": w._array.shape, **attrs})),
    formulas=("g * filter, spread back over the windows", "the sum over all windows of x * g"),
)  # fmt: skip
CONV_BACK_INPUT: Op = defop(
    "Conv3DBackpropInputV2", _conv_back_input, inputs="filter dy",
    vjps=(lambda g, y, w, dy, shape, **attrs: execute(CONV_BACK_FILTER, (g, dy), {"shape": w._array.shape, **attrs}),
          lambda g, y, w, dy, shape, **attrs: execute(CONV, (g, w), attrs)),
    formulas=("the sum over all windows of g * dy", "conv3d(g, filter)"),
)  # fmt: skip
CONV_BACK_FILTER: Op = defop(
    "Conv3DBackpropFilterV2", _conv_back_filter, inputs="x dy",
    vjps=(lambda g, y, x, dy, shape, **attrs: execute(CONV_BACK_INPUT, (g, dy), {"shape": x._array.shape, **attrs}),
          lambda g, y, x, dy, shape, **attrs: execute(CONV, (x, g), attrs)),
    formulas=("dy * g, spread back over the windows", "conv3d(x, g)"),
)  # fmt: skip


# -- pools ---------------------------------------------------------------------------------------------------------


def _places(ksize: Triple, strides: Triple, out: Triple) -> Iterator[tuple[Any, ...]]:
    """For each place in a window the index of all windows' elements there."""
    for offset in np.ndindex(*ksize):
        yield (slice(None), *[every(o, n, s) for o, n, s in zip(offset, out, strides, strict=True)])


def _reduced(function: Any, x: Array, ksize: Triple, strides: Triple, out: Triple) -> Array:
    """Padded volumes with each window reduced to one number."""
    for axis, (k, stride, count) in enumerate(zip(ksize, strides, out, strict=True), 1):
        before = (slice(None),) * axis
        found = x[(*before, every(0, count, stride))].copy()
        for offset in range(1, k):
            function(found, x[(*before, every(offset, count, stride))], out=found)
        x = found
    return x


def _pool_out(shape: Shape, ksize: Triple, strides: Triple, padding: Frame) -> Triple:
    return _counts(shape[1:4], ksize, strides, (1, 1, 1), padding)


def _max_pool(x: Array, *, ksize: Triple, strides: Triple, padding: Frame) -> Array:
    return _reduced(np.fmax, _framed(x, padding, -np.inf), ksize, strides, _pool_out(x.shape, ksize, strides, padding))


def _max_pool_grad(x: Array, y: Array, dy: Array, *, ksize: Triple, strides: Triple, padding: Frame) -> Array:
    framed = _framed(x, padding, -np.inf)
    dx = np.zeros(framed.shape, dy.dtype)
    for at in _places(ksize, strides, (y.shape[1], y.shape[2], y.shape[3])):
        dx[at] += dy * (framed[at] == y)
    return _inside(dx, padding, x.shape[1:4])


def _max_pool_grad_grad(x: Array, y: Array, ddx: Array, *, ksize: Triple, strides: Triple, padding: Frame) -> Array:
    framed, g = _framed(x, padding, -np.inf), _framed(ddx, padding)
    found = np.zeros(y.shape, ddx.dtype)
    for at in _places(ksize, strides, (y.shape[1], y.shape[2], y.shape[3])):
        found += g[at] * (framed[at] == y)
    return found


def _cells(shape: Shape, ksize: Triple, strides: Triple, padding: Frame, dtype: Any) -> Array:
    """How many cells of each window lie inside the volume."""
    inside = _framed(np.ones((1, *shape[1:4], 1), dtype), padding)
    return _reduced(np.add, inside, ksize, strides, _pool_out(shape, ksize, strides, padding))


def _avg_pool(x: Array, *, ksize: Triple, strides: Triple, padding: Frame) -> Array:
    total = _reduced(np.add, _framed(x, padding), ksize, strides, _pool_out(x.shape, ksize, strides, padding))
    return total / _cells(x.shape, ksize, strides, padding, x.dtype)


def _avg_pool_grad(dy: Array, *, shape: Shape, ksize: Triple, strides: Triple, padding: Frame) -> Array:
    share = dy / _cells(shape, ksize, strides, padding, dy.dtype)
    dx = np.zeros((shape[0], *[n + sum(e) for n, e in zip(shape[1:4], padding, strict=True)], shape[4]), dy.dtype)
    for at in _places(ksize, strides, (dy.shape[1], dy.shape[2], dy.shape[3])):
        dx[at] += share
    return _inside(dx, padding, shape[1:4])


MAX_POOL: Op = defop(
    "MaxPool3D", _max_pool, (lambda g, y, x, **attrs: execute(MAX_POOL_GRAD, (x, y, g), attrs),), inputs="x",
    formulas=("g, at the maxima of each window",),
)  # fmt: skip
MAX_POOL_GRAD: Op = defop(
    "MaxPool3DGrad", _max_pool_grad, inputs="x y dy",
    vjps=(lambda g, out, x, y, dy, **attrs: zeros_like(x),
          lambda g, out, x, y, dy, **attrs: zeros_like(y),
          lambda g, out, x, y, dy, **attrs: execute(MAX_POOL_GRAD_GRAD, (x, y, g), attrs)),
    formulas=("0", "0", "g at the maxima of each window"),
)  # fmt: skip
MAX_POOL_GRAD_GRAD: Op = defop(
    "MaxPool3DGradGrad", _max_pool_grad_grad, inputs="x y ddx",
    vjps=(lambda g, out, x, y, ddx, **attrs: zeros_like(x),
          lambda g, out, x, y, ddx, **attrs: zeros_like(y),
          lambda g, out, x, y, ddx, **attrs: execute(MAX_POOL_GRAD, (x, y, g), attrs)),
    formulas=("0", "0", "g, at the maxima of each window"),
)  # fmt: skip
AVG_POOL: Op = defop(
    "AvgPool3D", _avg_pool, inputs="x",
    vjps=(lambda g, y, x, **attrs: execute(AVG_POOL_GRAD, (g,), {"shape": x._array.shape, **attrs}),),
    formulas=("g / n, at each of the n cells of its window",),
)  # fmt: skip
AVG_POOL_GRAD: Op = defop(
    "AvgPool3DGrad", _avg_pool_grad, (lambda g, y, dy, shape, **attrs: execute(AVG_POOL, (g,), attrs),), inputs="dy",
    formulas=("the mean of g over each window",),
)  # fmt: skip


# -- the functions -------------------------------------------------------------------------------------------------


def _triple(value: Any, name: str, layout: str) -> Triple:
    """Sizes for depth, height and width, given as one number, as three, or as five in the order of ``layout``."""
    given = static_ints(1 if value is None else value)
    if len(given) not in (1, 3, 5):
        raise ValueError(f"{name} should be of length 1, 3 or 5. Received: {name}={value} of length {len(given)}")
    if len(given) == 5:
        return given[layout.index("D")], given[layout.index("H")], given[layout.index("W")]
    return given[0], given[len(given) // 2], given[-1]


def _layout(data_format: Any) -> str:
    layout = data_format or "NDHWC"
    if layout not in ("NDHWC", "NCDHW"):
        raise ValueError(f"`data_format` must be 'NDHWC' or 'NCDHW'. Received: {data_format!r}")
    return str(layout)


def _frame(op: str, padding: Any, sizes: Any, kernel: Any, strides: Any, dilations: Any) -> Frame:
    """The zeros before and after each axis."""

    def two(at: int) -> tuple[Pair, Pair]:
        pairs: list[Any] = [(v[at], v[at + 1]) for v in (sizes, kernel, strides, dilations)]
        return paddings(padding, pairs[0], pairs[1], pairs[2], pairs[3], op, "NHWC")

    return (two(0)[0], *two(1))


def _operands(op: str, input: Any, filters: Any) -> tuple[EagerTensor, EagerTensor]:
    x = to_tensor(input)
    w = to_tensor(filters) if is_tensor_like(filters) else to_tensor(filters, x.dtype)
    if x._array.dtype != w._array.dtype:
        raise wrong_dtype(op, 1, x.dtype.word, w.dtype.word)
    for word, tensor in (("input", x), ("filter", w)):
        if tensor._array.ndim != 5:
            raise invalid(op, f"{word} must be 5-dimensional: {bracketed(tensor._array.shape)}", wrapped=op)
    return x, w


def conv3d(
    input: Any, filters: Any, strides: Any, padding: Any, data_format: Any = "NDHWC", dilations: Any = None,
    name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """Volumes convolved with a filter (depth, height, width, channels, new channels).

    Args:
        strides: one number, three, or one per axis.
        padding: ``"SAME"`` or ``"VALID"``.
        dilations: as ``strides``.

    Raises:
        InvalidArgumentError: ranks, types, depths or a padding that do not fit.
        ValueError: strides or dilations of a wrong length.
    """
    op = "Conv3D"
    x, w = _operands(op, input, filters)
    layout = _layout(data_format)
    steps, holes = _triple(strides, "strides", layout), _triple(dilations, "dilations", layout)
    if layout == "NCDHW":
        x = transpose(x, _LAST)
    depth, cin = x._array.shape[4], w._array.shape[3]
    if cin == 0 or depth % cin:
        text = f"input and filter must have the same depth: {depth} vs {cin}"
        raise invalid(op, text, wrapped=images.kernel_name(op, x))
    frame = _frame(op, padding, x._array.shape[1:4], w._array.shape[:3], steps, holes)
    y = execute(CONV, (x, w), {"strides": steps, "padding": frame, "dilations": holes})
    return transpose(y, _FIRST) if layout == "NCDHW" else y


def conv3d_transpose(
    input: Any, filters: Any, output_shape: Any, strides: Any, padding: Any = "SAME", data_format: Any = "NDHWC",
    dilations: Any = None, name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """The gradient of a convolution as an op; the filter is (depth, height, width, new channels, channels).

    Raises:
        InvalidArgumentError: ``output_shape`` is not the shape of a convolution's input that gives ``input``.
    """
    op = "Conv3DBackpropInputV2"
    dy, w = _operands(op, input, filters)
    layout = _layout(data_format)
    steps, holes = _triple(strides, "strides", layout), _triple(dilations, "dilations", layout)
    shape = static_shape(output_shape)
    if layout == "NCDHW":
        dy = transpose(dy, _LAST)
        shape = (shape[0], *shape[2:], shape[1])
    kernel = w._array.shape[:3]
    frame = _frame(op, padding, shape[1:4], kernel, steps, holes)
    expected = (shape[0], *_counts(shape[1:4], kernel, steps, holes, frame), w._array.shape[4])
    if expected != dy._array.shape:
        text = f"Size of out_backprop doesn't match computed: actual = {dy._array.shape}, computed = {expected}"
        raise invalid(op, text, wrapped=op)
    y = execute(CONV_BACK_INPUT, (w, dy), {"shape": shape, "strides": steps, "padding": frame, "dilations": holes})
    return transpose(y, _FIRST) if layout == "NCDHW" else y


def _pool(op: Op, input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any) -> EagerTensor:
    x = to_tensor(input)
    if x._array.ndim != 5:
        raise invalid(op.name, "tensor_in must be 5-dimensional", wrapped=op.name)
    layout = _layout(data_format)
    kernel, steps = _triple(ksize, "ksize", layout), _triple(strides, "strides", layout)
    if layout == "NCDHW":
        x = transpose(x, _LAST)
    frame = _frame(op.name, padding, x._array.shape[1:4], kernel, steps, (1, 1, 1))
    y = execute(op, (x,), {"ksize": kernel, "strides": steps, "padding": frame})
    return transpose(y, _FIRST) if layout == "NCDHW" else y


def max_pool3d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = "NDHWC", name: str | None = None
) -> EagerTensor:
    """The maximum of each window of volumes; of equals each gets the gradient.

    Raises:
        InvalidArgumentError: another rank, an unknown padding, a window larger than the volume.
        ValueError: ``ksize`` or ``strides`` of a wrong length.
    """
    return _pool(MAX_POOL, input, ksize, strides, padding, data_format)


def avg_pool3d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = "NDHWC", name: str | None = None
) -> EagerTensor:
    """The mean of each window of volumes over the cells inside the volume; see :func:`max_pool3d`."""
    return _pool(AVG_POOL, input, ksize, strides, padding, data_format)
