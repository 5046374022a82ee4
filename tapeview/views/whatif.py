"""What if a value had been another one: the changes that somebody makes to a recorded step, and what comes of them.

Docks share one `Experiment` and know nothing of each other. The step is worked out again in another process, from the
recording; the script has no part in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tapeview.explain.compare import TOLERANCE, Difference
from tapeview.explain.questions import (
    RATE,
    Answer,
    Change,
    Progress,
    Refusal,
    WhatIf,
    WhatIfQuestion,
)
from tapeview.views.background import Reporting
from tapeview.views.differences import WHAT_IF, Differences
from tapeview.views.numbers import number
from tapeview.views.replayer import Asker
from tapeview.views.runs import step_name
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.whatif_asking import PAUSE, Asking, Outcome
from tapeview.views.whatif_edits import Subject, change_words, rate_of, subject_of
from tapeview.views.whatif_moves import moved
from tapeview.views.whatif_words import capital, doubts, heading
from tapeview.views.workspace import ALIVE, Reasons, Workspace

USUAL = 10
"""So many steps are followed when a learning rate is changed."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change that somebody has made, and whether it is on."""

    change: Change
    on: bool = True


Sheet = tuple[int, tuple[Edit, ...], int]
"""A state to go back to: the step, its edits, and how many steps follow."""


class Experiment:
    """``edits`` of ``step`` (-1: none was made), what came of them, and verbs for both.

    ``state`` is "" (nothing is changed), "working", "shown", "refused" or "cancelled"; ``message`` says why there is
    no answer. ``changed`` carries ``edits``, ``state`` (with the answer), ``progress``, ``here`` (another step,
    or other differences are looked at) and ``values`` (of `after`).
    """

    def __init__(
        self,
        workspace: Workspace,
        background: Reporting,
        differences: Differences,
        make: Callable[[Path], Asker],
        pause: float = PAUSE,
    ) -> None:
        self.changed: Signal[Reasons] = Signal()
        self.step = -1
        self.edits: tuple[Edit, ...] = ()
        self.following = 0
        self.remark = ""
        """What could not be done, in a sentence."""
        self.hopeless = False
        """Whether what was refused will be refused again."""
        self.serial = 0
        """Another number for each question."""
        self.state = ""
        self.message = ""
        self.progress: Progress | None = None
        self.answer: WhatIf | None = None
        self.outcomes: tuple[Outcome, ...] = ()
        self._workspace, self._differences = workspace, differences
        self._asking = Asking(background, make, pause)
        self.recording = workspace.recording
        self._at = workspace.cursor.step
        self._past: list[Sheet] = []
        self._future: list[Sheet] = []
        self._disconnects = (
            workspace.changed.connect(self._workspace_changed),
            differences.changed.connect(self._differences_changed),
            self._asking.answered.connect(self._take),
            self._asking.progressed.connect(self._progressed),
            self._asking.valued.connect(lambda: self.changed.emit(frozenset({"values"}))),
        )

    def dispose(self) -> None:
        """Stop listening, and end the process that works steps out."""
        for disconnect in self._disconnects:
            disconnect()
        self._asking.close()

    # -- what there is -------------------------------------------------------------------------------------------------

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    @property
    def cursor_step(self) -> int:
        """The step at the cursor."""
        return self._workspace.cursor.step

    @property
    def here(self) -> bool:
        """Whether the cursor is in the step that is changed."""
        return self.step == self._workspace.cursor.step

    @property
    def shown(self) -> bool:
        """Whether differences that are looked at are those of this experiment."""
        shown = self._differences.shown
        return shown is not None and shown.kind == WHAT_IF and self.answer is not None

    def after(self, tensor: int) -> np.ndarray | None:
        """The value of a tensor of the step with the changes; None if there is none, or not yet: then ``changed``
        carries ``values`` as soon as it has come.
        """
        if not self.shown or not self.here or self.state != "shown" or not tensor:
            return None
        return self._asking.value(tensor)

    def subject(self, tensor: int) -> Subject | str:
        """What is changed when the user points at a tensor of the step at the cursor; a sentence if it cannot be."""
        recording, step = self._workspace.recording, self._workspace.step
        if recording is None or step is None or not tensor:
            return tr("Pick a value first: an op, a variable or a constant.")
        refusal = self._incomplete(step.index)
        return refusal or subject_of(recording, step, tensor)

    @property
    def rows(self) -> tuple[Difference, ...]:
        """The rows of the answer, with the tolerance that was chosen."""
        if self.answer is None:
            return ()
        shown = self._differences.shown if self.shown else None
        return shown.rows if shown is not None else self.answer.rows

    @property
    def elsewhere(self) -> bool:
        """Whether other differences are looked at."""
        shown = self._differences.shown
        return shown is not None and shown.kind != WHAT_IF

    @property
    def rate(self) -> str:
        """The learning rate that was chosen; "" for the recorded one."""
        rates = (edit.change.value for edit in self.edits if edit.change.how == RATE)
        return next((number(rate) for rate in rates if isinstance(rate, float)), "")

    @property
    def updates(self) -> bool:
        """Whether there are updates in the step that is changed, or that may be."""
        step = self.step if self.step >= 0 else self.cursor_step
        recording = self.recording
        return recording is not None and 0 <= step < recording.step_count and recording.step_info(step).updates > 0

    def passes(self, op: str) -> bool:
        """Whether ops of a type have a gradient rule, which may be switched off."""
        info = self.recording.op_info(op) if self.recording is not None and op else None
        return info is not None and any(info.rules)

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Somebody is about to change the step at the cursor."""
        if self.recording is not None and not self._incomplete(self.cursor_step):
            self._asking.warm(self.recording, self.cursor_step)

    def add(self, change: Change) -> None:
        """Change the step at the cursor: an edit of the same thing takes the place of the one before. Edits of another
        step are put away (and come back with `undo`).
        """
        step = self._workspace.cursor.step
        same = [edit for edit in self.edits if step == self.step and _alike(edit.change, change)]
        if same:
            edits = tuple(Edit(change) if edit is same[0] else edit for edit in self.edits)
        else:
            edits = (*(self.edits if step == self.step else ()), Edit(change))
        # A learning rate shows in the steps behind only.
        self._do(step, edits, self.following or (USUAL if change.how == RATE else 0))

    def remove(self, number: int) -> None:
        """Take an edit away."""
        self._do(self.step, self.edits[:number] + self.edits[number + 1 :])

    def switch(self, number: int, on: bool) -> None:
        """Switch an edit on or off."""
        if self.edits[number].on != on:
            edits = [replace(edit, on=on) if k == number else edit for k, edit in enumerate(self.edits)]
            self._do(self.step, tuple(edits))

    def follow(self, steps: int) -> None:
        """Go on for some more steps behind the one that is changed."""
        if steps != self.following and self.edits:
            self._do(self.step, self.edits, steps)
        elif steps != self.following:
            self.following = steps
            self.changed.emit(frozenset({"edits"}))

    def set_rate(self, text: str) -> None:
        """Another learning rate, as somebody has typed it; nothing for that which was recorded."""
        change = rate_of(text) if text.strip() else None
        if isinstance(change, str):
            self.remark = change
            self.changed.emit(frozenset({"here"}))
        elif change is not None:
            self.add(change)
        else:
            for place, edit in enumerate(self.edits):
                if edit.change.how == RATE:
                    self.remove(place)
                    return

    def undo(self) -> None:
        """Take the last thing back."""
        if self._past:
            self._future.append((self.step, self.edits, self.following))
            self._go_to(self._past.pop())

    def redo(self) -> None:
        """Do again what was taken back."""
        if self._future:
            self._past.append((self.step, self.edits, self.following))
            self._go_to(self._future.pop())

    def reset(self) -> None:
        """No changes: what was recorded. `undo` brings them back."""
        if self.edits:
            self._do(-1, (), 0)

    def cancel(self) -> None:
        """Give up what is being worked out."""
        if self.state == "working":
            self._asking.cancel()
            self._set("cancelled", tr("Cancelled. The changes are still there."))

    def again(self) -> None:
        """Work it out once more, or show it again."""
        if self.answer is not None:
            self._show(self.answer)
        else:
            self._ask()

    def go_there(self) -> None:
        """Go to the step that is changed."""
        if self.step >= 0:
            self._workspace.move_to(self.step, self._workspace.cursor.position)

    def apply_here(self) -> None:
        """Make the same changes in the step at the cursor; what that step has not is left out, and ``remark`` tells."""
        recording, step = self._workspace.recording, self._workspace.step
        if recording is None or step is None or self.step < 0 or self.here:
            return
        old = recording.step(self.step)
        edits, lost = [], []
        for edit in self.edits:
            change = moved(recording, old, step, edit.change)
            if change is None:
                lost.append(change_words(edit.change))
            else:
                edits.append(replace(edit, change=change))
        words = tr("{step} has no such values: {changes}.")
        remark = words.format(step=capital(step_name(recording, step.index)), changes=", ".join(lost)) if lost else ""
        if edits:
            self._do(step.index, tuple(edits))
        self.remark = remark
        self.changed.emit(frozenset({"here"}))

    # -- edits ---------------------------------------------------------------------------------------------------------

    def _do(self, step: int, edits: tuple[Edit, ...], following: int | None = None) -> None:
        self._past.append((self.step, self.edits, self.following))
        self._future.clear()
        self._go_to((step if edits else -1, edits, self.following if following is None else following))

    def _go_to(self, sheet: Sheet) -> None:
        self.step, self.edits, self.following = sheet
        self._ask()
        self.changed.emit(frozenset({"edits"}))

    # -- questions -----------------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Ask anew; whatever was asked before is given up."""
        on = tuple(edit.change for edit in self.edits if edit.on)
        self.answer, self.outcomes, self.progress = None, (), None
        self.serial += 1
        self.remark, self.hopeless = "", False
        refusal = self._incomplete(self.step) if self.step >= 0 else ""
        if self.recording is None or refusal or not on:
            self._asking.cancel()
            self._leave()
            self._set("refused" if refusal else "", refusal)
        else:
            self._set("working", "")
            self._asking.ask(self.recording, WhatIfQuestion(self.step, on, self.following))

    def _progressed(self, progress: Progress) -> None:
        self.progress = progress
        self.changed.emit(frozenset({"progress"}))

    def _take(self, answer: Answer, outcomes: tuple[Outcome, ...]) -> None:
        self.progress = None
        if isinstance(answer, WhatIf):
            self.answer, self.outcomes = answer, outcomes
            self.state, self.message = "shown", ""
            self._show(answer)
            self.changed.emit(frozenset({"state"}))
        elif isinstance(answer, Refusal):
            self._leave()
            words = capital(answer.sentence) + ("" if answer.sentence.endswith(".") else ".")
            live = self._workspace.live is not None
            self.hopeless = bool(answer.missing) and not live
            if answer.missing and live:
                words += " " + tr("The script may still have them: pick each in the Inspector and fetch its value.")
            self._set("refused", words)
        else:
            self._set("cancelled", tr("Cancelled. The changes are still there."))

    def _show(self, answer: WhatIf) -> None:
        self._differences.show(
            WHAT_IF,
            heading(self),
            answer.rows,
            (self.step, self.step),
            (tr("recorded"), tr("what if")),
            tolerance=TOLERANCE,
            values=lambda row, side: self._asking.values(row.tensors[side], bool(side)),
            note=doubts(self),
            touched=(
                frozenset(tensor for edit in self.edits if edit.on for tensor in edit.change.tensors),
                frozenset(seq for edit in self.edits if edit.on for seq in edit.change.ops),
            ),
            keep=True,
        )

    def _leave(self) -> None:
        shown = self._differences.shown
        if shown is not None and shown.kind == WHAT_IF:
            self._differences.leave()

    def _set(self, state: str, message: str) -> None:
        if (state, message) != (self.state, self.message):
            self.state, self.message = state, message
            self.changed.emit(frozenset({"state"}))

    def _incomplete(self, step: int) -> str:
        """Why a step that is still running cannot be changed; "" for one that is complete."""
        workspace = self._workspace
        if workspace.state in ALIVE and step == workspace.step_count - 1:
            return tr(
                "{step} is not complete: the script is still in it. Let it go on to the next step (F11), or go back to "
                "an earlier one."
            ).format(step=capital(step_name(workspace.recording, step)))
        return ""

    # -- what others do ------------------------------------------------------------------------------------------------

    def _workspace_changed(self, reasons: Reasons) -> None:
        workspace = self._workspace
        if "recording" in reasons and workspace.recording is not self.recording:
            self._asking.close()
            self.answer, self.outcomes, self.progress = None, (), None
            self.recording = workspace.recording
            self.step, self.edits, self.following = -1, (), 0
            self._past, self._future, self.hopeless = [], [], False
            self.state = self.message = self.remark = ""
            self.changed.emit(frozenset({"edits", "state", "here"}))
        if workspace.cursor.step != self._at:
            self._at = workspace.cursor.step
            self.changed.emit(frozenset({"here"}))

    def _differences_changed(self, reasons: Reasons) -> None:
        if "shown" in reasons:
            self.changed.emit(frozenset({"here"}))


def _alike(one: Change, other: Change) -> bool:
    """Whether a change takes the place of another."""
    ways = (one.how, other.how)
    return (one.tensors, one.ops, one.index) == (other.tensors, other.ops, other.index) and (
        RATE not in ways or ways == (RATE, RATE)
    )
