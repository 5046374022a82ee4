"""``tapeview figures``: lists what the script drew, and writes it as pictures."""

from __future__ import annotations

import json
from pathlib import Path
from xml.dom.minidom import parseString

import pytest

from tapeview.cli import main
from tests.helpers.figures import drawn
from tests.helpers.recordings import Regression, write_regression


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A figure that was drawn twice, and one with a label and Korean in its title."""
    scene = Regression(tmp_path / "run.tapeview")
    for width in (100.0, 120.0):
        scene.train()
        scene.flush()
        scene.writer.add_figure(*drawn(scene.step, width, site=scene.sites["update"]))
    scene.writer.add_figure(*drawn(-1, figure=2, number=2, label="가중치 & <w>", title=""))
    return scene.finish()


def test_they_are_listed(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["figures", str(path)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith('figure 1, "손실", step 2, line ')
    assert second == "가중치 & <w>, before the first step"
    assert main(["figures", str(path), "--all"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_they_are_written_as_svg(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "pictures"
    assert main(["figures", str(path), "--out", str(folder), "--all"]) == 0
    names = sorted(file.name for file in folder.iterdir())
    assert names == ["001-figure-1-step-1.svg", "002-figure-1-step-2.svg", "003-가중치-w.svg"]
    assert capsys.readouterr().out.splitlines() == [str(folder / name) for name in names]
    for name, width in zip(names, ("100", "120", "100"), strict=True):
        root = parseString((folder / name).read_bytes()).documentElement
        assert root is not None
        assert root.getAttribute("width") == width


def test_they_are_written_as_png(path: Path, tmp_path: Path) -> None:
    pytest.importorskip("PySide6")
    assert main(["figures", str(path), "--out", str(tmp_path / "png"), "--format", "png"]) == 0
    first, _ = sorted((tmp_path / "png").iterdir())
    data = first.read_bytes()
    assert data.startswith(b"\x89PNG\r\n")
    assert int.from_bytes(data[16:20], "big") == 240  # twice as sharp


def test_what_cannot_be_done_is_told(tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    none = write_regression(tmp_path / "none.tapeview")
    assert main(["figures", str(none)]) == 0
    assert capsys.readouterr().out == "the script drew no figures\n"
    assert main(["figures", str(none), "--out", str(tmp_path / "x")]) == 2
    assert capsys.readouterr().err == f"tapeview: there is no figure in {none}: the script drew none\n"
    assert main(["figures", str(tmp_path / "missing")]) == 2
    assert capsys.readouterr().err.startswith("tapeview: There is no file ")
    (tmp_path / "file").touch()
    assert main(["figures", str(path), "--out", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.startswith(f"tapeview: cannot make the folder {tmp_path / 'file'}: ")


def test_info_counts_them(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(path)]) == 0
    assert "\n2 figures\n" in capsys.readouterr().out
    assert main(["info", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["figures"] == 2
