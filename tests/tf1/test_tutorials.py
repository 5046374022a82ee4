"""Whole tutorials of TensorFlow 1 print here what they print on TensorFlow."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.engine import deferred
from tapeview.tensorflow import loader
from tests.tf1.frozen.tutorials import TUTORIALS

PRINTED: dict[str, str] = json.loads((Path(__file__).parent / "frozen" / "tutorials.json").read_text(encoding="utf-8"))


_DECIMAL = re.compile(r"-?\d+\.\d+")


@pytest.fixture(autouse=True)
def _tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    loader.install()
    yield
    loader.uninstall()
    deferred.disable()


@pytest.mark.parametrize("name", TUTORIALS)
def test_prints_the_same(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(TUTORIALS[name], "tutorial.py", "exec"), {"__name__": "__main__"})

    found, expected = _parts(capsys.readouterr().out), _parts(PRINTED[name])
    assert found[0] == expected[0]
    assert found[1] == pytest.approx(expected[1], rel=1e-3, abs=2e-5)


def _parts(text: str) -> tuple[str, list[float]]:
    """The text without its decimal numbers, and these."""
    return _DECIMAL.sub("#", text), [float(n) for n in _DECIMAL.findall(text)]
