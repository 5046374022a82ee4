"""A real window on a real display, a real script in a real child process, and a person at the keyboard."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.helpers.stories import play
from tests.helpers.xvfb import Display, xvfb

__all__ = ["xvfb"]

STORY = Path(__file__).with_name("story.py")

SCRIPT = """
    import numpy as np
    import tensorflow as tf

    slope = tf.Variable(4.0)
    offset = tf.Variable(1.0)

    def line(x):
        return slope * x + offset

    def squared_error(predicted, wanted):
        return tf.reduce_mean(tf.square(predicted - wanted))

    x = np.arange(1, 11)
    wanted = x * 10 + 13
    optimizer = tf.optimizers.SGD(learning_rate=0.01)
    for i in range(41):
        with tf.GradientTape() as tape:
            predicted = line(x)
            loss = squared_error(predicted, wanted)
        gradients = tape.gradient(loss, [slope, offset])
        optimizer.apply_gradients(zip(gradients, [slope, offset]))
        if i % 10 == 0:
            print(f"{i}번째 손실 {loss:.6f}")
"""


@pytest.mark.timeout(180)
def test_a_person_runs_a_regression_and_steps_through_it_with_the_keys(tmp_path: Path, xvfb: Display) -> None:
    script = tmp_path / "회귀 regression.py"
    script.write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    environment = {**xvfb.environment(), "XDG_CONFIG_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    said = play(STORY, environment, script, tmp_path).said
    assert said["before"] == "ready"
    assert said["steps"] == 41
    assert said["curves"] == {"loss": 41, "slope": 42, "offset": 42}
    assert said["console"].splitlines()[0] == "0번째 손실 2322.000000"
    assert said["third step"] == "step 3 of 41 · forward 1 of 5 · Mul → slope * x"
    assert said["in the backward pass"].startswith("step 3 of 41 · backward 2 of 5 · Square → gradient of")
    assert said["in the updates"].startswith("step 3 of 41 · update 1 of 2")
    assert said["back before it"].startswith("step 2 of 41 · update 2 of 2")
    assert said["its first op"] == "step 3 of 41 · forward 1 of 5 · Mul → slope * x"
    assert said["the very end"].startswith("step 41 of 41 · update 2 of 2")
    assert said["the very beginning"] == "step 1 of 41 · forward 1 of 5 · Mul → slope * x"
    light, dark = (QImage(str(tmp_path / name)) for name in ("backward.png", "dark.png"))
    assert light.pixelColor(700, 20).lightness() > 200
    assert dark.pixelColor(700, 20).lightness() < 60
    colours = {light.pixel(x, y) for x in range(0, 1440, 3) for y in range(0, 900, 3)}
    assert len(colours) > 100
