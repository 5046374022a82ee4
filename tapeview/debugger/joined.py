"""The process of a script that somebody else started."""

from __future__ import annotations

import contextlib
import os
import signal

from tapeview.trace.process import alive


class Joined:
    """Stands where a `process.Process` would. Only on this machine can it be looked at, ended and killed; it is not a
    child of ours, so how it ended is not known."""

    returncode: int | None = None

    def __init__(self, pid: int, started: float, *, here: bool) -> None:
        """``started`` is when it began its recording; ``here``: on this machine."""
        self.pid = pid
        self._started = started
        self._here = here
        self._handle = -1
        if here and hasattr(os, "pidfd_open"):
            # Its number may be given to another process when it has ended; the handle stays with it.
            with contextlib.suppress(OSError):
                self._handle = os.pidfd_open(pid)

    def ended(self) -> bool:
        """Whether it is known to have ended."""
        return self._here and not alive(self.pid, self._started)

    def terminate(self) -> None:
        """Asks it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it at once."""
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))

    def leave(self) -> None:
        """Lets go of it."""
        self.reap()

    def reap(self) -> int:
        """Lets go of it. How it ended is not known: 0."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        return 0

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(OSError):
            if self._handle >= 0:
                signal.pidfd_send_signal(self._handle, number)
            elif not self.ended() and self._here:
                os.kill(self.pid, number)
