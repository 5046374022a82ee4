"""Step after step while a key is held down: the next one is ordered as soon as the last one is done."""

from __future__ import annotations

import threading
import time

from tapeview.debugger.remote import Remote

PACE = 1 / 75
"""Least seconds from one step to the next: more than 60 a second, few enough to be followed with the eyes."""


class Flow:
    """Orders steps on the thread that hears the script, so that painting the window does not hold them up.

    `begin` and `end` are called in the window's thread, `heard` in the one that serves the channel. At most one step is
    under way, so that none comes after `end` but the one that had been ordered.
    """

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._ended.set()
        self._serial = 0
        self._next = 0.0

    @property
    def on(self) -> bool:
        """Whether steps are being ordered."""
        return not self._ended.is_set()

    def begin(self, serial: int) -> None:
        """Order a step after each stop that follows the stop ``serial``; the first one is under way already."""
        self._serial, self._next = serial, time.monotonic() + PACE
        self._ended.clear()

    def end(self) -> None:
        """Order no more."""
        self._ended.set()

    def heard(self, script: Remote) -> None:
        """Something has come from the script: where it was a step that is done, order the next one in its time.

        Anything else that stops it ends the flow.
        """
        status = script.status
        stopped = status.stopped
        if not self.on or stopped is None or stopped.serial <= self._serial:
            return
        if status.state != "paused" or stopped.reason != "step":
            self.end()
            return
        self._serial = stopped.serial
        if not self._ended.wait(max(0.0, self._next - time.monotonic())):
            self._next = max(time.monotonic(), self._next + PACE)
            script.step()
