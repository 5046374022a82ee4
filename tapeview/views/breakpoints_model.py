"""What the Breakpoints dock shows, and the breakpoints that other docks offer to set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from tapeview.breakpoints import Breakpoint, BreakpointError, describe, parse
from tapeview.views import targets
from tapeview.views.breakpoint_words import condition_words, in_words
from tapeview.views.gutter import shape_of, toggle_line
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.workspace import Reasons, Workspace

__all__ = ["Breakpoint", "BreakpointRow", "BreakpointsModel"]


class BreakpointRow(NamedTuple):
    """A breakpoint in words. ``text`` is its text form, ``words`` says the same to a person, and ``condition`` when it
    counts; ``shape`` is that of its mark beside the source. ``here`` tells that the script stands because of it.

    ``hits`` is "" before it was hit; ``error`` the sentence with which its condition failed last. ``path`` and
    ``line`` are its place, "" and 0 if it has none.
    """

    id: int
    text: str
    kind: str
    enabled: bool
    hits: str
    error: str
    here: bool
    path: str
    line: int
    words: str = ""
    condition: str = ""
    shape: str = "stop"


class BreakpointsModel:
    """``rows``, in the order in which they were made. ``changed`` after they, or ``trouble``, changed."""

    def __init__(self, workspace: Workspace) -> None:
        self.changed: Signal[()] = Signal()
        self.show_line: Signal[str, int] = Signal()
        self._workspace = workspace
        self._book = workspace.breakpoints
        self.rows: tuple[BreakpointRow, ...] = ()
        self.trouble = ""
        self._disconnects = (workspace.changed.connect(self._workspace_changed), self._book.changed.connect(self._read))
        self._read()

    def dispose(self) -> None:
        """Stop listening."""
        for disconnect in self._disconnects:
            disconnect()

    @property
    def empty_text(self) -> str:
        """What to say while there are none."""
        if self._workspace.script is None:
            return tr("Open a script to set breakpoints in it.")
        return tr("No breakpoints. F9 sets one on a line or a node; “New …” has all the kinds.")

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def get(self, id: int) -> Breakpoint | None:
        """A breakpoint as it is; None if there is none of that id."""
        return self._book.get(id)

    def put(self, breakpoint: Breakpoint) -> int:
        """Add a breakpoint, or change the one that has its id. Returns its id (0: there are too many)."""
        if breakpoint.id and self._book.get(breakpoint.id) is not None:
            self._book.replace(breakpoint)
            return breakpoint.id
        return self._book.add(breakpoint)

    def add_text(self, text: str) -> str:
        """Add the breakpoint that a text describes. Returns one sentence if it describes none, else ""."""
        try:
            breakpoint = parse(text)
        except BreakpointError as error:
            sentence = str(error)
            return sentence[:1].upper() + sentence[1:] + "."
        self._book.add(breakpoint)
        return self._book.trouble

    def set_enabled(self, id: int, enabled: bool) -> None:
        """Switch one on or off."""
        breakpoint = self._book.get(id)
        if breakpoint is not None:
            self._book.replace(msgspec.structs.replace(breakpoint, enabled=enabled))

    def set_all_enabled(self, enabled: bool) -> None:
        """Switch all on or off."""
        self._book.replace_all(msgspec.structs.replace(one, enabled=enabled) for one in self._book.items)

    @property
    def any_enabled(self) -> bool:
        """Whether one of them is switched on."""
        return any(row.enabled for row in self.rows)

    def remove(self, ids: Iterable[int]) -> None:
        """Remove some."""
        self._book.remove(ids)

    def remove_all(self) -> None:
        """Remove all."""
        self._book.remove([row.id for row in self.rows])

    def toggle_line(self, path: str, line: int) -> None:
        """Remove the breakpoints of a line, or set one if there is none."""
        toggle_line(self._book, path, line)

    def toggle_selection(self) -> None:
        """Remove the breakpoint on the selected op (else the cursor's), or set one if there is none."""
        wanted = self.of_selection()
        if wanted is None:
            return
        same = [one.id for one in self._book.items if _what(one) == _what(wanted)]
        if same:
            self._book.remove(same)
        else:
            self._book.add(wanted)

    @property
    def stands_at_rule(self) -> bool:
        """Whether the script stands because of a breakpoint on a rule."""
        stopped = self._workspace.stopped
        here = self._book.get(stopped.breakpoint) if stopped is not None else None
        return here is not None and here.kind == "rule"

    def go_to(self, id: int) -> None:
        """Show a breakpoint's line, if it has one (`show_line`)."""
        row = next((row for row in self.rows if row.id == id), None)
        if row is not None and row.line:
            self.show_line.emit(row.path, row.line)

    # -- what other docks offer ----------------------------------------------------------------------------------------

    def of_selection(self) -> Breakpoint | None:
        """A breakpoint on the expression that made the selected op (else the cursor's), or on a node of a graph;
        None where there is none."""
        node = targets.node_of_selection(self._workspace)
        if node is not None:
            return self.of_name(node.name)
        target = targets.of_selection(self._workspace)
        if target is None:
            return None
        columns = (target.column, target.end_column) if target.column >= 0 else (-1, -1)
        return Breakpoint("line", file=target.file, line=target.line, column=columns[0], end_column=columns[1])

    def of_type(self) -> Breakpoint | None:
        """A breakpoint on every op of the selected op's type."""
        target = targets.of_selection(self._workspace)
        return None if target is None else Breakpoint("op", name=target.op)

    @staticmethod
    def of_name(name: str) -> Breakpoint:
        """A breakpoint on the op whose result the user calls so."""
        return Breakpoint("node", name=name)

    @staticmethod
    def of_variable(name: str) -> Breakpoint:
        """A breakpoint on a variable that gets no gradient."""
        return Breakpoint("gradient", "none", name=name)

    @staticmethod
    def of_series(name: str, limit: float) -> Breakpoint:
        """A breakpoint on a series that rises above a limit."""
        return Breakpoint("scalar", "above", name=name, limit=limit)

    @staticmethod
    def of_step(step: int) -> Breakpoint:
        """A breakpoint on a training step, counted from 0."""
        return Breakpoint("step", limit=float(step + 1))

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _workspace_changed(self, reasons: Reasons) -> None:
        if reasons & {"hits", "stop", "recording"}:
            self._read()

    def _read(self) -> None:
        stopped = self._workspace.stopped
        standing = stopped.breakpoint if stopped is not None else 0
        rows = tuple(self._row(one, standing) for one in self._book.items)
        if (rows, self._book.trouble) != (self.rows, self.trouble):
            self.rows, self.trouble = rows, self._book.trouble
            self.changed.emit()

    def _row(self, one: Breakpoint, standing: int) -> BreakpointRow:
        told = self._book.hits.get(one.id)
        hits = str(told.hits) if told is not None and told.hits else ""
        error = told.error if told is not None else ""
        return BreakpointRow(
            one.id, describe(one), one.kind, one.enabled, hits, error, one.id == standing, one.file, one.line,
            in_words(one), condition_words(one), shape_of(one),
        )  # fmt: skip


def _what(one: Breakpoint) -> tuple[object, ...]:
    return one.kind, one.test, one.file, one.line, one.column, one.end_column, one.name
