"""When the script comes to a line, and when it is still there.

A line is one visit from the first op of it to the last, with everything that is called from there; when a loop comes
back to it, that is the next visit.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, NamedTuple

from tapeview.debuggee.adapters.places import Line, Where, running


class _Visit(NamedTuple):
    """The frame at the line, its instruction, and the frame that it called there (None: it runs by itself)."""

    frame: FrameType
    instruction: int
    called: FrameType | None


_ASKED, _HERE, _AWAY = "asked", "here", "away"
"""Where a run of a deferred graph stands: the line asked for it; a node built there is evaluated; neither."""


class Visits:
    """Tells of the ops of each thread whether they begin a visit of a line.

    The frames of a visit are held until the thread's next op elsewhere, or until `leave`.
    """

    def __init__(self, where: Where) -> None:
        self._line = Line(where)
        self._now: dict[int, _Visit] = {}
        self._runs: dict[int, str] = {}

    def begins(self, site: int, thread: int) -> FrameType | None:
        """The frame at the line if the op with this site, which has just run on this thread, begins a visit."""
        depth = self._line.depth(site)
        if depth < 0:
            if self._now:
                self._now.pop(thread, None)
            return None
        frame, called = running(depth)
        if frame is None:
            return None
        before = self._now.get(thread)
        now = self._now[thread] = _Visit(frame, frame.f_lasti, called)
        return None if before is not None and _goes_on(before, now) else frame

    def is_there(self, threads: Any) -> None:
        """Threads that wait at an op of the line are on a visit already. Called from another thread."""
        frames = sys._current_frames()
        for thread in threads:
            found = self._line.frames(frames.get(thread))
            if found is not None:
                self._now[thread] = _Visit(found[0], found[0].f_lasti, found[1])

    def leave(self, thread: int) -> None:
        """A tape was closed: nothing is held beyond that."""
        if self._now:
            self._now.pop(thread, None)

    def runs(self, site: int, thread: int) -> FrameType | None:
        """The frame at the line if a run of a deferred graph is asked for there."""
        frame = self.begins(site, thread)
        self._runs[thread] = _ASKED if frame is not None else _AWAY
        return frame

    def evaluates(self, site: int, thread: int) -> FrameType | None:
        """The user's innermost frame if a node that was built at the line is evaluated, the first of several that
        follow each other. In a run that was asked for at the same line none is."""
        before = self._runs.get(thread, _AWAY)
        if before == _ASKED:
            return None
        here = self._line.depth(site) >= 0
        self._runs[thread] = _HERE if here else _AWAY
        return running()[0] if here and before == _AWAY else None


def _goes_on(before: _Visit, now: _Visit) -> bool:
    if now.frame is not before.frame or now.instruction < before.instruction:
        return False
    return now.instruction > before.instruction or now.called is before.called
