"""Is this gradient right? What the Gradient check dock shows: what is checked, how far that is, and what came out.

Gradients are checked against finite differences by another process, from the recording; the script has no part in it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tapeview.explain.questions import WRONG, Answer, Cancelled, Checked, Checks, Progress, Refusal
from tapeview.trace.query import Recording, Step
from tapeview.trace.records import Op
from tapeview.views.background import Reporting
from tapeview.views.check_results import WORST_FIRST, CheckResults
from tapeview.views.check_targets import (
    ALL,
    SOURCE,
    Target,
    culprit_of,
    definition_of,
    has_own_rule,
    line_of,
    op_target,
    picked,
    place_of,
    shape_of,
    targets,
    was_differentiated,
)
from tapeview.views.check_words import brief, explanation, introduction
from tapeview.views.replayer import Asker
from tapeview.views.runs import step_name
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.workspace import Reasons, Selection, SelectionKind, Workspace

AMOUNTS = ((0, 2.0), (20, 0.0), (100, 0.0), (1000, 0.0), (0, 20.0))
"""What one can choose of each gradient: so many elements, or (0) as many as are done in about so many seconds."""


class CheckModel:
    """``state`` is "" (nothing was checked yet), "running", "done", "cancelled" or "refused".

    ``results`` came so far, of ``step``, which need not be the cursor's. ``changed`` carries ``targets`` (what can be
    checked), ``state`` (with progress), and what `CheckResults` says. ``wanted`` says that somebody asked for a check,
    which is to be seen; ``show_line`` carries file and line of a definition.
    """

    def __init__(self, workspace: Workspace, background: Reporting, make: Callable[[Path], Asker]) -> None:
        self.changed: Signal[Reasons] = Signal()
        self.wanted: Signal[()] = Signal()
        self.show_line: Signal[int, int] = Signal()
        self.results = CheckResults(self.changed, self._shape_of)
        self.amount = 0
        self._workspace, self._background, self._make = workspace, background, make
        self._asker: Asker | None = None
        self._recording: Recording | None = None
        self._step: Step | None = None
        self._targets: tuple[Target, ...] = ()
        self._picked: Target | None = None
        self._forget()
        self._disconnect = workspace.changed.connect(self._workspace_changed)
        self._workspace_changed(frozenset({"recording"}))

    def dispose(self) -> None:
        """Stop listening, and end the process that checks."""
        self._disconnect()
        self._forget()
        self._close()

    def _forget(self) -> None:
        self.state, self.message = "", ""
        self.missing: tuple[str, ...] = ()
        self.progress: Progress | None = None
        self.step = -1
        self._of: Target | None = None
        self._token = object()
        self.results.clear()

    # -- what can be checked -------------------------------------------------------------------------------------------

    @property
    def targets(self) -> tuple[Target, ...]:
        """What the list offers for the cursor's step; one that was asked for besides comes last."""
        recording, step = self._workspace.recording, self._workspace.step
        if step is not self._step:
            self._step = step
            self._targets = targets(recording, step) if recording is not None and step is not None else ()
        picked = self._picked
        if picked is not None and picked not in self._targets and self._fits(picked):
            return (*self._targets, picked)
        return self._targets

    @property
    def target(self) -> int:
        """The number of the one that is chosen, -1 if there is none."""
        offered = self.targets
        for n, one in enumerate(offered):
            if one == self._picked:
                return n
        # The same thing in another step has other ids.
        name = self._picked.name if self._picked is not None else ""
        return next((n for n, one in enumerate(offered) if one.name == name), 0 if offered else -1)

    def _fits(self, target: Target) -> bool:
        step = self._step
        return step is not None and target.op in step.ops and was_differentiated(step, target.op)

    def amounts(self) -> list[str]:
        """The choices of how many elements are looked at, in words."""
        seconds, count = tr("for {n} seconds"), tr("{n} elements each")
        return [count.format(n=n) if n else seconds.format(n=f"{time:g}") for n, time in AMOUNTS]

    @property
    def running(self) -> bool:
        return self.state == "running"

    @property
    def can_check(self) -> bool:
        """Whether the cursor's step has gone so far back that there is a gradient to check."""
        step = self._workspace.step
        return self._workspace.path is not None and step is not None and any(call.steps for call in step.calls.values())

    # -- what came out -------------------------------------------------------------------------------------------------

    @property
    def heading(self) -> str:
        """What was checked, and in which step."""
        recording = self._recording
        if self._of is None or recording is None:
            return ""
        return f"{self._of.name} · {step_name(recording, self.step)}"

    @property
    def cancelled_text(self) -> str:
        """That there would have been more."""
        if self.state != "cancelled" or self.progress is None or not self.results.found:
            return ""
        return tr("cancelled after {n} of {count}").format(n=len(self.results.found), count=self.progress.of)

    @property
    def progress_text(self) -> str:
        """How far the check is: ``3 of 8 · dense/kernel``."""
        progress = self.progress
        if progress is None or not progress.of:
            return tr("The step is worked out again …")
        words = tr("{n} of {count}").format(n=min(progress.done + 1, progress.of), count=progress.of)
        return f"{words} · {progress.words}" if progress.words else words

    @property
    def go_text(self) -> str:
        """What `go` does, for a link."""
        found, recording = self.results.current, self._recording
        if found is None or recording is None:
            return ""
        op = self._blamed(recording)
        return tr("Show {name} in the graph").format(name=op.op) if op is not None else tr("Show it in the graph")

    @property
    def definition_text(self) -> str:
        """What `go_to_definition` does, "" if there is no function to blame or its definition is not known."""
        place = self._definition()
        return tr("Its definition, line {line}").format(line=place[1]) if place[1] else ""

    @property
    def text(self) -> str:
        """What is going on, or what the result looked at means and what to do."""
        if self.state == "refused":
            return self.message
        if self.state == "cancelled" and not self.results.found:
            return tr("Cancelled, before anything was known.")
        found, recording = self.results.current, self._recording
        if self.running and found is None:
            return tr("Checking. What is known so far comes up here.")
        if found is not None and recording is not None:
            op = self._blamed(recording)
            line = line_of(recording, op.site) if op is not None else 0
            words = tr("{name} (line {line})").format(name=op.op, line=line) if op is not None else ""
            return explanation(found, (words,) if words else ())
        if self.state == "done":
            return tr("There was nothing to check: no gradient of floating point numbers was found here.")
        return introduction(self._workspace.step_count > 0, bool(self.targets))

    def verdict_here(self) -> tuple[str, str]:
        """Verdict and a sentence on what is selected, else on what the cursor stands at; "" for both if that was not
        checked.
        """
        found = self._found_here()
        return (found.verdict, brief(found)) if found is not None else ("", "")

    def _found_here(self) -> Checked | None:
        subject = picked(self._workspace) if self.step == self._workspace.cursor.step else None
        if subject is None:
            return None
        source = self._source(subject) if subject.kind != "op" else None
        several = [
            one
            for one in self.results.found
            if (one.op == subject.id if subject.kind == "op" else source is not None and source.covers(one))
        ]
        return min(several, key=lambda one: (WORST_FIRST.index(one.verdict), -one.worst.error), default=None)

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def choose(self, number: int) -> None:
        """Choose what will be checked; a number out of range changes nothing."""
        if 0 <= number < len(self.targets):
            self._picked = self.targets[number]
            self.changed.emit(frozenset({"targets"}))

    def choose_amount(self, number: int) -> None:
        """Choose how many elements are looked at."""
        if 0 <= number < len(AMOUNTS):
            self.amount = number

    def check_all(self) -> None:
        """Check all gradients of the cursor's step."""
        self.wanted.emit()
        offered = self.targets
        if offered and offered[0].kind == ALL:
            self._picked = offered[0]
            self.check()
        elif self._workspace.recording is not None:
            self._refuse(introduction(self._workspace.step_count > 0, False))

    def check_op(self, op: int) -> None:
        """Check what the rule of an op (its ``seq``) sends to its inputs."""
        recording, step = self._workspace.recording, self._workspace.step
        if recording is None or step is None or op not in step.ops:
            return
        self.wanted.emit()
        self._picked = op_target(recording, step.ops[op])
        if was_differentiated(step, op):
            self.check()
            return
        text = tr("{name} got no gradient in this step, so there is none to check: its rule was not applied.")
        name = self._picked.name
        self._refuse(text.format(name=name[:1].upper() + name[1:]))

    def check_source(self, source: Selection) -> None:
        """Check what a gradient call answered for a variable or a tensor."""
        self.wanted.emit()
        found = self._source(source)
        if found is None:
            self._refuse(tr("This step did not ask for its gradient, or the gradient is None: there is none to check."))
            return
        self._picked = found
        self.check()

    def check_here(self) -> None:
        """Check the gradient of what is selected, else of what the cursor stands at."""
        subject = picked(self._workspace)
        if subject is None:
            self.check_all()
        elif subject.kind == "op":
            self.check_op(subject.id)
        else:
            self.check_source(subject)

    def show_here(self) -> None:
        """Look at what a check came to, of what is selected or the cursor stands at; check that if nobody did."""
        found = self._found_here()
        if found is None:
            self.check_here()
        else:
            self.wanted.emit()
            self.results.look_at(self.results.found.index(found))

    def check(self) -> None:
        """Check what is chosen, in the cursor's step. What was being checked is given up."""
        recording, path, number = self._workspace.recording, self._workspace.path, self.target
        if recording is None or path is None or number < 0:
            return
        self._give_up()
        target, step = self.targets[number], self._workspace.cursor.step
        self._forget()
        self._picked = self._of = target
        self._recording, self.step, self.state = recording, step, "running"
        if self._asker is None:
            self._asker = self._make(path)
        asker, token = self._asker, self._token
        elements, seconds = AMOUNTS[self.amount]
        question = target.question(step, elements, seconds)

        def news(progress: Progress) -> None:
            self._background.tell(lambda: self._take(token, progress))

        def answer() -> Answer:
            # It may have been given up while it waited for the one before it.
            return asker.ask(question, news) if token is self._token else Cancelled()

        self.changed.emit(frozenset({"targets", "state"}))
        self._background.submit(answer, lambda found: self._done(token, found))

    def cancel(self) -> None:
        """Give up what is being checked; what is known already stays."""
        if self.running:
            self._give_up()
            self.state = "cancelled"
            self.changed.emit(frozenset({"state"}))

    def go(self) -> None:
        """Move the cursor to what the result looked at is about: the function that is to blame, else where the gradient
        was sent; of a source, that is selected. Its furthest element is looked at.
        """
        found, recording = self.results.current, self._recording
        if found is None or recording is None:
            return
        self.results.look_at_worst()
        step = recording.step(self.step)
        culprit = culprit_of(recording, step, found)
        place = culprit[1] if culprit is not None else place_of(recording, step, found)
        if place < 0:
            return
        self._workspace.move_to(self.step, place)
        if culprit is None and not found.op:
            source = step.calls[found.call].started.sources[found.source]
            kind: SelectionKind = "variable" if source.variable else "tensor"
            self._workspace.select(kind, source.variable or source.tensor)

    def go_to_definition(self) -> None:
        """Show where the function that is to blame is defined."""
        file, line = self._definition()
        if line:
            self.show_line.emit(file, line)

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _workspace_changed(self, reasons: Reasons) -> None:
        workspace = self._workspace
        if "recording" in reasons:
            self._close()
            self._step, self._targets, self._picked, self._recording = None, (), None, workspace.recording
            self._forget()
            self.changed.emit(frozenset({"targets", "state"}))
        elif reasons & {"cursor", "data", "state"}:
            # What can be checked is listed once somebody looks: steps may follow each other quickly.
            self.changed.emit(frozenset({"targets", "state"}))

    def _close(self) -> None:
        if self._asker is not None:
            self._asker.close()
            self._asker = None

    def _give_up(self) -> None:
        self._token = object()
        if self.running and self._asker is not None:
            self._asker.cancel()

    def _refuse(self, sentence: str) -> None:
        self._give_up()
        self._forget()
        self.state, self.message = "refused", sentence
        self.changed.emit(frozenset({"targets", "state"}))

    def _take(self, token: object, progress: Progress) -> None:
        if token is self._token and self.running:
            self.progress = progress
            if progress.found is not None:
                self.results.show((*self.results.found, progress.found))
            self.changed.emit(frozenset({"state"}))

    def _done(self, token: object, answer: Answer) -> None:
        if token is not self._token:
            return
        if isinstance(answer, Checks):
            self.state = "done"
            self.results.show(answer.found)
        elif isinstance(answer, Refusal):
            words = answer.sentence
            self.state, self.message, self.missing = "refused", f"{words[:1].upper()}{words[1:]}.", answer.missing
        elif isinstance(answer, Cancelled):
            self.state = "cancelled"
        self.changed.emit(frozenset({"state"}))

    def _blamed(self, recording: Recording) -> Op | None:
        """The function with a rule of its own that the result looked at is about, or that is to blame for it."""
        found = self.results.current
        if found is None or found.verdict != WRONG:
            return None
        step = recording.step(self.step)
        culprit = culprit_of(recording, step, found)
        op = culprit[0] if culprit is not None else step.ops.get(found.op)
        return op if op is not None and has_own_rule(recording, op) else None

    def _shape_of(self, found: Checked) -> tuple[int, ...]:
        assert self._recording is not None
        return shape_of(self._recording, self._recording.step(self.step), found)

    def _definition(self) -> tuple[int, int]:
        op = self._blamed(self._recording) if self._recording is not None else None
        return definition_of(self._recording, op) if op is not None and self._recording is not None else (0, 0)

    def _source(self, subject: Selection) -> Target | None:
        for one in self.targets:
            if one.kind == SOURCE and subject.id == (one.variable if subject.kind == "variable" else one.tensor):
                return one
        return None
