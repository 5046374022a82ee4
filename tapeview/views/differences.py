"""The differences that are looked at: between two steps, between two recordings, or through a what-if. Docks share one
of these and know nothing of each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tapeview.explain.compare import CHANGED, DIFFERENT, GONE, NEW, SAME, UNKNOWN, Difference, judged
from tapeview.trace.query import Recording
from tapeview.trace.records import Assigned, Stats
from tapeview.views.signal import Signal
from tapeview.views.workspace import Reasons, Workspace

COMPARE, WHAT_IF = "compare", "what if"
STATES = (CHANGED, NEW, GONE, UNKNOWN, SAME)
"""What a row can be, the most interesting first."""

Values = Callable[[Difference, int], np.ndarray | None]
"""Gives the value of a row before (0) or after (1), None if it is not known. Asked in the background."""
Statistics = Callable[[Difference, int], Stats | None]
"""Gives the statistics of a row in the same way."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Differences that are looked at. ``kind`` is ``COMPARE`` or ``WHAT_IF``, ``heading`` says what of (``step 1 and
    step 9``), ``sides`` names both sides.

    ``steps`` are those of the window's recording on both sides, -1 for one that is not in it; ``changes`` the numbers
    of the rows that are a difference, in the order in which they happened; ``at`` is the row gone to last, -1 for none.
    ``values`` gives both values of a row, and ``stats`` their statistics (if it is None they are those of the values);
    ``note`` is a sentence on the whole. ``touched`` are the ids of tensors and the ``seq`` of ops that were changed.
    """

    kind: str
    heading: str
    rows: tuple[Difference, ...]
    steps: tuple[int, int]
    sides: tuple[str, str]
    tolerance: float
    values: Values | None = None
    stats: Statistics | None = None
    note: str = ""
    touched: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
    at: int = -1
    counts: dict[str, int] = field(init=False)
    changes: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        states = [row.state for row in self.rows]
        object.__setattr__(self, "counts", {state: states.count(state) for state in STATES})
        changes = (number for number, state in enumerate(states) if state in DIFFERENT)
        object.__setattr__(self, "changes", tuple(changes))

    @property
    def first(self) -> int:
        """The first row that is a difference, -1 if there is none."""
        return self.changes[0] if self.changes else -1

    @property
    def row(self) -> Difference | None:
        """The row gone to last."""
        return self.rows[self.at] if 0 <= self.at < len(self.rows) else None

    def side(self, step: int) -> int:
        """Which side a step of the window's recording is, -1 for neither."""
        return self.steps.index(step) if step >= 0 and step in self.steps else -1


class Differences:
    """``shown``, and verbs to show something and to go through it.

    ``changed`` carries ``shown`` (something else is shown, or nothing) and ``at`` (another row is looked at).
    """

    def __init__(self, workspace: Workspace) -> None:
        self.changed: Signal[Reasons] = Signal()
        self.shown: Shown | None = None
        self._workspace = workspace
        self._recording = workspace.recording
        self._disconnect = workspace.changed.connect(self._workspace_changed)

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        self._disconnect()
        self.shown = None

    @property
    def recording(self) -> Recording | None:
        """The window's recording."""
        return self._recording

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def show(
        self,
        kind: str,
        heading: str,
        rows: Sequence[Difference],
        steps: tuple[int, int],
        sides: tuple[str, str],
        *,
        tolerance: float,
        values: Values | None = None,
        stats: Statistics | None = None,
        note: str = "",
        touched: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset()),
        keep: bool = False,
    ) -> None:
        """Show differences, in the order in which they happened.

        Args:
            steps: the steps of the window's recording on both sides, -1 for a side that is not in it; of a what-if the
                step twice.
            sides: what to call both sides in a few letters (``step 1``, ``other.tapeview · step 1``, ``what if``).
            tolerance: relative differences up to this were called the same.
            values: both values of a row, and ``stats`` their statistics, for values that are not known.
            note: a sentence on all of them, such as which values were not kept.
            touched: tensors (their ids) and ops (their ``seq``) that were changed in a what-if.
            keep: look at the same row as before, where there is one (the same question has a new answer).
        """
        before = self.shown.at if keep and self.shown is not None and len(self.shown.rows) == len(rows) else -1
        self.shown = Shown(kind, heading, tuple(rows), steps, sides, tolerance, values, stats, note, touched, before)
        self.changed.emit(frozenset({"shown", "at"}))

    def tolerate(self, tolerance: float) -> None:
        """Call relative differences up to this the same."""
        if self.shown is not None and tolerance != self.shown.tolerance:
            self.shown = replace(self.shown, rows=judged(self.shown.rows, tolerance), tolerance=tolerance)
            self.changed.emit(frozenset({"shown"}))

    def leave(self) -> None:
        """Show no differences."""
        if self.shown is not None:
            self.shown = None
            self.changed.emit(frozenset({"shown", "at"}))

    def go_first(self) -> None:
        """To the first difference."""
        if self.shown is not None and self.shown.changes:
            self.look_at(self.shown.changes[0])

    def go(self, by: int) -> None:
        """To the next difference, or back (-1); to the first one where none was looked at."""
        shown = self.shown
        if shown is None or not shown.changes:
            return
        if shown.at < 0:
            self.go_first()
        elif by > 0:
            self.look_at(next((n for n in shown.changes if n > shown.at), shown.changes[-1]))
        else:
            self.look_at(next((n for n in reversed(shown.changes) if n < shown.at), shown.changes[0]))

    def look_at(self, number: int, side: int = -1) -> None:
        """Look at a row: the cursor goes to where it happened, on the side where it is if that can be seen.

        A number out of range changes nothing.
        """
        shown = self.shown
        if shown is None or not 0 <= number < len(shown.rows):
            return
        self.shown = shown = replace(shown, at=number)
        place = self._place(shown, number, side if side >= 0 else shown.side(self._workspace.cursor.step))
        if place is not None:
            self._workspace.move_to(*place)
            self._select(shown, number)
        self.changed.emit(frozenset({"at"}))

    @property
    def can_turn(self) -> bool:
        """Whether both sides are steps of the window's recording."""
        return self.shown is not None and min(self.shown.steps) >= 0 and len(set(self.shown.steps)) == 2

    def turn(self) -> None:
        """See the other side: the same row in the other step."""
        shown = self.shown
        if shown is None or not self.can_turn:
            return
        side = 1 - max(0, shown.side(self._workspace.cursor.step))
        if shown.at >= 0:
            self.look_at(shown.at, side)
        else:
            self._workspace.move_to(shown.steps[side], self._workspace.cursor.position)

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _place(self, shown: Shown, number: int, side: int) -> tuple[int, int] | None:
        """Step and position of a row, on one side where it is there; of one that is nowhere in the window's recording
        that of the row before."""
        for row in reversed(shown.rows[: number + 1]):
            places = row.first, row.second
            for one in (side, 1 - side) if side >= 0 else (0, 1):
                if shown.steps[one] >= 0 and places[one] >= 0:
                    return shown.steps[one], places[one]
        return None

    def _select(self, shown: Shown, number: int) -> None:
        """What goes into a step, and what was updated, is another node than the op at which the cursor stands."""
        row, workspace = shown.rows[number], self._workspace
        side = shown.side(workspace.cursor.step)
        tensor = row.tensors[side] if side >= 0 else 0
        variable = 0
        if workspace.position is not None and isinstance(workspace.position.record, Assigned) and row.phase == "update":
            variable = workspace.position.record.variable
        elif row.phase == "input" and tensor and workspace.recording is not None:
            try:
                variable = workspace.recording.tensor(tensor).variable
            except KeyError:
                tensor = 0
        if variable:
            workspace.select("variable", variable)
        elif row.phase == "input" and tensor:
            workspace.select("tensor", tensor)
        else:
            workspace.select("none")

    def _workspace_changed(self, reasons: Reasons) -> None:
        if "recording" in reasons and self._workspace.recording is not self._recording:
            self._recording = self._workspace.recording
            self.leave()
