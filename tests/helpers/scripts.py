"""Runs small scripts under the recorder, in real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import IO

from tapeview.debugger.process import command
from tapeview.trace.query import Recording

LIMIT = 60.0
"""Seconds after which a child counts as hanging."""

TAPE = """\
import tensorflow as tf
w = tf.Variable(3.0, name="w")
with tf.GradientTape() as tape:
    loss = w * w
print("gradient", tape.gradient(loss, w).numpy())
"""


@dataclass(frozen=True)
class Run:
    """A run that has ended. ``code`` is negative if a signal ended it."""

    code: int
    out: str
    err: str
    path: Path

    def recording(self) -> Recording:
        """What it recorded; the caller closes it."""
        return Recording.open(self.path)

    def recorded(self, stream: str) -> str:
        """The text of one stream as it was recorded."""
        with self.recording() as recording:
            return "".join(piece.text for _, piece in recording.output() if piece.stream == stream)


def write_script(folder: Path, source: str, name: str = "script.py") -> Path:
    """Writes an indented text as a script."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(source), encoding="utf-8")
    return path


def environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """This process's environment with changes; None takes a variable away."""
    found = dict(os.environ)
    for name, value in (changes or {}).items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = value
    return found


def run_python(line: Sequence[str], cwd: Path, **variables: str | None) -> tuple[int, str, str]:
    """Runs a command line to its end: exit code, stdout, stderr."""
    done = subprocess.run(
        line,
        cwd=cwd,
        env=environment(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=LIMIT,
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def record(
    folder: Path,
    program: str,
    arguments: Sequence[str] = (),
    *,
    module: bool = False,
    options: Sequence[str] = (),
    variables: Mapping[str, str | None] | None = None,
) -> Run:
    """Runs a program under the recorder in ``folder``, with no input. ``variables`` change the environment."""
    path = folder / "run.tapeview"
    line = command(sys.executable, path, program, arguments, module=module, options=options)
    return Run(*run_python(line, folder, **(variables or {})), path)


def record_source(folder: Path, source: str, arguments: Sequence[str] = (), **variables: str | None) -> Run:
    """Writes a script and runs it under the recorder."""
    return record(folder, str(write_script(folder, source)), arguments, variables=variables)


@contextmanager
def running(folder: Path, source: str, options: Sequence[str] = ()) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A script that runs under the recorder, with pipes for its streams, and its recording. Killed at the end."""
    path = folder / "run.tapeview"
    line = command(sys.executable, path, str(write_script(folder, source)), options=options)
    with started(line, folder) as child:
        yield child, path


@contextmanager
def started(line: Sequence[str], cwd: Path, **variables: str | None) -> Iterator[subprocess.Popen[str]]:
    """A process with pipes for its streams, in a group of its own, which is killed as a whole at the end."""
    child = subprocess.Popen(
        line,
        cwd=cwd,
        env=environment(variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def read_until(stream: IO[str] | None, line: str) -> None:
    """Reads lines until one is ``line``. Fails if the stream ends before."""
    assert stream is not None
    seen = []
    while (found := stream.readline()) != f"{line}\n":
        seen.append(found)
        assert found, f"{line!r} never came, but {seen}"
