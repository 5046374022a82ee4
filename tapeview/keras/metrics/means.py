"""Sums and means over batches, with weights of samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.keras.losses.reduction import mask_of, squeezed
from tapeview.keras.metrics.base import Metric, array, divided, tensor


def weighted(values: Array, weight: Array) -> tuple[Array, Array]:
    """Values times the weights of their samples, and the weights as they were used.

    Axes that the weights do not have are averaged first if they do not broadcast.
    """
    if weight.ndim and weight.ndim == values.ndim + 1:
        weight = weight[..., 0]
    elif weight.ndim and weight.ndim == values.ndim - 1:
        weight = weight[..., None]
    fits = weight.ndim == values.ndim and all(w in (1, v) for w, v in zip(weight.shape, values.shape, strict=True))
    if weight.ndim == 0 or fits:
        weight = np.broadcast_to(weight, values.shape)
        return values * weight, weight
    return values.mean(tuple(range(weight.ndim, values.ndim))) * weight, weight


class Sum(Metric):
    """The sum of all values."""

    def __init__(self, name: str = "sum", dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.total = self.add_weight("total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Adds a batch of values, each times its weight."""
        numbers = array(values, self._dtype)
        if sample_weight is not None:
            weight = array(sample_weight, self._dtype)
            if weight.ndim and weight.ndim < numbers.ndim - 1:
                numbers = numbers.sum(tuple(range(weight.ndim, numbers.ndim)))
            numbers, _ = weighted(numbers, weight)
        self.total._add(numbers.sum())  # type: ignore[attr-defined]

    def result(self) -> EagerTensor:
        """The sum."""
        return tensor(self.total._array, self._dtype)


class Averaged(Metric):
    """What metrics that are means have in common."""

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.total = self.add_weight("total")
        self.count = self.add_weight("count")

    def _take(self, values: Any, sample_weight: Any) -> None:
        numbers = array(values, self._dtype)
        count: Any = numbers.size
        if sample_weight is not None:
            numbers, used = weighted(numbers, array(sample_weight, self._dtype))
            count = used.sum()
        self.total._add(numbers.sum())  # type: ignore[attr-defined]
        self.count._add(count)  # type: ignore[attr-defined]

    def result(self) -> EagerTensor:
        """The mean; 0 if there were no values."""
        return tensor(divided(self.total._array, self.count._array), self._dtype)


class Mean(Averaged):
    """The mean of all values, by their weights."""

    def __init__(self, name: str = "mean", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Takes in a batch of values, each with its weight (1 if there are none)."""
        self._take(values, sample_weight)


class MeanMetricWrapper(Averaged):
    """The mean of a function of labels and predictions.

    Args:
        fn: ``fn(y_true, y_pred, **kwargs)``: a number per sample.
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name or fn.__name__, dtype)
        self._fn = fn
        self._fn_kwargs = kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes in a batch of labels and predictions."""
        true, pred = cast(to_tensor(y_true), self._dtype), cast(to_tensor(y_pred), self._dtype)
        ranks = len(pred.shape), len(true.shape)
        if ranks[0] != ranks[1] and (ranks[0] - ranks[1] != 1 or pred.shape[-1] == 1):
            true, pred = squeezed(true, pred)
        matches = self._fn(true, pred, **self._fn_kwargs)
        mask = mask_of(matches)
        mask = mask_of(y_pred) if mask is None else mask
        if mask is not None:
            kept = array(mask, self._dtype)
            sample_weight = kept if sample_weight is None else weighted(kept, array(sample_weight, self._dtype))[0]
        self._take(matches, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        plain = {key: value.numpy() if is_tensor_like(value) else value for key, value in self._fn_kwargs.items()}
        if type(self) is MeanMetricWrapper:
            plain["fn"] = self._fn
        return {**plain, **super().get_config()}


class MeanTensor(Metric):
    """The mean of tensors, element by element.

    Raises:
        ValueError: a batch of another shape; a result before the first batch.
    """

    def __init__(self, name: str = "mean_tensor", dtype: Any = None, shape: Any = None) -> None:
        super().__init__(name, dtype)
        self._shape: tuple[int, ...] | None = None
        if shape is not None:
            self._build(tuple(shape))

    def _build(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._total = self.add_weight("total", shape)
        self._count = self.add_weight("count", shape)

    @property
    def total(self) -> Any:
        """The sum so far; None before the first batch."""
        return self._total if self._shape is not None else None

    @property
    def count(self) -> Any:
        """The weights so far; None before the first batch."""
        return self._count if self._shape is not None else None

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Takes in one tensor."""
        numbers = array(values, self._dtype)
        if self._shape is None:
            self._build(numbers.shape)
        elif numbers.shape != self._shape:
            raise ValueError(
                "MeanTensor input values must always have the same shape. Expected shape (set during the first call): "
                f"{self._shape}. Got: {numbers.shape}."
            )
        weight = np.ones(numbers.shape, numbers.dtype)
        if sample_weight is not None:
            numbers, weight = weighted(numbers, array(sample_weight, self._dtype))
        self._total._add(numbers)  # type: ignore[attr-defined]
        self._count._add(weight)  # type: ignore[attr-defined]

    def result(self) -> EagerTensor:
        """The mean."""
        if self._shape is None:
            raise ValueError(
                "MeanTensor does not have any value yet. Please call the MeanTensor instance or use "
                "`.update_state(value)` before retrieving the result."
            )
        return tensor(divided(self._total._array, self._count._array), self._dtype)


class RootMeanSquaredError(Averaged):
    """The root of the mean of squared differences."""

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes in a batch of labels and predictions."""
        true, pred = squeezed(cast(to_tensor(y_true), self._dtype), cast(to_tensor(y_pred), self._dtype))
        self._take(EagerTensor(np.square(pred._array - true._array)), sample_weight)

    def result(self) -> EagerTensor:
        """The root of the mean."""
        return tensor(np.sqrt(divided(self.total._array, self.count._array)), self._dtype)


class MeanRelativeError(Averaged):
    """The mean of differences relative to ``normalizer``."""

    def __init__(self, normalizer: Any, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name or "mean_relative_error", dtype)
        self.normalizer = array(normalizer, self._dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes in a batch of labels and predictions."""
        true, pred = squeezed(cast(to_tensor(y_true), self._dtype), cast(to_tensor(y_pred), self._dtype))
        errors = divided(np.abs(true._array - pred._array), np.broadcast_to(self.normalizer, pred._array.shape))
        self._take(EagerTensor(errors), sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {"normalizer": self.normalizer, **super().get_config()}
