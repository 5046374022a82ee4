"""Recordings to be compared: a small training, and the same with a layer more, another activation and other names."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.scripts import record_source

TRAIN = """\
import tensorflow as tf

x = tf.constant([[1.0, -2.0], [0.5, 3.0]])
w1 = tf.Variable([[0.5, -1.0], [2.0, 0.25]], name="w1")
w2 = tf.Variable([[1.0], [-0.5]], name="w2")
for step in range(3):
    with tf.GradientTape() as tape:
        hidden = tf.nn.relu(x @ w1)
        y = hidden @ w2
        loss = tf.reduce_mean(y * y)
    gradients = tape.gradient(loss, [w1, w2])
    for variable, gradient in zip([w1, w2], gradients):
        variable.assign_sub(0.1 * gradient)
"""
CHANGED = TRAIN.replace("tf.nn.relu(x @ w1)", "tf.tanh(x @ w1)").replace(
    "        y = hidden @ w2\n", "        hidden = hidden * 2.0\n        y = hidden @ w2\n"
)
"""The activation replaced, and a layer added behind it."""


def write_pair(folder: Path) -> tuple[Path, Path]:
    """Record both, and return where the recordings are."""
    paths = []
    for name, source in (("train", TRAIN), ("changed", CHANGED)):
        (folder / name).mkdir()
        run = record_source(folder / name, source)
        assert run.code == 0, run.err
        paths.append(run.path.rename(folder / f"{name}.tapeview"))
    return paths[0], paths[1]
