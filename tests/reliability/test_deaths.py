"""Scripts and windows that die at any moment, and what is then left."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tapeview.debugger import LiveSession
from tapeview.trace.check import check
from tapeview.trace.query import Recording
from tests.helpers.joining import ENDLESS, TRAINING, Watch, waiting
from tests.helpers.scripts import LIMIT, write_script
from tests.reliability.windows import Window, Windows, windows

MOMENTS = 20
POSITIONS = 7
"""In each whole step of the training: 3 forward ops, 3 backward steps, 1 update."""


def whole_steps(recording: Recording) -> int:
    """The number of steps; all but the last must be complete."""
    for index in range(recording.step_count - 1):
        assert len(recording.step(index).positions) == POSITIONS, index
    assert recording.warnings == ()
    return recording.step_count


def processes_with(*words: str) -> list[int]:
    """The processes whose command line holds these words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            data = path.read_bytes()
            if all(word.encode() in data for word in words):
                found.append(int(path.parent.name))
    return found


def wait(seconds: float) -> None:
    """Lets a random while pass: the only way to hit a random moment."""
    threading.Event().wait(seconds)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV], ids=["SIGKILL", "SIGSEGV"])
def test_script_killed(tmp_path: Path, number: signal.Signals) -> None:
    script = write_script(tmp_path, ENDLESS)
    dice = random.Random(int(number))
    moments = [(turn % 4 > 0, dice.uniform(0, 0.5)) for turn in range(MOMENTS)]

    def one(turn: int) -> int:
        at_work, delay = moments[turn]
        path = tmp_path / f"{turn}.tapeview"
        with LiveSession(script, recording=path, cwd=tmp_path) as session:
            watch = Watch(session)
            session.start()
            if at_work:
                watch.until(lambda session: session.status.steps > 0)
            wait(delay)
            assert session.pid is not None
            os.kill(session.pid, number)
            assert session.wait(LIMIT)
            assert (session.state, session.exit) == ("killed", -number)
            assert f"signal {int(number)} ({number.name})" in session.message
            told = session.status.steps
        if not path.exists():
            assert not at_work
            return 0
        # what the script's process has said to be in the file is in the file
        with Recording.open(path) as recording:
            assert recording.state == "killed"
            steps = whole_steps(recording)
        assert steps >= told
        assert check(path) == []
        return steps

    with ThreadPoolExecutor(3) as pool:
        steps = list(pool.map(one, range(MOMENTS)))
    assert sum(count > 0 for count in steps) >= MOMENTS * 3 // 4


def test_script_killed_while_a_window_shows_it(tmp_path: Path) -> None:
    script = write_script(tmp_path, ENDLESS)
    with windows() as made:
        window = made.open("run", script, tmp_path / "run.tapeview")
        news = window.until(lambda news: news["steps"] > 5)
        os.kill(news["script"], signal.SIGKILL)
        # it says how the script died, shows what was recorded, and runs it again
        news = window.until(lambda news: news["state"] == "killed")
        assert "signal 9 (SIGKILL)" in news["message"]
        with Recording.open(tmp_path / "run.tapeview") as recording:
            assert news["steps"] <= whole_steps(recording)
        window.kill(signal.SIGUSR1)
        news = window.until(lambda news: news["state"] == "running" and news["steps"] > 5)
        os.kill(news["script"], signal.SIGTERM)
        window.until(lambda news: news["state"] == "stopped")
        window.gone()
        assert window.last["ended"] == 0


def test_window_killed(tmp_path: Path) -> None:
    steps = 60
    script = write_script(tmp_path, TRAINING.format(steps=steps))
    dice = random.Random(5)
    moments = [(turn % 4 > 0, dice.uniform(0, 0.4), (signal.SIGKILL, signal.SIGSEGV)[turn % 2]) for turn in range(20)]

    def one(made: Windows, turn: int) -> bool:
        with_script, delay, number = moments[turn]
        path = tmp_path / f"{turn}.tapeview"
        window: Window = made.open("run", script, path)
        if with_script:
            window.until(lambda news: news["script"] is not None)
        wait(delay)
        window.kill(number)
        window.gone()
        assert window.last["ended"] in (-number, 0)  # 0: it had seen the end
        # the script goes on to its end, whatever became of the window, and nothing of it is lost
        while processes_with(str(path)):
            wait(0.02)
        if not path.exists():
            assert not with_script
            return False
        with Recording.open(path) as recording:
            assert (recording.state, whole_steps(recording)) == ("finished", steps)
            assert len(recording.step(steps - 1).positions) == POSITIONS
        assert check(path) == []
        return True

    with windows() as made, ThreadPoolExecutor(2) as pool:
        recorded = list(pool.map(lambda turn: one(made, turn), range(MOMENTS)))
    assert sum(recorded) >= MOMENTS * 3 // 4
    assert not list(tmp_path.glob("*-wal"))


def test_window_killed_and_the_script_joined_again(tmp_path: Path) -> None:
    script = write_script(tmp_path, ENDLESS)
    with windows() as made:
        first = made.open("run", script, tmp_path / "run.tapeview")
        pid = first.until(lambda news: news["steps"] > 5)["script"]
        first.kill()
        first.gone()
        word = tmp_path / "runtime" / f"{pid}.json"
        while not word.exists():
            wait(0.01)
        second = made.open("join", word)
        seen = second.until(lambda news: news["state"] == "running" and news["steps"] > 0)
        assert seen["script"] == pid
        second.until(lambda news: news["steps"] > seen["steps"])
        os.kill(pid, signal.SIGTERM)
        assert second.until(lambda news: news["state"] == "stopped")
        second.gone()
    with Recording.open(tmp_path / "run.tapeview") as recording:
        assert recording.state == "stopped"
        whole_steps(recording)


def test_two_windows_follow_a_recording_that_grows(tmp_path: Path) -> None:
    steps = 1500
    with waiting(tmp_path, TRAINING.format(steps=steps)) as script, windows() as made:
        both = [made.open("open", script.recording) for _ in range(2)]
        with script.joined() as (session, _):
            for window in both:
                window.until(lambda news: news["state"] == "running")
            session.run()
            seen = [window.until(lambda news: news["steps"] > 0) for window in both]
            for window in both:
                news = window.until(lambda news: news["state"] == "finished")
                assert news["steps"] == steps
                window.gone()
                assert window.last["ended"] == 0
        assert script.child.wait(LIMIT) == 0
        assert all(news["steps"] <= steps for news in seen)
        with Recording.open(script.recording) as recording:
            assert (recording.state, whole_steps(recording)) == ("finished", steps)
    assert not list(tmp_path.glob("*-wal"))


def test_copy_on_another_machine_breaks_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tapeview.debugger import attached

    monkeypatch.setattr(attached, "_is_here", lambda hello: False)
    with waiting(tmp_path) as script:
        with script.joined() as (session, watch):
            session.run()
            watch.until(lambda one: one.status.steps > 10)
            copiers = processes_with("copier.py", str(script.recording))
            for pid in copiers:
                os.kill(pid, signal.SIGKILL)
            assert copiers
            assert session.wait(LIMIT)
            assert session.state == "left"
            assert session.recording is not None
            with Recording.open(session.recording) as copy:
                seen = whole_steps(copy)
        # the script has not noticed, and can be joined again
        with script.joined() as (session, watch):
            watch.until(lambda one: one.status.steps > seen)
