"""A real window on a real display: rules are set with the keys, hold at once, stop a script, and are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.debuggee.breakpoints.test_rules import ENDLESS
from tests.helpers.stories import play
from tests.helpers.xvfb import Display, xvfb

__all__ = ["xvfb"]

STORY = Path(__file__).with_name("rules_story.py")


@pytest.mark.timeout(180)
def test_a_person_sets_rules(tmp_path: Path, xvfb: Display) -> None:
    script = tmp_path / "train.py"
    script.write_text(ENDLESS, encoding="utf-8")
    environment = {**xvfb.environment(), "XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    said = play(STORY, environment, script, tmp_path).said
    assert said["breakpoint"] == "Breakpoint set: rule:dead-relu"
    assert said["stop"].startswith("the rule dead ReLU fires in step ")
    assert said["in sight"]
    assert said["cards"] == ["warning: dead ReLU: hidden"]
    assert said["link"] == "Rule “dead ReLU”: units 0.7, rows 8 …"
    assert said["as an error"] == ["error: dead ReLU: hidden"]
    assert said["refused"] == "“lots” cannot be “units”: take a number from 0 on, such as 0.7."
    assert said["still open"]
    assert said["kept"] == ["dead-relu=error", "dead-relu.units=0.9"]
    assert (tmp_path / "rules.png").stat().st_size > 20_000
