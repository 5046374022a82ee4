"""Live debugging in a real window on a real display, with a real script in its own process."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.helpers.stories import play
from tests.helpers.xvfb import Display, xvfb

__all__ = ["xvfb"]

STORY = Path(__file__).with_name("live_story.py")

REGRESSION = """
    import numpy as np
    import tensorflow as tf

    slope = tf.Variable(4.0, name="slope")
    offset = tf.Variable(1.0, name="offset")

    def line(x):
        return slope * x + offset

    def squared_error(predicted, wanted):
        return tf.reduce_mean(tf.square(predicted - wanted))

    x = np.arange(1, 11)
    wanted = x * 10 + 13
    optimizer = tf.optimizers.SGD(learning_rate=0.01)

    def train():
        with tf.GradientTape() as tape:
            predicted = line(x)
            loss = squared_error(predicted, wanted)
        gradients = tape.gradient(loss, [slope, offset])
        optimizer.apply_gradients(zip(gradients, [slope, offset]))
        if len(counted) == 60:
            raise RuntimeError("여기까지")
        counted.append(float(loss))

    counted = []
    for i in range({steps}):
        train()
"""

NAN = """
    import numpy as np
    import tensorflow as tf

    x = np.array([-9.0, -4.0, -1.0, 1.0, 4.0, 9.0], dtype=np.float32)
    t = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0], dtype=np.float32)
    w = tf.Variable(0.1, name="w")
    unused = tf.Variable(1.0, name="unused")

    for step in range(100):
        with tf.GradientTape() as tape:
            p = 1.0 / (1.0 + tf.exp(-(w * x)))
            one = t * tf.math.log(p)
            other = (1.0 - t) * tf.math.log(1.0 - p)
            loss = -tf.reduce_mean(one + other)
        dw, none = tape.gradient(loss, [w, unused])
        w.assign_sub(0.5 * dw)
"""


def tell(folder: Path, display: Display, kind: str, text: str, *breakpoints: str) -> dict[str, object]:
    """What a story says of a script."""
    script = folder / "live 학습.py"
    script.write_text(textwrap.dedent(text), encoding="utf-8")
    homes = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")}
    environment = {**display.environment(), **homes, "TAPEVIEW_RECORDINGS": str(folder / "recordings")}
    found = play(STORY, environment, kind, script, *breakpoints).said
    assert isinstance(found, dict)
    return found


@pytest.mark.timeout(180)
def test_a_person_holds_a_training_and_steps_through_it_live(tmp_path: Path, xvfb: Display) -> None:
    endless = REGRESSION.format(steps=1_000_000).replace("len(counted) == 60", "False")
    said = tell(tmp_path, xvfb, "controls", endless)
    assert said["start paused"] == "no step recorded yet"
    assert said["state"] == "paused at the live edge"
    assert said["first step"] == "step 1 of 1 · forward 1 of 1 · Mul → slope * x"
    assert said["one op"] == "step 1 of 1 · forward 2 of 2 · AddV2 → predicted"
    assert said["end of phase"] == "step 1 of 1 · forward 5 of 5 · Mean → loss"
    assert str(said["one backward step"]).startswith("step 1 of 1 · backward 1 of 1 · Mean")
    assert said["looked back"] == "step 1 of 1 · forward 5 of 5 · Mean → loss"
    assert said["live edge"] == said["one backward step"]
    assert said["script untouched"] is True
    assert said["next step"] == "step 2 of 2 · forward 1 of 1 · Mul → slope * x"
    assert str(said["to the line"]).startswith("step 2 of 2 · forward 3 of 3 · Sub")
    assert said["running"] == "running"
    assert said["paused at the edge"] is True
    assert said["prompt"] == "TensorShape([])"
    assert said["restarted"] is True
    assert said["stopped"] == "stopped"


@pytest.mark.timeout(240)
def test_each_kind_of_breakpoint_stops_where_it_says(tmp_path: Path, xvfb: Display) -> None:
    kinds = {
        "line:live 학습.py:12": "step 1 of 1 · forward 3 of 3 · Sub → predicted - wanted",
        "op:Squ*": "step 1 of 1 · forward 4 of 4 · Square → tf.square(predicted - wanted)",
        "node:predicted": "step 1 of 1 · forward 2 of 2 · AddV2 → predicted",
        "max>1000": "step 1 of 1 · forward 4 of 4 · Square → tf.square(predicted - wanted)",
        "gradient:slope:norm<5": "",
        "loss<20": "",
        "step:7": "step 7 of 7 · forward 1 of 1 · Mul → slope * x",
        "every:4": "step 4 of 4 · forward 1 of 1 · Mul → slope * x",
        "exception": "step 61 of 61",
    }
    said = tell(tmp_path, xvfb, "breakpoints", REGRESSION.format(steps=200), *kinds)
    for text, position in kinds.items():
        reason, where, words = said[text]  # type: ignore[misc]
        assert reason in ("breakpoint", "exception", "failed"), text
        assert where.startswith(position), (text, where)
        assert words


@pytest.mark.timeout(180)
def test_the_nan_breakpoint_stops_on_exactly_that_op(tmp_path: Path, xvfb: Display) -> None:
    said = tell(tmp_path, xvfb, "breakpoints", NAN, "nan", "inf", "gradient:none")
    reason, where, words = said["nan"]  # type: ignore[misc]
    assert reason == "breakpoint"
    assert where.endswith("Mul → other")
    assert "NaN" in words
    _, before, _ = said["inf"]  # type: ignore[misc]
    assert before.endswith("Log → tf.math.log(1.0 - p)")
    assert before.split(" · ")[0] == where.split(" · ")[0], "the op before, in the same step"
    _, none, words = said["gradient:none"]  # type: ignore[misc]
    assert none.startswith("step 1 of 1")
    assert "unused" in words
