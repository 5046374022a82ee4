"""What a recording is worth after its writer was killed or ran out of disk, and while it writes. Real processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tapeview.trace.check import check
from tapeview.trace.query import Recording
from tapeview.trace.store import RecordingError
from tests.helpers.recordings import Regression, write_regression
from tests.helpers.scene import run_info
from tests.trace.reading import read_everything

ROOT = Path(__file__).parent.parent.parent
POSIX = sys.platform != "win32"


@contextmanager
def writer(path: Path, what: str) -> Iterator[subprocess.Popen[str]]:
    """The child that writes; killed and reaped in the end."""
    command = [sys.executable, "-m", "tests.trace.writing_child", str(path), what]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def tell(child: subprocess.Popen[str], word: str) -> str:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(word + "\n")
    child.stdin.flush()
    return child.stdout.readline().strip()


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 30, 31, 70, 150])
def test_a_killed_writer_leaves_all_that_it_committed(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "run.tapeview"
    with writer(path, "steps") as child:
        assert child.stdout is not None
        for _ in range(steps):
            committed = int(child.stdout.readline())
        child.kill()  # at whatever it is doing now
        child.wait()
    with Recording.open(path) as recording:
        assert recording.state == "killed"
        assert recording.step_count >= committed
        for index in range(recording.step_count):
            assert len(recording.step(index).positions) == 12
        assert len(recording.scalars()["loss"].steps) == recording.step_count
        assert recording.warnings == ()
    assert check(path) == []


def test_a_writer_that_leaves_without_a_word_counts_as_killed(tmp_path: Path) -> None:
    path = tmp_path / "run.tapeview"
    with writer(path, "ask") as child:
        assert tell(child, "step") == "1"
        assert tell(child, "exit") == ""
        assert child.wait() == 3
        with Recording.open(path) as recording:
            assert (recording.state, recording.step_count) == ("killed", 1)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only /proc tells a zombie from a process that runs")
def test_a_killed_writer_that_nobody_has_waited_for_counts_as_killed(tmp_path: Path) -> None:
    path = tmp_path / "run.tapeview"
    with writer(path, "ask") as child:
        tell(child, "step")
        os.kill(child.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        with Recording.open(path) as recording:
            assert recording.state == "killed"


def test_a_growing_recording_is_read_as_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "run.tapeview"
    with writer(path, "ask") as child:
        assert tell(child, "step") == "1"
        with Recording.open(path) as recording:
            assert recording.state == "running"
            assert recording.step_count == 1
            assert not recording.refresh()
            for count in range(2, 40):
                assert tell(child, "step") == str(count)
                assert recording.refresh()
                assert recording.step_count == count
                assert len(recording.step(count - 1).positions) == 12
                assert len(recording.scalars()["w"].values) == count
                assert recording.variables_at(count - 1, 11)[0].version == count
            assert not recording.refresh()
            assert tell(child, "end") == "ended"
            assert recording.refresh()
            assert (recording.state, recording.run.exit) == ("finished", 0)
            assert recording.warnings == ()
        assert [file.name for file in tmp_path.iterdir()] == ["run.tapeview"]
    assert check(path) == []


def test_a_step_that_grows_is_read_again(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "run.tapeview", run_info(pid=os.getpid()))
    scene.train()
    everything = scene.records
    with Recording.open(scene.path) as recording:
        for stop in range(1, len(everything) + 1):
            scene.writer.append(0, everything[stop - 1 : stop])
            scene.writer.commit()
            assert recording.refresh()
            assert recording.step(0).records == tuple(everything[:stop])
        assert recording.step_info(0).forward == 5
    scene.writer.close()


def test_a_recording_opened_before_its_log_was_there_grows_all_the_same(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "run.tapeview", run_info(pid=os.getpid()))
    scene.writer.close()  # the last one who closes it takes the log away
    assert not (tmp_path / "run.tapeview-wal").exists()
    with Recording.open(scene.path) as recording:
        assert recording.step_count == 0
        scene.train()
        scene.flush()
        scene.writer.commit()
        assert recording.refresh()
        assert recording.step_count == 1
        scene.train()
        scene.flush()
        scene.writer.commit()
        assert recording.refresh()
        assert recording.step_count == 2
    scene.finish()


@pytest.mark.parametrize("opened", ["while it ran", "when it had ended"])
def test_values_written_after_the_end_reach_a_reader(tmp_path: Path, opened: str) -> None:
    scene = Regression(tmp_path / "run.tapeview", run_info(pid=os.getpid()))
    scene.train()
    large = np.arange(5000.0)
    wanted = [scene.tensor(large, keep=False) for _ in range(3)]
    scene.flush()
    scene.writer.commit()
    if opened == "when it had ended":
        scene.finish()
    with Recording.open(scene.path) as recording:
        if opened == "while it ran":
            scene.finish()
            assert recording.refresh()
        assert recording.state == "finished"
        for id in wanted:
            assert recording.value(id) is None
            scene.writer.add_value(id, large)
            scene.writer.commit()
            assert recording.refresh()
            np.testing.assert_array_equal(recording.value(id), large)
    assert [file.name for file in tmp_path.iterdir()] == ["run.tapeview"]
    assert check(scene.path) == []
    scene.writer.close()


def test_the_writer_takes_the_log_away_when_a_reader_was_in_the_way(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "run.tapeview", run_info(pid=os.getpid()))
    recording = Recording.open(scene.path)
    scene.finish()
    assert (tmp_path / "run.tapeview-wal").exists()
    recording.close()
    scene.writer.close()
    assert [file.name for file in tmp_path.iterdir()] == ["run.tapeview"]


def test_a_closed_recording_keeps_what_was_read_and_has_nothing_else(tmp_path: Path) -> None:
    path = write_regression(tmp_path / "run.tapeview", steps=3)
    recording = Recording.open(path)
    step = recording.step(1)
    recording.close()
    recording.close()
    assert recording.step(1) is step
    assert recording.step_count == 3
    assert recording.step(2).records == ()
    assert recording.value(10**6) is None
    assert not recording.refresh()
    assert recording.output() == []


@pytest.mark.skipif(not POSIX, reason="needs a limit on the size of files")
def test_a_full_disk_loses_nothing_that_is_committed_later(tmp_path: Path) -> None:
    path = tmp_path / "run.tapeview"
    with writer(path, "full") as child:
        lines, _ = child.communicate(timeout=60)
        assert child.returncode == 0
    *errors, before, after = lines.splitlines()
    assert len(errors) == 3
    assert all(line.startswith("cannot write run.tapeview: ") for line in errors)
    assert int(before.split(": ")[1]) > 10
    with Recording.open(path) as recording:
        assert recording.step_count == int(after.split(": ")[1])
        assert recording.state == "finished"
        for index in range(recording.step_count):
            assert len(recording.step(index).positions) == 12
    assert check(path) == []
    assert [file.name for file in tmp_path.iterdir()] == ["run.tapeview"]


def test_a_file_that_is_gone_is_an_error_of_the_commit(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "run.tapeview")
    scene.finish()
    scene.path.unlink()
    scene.train()
    scene.flush()
    with pytest.raises(RecordingError, match=r"cannot write run\.tapeview: .*gone"):
        scene.writer.commit()


@contextmanager
def read_only_folder(*files: Path) -> Iterator[Path]:
    """A folder with copies of these files in which nothing can be written, not even by root."""
    folder = Path(tempfile.mkdtemp())
    for file in files:
        shutil.copyfile(file, folder / file.name)
        (folder / file.name).chmod(0o444)
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        with pytest.raises(PermissionError):
            (folder / "new").touch()
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.skipif(not POSIX, reason="needs permissions of folders")
@pytest.mark.parametrize("how", ["finished", "log lost", "with log", "with log and shared memory"])
def test_a_recording_in_a_read_only_folder(tmp_path: Path, how: str) -> None:
    path = tmp_path / "run.tapeview"
    log, shared = tmp_path / "run.tapeview-wal", tmp_path / "run.tapeview-shm"
    if how == "finished":
        write_regression(path, steps=3)
    else:
        scene = Regression(path)
        for _ in range(3):
            scene.train()
        scene.flush()
        scene.writer.commit()
    files = {"with log": [path, log], "with log and shared memory": [path, log, shared]}.get(how, [path])
    with read_only_folder(*files) as folder:
        found = read_everything(folder / path.name)
        names = {file.name for file in folder.iterdir()}
    assert found.steps == (0 if how == "log lost" else 3)
    assert found.state == ("finished" if how == "finished" else "killed")
    assert found.warnings == ()
    assert names == {file.name for file in files}
    if how != "finished":
        scene.writer.close()


def test_a_copy_without_its_log_shows_what_had_reached_the_file(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "run.tapeview", run_info(pid=os.getpid()))
    scene.train()
    scene.flush()
    scene.writer.commit()
    copy = tmp_path / "copy.tapeview"
    shutil.copyfile(scene.path, copy)
    scene.writer.close()
    found = read_everything(copy)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["copy.tapeview", "run.tapeview"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["copy.tapeview", "run.tapeview"]
    assert (found.steps, found.state) == (0, "killed")


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_copy_with_a_cut_log_shows_the_commits_that_are_whole(tmp_path: Path, part: float) -> None:
    scene = Regression(tmp_path / "run.tapeview")
    for _ in range(30):
        scene.train()
        scene.flush()
        scene.writer.commit()
    copy, log = tmp_path / "copy.tapeview", tmp_path / "copy.tapeview-wal"
    shutil.copyfile(scene.path, copy)
    data = (tmp_path / "run.tapeview-wal").read_bytes()
    log.write_bytes(data[: int(len(data) * part)])
    scene.writer.close()
    with Recording.open(copy) as recording:
        assert part * 30 - 3 <= recording.step_count < max(part * 30, 1)
        for index in range(recording.step_count):
            assert len(recording.step(index).positions) == 12
        assert recording.warnings == ()
    assert check(copy) == []
