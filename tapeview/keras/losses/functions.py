"""Losses and distances per sample: functions of labels and predictions that reduce the last axis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.activation import softplus
from tapeview.engine.ops.arithmetic import squared_difference
from tapeview.engine.ops.elementwise import abs as abs_
from tapeview.engine.ops.elementwise import cast, square, subtract
from tapeview.engine.ops.exponential import log
from tapeview.engine.ops.extremes import clip_by_value, maximum
from tapeview.engine.ops.norms import l2_normalize
from tapeview.engine.ops.reduction import reduce_max, reduce_mean, reduce_sum
from tapeview.engine.ops.select import where
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.backend.config import epsilon, floatx


def _both(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Labels and predictions as tensors of the predictions' type."""
    pred = to_tensor(y_pred)
    return cast(y_true, pred.dtype), pred


def mean_squared_error(y_true: Any, y_pred: Any) -> EagerTensor:
    """The mean of squared differences."""
    true, pred = _both(y_true, y_pred)
    return reduce_mean(squared_difference(pred, true), -1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> EagerTensor:
    """The mean of differences."""
    true, pred = _both(y_true, y_pred)
    return reduce_mean(abs_(pred - true), -1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of differences in percent of the label."""
    true, pred = _both(y_true, y_pred)
    share = abs_((true - pred) / maximum(abs_(true), epsilon()))
    return 100.0 * reduce_mean(share, -1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> EagerTensor:
    """The mean of squared differences of ``log(1 + y)``."""
    true, pred = _both(y_true, y_pred)
    first, second = (log(maximum(v, epsilon()) + 1.0) for v in (pred, true))
    return reduce_mean(squared_difference(first, second), -1)


def _signs(labels: Any) -> Any:
    """Labels of 0 and 1 as -1 and 1; others as they are."""
    values = labels._array
    return 2.0 * labels - 1.0 if np.all((values == 0) | (values == 1)) else labels


def hinge(y_true: Any, y_pred: Any) -> EagerTensor:
    """The mean of ``max(1 - y_true * y_pred, 0)`` for labels of -1 and 1 (or 0 and 1)."""
    true, pred = _both(y_true, y_pred)
    return reduce_mean(maximum(1.0 - _signs(true) * pred, 0.0), -1)


def squared_hinge(y_true: Any, y_pred: Any) -> EagerTensor:
    """The mean of ``max(1 - y_true * y_pred, 0) ** 2``; see :func:`hinge`."""
    true, pred = _both(y_true, y_pred)
    return reduce_mean(square(maximum(1.0 - _signs(true) * pred, 0.0)), -1)


def categorical_hinge(y_true: Any, y_pred: Any) -> EagerTensor:
    """How far the highest score of a wrong class comes to that of the right one, if nearer than 1."""
    true, pred = _both(y_true, y_pred)
    right = reduce_sum(true * pred, -1)
    wrong: Any = reduce_max((1.0 - true) * pred, -1)
    return maximum(wrong - right + 1.0, 0.0)


def huber(y_true: Any, y_pred: Any, delta: Any = 1.0) -> EagerTensor:
    """Half the squared difference up to ``delta``, a straight line beyond."""
    pred, true, limit = cast(y_pred, floatx()), cast(y_true, floatx()), cast(delta, floatx())
    error = subtract(pred, true)
    size: Any = abs_(error)
    return reduce_mean(where(size <= limit, 0.5 * square(error), limit * size - 0.5 * square(limit)), -1)


def log_cosh(y_true: Any, y_pred: Any) -> EagerTensor:
    """The mean of ``log(cosh(y_pred - y_true))``."""
    true, pred = _both(y_true, y_pred)
    x = pred - true
    return reduce_mean(x + softplus(-2.0 * x) - math.log(2.0), -1)


def kl_divergence(y_true: Any, y_pred: Any) -> EagerTensor:
    """``sum(y_true * log(y_true / y_pred))``."""
    true, pred = _both(y_true, y_pred)
    true, pred = (clip_by_value(v, epsilon(), 1.0) for v in (true, pred))
    return reduce_sum(true * log(true / pred), -1)


def poisson(y_true: Any, y_pred: Any) -> EagerTensor:
    """The mean of ``y_pred - y_true * log(y_pred)``."""
    true, pred = _both(y_true, y_pred)
    return reduce_mean(pred - true * log(pred + epsilon()), -1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: Any = -1) -> Any:
    """The cosine of the angle between labels and predictions, with the sign changed: -1 is the best."""
    true: Any = l2_normalize(y_true, axis=axis)
    return -reduce_sum(true * l2_normalize(y_pred, axis=axis), axis)
