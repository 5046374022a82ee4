"""The breakpoints of a script: kept with it from one run to the next, in a small file of the user's own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from tapeview.breakpoints import KINDS, TESTS, Breakpoint
from tapeview.protocol import Hits
from tapeview.views.rule_book import RuleBook
from tapeview.views.script_store import ScriptStore
from tapeview.views.signal import Signal
from tapeview.views.text import tr

MOST = 1000
"""Breakpoints kept for one script."""


class BreakpointBook:
    """The breakpoints of the script that is open, in the order in which they were made; each has an id of its own.

    ``changed`` after they changed, or what ``rules`` say of those on rules. ``hits`` is what the running script last
    said about them, by id. ``trouble`` is one sentence if they could not be kept, else "".
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.changed: Signal[()] = Signal()
        self.hits: Mapping[int, Hits] = {}
        self.trouble = ""
        self.rules = RuleBook()
        self._store = ScriptStore("breakpoints", folder)
        self._script: Path | None = None
        self._items: dict[int, Breakpoint] = {}
        self._last = 0

    @property
    def items(self) -> tuple[Breakpoint, ...]:
        """All of them, those included that are switched off."""
        return tuple(self._items.values())

    @property
    def orders(self) -> tuple[Breakpoint, ...]:
        """All of them as a script's process takes them."""
        return tuple(self.rules.applied(one) for one in self._items.values())

    def take_rules(self, rules: RuleBook) -> Callable[[], None]:
        """From now on these rules' thresholds count; returns the function that ends this."""
        self.rules = rules

        def changed(_: frozenset[str]) -> None:
            if any(one.kind == "rule" for one in self._items.values()):
                self.changed.emit()

        return rules.changed.connect(changed)

    def get(self, id: int) -> Breakpoint | None:
        """One of them; None if there is none of that id."""
        return self._items.get(id)

    def load(self, script: Path | None) -> None:
        """Turn to the breakpoints of another script. The same script again changes nothing."""
        if script == self._script:
            return
        self._script, self.hits, self.trouble = script, {}, ""
        before, self._items = self._items, {}
        for breakpoint in _sound(self._store.read(script)) if script is not None else ():
            self._put(breakpoint)
        if before or self._items:
            self.changed.emit()

    def add(self, breakpoint: Breakpoint) -> int:
        """Add one; it gets the id that is returned. 0 if there are too many."""
        if len(self._items) >= MOST:
            self.trouble = tr("There are {count} breakpoints; remove some first.").format(count=MOST)
            return 0
        id = self._put(breakpoint)
        self._keep()
        return id

    def replace(self, breakpoint: Breakpoint) -> None:
        """Change the one that has this id. KeyError if there is none."""
        if self._items[breakpoint.id] != breakpoint:
            self._items[breakpoint.id] = breakpoint
            self._keep()

    def replace_all(self, breakpoints: Iterable[Breakpoint]) -> None:
        """Change several at once. KeyError if there is none of an id."""
        new = {one.id: one for one in breakpoints}
        if any(self._items[id] != one for id, one in new.items()):
            self._items.update(new)
            self._keep()

    def remove(self, ids: Iterable[int]) -> None:
        """Remove some; ids of no breakpoint are passed over."""
        if [self._items.pop(id) for id in list(ids) if id in self._items]:
            self._keep()

    def _put(self, breakpoint: Breakpoint) -> int:
        self._last += 1
        self._items[self._last] = msgspec.structs.replace(breakpoint, id=self._last)
        return self._last

    def _keep(self) -> None:
        self.trouble = ""
        if self._script is not None:
            try:
                self._store.write(self._script, [msgspec.structs.replace(one, id=0) for one in self.items])
            except OSError as error:
                self.trouble = tr("The breakpoints cannot be kept for the next time: {reason}.").format(
                    reason=error.strerror or error
                )
        self.changed.emit()


def _sound(items: Iterable[object]) -> list[Breakpoint]:
    """The breakpoints among what was read; what is damaged is left out."""
    found = []
    for item in items:
        with contextlib.suppress(msgspec.ValidationError):
            breakpoint = msgspec.convert(item, Breakpoint)
            if breakpoint.kind in KINDS and breakpoint.test in TESTS[breakpoint.kind]:
                found.append(breakpoint)
    return found[:MOST]
