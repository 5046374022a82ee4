"""What the histograms page shows: one subject's values over the training steps, worked out in the background."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import numpy as np

from tapeview.trace.query import Recording
from tapeview.views.background import Background, Immediate
from tapeview.views.signal import Signal
from tapeview.views.spread import KINDS, Spread, Subject, kept_steps, sample, spread_of, subjects
from tapeview.views.text import tr
from tapeview.views.workspace import Reasons, Workspace

CHUNK = 8
"""Steps read at a time, so that the work can be given up."""
REMEMBERED = 24
"""Subjects whose samples are kept: each has at most 160 × 4096 numbers."""


class HistogramsModel:
    """``spread`` of ``subject``, one of ``choices`` of ``kind``. ``changed`` after anything changed.

    Nothing is read before somebody looks (`look`). ``note`` says how far it is, or why there is nothing.
    """

    def __init__(self, workspace: Workspace, background: Background | None = None) -> None:
        self.changed: Signal[()] = Signal()
        self._workspace = workspace
        self._background = background or Immediate()
        self.kind = KINDS[0]
        self.choices: list[tuple[Subject, str]] = []
        self.subject: Subject | None = None
        self.spread: Spread | None = None
        self.busy = False
        self.step = workspace.cursor.step
        self._looking = False
        self._done = self._wanted = 0
        self._round = 0
        self._chosen: dict[str, Subject] = {}
        self._samples: dict[Subject, dict[int, np.ndarray | None]] = {}
        self._disconnect = workspace.changed.connect(self._workspace_changed)

    def dispose(self) -> None:
        """Stop listening, and give up what is being worked out."""
        self._round += 1
        self._disconnect()

    @property
    def note(self) -> str:
        if self.busy:
            return tr("reading step {done} of {count} …").format(done=self._done, count=self._wanted)
        if self.subject is None:
            return tr("Nothing of this kind was recorded.")
        if self.spread is None:
            return tr("Of this no values were kept.")
        return tr("{count} of {all} steps").format(count=len(self.spread.steps), all=self._workspace.step_count)

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def look(self, looking: bool) -> None:
        """Whether somebody looks: while nobody does, nothing is worked out."""
        if looking != self._looking:
            self._looking = looking
            if looking:
                self._refresh()
            else:
                self._stop()

    def choose_kind(self, kind: str) -> None:
        """Look at ``weights``, ``gradients`` or ``activations``. ValueError for anything else."""
        if kind not in KINDS:
            raise ValueError(f"unknown kind {kind!r}")
        if kind != self.kind:
            self.kind = kind
            self._refresh()

    def choose(self, subject: Subject) -> None:
        """Look at another one of ``choices``."""
        if subject != self.subject:
            self._chosen[self.kind] = subject
            self._refresh()

    def cancel(self) -> None:
        """Give up what is being worked out; what there is stays."""
        self._stop()
        self.changed.emit()

    def go_to(self, step: int) -> None:
        """Move the cursor to a training step."""
        if 0 <= step < self._workspace.step_count:
            self._workspace.move_to(step, self._workspace.cursor.position)

    # -- what is drawn -------------------------------------------------------------------------------------------------

    def at_cursor(self) -> tuple[int, np.ndarray] | None:
        """The step (from 0) whose values count at the cursor, and its counts."""
        if self.spread is None:
            return None
        place = self.spread.column(self.step)
        return int(self.spread.steps[place]), self.spread.counts[place]

    def csv(self) -> str:
        """Counts as a table: one row for each step, one column for each bin, named by its lower edge."""
        if self.spread is None:
            return "step\n"
        lines = ["step," + ",".join(repr(float(edge)) for edge in self.spread.edges[:-1])]
        for step, counts in zip(self.spread.steps.tolist(), self.spread.counts.tolist(), strict=True):
            lines.append(",".join(map(str, (step + 1, *counts))))
        return "\n".join(lines) + "\n"

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _workspace_changed(self, reasons: Reasons) -> None:
        if "recording" in reasons:
            self._stop()
            self._samples.clear()
            self._chosen.clear()
            self.choices, self.subject, self.spread = [], None, None
        moved = self._workspace.cursor.step != self.step
        self.step = self._workspace.cursor.step
        if self._looking and ("recording" in reasons or ("data" in reasons and not self.busy)):
            self._refresh()
        elif moved or "recording" in reasons:
            self.changed.emit()

    def _stop(self) -> None:
        self._round += 1
        self.busy = False

    def _refresh(self) -> None:
        self._stop()
        recording, step = self._workspace.recording, self._workspace.step
        if recording is None or step is None:
            self.choices, self.subject, self.spread = [], None, None
            self.changed.emit()
            return
        with contextlib.suppress(KeyError):  # of this step only scalars were kept
            self.choices = subjects(recording, step, self.kind) or self.choices
        self.choices = [choice for choice in self.choices if choice[0].kind == self.kind]
        known = [subject for subject, _ in self.choices]
        wanted = self._chosen.get(self.kind)
        before, self.subject = self.subject, wanted if wanted in known else known[0] if known else None
        if self.subject != before:
            self.spread = None
        if self.subject is not None and self._looking:
            while len(self._samples) > REMEMBERED:
                self._samples.pop(next(iter(self._samples)))
            self._go_on(recording, self.subject, self._round)
        self.changed.emit()

    def _go_on(self, recording: Recording, subject: Subject, round: int) -> None:
        samples = self._samples.setdefault(subject, {})
        steps = kept_steps(recording)
        if self._workspace.state in ("running", "pausing", "paused"):
            steps = steps[:-1] if steps and steps[-1] == recording.step_count - 1 else steps  # it still goes on
        missing = [step for step in steps if step not in samples]
        self._done, self._wanted = len(steps) - len(missing), len(steps)
        if not missing and self.spread is not None and set(self.spread.steps.tolist()) <= set(steps):
            self.busy = False
            return
        # From coarse to fine, so that the whole can be seen early.
        order = missing[:: max(1, len(missing) // CHUNK)][:CHUNK]
        known = dict(samples)
        self.busy = True

        def job() -> tuple[Mapping[int, np.ndarray | None], Spread | None]:
            found = {step: sample(recording, subject, step) for step in order if round == self._round}
            return found, spread_of({**known, **found}, steps) if round == self._round else None

        def done(result: tuple[Mapping[int, np.ndarray | None], Spread | None]) -> None:
            found, spread = result
            if round != self._round:
                return
            samples.update(found)
            self.spread = spread
            self.busy = len(missing) > len(order)
            self._done = len(steps) - len(missing) + len(order)
            if self.busy:
                self._go_on(recording, subject, round)
            self.changed.emit()

        self._background.submit(job, done)
