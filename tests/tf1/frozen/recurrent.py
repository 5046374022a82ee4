"""Recurrent cells and loops, and losses over drawn classes, as functions of ``tf`` and a running session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.keras.frozen.values import plain, random
from tests.tf1.frozen.training import Case

EXAMPLES, STEPS, DEPTH = 3, 4, 2


def _fill(tf: Any, sess: Any) -> None:
    """Gives all variables numbers of their own."""
    for k, v in enumerate(tf.global_variables()):
        v.load(random(*[int(d) for d in v.shape], seed=k + 7, low=-1), sess)


def _told(tf: Any, sess: Any, found: Any, given: dict[Any, Any]) -> Any:
    """Values for made-up weights, slopes of their sum, names."""
    leaves = _leaves(found)
    total = tf.add_n([tf.reduce_sum(t * t) for t in leaves])
    weights = tf.trainable_variables()
    slopes = tf.gradients(total, weights)
    sess.run(tf.global_variables_initializer())
    _fill(tf, sess)
    return {
        "found": plain(sess.run(leaves, given)),
        "slopes": plain(sess.run(slopes, given)),
        "names": [t.name for t in leaves],
        "shapes": [t.shape.as_list() for t in leaves],
        "variables": [f"{v.name} {v.shape.as_list()}" for v in weights],
    }


def _leaves(found: Any) -> list[Any]:
    if isinstance(found, (list, tuple)):
        return [leaf for part in found for leaf in _leaves(part)]
    return [found]


def dynamic(make: Callable[[Any], Any], **how: Any) -> Case:
    """A cell along time."""

    def case(tf: Any, sess: Any) -> Any:
        x = tf.placeholder(tf.float32, [None, STEPS, DEPTH])
        cell = make(tf.nn.rnn_cell)
        sizes = {"state_size": plain(cell.state_size), "output_size": plain(cell.output_size)}
        found = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, **how)
        return sizes | _told(tf, sess, found, {x: random(EXAMPLES, STEPS, DEPTH, seed=1, low=-1)})

    return case


def _time_first(tf: Any, sess: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, None, DEPTH])
    cell = tf.nn.rnn_cell.GRUCell(3)
    state = cell.zero_state(tf.shape(x)[1], tf.float32)
    found = tf.nn.dynamic_rnn(cell, x, initial_state=state, time_major=True, scope="mine")
    return {"state": state.name, **_told(tf, sess, found, {x: random(STEPS, EXAMPLES, DEPTH, seed=1, low=-1)})}


def _carried(tf: Any, sess: Any) -> Any:
    """The last state of one run goes into the next one."""
    x = tf.placeholder(tf.float32, [1, 2, DEPTH])
    cell = tf.nn.rnn_cell.BasicLSTMCell(3)
    begin = cell.zero_state(1, tf.float32)
    outputs, last = tf.nn.dynamic_rnn(cell, x, initial_state=begin)
    sess.run(tf.global_variables_initializer())
    _fill(tf, sess)
    fed = {x: random(1, 2, DEPTH, seed=4)}
    first, state = sess.run([outputs, last], fed)
    second = sess.run(outputs, {**fed, begin: state})
    return {"names": [begin.c.name, begin.h.name], "found": plain([first, state.c, state.h, second])}


def both_ways(static: bool, lengths: Any = None) -> Case:
    """A cell there and one back."""

    def case(tf: Any, sess: Any) -> Any:
        x = tf.placeholder(tf.float32, [EXAMPLES, STEPS, DEPTH])
        cells = tf.nn.rnn_cell.BasicLSTMCell(2), tf.nn.rnn_cell.GRUCell(3)
        given = tf.unstack(x, axis=1) if static else x
        run = tf.nn.static_bidirectional_rnn if static else tf.nn.bidirectional_dynamic_rnn
        found = run(*cells, given, dtype=tf.float32, sequence_length=lengths)
        told = _told(tf, sess, found, {x: random(EXAMPLES, STEPS, DEPTH, seed=2, low=-1)})
        return {key: value for key, value in told.items() if not static or key != "names"}

    return case


def _unrolled(tf: Any, sess: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, STEPS, DEPTH])
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicRNNCell(3), tf.nn.rnn_cell.BasicLSTMCell(2)])
    outputs, last = tf.nn.static_rnn(cell, tf.unstack(x, STEPS, 1), dtype=tf.float32)
    told = _told(tf, sess, [outputs, list(last)], {x: random(EXAMPLES, STEPS, DEPTH, seed=2, low=-1)})
    return {key: told[key] for key in ("found", "slopes", "variables")}


def _one_step(tf: Any, sess: Any) -> Any:
    """Cells called by hand, shared by name."""
    x = tf.placeholder(tf.float32, [2, DEPTH])
    with tf.variable_scope("both"):
        cell = tf.nn.rnn_cell.ResidualWrapper(tf.nn.rnn_cell.GRUCell(DEPTH))
        first, state = cell(x, cell.zero_state(2, tf.float32))
        second, _ = cell(x, state)
    with tf.variable_scope("both", reuse=True):
        third, _ = tf.nn.rnn_cell.GRUCell(DEPTH, reuse=True)(x, state)
    told = _told(tf, sess, [first, second, third], {x: random(2, DEPTH, seed=5)})
    return {key: told[key] for key in ("found", "slopes", "variables")}


def _dropped(tf: Any, sess: Any) -> Any:
    """Where nothing is dropped, and that the same number of values is scaled up where something is."""
    x, keep = tf.placeholder(tf.float32, [None, STEPS, DEPTH]), tf.placeholder(tf.float32)
    inner = tf.nn.rnn_cell.BasicRNNCell(50)
    cell = tf.nn.rnn_cell.DropoutWrapper(inner, input_keep_prob=1.0, output_keep_prob=keep)
    outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    sess.run(tf.global_variables_initializer())
    _fill(tf, sess)
    fed = {x: random(EXAMPLES, STEPS, DEPTH, seed=2)}
    whole, some = sess.run(outputs, {**fed, keep: 1.0}), sess.run(outputs, {**fed, keep: 0.5})
    kept = some != 0
    return {
        "whole": plain(whole), "share": bool(0.4 < kept.mean() < 0.6),
        "scaled": bool(np.allclose(some[kept], 2 * whole[kept])), "each step": bool((kept[:, 0] != kept[:, 1]).any()),
    }  # fmt: skip


def _classes(tf: Any) -> tuple[Any, ...]:
    w = tf.Variable(random(20, 3, seed=1, low=-1))
    b = tf.Variable(random(20, seed=2, low=-1))
    return w, b, tf.placeholder(tf.int64, [None, 1]), tf.placeholder(tf.float32, [None, 3])


def over_drawn(name: str, drawn: bool, **how: Any) -> Case:
    """A loss over given or drawn classes, and its slopes."""

    def case(tf: Any, sess: Any) -> Any:
        tf.set_random_seed(3)
        w, b, y, x = _classes(tf)
        values = None if drawn else (
            tf.constant([3, 7, 9], tf.int64), tf.constant([[0.1], [0.2], [0.3]]), tf.constant([0.3, 0.2, 0.1])
        )  # fmt: skip
        loss = getattr(tf.nn, name)(w, b, y, x, 3, 20, sampled_values=values, **how)
        slopes = tf.gradients(loss, [w, b, x])
        sess.run(tf.global_variables_initializer())
        fed = {y: [[3], [4], [5]], x: random(3, 3, seed=3)}
        found = [sess.run(loss, fed)]
        if drawn:
            return {"found": plain([*found, sess.run(loss, fed), sess.run(loss, fed)])}
        rows, *rest = sess.run([tf.convert_to_tensor(slope) for slope in slopes], fed)
        return {"found": plain(found), "name": loss.name, "slopes": plain([rows, *rest])}

    return case


def sampler(name: str, unique: bool) -> Case:
    """What is drawn in three runs, and expected."""

    def case(tf: Any, sess: Any) -> Any:
        tf.set_random_seed(5)
        found = getattr(tf.random, name)([[3, 4]], 2, 6, unique, 30)
        return [plain(sess.run(list(found))) for _ in range(3)]

    return case


def _own(tf: Any, by_call: bool) -> Any:
    """A cell as scripts write them, its weights made while it is called."""

    def step(inputs: Any, state: Any) -> Any:
        w = tf.get_variable("w", [DEPTH, 3])
        u = tf.get_variable("u", [3, 3])
        h = tf.tanh(tf.matmul(inputs, w) + tf.matmul(state, u))
        return h, h

    class Own(tf.nn.rnn_cell.RNNCell):  # type: ignore[misc]
        state_size = output_size = 3

        def call(self, inputs: Any, state: Any) -> Any:
            return step(inputs, state)

    class Called(tf.nn.rnn_cell.RNNCell):  # type: ignore[misc]
        state_size = output_size = 3

        def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
            with tf.variable_scope(scope or type(self).__name__):
                return step(inputs, state)

    return Called() if by_call else Own()


def own(by_call: bool, lengths: Any = None) -> Case:
    """A class of the script's own along time."""

    def case(tf: Any, sess: Any) -> Any:
        x = tf.placeholder(tf.float32, [None, STEPS, DEPTH])
        found = tf.nn.dynamic_rnn(_own(tf, by_call), x, dtype=tf.float32, sequence_length=lengths)
        told = _told(tf, sess, found, {x: random(EXAMPLES, STEPS, DEPTH, seed=1, low=-1)})
        return {key: told[key] for key in ("found", "slopes", "variables")}

    return case


def _stack(cells: Any) -> Any:
    return cells.MultiRNNCell([cells.BasicLSTMCell(3), cells.GRUCell(2)])


RECURRENT: dict[str, Case] = {
    "BasicRNNCell": dynamic(lambda cells: cells.BasicRNNCell(3)),
    "BasicRNNCell relu": dynamic(lambda cells: cells.BasicRNNCell(3, activation="relu", name="named")),
    "GRUCell": dynamic(lambda cells: cells.GRUCell(3), sequence_length=[4, 1, 2]),
    "BasicLSTMCell": dynamic(lambda cells: cells.BasicLSTMCell(3, forget_bias=0.5)),
    "BasicLSTMCell, lengths": dynamic(lambda cells: cells.BasicLSTMCell(3), sequence_length=[2, 0, 3]),
    "BasicLSTMCell, state beside each other": dynamic(lambda cells: cells.BasicLSTMCell(3, state_is_tuple=False)),
    "LSTMCell": dynamic(lambda cells: cells.LSTMCell(3)),
    "LSTMCell with all it has": dynamic(
        lambda cells: cells.LSTMCell(3, use_peepholes=True, num_proj=2, cell_clip=0.3, proj_clip=0.2)
    ),
    "several": dynamic(_stack, sequence_length=[4, 1, 2]),
    "the script's own": own(by_call=False),
    "the script's own, lengths": own(by_call=False, lengths=[4, 1, 2]),
    "the script's own, called": own(by_call=True),
    "time first": _time_first,
    "state carried on": _carried,
    "both ways": both_ways(static=False),
    "both ways, lengths": both_ways(static=False, lengths=[4, 1, 2]),
    "both ways, lists": both_ways(static=True),
    "lists": _unrolled,
    "by hand": _one_step,
    "dropout": _dropped,
    "nce": over_drawn("nce_loss", drawn=False),
    "nce, hits": over_drawn("nce_loss", drawn=False, remove_accidental_hits=True),
    "sampled softmax": over_drawn("sampled_softmax_loss", drawn=False),
    "nce, drawn": over_drawn("nce_loss", drawn=True),
    "sampled softmax, drawn": over_drawn("sampled_softmax_loss", drawn=True),
    "log uniform": sampler("log_uniform_candidate_sampler", unique=True),
    "log uniform, repeated": sampler("log_uniform_candidate_sampler", unique=False),
    "uniform": sampler("uniform_candidate_sampler", unique=True),
}
