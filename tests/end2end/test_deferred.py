"""A TensorFlow 1 script in a real window: its graph before a run, in a run and after all of them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.helpers.stories import play
from tests.helpers.xvfb import Display, xvfb

__all__ = ["xvfb"]

STORY = Path(__file__).with_name("deferred_story.py")

SCRIPT = """
    import tensorflow as tf

    x = tf.placeholder(tf.float32, [None], name="x")
    W = tf.Variable(2.0, name="W")
    y = W * x
    loss = tf.reduce_mean(tf.square(y))
    dW, = tf.gradients(loss, [W])
    update_W = tf.assign(W, W - 0.1 * dW)
    init = tf.global_variables_initializer()
    with tf.Session() as sess:
        sess.run(init)
        for i in range(3):
            sess.run([update_W, loss], {x: [1.0, 2.0]})
        print("W", sess.run(W))
"""


@pytest.mark.timeout(180)
def test_a_person_sees_a_graph_before_it_runs_and_each_run_light_it_up(tmp_path: Path, xvfb: Display) -> None:
    script = tmp_path / "graph.py"
    text = textwrap.dedent(SCRIPT).lstrip()
    script.write_text(text, encoding="utf-8")
    first = next(number for number, line in enumerate(text.split("\n"), 1) if "sess.run([" in line)
    environment = {**xvfb.environment(), "XDG_CONFIG_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    said = play(STORY, environment, script, tmp_path, first).said
    assert said["at the first run"] == "run 2: update_W, loss · no op has run"
    assert (said["before it"]["current"], said["before it"]["lit"]) == ("", ["x", "mul_1/x"])
    assert said["before it"]["nodes"] > 10
    assert said["one op"] == "run 2: update_W, loss · forward 1 of 1 · Mul → y"
    assert said["lit by it"]["current"] == "mul"
    assert said["lit by it"]["grey"] == ["init"]
    assert said["at the node"].endswith("Mean → loss")
    assert said["why"] == "node Mean has run"
    assert (said["there"]["current"], "Square" in said["there"]["lit"]) == ("Mean", True)
    assert said["back"].endswith("Square → Square")
    assert [tip.split(" · ")[0] for tip in said["timeline"]] == [
        "run 1: init", "run 2: update_W, loss", "run 3: update_W, loss", "run 4: update_W, loss", "run 5: W",
    ]  # fmt: skip
    assert "built at line 5" in said["picked"]
    assert said["lines"] == [5, first]
    assert said["curves"] == {"W": 4, "loss": 3}
    for name in ("before", "node", "after"):
        assert not QImage(str(tmp_path / f"{name}.png")).isNull()
