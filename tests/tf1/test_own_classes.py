"""Optimizers and layers of a script's own, which override what TensorFlow 1's classes let them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tapeview.engine import deferred, observe
from tapeview.tensorflow.loader import Namespace

tf: Any = Namespace("tensorflow", "tf", tf1=True)


@pytest.fixture(autouse=True)
def _graphs() -> Iterator[None]:
    deferred.enable()
    yield
    deferred.disable()


def test_an_optimizer_of_ones_own() -> None:
    class Signs(tf.train.Optimizer):  # type: ignore[misc]
        def __init__(self, rate: float) -> None:
            super().__init__(use_locking=False, name="Signs")
            self._rate = rate

        def _create_slots(self, var_list: Any) -> None:
            for v in var_list:
                self._zeros_slot(v, "count", self._name)

        def _prepare(self) -> None:
            self._rate_t = tf.convert_to_tensor(self._rate, name="rate")

        def _apply_dense(self, grad: Any, var: Any) -> Any:
            count = tf.assign_add(self.get_slot(var, "count"), tf.ones_like(grad))
            return tf.group(tf.assign_sub(var, self._rate_t * tf.sign(grad)), count)

    w = tf.Variable([1.0, -2.0], name="w")
    signs = Signs(0.25)
    step = signs.minimize(tf.reduce_sum(w * w))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(step)
        sess.run(step)
        assert sess.run(w).tolist() == [0.5, -1.5]
        assert sess.run(signs.get_slot(w, "count")).tolist() == [2, 2]
    assert (step.name, signs.get_slot_names()) == ("Signs", ["count"])


def test_a_layer_of_ones_own() -> None:
    class Scale(tf.layers.Layer):  # type: ignore[misc]
        def build(self, input_shape: Any) -> None:
            self.factor = self.add_variable("factor", [int(input_shape[-1])], initializer=tf.ones_initializer())
            self.built = True

        def call(self, inputs: Any) -> Any:
            return inputs * self.factor

    x = tf.placeholder(tf.float32, [None, 2])
    layer = Scale(name="scale")
    y = layer(layer(x))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        layer.factor.load(np.array([2.0, 3.0]), sess)
        assert sess.run(y, {x: [[1.0, 1.0]]}).tolist() == [[4, 9]]
    assert [v.name for v in layer.trainable_variables] == ["scale/factor:0"]


def test_constraints_hold_after_each_step() -> None:
    w = tf.get_variable("w", [2], initializer=tf.constant_initializer(0.1), constraint=lambda v: tf.maximum(v, 0.0))
    step = tf.train.GradientDescentOptimizer(1.0).minimize(tf.reduce_sum(w))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(step)
        assert sess.run(w).tolist() == [0, 0]


def test_slots_that_were_fetched_stay_as_they_were() -> None:
    w = tf.Variable([1.0, 2.0], name="w")
    adam = tf.train.AdamOptimizer(0.1)
    step = adam.minimize(tf.reduce_sum(w * w))
    with tf.Session() as sess, tf.Session() as other:
        for s in (sess, other):
            s.run(tf.global_variables_initializer())
        sess.run(step)
        first = sess.run(adam.get_slot(w, "m"))
        kept = first.copy()
        sess.run(step)
        np.testing.assert_array_equal(first, kept)
        np.testing.assert_array_equal(other.run(adam.get_slot(w, "m")), [0, 0])
        sess.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(sess.run(adam.get_slot(w, "m")), [0, 0])


def test_the_learning_rate_is_told_once_a_step() -> None:
    w, b = tf.Variable(1.0), tf.Variable(2.0)
    rate = tf.train.exponential_decay(0.1, count := tf.train.get_or_create_global_step(), 1, 0.5)
    step = tf.train.MomentumOptimizer(rate, 0.9).minimize(w * b, global_step=count)
    told: list[Any] = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        observe.listen(told.append)
        try:
            for _ in range(2):
                sess.run(step)
        finally:
            observe.listen(None)
    rates = [(e[1], e[2], round(e[3], 6)) for e in told if e[0] == observe.MEASURED]
    assert rates == [("rate", "Momentum", 0.1), ("rate", "Momentum", 0.05)]


def test_what_the_library_counts_in_is_no_variable_of_the_scripts() -> None:
    w = tf.Variable([1.0, 2.0], name="w")
    step = tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(w * w), tf.train.get_or_create_global_step())
    _, update = tf.metrics.mean(w)
    told: list[Any] = []
    observe.listen(told.append)
    try:
        with tf.Session() as sess:
            sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
            assert sess.run([step, update])[1] > 0
    finally:
        observe.listen(None)
    assert sorted(e[1].name for e in told if e[0] == observe.VARIABLE) == ["global_step:0", "w:0"]
