"""Steps behind a changed one: deferred graphs, gradients of rows, what is computed between tapes or by NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tapeview.explain.context import Context
from tapeview.replay.edits import EditError, assign, edits, rate, scale
from tapeview.replay.rerun import rerun
from tapeview.replay.whatif import what_if
from tapeview.trace.query import Recording
from tests.helpers.scripts import record_source
from tests.replay.test_updates import loss

GRAPH = """
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()

X = np.linspace(-1.0, 2.0, 12).astype(np.float32).reshape(4, 3)
Y = np.array([[1.0], [0.0], [2.0], [-1.0]], np.float32)
x, y, lr = tf.placeholder(tf.float32, [4, 3]), tf.placeholder(tf.float32, [4, 1]), tf.placeholder(tf.float32, [])
w = tf.Variable([[0.5], [-0.3], [0.8]], name="w")
loss = tf.reduce_mean((tf.tanh(tf.matmul(x, w)) - y) ** 2)
train = tf.train.AdamOptimizer(lr).minimize(loss)
(g,) = tf.gradients(loss, [w])
by_hand = tf.assign_sub(w, lr * g)
for node in (train, by_hand):
    for rate in (0.05, 0.2):
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for k in range(3):
                session.run([node, loss], {x: X, y: Y, lr: rate if k else 0.05})
"""


def test_a_deferred_graph(tmp_path: Path) -> None:
    run = record_source(tmp_path, GRAPH)
    assert run.code == 0, run.err
    with run.recording() as opened:
        assert opened.step_count == 16
        for first in (0, 8):
            here = Context(opened, opened.step(first + 2))
            found = what_if(here, edits(here, [rate("0.2")]), following=1)
            assert (found.doubtful, found.ended) == ((), "")
            there = [Context(opened, opened.step(first + 4 + k)) for k in (2, 3)]
            assert [one.after for one in found.losses] == pytest.approx([loss(one) for one in there], rel=1e-5)
            assert found.losses[1].after != pytest.approx(found.losses[1].before, rel=1e-3)


ODD = """
import numpy as np
import tensorflow as tf

X = np.linspace(-1.0, 2.0, 12).astype(np.float32).reshape(4, 3)
w = tf.Variable([[0.5], [-0.3], [0.8]], name="w")

def step(update, near=False, decides=False, size=0.0):
    slow = 0.5 * w  # between two tapes, from what the update before gave
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((X @ w) ** 2)
        if near:
            loss += 0.1 * tf.reduce_sum((w - slow) ** 2)
        if decides and loss > size:
            loss = loss * 2.0
    update(tape.gradient(loss, w))

def plainly(g, lr=0.1):
    w.assign_sub(lr * g)

def in_numpy(g):
    w.assign(w.numpy() - 0.1 * g.numpy())

def two_numbers(g, first=0.1, second=2.0):
    w.assign_sub(first * (second * g))

for _ in range(2):
    step(plainly, near=True)
    w.assign([[0.5], [-0.3], [0.8]])
step(lambda g: plainly(g, 0.3), near=True)
step(plainly, near=True)
for update in (in_numpy, two_numbers):
    step(update)
    step(update)
w.assign([[1.0], [1.0], [1.0]])
step(lambda g: plainly(g, 0.001))
step(plainly, decides=True, size=5.0)
step(lambda g: None)
"""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    run = record_source(tmp_path_factory.mktemp("odd"), ODD)
    assert run.code == 0, run.err
    with run.recording() as opened:
        yield opened


def at(recording: Recording, step: int) -> Context:
    return Context(recording, recording.step(step))


def test_what_is_computed_between_tapes_follows_the_variable(odd: Recording) -> None:
    here = at(odd, 2)
    found = what_if(here, edits(here, [rate("0.1")]), following=1)
    assert found.ended == ""
    # With 0.1 the step would have been the one before it, whose variable was then set back.
    assert found.losses[0].before == pytest.approx(found.losses[0].after)
    assert found.losses[1].before == pytest.approx(loss(at(odd, 3)))
    (made,) = rerun(at(odd, 1)).updated.values.values()
    (again,) = list(what_values(here, "0.1"))
    np.testing.assert_allclose(again, made, rtol=1e-6)
    slow, w = 0.5 * again, again
    x = np.linspace(-1.0, 2.0, 12).astype(np.float32).reshape(4, 3)
    expected = np.mean((x @ w) ** 2) + 0.1 * np.sum((w - slow) ** 2)
    assert found.losses[1].after == pytest.approx(float(expected), rel=1e-5)


def what_values(here: Context, text: str) -> list[np.ndarray]:
    return list(rerun(here, edits(here, [rate(text)])).updated.values.values())


def test_what_numpy_computed_is_not_worked_out_again(odd: Recording) -> None:
    here = at(odd, 4)
    found = what_if(here, edits(here, [assign(here, "w=1")]), following=1)
    (row,) = [row for row in found.rows if row.phase == "update"]
    assert (row.name, row.state, row.difference) == ("w", "unknown", None)
    assert row.why == "not worked out again: the new value was made by no recorded op (by NumPy, say)"
    assert found.ended.startswith(
        "step 6 is not followed: step 6 cannot be worked out again: it reads “w”, whose update"
    )
    with pytest.raises(EditError, match="no update in step 5 has a learning rate"):
        edits(here, [rate("0.5")])


def test_which_number_is_the_rate_is_not_guessed(odd: Recording) -> None:
    here = at(odd, 6)
    with pytest.raises(EditError, match="the learning rate of step 7 could be “second”, “first”: change the one"):
        edits(here, [rate("0.5")])
    outcome = rerun(here, edits(here, [assign(here, "first=0")]))
    (value,) = outcome.updated.values.values()
    np.testing.assert_array_equal(value, next(outcome.values[t] for t in here.step.consumers if here.label(t) == "w"))


def test_a_step_in_which_the_script_would_have_gone_another_way(odd: Recording) -> None:
    here = at(odd, 9)
    found = what_if(here, edits(here, [scale(here, "w=0")]))
    (branch,) = found.branches
    assert branch.startswith("line 14 decides by ")
    before = at(odd, 8)
    ended = what_if(before, edits(before, [rate("0.1")]), following=3).ended
    assert ended.startswith("step 10 is not followed: line 14 decides by ")
    assert what_if(before, edits(before, []), following=3).ended == "the recording ends with step 11"


ROWS = """
import tensorflow as tf

def train(optimizer, factor):
    table = tf.Variable(tf.reshape(tf.range(8.0), [4, 2]) / 8.0, name="table")
    w = tf.Variable([[0.5], [-1.0]], name="w")
    for k in range(4):
        if k == 1 and factor != 1.0:
            optimizer.learning_rate = 0.2
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.gather(table, [[1, 1, 3], [0, 1, 0]]) @ w - 1.0) ** 2)
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, [table, w]), 0.5)
        optimizer.apply_gradients(zip(gradients, [table, w]))

for kind in (tf.keras.optimizers.Adam, lambda rate: tf.keras.optimizers.legacy.SGD(rate, momentum=0.9)):
    for factor in (1.0, 4.0):
        train(kind(0.05), factor)
"""


def test_gradients_of_rows_that_were_clipped(tmp_path: Path) -> None:
    run = record_source(tmp_path, ROWS)
    assert run.code == 0, run.err
    with run.recording() as opened:
        for first in (0, 8):
            here = at(opened, first + 1)
            found = what_if(here, edits(here, [rate("0.2")]), following=2)
            assert (found.doubtful, found.ended) == ((), "")
            there = [loss(at(opened, first + 5 + k)) for k in range(3)]
            assert [one.after for one in found.losses] == pytest.approx(there, rel=1e-5)
            assert found.losses[2].after != pytest.approx(found.losses[2].before, rel=1e-3)
