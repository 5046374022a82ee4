"""The gate: one number decides whether the script's next op runs or waits.

The recorder passes the gate once per op, backward step and update, on the thread that executed it::

    gate.passed += 1
    if gate.passed >= gate.stop_at:
        gate.wait()

``stop_at`` is infinity while the script runs, 0 while it is paused and ``passed + n`` while it steps. A running script
pays nothing: ``on_guard`` tells the recorder when the gate has to be passed at all. Breakpoints only have to call
`pause` before the comparison.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable


class Gate:
    """Holds script threads back. `run`, `pause`, `step` and `open_for_good` may be called from any thread.

    Every thread of the script that reaches a closed gate waits there by itself: a pause holds each of them at its
    next op.

    Attributes:
        passed: how many times the gate was passed while it was guarded. Written by script threads only.
        stop_at: the gate is closed when ``passed`` has reached this.
        on_hold: called on a script thread right before it waits, e.g. to commit what was recorded so far.
        on_change: called after `holding` changed, on whichever thread changed it.
        on_guard: called after ``stop_at`` changed, on whichever thread changed it: look at `guarded`.
    """

    def __init__(self, on_hold: Callable[[], None] | None = None, on_change: Callable[[], None] | None = None) -> None:
        self.passed = 0
        self.stop_at: float = math.inf
        self.on_hold = on_hold
        self.on_change = on_change
        self.on_guard: Callable[[], None] | None = None
        self._moved = threading.Condition()
        self._waiting = 0
        self._open_for_good = False

    @property
    def closed(self) -> bool:
        """Whether the next one to come has to wait."""
        return self.passed >= self.stop_at

    @property
    def guarded(self) -> bool:
        """Whether the gate has to be passed: it is closed now or will close after some more ops."""
        return self.stop_at != math.inf

    @property
    def holding(self) -> int:
        """How many threads wait at the gate now."""
        return self._waiting

    def run(self) -> None:
        """Lets everybody through from now on."""
        self._set(math.inf)

    def pause(self) -> None:
        """Holds whoever comes next. Nothing happens after `open_for_good`."""
        self._set(0)

    def step(self, count: int = 1) -> None:
        """Lets ``count`` (at least 1) more through, then holds.

        Raises:
            ValueError: ``count`` is below 1.
        """
        if count < 1:
            raise ValueError(f"cannot step {count} ops; the least is 1")
        self._set(self.passed + count)

    def open_for_good(self) -> None:
        """Lets everybody through, whatever is asked for later. For a script that is being stopped or left alone."""
        with self._moved:
            self._open_for_good = True
        self._set(math.inf)

    def abandon(self) -> None:
        """For a forked child: open for good, without the lock, which may be held by a thread that does not exist
        there."""
        self._moved = threading.Condition()
        self._waiting = 0
        self._open_for_good = True
        self.stop_at = math.inf

    def _set(self, stop_at: float) -> None:
        with self._moved:
            self.stop_at = math.inf if self._open_for_good else stop_at
            self._moved.notify_all()
        if self.on_guard is not None:
            self.on_guard()

    def wait(self) -> None:
        """Returns when the gate is open. Called by script threads that found it closed."""
        if self.on_hold is not None:
            self.on_hold()
        with self._moved:
            if not self.closed:
                return
            self._waiting += 1
        self._changed()
        try:
            with self._moved:
                while self.closed:
                    self._moved.wait()
        finally:
            with self._moved:
                self._waiting -= 1
            self._changed()

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()
