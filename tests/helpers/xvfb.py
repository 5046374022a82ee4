"""A real X display for tests that drive the program in a child process: started here, killed at the end.

Must not know Qt or tapeview: it only hands out an environment for a child.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

__all__ = ["Display", "running_display", "xvfb"]


@dataclass(frozen=True)
class Display:
    """A running X server.

    Attributes:
        name: what DISPLAY has to be, such as ":3".
        width, height: size of its one screen in pixels.
        pid: process id of the server.
    """

    name: str
    width: int
    height: int
    pid: int

    def environment(self) -> dict[str, str]:
        """This process's environment, changed so that a Qt program started with it opens its window on this display."""
        return {**os.environ, "DISPLAY": self.name, "QT_QPA_PLATFORM": "xcb"}


@contextmanager
def running_display(width: int = 1600, height: int = 1000) -> Iterator[Display]:
    """Run Xvfb for the time of the `with` block.

    The server picks a free display number itself and writes it to a pipe once it accepts connections (`-displayfd`):
    nothing is guessed and nothing is polled, so any number of suites can do this at the same time.

    Raises:
        FileNotFoundError: Xvfb is not installed.
        RuntimeError: the server ended before it was ready; the message carries what it said.
    """
    program = shutil.which("Xvfb")
    if program is None:
        raise FileNotFoundError("Xvfb is not installed (Debian: apt-get install xvfb)")
    read_end, write_end = os.pipe()
    command = [program, "-displayfd", str(write_end), "-screen", "0", f"{width}x{height}x24"]
    command += ["-nolisten", "tcp", "-noreset"]
    with open(read_end, encoding="ascii") as ready, tempfile.TemporaryFile() as said:
        try:
            server = subprocess.Popen(
                command, pass_fds=[write_end], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said
            )
        finally:
            os.close(write_end)
        try:
            number = ready.readline().strip()  # an empty line means that the server has ended
            if not number:
                server.wait()
                said.seek(0)
                reason = said.read().decode(errors="replace").strip() or f"exit code {server.returncode}"
                raise RuntimeError(f"Xvfb did not start: {reason}")
            yield Display(f":{number}", width, height, server.pid)
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@pytest.fixture(scope="session")
def xvfb() -> Iterator[Display]:
    """One X display for all end-to-end tests of a session; give `xvfb.environment()` to the child process."""
    if os.name != "posix" or shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb for a real window")
    with running_display() as display:
        yield display
