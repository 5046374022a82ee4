"""Cross entropies, per sample. Of what a softmax or sigmoid of Keras made, they use the numbers before it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.activation import softmax
from tapeview.engine.ops.comparison import not_equal
from tapeview.engine.ops.elementwise import cast, multiply, power
from tapeview.engine.ops.exponential import log, sigmoid
from tapeview.engine.ops.extremes import clip_by_value
from tapeview.engine.ops.index import boolean_mask
from tapeview.engine.ops.losses import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
)
from tapeview.engine.ops.reduction import reduce_mean, reduce_sum
from tapeview.engine.ops.scatter import scatter_nd
from tapeview.engine.ops.select import where
from tapeview.engine.ops.shape import reshape, transpose
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.backend.config import epsilon
from tapeview.keras.losses.reduction import same_shape


def logits_behind(output: EagerTensor, from_logits: bool, activation: str, function: str) -> tuple[Any, bool]:
    """What the loss is computed from, and whether that is logits: what stood before Keras's activation, if it was."""
    noted = output.__dict__.get("_keras_logits")
    if noted is None:
        return output, from_logits
    if from_logits:
        warnings.warn(
            f'"`{function}` received `from_logits=True`, but the `output` argument was produced by a {activation} '
            "activation and thus does not represent logits. Was this intended?",
            stacklevel=4,
        )
    return noted, True


def _inside(output: EagerTensor) -> Any:
    """Probabilities that are neither 0 nor 1."""
    kind = output._array.dtype.type
    small = kind(epsilon())
    low, high = EagerTensor(np.asarray(small)), EagerTensor(np.asarray(kind(1.0) - small))
    return clip_by_value(output, low, high)


# -- of Keras's backend: targets of the output's type ------------------------------------------------------------------


def categorical(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """``keras.backend.categorical_crossentropy``. Raises ValueError for shapes that differ."""
    target, output = to_tensor(target), to_tensor(output)
    same_shape(target, output)
    scores, are_logits = logits_behind(output, from_logits, "Softmax", "categorical_crossentropy")
    if are_logits:
        return softmax_cross_entropy_with_logits(labels=target, logits=scores, axis=axis)
    shares: Any = scores / reduce_sum(scores, axis, keepdims=True)
    return -reduce_sum(target * log(_inside(shares)), axis)


def sparse_categorical(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1, ignore_class: Any = None
) -> Any:
    """``keras.backend.sparse_categorical_crossentropy``: targets are class numbers, of any type.

    Raises:
        InvalidArgumentError: a class number that does not exist.
    """
    numbers, output = cast(to_tensor(target), "int64"), to_tensor(output)
    scores, are_logits = logits_behind(output, from_logits, "Softmax", "sparse_categorical_crossentropy")
    if not are_logits:
        scores = log(_inside(scores))
    rank = scores._array.ndim
    at = axis % rank
    if at != rank - 1:
        scores = transpose(scores, [k for k in range(rank) if k != at] + [at])
    shape = scores._array.shape
    flat = numbers._array.ndim != rank - 1
    if flat:
        numbers, scores = reshape(numbers, [-1]), reshape(scores, [-1, shape[-1]])
    if ignore_class is not None:
        valid = not_equal(numbers, cast(ignore_class, "int64"))
        kept = sparse_softmax_cross_entropy_with_logits(boolean_mask(numbers, valid), boolean_mask(scores, valid))
        valid = reshape(valid, shape[:-1])
        losses = scatter_nd(where(valid), kept, np.array(shape[:-1], np.int64))
        losses._keras_mask = valid  # type: ignore[attr-defined]
        return losses
    losses = sparse_softmax_cross_entropy_with_logits(numbers, scores)
    return reshape(losses, shape[:-1]) if flat and rank >= 3 else losses


def binary(target: Any, output: Any, from_logits: bool = False) -> Any:
    """``keras.backend.binary_crossentropy``, element by element."""
    target, output = to_tensor(target), to_tensor(output)
    scores, are_logits = logits_behind(output, from_logits, "Sigmoid", "binary_crossentropy")
    if are_logits:
        return sigmoid_cross_entropy_with_logits(labels=target, logits=scores)
    share = _inside(scores)
    found = target * log(share + epsilon())
    return -(found + (1 - target) * log(1 - share + epsilon()))


def binary_focal(
    target: Any, output: Any, apply_class_balancing: bool = False, alpha: Any = 0.25, gamma: Any = 2.0,
    from_logits: bool = False,
) -> Any:  # fmt: skip
    """``keras.backend.binary_focal_crossentropy``, element by element."""
    share: Any = sigmoid(output) if from_logits else output
    right = target * share + (1 - target) * (1 - share)
    losses = power(1.0 - right, gamma) * binary(target, output, from_logits)
    return (target * alpha + (1 - target) * (1 - alpha)) * losses if apply_class_balancing else losses


def categorical_focal(
    target: Any, output: Any, alpha: Any = 0.25, gamma: Any = 2.0, from_logits: bool = False, axis: int = -1
) -> Any:
    """``keras.backend.categorical_focal_crossentropy``. Raises ValueError for shapes that differ."""
    target, output = to_tensor(target), to_tensor(output)
    same_shape(target, output)
    scores, are_logits = logits_behind(output, from_logits, "Softmax", "categorical_focal_crossentropy")
    if are_logits:
        scores = softmax(scores, axis)
    share = _inside(scores / reduce_sum(scores, axis, keepdims=True))
    losses = -target * log(share)
    return reduce_sum(multiply(power(1.0 - share, gamma), alpha) * losses, axis)


# -- keras.losses ------------------------------------------------------------------------------------------------------


def _check_axis(axis: Any) -> None:
    if isinstance(axis, bool):
        raise ValueError(f"`axis` must be of type `int`. Received: axis={axis} of type {type(axis)}")


def _warn_of_one_class(y_pred: EagerTensor, name: str) -> None:
    if y_pred._array.shape[-1] == 1:
        warnings.warn(
            f"In loss {name}, expected y_pred.shape to be (batch_size, num_classes) with num_classes > 1. Received: "
            f"y_pred.shape={y_pred.shape}. Consider using 'binary_crossentropy' if you only have 2 classes.",
            SyntaxWarning,
            stacklevel=4,
        )


def _smoothed(y_true: Any, smoothing: Any, share: float) -> Any:
    return y_true * (1.0 - smoothing) + smoothing * share if smoothing else y_true


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: Any = 0.0, axis: Any = -1
) -> Any:
    """Per sample the cross entropy between shares of classes (``y_true``) and predicted ones.

    Raises:
        ValueError: shapes that differ.
    """
    _check_axis(axis)
    y_pred = to_tensor(y_pred)
    y_true = cast(y_true, y_pred.dtype)
    _warn_of_one_class(y_pred, "categorical_crossentropy")
    if label_smoothing:
        y_true = _smoothed(y_true, label_smoothing, 1 / y_true._array.shape[axis])
    return categorical(y_true, y_pred, from_logits, axis)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, axis: Any = -1, ignore_class: Any = None
) -> Any:
    """Per sample the cross entropy between a class number (``y_true``, of any type) and predicted shares."""
    return sparse_categorical(y_true, y_pred, from_logits, axis, ignore_class)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: Any = 0.0, axis: Any = -1
) -> Any:
    """The cross entropy of yes and no (1 and 0), the mean over ``axis``."""
    y_pred = to_tensor(y_pred)
    y_true = _smoothed(cast(y_true, y_pred.dtype), label_smoothing, 0.5)
    return reduce_mean(binary(y_true, y_pred, from_logits), axis)


def binary_focal_crossentropy(
    y_true: Any, y_pred: Any, apply_class_balancing: bool = False, alpha: Any = 0.25, gamma: Any = 2.0,
    from_logits: bool = False, label_smoothing: Any = 0.0, axis: Any = -1,
) -> Any:  # fmt: skip
    """The binary cross entropy, with samples that are predicted well counting less."""
    y_pred = to_tensor(y_pred)
    y_true = _smoothed(cast(y_true, y_pred.dtype), label_smoothing, 0.5)
    return reduce_mean(binary_focal(y_true, y_pred, apply_class_balancing, alpha, gamma, from_logits), axis)


def categorical_focal_crossentropy(
    y_true: Any, y_pred: Any, alpha: Any = 0.25, gamma: Any = 2.0, from_logits: bool = False,
    label_smoothing: Any = 0.0, axis: Any = -1,
) -> Any:  # fmt: skip
    """The categorical cross entropy, with samples that are predicted well counting less."""
    _check_axis(axis)
    y_pred = to_tensor(y_pred)
    y_true = cast(y_true, y_pred.dtype)
    _warn_of_one_class(y_pred, "categorical_focal_crossentropy")
    if label_smoothing:
        y_true = _smoothed(y_true, label_smoothing, 1 / y_true._array.shape[-1])
    return categorical_focal(y_true, y_pred, alpha, gamma, from_logits, axis)
