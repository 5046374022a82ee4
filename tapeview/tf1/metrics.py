"""``tf.metrics`` of TensorFlow 1: a value, and the operation that counts another batch, over local variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tapeview.engine import deferred, dtypes
from tapeview.engine.deferred import tf
from tapeview.keras.optimizers.core import Slot
from tapeview.tf1 import graphs

Measured = tuple[Any, Any]
"""(value, update_op)"""


def refuse_eager(function: str) -> None:
    if not deferred.building():
        raise RuntimeError(f"tf.metrics.{function} is not supported when eager execution is enabled.")


def metric_variable(shape: Sequence[int], dtype: Any = dtypes.float32, name: str | None = None) -> Any:
    """A local variable of zeros that metrics count in. Observers do not hear of it."""
    keys = deferred.GraphKeys
    made = deferred.Variable(
        lambda: tf.zeros(shape, dtype), trainable=False, name=name,
        collections=[keys.LOCAL_VARIABLES, keys.METRIC_VARIABLES],
    )  # fmt: skip
    made.value_class = Slot
    return made


def collected(measured: Measured, metrics: Any, updates: Any) -> Measured:
    for collections, item in ((metrics, measured[0]), (updates, measured[1])):
        if collections:
            graphs.add_to_collections(collections, item)
    return measured


def squeezed(predictions: Any, labels: Any, weights: Any) -> tuple[Any, Any, Any]:
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


def spread(weights: Any, values: Any) -> Any:
    """Weights for each of the values."""
    weights = graphs.cast(weights, dtypes.float32)
    given = graphs.sizes(weights)
    if given is not None and given == graphs.sizes(values) and None not in given:
        return weights
    return graphs.composed("broadcast_weights", lambda w, v: w * tf.ones_like(v), weights, values)


def share(part: Any, whole: Any, name: str) -> Any:
    return tf.math.divide_no_nan(part, tf.maximum(whole, 0.0), name=name)


# -- means -------------------------------------------------------------------------------------------------------------


def mean(
    values: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
    name: str | None = None,
) -> Measured:  # fmt: skip
    """The weighted mean of all values so far, and the operation that adds ``values``. Raises RuntimeError eagerly."""
    refuse_eager("mean")
    with graphs.variable_scope(name, "mean"):
        values = graphs.cast(values, dtypes.float32)
        total, count = metric_variable([], name="total"), metric_variable([], name="count")
        if weights is None:
            added = tf.cast(tf.size(values), dtypes.float32)
        else:
            values, _, weights = squeezed(values, None, weights)
            weights = spread(weights, values)
            values = tf.multiply(values, weights)
            added = tf.reduce_sum(weights)
        return _mean_of(total, count, tf.reduce_sum(values), added, metrics_collections, updates_collections)


def _mean_of(total: Any, count: Any, values: Any, added: Any, metrics: Any, updates: Any) -> Measured:
    new_total, new_count = deferred.assign_add(total, values), deferred.assign_add(count, added)
    measured = share(total, count, "value"), share(new_total, new_count, "update_op")
    return collected(measured, metrics, updates)


def mean_tensor(
    values: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
    name: str | None = None,
) -> Measured:  # fmt: skip
    """The weighted mean of each element; see :func:`mean`."""
    refuse_eager("mean_tensor")
    with graphs.variable_scope(name, "mean"):
        values = graphs.cast(values, dtypes.float32)
        shape = graphs.known_sizes(values.shape)
        total, count = metric_variable(shape, name="total_tensor"), metric_variable(shape, name="count_tensor")
        added = tf.ones_like(values)
        if weights is not None:
            values, _, weights = squeezed(values, None, weights)
            weights = spread(weights, values)
            values, added = tf.multiply(values, weights), tf.multiply(added, weights)
        return _mean_of(total, count, values, added, metrics_collections, updates_collections)


def accuracy(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """How often ``predictions`` are ``labels``; see :func:`mean`."""
    refuse_eager("accuracy")
    predictions, labels, weights = squeezed(predictions, labels, weights)
    predictions = graphs.cast(predictions, labels.dtype)
    right = tf.cast(tf.equal(predictions, labels), dtypes.float32)
    return mean(right, weights, metrics_collections, updates_collections, name or "accuracy")


def mean_squared_error(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """The mean of squared differences; see :func:`mean`."""
    refuse_eager("mean_squared_error")
    predictions, labels, weights = squeezed(predictions, labels, weights)
    errors = tf.math.squared_difference(labels, predictions)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_squared_error")


def root_mean_squared_error(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """The root of :func:`mean_squared_error`."""
    refuse_eager("root_mean_squared_error")
    found = mean_squared_error(labels, predictions, weights, None, None, name or "root_mean_squared_error")
    return collected((tf.sqrt(found[0]), tf.sqrt(found[1])), metrics_collections, updates_collections)


def mean_absolute_error(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """The mean of absolute differences; see :func:`mean`."""
    refuse_eager("mean_absolute_error")
    predictions, labels, weights = squeezed(predictions, labels, weights)
    errors = tf.abs(predictions - labels)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_absolute_error")


def mean_relative_error(
    labels: Any, predictions: Any, normalizer: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """The mean of differences as shares of ``normalizer``; see :func:`mean`."""
    refuse_eager("mean_relative_error")
    predictions, labels, weights = squeezed(predictions, labels, weights)
    predictions, normalizer, _ = squeezed(predictions, normalizer, None)
    errors = tf.math.divide_no_nan(tf.abs(labels - predictions), normalizer)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_relative_error")


def mean_cosine_distance(
    labels: Any, predictions: Any, dim: int, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Measured:  # fmt: skip
    """1 minus the mean product of vectors of length 1 along ``dim``; see :func:`mean`."""
    refuse_eager("mean_cosine_distance")
    predictions, labels, weights = squeezed(predictions, labels, weights)
    products = tf.reduce_sum(tf.multiply(predictions, labels), axis=[dim], keepdims=True)
    value, update = mean(products, weights, None, None, name or "mean_cosine_distance")
    measured = tf.subtract(1.0, value), tf.subtract(1.0, update)
    return collected(measured, metrics_collections, updates_collections)


def percentage_below(
    values: Any, threshold: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
    name: str | None = None,
) -> Measured:  # fmt: skip
    """Which share of values is below ``threshold``; see :func:`mean`."""
    refuse_eager("percentage_below")
    below = tf.cast(tf.less(values, threshold), dtypes.float32)
    return mean(below, weights, metrics_collections, updates_collections, name or "percentage_below_threshold")


# -- counts ------------------------------------------------------------------------------------------------------------


def _counted(scope: str, label: bool, prediction: bool) -> Callable[..., Measured]:
    def count(
        labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
        updates_collections: Any = None, name: str | None = None,
    ) -> Measured:  # fmt: skip
        refuse_eager(scope)
        with graphs.variable_scope(name, scope):
            yes, truth = graphs.cast(predictions, dtypes.bool_), graphs.cast(labels, dtypes.bool_)
            yes, truth, weights = squeezed(yes, truth, weights)
            yes = yes if prediction else tf.logical_not(yes)
            truth = truth if label else tf.logical_not(truth)
            counted = tf.cast(tf.logical_and(truth, yes), dtypes.float32)
            if weights is not None:
                counted = tf.multiply(counted, graphs.cast(weights, dtypes.float32))
            held = metric_variable([], name="count")
            measured = tf.identity(held), deferred.assign_add(held, tf.reduce_sum(counted))
            return collected(measured, metrics_collections, updates_collections)

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
        refuse_eager(scope)
        with graphs.variable_scope(name, scope):
            yes, truth = graphs.cast(predictions, dtypes.bool_), graphs.cast(labels, dtypes.bool_)
            yes, truth, weights = squeezed(yes, truth, weights)
            right, wrong = true_positives(truth, yes, weights), other(truth, yes, weights)
            measured = (
                tf.math.divide_no_nan(right[0], right[0] + wrong[0], name="value"),
                tf.math.divide_no_nan(right[1], right[1] + wrong[1], name="update_op"),
            )
            return collected(measured, metrics_collections, updates_collections)

    ratio.__name__ = ratio.__qualname__ = scope
    ratio.__doc__ = f"The {scope} of predictions that are true or false; see :func:`mean`."
    return ratio


precision = _ratio("precision", false_positives)
recall = _ratio("recall", false_negatives)
