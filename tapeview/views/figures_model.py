"""What the Figures dock shows: the script's figures, the history of each, and the one that is looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tapeview.trace.picture import Picture
from tapeview.trace.records import Figure
from tapeview.views.runs import step_name
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.workspace import ALIVE, Reasons, Workspace


@dataclass(slots=True)
class History:
    """A figure and how it looked over time, the first entry first."""

    id: int
    entries: list[Figure] = field(default_factory=list)


class FiguresModel:
    """``figures`` in the order in which they first appeared; ``history`` is the one looked at, ``place`` the entry in
    it (-1: none).

    A new figure, and a new entry of the figure looked at, are shown at once unless the user has gone elsewhere. With
    ``following`` the entry is the last one that there was at the cursor's training step. ``changed`` after anything
    changed; ``arrived`` when a running script has drawn its first figure. ``unseen`` counts what came while nobody
    looked (`look`).
    """

    def __init__(self, workspace: Workspace) -> None:
        self.changed: Signal[()] = Signal()
        self.arrived: Signal[()] = Signal()
        self.show_line: Signal[int, int] = Signal()
        self.figures: list[History] = []
        self.history: History | None = None
        self.place = -1
        self.following = False
        self.unseen = 0
        self.serial = 0
        """Grows when another recording is looked at."""
        self._workspace = workspace
        self._after = 0
        self._looking = False
        self._by_hand = False
        self._numbers: Counter[tuple[int, str]] = Counter()
        self._disconnect = workspace.changed.connect(self._workspace_changed)
        self._read(fresh=True)

    def dispose(self) -> None:
        """Stop listening."""
        self._disconnect()

    # -- what is looked at ---------------------------------------------------------------------------------------------

    @property
    def entry(self) -> Figure | None:
        """What is shown; None if there is nothing, or was nothing yet at the cursor's step."""
        if self.history is None or not 0 <= self.place < len(self.history.entries):
            return None
        return self.history.entries[self.place]

    def picture(self, id: int) -> Picture | None:
        """What is to be seen on an entry (`Figure.picture`); None if that is not in the recording. Callable from any
        thread."""
        recording = self._workspace.recording
        return None if recording is None else recording.figures.picture(id)

    def name(self, history: History) -> str:
        """``Figure 1``, the label it was given, or either with its line if there are several of that name."""
        last = history.entries[-1]
        words = last.label or tr("Figure {number}").format(number=last.number)
        line = self._line(last.made)[1]
        several = self._numbers[last.number, last.label] > 1
        return tr("{name}, line {line}").format(name=words, line=line) if several and line else words

    def title(self, history: History) -> str:
        """The title that the script gave it."""
        return history.entries[-1].title

    def when(self, entry: Figure) -> str:
        """At which training step an entry was drawn."""
        if entry.step < 0:
            return tr("before the first step")
        return step_name(self._workspace.recording, entry.step)

    @property
    def words(self) -> str:
        """``2 of 5 · step 10 · line 18``; or why there is nothing to see."""
        history, entry = self.history, self.entry
        if history is None:
            return ""
        if entry is None:
            first = self.when(history.entries[0])
            return tr("{name} was not drawn yet at this step (first: {when})").format(
                name=self.name(history), when=first
            )
        parts = [self.when(entry)]
        if len(history.entries) > 1:
            count = tr("{number} of {count}").format(number=self.place + 1, count=len(history.entries))
            parts.insert(0, count)
        line = self._line(entry.site)[1]
        if line:
            parts.append(tr("line {line}").format(line=line))
        how = {"saved": tr("as it was saved"), "left": tr("not shown by the script")}.get(entry.how, "")
        return " · ".join([*parts, how] if how else parts)

    @property
    def has_line(self) -> bool:
        """Whether `go_to_line` leads anywhere."""
        return self.entry is not None and self._line(self.entry.site)[1] > 0

    @property
    def has_step(self) -> bool:
        """Whether `go_to_step` leads anywhere."""
        return self.entry is not None and 0 <= self.entry.step < self._workspace.step_count

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def look(self, looking: bool) -> None:
        """Whether somebody looks."""
        self._looking = looking
        if looking and self.unseen:
            self.unseen = 0
            self.changed.emit()

    def choose(self, id: int) -> None:
        """Look at a figure: at its newest entry, or with ``following`` at that of the cursor."""
        found = next((history for history in self.figures if history.id == id), None)
        if found is not None and found is not self.history:
            self.history = found
            self._by_hand = found is not self.figures[-1]
            self.place = self._place_at_cursor() if self.following else len(found.entries) - 1
            self.changed.emit()

    def turn(self, by: int) -> None:
        """Look at the next figure (1) or the one before (-1)."""
        if self.history is not None:
            place = self.figures.index(self.history) + by
            if 0 <= place < len(self.figures):
                self.choose(self.figures[place].id)

    def show_entry(self, place: int) -> None:
        """Look at an entry of the history; the cursor is not followed any more."""
        if self.history is None:
            return
        place = max(0, min(place, len(self.history.entries) - 1))
        if place != self.place or self.following:
            self.following = False
            self.place = place
            self._by_hand = place < len(self.history.entries) - 1 or self.history is not self.figures[-1]
            self.changed.emit()

    def step(self, by: int) -> None:
        """One entry on (1) or back (-1)."""
        self.show_entry(self.place + by)

    def follow(self, following: bool) -> None:
        """Whether the figure is shown as it was at the cursor."""
        if following != self.following:
            self.following = following
            if following:
                self.place = self._place_at_cursor()
            self.changed.emit()

    def go_to_line(self) -> None:
        """Show the line that drew it."""
        if self.entry is not None:
            file, line = self._line(self.entry.site)
            if line:
                self.show_line.emit(file, line)

    def go_to_step(self) -> None:
        """Move the cursor to where it was drawn."""
        if self.entry is not None and self.has_step:
            self._workspace.move_to(self.entry.step, max(0, self.entry.position))

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _line(self, site: int) -> tuple[int, int]:
        """File and line of a call site; (0, 0) if they are not known."""
        recording = self._workspace.recording
        frames = recording.frames(site) if recording is not None else ()
        return (frames[0].file, frames[0].line) if frames else (0, 0)

    def _place_at_cursor(self) -> int:
        if self.history is None:
            return -1
        step = self._workspace.cursor.step
        return max((place for place, entry in enumerate(self.history.entries) if entry.step <= step), default=-1)

    def _workspace_changed(self, reasons: Reasons) -> None:
        if "recording" in reasons:
            self.figures, self.history, self.place = [], None, -1
            self._after, self._by_hand, self.unseen = 0, False, 0
            self._numbers.clear()
            self.serial += 1
        changed = "recording" in reasons
        if reasons & {"recording", "data"}:
            changed = self._read(fresh="recording" in reasons) or changed
        if "cursor" in reasons and self.following:
            place = self._place_at_cursor()
            changed = changed or place != self.place
            self.place = place
        if changed:
            self.changed.emit()

    def _read(self, fresh: bool) -> bool:
        """Take in what came since; whether there was anything."""
        recording = self._workspace.recording
        if recording is None:
            return False
        found = recording.figures.entries(self._after)
        first = bool(found) and not self.figures
        known = {history.id: history for history in self.figures}
        for row, entry in found:
            self._after = row
            history = known.get(entry.figure)
            if history is None:
                history = known[entry.figure] = History(entry.figure)
                self.figures.append(history)
                self._numbers[entry.number, entry.label] += 1
            history.entries.append(entry)
            if not self._by_hand:
                self.history = history
        if found and self.history is not None:
            if self.following:
                self.place = self._place_at_cursor()
            elif not self._by_hand:
                self.place = len(self.history.entries) - 1
        if found and not fresh and not self._looking:
            self.unseen += len(found)
        if first and self._workspace.state in ALIVE:
            self.arrived.emit()
        return bool(found)
