"""How many predictions are right: functions that give 1 or 0 per sample."""

from __future__ import annotations

from typing import Any

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.comparison import equal, greater
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.ops.reduction import reduce_mean
from tapeview.engine.ops.shape import reshape, squeeze
from tapeview.engine.ops.sorting import argmax, in_top_k
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.backend.config import floatx
from tapeview.keras.losses.reduction import same_shape


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where labels and predictions are the same. Raises ValueError for shapes that differ."""
    true, pred = to_tensor(y_true), to_tensor(y_pred)
    same_shape(true, pred)
    if true.dtype is not pred.dtype:
        pred = cast(pred, true.dtype)
    return cast(equal(true, pred), floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> EagerTensor:
    """The share of predictions that are on their label's side of the threshold, over the last axis."""
    pred = to_tensor(y_pred)
    sides = cast(greater(pred, cast(threshold, pred.dtype)), pred.dtype)
    return reduce_mean(cast(equal(cast(y_true, pred.dtype), sides), floatx()), -1)


def _matches(true: EagerTensor, pred: EagerTensor) -> Any:
    shape = true._array.shape
    same_rank = len(shape) == pred._array.ndim
    if same_rank:
        true = squeeze(true, [-1])
    found = argmax(pred, -1)
    if found.dtype is not true.dtype:
        found = cast(found, true.dtype)
    matches = cast(equal(true, found), floatx())
    return reshape(matches, shape) if same_rank else matches


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the highest prediction is at the highest label."""
    return _matches(argmax(y_true, -1), to_tensor(y_pred))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the highest prediction is at the class whose number the label is."""
    matches = _matches(to_tensor(y_true), to_tensor(y_pred))
    shape = matches._array.shape
    return squeeze(matches, [-1]) if len(shape) > 1 and shape[-1] == 1 else matches


def _among(true: EagerTensor, pred: EagerTensor, k: int) -> Any:
    shape = true._array.shape
    flat = pred._array.ndim > 2 or len(shape) > 1
    if flat:
        true, pred = reshape(true, [-1]), reshape(pred, [-1, pred._array.shape[-1]])
    matches = cast(in_top_k(cast(true, "int32"), pred, k), floatx())
    return reshape(matches, shape) if flat and len(shape) > 1 else matches


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where the highest label is among the ``k`` highest predictions."""
    return _among(argmax(y_true, -1), to_tensor(y_pred), k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where the class whose number the label is is among the ``k`` highest predictions."""
    matches = _among(to_tensor(y_true), to_tensor(y_pred), k)
    shape = matches._array.shape
    return squeeze(matches, [-1]) if len(shape) > 1 and shape[-1] == 1 else matches
