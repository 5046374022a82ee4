"""What if: a step worked out again with changes gives what the changed script gives when it really runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tapeview.cli import main
from tapeview.explain.context import Context
from tapeview.explain.questions import Change
from tapeview.replay.edits import EditError, Edits, assign, blocked, edits, noise, scale, zero
from tapeview.replay.rerun import ReplayError, rerun
from tapeview.replay.whatif import what_if
from tapeview.trace.query import Recording
from tests.helpers.scripts import record_source

SCRIPT = """
import numpy as np
import tensorflow as tf

def noisy(v, deviation):
    return (v + np.random.default_rng(0).normal(0.0, deviation, v.shape)).astype(np.float32)

def at(v, index, value):
    v = v.copy()
    v[index] = value
    return v

X = np.linspace(-1.0, 2.0, 12).astype(np.float32).reshape(4, 3)
W1 = np.linspace(-0.9, 0.8, 15).astype(np.float32).reshape(3, 5)
W2 = np.linspace(0.5, -0.4, 10).astype(np.float32).reshape(5, 2)
B = np.array([0.1, -0.2], np.float32)

def same(v):
    return v

def replaced(t, change):  # another value, and gradients pass as before
    return t if change is same else t + tf.stop_gradient(change(t.numpy()) - t)

def step(x=same, w1=same, b=same, w2=same, h=same, logits=same):
    data, first, second, bias = tf.constant(x(X)), tf.Variable(w1(W1)), tf.Variable(w2(W2)), tf.Variable(b(B))
    with tf.GradientTape() as tape:
        hidden = replaced(tf.tanh(data @ first), h)
        answer = replaced(hidden @ second + bias, logits)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits([0, 1, 1, 0], answer)
        loss = tf.reduce_mean(losses) + 0.01 * tf.reduce_sum(first[:, 1:3] ** 2)
    return tape.gradient(loss, [first, second, bias])

"""

Making = Callable[[Context], Change]

CASES: tuple[tuple[str, Making], ...] = (
    ("b=lambda v: at(v, 0, 3.0)", lambda c: assign(c, "bias[0]=3")),
    ("b=lambda v: at(v, ..., 1.5)", lambda c: assign(c, "bias=1.5")),
    ("b=lambda v: at(v, ..., [1, -1])", lambda c: assign(c, "bias = [1, -1]")),
    ("b=lambda v: 0 * v", lambda c: zero(c, "bias")),
    ("b=lambda v: -2 * v", lambda c: scale(c, "bias=-2")),
    ("b=lambda v: noisy(v, 0.5)", lambda c: noise(c, "bias=0.5")),
    ("w1=lambda v: at(v, (1, 2), -4.0)", lambda c: assign(c, "first[1,2]=-4")),
    ("w1=lambda v: at(v, 0, 0.25)", lambda c: assign(c, "first[0]=0.25")),
    ("w1=lambda v: 10 * v", lambda c: scale(c, "first=10")),
    ("w1=lambda v: 0 * v", lambda c: zero(c, "first")),
    ("w1=lambda v: noisy(v, 0.1)", lambda c: noise(c, "first=0.1")),
    ("w2=lambda v: at(v, (-1, 0), 7.0)", lambda c: assign(c, "second[-1,0]=7")),
    ("w2=lambda v: 0.5 * v", lambda c: scale(c, "second=0.5")),
    ("w2=lambda v: 0 * v", lambda c: zero(c, "second")),
    ("x=lambda v: at(v, (3, 0), 100.0)", lambda c: assign(c, "data[3,0]=100")),
    ("x=lambda v: 3 * v", lambda c: scale(c, "data=3")),
    ("x=lambda v: noisy(v, 1.0)", lambda c: noise(c, "data=1")),
    ("h=lambda v: at(v, (0, 0), 2.0)", lambda c: assign(c, "tf.tanh(data @ first)[0,0]=2")),
    ("h=lambda v: 0 * v", lambda c: zero(c, "tf.tanh(data @ first)")),
    ("logits=lambda v: at(v, 2, [9.0, -9.0])", lambda c: assign(c, "hidden @ second + bias[2]=[9, -9]")),
    ("logits=lambda v: -1 * v", lambda c: scale(c, "hidden @ second + bias=-1")),
)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    steps = "\n".join(f"step({changed})" for changed, _ in (("", None), *CASES))
    run = record_source(tmp_path_factory.mktemp("whatif"), SCRIPT + steps + "\n")
    assert run.code == 0, run.err
    with run.recording() as opened:
        assert opened.step_count == 1 + len(CASES)
        yield opened


def context(recording: Recording, step: int) -> Context:
    return Context(recording, recording.step(step))


@pytest.mark.parametrize("number", range(len(CASES)))
def test_as_the_changed_script(recording: Recording, number: int) -> None:
    here, there = context(recording, 0), context(recording, number + 1)
    outcome = rerun(here, edits(here, [CASES[number][1](here)]))
    (call,) = there.step.calls.values()
    assert call.finished is not None
    untouched = rerun(here)
    moved = 0
    for k, answer in enumerate(call.finished.results):
        (place,) = [key for key in outcome.answers if key[1] == k]
        found = outcome.answers[place]
        np.testing.assert_allclose(found, there.value(answer.tensor), rtol=2e-5, atol=1e-6)
        moved += not np.allclose(found, untouched.answers[place], rtol=1e-4, atol=1e-7)
    assert moved


def test_without_a_change_it_is_what_was_recorded(recording: Recording) -> None:
    found = what_if(context(recording, 0), Edits())
    assert {row.state for row in found.rows} == {"same"}
    assert found.doubtful == ()
    outcome, step = rerun(context(recording, 0)), recording.step(0)
    for call in step.calls.values():
        for rule in call.steps:
            for tensor in rule.contributions:
                if tensor:
                    np.testing.assert_allclose(outcome.gradients[tensor], recording.value(tensor), rtol=1e-6)


def test_a_rule_switched_off(recording: Recording) -> None:
    here = context(recording, 0)
    found = what_if(here, edits(here, [blocked(here, "Tanh")]))
    rows = {row.name: row for row in found.rows}
    # first still gets what the regularization sends, second what it got before
    assert rows["gradient of second"].state == rows["gradient of bias"].state == "same"
    assert rows["gradient of first"].state == "changed"
    assert rows["loss"].state == "same"


def test_a_value_that_was_not_kept_is_named(tmp_path: Path) -> None:
    source = """
import numpy as np, tensorflow as tf
w = tf.Variable(tf.ones([100, 100]))
for _ in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((w * 2.0) ** 2)
    tape.gradient(loss, w)
"""
    path = tmp_path / "small.tapeview"
    (tmp_path / "s.py").write_text(source)
    assert main(["record", "--keep-values", "1K", "-o", str(path), str(tmp_path / "s.py")]) == 0
    with Recording.open(path) as opened, pytest.raises(ReplayError, match="of “w” no value was kept; record with"):
        rerun(context(opened, 0))


@pytest.mark.parametrize(
    "text", ["bias", "bias=x", "nothing=3", "bias[0,0]=1", "bias[7]=1", "bias=[1,2,3]", "bias=__import__('os')"]
)
def test_an_edit_that_fits_nothing(recording: Recording, text: str) -> None:
    with pytest.raises(EditError):
        assign(context(recording, 0), text)


def test_other_edits_that_fit_nothing(recording: Recording) -> None:
    here = context(recording, 0)
    for wrong in (lambda: scale(here, "bias=much"), lambda: zero(here, "nothing"), lambda: blocked(here, "Nothing")):
        with pytest.raises(EditError):
            wrong()


def test_on_the_terminal(recording: Recording, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(recording.path)
    assert main(["whatif", path, "--step", "1", "--set", "bias[0]=3", "--scale", "first=2"]) == 0
    text = capsys.readouterr().out
    assert "step 1 with bias[0]=3, first times 2: " in text
    assert "gradient of bias" in text
    assert main(["whatif", path, "--step", "1", "--zero", "bias", "--json"]) == 0
    assert {row["state"] for row in json.loads(capsys.readouterr().out)["rows"]} == {"same", "changed"}
    assert main(["whatif", path]) == 2
    assert "nothing is changed" in capsys.readouterr().err
    assert main(["whatif", path, "--step", "99", "--zero", "bias"]) == 2
    assert "there is no step 99" in capsys.readouterr().err
    assert main(["whatif", path, "--zero", "nobody"]) == 2
    assert "goes by the name “nobody”" in capsys.readouterr().err
