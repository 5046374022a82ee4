"""``tf.metrics`` of TensorFlow 1: a value, and the operation that counts another batch, over local variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tapeview.engine import deferred, dtypes, warn
from tapeview.engine.deferred import tf
from tapeview.tf1 import graphs

Measured = tuple[Any, Any]
"""(value, update_op)"""


def _refuse_eager(function: str) -> None:
    if not deferred.building():
        raise RuntimeError(f"tf.metrics.{function} is not supported when eager execution is enabled.")


def metric_variable(shape: Sequence[int], dtype: Any = dtypes.float32, name: str | None = None) -> Any:
    """A local variable of zeros that metrics count in."""
    keys = deferred.GraphKeys
    return deferred.Variable(
        lambda: tf.zeros(shape, dtype), trainable=False, name=name,
        collections=[keys.LOCAL_VARIABLES, keys.METRIC_VARIABLES],
    )  # fmt: skip


def _collected(measured: Measured, metrics: Any, updates: Any) -> Measured:
    for collections, item in ((metrics, measured[0]), (updates, measured[1])):
        if collections:
            graphs.add_to_collections(collections, item)
    return measured


def _squeezed(predictions: Any, labels: Any, weights: Any) -> tuple[Any, Any, Any]:
    """All three as tensors; a last axis of one element too many is taken away. Raises ValueError for unlike shapes."""
    predictions = graphs.tensor(predictions)
    sizes = graphs.sizes(predictions)
    if labels is not None:
        labels = graphs.tensor(labels)
        others = graphs.sizes(labels)
        if sizes is not None and others is not None:
            if len(sizes) == len(others) + 1 and sizes[-1] in (1, None):
                predictions = tf.squeeze(predictions, [-1])
            elif len(others) == len(sizes) + 1 and others[-1] in (1, None):
                labels = tf.squeeze(labels, [-1])
        if not graphs.compatible(predictions, labels):
            raise ValueError(f"Shapes {predictions.shape} and {labels.shape} are incompatible")
    if weights is not None:
        weights = graphs.tensor(weights)
        sizes, given = graphs.sizes(predictions), graphs.sizes(weights)
        if given and sizes is not None:
            if len(given) == len(sizes) + 1:
                weights = tf.squeeze(weights, [-1])
            elif len(given) == len(sizes) - 1:
                weights = tf.expand_dims(weights, -1)
    return predictions, labels, weights


def _spread(weights: Any, values: Any) -> Any:
    """Weights for each of the values."""
    weights = graphs.cast(weights, dtypes.float32)
    given = graphs.sizes(weights)
    if given is not None and given == graphs.sizes(values) and None not in given:
        return weights
    return graphs.composed("broadcast_weights", lambda w, v: w * tf.ones_like(v), weights, values)


def _share(part: Any, whole: Any, name: str) -> Any:
    return tf.math.divide_no_nan(part, tf.maximum(whole, 0.0), name=name)


# -- means -------------------------------------------------------------------------------------------------------------


def mean(
    values: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
    name: str | None = None,
) -> Measured:  # fmt: skip
    """The weighted mean of all values so far, and the operation that adds ``values``. Raises RuntimeError eagerly."""
    _refuse_eager("mean")
    with graphs.variable_scope(name, "mean"):
        values = graphs.cast(values, dtypes.float32)
        total, count = metric_variable([], name="total"), metric_variable([], name="count")
        if weights is None:
            added = tf.cast(tf.size(values), dtypes.float32)
        else:
            values, _, weights = _squeezed(values, None, weights)
            weights = _spread(weights, values)
            values = tf.multiply(values, weights)
            added = tf.reduce_sum(weights)
        return _mean_of(total, count, tf.reduce_sum(values), added, metrics_collections, updates_collections)


def _mean_of(total: Any, count: Any, values: Any, added: Any, metrics: Any, updates: Any) -> Measured:
    new_total, new_count = deferred.assign_add(total, values), deferred.assign_add(count, added)
    measured = _share(total, count, "value"), _share(new_total, new_count, "update_op")
    return _collected(measured, metrics, updates)


def mean_tensor(
    values: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
    name: str | None = None,
) -> Measured:  # fmt: skip
    """The weighted mean of each element; see :func:`mean`."""
    _refuse_eager("mean_tensor")
    with graphs.variable_scope(name, "mean"):
        values = graphs.cast(values, dtypes.float32)
        shape = graphs.known_sizes(values.shape)
        total, count = metric_variable(shape, name="total_tensor"), metric_variable(shape, name="count_tensor")
        added = tf.ones_like(values)
        if weights is not None:
            values, _, weights = _squeezed(values, None, weights)
            weights = _spread(weights, values)
            values, added = tf.multiply(values, weights), tf.multiply(added, weights)
        return _mean_of(total, count, values, added, metrics_collections, updates_collections)


def accuracy(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """How often ``predictions`` are ``labels``; see :func:`mean`."""
    _refuse_eager("accuracy")
    predictions, labels, weights = _squeezed(predictions, labels, weights)
    predictions = graphs.cast(predictions, labels.dtype)
    right = tf.cast(tf.equal(predictions, labels), dtypes.float32)
    return mean(right, weights, metrics_collections, updates_collections, name or "accuracy")


def mean_squared_error(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """The mean of squared differences; see :func:`mean`."""
    _refuse_eager("mean_squared_error")
    predictions, labels, weights = _squeezed(predictions, labels, weights)
    errors = tf.math.squared_difference(labels, predictions)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_squared_error")


def root_mean_squared_error(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """The root of :func:`mean_squared_error`."""
    _refuse_eager("root_mean_squared_error")
    found = mean_squared_error(labels, predictions, weights, None, None, name or "root_mean_squared_error")
    return _collected((tf.sqrt(found[0]), tf.sqrt(found[1])), metrics_collections, updates_collections)


def mean_absolute_error(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """The mean of absolute differences; see :func:`mean`."""
    _refuse_eager("mean_absolute_error")
    predictions, labels, weights = _squeezed(predictions, labels, weights)
    errors = tf.abs(predictions - labels)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_absolute_error")


def mean_relative_error(
    labels: Any, predictions: Any, normalizer: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """The mean of differences as shares of ``normalizer``; see :func:`mean`."""
    _refuse_eager("mean_relative_error")
    predictions, labels, weights = _squeezed(predictions, labels, weights)
    predictions, normalizer, _ = _squeezed(predictions, normalizer, None)
    errors = tf.math.divide_no_nan(tf.abs(labels - predictions), normalizer)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_relative_error")


def mean_cosine_distance(
    labels: Any, predictions: Any, dim: int, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """1 minus the mean product of vectors of length 1 along ``dim``; see :func:`mean`."""
    _refuse_eager("mean_cosine_distance")
    predictions, labels, weights = _squeezed(predictions, labels, weights)
    products = tf.reduce_sum(tf.multiply(predictions, labels), axis=[dim], keepdims=True)
    value, update = mean(products, weights, None, None, name or "mean_cosine_distance")
    measured = tf.subtract(1.0, value), tf.subtract(1.0, update)
    return _collected(measured, metrics_collections, updates_collections)


def percentage_below(
    values: Any, threshold: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
    name: str | None = None,
) -> Measured:  # fmt: skip
    """Which share of values is below ``threshold``; see :func:`mean`."""
    _refuse_eager("percentage_below")
    below = tf.cast(tf.less(values, threshold), dtypes.float32)
    return mean(below, weights, metrics_collections, updates_collections, name or "percentage_below_threshold")


# -- counts ------------------------------------------------------------------------------------------------------------


def _counted(scope: str, label: bool, prediction: bool) -> Callable[..., Measured]:
    def count(
        labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
        updates_collections: Any = None, name: str | None = None,
    ) -> Measured:  # fmt: skip
        _refuse_eager(scope)
        with graphs.variable_scope(name, scope):
            yes, truth = graphs.cast(predictions, dtypes.bool_), graphs.cast(labels, dtypes.bool_)
            yes, truth, weights = _squeezed(yes, truth, weights)
            yes = yes if prediction else tf.logical_not(yes)
            truth = truth if label else tf.logical_not(truth)
            counted = tf.cast(tf.logical_and(truth, yes), dtypes.float32)
            if weights is not None:
                counted = tf.multiply(counted, graphs.cast(weights, dtypes.float32))
            held = metric_variable([], name="count")
            measured = tf.identity(held), deferred.assign_add(held, tf.reduce_sum(counted))
            return _collected(measured, metrics_collections, updates_collections)

    count.__name__ = count.__qualname__ = scope
    count.__doc__ = f"How many {scope.replace('_', ' ')} there were, weighted; see :func:`mean`."
    return count


true_positives = _counted("true_positives", True, True)
true_negatives = _counted("true_negatives", False, False)
false_positives = _counted("false_positives", False, True)
false_negatives = _counted("false_negatives", True, False)


def _ratio(scope: str, other: Callable[..., Measured]) -> Callable[..., Measured]:
    def ratio(
        labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
        updates_collections: Any = None, name: str | None = None,
    ) -> Measured:  # fmt: skip
        _refuse_eager(scope)
        with graphs.variable_scope(name, scope):
            yes, truth = graphs.cast(predictions, dtypes.bool_), graphs.cast(labels, dtypes.bool_)
            yes, truth, weights = _squeezed(yes, truth, weights)
            right, wrong = true_positives(truth, yes, weights), other(truth, yes, weights)
            measured = (
                tf.math.divide_no_nan(right[0], right[0] + wrong[0], name="value"),
                tf.math.divide_no_nan(right[1], right[1] + wrong[1], name="update_op"),
            )
            return _collected(measured, metrics_collections, updates_collections)

    ratio.__name__ = ratio.__qualname__ = scope
    ratio.__doc__ = f"The {scope} of predictions that are true or false; see :func:`mean`."
    return ratio


precision = _ratio("precision", false_positives)
recall = _ratio("recall", false_negatives)


# -- curves ------------------------------------------------------------------------------------------------------------

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
    _refuse_eager("auc")
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
        return _collected(measured, metrics_collections, updates_collections)


def _at_thresholds(labels: Any, predictions: Any, levels: list[float], weights: Any) -> list[Measured]:
    """Counts of true positives, false negatives, true negatives and false positives at each threshold."""
    predictions = graphs.cast(predictions, dtypes.float32)
    predictions, labels, weights = _squeezed(predictions, graphs.cast(labels, dtypes.bool_), weights)
    given = [predictions, labels] if weights is None else [predictions, labels, _spread(weights, predictions)]
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
    _refuse_eager("mean_iou")
    with graphs.variable_scope(name, "mean_iou"):
        held = metric_variable([num_classes, num_classes], dtypes.float64, "total_confusion_matrix")
        given = _flat(graphs.cast(labels, dtypes.int64), graphs.cast(predictions, dtypes.int64))
        given += [] if weights is None else _flat(graphs.tensor(weights))

        def matrix(labels: Any, predictions: Any, weights: Any = None) -> Any:
            return tf.math.confusion_matrix(labels, predictions, num_classes, weights, dtypes.float64)

        update = deferred.assign_add(held, graphs.composed("confusion_matrix", matrix, *given))
        return _collected((graphs.composed("Select_1", _iou, held), update), metrics_collections, updates_collections)


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
    _refuse_eager("mean_per_class_accuracy")
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
        value = tf.reduce_mean(_share(count, total, "shares"), name="mean_accuracy")
        return _collected((value, _share(new_count, new_total, "update_op")), metrics_collections, updates_collections)
