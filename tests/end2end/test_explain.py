"""A real window on a real display: a person goes through what was found with the keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.explained import SOURCE
from tests.helpers.stories import play
from tests.helpers.xvfb import Display, xvfb

__all__ = ["xvfb"]

STORY = Path(__file__).with_name("explain_story.py")


@pytest.mark.timeout(180)
def test_a_person_asks_why(tmp_path: Path, xvfb: Display) -> None:
    script = tmp_path / "wrong.py"
    script.write_text(SOURCE, encoding="utf-8")
    environment = {**xvfb.environment(), "XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    said, stderr = play(STORY, environment, script, tmp_path)
    titles = [title for title, _ in said["F8"]]
    assert titles == [
        "The gradient of x is zero: dead ReLU",
        "The gradient of x is not finite: made by a gradient rule",
        "The gradient of x is None: op without a gradient",
    ]
    places = [place for _, place in said["F8"]]
    assert places[0].startswith("step 4 of 4 · backward")
    assert places[1].startswith("step 2 of 4 · backward 2 of 3 · Sqrt")
    assert places[2].startswith("step 1 of 4 · forward 2 of 4 · Floor")
    assert said["bar"] == titles[2]
    assert said["along"].startswith("step 2 of 4 · backward 3 of 3 · Mul")
    assert said["back along"].startswith("step 2 of 4 · backward 2 of 3 · Sqrt")
    assert said["bar there"].startswith("1 of 2 · Sqrt, gradient rule · line 14 · 1 Inf")
    assert "Traceback" not in stderr
    assert said["compared"] == ["What changed: step 2 and step 3", "2 of 35 · − 2.0 · line 13 · this is step 2"]
    assert said["difference"].startswith("step 2 of 4 · forward 1 of 3 · Mul → doubled")
    assert said["left"]
    assert said["verdict"] == "Arrives"
    assert said["last hop"].startswith("step 3 of 4 · backward")
    for name in ("path.png", "changed.png", "way.png"):
        assert (tmp_path / name).stat().st_size > 20_000
