"""Breakpoints beside the lines of a source file."""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

from tapeview.breakpoints import Breakpoint, describe
from tapeview.trace.query import Recording
from tapeview.views.breakpoint_book import BreakpointBook
from tapeview.views.targets import same_file
from tapeview.views.text import tr


class GutterMark(NamedTuple):
    """A breakpoint beside a line. ``state`` is "on", "off" (disabled), "idle" (no op has run there) or "error" (its
    condition has raised); ``shape`` is "stop", "condition" or "log"; ``tip`` tells about it in words.
    """

    state: str = "on"
    shape: str = "stop"
    tip: str = ""


class _Lines:
    """The lines of each file from which something of the engine was called, as far as the recording was read."""

    def __init__(self) -> None:
        self.site = 0
        self.lines: dict[str, set[int]] = {}


_known: WeakKeyDictionary[Recording, _Lines] = WeakKeyDictionary()


def lines_run(recording: Recording, path: str) -> set[int]:
    """The lines of a file from which something of the engine was called anywhere in the recording."""
    known = _known.setdefault(recording, _Lines())
    while True:
        frames = recording.frames(known.site + 1)
        if not frames:
            return known.lines.get(path, set())
        known.site += 1
        for frame in frames:
            lines = known.lines.setdefault(recording.source(frame.file).path, set())
            lines.update(range(frame.line, max(frame.line, frame.end_line) + 1))


def at_line(book: BreakpointBook, path: str, line: int) -> list[Breakpoint]:
    """The breakpoints on a line of a file."""
    return [one for one in book.items if one.kind == "line" and one.line == line and same_file(path, one.file)]


def toggle_line(book: BreakpointBook, path: str, line: int, columns: tuple[int, int] = (-1, -1)) -> None:
    """Remove the breakpoints of a line, or set one if there is none: with ``columns`` on one expression."""
    there = at_line(book, path, line)
    if there:
        book.remove([one.id for one in there])
    else:
        book.add(Breakpoint("line", file=path, line=line, column=columns[0], end_column=columns[1]))


def marks(book: BreakpointBook, path: str, recording: Recording | None) -> dict[int, GutterMark]:
    """The marks beside a file's lines (from 1)."""
    here = [one for one in book.items if one.kind == "line" and same_file(path, one.file)]
    if not here:
        return {}
    run = lines_run(recording, path) if recording is not None and recording.step_count else None
    found: dict[int, GutterMark] = {}
    for one in here:
        mark = _mark(book, one, run is None or one.line in run)
        before = found.get(one.line)
        if before is None or before.state == "off":
            found[one.line] = mark
    return found


def _mark(book: BreakpointBook, one: Breakpoint, run: bool) -> GutterMark:
    told = book.hits.get(one.id)
    words = [describe(one)]
    state = "on"
    if not one.enabled:
        state = "off"
        words.append(tr("switched off"))
    elif told is not None and told.error:
        state = "error"
        words.append(told.error)
    elif told is not None and told.hits:
        words.append(tr("hit {count} times").format(count=told.hits) if told.hits > 1 else tr("hit once"))
    elif not run:
        state = "idle"
        words.append(tr("no op ran on this line in the recording"))
    return GutterMark(state, shape_of(one), " · ".join(words))


def shape_of(one: Breakpoint) -> str:
    """The shape of a breakpoint's mark: "stop", "condition" or "log"."""
    return "log" if one.log is not None else "condition" if one.condition or one.after > 1 else "stop"
