"""Updates in what-if: with another learning rate or weight, a step and those behind it give what the script gives when
that is really changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tapeview.cli import main
from tapeview.explain.compare import TOLERANCE
from tapeview.explain.context import Context
from tapeview.explain.questions import RATE, RATE_TIMES, Change
from tapeview.replay.edits import EditError, assign, edits, rate, scale
from tapeview.replay.rerun import rerun
from tapeview.replay.whatif import what_if
from tapeview.trace.query import Recording
from tapeview.trace.records import Assigned
from tests.helpers.scripts import record_source

SCRIPT = """
import numpy as np
import tensorflow as tf

o, old, v1 = tf.keras.optimizers, tf.keras.optimizers.legacy, tf.compat.v1.train
X = np.linspace(-1.0, 2.0, 12).astype(np.float32).reshape(4, 3)
Y = np.array([[1.0], [0.0], [2.0], [-1.0]], np.float32)
now = [0.05]

class Plain:  # w -= lr * g
    def __init__(self, rate):
        self.learning_rate = rate

    def apply_gradients(self, pairs):
        lr = self.learning_rate
        for g, v in pairs:
            v.assign_sub(lr * g)

class Held(Plain):  # the rate is a variable
    held = None

    def apply_gradients(self, pairs):
        self.held = self.held or tf.Variable(0.05, False, name="lr")
        if self.learning_rate != self.held.numpy():
            self.held.assign(self.learning_rate)
        for g, v in pairs:
            v.assign_add(g * -self.held)

class Clipped(Plain):  # the update is computed in several lines
    def apply_gradients(self, pairs):
        lr = self.learning_rate
        for g, v in pairs:
            short = tf.clip_by_norm(g, 0.5)
            down = lr * short
            v.assign(v - down)

class Rolling(Plain):  # momentum by hand
    memory = None

    def apply_gradients(self, pairs):
        lr = self.learning_rate
        pairs = list(pairs)
        self.memory = self.memory or [tf.Variable(tf.zeros_like(v), False, name="m" + v.name[0]) for _, v in pairs]
        for m, (g, v) in zip(self.memory, pairs):
            m.assign(0.9 * m + g)
            v.assign_sub(lr * m)

class Called:  # TensorFlow 1's, whose rate is what a function gives
    def __init__(self, optimizer):
        self.apply_gradients = optimizer.apply_gradients

    def __setattr__(self, name, value):
        if name == "learning_rate":
            now[0] = value
        else:
            super().__setattr__(name, value)

def called(kind, *more, **options):
    now[0] = 0.05
    return Called(kind(lambda: now[0], *more, **options))

def train(optimizer, rate=None, factor=1.0):
    w, b = tf.Variable([[0.5], [-0.3], [0.8]], name="w"), tf.Variable(0.1, name="b")
    for k in range(4):
        if k == 1 and rate is not None:
            optimizer.learning_rate = rate
        if k == 1 and factor != 1.0:
            w.assign(factor * w)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.tanh(X @ w) + b - Y) ** 2)
        gradients = tape.gradient(loss, [w, b])
        optimizer.apply_gradients(zip(gradients, [w, b]))

"""

MAKERS = (
    "o.SGD(0.05)",
    "o.SGD(0.05, momentum=0.9)",
    "o.SGD(0.05, momentum=0.9, nesterov=True, clipvalue=0.2)",
    "o.Adam(0.05)",
    "o.Adam(0.05, amsgrad=True, global_clipnorm=0.1)",
    "o.AdamW(0.05, weight_decay=0.1)",
    "o.RMSprop(0.05)",
    "o.RMSprop(0.05, momentum=0.5, centered=True)",
    "o.Nadam(0.05)",
    "o.Adagrad(0.05)",
    "o.Adadelta(0.05)",
    "o.Adamax(0.05)",
    "o.Ftrl(0.05)",
    "o.Lion(0.05)",
    "o.Adafactor(0.05)",
    "old.SGD(0.05, momentum=0.9)",
    "old.Adam(0.05, clipnorm=0.3)",
    "old.RMSprop(0.05, decay=0.01)",
    "called(v1.GradientDescentOptimizer)",
    "called(v1.MomentumOptimizer, 0.9, use_nesterov=True)",
    "called(v1.AdamOptimizer)",
    "called(v1.RMSPropOptimizer, centered=True, momentum=0.1)",
    "called(v1.FtrlOptimizer, l2_shrinkage_regularization_strength=0.01)",
    "Plain(0.05)",
    "Held(0.05)",
    "Clipped(0.05)",
    "Rolling(0.05)",
)
RUNS = ("", ", rate=0.2", ", factor=2.0")
STEPS = 4


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    runs = "\n".join(f"train({maker}{changed})" for maker in MAKERS for changed in RUNS)
    run = record_source(tmp_path_factory.mktemp("updates"), SCRIPT + runs + "\n")
    assert run.code == 0, run.err
    with run.recording() as opened:
        assert opened.step_count == len(MAKERS) * len(RUNS) * STEPS
        yield opened


def context(recording: Recording, maker: int, run: int, step: int) -> Context:
    return Context(recording, recording.step((maker * len(RUNS) + run) * STEPS + step))


def given(here: Context) -> dict[str, np.ndarray]:
    """What the updates of a step gave when the script ran, by the names of the variables."""
    found = {}
    for record in here.step.records:
        if isinstance(record, Assigned) and record.how != "create":
            value = here.value(record.tensor)
            assert value is not None
            found[here.label(record.tensor)] = value
    return found


def loss(here: Context) -> float:
    (call,) = here.step.calls.values()
    value = here.value(call.started.targets[0])
    assert value is not None
    return float(value)


@pytest.mark.parametrize("maker", range(len(MAKERS)), ids=lambda k: MAKERS[k])
def test_without_a_change_the_updates_are_what_was_recorded(recording: Recording, maker: int) -> None:
    for step in range(STEPS):
        here = context(recording, maker, 0, step)
        found = what_if(here, edits(here, []))
        assert found.doubtful == ()
        rows = [row for row in found.rows if row.phase == "update"]
        assert [row.state for row in rows] == ["same"] * len(rows), rows
        assert {"w", "b"} <= {row.name for row in rows}


@pytest.mark.parametrize("changed", [1, 2], ids=["rate", "weight"])
@pytest.mark.parametrize("maker", range(len(MAKERS)), ids=lambda k: MAKERS[k])
def test_as_the_changed_script(recording: Recording, maker: int, changed: int) -> None:
    here, there = context(recording, maker, 0, 1), context(recording, maker, changed, 1)
    # Of the old optimizers with a decay the recording has the rate of the step, which the decay has made smaller.
    other = "x4" if "decay=0.01" in MAKERS[maker] else "0.2"
    change = rate(other) if changed == 1 else scale(here, "w=2")
    all_of_them = edits(here, [change])

    outcome = rerun(here, all_of_them)
    expected = given(there)
    for tensor, value in outcome.updated.values.items():
        np.testing.assert_allclose(value, expected[here.label(tensor)], rtol=2e-5, atol=1e-6)

    found = what_if(here, all_of_them, following=2)
    assert found.ended == ""
    assert [one.name for one in found.losses] == ["loss"] * 3
    for k, one in enumerate(found.losses):
        assert one.before == pytest.approx(loss(context(recording, maker, 0, 1 + k)), rel=1e-5)
        assert one.after == pytest.approx(loss(context(recording, maker, changed, 1 + k)), rel=1e-4)
    if "called" not in MAKERS[maker] or changed == 2:
        assert found.losses[-1].after != pytest.approx(found.losses[-1].before, rel=1e-4)
    rows = {row.name: row for row in found.rows if row.phase == "update"}
    assert rows["w"].state == "changed"
    difference = rows["w"].difference
    assert difference is not None
    assert difference > TOLERANCE
    assert rows["w"].line > 0
    assert found.rows[0].phase == "input"


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


class Forgetful(Context):
    """As though what optimizers keep had not been kept."""

    def value(self, tensor: int) -> np.ndarray | None:
        """None for slots."""
        record = self.tensor(tensor)
        return None if record is not None and record.origin == "slot" else super().value(tensor)


def test_what_an_optimizer_keeps_that_was_not_kept(recording: Recording) -> None:
    here = context(recording, MAKERS.index("o.Adam(0.05)"), 0, 2)
    found = what_if(Forgetful(recording, here.step), edits(here, [scale(here, "w=2")]), following=1)
    whys = {row.why for row in found.rows if row.phase == "update"}
    (why,) = whys
    assert why == (
        "not worked out again: what Adam keeps of earlier steps was not kept in this one; record with --keep-steps all"
    )
    assert found.ended


@pytest.mark.parametrize("text", ["", "fast", "x", "nan", "0.1x"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(EditError, match="is no learning rate"):
        rate(text)


def test_rates_as_they_are_written() -> None:
    assert rate("0.5") == Change(RATE, "learning rate", value=0.5)
    assert rate(" x0.1 ") == Change(RATE_TIMES, "learning rate", value=0.1)
    assert [rate(text).words for text in ("0.5", "*2")] == ["learning rate 0.5", "learning rate times 2"]


def test_on_the_terminal(recording: Recording, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(recording.path)
    assert main(["whatif", path, "--step", "2", "--rate", "0.2", "--following", "2"]) == 0
    text = capsys.readouterr().out
    assert "step 2 with learning rate 0.2: 2 of " in text
    assert "    step            recorded       changed\n" in text
    assert main(["whatif", path, "--step", "2", "--rate", "x4", "--following", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["step"] for one in found["losses"]] == [1, 2]
    assert found["losses"][0]["before"] == found["losses"][0]["after"]
    assert found["losses"][1]["before"] > found["losses"][1]["after"]
