"""The breakpoints of a script: kept with it from one run to the next, in a small file of the user's own."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from tapeview.breakpoints import KINDS, TESTS, Breakpoint
from tapeview.protocol import Hits
from tapeview.views.signal import Signal
from tapeview.views.text import tr

MOST = 1000
"""Breakpoints kept for one script."""
FILES = 300
"""Scripts whose breakpoints are kept; those not used for longest go first."""
LARGEST = 1 << 20


class _Page(msgspec.Struct):
    """What a file holds."""

    script: str
    breakpoints: list[Any]


class BreakpointBook:
    """The breakpoints of the script that is open, in the order in which they were made; each has an id of its own.

    ``changed`` after they changed. ``hits`` is what the running script last said about them, by id. ``trouble`` is one
    sentence if they could not be kept, else "".
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.changed: Signal[()] = Signal()
        self.hits: Mapping[int, Hits] = {}
        self.trouble = ""
        self._folder = folder
        self._script: Path | None = None
        self._items: dict[int, Breakpoint] = {}
        self._last = 0

    @property
    def items(self) -> tuple[Breakpoint, ...]:
        """All of them, those included that are switched off."""
        return tuple(self._items.values())

    def get(self, id: int) -> Breakpoint | None:
        """One of them; None if there is none of that id."""
        return self._items.get(id)

    def load(self, script: Path | None) -> None:
        """Turn to the breakpoints of another script. The same script again changes nothing."""
        if script == self._script:
            return
        self._script, self.hits, self.trouble = script, {}, ""
        before, self._items = self._items, {}
        for breakpoint in _read(self._file()) if script is not None else ():
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
                _write(self._file(), str(self._script), self.items)
            except OSError as error:
                self.trouble = tr("The breakpoints cannot be kept for the next time: {reason}.").format(
                    reason=error.strerror or error
                )
        self.changed.emit()

    def _file(self) -> Path:
        folder = self._folder or platformdirs.user_config_path("tapeview", appauthor=False) / "breakpoints"
        name = hashlib.sha256(str(self._script).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return folder / f"{name}.json"


def _read(path: Path) -> list[Breakpoint]:
    """What a file holds; what is damaged in it is left out."""
    try:
        with path.open("rb") as file:
            page = msgspec.json.decode(file.read(LARGEST), type=_Page)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []
    found = []
    for item in page.breakpoints[:MOST]:
        with contextlib.suppress(msgspec.ValidationError):
            breakpoint = msgspec.convert(item, Breakpoint)
            if breakpoint.kind in KINDS and breakpoint.test in TESTS[breakpoint.kind]:
                found.append(breakpoint)
    return found


def _write(path: Path, script: str, breakpoints: tuple[Breakpoint, ...]) -> None:
    """Replaces the file as a whole; without breakpoints there is none. Raises OSError."""
    if not breakpoints:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = [msgspec.structs.replace(breakpoint, id=0) for breakpoint in breakpoints]
    data = msgspec.json.format(msgspec.json.encode(_Page(script.encode("utf-8", "replace").decode(), plain)), indent=1)
    fresh = path.with_name(f"{path.stem}.{os.getpid()}.new")
    try:
        fresh.write_bytes(data)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    _prune(path.parent)


def _prune(folder: Path) -> None:
    ages = []
    for path in folder.glob("*.json"):
        with contextlib.suppress(OSError):
            ages.append((path.stat().st_mtime, path))
    for _, path in sorted(ages)[:-FILES]:
        with contextlib.suppress(OSError):
            path.unlink()
