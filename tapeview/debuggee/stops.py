"""Why a thread stops, and where it then stands.

A *check* is a function that looks at one event of the engine on the script's thread, right after the event happened,
and says whether the script stops there. Breakpoints and the targets of `protocol.StepTo` are checks. The recorder asks
``checks.get(event[0])`` while it is guarded, and is guarded as long as there are checks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from tapeview.breakpoints import Breakpoint
from tapeview.debuggee.gate import Gate
from tapeview.protocol import Hits, StepTo, Stopped

Event = tuple[Any, ...]


class Halt(NamedTuple):
    """What a check answers where the script is to stop.

    ``reason`` and ``text`` as in `protocol.Stopped`. A check of a `StepTo` answers "target" and is taken away at once:
    it stops once. ``op`` is the ``seq`` of the op that is meant; None = that of the event.
    """

    reason: str
    text: str = ""
    breakpoint: int = 0
    op: int | None = None


Check = Callable[[Event], Halt | None]
"""Called on the script's thread. Must not raise; what it raises all the same is told as the recorder's trouble."""

Checks = Mapping[int, Check]
"""At most one check for each kind of event. A mapping is never changed: new breakpoints make a new one."""


class Checker(Protocol):
    """Makes checks of breakpoints and targets. All methods may be called from any thread."""

    def set(self, breakpoints: Sequence[Breakpoint]) -> Checks:
        """These are the breakpoints from now on; returns the checks of breakpoints and target together."""
        ...

    def aim(self, target: StepTo | None) -> Checks:
        """``target`` is the only target from now on (None: there is none); returns the checks as `set` does."""
        ...

    def checks(self) -> Checks:
        """The checks of breakpoints and target as they are now; some come to be without an order."""
        ...

    def close(self) -> None:
        """The run ends: nothing is looked at any more."""
        ...

    def hits(self) -> tuple[Hits, ...]:
        """How often each breakpoint was hit so far."""
        ...

    def raised(self, error: BaseException) -> Halt | None:
        """Why to stop at an exception that ends the script."""
        ...


class NoChecker:
    """Knows no breakpoints and no targets."""

    def set(self, breakpoints: Sequence[Breakpoint]) -> Checks:
        return {}

    def aim(self, target: StepTo | None) -> Checks:
        return {}

    def checks(self) -> Checks:
        return {}

    def close(self) -> None:
        return

    def hits(self) -> tuple[Hits, ...]:
        return ()

    def raised(self, error: BaseException) -> Halt | None:
        return None


class Stops:
    """Why the script stops: the orders that close the gate, and the checks of breakpoints and of a target.

    The orders may be called from any thread; `asked` and `note` are called on the thread that stops.

    Attributes:
        checks: what is asked after an event now.
        trouble: the sentence with which a check raised last, "" if none has.
        on_checks: called after ``checks`` changed.
    """

    def __init__(self, gate: Gate, checker: Checker | None = None) -> None:
        self._gate = gate
        self.checker: Checker = checker or NoChecker()
        self.checks: Checks = {}
        self.trouble = ""
        self.on_checks: Callable[[], None] | None = None
        self._lock = threading.RLock()
        self._aims = False
        self._serial = 0
        self._last: tuple[int, Stopped] | None = None

    def run(self) -> None:
        """Lets the script go on."""
        self._aim(None)
        self._gate.run()

    def pause(self) -> None:
        """Holds each thread at its next op, backward step or update."""
        self._aim(None)
        self._gate.pause()

    def step(self, count: int) -> None:
        """Lets ``count`` more ops, backward steps or updates happen; one at least."""
        self._aim(None)
        self._gate.step(max(count, 1))

    def step_to(self, target: StepTo) -> None:
        """Lets the script go on to a place."""
        self._aim(target)
        self._gate.run()

    def set_breakpoints(self, breakpoints: Sequence[Breakpoint]) -> None:
        """These are the breakpoints from now on."""
        with self._lock:
            self._change(self.checker.set(breakpoints))

    def recheck(self) -> None:
        """The checker has other checks than before, though nobody has ordered any."""
        with self._lock:
            self._change(self.checker.checks())

    def close(self) -> None:
        """The run ends: the recording is looked at by nobody of this process any more."""
        self.checker.close()

    def hits(self) -> tuple[Hits, ...]:
        """How often each breakpoint was hit so far."""
        return self.checker.hits()

    def asked(self, check: Check, event: Event) -> Halt | None:
        """What a check says to an event. Where it says stop, the gate is closed and the target forgotten."""
        try:
            halt = check(event)
        except Exception as error:  # a bug of ours must not end the script's run
            self.trouble = f"tapeview could not check a breakpoint: {type(error).__name__}: {error}"
            return None
        if halt is not None:
            self._aim(None)
            self._gate.pause()
        return halt

    def note(self, halt: Halt | None, place: tuple[int, int], op: int) -> None:
        """Remembers why and where this thread stops. Without a ``halt`` of its own it stops because the gate is closed,
        and if it is not the first to do so nothing is noted."""
        with self._lock:
            round = self._gate.round
            if halt is None:
                if self._last is not None and self._last[0] == round:
                    return
                halt = Halt("step" if self._gate.stop_at > 0 else "pause")
            self._serial += 1
            step, position = place
            self._last = (
                round,
                Stopped(
                    serial=self._serial,
                    reason=halt.reason,
                    text=halt.text,
                    breakpoint=halt.breakpoint,
                    thread=threading.get_ident(),
                    step=step,
                    position=position,
                    op=op if halt.op is None else halt.op,
                ),
            )

    @property
    def stopped(self) -> Stopped | None:
        """Why and where the script stands; None while it does not."""
        last = self._last
        return last[1] if last is not None and last[0] == self._gate.round and self._gate.holding else None

    def abandon(self) -> None:
        """For a forked child: nothing is checked any more."""
        self._lock = threading.RLock()
        self.checks = {}

    def _aim(self, target: StepTo | None) -> None:
        with self._lock:
            if target is not None or self._aims:
                self._aims = target is not None
                self._change(self.checker.aim(target))

    def _change(self, checks: Checks) -> None:
        self.checks = checks
        if self.on_checks is not None:
            self.on_checks()
