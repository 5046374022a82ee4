"""The larger and the smaller of two values, and clipping, which is both. A tie is the first argument's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.op import defop
from tapeview.engine.ops.calls import binary, unary
from tapeview.engine.ops.elementwise import cast, divide, identity, ones_like
from tapeview.engine.ops.exponential import sqrt
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.ops.select import where
from tapeview.engine.ops.shape import stack
from tapeview.engine.tensor import EagerTensor

MAXIMUM = defop(
    "Maximum", np.maximum, broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: where(a >= b, g, 0),
          lambda g, y, a, b: where(a >= b, 0, g)),
    formulas=("g where a >= b, else 0", "g where not a >= b, else 0"),
)  # fmt: skip
MINIMUM = defop(
    "Minimum", np.minimum, broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: where(a <= b, g, 0),
          lambda g, y, a, b: where(a <= b, 0, g)),
    formulas=("g where a <= b, else 0", "g where not a <= b, else 0"),
)  # fmt: skip


def _l2_loss(x: Any) -> Any:
    return np.multiply(np.add.reduce(np.square(x), None, dtype=x.dtype), x.dtype.type(0.5))


L2_LOSS = defop("L2Loss", _l2_loss, (lambda g, y, x: x * g,), inputs="x")


def maximum(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """The larger of each two elements. Where they are equal the gradient goes to ``x``."""
    return binary(MAXIMUM, x, y)


def minimum(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """The smaller of each two elements. Where they are equal the gradient goes to ``x``."""
    return binary(MINIMUM, x, y)


def l2_loss(t: Any, name: str | None = None) -> EagerTensor:
    """Half the sum of the squares. Raises InvalidArgumentError for ints."""
    return unary(L2_LOSS, t)


def _values(t: Any) -> EagerTensor:
    return t.values if isinstance(t, IndexedSlices) else to_tensor(t)


def _like(t: Any, values: EagerTensor) -> Any:
    return IndexedSlices(values, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else values


def _check_shape(values: EagerTensor, result: EagerTensor) -> None:
    if values._array.shape != result._array.shape:
        raise ValueError(f"Shapes {values.shape} and {result.shape} are incompatible")


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """``t``, but nowhere below the one bound nor above the other. The gradient passes at the bounds, not beyond.

    Raises:
        TypeError: float bounds for ints.
        ValueError: the bounds have a larger shape than ``t``.
    """
    values = _values(t)
    lower = minimum(values, clip_value_max)
    _check_shape(values, lower)
    clipped = maximum(lower, clip_value_min)
    _check_shape(values, clipped)
    return _like(t, clipped)


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """``t``, scaled down to the length ``clip_norm`` if it is longer. Raises ValueError for a bound with a shape."""
    values = _values(t)
    total = reduce_sum(values * values, axes, keepdims=True)
    positive = total > 0
    # The root's gradient at 0 is infinite: a 1 stands in there, and its result is not used.
    norm = where(positive, sqrt(where(positive, total, ones_like(total))), total)
    scaled = values * clip_norm
    _check_shape(values, scaled)
    return _like(t, identity(divide(scaled, maximum(norm, clip_norm))))


def global_norm(t_list: Any, name: str | None = None) -> EagerTensor:
    """The length of all tensors taken as one vector; None entries do not count. Raises TypeError if it is no list."""
    _check_list(t_list)
    halves = [l2_loss(_values(t)) for t in t_list if t is not None]
    return sqrt(reduce_sum(stack(halves)) * 2.0)


def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], EagerTensor]:
    """The tensors, scaled down together if their :func:`global_norm` exceeds ``clip_norm``; and that norm.

    With an infinite norm all become nan. Raises TypeError if ``t_list`` is no list.
    """
    _check_list(t_list)
    norm = global_norm(t_list) if use_norm is None else to_tensor(use_norm)
    scale = clip_norm * minimum(1.0 / norm, divide(to_tensor(1.0, norm.dtype), clip_norm))
    scale = scale + (norm - norm)  # nan if the norm is not finite
    clipped = []
    for t in t_list:
        values = None if t is None else _values(t)
        clipped.append(None if values is None else _like(t, identity(values * cast(scale, values.dtype))))
    return clipped, norm


def _check_list(t_list: Any) -> None:
    if not isinstance(t_list, Sequence) or isinstance(t_list, str):
        raise TypeError(f"`t_list` should be a sequence of tensors. Received {type(t_list)}.")
