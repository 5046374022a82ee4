"""The progress line: drawn on a terminal, never in the script's output."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tapeview.debuggee.progress import ERASE, Progress, size_text
from tapeview.debugger.process import command
from tests.helpers.scripts import LIMIT, write_script


class Counter:
    """Counts of a recording that grows when asked to."""

    def __init__(self) -> None:
        self.now = (0, 0, 0)

    def __call__(self) -> tuple[int, int, int]:
        return self.now


@pytest.fixture
def line(tmp_path: Path) -> tuple[Progress, Counter, Path]:
    path = tmp_path / "terminal"
    counter = Counter()
    return Progress(path.open("wb", buffering=0), counter, "train.py"), counter, path


def close(progress: Progress) -> None:
    progress.finish()
    progress._terminal.close()


def test_it_says_how_far_the_recording_is(line: tuple[Progress, Counter, Path]) -> None:
    progress, counter, path = line
    counter.now = (12, 3456, 7_890_000)
    progress.draw()
    assert path.read_bytes().startswith(ERASE)
    assert "tapeview: train.py · 12 steps · 3,456 ops · 7.9 MB · 0 s" in path.read_text()
    close(progress)
    assert path.read_bytes().endswith(ERASE)


def test_nothing_is_drawn_while_nothing_moves(line: tuple[Progress, Counter, Path]) -> None:
    progress, counter, path = line
    progress.draw()
    assert path.read_bytes() == b""
    counter.now = (1, 1, 1)
    progress.draw()
    drawn = path.read_bytes()
    progress.draw()
    assert path.read_bytes() == drawn
    close(progress)


def test_it_is_taken_away_before_the_script_writes(line: tuple[Progress, Counter, Path]) -> None:
    progress, counter, path = line
    counter.now = (1, 1, 1)
    progress.draw()
    before = path.read_bytes()
    with progress:
        assert path.read_bytes() == before + ERASE
        progress.wrote(b"epoch 1\n")
    counter.now = (2, 2, 2)
    progress.draw()
    assert "2 steps" in path.read_text()
    close(progress)


def test_it_waits_for_the_end_of_the_scripts_line(line: tuple[Progress, Counter, Path]) -> None:
    progress, counter, path = line
    with progress:
        progress.wrote(b"loss: ")
    counter.now = (1, 1, 1)
    progress.draw()
    assert path.read_bytes() == b""
    with progress:
        progress.wrote(b"0.5\n")
    progress.draw()
    assert "1 steps" in path.read_text()
    close(progress)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (99_499, "99.5 kB"), (123_456, "123 kB"), (999_600, "1.0 MB"),
     (2_000_000_000, "2.0 GB"), (5 * 10**15, "5000 TB")],
)  # fmt: skip
def test_sizes_are_short(count: int, text: str) -> None:
    assert size_text(count) == text


def test_on_a_terminal_only_the_scripts_own_lines_are_left(tmp_path: Path) -> None:
    # given a script that records, writes, and runs long enough for the line to be drawn
    source = """
    import sqlite3, tensorflow as tf
    w = tf.Variable(1.0)
    connection = None
    for i in range(3):
        with tf.GradientTape() as tape:
            y = w * w
        tape.gradient(y, w)
        print("step", i)
    import time
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        with tf.GradientTape() as tape:
            y = w * w
    print("done")
    """
    script = write_script(tmp_path, source)
    main, side = pty.openpty()
    line = command(sys.executable, tmp_path / "run.tapeview", str(script), options=["--progress"])
    child = subprocess.Popen(
        line, stdin=subprocess.DEVNULL, stdout=side, stderr=side, env={**os.environ, "COLUMNS": "200"}
    )
    os.close(side)
    shown = b""
    try:
        while data := os.read(main, 4096):
            shown += data
    except OSError:
        pass  # the terminal's other end has closed
    os.close(main)
    assert child.wait(LIMIT) == 0
    # then the line was there, and it is gone
    text = shown.decode()
    assert " ops · " in text
    left = re.sub(r"[^\r\n]*\r\x1b\[K", "", text).replace("\r\n", "\n")
    assert left == "step 0\nstep 1\nstep 2\ndone\n"
