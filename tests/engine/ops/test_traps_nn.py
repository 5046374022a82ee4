"""As test_traps.py: ties, borders and missing gradients of shapes, indexing, sorting, pools and losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf
from tests.engine.ops.test_traps import gradients, same

ZEROS = np.zeros((1, 3, 3, 1), np.float32)


def grid(x: Any) -> Any:
    return tf.reshape(x, [1, 3, 3, 1])


# (name, function, value, gradient)
ONE_INPUT: list[tuple[str, Callable[[Any], Any], Any, Any]] = [
    ("segment_max, tie", lambda x: tf.math.segment_max(x, [0, 0, 1]), [2.0, 2.0, 3.0], [0.5, 0.5, 1.0]),
    ("segment_min, tie", lambda x: tf.math.segment_min(x, [0, 0, 1]), [2.0, 2.0, 3.0], [0.5, 0.5, 1.0]),
    (
        "unsorted_segment_max, tie",
        lambda x: tf.math.unsorted_segment_max(x, [1, 1, 0], 2),
        [2.0, 2.0, 3.0],
        [0.5, 0.5, 1.0],
    ),
    (
        "unsorted_segment_prod with zeros",
        lambda x: tf.math.unsorted_segment_prod(x, [0, 0, 1, -1], 3),
        [0.0, 2.0, 0.0, 4.0],
        [2.0, 0.0, 1.0, 0.0],
    ),
    ("sort of ties", lambda x: tf.sort(x) * [1.0, 10.0, 100.0], [1.0, 1.0, 0.0], [10.0, 100.0, 1.0]),
    ("top_k of ties", lambda x: tf.math.top_k(x, 2)[0] * [1.0, 10.0], [3.0, 1.0, 3.0], [1.0, 0.0, 10.0]),
    ("argsort", lambda x: tf.argsort(x), [1.0, 1.0, 0.0], [-0.0, -0.0, -0.0]),
    ("indices of top_k", lambda x: tf.math.top_k(x, 2)[1], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]),
    (
        "max_pool of zeros, overlapping",
        lambda x: tf.nn.max_pool2d(grid(x), 2, 1, "VALID"),
        [0.0] * 9,
        [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0],
    ),
    (
        "max_pool of equal negatives, SAME",
        lambda x: tf.nn.max_pool2d(grid(x), 2, 2, "SAME"),
        [-1.0] * 9,
        [1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0],
    ),
    (
        "relu, then max_pool of zeros",
        lambda x: tf.nn.max_pool2d(tf.nn.relu(grid(x)), 3, 1, "VALID"),
        [0.0] * 9,
        [0.0] * 9,
    ),
    (
        "avg_pool, SAME",
        lambda x: tf.nn.avg_pool2d(grid(x), 2, 2, "SAME"),
        [0.0] * 9,
        [0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5, 1.0],
    ),
    ("fill", lambda x: tf.fill([2, 3], x), 1.5, 6.0),
    ("tensor_scatter_nd_update", lambda x: tf.tensor_scatter_nd_update(x, [[0]], [9.0]), [1.0, 2.0], [0.0, 1.0]),
    ("boolean_mask", lambda x: tf.boolean_mask(x, [True, False]), [1.0, 2.0], [1.0, 0.0]),
    ("gather, twice", lambda x: tf.gather(2.0 * x, [0, 0]), [1.0, 2.0], [4.0, 0.0]),
    ("py_function", lambda x: tf.py_function(lambda a: a * a, [x], tf.float32), 3.0, 6.0),
    (
        "softmax cross entropy, labels",
        lambda x: tf.nn.softmax_cross_entropy_with_logits(x, [1.0, 2.0]),
        [1.0, 0.0],
        [1.3132616, 0.31326166],
    ),
    (
        "sigmoid cross entropy at 0",
        lambda x: tf.nn.sigmoid_cross_entropy_with_logits([1.0, 0.0, 0.3], x),
        [0.0, 0.0, 0.0],
        [-0.5, 0.5, 0.2],
    ),
    (
        "sigmoid cross entropy, labels",
        lambda x: tf.nn.sigmoid_cross_entropy_with_logits(x, [2.0, -3.0]),
        [0.0, 1.0],
        [-2.0, 3.0],
    ),
    ("repeat", lambda x: tf.repeat(x, [1, 3]), [1.0, 2.0], [1.0, 3.0]),
    ("pad, reflect", lambda x: tf.pad(x, [[2, 1]], "REFLECT"), [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]),
]


@pytest.mark.parametrize(("name", "f", "value", "expected"), ONE_INPUT, ids=[row[0] for row in ONE_INPUT])
def test_one_input(name: str, f: Callable[[Any], Any], value: Any, expected: Any) -> None:
    same(gradients(f, value)[0], expected)


NONE: list[tuple[str, Callable[[Any], Any]]] = [
    ("argmax", lambda x: tf.argmax(x)),
    ("argmin", lambda x: tf.argmin(x)),
    ("a cast argsort", lambda x: tf.cast(tf.argsort(x), tf.float32)),
    ("shape", lambda x: tf.shape(x)),
    ("size", lambda x: tf.size(x)),
    ("rank", lambda x: tf.rank(x)),
    ("range", lambda x: tf.range(x[0], 3.0)),
    ("one_hot", lambda x: tf.one_hot([1], 2, on_value=x[0])),
    ("in_top_k", lambda x: tf.cast(tf.math.in_top_k([0], [x], 1), tf.int32)),
    ("searchsorted", lambda x: tf.searchsorted(x, [0.5])),
    ("shuffle", lambda x: tf.random.shuffle(x)),
    ("categorical", lambda x: tf.random.categorical([x], 2)),
    ("numpy_function", lambda x: tf.numpy_function(lambda a: a * a, [x], tf.float32)),
]


@pytest.mark.parametrize(("name", "f"), NONE, ids=[row[0] for row in NONE])
def test_no_gradient(name: str, f: Callable[[Any], Any]) -> None:
    assert gradients(f, [0.25, 1.0]) == [None]
    same(gradients(lambda x: tf.reduce_sum(x) + 0.0 * tf.cast(tf.reduce_sum(f(x)), tf.float32), [0.25, 1.0])[0], [1, 1])


MISSING: list[tuple[str, Callable[[Any], Any], str]] = [
    ("unique", lambda x: tf.unique(x)[0], "Unique"),
    ("bincount", lambda x: tf.math.bincount([0, 1], weights=x), "DenseBincount"),
]


@pytest.mark.parametrize(("name", "f", "op"), MISSING, ids=[row[0] for row in MISSING])
def test_a_rule_is_missing(name: str, f: Callable[[Any], Any], op: str) -> None:
    with pytest.raises(LookupError, match=f"gradient registry has no entry for: {op}"):
        gradients(f, [0.25, 1.0])


def test_range_of_ints_is_not_differentiated() -> None:
    assert tf.range(3).dtype is tf.int32


def test_values_of_convolutions_and_pools() -> None:
    image = tf.reshape(tf.range(1.0, 17.0), [1, 4, 4, 1])
    found = tf.nn.conv2d(image, tf.ones([3, 3, 1, 1]), 2, "SAME")
    assert found.numpy().ravel().tolist() == [54.0, 45.0, 72.0, 54.0]
    found = tf.nn.conv2d(image, tf.ones([2, 2, 1, 1]), 1, "SAME")
    assert found.numpy()[0, 0, :, 0].tolist() == [14.0, 18.0, 22.0, 12.0]
    found = tf.nn.avg_pool2d(tf.reshape(tf.range(9.0), [1, 3, 3, 1]), 2, 2, "SAME")
    assert found.numpy().ravel().tolist() == [2.0, 3.5, 6.5, 8.0]


def test_cross_entropy_overflows_nowhere() -> None:
    loss = tf.nn.sigmoid_cross_entropy_with_logits([0.0, 1.0], [1000.0, -1000.0])
    assert loss.numpy().tolist() == [1000.0, 1000.0]
    loss = tf.nn.softmax_cross_entropy_with_logits([[0.0, 1.0]], [[1000.0, -1000.0]])
    assert loss.numpy().tolist() == [2000.0]


def test_the_older_cross_entropy_stops_at_the_labels() -> None:
    v1 = tf.compat.v1.nn.softmax_cross_entropy_with_logits
    found = gradients(lambda x, z: v1(labels=z, logits=x), [[1.0, 2.0]], [[1.0, 0.0]])
    same(found[0], [[-0.7310586, 0.7310586]])
    assert found[1] is None
    both = gradients(lambda x, z: tf.nn.softmax_cross_entropy_with_logits(z, x), [[1.0, 2.0]], [[1.0, 0.0]])
    same(both[1], [[1.3132616, 0.31326166]])


def test_second_order_of_cross_entropy() -> None:
    x = tf.constant([[1.0, 2.0]])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            loss = tf.nn.softmax_cross_entropy_with_logits([[1.0, 0.0]], x)
        slope = inner.gradient(loss, x)[0, 1]
    same(outer.gradient(slope, x).numpy(), [[-0.19661194, 0.19661194]])


def test_labels_of_sparse_cross_entropy_get_none() -> None:
    logits, labels = tf.constant([[1.0, 2.0]]), tf.constant([1])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    slopes = tape.gradient(loss, [logits, labels])
    same(slopes[0].numpy(), [[0.26894143, -0.26894143]])
    assert slopes[1] is None


def test_dropout_scales_what_it_keeps_and_its_gradient() -> None:
    tf.random.set_seed(42)
    x = tf.constant([3.0] * 10)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.dropout(x, 0.2)
    slopes = tape.gradient(y, x).numpy()
    assert set(slopes.tolist()) == {0.0, 1.25}
    np.testing.assert_array_equal(y.numpy(), 3.0 * slopes)


def test_dropout_of_nothing_is_the_tensor() -> None:
    x = tf.constant([1.0, 2.0])
    assert tf.nn.dropout(x, 0) is x


def test_an_overflowing_index_does_not_reach_the_end() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"indices\[1\] = -1 is not in \[0, 2\)"):
        tf.gather([1.0, 2.0], [0, -1])


def test_batched_gather_has_a_dense_gradient() -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        batched, along = tf.gather(x, [[0], [1]], batch_dims=1), tf.gather(x, [0, 0], axis=1)
        rows = tf.gather(x, [0, 0])
    same(tape.gradient(batched, x).numpy(), [[1.0, 0.0], [0.0, 1.0]])
    same(tape.gradient(along, x).numpy(), [[2.0, 0.0], [2.0, 0.0]])
    sparse = tape.gradient(rows, x)
    assert isinstance(sparse, tf.IndexedSlices)
    assert sparse.indices.numpy().tolist() == [0, 0]


def test_gather_nd_of_rows_is_sparse_too() -> None:
    x = tf.constant([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.gather_nd(x, [[2], [2]])
    found = tape.gradient(y, x)
    assert isinstance(found, tf.IndexedSlices)
    same(tf.convert_to_tensor(found).numpy(), [0.0, 0.0, 2.0])


def test_cross_entropy_sees_labels_of_another_rank_as_rows() -> None:
    logits = tf.constant([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]])
    labels = [[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]]
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    same(loss.numpy(), [0.40760595, 0.40760604])
    same(tape.gradient(loss, logits).numpy()[0], [0.09003057, 0.24472848, -0.33475906])
    one_row = tf.nn.softmax_cross_entropy_with_logits(labels=[1.0, 0.0, 0.0], logits=logits)
    same(one_row.numpy(), [2.407606, 0.40760604])
    cube = tf.nn.softmax_cross_entropy_with_logits(labels=labels[0], logits=tf.reshape(logits, [2, 1, 3]))
    same(cube.numpy(), [[0.40760595], [0.40760604]])
