"""The figures of a real script in a real window on a real display."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.helpers.stories import play
from tests.helpers.xvfb import Display, xvfb

__all__ = ["xvfb"]

pytest.importorskip("matplotlib")

STORY = Path(__file__).with_name("figures_story.py")

SCRIPT = """
    import matplotlib.pyplot as plt
    import tensorflow as tf

    w = tf.Variable(3.0)
    losses = []
    for round in range(3):
        for i in range(5):
            with tf.GradientTape() as tape:
                loss = (w - 1.0) ** 2
            w.assign_sub(0.1 * tape.gradient(loss, w))
            losses.append(float(loss))
        plt.figure("curve")
        plt.plot(losses, color="red", linewidth=8)
        plt.title(f"after round {round + 1}")
        plt.show()
    plt.scatter(range(1000), range(1000), c=range(1000), s=30)
    plt.show()
"""


@pytest.mark.timeout(180)
def test_a_person_looks_at_what_a_training_drew(tmp_path: Path, xvfb: Display) -> None:
    script = tmp_path / "그림 figures.py"
    script.write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    environment = {**xvfb.environment(), "XDG_CONFIG_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    environment.pop("MPLBACKEND", None)
    said = play(STORY, environment, script, tmp_path).said
    assert said == {
        "keys are in": True,
        "figures": [["curve", "after round 3", "3 ×"], ["Figure 1"]],
        "newest": "step 15 · line 18",
        "one before": "2 of 3 · step 10 · line 16",
        "at the beginning": "curve was not drawn yet at this step (first: step 5)",
        "at the end": "3 of 3 · step 15 · line 16",
        "own window": True,
    }
    for name, light in (("light.png", True), ("dark.png", False)):
        picture = QImage(str(tmp_path / name))
        assert (picture.pixelColor(700, 60).lightness() > 200) == light
        # The curve, and the paper that stays white.
        colours = [picture.pixelColor(x, y).name() for x in range(220, 880, 2) for y in range(620, 790, 2)]
        assert colours.count("#ff0000") > 20
        assert colours.count("#ffffff") > 1_000
