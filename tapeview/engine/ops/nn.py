"""What layers are made of: bias, dropout, moments, batch normalisation, embeddings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.arithmetic import squared_difference
from tapeview.engine.ops.elementwise import cast, stop_gradient
from tapeview.engine.ops.exponential import rsqrt
from tapeview.engine.ops.extremes import clip_by_norm
from tapeview.engine.ops.index import gather
from tapeview.engine.ops.random import uniform
from tapeview.engine.ops.random_stateless import stateless_uniform
from tapeview.engine.ops.reduction import reduce_mean
from tapeview.engine.ops.shape import broadcast_to, concat, reshape, squeeze, static_ints, static_shape
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor

_ROW = 16384
"""At most so many elements a row has along which few channels are added: short ones cost NumPy more than the sums."""


def _bias_add(x: Array, bias: Array, *, axis: int) -> Any:
    last = x.ndim - 1
    if axis != last:
        return x + bias.reshape([-1 if k == axis else 1 for k in range(x.ndim)])
    times = 1
    for size in x.shape[-2:0:-1]:
        if times * size * bias.size > _ROW:
            break
        times *= size
    if times > 1 and x.size and x.flags.c_contiguous:
        wide = x.reshape(-1, times * bias.size)
        return np.add(wide, np.tile(bias, times)).reshape(x.shape)
    return x + bias


def _bias_add_grad(g: Array, *, axis: int) -> Any:
    last = g.ndim - 1
    if axis != last or g.dtype.kind != "f" or g.dtype.itemsize < 4 or not g.size:
        return g.sum(tuple(k for k in range(g.ndim) if k != axis), g.dtype)
    channels = g.shape[-1]
    # Sums of sums: as exact as NumPy's, ten times as fast.
    rows = math.prod(g.shape[1:-1]) if g.ndim > 2 else 1
    if rows == 1:
        return np.ones(len(g), g.dtype) @ g.reshape(-1, channels)
    return np.matmul(np.ones(rows, g.dtype), g.reshape(-1, rows, channels)).sum(0)


BIAS_ADD: Op = defop(
    "BiasAdd", _bias_add, inputs="x bias",
    vjps=(lambda g, y, x, bias, axis: g,
          lambda g, y, x, bias, axis: execute(BIAS_ADD_GRAD, (g,), {"axis": axis})),
    formulas=("g", "g, summed over all axes but the channels'"),
)  # fmt: skip
BIAS_ADD_GRAD: Op = defop(
    "BiasAddGrad", _bias_add_grad, inputs="dy",
    vjps=(lambda g, y, dy, axis: broadcast_to(
        reshape(g, [-1 if k == axis else 1 for k in range(dy._array.ndim)]), dy._array.shape),),
    formulas=("g, for all places of its channel",),
)  # fmt: skip

DROPOUT: Op = defop(
    "Dropout", lambda x, keep, *, scale: np.where(keep, x * x.dtype.type(scale), x.dtype.type(0)),
    (lambda g, y, x, keep, scale: execute(DROPOUT, (g, keep), {"scale": scale}), None), inputs="x keep",
    formulas=("g / (1 - rate) where x was kept, else 0", ""),
)  # fmt: skip


def bias_add(value: Any, bias: Any, data_format: Any = None, name: str | None = None) -> EagerTensor:
    """``value + bias``, where the bias, a vector, belongs to the channels (the last axis; the second for ``NC...``).

    Raises:
        ValueError: an unknown ``data_format``.
        InvalidArgumentError: shapes that do not fit.
    """
    if data_format is not None and not (
        data_format.startswith("NC") or (data_format[0] == "N" and data_format[-1] == "C")
    ):
        raise ValueError(f"`data_format` must be of the form `N...C` or `NC...`. Received: data_format={data_format}")
    x = to_tensor(value)
    b = to_tensor(bias) if is_tensor_like(bias) else to_tensor(bias, x.dtype)
    shape, sizes = x._array.shape, b._array.shape
    if len(shape) < 2:
        raise invalid("BiasAdd", f"Input tensor must be at least 2D: {bracketed(shape)}")
    if len(sizes) != 1:
        raise invalid("BiasAdd", f"Biases must be 1D: {bracketed(sizes)}")
    axis = 1 if data_format is not None and data_format.startswith("NC") else len(shape) - 1
    if shape[axis] != sizes[0]:
        text = "Must provide as many biases as the "
        text += "last dimension of the input tensor: " if axis == len(shape) - 1 else "channel dimension: "
        raise invalid("BiasAdd", f"{text}{bracketed(sizes)} vs. {bracketed(shape)}")
    return execute(BIAS_ADD, (x, b), {"axis": axis})


# -- dropout -------------------------------------------------------------------------------------------------------


def _checked_rate(x: EagerTensor, rate: Any) -> float:
    if x._array.dtype.kind != "f":
        raise ValueError(
            f"`x.dtype` must be a floating point tensor as `x` will be scaled. Received: x_dtype={x.dtype}"
        )
    number = getattr(rate, "_array", rate)
    if isinstance(number, (str, bytes)) or np.ndim(number):
        raise ValueError(f"`rate` must be a scalar or scalar tensor. Received: rate={rate}")
    if not 0 <= number < 1:
        raise ValueError(f"`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate={rate}")
    return float(number)


def _dropped(x: EagerTensor, rate: float, drawn: EagerTensor) -> EagerTensor:
    keep = np.broadcast_to(drawn._array >= drawn._array.dtype.type(rate), x._array.shape)
    return execute(DROPOUT, (x, EagerTensor(keep)), {"scale": 1 / (1 - rate)})


def _noise_shape(x: EagerTensor, noise_shape: Any) -> Any:
    if noise_shape is None:
        return x._array.shape
    given = noise_shape if hasattr(noise_shape, "_array") else [
        d if n is None else n for n, d in zip(noise_shape, x._array.shape, strict=True)
    ]  # fmt: skip
    return static_shape(given)


def dropout(x: Any, rate: Any, noise_shape: Any = None, seed: Any = None, name: str | None = None) -> EagerTensor:
    """``x`` with elements set to 0 with probability ``rate``, the others divided by ``1 - rate``.

    ``noise_shape``: axes of size 1 are dropped or kept as a whole.

    Raises:
        ValueError: ints, or a rate outside of ``[0, 1)``.
    """
    t = to_tensor(x)
    number = _checked_rate(t, rate)
    if number == 0 and not is_tensor_like(rate):
        return t
    return _dropped(t, number, uniform(_noise_shape(t, noise_shape), seed=seed, dtype=t.dtype))


def stateless_dropout(
    x: Any, rate: Any, seed: Any, rng_alg: Any = "auto_select", noise_shape: Any = None, name: str | None = None
) -> EagerTensor:
    """As :func:`dropout`, depending on ``seed`` (two ints) only."""
    t = to_tensor(x)
    number = _checked_rate(t, rate)
    if number == 0 and not is_tensor_like(rate):
        return t
    return _dropped(t, number, stateless_uniform(_noise_shape(t, noise_shape), seed, dtype=t.dtype, alg=rng_alg))


# -- normalisation -------------------------------------------------------------------------------------------------


def moments(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> tuple[EagerTensor, EagerTensor]:
    """The mean and the (biased) variance over axes. float16 is computed as float32."""
    given = to_tensor(x)
    y = cast(given, dtypes.float32) if given.dtype is dtypes.float16 else given
    over = static_ints(axes)
    mean = reduce_mean(y, over, keepdims=True)
    variance = reduce_mean(squared_difference(y, stop_gradient(mean)), over, keepdims=True)
    if not keepdims:
        mean, variance = squeeze(mean, over), squeeze(variance, over)
    return cast(mean, given.dtype), cast(variance, given.dtype)


def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: Any, name: str | None = None
) -> EagerTensor:
    """``(x - mean) / sqrt(variance + epsilon) * scale + offset``; scale and offset may be None."""
    y = to_tensor(x)
    inverse = rsqrt(to_tensor(variance) + variance_epsilon)
    if scale is not None:
        inverse = inverse * scale
    rest = -to_tensor(mean) * inverse if offset is None else offset - to_tensor(mean) * inverse
    return y * cast(inverse, y.dtype) + cast(rest, y.dtype)  # type: ignore[no-any-return]


# -- embeddings ----------------------------------------------------------------------------------------------------


def embedding_lookup(params: Any, ids: Any, max_norm: Any = None, name: str | None = None) -> EagerTensor:
    """The rows of ``params`` (a table, or a list of tables to be joined) by number; see ``gather``.

    ``max_norm``: longer rows are clipped to this norm.

    Raises:
        InvalidArgumentError: a number out of range, numbers that are no ints.
    """
    numbers = to_tensor(ids)
    tables = list(params) if isinstance(params, (list, tuple)) else [params]
    rows = gather(tables[0] if len(tables) == 1 else concat(tables, 0), numbers)
    if max_norm is None:
        return rows
    clipped: EagerTensor = clip_by_norm(rows, max_norm, axes=list(range(numbers._array.ndim, rows._array.ndim)))
    return clipped
