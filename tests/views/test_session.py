from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.trace import query
from tapeview.views.session import SessionModel, is_recording
from tapeview.views.status_model import StatusModel
from tapeview.views.workspace import Notice, Workspace
from tests.helpers.recordings import Regression, run_info, write_nonfinite, write_regression
from tests.helpers.scripts import TAPE

PATIENCE = 60.0
ENDLESS = "print('ready', flush=True)\nwhile True:\n    pass\n"


class Desk:
    """A session with a note of its problems, and a way to wait for its script as the window does: by being woken."""

    def __init__(self) -> None:
        self.woken = threading.Semaphore(0)
        self.problems: list[str] = []
        self.opened: list[Path] = []
        self.modes: list[str] = []
        self.session = SessionModel(Workspace(), self.check, self.woken.release)
        self.session.problem.connect(self.problems.append)
        self.session.opened.connect(self.opened.append)

    def check(self, path: Path, text: str, mode: str) -> list[Notice]:
        self.modes.append(mode)
        return [Notice("unsupported", "no tf.xyz", str(path), 1)] if "tf.xyz" in text else []

    def until(self, *states: str) -> None:
        self.session.poll()
        while self.session.workspace.state == "running":
            assert self.woken.acquire(timeout=PATIENCE)
            self.session.poll()
        assert self.session.workspace.state in states, self.session.workspace.message


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("TAPEVIEW_RECORDINGS", str(tmp_path / "recordings"))
    made = Desk()
    yield made
    made.session.end()


def script(folder: Path, text: str) -> Path:
    path = folder / "s.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_script_is_loaded_run_and_shown(desk: Desk, tmp_path: Path) -> None:
    session, workspace = desk.session, desk.session.workspace
    path = script(tmp_path, TAPE)
    assert session.open(path)
    assert (workspace.state, session.can_run, session.running) == ("ready", True, False)
    session.run()
    assert (workspace.state, session.can_run, session.running) == ("running", False, True)
    desk.until("finished")
    assert workspace.step_count == 1
    assert workspace.position is not None
    assert workspace.position.phase == "forward", "the newest step was followed, and its target is what is looked at"
    assert workspace.script == path
    assert (session.can_run, session.needs_polling) == (True, False)
    assert desk.opened[0] == path


def test_a_script_can_be_run_again_after_it_was_edited(desk: Desk, tmp_path: Path) -> None:
    session, workspace = desk.session, desk.session.workspace
    path = script(tmp_path, TAPE)
    session.open(path)
    session.run()
    desk.until("finished")
    first = workspace.path
    script(tmp_path, TAPE + "raise KeyError('넘어졌다')\n")
    session.restart()
    desk.until("paused")
    assert "KeyError" in StatusModel(workspace).state_text, "what has raised can be looked at before it ends"
    session.go_on()
    desk.until("failed")
    assert workspace.path != first
    assert workspace.recording is not None
    assert workspace.recording.failures()[-1].type == "KeyError"
    assert "KeyError" in StatusModel(workspace).state_text


def test_an_endless_script_is_stopped(desk: Desk, tmp_path: Path) -> None:
    session = desk.session
    session.open(script(tmp_path, ENDLESS))
    session.run()
    while session.workspace.recording is None or not session.workspace.recording.output():
        assert desk.woken.acquire(timeout=PATIENCE)
        session.poll()
    session.stop()
    desk.until("stopped", "killed")
    assert not session.running


def test_what_cannot_be_read_is_said_and_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    garbage = tmp_path / "g.tapeview"
    garbage.write_bytes(b"nothing good")
    binary = tmp_path / "b.py"
    binary.write_bytes(b"x = '\xff\xfe'\n")
    assert not desk.session.open(garbage)
    assert not desk.session.open(tmp_path / "gone.py")
    assert not desk.session.open(binary)
    assert len(desk.problems) == 3
    assert all(problem.endswith(".") for problem in desk.problems)
    assert desk.session.workspace.state == "empty"


def test_a_script_that_went_away_cannot_be_run(desk: Desk, tmp_path: Path) -> None:
    path = script(tmp_path, TAPE)
    desk.session.open(path)
    path.unlink()
    desk.session.run()
    assert len(desk.problems) == 1
    assert not desk.session.running


def test_unsupported_names_are_found_on_loading(desk: Desk, tmp_path: Path) -> None:
    desk.session.open(script(tmp_path, "import tensorflow as tf\ntf.xyz\n"))
    assert [notice.text for notice in desk.session.workspace.notices] == ["no tf.xyz"]


def test_of_which_tensorflow_it_is_is_kept_with_a_script(desk: Desk, tmp_path: Path) -> None:
    path = script(tmp_path, "import tensorflow as tf\ntf.compat.v1.disable_eager_execution()\ntf.random.set_seed(3)\n")
    session = desk.session
    session.open(path)
    session.choose_mode("2")
    assert (session.mode, desk.modes) == ("2", ["", "2"])
    session.close()
    session.open(path)
    assert session.mode == "2"
    session.run()
    desk.until("finished")
    assert session.workspace.recording is not None
    (said,) = [output.text for _, output in session.workspace.recording.output() if output.stream == "stderr"]
    assert said.startswith("tapeview: Runs eagerly, as --tf2 says.")
    session.choose_mode("")
    session.load_script(path)
    assert session.mode == ""
    session.load_script(path, mode="1")
    assert session.mode == "1"
    session.load_script(path)
    assert session.mode == ""


def test_a_recording_is_opened_and_copied(desk: Desk, tmp_path: Path) -> None:
    path = write_regression(tmp_path / "r.tapeview", steps=2)
    assert desk.session.open(path)
    workspace = desk.session.workspace
    assert (workspace.state, workspace.cursor, desk.session.can_run) == ("finished", (0, 0), False)
    copy = tmp_path / "copy.tapeview"
    assert desk.session.save_copy(copy)
    assert copy.read_bytes() == path.read_bytes()
    assert not desk.session.save_copy(tmp_path / "no" / "folder.tapeview")
    assert len(desk.problems) == 1
    desk.session.close()
    assert workspace.state == "empty"
    assert not desk.session.save_copy(copy)


def test_files_are_told_apart(tmp_path: Path) -> None:
    recording = write_regression(tmp_path / "r.tapeview", steps=1)
    renamed = recording.rename(tmp_path / "noending")
    assert is_recording(renamed)
    assert is_recording(tmp_path / "gone.tapeview")
    assert not is_recording(script(tmp_path, "x = 1\n"))
    assert not is_recording(tmp_path / "gone.py")


def test_the_status_says_how_it_stands(desk: Desk, tmp_path: Path) -> None:
    workspace = desk.session.workspace
    status = StatusModel(workspace)
    assert (status.state_text, status.facts) == ("no script", ())
    desk.session.open(write_nonfinite(tmp_path / "b.tapeview"))
    assert status.state_text == "ValueError: 손실이 NaN입니다"
    assert (status.state_role, status.state_mark) == ("bad", "cross")
    assert status.facts[0] == "Python 3.11.7 · tapeview"
    assert status.facts[1] == "1 step"
    assert status.facts[2].endswith("all steps kept")
    marks = set()
    for state in ("running", "stopped", "finished", "killed", "ready"):
        workspace.set_state(state)
        marks.add((status.state_mark, status.state_role))
        assert status.state_text
    assert len(marks) >= 4


def test_a_recording_that_is_finished_between_two_looks_is_no_killed_one(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Regression(tmp_path / "run.tapeview", run_info(pid=os.getpid()))
    scene.writer.commit()
    session, workspace = desk.session, desk.session.workspace
    assert session.open_recording(scene.path)
    assert workspace.state == "running"
    recording = workspace.recording
    assert recording is not None
    look = recording.refresh

    def look_and_miss() -> bool:
        # the rest is written, and the log goes, right after the window has looked
        grew = look()
        monkeypatch.setattr(recording, "refresh", look)
        scene.train()
        scene.finish()
        monkeypatch.setattr(query, "alive", lambda pid, started: False)
        return grew

    monkeypatch.setattr(recording, "refresh", look_and_miss)
    session.poll()
    assert (workspace.state, workspace.step_count) == ("finished", 1)
