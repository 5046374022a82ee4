"""The gate: one number decides whether the script's next op runs or waits.

The recorder passes the gate once per op, backward step and update, on the thread that executed it::

    gate.passed += 1
    if gate.passed >= gate.stop_at:
        gate.wait()

``stop_at`` is infinity while the script runs, 0 while it is paused and ``passed + n`` while it steps. A running script
pays nothing: ``on_guard`` tells the recorder when the gate has to be passed at all. Whoever wants to stop the script
calls `pause` before the comparison.

A thread that waits does what is put to it (`put`): its frames can be looked at and expressions be evaluated there.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable

Job = Callable[[bool], object]
"""Called with True on the thread it was put to, or with False on any thread if that one went away. Must not raise."""


class _Place:
    """Where a thread waits: its name, what it is to do, and the round in which it was held (see `Gate.round`)."""

    __slots__ = ("jobs", "name", "round")

    def __init__(self, name: str, round: int) -> None:
        self.name = name
        self.round = round
        self.jobs: deque[Job] = deque()


class Gate:
    """Holds script threads back. `run`, `pause`, `step`, `put` and `open_for_good` may be called from any thread.

    Every thread of the script that reaches a closed gate waits there by itself: a pause holds each of them at its
    next op. A step lets all of them go and counts what they do together.

    Attributes:
        passed: how many times the gate was passed while it was guarded. Written by script threads only.
        stop_at: the gate is closed when ``passed`` has reached this.
        round: grows whenever the gate opens. Who was held in an earlier round is on its way.
        on_hold: called on a script thread right before it waits, e.g. to commit what was recorded so far.
        on_change: called after `held` changed, on whichever thread changed it.
        on_guard: called after ``stop_at`` changed, on whichever thread changed it: look at `guarded`.
    """

    def __init__(self, on_hold: Callable[[], None] | None = None, on_change: Callable[[], None] | None = None) -> None:
        self.passed = 0
        self.stop_at: float = math.inf
        self.round = 0
        self.on_hold = on_hold
        self.on_change = on_change
        self.on_guard: Callable[[], None] | None = None
        self._moved = threading.Condition()
        self._places: dict[int, _Place] = {}
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
        return len(self.held())

    def held(self) -> list[tuple[int, str]]:
        """(ident, name) of each thread that waits at the gate now."""
        with self._moved:
            return [(thread, place.name) for thread, place in self._places.items() if place.round == self.round]

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
        self._places = {}
        self._open_for_good = True
        self.stop_at = math.inf

    def put(self, thread: int, job: Job) -> bool:
        """Has a thread that waits do ``job``, after what was put to it before. False if it does not wait."""
        with self._moved:
            place = self._places.get(thread)
            if place is None or place.round != self.round:
                return False
            place.jobs.append(job)
            self._moved.notify_all()
            return True

    def _set(self, stop_at: float) -> None:
        with self._moved:
            self.stop_at = math.inf if self._open_for_good else stop_at
            if not self.closed:
                self.round += 1
            self._moved.notify_all()
        if self.on_guard is not None:
            self.on_guard()

    def wait(self) -> None:
        """Returns when the gate has opened, though it may be closed again. Called by script threads that found it
        closed."""
        if self.on_hold is not None:
            self.on_hold()
        thread = threading.get_ident()
        name = threading.current_thread().name
        with self._moved:
            if not self.closed:
                return
            place = self._places[thread] = _Place(name, self.round)
        self._changed()
        try:
            while (job := self._next(thread, place)) is not None:
                job(True)
        finally:
            # Ctrl+C and the like: nobody will do what still waits here.
            with self._moved:
                if self._places.get(thread) is place:
                    del self._places[thread]
            for job in place.jobs:
                job(False)
            self._changed()

    def _next(self, thread: int, place: _Place) -> Job | None:
        """Waits for the next thing to do. None: the gate has opened, and nothing can be put to this thread any more."""
        with self._moved:
            while not place.jobs and self.closed and place.round == self.round:
                self._moved.wait()
            if place.jobs:
                return place.jobs.popleft()
            self._places.pop(thread, None)
            return None

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()
