"""Breakpoints on the op that makes the result with the user's name (``y_pred``), or on a node of a deferred graph."""

from __future__ import annotations

from threading import get_ident
from typing import Any

from tapeview.debuggee.adapters import events as e
from tapeview.debuggee.adapters.places import is_result, result_name, running
from tapeview.debuggee.adapters.running import first_value, in_run, node_of_run
from tapeview.debuggee.breakpoints.point import Point
from tapeview.debuggee.stops import Check, Halt


class _Call:
    """A call in the user's line that runs ops, one of which makes its result."""

    __slots__ = ("called", "event", "frame", "instruction", "ops")

    def __init__(self, frame: Any, called: Any) -> None:
        self.frame = frame
        self.called = called
        self.instruction = -1 if frame is None else frame.f_lasti
        self.ops = 0
        self.event: e.Event | None = None

    def goes_on(self, frame: Any, called: Any) -> bool:
        """Whether the frames are still those of this call."""
        return frame is self.frame and called is self.called and frame.f_lasti == self.instruction


class _Node:
    """A call may run several ops; its last makes the result. Mostly the functions between the op and the user's line
    tell that it is the last. If they do not, it is known at the thread's next event, and the check stops there, late;
    when the script comes again, it is known which op it is.
    """

    def __init__(self, point: Point) -> None:
        self._point = point
        self._name = point.breakpoint.name
        self._sites: dict[int, bool] = {}
        self._last: dict[int, int] = {}
        self._calls: dict[int, _Call] = {}

    def checks(self) -> dict[int, Check]:
        late = dict.fromkeys(
            (e.BACKWARD, e.ASSIGNED, e.GRADIENT_STARTED, e.GRADIENT_FINISHED, e.TAPE_OPENED, e.TAPE_CLOSED), self._end
        )
        return {**late, e.OP: self._op, e.NODE_RAN: self._ran}

    def _ran(self, event: e.Event) -> Halt | None:
        """A node of a deferred graph goes by its own name, and by the user's for what it makes."""
        node = node_of_run(event[2])
        if node is None or self._name not in (node.name, f"{node.name}:0", node.called):
            return None
        return self._point.hit(f"node {node.name} has run", first_value(event), "")

    def _op(self, event: e.Event) -> Halt | None:
        if in_run():
            return None
        site = event[6]
        wanted = self._sites.get(site)
        if wanted is None:
            wanted = self._sites[site] = self._is_named(site, len(event[4]))
        # Of the gradient call's line only the call itself has a name, not the ops of the rules.
        if not wanted or event[9]:
            return self._end(event) if self._calls else None
        thread = get_ident()
        frame, called = running()
        call = self._calls.get(thread)
        late = None
        if call is None or not call.goes_on(frame, called):
            late = self._end(event)
            call = self._calls[thread] = _Call(frame, called)
        call.ops += 1
        last = self._last.get(site)
        if last == call.ops or (last is None and is_result()):
            call.event = None
            return self._hit(event) or late
        if last is None:
            call.event = event
        return late

    def _end(self, event: e.Event) -> Halt | None:
        """The call of this thread is over: what it made last was its result."""
        call = self._calls.pop(get_ident(), None) if self._calls else None
        if call is None or call.event is None:
            return None
        self._last[call.event[6]] = call.ops
        return self._hit(call.event)

    def _hit(self, event: e.Event) -> Halt | None:
        name = event[2].name
        return self._point.hit(f"{self._name} is made by {name}", event[4][0]._array, name, seq=event[1])

    def _is_named(self, site: int, outputs: int) -> bool:
        numbers: tuple[int | None, ...] = (None,) if outputs == 1 else (None, *range(outputs))
        return any(result_name(site, number) == self._name for number in numbers)


def node_checks(point: Point) -> dict[int, Check]:
    """The checks of a breakpoint of kind ``node``."""
    return _Node(point).checks()
