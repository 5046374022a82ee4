"""``keras.losses``: functions of labels and predictions, and objects that reduce them to one number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapeview.keras.losses.classes import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    Loss,
    LossFunctionWrapper,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from tapeview.keras.losses.crossentropy import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    sparse_categorical_crossentropy,
)
from tapeview.keras.losses.functions import (
    categorical_hinge,
    cosine_similarity,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    squared_hinge,
)
from tapeview.keras.losses.reduction import Reduction as Reduction
from tapeview.keras.objects import deserialize_keras_object, interpret, serialize_keras_object

bce = BCE = binary_crossentropy
mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh, huber_loss = log_cosh, huber

FUNCTIONS: dict[str, Any] = {
    function.__name__: function
    for function in (
        binary_crossentropy, binary_focal_crossentropy, categorical_crossentropy, categorical_focal_crossentropy,
        categorical_hinge, cosine_similarity, hinge, huber, kl_divergence, log_cosh, mean_absolute_error,
        mean_absolute_percentage_error, mean_squared_error, mean_squared_logarithmic_error, poisson,
        sparse_categorical_crossentropy, squared_hinge,
    )
} | {
    "bce": bce, "BCE": bce, "mse": mse, "MSE": mse, "mae": mae, "MAE": mae, "mape": mape, "MAPE": mape, "msle": msle,
    "MSLE": msle, "kld": kld, "KLD": kld, "kullback_leibler_divergence": kld, "logcosh": logcosh, "huber_loss": huber,
}  # fmt: skip
"""The functions by all their names."""

_KNOWN: dict[str, Any] = FUNCTIONS | {
    kind.__name__: kind
    for kind in (
        BinaryCrossentropy, BinaryFocalCrossentropy, CategoricalCrossentropy, CategoricalFocalCrossentropy,
        CategoricalHinge, CosineSimilarity, Hinge, Huber, KLDivergence, LogCosh, Loss, LossFunctionWrapper,
        MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredError, MeanSquaredLogarithmicError, Poisson,
        SparseCategoricalCrossentropy, SquaredHinge,
    )
}  # fmt: skip


def serialize(loss: Any, use_legacy_format: bool = False) -> Any:
    """The loss as plain data."""
    return serialize_keras_object(loss)


def deserialize(name: Any, custom_objects: Mapping[str, Any] | None = None, use_legacy_format: bool = False) -> Any:
    """The loss of that name or configuration. Raises ValueError if there is none."""
    return deserialize_keras_object(name, custom_objects, _KNOWN, "loss function")


def get(identifier: Any) -> Any:
    """A loss for a name (``"mse"``, ``"MeanSquaredError"``), a configuration or a function; None for None.

    Raises:
        ValueError: an unknown name, or something else.
    """
    return interpret(identifier, deserialize, "loss function")
