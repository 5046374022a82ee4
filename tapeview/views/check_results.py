"""The results of a gradient check: which of them is looked at, and which of its elements."""

from __future__ import annotations

from collections.abc import Callable

from tapeview.explain.questions import KINK, RIGHT, ROUNDED, UNKNOWN, WRONG, Checked
from tapeview.views.check_heat import Cell, Heat, heat_of
from tapeview.views.check_words import Row, element_text, row_of, verdict_text
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.workspace import Reasons

WORST_FIRST = (WRONG, KINK, UNKNOWN, ROUNDED, RIGHT)


class CheckResults:
    """``found`` are the results so far and ``rows`` the same for a table, ``row`` is the one looked at (-1: none),
    ``heat`` the picture of its errors (``relative`` ones, or differences), ``cell`` the cell of it looked at.

    ``changed`` is emitted with ``rows``, ``row`` or ``cell``; ``shape_of`` gives the shape of a gradient whose result
    does not say it.
    """

    def __init__(self, changed: Signal[Reasons], shape_of: Callable[[Checked], tuple[int, ...]]) -> None:
        self.relative = True
        self._changed, self._shape_of = changed, shape_of
        self.found: tuple[Checked, ...] = ()
        self.rows: tuple[Row, ...] = ()
        self.row = -1
        self.heat: Heat | None = None
        self.cell: Cell = (0, 0)

    @property
    def current(self) -> Checked | None:
        """The result looked at."""
        return self.found[self.row] if 0 <= self.row < len(self.found) else None

    @property
    def summary(self) -> str:
        """How many there are of each verdict: ``1 WRONG · 7 right``."""
        verdicts = [one.verdict for one in self.found]
        return " · ".join(f"{verdicts.count(v)} {verdict_text(v)[2:]}" for v in WORST_FIRST if v in verdicts)

    def element_words(self, cell: Cell | None = None) -> str:
        """The three numbers of a cell's element (default: of the one looked at)."""
        found, heat = self.current, self.heat
        if found is None or heat is None:
            return ""
        element = heat.elements.get(self.cell if cell is None else cell)
        return tr("not looked at") if element is None else element_text(found.subject, element)

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """There are none."""
        self.show(())

    def show(self, found: tuple[Checked, ...]) -> None:
        """There are more of them, or others. The worst is looked at, unless one was that is still there."""
        if found == self.found:
            return
        kept = self.current
        self.found = found
        several = len({one.call for one in found}) > 1
        self.rows = tuple(row_of(one, several) for one in found)
        # The same result may come again, and what is no number is not equal to itself.
        at = next((n for n, one in enumerate(found) if kept is not None and _about(one) == _about(kept)), -1)
        if at >= 0:
            self.row = at
        else:
            self.row = min(range(len(found)), key=lambda n: (WORST_FIRST.index(found[n].verdict), n), default=-1)
            self._draw()
        self._changed.emit(frozenset({"rows", "row", "cell"}))

    def look_at(self, row: int) -> None:
        """Look at another one; a number out of range changes nothing."""
        if 0 <= row < len(self.found) and row != self.row:
            self.row = row
            self._draw()
            self._changed.emit(frozenset({"row", "cell"}))

    def measure(self, relative: bool) -> None:
        """Show errors relative to the numbers themselves, or as differences."""
        if relative != self.relative:
            self.relative = relative
            cell = self.cell
            self._draw()
            if self.heat is not None and cell in self.heat.elements:
                self.cell = cell
            self._changed.emit(frozenset({"row", "cell"}))

    def look_at_cell(self, cell: Cell) -> None:
        """Look at an element of the picture; a cell that was not looked at changes nothing."""
        if self.heat is not None and cell in self.heat.elements and cell != self.cell:
            self.cell = cell
            self._changed.emit(frozenset({"cell"}))

    def move_cell(self, down: int, right: int) -> None:
        """To the nearest element looked at, in a direction."""
        if self.heat is not None:
            self.look_at_cell(self.heat.beside(self.cell, down, right))

    def look_at_worst(self) -> None:
        """Look at the element furthest off."""
        if self.heat is not None:
            self.look_at_cell(self.heat.worst)

    def _draw(self) -> None:
        found = self.current
        if found is None:
            self.heat, self.cell = None, (0, 0)
            return
        shape = found.errors.shape if found.errors is not None else self._shape_of(found)
        self.heat = heat_of(found.elements, shape, found.worst, relative=self.relative)
        self.cell = self.heat.worst


def _about(one: Checked) -> tuple[int, int, int]:
    """What a result is of."""
    return one.call, one.op, one.source
