"""The area under a curve of two rates over all thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.ops.exponential import sigmoid
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.keras.metrics.base import Metric, array, divided, tensor
from tapeview.keras.metrics.confusion import NEAR_ZERO, counts, prepared

_CURVES = {"roc": "ROC", "ROC": "ROC", "pr": "PR", "PR": "PR"}
_METHODS = {"interpolation": "interpolation", "Interpolation": "interpolation", "majoring": "majoring",
            "Majoring": "majoring", "minoring": "minoring", "Minoring": "minoring"}  # fmt: skip


class AUC(Metric):
    """The area under the ROC curve, or under that of precision over recall.

    Args:
        num_thresholds: how finely the curve is drawn.
        curve: ``"ROC"`` or ``"PR"``.
        summation_method: ``"interpolation"``, ``"minoring"`` or ``"majoring"``: the height between two points.
        thresholds: others than evenly spaced ones (without 0 and 1).
        multi_label: the mean of the areas of the labels; ``num_labels``, ``label_weights``.
        from_logits: predictions are logits.

    Raises:
        ValueError: an unknown word, fewer than two thresholds, thresholds outside of [0, 1].
    """

    def __init__(
        self, num_thresholds: int = 200, curve: str = "ROC", summation_method: str = "interpolation",
        name: str | None = None, dtype: Any = None, thresholds: Any = None, multi_label: bool = False,
        num_labels: int | None = None, label_weights: Any = None, from_logits: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(name, dtype)
        if curve not in _CURVES or summation_method not in _METHODS:
            raise ValueError(
                f'Invalid `curve` argument value "{curve}" or `summation_method` argument value '
                f'"{summation_method}". Expected one of: ["ROC", "PR"] and ["interpolation", "majoring", "minoring"]'
            )
        self.curve, self.summation_method = _CURVES[curve], _METHODS[summation_method]
        if thresholds is not None:
            if any(t < 0 or t > 1 for t in thresholds):
                raise ValueError(f"Threshold values must be in [0, 1]. Received: {list(thresholds)}")
            inner = sorted(thresholds)
        elif num_thresholds <= 1:
            raise ValueError(f"Argument `num_thresholds` must be an integer > 1. Received: {num_thresholds}")
        else:
            inner = [(k + 1) / (num_thresholds - 1) for k in range(num_thresholds - 2)]
        self._given = None if thresholds is None else list(thresholds)
        # Predictions of exactly 0 and 1 lie between the outermost thresholds.
        self._levels = np.array([-NEAR_ZERO, *inner, 1.0 + NEAR_ZERO])
        self.num_thresholds = len(self._levels)
        self.multi_label, self.num_labels, self._from_logits = multi_label, num_labels, from_logits
        self.label_weights = None if label_weights is None else array(label_weights, self._dtype)
        self._built = False
        if not multi_label or num_labels is not None:
            self._build(num_labels)

    @property
    def thresholds(self) -> list[float]:
        """The thresholds."""
        return [float(t) for t in self._levels]

    def _build(self, labels: int | None) -> None:
        shape = (self.num_thresholds, labels) if self.multi_label else (self.num_thresholds,)
        for word in ("true_positives", "true_negatives", "false_positives", "false_negatives"):
            setattr(self, word, self.add_weight(word, shape))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes in a batch of labels (0 and 1) and predictions (from 0 to 1)."""
        scores = sigmoid(y_pred) if self._from_logits else y_pred
        true, pred, weight = prepared(self, y_true, scores, sample_weight)
        if not self._built:
            self._build(pred.shape[-1])
        if self.label_weights is not None and not self.multi_label:
            own = np.broadcast_to(self.label_weights, pred.shape)
            weight = own if weight is None else weight * own
        found = counts(self._levels, true, pred, weight, self.multi_label)
        for variable, number in zip(self._own, found, strict=True):
            variable._add(number)  # type: ignore[attr-defined]

    def result(self) -> EagerTensor:
        """The area."""
        if not self._built:
            return tensor(0, self._dtype)
        tp, tn, fp, fn = (v._array for v in self._own)
        areas = self._areas(tp, tn, fp, fn)
        if self.multi_label:
            weights = np.ones_like(areas) if self.label_weights is None else self.label_weights
            return tensor(divided((areas * weights).sum(), weights.sum()), self._dtype)
        return tensor(areas, self._dtype)

    def _areas(self, tp: Array, tn: Array, fp: Array, fn: Array) -> Array:
        if self.curve == "PR" and self.summation_method == "interpolation":
            return _interpolated(tp, fp, fn)
        if self.curve == "ROC":
            x, y = divided(fp, fp + tn), divided(tp, tp + fn)
        else:
            x, y = divided(tp, tp + fn), divided(tp, tp + fp)
        before, after = y[:-1], y[1:]
        if self.summation_method == "interpolation":
            heights = (before + after) / 2
        else:
            heights = np.minimum(before, after) if self.summation_method == "minoring" else np.maximum(before, after)
        return np.asarray(((x[:-1] - x[1:]) * heights).sum(0))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {
            **super().get_config(), "num_thresholds": self.num_thresholds, "curve": self.curve,
            "summation_method": self.summation_method, "multi_label": self.multi_label, "num_labels": self.num_labels,
            "label_weights": self.label_weights, "from_logits": self._from_logits,
            **({} if self._given is None else {"thresholds": self._given}),
        }  # fmt: skip


def _interpolated(tp: Array, fp: Array, fn: Array) -> Array:
    """The area under precision over recall, with true positives growing evenly between two points."""
    gained, positives = tp[:-1] - tp[1:], tp + fp
    slope = divided(gained, np.maximum(positives[:-1] - positives[1:], 0))
    intercept = tp[1:] - slope * positives[1:]
    both = (positives[:-1] > 0) & (positives[1:] > 0)
    ratio = np.where(both, divided(positives[:-1], np.maximum(positives[1:], 0)), 1)
    part = divided(slope * (gained + intercept * np.log(ratio)), np.maximum(tp[1:] + fn[1:], 0))
    return np.asarray(part.sum(0))
