"""Updates in what-if: with another learning rate or weight, a step and those behind it give what the script gives when
that is really changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from tapeview.cli import main
from tapeview.explain.compare import TOLERANCE
from tapeview.explain.context import Context
from tapeview.explain.questions import RATE, RATE_TIMES, Change
from tapeview.replay.edits import EditError, edits, rate, scale
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
