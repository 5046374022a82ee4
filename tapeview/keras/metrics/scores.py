"""F scores and the coefficient of determination."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.tensor import EagerTensor
from tapeview.keras.metrics.base import Metric, array, divided, tensor


class FBetaScore(Metric):
    """The harmonic mean of precision and recall, where recall counts ``beta`` times as much.

    Args:
        average: ``None`` (one per class), ``"micro"``, ``"macro"`` or ``"weighted"``.
        threshold: from where on a prediction is positive; None: the highest of a sample is.

    Raises:
        ValueError: an unknown ``average``, a ``beta`` or ``threshold`` that is not above 0.
    """

    def __init__(
        self, average: str | None = None, beta: float = 1.0, threshold: float | None = None,
        name: str = "fbeta_score", dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(name, dtype)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                f"Invalid `average` argument value. Expected one of: {{None, 'micro', 'macro', 'weighted'}}. "
                f"Received: average={average}"
            )
        if beta <= 0.0:
            raise ValueError(f"Invalid `beta` argument value. It should be > 0. Received: beta={beta}")
        if threshold is not None and not 0 < threshold <= 1:
            raise ValueError(
                "Invalid `threshold` argument value. It should verify 0 < threshold <= 1. "
                f"Received: threshold={threshold}"
            )
        self.average, self.beta, self.threshold = average, beta, threshold
        self._built = False

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes in a batch of labels and predictions of shape (n, classes)."""
        true, pred = array(y_true, self._dtype), array(y_pred, self._dtype)
        if not self._built:
            shape = () if self.average == "micro" else (pred.shape[-1],)
            for word in ("true_positives", "false_positives", "false_negatives", "intermediate_weights"):
                setattr(self, word, self.add_weight(word, shape))
            self._built = True
        if self.threshold is None:
            highest = pred.max(-1, keepdims=True)
            found = (pred >= highest) & (np.abs(pred) > 1e-9)
        else:
            found = pred > self.threshold
        chosen = found.astype(self._dtype.numpy)
        weight = np.ones((len(pred), 1), self._dtype.numpy)
        if sample_weight is not None:
            weight = array(sample_weight, self._dtype).reshape(-1, 1)
        axis = None if self.average == "micro" else 0
        parts = chosen * true, chosen * (1 - true), (1 - chosen) * true, true
        for variable, part in zip(self._own, parts, strict=True):
            variable._add((part * weight).sum(axis))  # type: ignore[attr-defined]

    def result(self) -> EagerTensor:
        """The score."""
        if not self._built:
            return tensor(0, self._dtype)
        tp, fp, fn, weights = (v._array for v in self._own)
        precision, recall = divided(tp, tp + fp), divided(tp, tp + fn)
        square = self._dtype.numpy.type(self.beta**2)
        score = divided((square + 1) * precision * recall, square * precision + recall)
        if self.average == "weighted":
            return tensor((score * divided(weights, weights.sum())).sum(), self._dtype)
        return tensor(score.mean() if self.average is not None else score, self._dtype)

    def reset_state(self) -> None:
        """Forgets all batches."""
        for variable in self._own:
            variable.assign(np.zeros_like(variable._array))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), "average": self.average, "beta": self.beta, "threshold": self.threshold}


class F1Score(FBetaScore):
    """:class:`FBetaScore` with both counting the same."""

    def __init__(
        self, average: str | None = None, threshold: float | None = None, name: str = "f1_score", dtype: Any = None
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {key: value for key, value in super().get_config().items() if key != "beta"}


class R2Score(Metric):
    """The share of the labels' variance that predictions explain.

    Args:
        class_aggregation: ``None`` (one per output), ``"uniform_average"`` or ``"variance_weighted_average"``.
        num_regressors: how many inputs there were, to correct the score for them.

    Raises:
        ValueError: an unknown word, a number below 0.
    """

    def __init__(
        self, class_aggregation: str | None = "uniform_average", num_regressors: int = 0, name: str = "r2_score",
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(name, dtype)
        if class_aggregation not in (None, "uniform_average", "variance_weighted_average"):
            raise ValueError(
                "Invalid value for argument `class_aggregation`. Expected one of (None, 'uniform_average', "
                f"'variance_weighted_average'). Received: class_aggregation={class_aggregation}"
            )
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_weight("num_samples", dtype="int32")
        self._built = False

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes in a batch of labels and predictions of shape (n, outputs)."""
        true, pred = array(y_true, self._dtype), array(y_pred, self._dtype)
        if not self._built:
            for word in ("squared_sum", "sum", "residual", "count"):
                setattr(self, word, self.add_weight(word, true.shape[1:]))
            self._built = True
        weight = np.ones((len(true), 1), true.dtype)
        if sample_weight is not None:
            weight = array(sample_weight, self._dtype).reshape(-1, 1)
        weight = weight.reshape((-1,) + (1,) * (true.ndim - 1))
        weighted = true * weight
        parts = true * weighted, weighted, np.square(true - pred) * weight, np.broadcast_to(weight, true.shape)
        for variable, part in zip(self._own[1:], parts, strict=True):
            variable._add(part.sum(0))  # type: ignore[attr-defined]
        self.num_samples._add(true.size)  # type: ignore[attr-defined]

    def result(self) -> EagerTensor:
        """The score."""
        if not self._built:
            return tensor(0, self._dtype)
        squares, sums, residual, count = (v._array for v in self._own[1:])
        total = squares - sums * (sums / count)
        raw = 1 - residual / total
        raw = np.where(np.isinf(raw), 0, raw)
        if self.class_aggregation == "uniform_average":
            raw = raw.mean()
        elif self.class_aggregation == "variance_weighted_average":
            raw = (raw * total).sum() / total.sum()
        samples = int(self.num_samples._array)
        if self.num_regressors and self.num_regressors < samples - 1:
            raw = 1 - (1 - raw) * (samples - 1) / (samples - self.num_regressors - 1)
        return tensor(raw, self._dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **own}
