"""What the Differences dock shows: the rows, which of them and in which order, and the row looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from tapeview.explain.compare import CHANGED, DIFFERENT, GONE, NEW, SAME, UNKNOWN, Difference
from tapeview.views.differences import STATES, Differences, Shown
from tapeview.views.differences_value import DifferenceValue
from tapeview.views.numbers import number
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.workspace import Reasons

SIGNS = {CHANGED: "≠", NEW: "+", GONE: "−", UNKNOWN: "?", SAME: "="}
TOLERANCES = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
LEAST_DECADES, LOWEST = 3, -8
"""The scale of the bars spans at least so many powers of ten, and begins at this one or above."""
HIGH = math.log10(2.0)
"""A relative difference is never larger than 2, if it is finite."""


class Chip(NamedTuple):
    """A state of rows, with how many there are, and whether they are listed."""

    state: str
    text: str
    listed: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One row in words. ``share`` is the length of its bar from 0 to 1 (-1: there is none), ``first`` marks the first
    difference; ``words`` is all of it for those who hear the window.
    """

    sign: str
    state: str
    name: str
    where: str
    before: str
    after: str
    share: float
    figure: str
    said: str
    first: bool
    gradient: bool
    words: str


class DifferencesModel:
    """The differences that are shown, filtered by ``states`` and ``search`` and sorted: ``order`` are their numbers.
    ``value`` is about the row looked at. ``changed`` after any of it may have changed.
    """

    def __init__(self, differences: Differences, value: DifferenceValue) -> None:
        self.changed: Signal[()] = Signal()
        self.moved: Signal[()] = Signal()
        """Another row is looked at, and the rows are the same."""
        self.value = value
        self.largest_first = False
        self.search = ""
        self._differences = differences
        self._hidden = {SAME, UNKNOWN}
        self._order: tuple[object, tuple[int, ...]] | None = None
        self._rows: dict[int, Row] = {}
        self._texts: tuple[object, list[str]] | None = None
        self._scale: tuple[object, float] | None = None
        self._disconnect = differences.changed.connect(self._differences_changed)

    def dispose(self) -> None:
        """Stop listening."""
        self._disconnect()
        self.value.dispose()

    # -- what is shown -------------------------------------------------------------------------------------------------

    @property
    def shown(self) -> Shown | None:
        """The differences; None if none are looked at."""
        return self._differences.shown

    @property
    def order(self) -> tuple[int, ...]:
        """The numbers of the rows that are listed, in their order."""
        shown = self.shown
        if shown is None:
            return ()
        key = (shown.rows, frozenset(self._hidden), self.search, self.largest_first)
        if self._order is None or self._order[0] != key:
            self._order = key, self._ordered(shown)
        return self._order[1]

    @property
    def at(self) -> int:
        """The place in ``order`` of the row looked at, -1 if it is not listed."""
        shown = self.shown
        return self.order.index(shown.at) if shown is not None and shown.at in self.order else -1

    @property
    def chips(self) -> tuple[Chip, ...]:
        """The states there are; what can be changed, came or went always."""
        shown = self.shown
        if shown is None:
            return ()
        words = {
            CHANGED: tr("{n} changed"),
            NEW: tr("{n} new"),
            GONE: tr("{n} gone"),
            UNKNOWN: tr("{n} not kept"),
            SAME: tr("{n} the same"),
        }
        counts = [(state, shown.counts[state]) for state in STATES]
        return tuple(
            Chip(state, f"{SIGNS[state]} {words[state].format(n=count)}", state not in self._hidden)
            for state, count in counts
            if count or state == CHANGED
        )

    @property
    def low(self) -> int:
        """The power of ten at which bars begin."""
        shown = self.shown
        if shown is None:
            return -LEAST_DECADES
        if self._scale is None or self._scale[0] is not shown.rows:
            sizes = (row.difference for row in shown.rows if row.state == CHANGED)
            logs = [math.log10(one) for one in sizes if one and math.isfinite(one)]
            self._scale = shown.rows, math.floor(min(logs, default=0.0) + 1e-9)
        return max(LOWEST, min(int(self._scale[1]), -LEAST_DECADES))

    @property
    def summary(self) -> str:
        """What was found, and where to begin."""
        shown = self.shown
        if shown is None:
            return tr(
                "Which ops came or went, which values, gradients and updates are different? Choose two steps above. "
                "Or click a step of the timeline with the right button: it is compared with the step at the cursor."
            )
        if not shown.rows:
            return shown.note or tr("Nothing happened in either step.")
        if not shown.changes:
            text = tr("Nothing is different in {heading}.").format(heading=shown.heading)
            if shown.tolerance:
                text = tr("Nothing is different in {heading}, up to {tolerance} of the largest element.").format(
                    heading=shown.heading, tolerance=number(shown.tolerance, 2)
                )
            return f"{text} {shown.note}".strip()
        first = self.row(shown.first)
        text = tr("The first difference is {name} ({where}): what comes behind it may only follow from it.").format(
            name=first.name, where=first.where
        )
        return f"{text} {shown.note}".strip()

    @property
    def nothing(self) -> str:
        """What to say where no row is listed; "" if there are some."""
        shown = self.shown
        if shown is None or self.order:
            return ""
        return tr("No row is listed with this filter.") if shown.changes else self.summary

    def row(self, number: int) -> Row:
        """A row in words, by its number."""
        if number not in self._rows:
            shown = self.shown
            assert shown is not None
            self._rows[number] = self._made(shown, number)
        return self._rows[number]

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def list_state(self, state: str, listed: bool) -> None:
        """List the rows of a state, or leave them out."""
        if listed == (state in self._hidden):
            self._hidden ^= {state}
            self.changed.emit()

    def set_search(self, text: str) -> None:
        """List only rows in which all these words are."""
        if text != self.search:
            self.search = text
            self.changed.emit()

    def sort(self, largest_first: bool) -> None:
        """The largest difference first, or in the order in which things happened."""
        if largest_first != self.largest_first:
            self.largest_first = largest_first
            self.changed.emit()

    def tolerate(self, tolerance: float) -> None:
        """Call relative differences up to this the same."""
        self._differences.tolerate(tolerance)

    def look_at(self, place: int) -> None:
        """Look at the row at a place of ``order``."""
        if 0 <= place < len(self.order):
            self._differences.look_at(self.order[place])

    def go(self, by: int) -> None:
        """To the next difference, or back (-1)."""
        self._differences.go(by)

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _differences_changed(self, reasons: Reasons) -> None:
        if "shown" in reasons:
            self._rows.clear()
            self.changed.emit()
        else:
            self.moved.emit()

    def _ordered(self, shown: Shown) -> tuple[int, ...]:
        wanted = self.search.casefold().split()
        found = [n for n, row in enumerate(shown.rows) if row.state not in self._hidden]
        if wanted:
            texts = self._haystack(shown)
            found = [n for n in found if all(word in texts[n] for word in wanted)]
        if self.largest_first:
            found.sort(key=lambda n: -_size(shown.rows[n]))
        return tuple(found)

    def _haystack(self, shown: Shown) -> list[str]:
        """What a search looks at. (Whole rows in words would take a second for ten thousand.)"""
        if self._texts is None or self._texts[0] is not shown.rows:
            line, phases = tr("line {line}"), {"input": tr("input"), "update": tr("update")}
            found = []
            for row in shown.rows:
                sign = "∇" if row.phase == "backward" else ""
                where = line.format(line=row.line)
                found.append(f"{row.name} {sign}{row.op} {phases.get(row.phase, '')} {where}".casefold())
            self._texts = shown.rows, found
        return self._texts[1]

    def _made(self, shown: Shown, number: int) -> Row:
        row = shown.rows[number]
        # An op that ran backward wears the sign of a gradient.
        op = f"∇{row.op}" if row.phase == "backward" else tr("input") if row.op == "constant" else row.op
        phases = {"update": tr("update")}
        line = tr("line {line}").format(line=row.line) if row.line else ""
        where = " · ".join(part for part in (phases.get(row.phase, ""), op, line) if part)
        before, after = (_norm(row, side) for side in (0, 1))
        said = self.said(shown, row)
        share = -1.0
        if row.state in DIFFERENT:
            share = _share(row.difference, self.low) if row.difference is not None else -1.0
        figure = _figure(row)
        first = number == shown.first
        parts = [said, tr("the first difference") if first else "", row.name, where]
        if before or after:
            parts.append(tr("norm {before} before, {after} after").format(before=before or "–", after=after or "–"))
        if figure:
            parts.append(tr("difference {figure}").format(figure=figure))
        if row.why:
            parts.append(row.why)
        words = ", ".join(part for part in parts if part)
        gradient = row.phase == "backward"
        return Row(
            SIGNS[row.state], row.state, row.name, where, before, after, share, figure, said, first, gradient, words
        )

    @staticmethod
    def said(shown: Shown, row: Difference) -> str:
        """The state of a row in a word or two."""
        if row.state in (GONE, NEW):
            return tr("only in {side}").format(side=shown.sides[0 if row.state == GONE else 1])
        if row.state == UNKNOWN:
            return tr("not kept")
        if row.state == SAME:
            return tr("the same")
        return tr("changed")


def detail(row: Difference) -> str:
    """What else there is to say about a row: why its difference is infinite, and on what it was found; "" if
    nothing."""
    parts = []
    if row.why:
        parts.append(tr("There is no figure for this difference: {why}.").format(why=row.why))
    if row.state in (SAME, CHANGED) and not row.exact:
        parts.append(tr("Only the statistics were kept, so these were compared, and not the elements."))
    if row.state == UNKNOWN:
        parts.append(tr("The value was not kept on both sides."))
    return " ".join(parts)


def _size(row: Difference) -> float:
    if row.state in (GONE, NEW):
        return math.inf
    return row.difference if row.difference is not None else -1.0


def _share(difference: float, low: float) -> float:
    if math.isinf(difference):
        return 1.0
    if difference <= 0:
        return 0.0
    return max(0.0, min(1.0, (math.log10(difference) - low) / (HIGH - low)))


def _figure(row: Difference) -> str:
    """The relative difference as it stands in a table."""
    if row.difference is None or row.state not in (SAME, CHANGED):
        return ""
    return "∞" if math.isinf(row.difference) else number(row.difference, 2)


def _norm(row: Difference, side: int) -> str:
    missing = row.state == (NEW if side == 0 else GONE)
    norm = row.norms[side]
    return number(norm, 4) if norm is not None and not missing else ""
