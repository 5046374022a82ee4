"""``tf.losses`` of TensorFlow 1: a weighted mean of what each example loses, which also goes to a collection."""

from __future__ import annotations

from typing import Any

from tapeview.engine import deferred, dtypes
from tapeview.engine.deferred import tf
from tapeview.tf1 import graphs

_LOSSES = deferred.GraphKeys.LOSSES


class Reduction:
    """How the losses of all elements become one."""

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All words."""
        return (
            cls.NONE, cls.SUM, cls.MEAN, cls.SUM_OVER_BATCH_SIZE, cls.SUM_OVER_NONZERO_WEIGHTS,
            cls.SUM_BY_NONZERO_WEIGHTS,
        )  # fmt: skip

    @classmethod
    def validate(cls, key: Any) -> None:
        """Raises ValueError for another word."""
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}. Key should be one of {cls.all()}.")


_USUAL = Reduction.SUM_BY_NONZERO_WEIGHTS


def compute_weighted_loss(
    losses: Any, weights: Any = 1.0, scope: str | None = None, loss_collection: Any = _LOSSES, reduction: str = _USUAL
) -> Any:
    """The losses times their weights (a number, or one for each row or element), reduced and added to a collection.

    Raises:
        ValueError: weights that fit no axis of the losses; an unknown reduction.
    """
    Reduction.validate(reduction)
    with graphs.name_scope(scope, "weighted_loss"):
        losses = graphs.tensor(losses)
        kind = losses.dtype
        losses = _cast(losses)
        weights = _cast(weights)
        _check_weights(weights, losses)
        loss = tf.multiply(losses, weights, name="Mul")
        if reduction != Reduction.NONE:
            loss = tf.reduce_sum(loss)
        if reduction == Reduction.MEAN:
            loss = _mean(loss, tf.reduce_sum(tf.ones_like(losses) * weights))
        elif reduction == _USUAL:
            loss = _mean(loss, _num_present(losses, weights))
        elif reduction == Reduction.SUM_OVER_BATCH_SIZE:
            loss = _mean(loss, _num_elements(losses))
        if loss.dtype.base_dtype is not kind.base_dtype:
            loss = tf.cast(loss, kind.base_dtype)
        add_loss(loss, loss_collection)
        return loss


def _cast(value: Any) -> Any:
    """A float32 tensor; one that is float32 already costs no node."""
    value = graphs.tensor(value)
    return value if value.dtype.base_dtype is dtypes.float32 else tf.cast(value, dtypes.float32)


def _mean(total: Any, count: Any) -> Any:
    return tf.math.divide_no_nan(total, count, name="value")


def _num_present(losses: Any, weights: Any) -> Any:
    """How many elements have a weight that is not 0."""
    return graphs.composed("num_present", _count_present, losses, weights)


def _count_present(losses: Any, weights: Any) -> Any:
    return tf.reduce_sum(tf.cast(tf.not_equal(weights, 0.0), dtypes.float32) * tf.ones_like(losses))


def _num_elements(losses: Any) -> Any:
    return graphs.composed("num_elements", lambda x: tf.cast(tf.size(x), x.dtype), losses)


def _check_weights(weights: Any, losses: Any) -> None:
    given, wanted = graphs.sizes(weights), graphs.sizes(losses)
    if not given or wanted is None:
        return
    if len(given) != len(wanted):
        raise ValueError(
            "weights can not be broadcast to values. "
            f"values.rank={len(wanted)}. weights.rank={len(given)}. "
            f"values.shape={losses.shape}. weights.shape={weights.shape}."
        )
    if any(a not in (1, None, b) and b is not None for a, b in zip(given, wanted, strict=True)):
        raise ValueError(
            "weights can not be broadcast to values. "
            f"values.shape={losses.shape}. weights.shape={weights.shape}. "
            "weights: their size on an axis must be 1 or that of values."
        )


def _required(**given: Any) -> None:
    for word, value in given.items():
        if value is None:
            raise ValueError(f"Argument `{word}` must not be None.")


def _compatible(first: Any, second: Any) -> None:
    """Raises ValueError if no shape fits both."""
    if not graphs.compatible(first, second):
        raise ValueError(f"Shapes {first.shape} and {second.shape} are incompatible")


def _two(labels: Any, predictions: Any, word: str = "predictions") -> tuple[Any, Any]:
    """Both as float32 of compatible shapes."""
    _required(labels=labels, **{word: predictions})
    predictions, labels = _cast(predictions), _cast(labels)
    _compatible(predictions, labels)
    return labels, predictions


def absolute_difference(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: str | None = None, loss_collection: Any = _LOSSES,
    reduction: str = _USUAL,
) -> Any:  # fmt: skip
    """``|predictions - labels|``; see :func:`compute_weighted_loss`."""
    with graphs.name_scope(scope, "absolute_difference") as inner:
        labels, predictions = _two(labels, predictions)
        losses = tf.abs(tf.subtract(predictions, labels))
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


def cosine_distance(
    labels: Any, predictions: Any, axis: Any = None, weights: Any = 1.0, scope: str | None = None,
    loss_collection: Any = _LOSSES, reduction: str = _USUAL, dim: Any = None,
) -> Any:  # fmt: skip
    """1 minus the product of vectors of length 1 along ``axis``. Raises ValueError without one."""
    axis = dim if axis is None else axis
    if axis is None:
        raise ValueError("You must specify argument `axis`.")
    with graphs.name_scope(scope, "cosine_distance_loss") as inner:
        labels, predictions = _two(labels, predictions)
        losses = 1 - tf.reduce_sum(tf.multiply(predictions, labels), axis=(axis,), keepdims=True)
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


def hinge_loss(
    labels: Any, logits: Any, weights: Any = 1.0, scope: str | None = None, loss_collection: Any = _LOSSES,
    reduction: str = _USUAL,
) -> Any:  # fmt: skip
    """``max(0, 1 - y * logits)`` with y = ±1 for labels of 1 and 0."""
    with graphs.name_scope(scope, "hinge_loss") as inner:
        labels, logits = _two(labels, logits, "logits")
        ones = tf.ones_like(labels)
        signs = tf.subtract(2 * labels, ones)
        losses = tf.nn.relu(tf.subtract(ones, tf.multiply(signs, logits)))
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


def huber_loss(
    labels: Any, predictions: Any, weights: Any = 1.0, delta: Any = 1.0, scope: str | None = None,
    loss_collection: Any = _LOSSES, reduction: str = _USUAL,
) -> Any:  # fmt: skip
    """Half the square of differences up to ``delta``, linear beyond."""
    with graphs.name_scope(scope, "huber_loss") as inner:
        labels, predictions = _two(labels, predictions)
        error = tf.abs(tf.subtract(predictions, labels))
        quadratic = tf.minimum(error, delta)
        linear = tf.subtract(error, quadratic)
        losses = tf.add(tf.multiply(0.5, tf.multiply(quadratic, quadratic)), tf.multiply(delta, linear))
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


def log_loss(
    labels: Any, predictions: Any, weights: Any = 1.0, epsilon: float = 1e-7, scope: str | None = None,
    loss_collection: Any = _LOSSES, reduction: str = _USUAL,
) -> Any:  # fmt: skip
    """The cross-entropy of shares: ``-y * log(p + epsilon) - (1 - y) * log(1 - p + epsilon)``."""
    with graphs.name_scope(scope, "log_loss") as inner:
        labels, predictions = _two(labels, predictions)
        losses = -tf.multiply(labels, tf.math.log(predictions + epsilon)) - tf.multiply(
            (1 - labels), tf.math.log(1 - predictions + epsilon)
        )
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


def mean_squared_error(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: str | None = None, loss_collection: Any = _LOSSES,
    reduction: str = _USUAL,
) -> Any:  # fmt: skip
    """``(predictions - labels)²``; see :func:`compute_weighted_loss`."""
    with graphs.name_scope(scope, "mean_squared_error") as inner:
        labels, predictions = _two(labels, predictions)
        losses = tf.math.squared_difference(predictions, labels)
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


def mean_pairwise_squared_error(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: str | None = None, loss_collection: Any = _LOSSES
) -> Any:
    """How far the differences between pairs of an example's elements are from the labels' ones, squared."""
    with graphs.name_scope(scope, "mean_pairwise_squared_error"):
        labels, predictions = _two(labels, predictions)
        weights = _cast(weights)
        _check_weights(weights, labels)
        rank = len(graphs.sizes(predictions) or (None, None))
        axis = list(range(1, rank))
        diffs = tf.subtract(predictions, labels)
        present = graphs.composed("num_present", lambda d, w: _present_in_rows(d, w, axis), diffs, weights)
        squares = tf.reduce_sum(tf.square(diffs), axis=axis, keepdims=True)
        first = 2.0 * tf.math.divide_no_nan(squares, tf.maximum(present - 1.0, 0.0))
        total = tf.reduce_sum(diffs, axis=axis, keepdims=True)
        second = 2.0 * tf.math.divide_no_nan(tf.square(total), tf.maximum(present * (present - 1.0), 0.0))
        loss = tf.reduce_sum(tf.multiply(first - second, weights))
        mean = tf.where(tf.reduce_sum(present) > 0.0, loss, tf.zeros_like(loss), name="value_2")
        add_loss(mean, loss_collection)
        return mean


def _present_in_rows(diffs: Any, weights: Any, axis: list[int]) -> Any:
    present = tf.cast(tf.not_equal(weights, 0.0), dtypes.float32) * tf.ones_like(diffs)
    return tf.reduce_sum(present, axis=axis, keepdims=True)


def sigmoid_cross_entropy(
    multi_class_labels: Any, logits: Any, weights: Any = 1.0, label_smoothing: float = 0, scope: str | None = None,
    loss_collection: Any = _LOSSES, reduction: str = _USUAL,
) -> Any:  # fmt: skip
    """The cross-entropy of each class by itself; ``label_smoothing`` moves labels towards 1/2."""
    _required(multi_class_labels=multi_class_labels, logits=logits)
    with graphs.name_scope(scope, "sigmoid_cross_entropy_loss") as inner:
        logits = graphs.tensor(logits)
        labels = graphs.cast(multi_class_labels, logits.dtype)
        _compatible(logits, labels)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


def softmax_cross_entropy(
    onehot_labels: Any, logits: Any, weights: Any = 1.0, label_smoothing: float = 0, scope: str | None = None,
    loss_collection: Any = _LOSSES, reduction: str = _USUAL,
) -> Any:  # fmt: skip
    """The cross-entropy of classes that exclude each other; ``label_smoothing`` moves labels towards 1/classes."""
    _required(onehot_labels=onehot_labels, logits=logits)
    with graphs.name_scope(scope, "softmax_cross_entropy_loss") as inner:
        logits = graphs.tensor(logits)
        labels = graphs.cast(onehot_labels, logits.dtype)
        _compatible(logits, labels)
        if label_smoothing > 0:
            classes = graphs.sizes(labels)
            count = classes[-1] if classes and classes[-1] is not None else tf.cast(tf.shape(labels)[-1], logits.dtype)
            labels = labels * (1.0 - label_smoothing) + label_smoothing / count
        labels = tf.stop_gradient(labels, name="labels_stop_gradient")
        losses = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


def sparse_softmax_cross_entropy(
    labels: Any, logits: Any, weights: Any = 1.0, scope: str | None = None, loss_collection: Any = _LOSSES,
    reduction: str = _USUAL,
) -> Any:  # fmt: skip
    """As :func:`softmax_cross_entropy`, with the classes' numbers as labels (of one axis less, or a column)."""
    _required(labels=labels, logits=logits)
    with graphs.name_scope(scope, "sparse_softmax_cross_entropy_loss") as inner:
        labels, logits, weights = graphs.tensor(labels), graphs.tensor(logits), graphs.tensor(weights)
        ranks = [graphs.sizes(x) for x in (labels, logits, weights)]
        if ranks[0] and ranks[1] and len(ranks[0]) == len(ranks[1]) and ranks[0][-1] in (1, None):
            labels = tf.squeeze(labels, [-1])
        rank = graphs.sizes(labels)
        if ranks[2] and rank is not None and len(ranks[2]) == len(rank) + 1:
            weights = tf.squeeze(weights, [-1])
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


# -- the collection ----------------------------------------------------------------------------------------------------


def add_loss(loss: Any, loss_collection: Any = _LOSSES) -> None:
    """Adds a loss to a collection; eagerly there are none."""
    if loss_collection and deferred.building():
        deferred.add_to_collection(loss_collection, loss)


def get_losses(scope: str | None = None, loss_collection: Any = _LOSSES) -> list[Any]:
    """The losses of a collection, or those whose names begin with ``scope``."""
    return deferred.get_collection(loss_collection, scope)


def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """What the weights' regularizers add."""
    return deferred.get_collection(deferred.GraphKeys.REGULARIZATION_LOSSES, scope)


def get_regularization_loss(scope: str | None = None, name: str = "total_regularization_loss") -> Any:
    """The sum of :func:`get_regularization_losses`; 0.0 if there are none."""
    losses = get_regularization_losses(scope)
    return tf.add_n(losses, name=name) if losses else tf.constant(0.0)


def get_total_loss(add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None) -> Any:
    """The sum of all losses, and of what the regularizers add. Raises ValueError if there are none."""
    losses = get_losses(scope)
    if add_regularization_losses:
        losses = losses + get_regularization_losses(scope)
    return tf.add_n(losses, name=name)
