"""Optimizers, schedules and averages of deferred graphs, as functions of ``tf`` and a running session.

A case returns plain data. The same functions run on TensorFlow (`make_tf1.py`) and on tapeview
(``test_tf1_frozen.py``), each in a graph of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.keras.frozen.values import plain, random

Case = Callable[[Any, Any], Any]

APPLIED = ("Assign", "AssignAdd", "AssignSub", "NoOp", "VariableV2")


def named(graph: Any, *types: str) -> list[str]:
    """Names and types of the graph's nodes of some types, no gradients; by default variables and what changes them."""
    wanted = types or APPLIED
    found = [(op.name, op.type) for op in graph.get_operations() if "gradients" not in op.name]
    return [f"{name} {kind}" for name, kind in found if kind in wanted or (not types and kind.startswith("Apply"))]


def _weights(tf: Any) -> tuple[Any, Any]:
    w = tf.Variable(random(3, 2, seed=40, low=-1), name="w")
    b = tf.Variable(np.array([0.5, -0.5], np.float32), name="b")
    return w, b


def ten_steps(make: Callable[[Any], Any], sparse: bool = False) -> Case:
    """Weights after each of ten steps, the slots and all names."""

    def case(tf: Any, sess: Any) -> Any:
        w, b = _weights(tf)
        x, y = tf.placeholder(tf.float32, [3, 2], "x"), tf.placeholder(tf.float32, [2], "y")
        used = tf.gather(w, [0, 2, 0]) if sparse else w
        loss = tf.reduce_sum(used * x) + tf.reduce_sum(b * y)
        optimizer = make(tf)
        step = optimizer.minimize(loss)
        sess.run(tf.global_variables_initializer())
        seen = []
        for k in range(10):
            sess.run(step, {x: random(3, 2, seed=50 + k, low=-1), y: random(2, seed=70 + k, low=-1)})
            seen.append(plain(sess.run([w, b])))
        slots = optimizer.get_slot_names()
        held = {name: [optimizer.get_slot(v, name) for v in (w, b)] for name in slots}
        return {
            "steps": seen,
            "slot names": slots,
            "slots": {name: [s.name for s in found] for name, found in held.items()},
            "held": plain(sess.run(optimizer.variables())) if optimizer.variables() else [],
            "variables": [v.name for v in optimizer.variables()],
            "all": [v.name for v in tf.global_variables()],
            "trained": [v.name for v in tf.trainable_variables()],
            "op": [step.name, step.type],
            "name": optimizer.get_name(),
            "nodes": None if sparse else named(tf.get_default_graph()),
        }  # fmt: skip

    return case


def _global_step(tf: Any, sess: Any) -> Any:
    w, b = _weights(tf)
    count = tf.train.get_or_create_global_step()
    again = tf.train.get_or_create_global_step()
    rate = tf.train.exponential_decay(0.1, count, 2, 0.5, staircase=True)
    loss = tf.reduce_mean(tf.square(w)) + tf.reduce_sum(b)
    step = tf.train.GradientDescentOptimizer(rate).minimize(loss, global_step=count)
    sess.run(tf.global_variables_initializer())
    seen = [plain(sess.run([step, rate, count])[1:]) for _ in range(5)]
    return {
        "same": count is again, "name": count.name, "dtype": count.dtype.base_dtype.name,
        "collections": [v.name for v in tf.get_collection(tf.GraphKeys.GLOBAL_STEP)],
        "trained": [v.name for v in tf.trainable_variables()],
        "seen": [s[0] for s in seen], "now": tf.train.global_step(sess, count), "w": plain(sess.run(w)),
        "op": [step.name, step.type], "nodes": named(tf.get_default_graph()), "rate": rate.name,
    }  # fmt: skip


def _clipped(tf: Any, sess: Any) -> Any:
    """compute_gradients, clipping and apply_gradients, as tutorials do it; a variable without a path."""
    w, b = _weights(tf)
    idle = tf.Variable(1.0, name="idle")
    loss = tf.reduce_sum(tf.square(w) * 3.0) + tf.reduce_sum(b)
    optimizer = tf.train.AdamOptimizer(learning_rate=0.01)
    pairs = optimizer.compute_gradients(loss)
    missing = [v.name for g, v in pairs if g is None]
    clipped = [(tf.clip_by_value(g, -1.0, 1.0), v) for g, v in pairs if g is not None]
    step = optimizer.apply_gradients(clipped, name="train")
    sess.run(tf.global_variables_initializer())
    for _ in range(3):
        result = sess.run(step)
    return {"missing": missing, "w": plain(sess.run([w, b, idle])), "op": step.name, "result": result,
            "nodes": named(tf.get_default_graph())}  # fmt: skip


def _two_optimizers(tf: Any, sess: Any) -> Any:
    """Two networks with an optimizer each, as in adversarial training; a second minimize of the same one."""
    w, b = _weights(tf)
    first = tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(w * w), var_list=[w])
    second = tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(b * b), var_list=[b])
    plain_one = tf.train.GradientDescentOptimizer(0.5)
    third = plain_one.minimize(tf.reduce_sum(b))
    fourth = plain_one.minimize(tf.reduce_sum(w))
    named_one = tf.train.MomentumOptimizer(0.1, 0.9, name="Mine").minimize(tf.reduce_sum(w))
    sess.run(tf.global_variables_initializer())
    for op in (first, second, third, fourth, named_one):
        sess.run(op)
    return {"ops": [op.name for op in (first, second, third, fourth, named_one)], "w": plain(sess.run([w, b])),
            "nodes": named(tf.get_default_graph())}  # fmt: skip


def _scoped(tf: Any, sess: Any) -> Any:
    with tf.variable_scope("net"):
        w = tf.get_variable("w", [2], initializer=tf.constant_initializer(2.0))
    with tf.name_scope("train"):
        step = tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(w * w))
    sess.run(tf.global_variables_initializer())
    sess.run(step)
    return {"op": step.name, "w": plain(sess.run(w)), "all": [v.name for v in tf.global_variables()],
            "nodes": named(tf.get_default_graph())}  # fmt: skip


def _errors(tf: Any, sess: Any) -> Any:
    """What is refused, in TensorFlow's words."""
    w, _ = _weights(tf)
    loss = tf.reduce_mean(w)
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    alone = tf.Variable(1.0, name="alone")

    def said(what: Callable[[], Any]) -> str:
        try:
            what()
        except (TypeError, ValueError, AttributeError, RuntimeError, NotImplementedError) as error:
            return f"{type(error).__name__}: {error}"
        return "nothing"

    return {
        "no path": said(lambda: optimizer.minimize(loss, var_list=[alone])),
        "nothing to optimize": said(lambda: optimizer.minimize(loss, var_list=[])),
        "no pairs": said(lambda: optimizer.apply_gradients([])),
        "no gradients": said(lambda: optimizer.apply_gradients([(None, w)])),
        "no rate": said(lambda: tf.train.GradientDescentOptimizer()),
        "a whole number": said(lambda: optimizer.minimize(tf.constant(1, name="one"))),
        "gate": said(lambda: optimizer.minimize(loss, gate_gradients=7)),
        "a number": said(lambda: optimizer.apply_gradients([("text", w)])),
        "no variable": said(lambda: optimizer.apply_gradients([(loss, loss)])),
        "a constant": said(lambda: optimizer.minimize(loss, var_list=[loss])),
    }


def _averages(tf: Any, sess: Any) -> Any:
    v = tf.Variable([1.0, 2.0], name="v")
    count = tf.Variable(0, trainable=False, name="count")
    plain_one = tf.train.ExponentialMovingAverage(0.9)
    counted = tf.train.ExponentialMovingAverage(0.99, num_updates=count, name="Counted")
    kept, kept_counted = plain_one.apply([v]), counted.apply()
    tensor = tf.reduce_sum(v) * 2.0
    of_tensor = tf.train.ExponentialMovingAverage(0.5, zero_debias=True)
    kept_tensor = of_tensor.apply([tensor])
    up = tf.group(tf.assign_add(v, [1.0, 1.0]), tf.assign_add(count, 1))
    sess.run(tf.global_variables_initializer())
    seen = []
    for _ in range(3):
        sess.run(up)
        sess.run([kept, kept_counted, kept_tensor])
        seen.append(plain(sess.run([plain_one.average(v), counted.average(v), of_tensor.average(tensor)])))
    return {
        "seen": seen, "names": [plain_one.average(v).name, counted.average(v).name, plain_one.average_name(v)],
        "ops": [kept.name, kept_counted.name], "restore": sorted(plain_one.variables_to_restore([v])),
        "collection": [x.name for x in tf.moving_average_variables()],
    }  # fmt: skip


def _slices(tf: Any, sess: Any) -> Any:
    """The rows of a gradient, and slices of a script's own."""
    e = tf.get_variable("e", [4, 2], initializer=tf.ones_initializer())
    slope = tf.gradients(tf.reduce_sum(tf.gather(e, [1, 1, 3])), e)[0]
    down = tf.train.GradientDescentOptimizer(1.0).apply_gradients([(slope, e)])
    own = tf.IndexedSlices(tf.ones([2, 2]), tf.constant([0, 0]))
    adam = tf.train.AdamOptimizer(1.0).apply_gradients([(own, e)])
    sess.run(tf.global_variables_initializer())
    parts = plain(sess.run([slope.values, slope.indices]))
    return {"parts": parts, "steps": [plain(sess.run([op, e])[1:] and sess.run(e)) for op in (down, adam)]}


def _schedule(make: Callable[[Any, Any], Any], steps: list[int]) -> Case:
    def case(tf: Any, sess: Any) -> Any:
        step = tf.placeholder(tf.int32, [], "step")
        rate = make(tf, step)
        return {
            "name": rate.name,
            "dtype": rate.dtype.name,
            "values": [float(sess.run(rate, {step: k})) for k in steps],
        }

    return case


_AT = [0, 1, 4, 5, 9, 10, 11, 25]

TRAINING: dict[str, Case] = {
    "sgd": ten_steps(lambda tf: tf.train.GradientDescentOptimizer(0.1)),
    "sgd locked": ten_steps(
        lambda tf: tf.train.GradientDescentOptimizer(learning_rate=0.1, use_locking=True, name="down")
    ),
    "sgd of a tensor": ten_steps(lambda tf: tf.train.GradientDescentOptimizer(tf.constant(0.1))),
    "sgd sparse": ten_steps(lambda tf: tf.train.GradientDescentOptimizer(0.1), sparse=True),
    "momentum": ten_steps(lambda tf: tf.train.MomentumOptimizer(0.1, 0.9)),
    "momentum nesterov": ten_steps(lambda tf: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True)),
    "momentum sparse": ten_steps(lambda tf: tf.train.MomentumOptimizer(0.1, 0.9), sparse=True),
    "adam": ten_steps(lambda tf: tf.train.AdamOptimizer()),
    "adam options": ten_steps(lambda tf: tf.train.AdamOptimizer(0.1, beta1=0.5, beta2=0.9, epsilon=0.01)),
    "adam sparse": ten_steps(lambda tf: tf.train.AdamOptimizer(0.1), sparse=True),
    "rmsprop": ten_steps(lambda tf: tf.train.RMSPropOptimizer(0.1)),
    "rmsprop options": ten_steps(lambda tf: tf.train.RMSPropOptimizer(0.1, decay=0.7, momentum=0.5, epsilon=0.01)),
    "rmsprop centered": ten_steps(lambda tf: tf.train.RMSPropOptimizer(0.1, momentum=0.9, centered=True)),
    "rmsprop sparse": ten_steps(lambda tf: tf.train.RMSPropOptimizer(0.1), sparse=True),
    "adagrad": ten_steps(lambda tf: tf.train.AdagradOptimizer(0.1)),
    "adagrad sparse": ten_steps(lambda tf: tf.train.AdagradOptimizer(0.1, 0.2), sparse=True),
    "adadelta": ten_steps(lambda tf: tf.train.AdadeltaOptimizer(1.0)),
    "adadelta default": ten_steps(lambda tf: tf.train.AdadeltaOptimizer()),
    "adadelta sparse": ten_steps(lambda tf: tf.train.AdadeltaOptimizer(1.0), sparse=True),
    "ftrl": ten_steps(lambda tf: tf.train.FtrlOptimizer(0.1)),
    "ftrl options": ten_steps(
        lambda tf: tf.train.FtrlOptimizer(
            0.1, -0.4, 0.2, l1_regularization_strength=0.01, l2_regularization_strength=0.02
        )
    ),
    "ftrl sparse": ten_steps(lambda tf: tf.train.FtrlOptimizer(0.1), sparse=True),
    "proximal": ten_steps(lambda tf: tf.train.ProximalGradientDescentOptimizer(0.1, 0.05, 0.02)),
    "proximal adagrad": ten_steps(lambda tf: tf.train.ProximalAdagradOptimizer(0.1, 0.1, 0.05, 0.02)),
    "global step": _global_step,
    "clipped": _clipped,
    "two optimizers": _two_optimizers,
    "scoped": _scoped,
    "errors": _errors,
    "averages": _averages,
    "slices": _slices,
    "exponential_decay": _schedule(lambda tf, s: tf.train.exponential_decay(0.1, s, 10, 0.5), _AT),
    "exponential_decay staircase": _schedule(
        lambda tf, s: tf.train.exponential_decay(0.1, s, 10, 0.96, staircase=True), _AT
    ),
    "polynomial_decay": _schedule(lambda tf, s: tf.train.polynomial_decay(0.1, s, 10), _AT),
    "polynomial_decay cycle": _schedule(
        lambda tf, s: tf.train.polynomial_decay(0.1, s, 10, 0.01, 0.5, cycle=True), _AT
    ),
    "piecewise_constant": _schedule(lambda tf, s: tf.train.piecewise_constant(s, [4, 10], [1.0, 0.5, 0.1]), _AT),
    "inverse_time_decay": _schedule(lambda tf, s: tf.train.inverse_time_decay(0.1, s, 10, 0.5), _AT),
    "natural_exp_decay": _schedule(lambda tf, s: tf.train.natural_exp_decay(0.1, s, 10, 0.5, staircase=True), _AT),
    "cosine_decay": _schedule(lambda tf, s: tf.train.cosine_decay(0.1, s, 10, alpha=0.1), _AT),
    "cosine_decay_restarts": _schedule(lambda tf, s: tf.train.cosine_decay_restarts(0.1, s, 4), _AT),
    "linear_cosine_decay": _schedule(lambda tf, s: tf.train.linear_cosine_decay(0.1, s, 10), _AT),
}
