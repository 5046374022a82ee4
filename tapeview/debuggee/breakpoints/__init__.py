"""Breakpoints in the script's process: which events they look at, and what they find there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from tapeview.breakpoints import Breakpoint
from tapeview.debuggee.adapters import events as e
from tapeview.debuggee.adapters.aside import tapes_aside
from tapeview.debuggee.adapters.places import innermost
from tapeview.debuggee.breakpoints.checks import checks_of
from tapeview.debuggee.breakpoints.point import Point, StepCounter, Surroundings, said
from tapeview.debuggee.breakpoints.rules import RuleWatch
from tapeview.debuggee.breakpoints.targets import checks_of_target
from tapeview.debuggee.stops import Check, Checks, Halt
from tapeview.protocol import Hits, StepTo

if TYPE_CHECKING:
    from tapeview.debuggee.gate import Gate
    from tapeview.debuggee.recorder import Recorder

__all__ = ["Breakpoints", "Surroundings", "checker_of"]


def checker_of(recorder: Recorder, gate: Gate, say: Callable[[str], None] | None = None) -> Breakpoints:
    """The breakpoints of a recorded run. ``say`` gets what they log (None: it goes into the recording only)."""

    class Aside(tapes_aside):
        __slots__ = ()

        def __enter__(self) -> None:
            recorder.mute()
            super().__enter__()

        def __exit__(self, *_: object) -> None:
            super().__exit__()
            recorder.unmute()

    def held() -> list[int]:
        return [thread for thread, _ in gate.held()]

    around = Surroundings(recorder.begun, say or (lambda text: recorder.output("log", text)), Aside)
    return Breakpoints(around, held, RuleWatch(recorder.path, recorder.stops.recheck))


class Breakpoints:
    """The `tapeview.debuggee.stops.Checker` of the debuggee.

    Args:
        around: what breakpoints need of the recorder.
        held: the threads that wait at the gate now.
        rules: looks after breakpoints on rules; without it they are never hit.
    """

    def __init__(
        self, around: Surroundings, held: Callable[[], Iterable[int]] = tuple, rules: RuleWatch | None = None
    ) -> None:
        self._around = around
        self._held = held
        self._rules = rules
        self._steps = StepCounter(around.begun)
        self._lock = threading.Lock()
        self._points: dict[int, tuple[Point, dict[int, Check]]] = {}
        self._target: dict[int, Check] = {}
        self._armed = False

    def set(self, breakpoints: Sequence[Breakpoint]) -> Checks:
        """These are the breakpoints from now on; those that stay as they are go on where they are.

        Of one that was changed the hits are kept.
        """
        with self._lock:
            before, self._points = self._points, {}
            held = tuple(self._held())
            for number, breakpoint in enumerate(breakpoints):
                key = breakpoint.id or -number - 1
                known = before.get(key)
                if known is not None and known[0].breakpoint == breakpoint:
                    self._points[key] = known
                    continue
                hits = known[0].hits.hits if known is not None else 0
                point = Point(breakpoint, self._around, self._steps, hits)
                self._points[key] = point, checks_of(point, held) if breakpoint.enabled else {}
            if self._rules is not None:
                points = [point for point, _ in self._points.values()]
                self._rules.set(one for one in points if one.breakpoint.kind == "rule" and one.breakpoint.enabled)
            return self._combined()

    def checks(self) -> Checks:
        """The checks of breakpoints and target together, as they are now."""
        with self._lock:
            return self._combined()

    def close(self) -> None:
        """Nothing is looked at any more."""
        if self._rules is not None:
            self._rules.close()

    def aim(self, target: StepTo | None) -> Checks:
        """``target`` is the only target from now on; None: there is none."""
        with self._lock:
            self._target = {} if target is None else checks_of_target(target, self._held())
            return self._combined()

    def hits(self) -> tuple[Hits, ...]:
        """How often each breakpoint was hit so far, in the order in which they were set."""
        return tuple([point.hits for point, _ in self._points.values()])

    def raised(self, error: BaseException) -> Halt | None:
        """What breakpoints on exceptions say to one that ends the script. What an op raised was told before."""
        halt = None
        for point, checks in tuple(self._points.values()):
            if checks and point.breakpoint.kind == "exception" and not point.knows(error):
                frame = innermost(error.__traceback__)
                found = point.hit(f"the script raised {said(error)}", frame=frame)
                halt = halt or found
        return halt

    def _combined(self) -> Checks:
        every = [checks for _, checks in self._points.values() if checks]
        if self._target:
            every.append(self._target)
        fired = self._rules.checks() if self._rules is not None else {}
        if fired:
            every.append(fired)
        if not every:
            self._armed = False
            return {}
        if not self._armed:
            self._armed = True
            self._steps.forget()
        found: dict[int, list[Check]] = {e.TAPE_OPENED: [self._count]}
        for checks in every:
            for kind, check in checks.items():
                found.setdefault(kind, []).append(check)
        return {kind: _all(several) for kind, several in found.items()}

    def _count(self, event: e.Event) -> None:
        if event[1] and not event[5]:
            self._steps.begin()


def _all(checks: list[Check]) -> Check:
    """One check that asks all; the first answer counts, and every breakpoint counts its hit."""
    if len(checks) == 1:
        return checks[0]
    several = tuple(checks)

    def check(event: e.Event) -> Halt | None:
        halt = None
        for one in several:
            found = one(event)
            if found is not None and halt is None:
                halt = found
        return halt

    return check
