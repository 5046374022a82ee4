"""Runs code under the engine with breakpoints set, and collects where it would stop."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tapeview.breakpoints import Breakpoint, parse
from tapeview.debuggee.adapters.aside import _users, tapes_aside
from tapeview.debuggee.breakpoints import Breakpoints, Surroundings
from tapeview.debuggee.breakpoints.rules import RuleWatch
from tapeview.debuggee.stops import Check, Halt
from tapeview.engine import callsite, observe
from tapeview.protocol import StepTo
from tests.engine.names import tf

# Between the engine and the checks are this file's frames, which in a real run are the recorder's.
_users[__file__] = False


@dataclass
class Heard:
    """``stops`` are the answers of the checks with their events, ``said`` the texts of breakpoints that log."""

    checker: Breakpoints = field(init=False)
    checks: dict[int, Check] = field(default_factory=dict)
    stops: list[tuple[Halt, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    begun: int = 0
    after: Callable[[Any], None] = lambda event: None
    """Called after each event."""

    def set(self, *texts: str | Breakpoint) -> None:
        """Sets breakpoints with the ids 1, 2, …"""
        made = [parse(text) if isinstance(text, str) else text for text in texts]
        self.checks = dict(self.checker.set([msgspec.structs.replace(b, id=k) for k, b in enumerate(made, 1)]))

    def aim(self, target: StepTo | None) -> None:
        self.checks = dict(self.checker.aim(target))

    def sink(self, event: Any) -> None:
        self.events.append(event)
        if event[0] == observe.TAPE_OPENED and not event[5]:
            self.begun += 1
        check = self.checks.get(event[0])
        halt = check(event) if check is not None else None
        if halt is not None:
            self.stops.append((halt, event))
            if halt.reason == "target":
                self.aim(None)
        self.after(event)

    def recheck(self) -> None:
        """The checker has said that it has other checks than before."""
        self.checks = dict(self.checker.checks())

    def lines(self) -> list[int]:
        """The lines of the stops, where their events have a site; else 0."""
        places = {observe.OP: 6, observe.ASSIGNED: 6, observe.GRADIENT_STARTED: 7, observe.TAPE_OPENED: 6}
        found = []
        for _, event in self.stops:
            site = event[places[event[0]]] if event[0] in places else 0
            flat = callsite.frames_of(site)
            code = callsite.code_of(flat[0]) if flat else None
            found.append(list(code.co_positions())[flat[1] // 2][0] or 0 if code is not None else 0)
        return found

    def ops(self) -> list[str]:
        """The op types of the stops at forward ops."""
        return [event[2].name for _, event in self.stops if event[0] == observe.OP]

    def texts(self) -> list[str]:
        return [halt.text for halt, _ in self.stops]

    def hits(self) -> list[int]:
        return [one.hits for one in self.checker.hits()]


@contextmanager
def listening(
    *texts: str | Breakpoint, held: Callable[[], tuple[int, ...]] = tuple, rules: RuleWatch | None = None
) -> Iterator[Heard]:
    """Listens to the engine with these breakpoints set."""
    heard = Heard()

    @contextmanager
    def aside() -> Iterator[None]:
        before = observe.sink
        observe.listen(None)
        try:
            with tapes_aside():
                yield
        finally:
            observe.listen(before)

    heard.checker = Breakpoints(Surroundings(lambda: heard.begun, heard.said.append, aside), held, rules)
    heard.set(*texts)
    observe.listen(heard.sink)
    try:
        yield heard
    finally:
        observe.listen(None)


def run(source: str, path: str, **names: Any) -> dict[str, Any]:
    """Runs a text as a module of its own that is said to be at ``path``; returns its variables."""
    linecache.cache[path] = len(source), None, source.splitlines(keepends=True), path
    scope = {"__name__": "__main__", "__file__": path, "tf": tf, **names}
    exec(compile(source, path, "exec"), scope)
    return scope
