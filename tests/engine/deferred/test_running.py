"""Sessions: threads, memory, and what a run costs; graphs in eager scripts; layers in graphs."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tapeview.engine import deferred
from tapeview.engine.convert import to_tensor
from tapeview.engine.state import state


def test_a_graph_in_an_eager_script(begin: Callable[..., Any]) -> None:
    tf = begin()
    deferred.disable()
    v = tf.Variable(2.0)
    with tf.Graph().as_default() as graph:
        w = tf.Variable([1.0, 2.0], name="w")
        y = tf.reduce_sum(w * 3.0)
        init = tf.global_variables_initializer()
        assert not tf.executing_eagerly()
    assert tf.executing_eagerly()
    assert (v + 1.0).numpy() == 3.0
    with tf.Session(graph=graph) as session:
        session.run(init)
        assert session.run(y) == 9.0


def test_threads_run_one_session_at_once(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [None])
    y = tf.reduce_sum(x * x)
    (slope,) = tf.gradients(y, x)
    session = tf.Session()
    found: dict[int, list[Any]] = {}

    def work(k: int) -> None:
        found[k] = [session.run([y, slope], {x: [k, 2.0 * k]}) for _ in range(50)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(4):
        for value, gradient in found[k]:
            assert value == 5.0 * k * k
            assert gradient.tolist() == [2.0 * k, 4.0 * k]


def test_another_thread_adds_to_the_default_graph(tf: Any) -> None:
    made: list[Any] = []
    with tf.name_scope("here"):
        thread = threading.Thread(target=lambda: made.append(tf.constant(1.0, name="c")))
        thread.start()
        thread.join()
    assert made[0].name == "c:0"
    assert made[0].graph is tf.get_default_graph()


def test_a_run_keeps_nothing(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [None])
    w = tf.Variable([1.0, 2.0])
    (dw,) = tf.gradients(tf.reduce_sum(tf.exp(w * x)), w)
    seen: list[weakref.ref[Any]] = []

    def look(value: Any) -> Any:
        seen.append(weakref.ref(value))
        return value

    y = tf.py_function(look, [tf.exp(w * x)], tf.float32)
    session = tf.Session()
    session.run(w.initializer)
    session.run([dw, y], {x: [1.0, 2.0]})
    gc.collect()
    assert [r() for r in seen] == [None]
    assert not state.tapes


def test_a_run_inside_a_function_of_a_run(tf: Any) -> None:
    a = tf.constant(2.0)
    session = tf.Session()
    y = tf.py_func(lambda v: np.float32(session.run(a * 3.0) + v), [a], tf.float32)
    assert session.run(y) == 8.0


def test_what_is_made_inside_of_a_branch_or_a_loop_is_not_fetched(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [])
    inner: list[Any] = []

    def turn(v: Any) -> Any:
        inner.append(v * 2.0)
        return v + inner[-1]

    y = tf.while_loop(lambda v: v < 3.0, turn, [x])
    z = tf.cond(x > 0.0, lambda: turn(x), lambda: x)
    session = tf.Session()
    for t in inner:
        with pytest.raises(ValueError, match=rf"^Operation {t.op.name} has been marked as not fetchable"):
            session.run(t, {x: 1.0})
    assert session.run([y, z], {x: 1.0}) == [3.0, 3.0]


def test_plans_are_made_once(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [])
    y = x + 1.0
    session = tf.Session()
    for k in range(5):
        assert session.run([y, y], {x: k})[1] == k + 1
        tf.constant(k)  # what is added to the graph does not make them anew
    assert len(session._plans) == 1


def test_of_an_op_that_nobody_differentiates_nothing_is_kept(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [2])
    y = tf.reduce_sum(x * x)
    (slope,) = tf.gradients(y, x)
    watching: list[int] = []
    beside = tf.py_function(lambda v: (watching.append(len(state.tapes)), v)[1], [tf.exp(slope)], tf.float32)
    session = tf.Session()
    session.run([slope, beside], {x: [1.0, 2.0]})
    assert watching == [0]


def test_a_layer_is_a_node_with_weights_of_the_graph(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [None, 2])
    layer = tf.keras.layers.Dense(1, kernel_initializer="ones", kernel_regularizer=tf.keras.regularizers.l2(0.5))
    y = layer(x)
    assert [v.name for v in tf.trainable_variables()] == ["dense/kernel:0", "dense/bias:0"]
    assert y.shape.as_list() == [None, 1]
    (slope,) = tf.gradients(y, layer.kernel)
    penalty = tf.add_n(layer.losses)
    step = tf.assign_sub(layer.kernel, 0.5 * slope)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        feed = {x: [[1.0, 2.0]]}
        assert session.run([y, slope, penalty], feed)[0].tolist() == [[3.0]]
        session.run(step, feed)
        value, gradient, after = session.run([y, slope, penalty], feed)
    assert value.tolist() == [[0.5]]
    assert gradient.tolist() == [[1.0], [2.0]]
    assert after == pytest.approx(0.125)


def test_a_model_of_the_script_s_own_adds_its_code_s_nodes(tf: Any) -> None:
    class Twice(tf.keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.dense = tf.keras.layers.Dense(2, kernel_initializer="ones")

        def call(self, inputs: Any) -> Any:
            return tf.square(self.dense(inputs)) * 2.0

    x = tf.placeholder(tf.float32, [None, 2])
    y = Twice()(x)
    assert {"Dense", "Square", "Mul"} <= {n.type for n in tf.get_default_graph().get_operations()}
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(y, {x: [[1.0, 1.0]]}).tolist() == [[8.0, 8.0]]


def test_batch_normalization_keeps_its_averages_in_the_session(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [None, 1])
    layer = tf.keras.layers.BatchNormalization(momentum=0.5)
    y = layer(x, training=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(y, {x: [[2.0], [4.0]]})
        assert session.run(layer.moving_mean).tolist() == [1.5]


def test_a_model_is_trained_at_once(tf: Any) -> None:
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="ones", input_shape=(2,))])
    model.compile("sgd", "mse")
    x = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    losses = model.fit(x, np.zeros((2, 1)), epochs=3, verbose=0).history["loss"]
    assert losses[0] > losses[1] > losses[2]
    assert model.predict(x, verbose=0).shape == (2, 1)
    assert not tf.trainable_variables()


def test_a_function_of_the_script_is_called_as_it_is(tf: Any) -> None:
    @tf.function
    def double(v: Any) -> Any:
        return tf.multiply(v, 2.0)

    y = double(tf.constant(4.0))
    assert y.op.type == "Mul"
    assert tf.Session().run(y) == 8.0


def test_the_shape_of_a_large_network_is_found_quickly(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [None, 64, 64, 3])
    w = tf.Variable(tf.truncated_normal([3, 3, 3, 2048]))
    y = tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME")
    z = tf.matmul(tf.reshape(y[:, ::64, ::64], [-1, 2048]), tf.Variable(tf.random_normal([2048, 4096])))
    assert y.shape.as_list() == [None, 64, 64, 2048]
    assert z.shape.as_list() == [None, 4096]


def test_what_a_tensor_can_not_do_in_functions_that_compute(tf: Any) -> None:
    with pytest.raises(TypeError, match=r"has no value yet: this function computes at once"):
        to_tensor(tf.constant(1.0))
