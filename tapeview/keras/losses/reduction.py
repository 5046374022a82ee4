"""From losses of samples to one loss: weights, masks, and ranks that differ by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.ops.arithmetic import divide_no_nan
from tapeview.engine.ops.elementwise import cast, multiply
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.ops.shape import expand_dims, squeeze
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tensor import EagerTensor


class Reduction:
    """How losses of samples become one: the mean of all (AUTO, SUM_OVER_BATCH_SIZE), their SUM, or NONE."""

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All of them."""
        return (cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE)

    @classmethod
    def validate(cls, key: Any) -> None:
        """Raises ValueError for what is none of them."""
        if key not in cls.all():
            raise ValueError(f'Invalid Reduction Key: {key}. Expected keys are "{cls.all()}"')


def as_tensor(value: Any) -> Any:
    """A tensor; tensors and variables as they are."""
    return value if isinstance(value, EagerTensor) else to_tensor(value)


def squeezed(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Labels and predictions, the last axis of one of them taken away if it has size 1 and the other lacks it."""
    y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
    true, pred = y_true._array.shape, y_pred._array.shape
    if len(pred) == len(true) + 1 and pred[-1] == 1:
        y_pred = squeeze(y_pred, [-1])
    elif len(pred) == len(true) - 1 and true[-1] == 1:
        y_true = squeeze(y_true, [-1])
    return y_true, y_pred


def same_shape(y_true: Any, y_pred: Any) -> None:
    """Raises ValueError for tensors whose shapes differ."""
    if y_true._array.shape != y_pred._array.shape:
        from tapeview.keras.layers.context import shown  # layers need losses

        TensorShape(shown(y_true.shape)).assert_is_compatible_with(shown(y_pred.shape))


def fitting_weight(weight: Any, rank: int) -> Any:
    """Weights of samples with one axis more or less, to go with a tensor of ``rank`` axes."""
    own = weight._array.ndim
    if own and own == rank + 1:
        return squeeze(weight, [-1])
    return expand_dims(weight, -1) if own and own == rank - 1 else weight


def mask_of(value: Any) -> Any:
    """The mask that a layer put on its output; None if there is none."""
    return getattr(value, "__dict__", {}).get("_keras_mask")


def masked_weight(losses: Any, weight: Any, mask: Any, reduction: str) -> Any:
    """The weights with those of masked samples 0; for a mean such that only the others count."""
    if mask is None:
        return weight
    kept = cast(as_tensor(mask), losses.dtype)
    if reduction in (Reduction.AUTO, Reduction.SUM_OVER_BATCH_SIZE):
        total = EagerTensor(np.asarray(kept._array.size, kept._array.dtype))
        kept = kept * (total / reduce_sum(kept))
    if weight is None:
        return kept
    given = cast(as_tensor(weight), kept.dtype)
    return fitting_weight(given, kept._array.ndim) * kept


def compute_weighted_loss(losses: Any, sample_weight: Any = None, reduction: str = "sum_over_batch_size") -> Any:
    """The losses of samples times their weights, reduced.

    Raises:
        ValueError: an unknown reduction.
        InvalidArgumentError: weights that do not broadcast to the losses.
    """
    Reduction.validate(reduction)
    losses = as_tensor(losses)
    given = losses.dtype
    if not given.is_floating:
        losses = cast(losses, "float32")
    if sample_weight is not None:
        weight = cast(as_tensor(sample_weight) if is_tensor_like(sample_weight) else sample_weight, losses.dtype)
        losses = multiply(losses, fitting_weight(weight, losses._array.ndim))
    if reduction != Reduction.NONE:
        size = losses._array.size
        losses = reduce_sum(losses)
        if reduction != Reduction.SUM:
            losses = divide_no_nan(losses, EagerTensor(np.asarray(size, losses._array.dtype)))
    return losses if given.is_floating else cast(losses, given)
