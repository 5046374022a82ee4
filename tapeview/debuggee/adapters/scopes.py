"""The named parts of the computation that are open, thread by thread."""

from __future__ import annotations

from typing import Any

from tapeview.engine import observe
from tapeview.trace.records import ScopeOpened


class Scopes:
    """Which scopes are open. An idle one costs its owner one truth test: ask only if there are any.

    Attributes:
        innermost: for each thread that is inside a scope, the innermost one.
    """

    def __init__(self) -> None:
        self.innermost: dict[int, int] = {}
        self._open: dict[int, observe.Event] = {}

    def copy(self) -> Scopes:
        """Those that are open now."""
        made = Scopes()
        made.innermost = dict(self.innermost)
        made._open = dict(self._open)
        return made

    def opened(self, event: observe.Event) -> None:
        """A scope began: ``event`` is its SCOPE_OPENED."""
        self._open[event[1]] = event
        self.innermost[event[4]] = event[1]

    def thread_of(self, scope: int) -> int:
        """The thread of an open scope, 0 for another."""
        event = self._open.get(scope)
        return int(event[4]) if event is not None else 0

    def closed(self, scope: int) -> None:
        """A scope ended. One that began before anybody listened is not known."""
        event = self._open.pop(scope, None)
        if event is None:
            return
        thread, parent = event[4], event[5]
        if self.innermost.get(thread) == scope:
            if parent in self._open:
                self.innermost[thread] = parent
            else:
                del self.innermost[thread]

    def told(self, scope: int, known: set[int], site: Any) -> list[ScopeOpened]:
        """The records by which a step that knows the scopes ``known`` learns of this one, and of those around it.

        ``known`` grows by them. ``site`` gives the id of a call site.
        """
        records: list[ScopeOpened] = []
        while scope and scope not in known:
            event = self._open.get(scope)
            if event is None:
                break
            known.add(scope)
            _, number, name, kind, thread, parent = event[:6]
            place = site(event[6]) if len(event) > 6 else 0
            records.append(ScopeOpened(number, name, kind, thread, parent if parent in self._open else 0, place))
            scope = parent
        records.reverse()
        return records
