"""Counts of right and wrong decisions at thresholds, and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.keras.losses.reduction import squeezed
from tapeview.keras.metrics.base import Metric, array, divided, tensor

Counts = tuple[Array, Array, Array, Array]
"""True positives, true negatives, false positives, false negatives: one number per threshold."""

NEAR_ZERO = 1e-7


def checked_thresholds(thresholds: Any, default: float) -> list[float]:
    """Thresholds as a list. Raises ValueError for one outside of [0, 1]."""
    found = [default] if thresholds is None else list(thresholds) if np.ndim(thresholds) else [thresholds]
    wrong = [t for t in found if t is None or t < 0 or t > 1]
    if wrong:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {wrong}")
    return [float(t) for t in found]


def counts(
    thresholds: Sequence[float] | Array, y_true: Array, y_pred: Array, weight: Array | None, per_label: bool = False
) -> Counts:
    """The counts of a batch; ``per_label`` gives one column per label.

    Raises:
        InvalidArgumentError: predictions outside of [0, 1].
    """
    from tapeview.engine.errors import InvalidArgumentError

    if y_pred.size and not (y_pred.min() >= 0 and y_pred.max() <= 1):
        word = ">= 0" if y_pred.min() < 0 else "<= 1"
        raise InvalidArgumentError(None, None, f"assertion failed: [predictions must be {word}]")
    positive = y_true.astype(bool)
    ones = np.ones(y_pred.shape, y_pred.dtype) if weight is None else np.broadcast_to(weight, y_pred.shape)
    above = y_pred[None] > np.asarray(thresholds, y_pred.dtype).reshape((-1,) + (1,) * y_pred.ndim)
    axes = (1,) if per_label else tuple(range(1, y_pred.ndim + 1))

    def total(chosen: Array) -> Array:
        return np.asarray(np.where(chosen, ones, 0).sum(axes, dtype=y_pred.dtype))

    return total(above & positive), total(~above & ~positive), total(above & ~positive), total(~above & positive)


def prepared(
    metric: Metric, y_true: Any, y_pred: Any, sample_weight: Any, class_id: int | None = None, top_k: int | None = None
) -> tuple[Array, Array, Array | None]:
    """Labels, predictions and weights of a batch as arrays of one shape."""
    kind = metric._dtype
    true, pred = squeezed(to_tensor(y_true), to_tensor(y_pred))
    labels, scores = array(true, kind), array(pred, kind)
    if top_k is not None:
        scores = _highest(scores, top_k)
    if class_id is not None:
        labels, scores = labels[..., class_id], scores[..., class_id]
    if sample_weight is None:
        return labels, scores, None
    weight = array(sample_weight, kind)
    if weight.ndim == scores.ndim + 1:
        weight = weight[..., 0]
    while weight.ndim and weight.ndim < scores.ndim:
        weight = weight[..., None]
    return labels, scores, weight


def _highest(scores: Array, k: int) -> Array:
    """Scores with all but the ``k`` highest of each row far below any threshold."""
    order = np.argsort(-scores, axis=-1, kind="stable")[..., :k]
    kept = np.zeros(scores.shape, bool)
    np.put_along_axis(kept, order, True, -1)
    return np.where(kept, scores, scores.dtype.type(0))


class _Counting(Metric):
    """Counts of one or two kinds at the thresholds."""

    _kinds: tuple[tuple[str, int], ...]
    """The variables' names and which of the counts they gather."""

    def __init__(
        self, thresholds: Any, top_k: int | None, class_id: int | None, name: str | None, dtype: Any,
        default: float = 0.5,
    ) -> None:  # fmt: skip
        super().__init__(name, dtype)
        self.init_thresholds = thresholds
        self.top_k, self.class_id = top_k, class_id
        self._levels = checked_thresholds(thresholds, 0.0 if top_k is not None and thresholds is None else default)
        for word, _ in self._kinds:
            setattr(self, word, self.add_weight(word, (len(self._levels),)))

    @property
    def thresholds(self) -> list[float]:
        """The thresholds."""
        return self._levels

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes in a batch of labels (0 and 1) and predictions (from 0 to 1)."""
        true, pred, weight = prepared(self, y_true, y_pred, sample_weight, self.class_id, self.top_k)
        found = counts(self._levels, true, pred, weight)
        for word, which in self._kinds:
            getattr(self, word)._add(found[which])

    def _number(self, values: Any) -> EagerTensor:
        return tensor(values[0] if len(self._levels) == 1 else values, self._dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        extra = {} if isinstance(self, _One) else {"top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), "thresholds": self.init_thresholds, **extra}


class _One(_Counting):
    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(thresholds, None, None, name, dtype)

    def result(self) -> EagerTensor:
        """The count, one per threshold if there are several."""
        return self._number(getattr(self, self._kinds[0][0])._array)


class TruePositives(_One):
    """How many positives were found."""

    _kinds = (("accumulator", 0),)


class TrueNegatives(_One):
    """How many negatives were found."""

    _kinds = (("accumulator", 1),)


class FalsePositives(_One):
    """How many negatives were taken for positives."""

    _kinds = (("accumulator", 2),)


class FalseNegatives(_One):
    """How many positives were taken for negatives."""

    _kinds = (("accumulator", 3),)


class Precision(_Counting):
    """The share of true ones among what is predicted positive.

    Args:
        thresholds: from where on a prediction is positive (0.5).
        top_k: only the highest predictions of a sample count.
        class_id: only this class counts.
    """

    _kinds = (("true_positives", 0), ("false_positives", 2))

    def __init__(
        self, thresholds: Any = None, top_k: int | None = None, class_id: int | None = None, name: str | None = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(thresholds, top_k, class_id, name, dtype)

    def result(self) -> EagerTensor:
        """The share, one per threshold if there are several; 0 if nothing is predicted positive."""
        first, second = (getattr(self, word)._array for word, _ in self._kinds)
        return self._number(divided(first, first + second))


class Recall(Precision):
    """The share of positives that are predicted so; arguments as in :class:`Precision`."""

    _kinds = (("true_positives", 0), ("false_negatives", 3))


class _AtLimit(Metric):
    """The best of one rate while another one is at least ``value``, over thresholds.

    Raises:
        ValueError: a value outside of [0, 1], no threshold.
    """

    def __init__(
        self, value: float, num_thresholds: int = 200, class_id: int | None = None, name: str | None = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(name, dtype)
        if not 0 <= value <= 1:
            raise ValueError(f"`{self._argument}` must be in the range [0, 1]. Received: {self._argument}={value}.")
        if num_thresholds <= 0:
            raise ValueError(f"Argument `num_thresholds` must be an integer > 0. Received: {num_thresholds}")
        self.value, self.num_thresholds, self.class_id = value, num_thresholds, class_id
        setattr(self, self._argument, value)
        inner = [(k + 1) / (num_thresholds - 1) for k in range(num_thresholds - 2)]
        self.thresholds = [0.5] if num_thresholds == 1 else [0.0, *inner, 1.0]
        for word in ("true_positives", "true_negatives", "false_positives", "false_negatives"):
            setattr(self, word, self.add_weight(word, (len(self.thresholds),)))

    _argument: str

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes in a batch of labels (0 and 1) and predictions (from 0 to 1)."""
        true, pred, weight = prepared(self, y_true, y_pred, sample_weight, self.class_id)
        for variable, found in zip(self._own, counts(self.thresholds, true, pred, weight), strict=True):
            variable._add(found)  # type: ignore[attr-defined]

    def _rates(self, tp: Array, tn: Array, fp: Array, fn: Array) -> tuple[Array, Array]:
        """The rate that has the limit, and the one whose best is wanted."""
        raise NotImplementedError("a subclass says which rates they are")

    def result(self) -> EagerTensor:
        """The best rate; 0 if the limit is never reached."""
        limited, wanted = self._rates(*(v._array for v in self._own))
        fitting = wanted[limited >= self.value]
        return tensor(fitting.max() if fitting.size else 0, self._dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        own = {"num_thresholds": self.num_thresholds, self._argument: self.value}
        return {**super().get_config(), **own, "class_id": self.class_id}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The metric with these arguments."""
        rest = dict(config)
        return cls(rest.pop(cls._argument), **rest)


class SensitivityAtSpecificity(_AtLimit):
    """The best sensitivity where the specificity is at least the given one."""

    _argument = "specificity"

    def _rates(self, tp: Array, tn: Array, fp: Array, fn: Array) -> tuple[Array, Array]:
        return divided(tn, tn + fp), divided(tp, tp + fn)


class SpecificityAtSensitivity(_AtLimit):
    """The best specificity where the sensitivity is at least the given one."""

    _argument = "sensitivity"

    def _rates(self, tp: Array, tn: Array, fp: Array, fn: Array) -> tuple[Array, Array]:
        return divided(tp, tp + fn), divided(tn, tn + fp)


class PrecisionAtRecall(_AtLimit):
    """The best precision where the recall is at least the given one."""

    _argument = "recall"

    def _rates(self, tp: Array, tn: Array, fp: Array, fn: Array) -> tuple[Array, Array]:
        return divided(tp, tp + fn), divided(tp, tp + fp)


class RecallAtPrecision(_AtLimit):
    """The best recall where the precision is at least the given one."""

    _argument = "precision"

    def _rates(self, tp: Array, tn: Array, fp: Array, fn: Array) -> tuple[Array, Array]:
        return divided(tp, tp + fp), divided(tp, tp + fn)
