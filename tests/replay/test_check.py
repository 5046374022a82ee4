"""Is this gradient right: recorded steps against finite differences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tapeview.cli import main
from tapeview.explain.context import Context
from tapeview.explain.questions import RIGHT, ROUNDED, WRONG, Checked, CheckQuestion
from tapeview.replay.check import check
from tests.helpers.scripts import record_source

OWN_RULE = """
import tensorflow as tf
@tf.custom_gradient
def cube(x):
    y = x ** 3.0
    def grad(upstream):
        return upstream * FACTOR * x ** 2.0
    return y, grad
w = tf.Variable([1.0, 2.0])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(cube(w) + tf.exp(w))
tape.gradient(loss, w)
"""


def checked(folder: Path, source: str) -> dict[str, Checked]:
    run = record_source(folder, source)
    assert run.code == 0, run.err
    with run.recording() as recording:
        return {one.subject: one for one in check(Context(recording, recording.step(0)), CheckQuestion(0, elements=6))}


def test_gradients_of_a_network_are_right(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        """
import tensorflow as tf
tf.random.set_seed(1)
x = tf.random.normal([2, 6, 6, 3])
model = tf.keras.Sequential([
    tf.keras.layers.Conv2D(4, 3, activation="relu"), tf.keras.layers.MaxPool2D(),
    tf.keras.layers.Flatten(), tf.keras.layers.Dense(5),
])
with tf.GradientTape() as tape:
    loss = tf.keras.losses.sparse_categorical_crossentropy([1, 4], model(x), from_logits=True)
tape.gradient(loss, model.trainable_variables)
""",
    )
    assert {one.verdict for one in found.values()} == {RIGHT}
    assert set(found) == {"conv2d/kernel", "conv2d/bias", "dense/kernel", "dense/bias"}
    assert all(len(one.elements) == min(6, one.size) for one in found.values())


def test_a_rule_of_the_scripts_own_that_is_right(tmp_path: Path) -> None:
    (one,) = checked(tmp_path, OWN_RULE.replace("FACTOR", "3.0")).values()
    assert (one.verdict, one.culprits) == (RIGHT, ())


def test_a_rule_of_the_scripts_own_that_is_wrong(tmp_path: Path) -> None:
    (one,) = checked(tmp_path, OWN_RULE.replace("FACTOR", "2.0")).values()
    assert (one.verdict, one.culprits) == (WRONG, ("cube (line 11)",))
    assert one.worst.recorded == pytest.approx(2 * 1 + 2.718282) or one.worst.recorded == pytest.approx(8 + 7.389056)
    assert one.worst.by_rules == pytest.approx(one.worst.by_differences, rel=1e-6)


def test_what_stop_gradient_holds_is_held(tmp_path: Path) -> None:
    source = """
import tensorflow as tf
w = tf.Variable([1.0, 2.0])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(w * tf.stop_gradient(w ** 2))
tape.gradient(loss, w)
"""
    (one,) = checked(tmp_path, source).values()
    assert one.verdict == RIGHT


def test_upstream_gradients_a_second_order_and_rounding(tmp_path: Path) -> None:
    source = """
import tensorflow as tf
x = tf.Variable([0.5, 1.5])
with tf.GradientTape() as outer:
    with tf.GradientTape() as inner:
        y = tf.sin(x) * x
    dy = inner.gradient(y, x, output_gradients=tf.constant([1.0, 3.0]))
outer.gradient(dy, x)
"""
    assert checked(tmp_path, source)["x"].verdict == RIGHT
    rounded = """
import tensorflow as tf
w = tf.Variable(2.0)
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(w * tf.constant([300.0, 1e-3, -300.0]))
tape.gradient(loss, w)
"""
    one = checked(tmp_path, rounded)["w"]
    assert (one.verdict, one.worst.by_rules) == (ROUNDED, pytest.approx(1e-3, rel=1e-4))
    assert one.worst.recorded != pytest.approx(1e-3, rel=1e-3)


def test_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(record_source(tmp_path, OWN_RULE.replace("FACTOR", "2.0")).path)
    assert main(["check", path]) == 4
    assert "WRONG" in (text := capsys.readouterr().out)
    assert "the script's own rule of cube (line 11)" in text
    assert main(["check", path, "--json", "--elements", "1"]) == 4
    assert json.loads(capsys.readouterr().out)["gradients"][0]["verdict"] == "wrong"
    assert main(["check", path, "--elements", "-1"]) == 2
