"""Which two steps are compared, and comparing them in the background."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tapeview.explain.compare import TOLERANCE, UNKNOWN, Comparison, Difference, compare
from tapeview.trace.query import Recording, RecordingError
from tapeview.trace.records import Stats
from tapeview.views.background import Reporting
from tapeview.views.differences import COMPARE, Differences
from tapeview.views.inspector_words import plural
from tapeview.views.runs import all_are_runs, run_at, step_name
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.workspace import Reasons, Workspace

TELLING = 0.1
"""Seconds between two news of how far a comparison is."""


@dataclass(frozen=True, slots=True)
class Side:
    """A step (from 0) of the window's recording, or of the ``other`` one."""

    step: int
    other: bool = False


class Comparing:
    """``sides`` are what is compared: the first step with the last one until somebody chose. ``problem`` is a sentence
    on why that did not work; ``busy`` while something is done in the background, ``share`` how much of it. ``changed``
    after any of it may have changed; ``started`` when a comparison begins.
    """

    def __init__(self, workspace: Workspace, background: Reporting, differences: Differences) -> None:
        self.changed: Signal[()] = Signal()
        self.started: Signal[()] = Signal()
        self._workspace, self._background, self._differences = workspace, background, differences
        self._lock = threading.Lock()
        """Held while the other recording is read, so that it is not closed meanwhile."""
        self._other: Recording | None = None
        self._recording = workspace.recording
        self._begin_anew()
        self._disconnect = workspace.changed.connect(self._workspace_changed)

    def dispose(self) -> None:
        """Give up what is being done, and let go of the other recording."""
        self._disconnect()
        self._begin_anew()  # first, so that what is being compared lets go of the other recording soon
        self._forget_other()

    def _begin_anew(self) -> None:
        self.problem = ""
        self.busy = False
        self.share = 0.0
        self._sides: tuple[Side, Side] | None = None
        self._round = object()

    # -- the question --------------------------------------------------------------------------------------------------

    @property
    def sides(self) -> tuple[Side, Side]:
        """What is compared with what."""
        return self._sides or (Side(0), Side(max(0, self._workspace.step_count - 1)))

    @property
    def can_run(self) -> bool:
        """Whether there is something to compare."""
        first, second = self.sides
        return bool(self.steps(0) and self.steps(1)) and first != second

    @property
    def other_name(self) -> str:
        """The name of the other recording, "" if none was chosen."""
        return self._other.path.stem if self._other is not None else ""

    def steps(self, side: int) -> int:
        """How many steps the recording of a side has."""
        if not self.sides[side].other:
            return self._workspace.step_count
        return self._other.step_count if self._other is not None else 0

    @property
    def step_word(self) -> str:
        """What a step is called: a run where all are runs of deferred graphs."""
        return tr("run") if all_are_runs(self._workspace.recording) else tr("step")

    def choose_step(self, side: int, step: int) -> None:
        """Compare another step; a number out of range is brought into it."""
        self._choose(side, replace(self.sides[side], step=max(0, min(step, self.steps(side) - 1))))

    def choose_recording(self, side: int, other: bool) -> None:
        """Take a side from the other recording, or from the window's own. One side is always the window's."""
        if other and self._other is None:
            return
        if other and self.sides[1 - side].other:
            self.swap()
            return
        count = self._other.step_count if other and self._other is not None else self._workspace.step_count
        self._choose(side, Side(max(0, min(self.sides[side].step, count - 1)), other))

    def swap(self) -> None:
        """Change both sides around."""
        first, second = self.sides
        self._sides = second, first
        self.changed.emit()

    def _choose(self, side: int, chosen: Side) -> None:
        if chosen != self.sides[side]:
            first, second = self.sides
            self._sides = (chosen, second) if side == 0 else (first, chosen)
        self.problem = ""
        self.changed.emit()

    def open_other(self, side: int, path: Path) -> None:
        """Open another recording, in the background, and take a side from it."""
        own = self._workspace.path
        if own is not None and path.absolute() == own.absolute():
            self.choose_recording(side, other=False)
            return
        this = self._start()

        def job() -> Recording | str:
            try:
                recording = Recording.open(path)
            except RecordingError as error:
                return str(error)
            if recording.step_count and this is self._round:
                return recording
            recording.close()
            return tr("There is nothing to compare in {name}: it has no step.").format(name=path.name)

        def done(found: Recording | str) -> None:
            if this is not self._round:
                if isinstance(found, Recording):
                    found.close()
                return
            self.busy = False
            if isinstance(found, str):
                self.problem = found
            else:
                self._forget_other()
                self._other = found
                own = self.sides[1 - side]
                own = Side(max(0, self._workspace.step_count - 1)) if own.other else own
                theirs = Side(max(0, min(self.sides[side].step, found.step_count - 1)), True)
                self._sides = (theirs, own) if side == 0 else (own, theirs)
            self.changed.emit()

        self._background.submit(job, done)

    # -- the answer ----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Compare; what is found goes to the differences that are shown."""
        own, sides = self._workspace.recording, self.sides
        if own is None or not self.can_run:
            if own is not None:
                self.problem = tr("Both sides are the same step: choose another one on one side.")
                self.changed.emit()
            return
        pair = tuple(self._other if side.other else own for side in sides)
        if pair[0] is None or pair[1] is None:
            return
        first, second = pair[0], pair[1]
        this = self._start()
        self.started.emit()

        told = time.monotonic()

        def progress(share: float) -> None:
            nonlocal told
            if time.monotonic() - told > TELLING:
                told = time.monotonic()
                self._background.tell(lambda: self._progressed(this, share))

        def job() -> Comparison | str:
            with self._lock:
                if this is not self._round:
                    return ""
                if first is not second:
                    (second if sides[1].other else first).refresh()
                try:
                    return compare(
                        first, sides[0].step, second, sides[1].step,
                        stopped=lambda: this is not self._round, progress=progress,
                    )  # fmt: skip
                except (IndexError, RecordingError) as error:
                    return tr("These steps cannot be compared: {error}").format(error=error)

        def done(found: Comparison | str) -> None:
            if this is not self._round:
                return
            self.busy = False
            if isinstance(found, str):
                self.problem = found
            else:
                self._show(found, (first, second), sides)
            self.changed.emit()

        self._background.submit(job, done)

    def cancel(self) -> None:
        """Give up what is being done."""
        if self.busy:
            self._round = object()
            self.busy = False
            self.changed.emit()

    def with_step(self, step: int) -> None:
        """Compare a step with that of the cursor, the earlier one first."""
        here = self._workspace.cursor.step
        if step != here:
            self._sides = Side(min(step, here)), Side(max(step, here))
        self.run()

    def with_before(self) -> None:
        """Compare the step of the cursor with the one before it that did the same."""
        self.with_step(self.before)

    @property
    def before(self) -> int:
        """The step before the cursor's: of the same thread, and of a deferred graph a run of the same nodes. Where
        there is none, the cursor's own."""
        recording, here = self._workspace.recording, self._workspace.cursor.step
        if recording is None or not 0 <= here < recording.step_count:
            return here
        thread, run = recording.step_info(here).thread, run_at(recording, here)
        for step in range(here - 1, -1, -1):
            theirs = run_at(recording, step)
            same = theirs is not None and run is not None and (theirs.graph, theirs.fetches) == (run.graph, run.fetches)
            if recording.step_info(step).thread == thread and (same or theirs is run is None):
                return step
        return here

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _start(self) -> object:
        self._round = object()
        self.busy, self.share, self.problem = True, 0.0, ""
        self.changed.emit()
        return self._round

    def _progressed(self, this: object, share: float) -> None:
        if this is self._round:
            self.share = share
            self.changed.emit()

    def _show(self, found: Comparison, pair: tuple[Recording, Recording], sides: tuple[Side, Side]) -> None:
        names = [step_name(recording, side.step) for recording, side in zip(pair, sides, strict=True)]
        for number, side in enumerate(sides):
            if side.other:
                names[number] = tr("{step} of {recording}").format(step=names[number], recording=self.other_name)
        heading = tr("{first} and {second}").format(first=names[0], second=names[1])
        notes = [
            tr("Of {step} only the scalars were kept: with --keep-steps all its ops are, too.").format(step=name)
            for name, recording, side in zip(names, pair, sides, strict=True)
            if recording.step_info(side.step).kept == "scalars"
        ]
        unknown = found.counts()[UNKNOWN]
        if unknown and not notes:
            notes.append(plural(unknown, tr("1 value was not kept."), tr("{n} values were not kept.")))

        def recording_of(side: int) -> Recording | None:
            own = pair[side] is self._recording
            return pair[side] if own or pair[side] is self._other else None

        def value(row: Difference, side: int) -> np.ndarray | None:
            with self._lock:
                recording = recording_of(side)
                return recording.value(row.tensors[side]) if recording is not None and row.tensors[side] else None

        def stats(row: Difference, side: int) -> Stats | None:
            with self._lock:
                recording = recording_of(side)
                return recording.stats(row.tensors[side]) if recording is not None and row.tensors[side] else None

        self._differences.show(
            COMPARE,
            heading,
            found.rows,
            (-1 if sides[0].other else sides[0].step, -1 if sides[1].other else sides[1].step),
            (names[0], names[1]),
            tolerance=TOLERANCE,
            values=value,
            stats=stats,
            note=" ".join(notes),
        )

    def _forget_other(self) -> None:
        with self._lock:
            other, self._other = self._other, None
            if other is not None:
                other.close()

    def _workspace_changed(self, reasons: Reasons) -> None:
        if "recording" in reasons and self._workspace.recording is not self._recording:
            self._recording = self._workspace.recording
            self._begin_anew()
            self._forget_other()
            self.changed.emit()
        elif "data" in reasons and not self._sides:
            self.changed.emit()
