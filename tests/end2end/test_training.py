"""The shipped CNN, trained in a real window on a real display."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QImage

from tapeview.views.examples import examples
from tests.helpers.stories import play
from tests.helpers.xvfb import Display, xvfb

__all__ = ["xvfb"]

STORY = Path(__file__).with_name("training_story.py")
HOW_FAR = re.compile(r"epoch [1-6] of 6 · batch \d+ of 25 · [\d.]+ steps/s · \d+ (s|min) left")


@pytest.mark.timeout(240)
def test_a_person_watches_a_network_train(tmp_path: Path, xvfb: Display) -> None:
    script = next(example.path for example in examples() if example.path.name == "shapes_cnn.py")
    environment = xvfb.environment() | {f"XDG_{kind}_HOME": str(tmp_path) for kind in ("CONFIG", "CACHE", "STATE")}
    environment["TAPEVIEW_RECORDINGS"] = str(tmp_path / "recordings")
    said = play(STORY, environment, script, tmp_path, patience=220).said
    state, words, title = said.pop("while it runs")
    assert state == "running"
    assert HOW_FAR.fullmatch(words), words
    assert re.fullmatch(r"\d+ % · shapes_cnn\.py · tapeview", title), title
    assert said == {
        "at the end": [150, "shapes_cnn.py · tapeview"],
        "unfolded": True,
        "tiles": {"conv2d/kernel": 8, "Conv2D": 8},
        "folded again": True,
        "clicked": True,
        "histograms of": ["conv2d/kernel", True],
        "exported": ["curves.png", "curves.svg", "curves.csv"],
    }
    table = (tmp_path / "curves.csv").read_text(encoding="utf-8").splitlines()
    assert table[0].startswith("step,loss,accuracy")
    assert len(table) == 151
    assert not QImage(str(tmp_path / "curves.png")).isNull()
    assert ElementTree.parse(tmp_path / "curves.svg").getroot().tag.endswith("svg")
    for name in ("running", "unfolded", "tiles", "histograms"):
        assert QImage(str(tmp_path / f"{name}.png")).width() == xvfb.width
