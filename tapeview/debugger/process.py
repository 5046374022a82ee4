"""The script's process, seen from outside: start it, ask it to end, end it together with what it started."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

ENTRY = Path(__file__).resolve().parent.parent / "debuggee" / "__main__.py"


def command(
    python: str,
    recording: Path,
    program: str,
    arguments: Sequence[str] = (),
    *,
    module: bool = False,
    options: Sequence[str] = (),
) -> list[str]:
    """The command line that runs ``program`` under the recorder.

    With -P no folder of the script's comes before the standard library while tapeview's own modules are imported.
    """
    way = ["-m"] if module else []
    # After "--" nothing that the script is called or given can be taken for an option of ours.
    return [python, "-P", str(ENTRY), "--recording", str(recording), *options, *way, "--", program, *arguments]


class Running(Protocol):
    """A process that a session follows: `Process`, or one that somebody else started."""

    pid: int

    def ended(self) -> bool: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    def leave(self) -> None: ...
    def reap(self) -> int: ...


_left: list[subprocess.Popen[bytes]] = []
"""Processes that go on without us. Somebody has to ask for their exit codes, or they stay in the system's table."""


@atexit.register
def _forget() -> None:
    """They are meant to outlive us: nobody has to be warned of it."""
    for popen in _left:
        if popen.poll() is None:
            popen.returncode = 0


class Process:
    """A started process. On POSIX it leads a process group (and session) of its own, which `kill` ends as a whole."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], cwd: str | None) -> None:
        """Starts it. It shares stdin, stdout and stderr with this process.

        Raises:
            OSError: the program cannot be started.
        """
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP
        self._popen = subprocess.Popen(
            arguments,
            env=dict(environment),
            cwd=cwd,
            start_new_session=os.name == "posix",
            creationflags=flags,
        )
        self.pid = self._popen.pid

    @property
    def returncode(self) -> int | None:
        """Exit code, or minus the number of the signal that ended it; None before `reap`."""
        return self._popen.returncode

    def ended(self) -> bool:
        """Whether it has ended. Its number stays taken until `reap`, so that `kill` cannot hit a stranger."""
        if self._popen.returncode is not None:
            return True
        if sys.platform == "win32":
            return self._popen.poll() is not None
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def terminate(self) -> None:
        """Asks it to end."""
        with contextlib.suppress(OSError):
            self._popen.terminate()

    def kill(self) -> None:
        """Ends it at once, and on POSIX all that it started and that stayed in its group."""
        if self._popen.returncode is not None:
            return
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                self._popen.kill()
            else:
                os.killpg(self.pid, signal.SIGKILL)

    def leave(self) -> None:
        """Lets it run on by itself. What is left of it when it ends is cleared away when another one is left."""
        _left[:] = [popen for popen in _left if popen.poll() is None]
        _left.append(self._popen)

    def reap(self) -> int:
        """Waits for its end and returns its exit code (negative: a signal)."""
        return self._popen.wait()
