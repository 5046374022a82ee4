"""A recording in which there is something to explain in every step, made by a real script."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.scripts import record_source

SOURCE = """\
import tensorflow as tf

x = tf.Variable([0.0, 4.0], name="x")
w = tf.Variable([1.0, -1.0], name="w")
# Step 1: the path from x breaks at Floor.
with tf.GradientTape() as tape:
    scaled = x * 2.0
    floored = tf.floor(scaled)
    y = tf.reduce_sum(floored * w)
tape.gradient(y, [x, w])
# Step 2: a NaN begins in the rule of Sqrt and goes into x.
with tf.GradientTape() as tape:
    doubled = x * 2.0
    root = tf.sqrt(doubled)
    loss = tf.reduce_sum(root)
g = tape.gradient(loss, x)
x.assign([1.0, 4.0])
# Step 3: h is read three times, and nothing is wrong.
with tf.GradientTape() as tape:
    h = x * w
    loss = tf.reduce_sum(h * h) + tf.reduce_sum(h) - 0.5 * tf.reduce_sum(h * 3.0)
g = tape.gradient(loss, [x, w])
# Step 4: a dead ReLU.
with tf.GradientTape() as tape:
    r = tf.nn.relu(-tf.exp(x))
    loss = tf.reduce_sum(r)
tape.gradient(loss, x)
"""
BREAK, NAN, FAN, DEAD = range(4)
"""The steps."""


def write_explained(folder: Path) -> Path:
    """Records the script; returns the recording's path."""
    run = record_source(folder, SOURCE)
    assert run.code == 0, run.err
    return run.path
