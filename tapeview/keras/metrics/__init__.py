"""``keras.metrics``: numbers about labels and predictions, gathered over batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapeview.keras.losses import FUNCTIONS as _LOSSES
from tapeview.keras.metrics.base import Metric
from tapeview.keras.metrics.confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    PrecisionAtRecall,
    Recall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
    TrueNegatives,
    TruePositives,
)
from tapeview.keras.metrics.curve import AUC
from tapeview.keras.metrics.functions import (
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from tapeview.keras.metrics.means import (
    Mean,
    MeanMetricWrapper,
    MeanRelativeError,
    MeanTensor,
    RootMeanSquaredError,
    Sum,
)
from tapeview.keras.metrics.overlap import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from tapeview.keras.metrics.scores import F1Score, FBetaScore, R2Score
from tapeview.keras.metrics.wrapped import (
    Accuracy,
    BinaryAccuracy,
    BinaryCrossentropy,
    CategoricalAccuracy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy,
    SparseTopKCategoricalAccuracy,
    SquaredHinge,
    TopKCategoricalAccuracy,
)
from tapeview.keras.objects import deserialize_keras_object, interpret, serialize_keras_object

_CLASSES = (
    Accuracy, BinaryAccuracy, BinaryCrossentropy, CategoricalAccuracy, CategoricalCrossentropy, CategoricalHinge,
    CosineSimilarity, Hinge, KLDivergence, LogCoshError, Mean, MeanAbsoluteError, MeanAbsolutePercentageError,
    MeanMetricWrapper, MeanRelativeError, MeanSquaredError, MeanSquaredLogarithmicError, MeanTensor, Metric, Poisson,
    RootMeanSquaredError, SparseCategoricalAccuracy, SparseCategoricalCrossentropy, SparseTopKCategoricalAccuracy,
    SquaredHinge, Sum, TopKCategoricalAccuracy, AUC, BinaryIoU, F1Score, FBetaScore, FalseNegatives, FalsePositives,
    IoU, MeanIoU, OneHotIoU, OneHotMeanIoU, Precision, PrecisionAtRecall, R2Score, Recall, RecallAtPrecision,
    SensitivityAtSpecificity, SpecificityAtSensitivity, TrueNegatives, TruePositives,
)  # fmt: skip
_KNOWN: dict[str, Any] = {
    **_LOSSES,
    **{kind.__name__: kind for kind in _CLASSES},
    "acc": Accuracy, "ACC": Accuracy, "accuracy": Accuracy, "binary_accuracy": binary_accuracy,
    "categorical_accuracy": categorical_accuracy, "sparse_categorical_accuracy": sparse_categorical_accuracy,
    "top_k_categorical_accuracy": top_k_categorical_accuracy,
    "sparse_top_k_categorical_accuracy": sparse_top_k_categorical_accuracy,
}  # fmt: skip
"""The names in strings. A loss's name is its function."""


def __getattr__(name: str) -> Any:
    if name in _LOSSES:
        return _LOSSES[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def serialize(metric: Any, use_legacy_format: bool = False) -> Any:
    """The metric as plain data."""
    return serialize_keras_object(metric)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None, use_legacy_format: bool = False) -> Any:
    """The metric of that name or configuration. Raises ValueError if there is none."""
    return deserialize_keras_object(config, custom_objects, _KNOWN, "metric function")


def get(identifier: Any) -> Any:
    """A metric for a name, a configuration or a function; None for None.

    Raises:
        ValueError: an unknown name, or something else.
    """
    return interpret(identifier, deserialize, "metric")
