"""Metrics that are the mean of a function: accuracies, errors, cross entropies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeview.engine.ops.norms import l2_normalize
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.keras.losses import crossentropy
from tapeview.keras.losses import functions as losses
from tapeview.keras.metrics import functions
from tapeview.keras.metrics.means import MeanMetricWrapper


def cosine(y_true: Any, y_pred: Any, axis: Any = -1) -> Any:
    """The cosine of the angle between labels and predictions."""
    true: Any = l2_normalize(y_true, axis=axis)
    return reduce_sum(true * l2_normalize(y_pred, axis=axis), axis)


class _Simple(MeanMetricWrapper):
    """A function without further arguments."""

    _function: Callable[..., Any]
    _title: str

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(type(self)._function, name or self._title, dtype)


class Accuracy(_Simple):
    """How often predictions are equal to labels."""

    _function, _title = functions.accuracy, "accuracy"


class CategoricalAccuracy(_Simple):
    """How often the highest prediction is at the highest label."""

    _function, _title = functions.categorical_accuracy, "categorical_accuracy"


class SparseCategoricalAccuracy(_Simple):
    """How often the highest prediction is at the class whose number the label is."""

    _function, _title = functions.sparse_categorical_accuracy, "sparse_categorical_accuracy"


class MeanSquaredError(_Simple):
    """The mean of squared differences."""

    _function, _title = losses.mean_squared_error, "mean_squared_error"


class MeanAbsoluteError(_Simple):
    """The mean of differences."""

    _function, _title = losses.mean_absolute_error, "mean_absolute_error"


class MeanAbsolutePercentageError(_Simple):
    """The mean of differences in percent of the label."""

    _function, _title = losses.mean_absolute_percentage_error, "mean_absolute_percentage_error"


class MeanSquaredLogarithmicError(_Simple):
    """The mean of squared differences of ``log(1 + y)``."""

    _function, _title = losses.mean_squared_logarithmic_error, "mean_squared_logarithmic_error"


class Hinge(_Simple):
    """The mean of ``max(1 - y_true * y_pred, 0)``."""

    _function, _title = losses.hinge, "hinge"


class SquaredHinge(_Simple):
    """The mean of ``max(1 - y_true * y_pred, 0) ** 2``."""

    _function, _title = losses.squared_hinge, "squared_hinge"


class CategoricalHinge(_Simple):
    """The mean of the categorical hinge loss."""

    _function, _title = losses.categorical_hinge, "categorical_hinge"


class KLDivergence(_Simple):
    """The mean Kullback-Leibler divergence."""

    _function, _title = losses.kl_divergence, "kullback_leibler_divergence"


class Poisson(_Simple):
    """The mean of the Poisson loss."""

    _function, _title = losses.poisson, "poisson"


class LogCoshError(_Simple):
    """The mean of ``log(cosh(error))``."""

    _function, _title = losses.log_cosh, "logcosh"


class BinaryAccuracy(MeanMetricWrapper):
    """How often predictions are on their label's side of the threshold."""

    def __init__(self, name: str = "binary_accuracy", dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(functions.binary_accuracy, name, dtype, threshold=threshold)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the highest label is among the ``k`` highest predictions."""

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(functions.top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the label's class is among the ``k`` highest predictions."""

    def __init__(self, k: int = 5, name: str = "sparse_top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(functions.sparse_top_k_categorical_accuracy, name, dtype, k=k)


class CosineSimilarity(MeanMetricWrapper):
    """The mean cosine of the angle between labels and predictions."""

    def __init__(self, name: str = "cosine_similarity", dtype: Any = None, axis: Any = -1) -> None:
        super().__init__(cosine, name, dtype, axis=axis)


class BinaryCrossentropy(MeanMetricWrapper):
    """The mean cross entropy of yes and no."""

    def __init__(
        self, name: str = "binary_crossentropy", dtype: Any = None, from_logits: bool = False, label_smoothing: Any = 0
    ) -> None:
        super().__init__(
            crossentropy.binary_crossentropy, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing
        )


class CategoricalCrossentropy(MeanMetricWrapper):
    """The mean cross entropy between shares of classes."""

    def __init__(
        self, name: str = "categorical_crossentropy", dtype: Any = None, from_logits: bool = False,
        label_smoothing: Any = 0, axis: Any = -1,
    ) -> None:  # fmt: skip
        super().__init__(
            crossentropy.categorical_crossentropy, name, dtype,
            from_logits=from_logits, label_smoothing=label_smoothing,
            axis=axis,
        )  # fmt: skip


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The mean cross entropy between a class number and predicted shares."""

    def __init__(
        self, name: str = "sparse_categorical_crossentropy", dtype: Any = None, from_logits: bool = False,
        ignore_class: Any = None, axis: Any = -1,
    ) -> None:  # fmt: skip
        super().__init__(
            crossentropy.sparse_categorical_crossentropy, name, dtype,
            from_logits=from_logits, ignore_class=ignore_class,
            axis=axis,
        )  # fmt: skip
