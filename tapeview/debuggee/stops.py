"""Why a thread stops, and where it then stands.

A *check* is a function that looks at one event of the engine on the script's thread, right after the event happened,
and says whether the script stops there. Breakpoints and the targets of `protocol.StepTo` are checks. The recorder asks
``checks.get(event[0])`` while it is guarded, and is guarded as long as there are checks.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from tapeview.breakpoints import Breakpoint
from tapeview.protocol import Hits, Stopped, StepTo

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

    def hits(self) -> tuple[Hits, ...]:
        """How often each breakpoint was hit so far."""
        ...


class NoChecker:
    """Knows no breakpoints and no targets."""

    def set(self, breakpoints: Sequence[Breakpoint]) -> Checks:
        return {}

    def aim(self, target: StepTo | None) -> Checks:
        return {}

    def hits(self) -> tuple[Hits, ...]:
        return ()


_new_serial = itertools.count(1).__next__


def stopped(halt: Halt, thread: int, step: int, position: int, op: int) -> Stopped:
    """What the debugger is told of a stop; each has a serial of its own."""
    return Stopped(
        serial=_new_serial(),
        reason=halt.reason,
        text=halt.text,
        breakpoint=halt.breakpoint,
        thread=thread,
        step=step,
        position=position,
        op=halt.op if halt.op is not None else op,
    )
