"""As `cases`, with only eager execution switched off: resource variables, sizes that are ints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.engine.deferred.frozen.cases import names, refused

CASES: dict[str, Callable[[Any], Any]] = {}


def case(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    CASES[function.__name__] = function
    return function


@case
def variables(tf: Any) -> Any:
    v = tf.Variable(1.0, name="v")
    w = tf.get_variable("w", [2, 3], initializer=tf.ones_initializer())
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    y = tf.matmul(x, w) * v + v
    read = v.read_value()
    texts = [
        repr(v),
        str(v.dtype),
        v.op.type,
        v.initializer.name,
        repr(w),
        str(x),
        repr(x.shape),
        x.shape[0],
        x.shape[1],
    ]
    texts += [str(y), y.op.type, str(read), str(v.value()), v == 5.0, v.name]
    made = [n for n in names(tf) if "/Init" not in n and "/Is" not in n]
    sess = tf.Session()
    missing = refused(lambda: sess.run(v)).partition(" Debug info")[0]
    used = refused(lambda: sess.run(v + 1.0)).partition(" Debug info")[0]
    sess.run(tf.global_variables_initializer())
    return [texts, made, missing, used, sess.run([y, v, w, read], {x: [[1, 2]]})]


@case
def assigns(tf: Any) -> Any:
    v = tf.Variable(1.0, name="v")
    u, a = v.assign_add(1.0), tf.assign(v, 5.0)
    with tf.control_dependencies([v.assign_add(1.0)]):
        read, same = v.read_value(), tf.identity(v)
    sess = tf.Session()
    sess.run(v.initializer)
    found = [sess.run(u), sess.run(v), sess.run(a), sess.run(v), sess.run([read, same]), sess.run(v)]
    return [*found, sess.run(v.assign_sub(2.0)), refused(lambda: tf.assign(v, tf.constant(1)))[:9]]


@case
def gradients(tf: Any) -> Any:
    v = tf.Variable([1.0, 2.0])
    y = tf.reduce_sum(v * v * v) + v[0]
    g = tf.gradients(y, v)
    second = tf.gradients(g[0], v)
    with tf.GradientTape() as tape:
        z = v * v * v
    slope = tape.gradient(z, v)
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    return sess.run([g, second, slope])


@case
def shapes(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    u = tf.placeholder(tf.float32)
    return [
        str(x),
        repr(x),
        str(x.shape),
        repr(x.shape),
        x.shape.as_list(),
        str(u),
        str(u.shape),
        str(tf.shape(x)),
        [str(t.shape) for t in (x[0], tf.reshape(x, [-1]), x * 2.0)],
        refused(lambda: x + tf.ones([3], name="o")),
    ]


@case
def a_training(tf: Any) -> Any:
    tf.set_random_seed(3)
    x, y = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, 1])
    w, b = tf.Variable(tf.random_normal([4, 1])), tf.Variable(tf.zeros([1]))
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
    dw, db = tf.gradients(loss, [w, b])
    step = tf.group(w.assign_sub(0.1 * dw), b.assign_sub(0.1 * db))
    data = np.linspace(-1, 1, 24, dtype=np.float32).reshape(6, 4)
    feed = {x: data, y: data.sum(1, keepdims=True)}
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    losses = []
    for _ in range(5):
        sess.run(step, feed)
        losses.append(sess.run(loss, feed))
    return losses
