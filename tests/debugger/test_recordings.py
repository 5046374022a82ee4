"""Recordings that nobody gave a name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tapeview.debugger import recordings
from tests.helpers.recordings import write_regression
from tests.helpers.scripts import TAPE, read_until, running


def touch(folder: Path, name: str, age: int, size: int = 10) -> Path:
    path = folder / name
    path.write_bytes(b"x" * size)
    os.utime(path, (1_000_000 - age, 1_000_000 - age))
    return path


def test_names_tell_the_script_and_never_meet(tmp_path: Path) -> None:
    paths = [recordings.new_path("/some where/내 학습.py", tmp_path / "new" / "folder") for _ in range(3)]
    assert len(set(paths)) == 3
    assert all(path.name.startswith("내_학습-") and path.suffix == ".tapeview" for path in paths)


def test_the_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(recordings.FOLDER_VARIABLE, str(tmp_path / "mine"))
    assert recordings.new_path("a.py").parent == tmp_path / "mine"


def test_the_oldest_make_room_by_count(tmp_path: Path) -> None:
    files = [touch(tmp_path, f"{age}.tapeview", age) for age in range(5)]
    other = touch(tmp_path, "notes.txt", 99)
    assert recordings.prune(tmp_path, count=3) == files[2:]
    assert sorted(tmp_path.iterdir()) == sorted([*files[:2], other])


def test_the_oldest_make_room_by_size(tmp_path: Path) -> None:
    files = [touch(tmp_path, f"{age}.tapeview", age, size=100) for age in range(4)]
    Path(f"{files[3]}-wal").write_bytes(b"log")
    assert recordings.prune(tmp_path, size=250) == files[2:]
    assert sorted(tmp_path.iterdir()) == files[:2]


def test_a_recording_that_is_being_written_stays(tmp_path: Path) -> None:
    with running(tmp_path, f"{TAPE}\nprint('on')\ninput()") as (child, path):
        read_until(child.stdout, "on")
        assert recordings.prune(tmp_path, count=1) == []
        assert path.exists()


def test_a_finished_recording_goes(tmp_path: Path) -> None:
    path = write_regression(tmp_path / "old.tapeview")
    assert recordings.prune(tmp_path, count=1) == [path]
