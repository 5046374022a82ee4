"""Batch normalisation of images as one op, as TensorFlow computes it for tensors of four axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.op import Op, defop, execute_many
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.ops.exponential import rsqrt
from tapeview.engine.ops.reduction import reduce_mean, reduce_sum
from tapeview.engine.ops.shape import reshape
from tapeview.engine.tensor import Array, EagerTensor


def _over(rank: int, axis: int) -> tuple[int, ...]:
    return tuple(k for k in range(rank) if k != axis)


def _wide(v: Array, rank: int, axis: int) -> Array:
    return v.reshape([-1 if k == axis else 1 for k in range(rank)])


def _normalized(
    x: Array, scale: Array, offset: Array, mean: Array, variance: Array, *, epsilon: float, axis: int, training: bool
) -> tuple[Array, Array, Array]:
    y = x if x.dtype == scale.dtype else x.astype(scale.dtype)
    if training:
        over = _over(x.ndim, axis)
        mean = y.mean(over)
        y = y - _wide(mean, x.ndim, axis)
        variance = np.square(y).mean(over)
    else:
        y = y - _wide(mean, x.ndim, axis)
    factor = scale / np.sqrt(variance + scale.dtype.type(epsilon))
    y *= _wide(factor, x.ndim, axis)
    y += _wide(offset, x.ndim, axis)
    return y.astype(x.dtype, copy=False), np.array(mean), np.array(variance)


def _rule(
    g: Any, outputs: Any, x: EagerTensor, scale: EagerTensor, offset: EagerTensor, mean: EagerTensor,
    variance: EagerTensor, *, epsilon: float, axis: int, training: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """The gradients for x, scale and offset; written with ops, so that they have gradients themselves."""
    if g[0] is None:
        return (None,) * 5
    rank = x._array.ndim
    over = list(_over(rank, axis))
    wide = [x._array.shape[axis] if k == axis else 1 for k in range(rank)]
    up: Any = cast(g[0], scale.dtype)
    wanted: Any = cast(x, scale.dtype)
    if training:
        center = wanted - reduce_mean(wanted, over, keepdims=True)
        inverse: Any = rsqrt(reduce_mean(center * center, over, keepdims=True) + epsilon)
    else:
        center = wanted - reshape(mean, wide)
        inverse = rsqrt(reshape(variance, wide) + epsilon)
    unit = center * inverse
    slope, total = reduce_sum(up * unit, over), reduce_sum(up, over)
    factor: Any = reshape(scale, wide) * inverse
    if training:
        n = x._array.size // x._array.shape[axis]
        sent: Any = factor * (up - reshape(total, wide) / n - unit * (reshape(slope, wide) / n))
    else:
        sent = factor * up
    return cast(sent, x.dtype), slope, total, None, None


FUSED_BATCH_NORM: Op = defop(
    "FusedBatchNormV3", _normalized, vjp_all=_rule, inputs="x scale offset mean variance",
    unused_output_gradients=True,
    formulas=("scale / std * (g - mean(g) - unit * mean(g * unit)), with unit = (x - mean) / std",
              "sum(g * unit)", "sum(g)", "", ""),
)  # fmt: skip


def fused_batch_norm(
    x: Any, scale: Any, offset: Any, mean: Any, variance: Any, epsilon: float, data_format: str = "NHWC", *,
    is_training: bool = True,
) -> tuple[EagerTensor, EagerTensor, EagerTensor]:  # fmt: skip
    """Images with each channel normalised, and the mean and variance (biased) used.

    In training these are those of the batch, and ``mean`` and ``variance`` may be None.
    """
    images, factor = to_tensor(x), to_tensor(scale)
    empty = EagerTensor(np.zeros(0, factor._array.dtype))
    given = [
        empty if is_training else to_tensor(v, None if is_tensor_like(v) else factor.dtype) for v in (mean, variance)
    ]
    axis = 3 if data_format == "NHWC" else 1
    attrs = {"epsilon": float(epsilon), "axis": axis, "training": is_training}
    y, used, spread = execute_many(FUSED_BATCH_NORM, (images, factor, to_tensor(offset), *given), attrs)
    return y, used, spread
