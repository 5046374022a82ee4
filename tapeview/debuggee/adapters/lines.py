"""Which thread does what: each has a step of its own, so that tapes of several threads can be open at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from tapeview.debuggee.adapters.scopes import Scopes
from tapeview.engine import observe
from tapeview.engine.tensor import EagerTensor
from tapeview.trace.records import SETUP

Event = observe.Event

_PRUNED_FROM = 32
_WEIGHT_OF_EVENT = 1000
"""About how many bytes an event holds that is kept, besides numbers."""


class Line:
    """What one thread does, one step after the other.

    Attributes:
        step: the step it is in.
        full: whether everything of the step is recorded; else only points of series are.
        held: the events of a step that is not recorded in full, so that it can be after all; None: there were too many.
        weight: about how many bytes of memory they hold.
        stale: versions of variables that this step made and did not record.
        told: the scopes that the step was told of.
        scopes: the scopes that were open when the step began, kept only with ``held``.
        values: whether the values of large tensors are written.
        weights: whether those of variables are.
    """

    __slots__ = ("dying", "full", "held", "scopes", "stale", "step", "told", "values", "weight", "weights")

    def __init__(self) -> None:
        self.step = SETUP
        self.dying = 0
        self.values = self.weights = True
        self.begin(SETUP, None)

    def begin(self, step: int, scopes: Scopes | None) -> None:
        """Another step begins. ``scopes``: those open now, if not everything is recorded; None if it is."""
        self.step = step
        self.full = scopes is None
        self.held: list[Any] | None = []
        self.weight = 0
        self.stale: dict[int, tuple[int, Any]] = {}
        self.told: set[int] = set()
        self.scopes = scopes

    def hold(self, event: Any, made: Iterable[Any], limit: int) -> None:
        """Keep an event that is not recorded now, with the tensors that it ``made``, as long as no more than ``limit``
        bytes are held."""
        held = self.held
        if held is None:
            return
        held.append(event)
        weight = self.weight + _WEIGHT_OF_EVENT
        for tensor in made:
            if tensor.__class__ is EagerTensor:
                weight += tensor._array.nbytes
        self.weight = weight
        if weight > limit:
            self.held = None


class Lines:
    """All threads that opened tapes.

    Attributes:
        newest: the line whose step began last. What a thread without tapes does belongs there.
        round: to be counted up with each batch of events.
    """

    def __init__(self) -> None:
        self.newest = Line()
        self.round = 0
        self._of_thread: dict[int, Line] = {}
        self._of_tape: dict[int, Line] = {}
        self._of_call: dict[int, Line] = {}
        self._thread_of_tape: dict[int, int] = {}

    def all(self) -> list[Line]:
        """Those with an open step."""
        lines = list(self._of_thread.values())
        return lines if self.newest in lines else [*lines, self.newest]

    def of_thread(self, thread: int) -> Line:
        """What a thread does belongs there."""
        return self._of_thread.get(thread, self.newest)

    def of_tapes(self, tapes: tuple[int, ...]) -> Line:
        """The line of the thread in which these tapes are open."""
        return self._of_tape.get(tapes[0], self.newest) if tapes else self.newest

    def thread_of(self, tapes: tuple[int, ...]) -> int:
        """The thread in which these tapes are open, 0 if it is not known."""
        return self._thread_of_tape.get(tapes[0], 0) if tapes else 0

    def of_call(self, call: int) -> Line:
        """The line of the thread in which a gradient call runs."""
        return self._of_call.get(call, self.newest)

    def call_begins(self, call: int, thread: int) -> Line:
        """A gradient call begins on a thread."""
        line = self._of_call[call] = self.of_thread(thread)
        return line

    def call_ends(self, call: int) -> Line:
        """A gradient call has ended."""
        return self._of_call.pop(call, self.newest)

    def tape_opens(self, tape: int, thread: int, outermost: bool) -> Line:
        """A tape opens on a thread; the ``outermost`` one begins a step, which makes the line the newest."""
        line = self._of_thread.get(thread)
        if line is None:
            if not outermost:
                line = self.newest
            else:
                self._prune()
                line = self._of_thread[thread] = Line()
        if outermost:
            self.newest = line
        self._of_tape[tape] = line
        self._thread_of_tape[tape] = thread
        return line

    def tape_closes(self, tape: int) -> Line:
        """A tape has closed."""
        self._thread_of_tape.pop(tape, None)
        return self._of_tape.pop(tape, self.newest)

    def beside(self, line: Line) -> tuple[int, ...]:
        """The steps of the other threads."""
        if len(self._of_thread) == 1:
            return ()
        return tuple([other.step for other in self._of_thread.values() if other is not line])

    def finders(
        self, opens: Callable[[Event], Line], thread_of_scope: Callable[[int], int]
    ) -> dict[int, Callable[[Event], Line]]:
        """For each kind of the engine's events, what finds the line it belongs to.

        ``opens`` does so for a tape that opens, ``thread_of_scope`` tells the thread of an open scope.
        """
        return {
            observe.OP: lambda e: self.of_tapes(e[7]),
            observe.BACKWARD: lambda e: self.of_call(e[1]),
            observe.TAPE_OPENED: opens,
            observe.TAPE_CLOSED: lambda e: self.tape_closes(e[1]),
            observe.WATCHED: lambda e: self.of_tapes((e[1],)),
            observe.EXIT: lambda e: self.of_thread(e[4]),
            observe.GRADIENT_STARTED: lambda e: self.call_begins(e[1], e[8]),
            observe.GRADIENT_FINISHED: lambda e: self.call_ends(e[1]),
            observe.VARIABLE: lambda e: self.of_thread(e[3]),
            observe.ASSIGNED: lambda e: self.of_thread(e[8]),
            observe.LOGGED: lambda e: self.of_thread(e[3]),
            observe.MEASURED: lambda e: self.of_thread(e[4]),
            observe.FAILED: lambda e: self.of_tapes(e[6]),
            observe.SCOPE_OPENED: lambda e: self.of_thread(e[4]),
            observe.SCOPE_CLOSED: lambda e: self.of_thread(thread_of_scope(e[1])),
            observe.APPLIED: lambda e: self.of_thread(e[10]),
            observe.OUTSIDE: lambda e: self.of_thread(e[6]),
            observe.NODE: lambda e: self.of_thread(e[4]),
            observe.RUN_STARTED: lambda e: self.of_tapes((e[1],)),
            observe.NODE_RAN: lambda e: self.of_tapes((e[1],)),
            observe.RUN_FINISHED: lambda e: self.of_tapes((e[1],)),
        }

    def _prune(self) -> None:
        """Forget threads that have ended. Their last events may not have come yet when that is seen first."""
        if len(self._of_thread) < _PRUNED_FROM:
            return
        alive = {thread.ident for thread in threading.enumerate()}
        busy = {id(line) for line in self._of_tape.values()} | {id(line) for line in self._of_call.values()}
        for thread, line in list(self._of_thread.items()):
            if thread in alive or id(line) in busy:
                line.dying = 0
            elif not line.dying:
                line.dying = self.round
            elif line.dying + 2 <= self.round:
                del self._of_thread[thread]
