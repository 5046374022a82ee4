"""``tf.metrics`` of TensorFlow 1, continued: areas under curves, and what is worked out from confusion matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine import deferred, dtypes, warn
from tapeview.engine.deferred import tf
from tapeview.tf1 import graphs
from tapeview.tf1.metrics import Measured, collected, metric_variable, refuse_eager, share, spread, squeezed

_SMALL = 1e-6


def auc(
    labels: Any, predictions: Any, weights: Any = None, num_thresholds: int = 200, metrics_collections: Any = None,
    updates_collections: Any = None, curve: str = "ROC", name: str | None = None,
    summation_method: str = "trapezoidal", thresholds: Any = None,
) -> Measured:  # fmt: skip
    """The area under a curve of rates at many thresholds; see :func:`mean`.

    Args:
        curve: ``"ROC"`` or ``"PR"`` (precision over recall).
        summation_method: ``"trapezoidal"``, ``"careful_interpolation"``, ``"minoring"`` or ``"majoring"``.

    Raises:
        ValueError: another curve or method.
    """
    refuse_eager("auc")
    with graphs.variable_scope(name, "auc"):
        if curve not in ("ROC", "PR"):
            raise ValueError(f"Curve must be either ROC or PR. Curve {curve} is unknown.")
        if summation_method not in ("trapezoidal", "careful_interpolation", "minoring", "majoring"):
            raise ValueError(
                f"Invalid summation_method: {summation_method} summation_method should be 'trapezoidal', "
                "'careful_interpolation', 'minoring', or 'majoring'."
            )
        if thresholds is None:
            inner = [(k + 1) / (num_thresholds - 1) for k in range(num_thresholds - 2)]
        else:
            inner = sorted(thresholds)
        if curve == "PR" and summation_method == "trapezoidal":
            warn.warn(
                "Trapezoidal rule is known to produce incorrect PR-AUCs; please switch to "
                '"careful_interpolation" instead.'
            )
        levels = [-1e-7, *inner, 1.0 + 1e-7]
        counts = _at_thresholds(labels, predictions, levels, weights)
        values, updates = [c[0] for c in counts], [c[1] for c in counts]

        def area(tp: Any, fn: Any, tn: Any, fp: Any) -> Any:
            return _area(tp, fn, tn, fp, curve, summation_method)

        own = curve == "PR" and summation_method == "careful_interpolation"
        named = ("interpolate_pr_auc",) * 2 if own else ("value", "update_op")
        measured = graphs.composed(named[0], area, *values), graphs.composed(named[1], area, *updates)
        return collected(measured, metrics_collections, updates_collections)


def _at_thresholds(labels: Any, predictions: Any, levels: list[float], weights: Any) -> list[Measured]:
    """Counts of true positives, false negatives, true negatives and false positives at each threshold."""
    predictions = graphs.cast(predictions, dtypes.float32)
    predictions, labels, weights = squeezed(predictions, graphs.cast(labels, dtypes.bool_), weights)
    given = [predictions, labels] if weights is None else [predictions, labels, spread(weights, predictions)]
    bounds = np.array(levels, np.float32)[:, None]

    def counted(label: bool, yes: bool) -> Callable[..., Any]:
        def count(predictions: Any, labels: Any, weights: Any = None) -> Any:
            above = tf.reshape(predictions, [1, -1]) > bounds
            truth = tf.reshape(labels, [1, -1])
            hits = tf.logical_and(truth if label else tf.logical_not(truth), above if yes else tf.logical_not(above))
            hits = tf.cast(hits, dtypes.float32)
            return tf.reduce_sum(hits if weights is None else hits * tf.reshape(weights, [1, -1]), 1)

        return count

    found = []
    for word, label, yes in (
        ("true_positives", True, True), ("false_negatives", True, False), ("true_negatives", False, False),
        ("false_positives", False, True),
    ):  # fmt: skip
        held = metric_variable([len(levels)], name=word)
        added = graphs.composed(f"{word}_of_batch", counted(label, yes), *given)
        found.append((held, deferred.assign_add(held, added)))
    return found


def _area(tp: Any, fn: Any, tn: Any, fp: Any, curve: str, method: str) -> Any:
    if curve == "PR" and method == "careful_interpolation":
        return _interpolated(tp, fp, fn)
    recalls = tf.divide(tp + _SMALL, tp + fn + _SMALL)
    if curve == "ROC":
        x, y = tf.divide(fp, fp + tn + _SMALL), recalls
    else:
        x, y = recalls, tf.divide(tp + _SMALL, tp + fp + _SMALL)
    pick = {"minoring": tf.minimum, "majoring": tf.maximum}.get(method)
    heights = (y[:-1] + y[1:]) / 2.0 if pick is None else pick(y[:-1], y[1:])
    return tf.reduce_sum(tf.multiply(x[:-1] - x[1:], heights))


def _interpolated(tp: Any, fp: Any, fn: Any) -> Any:
    """The area under precision over recall, with true positives between thresholds on a line over all positives."""
    steps = tp[:-1] - tp[1:]
    p = tp + fp
    slope = tf.math.divide_no_nan(steps, tf.maximum(p[:-1] - p[1:], 0.0))
    start = tp[1:] - slope * p[1:]
    both = tf.logical_and(p[:-1] > 0.0, p[1:] > 0.0)
    ratio = tf.where(both, tf.math.divide_no_nan(p[:-1], tf.maximum(p[1:], 0.0)), tf.ones_like(p[1:]))
    parts = slope * (steps + start * tf.math.log(ratio))
    return tf.reduce_sum(tf.math.divide_no_nan(parts, tf.maximum(tp[1:] + fn[1:], 0.0)))


# -- classes -----------------------------------------------------------------------------------------------------------


def _flat(*tensors: Any) -> list[Any]:
    return [t if len(graphs.sizes(t) or (None,)) < 2 else tf.reshape(t, [-1]) for t in tensors]


def mean_iou(
    labels: Any, predictions: Any, num_classes: int, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """The mean over classes of intersection over union; the update gives the confusion matrix. See :func:`mean`."""
    refuse_eager("mean_iou")
    with graphs.variable_scope(name, "mean_iou"):
        held = metric_variable([num_classes, num_classes], dtypes.float64, "total_confusion_matrix")
        given = _flat(graphs.cast(labels, dtypes.int64), graphs.cast(predictions, dtypes.int64))
        given += [] if weights is None else _flat(graphs.tensor(weights))

        def matrix(labels: Any, predictions: Any, weights: Any = None) -> Any:
            return tf.math.confusion_matrix(labels, predictions, num_classes, weights, dtypes.float64)

        update = deferred.assign_add(held, graphs.composed("confusion_matrix", matrix, *given))
        return collected((graphs.composed("Select_1", _iou, held), update), metrics_collections, updates_collections)


def _iou(matrix: Any) -> Any:
    rows, columns = (tf.cast(tf.reduce_sum(matrix, axis), dtypes.float32) for axis in (0, 1))
    shared = tf.cast(tf.linalg.diag_part(matrix), dtypes.float32)
    union = rows + columns - shared
    met = tf.reduce_sum(tf.cast(tf.not_equal(union, 0.0), dtypes.float32))
    return tf.math.divide_no_nan(tf.reduce_sum(tf.math.divide_no_nan(shared, union)), met)


def mean_per_class_accuracy(
    labels: Any, predictions: Any, num_classes: int, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """The mean over classes of how often they are found; the update gives each class's share. See :func:`mean`."""
    refuse_eager("mean_per_class_accuracy")
    with graphs.variable_scope(name, "mean_accuracy"):
        labels, predictions = _flat(graphs.cast(labels, dtypes.int64), graphs.cast(predictions, dtypes.int64))
        given = [labels, predictions] if weights is None else [labels, predictions, *_flat(graphs.tensor(weights))]

        def met(labels: Any, predictions: Any, weights: Any = None) -> Any:
            ones = tf.ones_like(labels, dtypes.float32)
            return tf.math.unsorted_segment_sum(ones if weights is None else ones * weights, labels, num_classes)

        def right(labels: Any, predictions: Any, weights: Any = None) -> Any:
            hits = tf.cast(tf.equal(labels, predictions), dtypes.float32)
            return tf.math.unsorted_segment_sum(hits if weights is None else hits * weights, labels, num_classes)

        total, count = metric_variable([num_classes], name="total"), metric_variable([num_classes], name="count")
        new_total = deferred.assign_add(total, graphs.composed("met", met, *given))
        new_count = deferred.assign_add(count, graphs.composed("right", right, *given))
        value = tf.reduce_mean(share(count, total, "shares"), name="mean_accuracy")
        return collected((value, share(new_count, new_total, "update_op")), metrics_collections, updates_collections)
