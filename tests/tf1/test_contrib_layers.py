"""``tf.contrib.layers``, ``arg_scope``, and what scripts with input queues start."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tapeview.engine import deferred
from tapeview.tensorflow.loader import Namespace

tf: Any = Namespace("tensorflow", "tf", tf1=True)


@pytest.fixture(autouse=True)
def _graphs() -> Iterator[None]:
    deferred.enable()
    yield
    deferred.disable()


def run(*fetches: Any, feed: Any = None) -> list[Any]:
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return list(sess.run(list(fetches), feed))


def test_fully_connected_is_relu_with_weights_and_biases() -> None:
    L = tf.contrib.layers
    x = tf.constant([[1.0, -2.0]])
    y = L.fully_connected(x, 3, weights_initializer=tf.constant_initializer(1.0))
    z = L.fully_connected(y, 2, activation_fn=None, scope="out", weights_regularizer=L.l2_regularizer(0.1))

    found = run(y, z)

    assert found[0].tolist() == [[0, 0, 0]]
    assert y.name == "fully_connected/Relu:0"
    assert z.name == "out/BiasAdd:0"
    assert [v.name for v in tf.trainable_variables()] == [
        "fully_connected/weights:0", "fully_connected/biases:0", "out/weights:0", "out/biases:0",
    ]  # fmt: skip
    assert [t.name for t in tf.losses.get_regularization_losses()] == ["out/weights/Regularizer/l2_regularizer:0"]


def test_a_network_with_defaults_for_a_block() -> None:
    L, arg_scope = tf.contrib.layers, tf.contrib.framework.arg_scope
    x = tf.placeholder(tf.float32, [None, 8, 8, 1])
    training = tf.placeholder(tf.bool, [])
    with arg_scope(
        [L.conv2d, L.fully_connected], activation_fn=tf.nn.elu, normalizer_fn=L.batch_norm,
        normalizer_params={"is_training": training, "decay": 0.5},
    ):  # fmt: skip
        h = L.conv2d(x, 4, [3, 3], stride=2)
        h = L.max_pool2d(h, 2)
        h = L.dropout(L.flatten(h), keep_prob=0.5, is_training=training)
        out = L.fully_connected(h, 2, activation_fn=None)

    images = np.random.RandomState(0).rand(5, 8, 8, 1).astype(np.float32)
    (found,) = run(out, feed={x: images, training: False})

    assert found.shape == (5, 2)
    assert h.shape.as_list() == [None, 16]
    assert [v.name for v in tf.global_variables()] == [
        "Conv/weights:0", "Conv/BatchNorm/beta:0", "Conv/BatchNorm/moving_mean:0", "Conv/BatchNorm/moving_variance:0",
        "fully_connected/weights:0", "fully_connected/BatchNorm/beta:0", "fully_connected/BatchNorm/moving_mean:0",
        "fully_connected/BatchNorm/moving_variance:0",
    ]  # fmt: skip
    assert len(tf.get_collection(tf.GraphKeys.UPDATE_OPS)) == 4


def test_batch_norm_may_update_with_each_pass() -> None:
    x = tf.constant([[1.0], [3.0]])
    y = tf.contrib.layers.batch_norm(x, decay=0.5, updates_collections=None)
    mean = next(v for v in tf.global_variables() if "moving_mean" in v.name)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(y)
        assert sess.run(mean).tolist() == [1.0]
    assert tf.get_collection(tf.GraphKeys.UPDATE_OPS) == []


def test_regularizers() -> None:
    L = tf.contrib.layers
    w = tf.constant([1.0, -2.0])
    both = L.sum_regularizer([L.l1_regularizer(0.5), L.l2_regularizer(0.5)])
    found = run(L.l1_regularizer(0.5)(w), both(w), L.apply_regularization(L.l2_regularizer(1.0), [w, w]))

    assert [float(f) for f in found] == [1.5, 2.75, 5.0]
    assert L.l2_regularizer(0.0)(w) is None
    with pytest.raises(ValueError, match="scale cannot be an integer: 1"):
        L.l2_regularizer(1)


def test_xavier_keeps_within_its_limit() -> None:
    (found,) = run(tf.get_variable("w", [50, 30], initializer=tf.contrib.layers.xavier_initializer()))

    limit = np.sqrt(6 / 80)
    assert 0.9 * limit < np.abs(found).max() <= limit


def test_arg_scope_refuses_other_functions() -> None:
    with (
        pytest.raises(ValueError, match="is not decorated with @add_arg_scope"),
        tf.contrib.framework.arg_scope([tf.matmul], transpose_a=True),
    ):
        pass


def test_coordinators_start_nothing_and_stop() -> None:
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(coord=coord)
    assert threads == []
    assert not coord.should_stop()
    worker = threading.Thread(target=coord.wait_for_stop)
    worker.start()
    coord.request_stop()
    coord.join([worker])
    assert coord.should_stop()


def test_a_coordinator_passes_an_error_on() -> None:
    coord = tf.train.Coordinator()
    with coord.stop_on_exception():
        raise tf.errors.OutOfRangeError(None, None, "the end")
    with pytest.raises(tf.errors.OutOfRangeError, match="the end"):
        coord.join([])


def test_queues_are_refused() -> None:
    with pytest.raises(ValueError, match="tapeview has no input queues"):
        tf.train.QueueRunner(None, [])
