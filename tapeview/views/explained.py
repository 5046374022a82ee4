"""What a recording's steps tell about None, zero, NaN and huge numbers, found out in the background, and which of it
the user looks at. Docks share one of these and know nothing of each other."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath
from typing import NamedTuple

from tapeview.explain import ERROR, NOTE, RULES, WARNING, Finding, Gathered, check_training, explain_step, spread
from tapeview.trace.query import Recording
from tapeview.views.background import Background
from tapeview.views.rule_book import RuleBook
from tapeview.views.runs import step_name
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.trail import Trail, position_of, trail_of
from tapeview.views.workspace import ALIVE, Reasons, Workspace

CHUNK = 10
"""Steps looked at in one go, so that the work can be given up."""
REMEMBERED = 50
"""Steps of which the findings are remembered one by one."""


class Located(NamedTuple):
    """A finding with the position in its step at which it happens."""

    finding: Finding
    position: int


class Counts(NamedTuple):
    """How many findings of each level a step has."""

    errors: int = 0
    warnings: int = 0
    notes: int = 0

    @property
    def worst(self) -> str:
        """The worst level there is, "" if there is none."""
        return ERROR if self.errors else WARNING if self.warnings else NOTE if self.notes else ""


class Explained:
    """Keeps the findings up to date with the workspace's recording, which may grow, and knows the one looked at.

    ``changed`` carries ``findings`` (more were found), ``here`` (those of the cursor's step are known now), ``trail``
    (another one is looked at, or another stop of it), ``asked`` (the one looked at answers a question that was just
    asked) and ``progress`` (more steps were looked at).

    Args:
        rules: levels and thresholds; when they change, everything is found anew.
    """

    def __init__(self, workspace: Workspace, background: Background, rules: RuleBook | None = None) -> None:
        self.changed: Signal[Reasons] = Signal()
        self.trail: Trail | None = None
        self._workspace, self._background = workspace, background
        self.rules = rules or RuleBook()
        self._recording: Recording | None = None
        self._until = 0
        self._listed: list[Located] = []
        self._begin_anew()
        self._disconnects = (
            workspace.changed.connect(self._workspace_changed),
            self.rules.changed.connect(self._rules_changed),
        )
        self._workspace_changed(frozenset({"recording"}))

    def dispose(self) -> None:
        """Stop listening to the workspace, and give up what is being looked at."""
        for disconnect in self._disconnects:
            disconnect()
        self._recording, self.trail = None, None
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._gathered = Gathered()
        self._of_training: list[Finding] = []
        self._trained = 0
        self._positions: dict[tuple[int, int, bool], int] = {}
        self._counts: dict[int, Counts] = {}
        self._found_steps: tuple[int, ...] = ()
        self._of_step: OrderedDict[int, tuple[Located, ...]] = OrderedDict()
        self._wanted = -1
        self._next = 0
        self._busy = self._stale = False
        self._round = object()

    # -- what was found ------------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether steps are being looked at."""
        return self._busy

    @property
    def progress(self) -> tuple[int, int]:
        """How many steps were looked at, and how many there are to look at."""
        return self._next, max(self._until, self._next)

    def findings(self) -> list[Located]:
        """What was found so far, the newest step first."""
        return self._listed

    def counts(self, step: int) -> Counts:
        """How many findings a step has, as far as it was looked at."""
        return self._counts.get(step, Counts())

    def steps_found(self) -> tuple[int, ...]:
        """The steps in which something was found; the same tuple until there are more."""
        if len(self._found_steps) != len(self._counts):
            self._found_steps = tuple(self._counts)
        return self._found_steps

    @property
    def step(self) -> int:
        """The step of the cursor, which ``here`` is about."""
        return self._workspace.cursor.step

    def here(self) -> tuple[Located, ...]:
        """The findings of the cursor's step; () while they are not known. Those of a step long past are found again,
        and ``changed`` says when.
        """
        step, recording = self._workspace.cursor.step, self._recording
        found = self._of_step.get(step)
        if found is not None:
            return found
        if recording is not None and step in self._counts and step != self._wanted:
            this = self._round
            self._wanted = step

            def done(found: list[Located]) -> None:
                if this is self._round:
                    self._wanted = -1
                    self._remember(step, found)
                    self.changed.emit(frozenset({"here"}))

            self._background.submit(lambda: _located(recording, step, self.rules), done)
        return self._of_step.get(step, ())

    # -- what is looked at ---------------------------------------------------------------------------------------------

    def look_at(self, finding: Finding) -> None:
        """Look at a finding: its trail is drawn, and the cursor goes to where it happens."""
        recording = self._recording
        if recording is None or not 0 <= finding.step < recording.step_count:
            return
        step = recording.step(finding.step)
        self.trail = trail_of(recording, step, finding)
        self._workspace.move_to(finding.step, position_of(step, finding))
        self.changed.emit(frozenset({"trail"}))
        this = self.trail

        def done(found: tuple[int, ...]) -> None:
            if self.trail is not None and self.trail.finding is this.finding and found:
                self.trail = replace(self.trail, poisoned=found)
                self.changed.emit(frozenset({"trail"}))

        self._background.submit(lambda: spread(recording, finding), done)

    def ask(self, question: Callable[[], Finding | None]) -> None:
        """Find an answer in the background, and look at it."""
        this = self._round

        def done(finding: Finding | None) -> None:
            if finding is not None and this is self._round:
                self.look_at(finding)
                self.changed.emit(frozenset({"asked"}))

        self._background.submit(question, done)

    def go_to(self, stop: int) -> None:
        """Move the cursor to a stop of the trail."""
        if self.trail is not None and self.trail.stops:
            self.trail = self.trail.standing(stop)
            self._workspace.move_to(self.trail.step, self.trail.stops[self.trail.at].position)
            self.changed.emit(frozenset({"trail"}))

    def along(self, stops: int) -> None:
        """Move on along the trail, or back (-1)."""
        if self.trail is not None:
            self.go_to(self.trail.at + stops if self.trail.at >= 0 else 0)

    def leave(self) -> None:
        """Look at no finding."""
        if self.trail is not None:
            self.trail = None
            self.changed.emit(frozenset({"trail"}))

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _workspace_changed(self, reasons: Reasons) -> None:
        if not reasons & {"recording", "data", "state"}:
            return
        workspace = self._workspace
        recording = workspace.recording
        if recording is not self._recording:
            self._recording, self.trail = recording, None
            self._begin_anew()
            self._list()
            self.changed.emit(frozenset({"findings", "here", "trail"}))
        # A script that runs freely is not disturbed, and its newest step may not be complete.
        count = recording.step_count - (workspace.state in ALIVE) if recording is not None else 0
        self._until = 0 if workspace.state == "running" else count
        self._catch_up()

    def _go_on(self) -> None:
        recording, this = self._recording, self._round
        if self._busy or recording is None:
            return
        if self._next >= self._until:
            if self._trained != self._until > 0:
                self._check_training(recording, self._until)
            return
        steps = range(self._next, self._until)[:CHUNK]
        self._busy = True

        def job() -> list[list[Located]]:
            found: list[list[Located]] = []
            for step in steps:
                if this is not self._round:
                    break
                found.append(_located(recording, step, self.rules))
            return found

        def done(found: list[list[Located]]) -> None:
            if this is not self._round:
                return
            self._busy = False
            self._next = steps[-1] + 1
            for step, several in zip(steps, found, strict=False):
                self._remember(step, several)
                for one, position in several:
                    self._positions.setdefault((one.step, one.op, one.backward), position)
                self._gathered.add([one for one, _ in several])
            news = {"findings", "here"} if any(found) or steps[0] == 0 else set()
            if news:
                self._list()
            self.changed.emit(frozenset({"progress", *news}))
            self._go_on()

        self._background.submit(job, done)

    def _check_training(self, recording: Recording, count: int) -> None:
        """What the rules on the whole training say, now that it has ``count`` steps."""
        this, settings = self._round, self.rules.settings
        self._busy = True

        def done(found: list[Finding]) -> None:
            if this is self._round:
                self._busy, self._trained = False, count if settings is self.rules.settings else 0
                news, self._of_training = found != self._of_training, found
                if news:
                    self._list()
                self.changed.emit(frozenset({"progress", *({"findings"} if news else ())}))
                self._go_on()

        self._background.submit(lambda: check_training(recording, settings, lambda: this is not self._round), done)

    def _rules_changed(self, names: frozenset[str]) -> None:
        """Other levels or thresholds hold: what they are about is found anew. The finding looked at stays."""
        self._trained = 0
        if any(RULES[name].training is None for name in names):
            self._stale = True
        self._catch_up()

    def _catch_up(self) -> None:
        if self._stale and self._workspace.state != "running":
            self._begin_anew()  # what was found before is shown until the first news
        self._go_on()

    def _list(self) -> None:
        found = sorted([*self._of_training, *self._gathered.findings()], key=lambda one: -one.step)
        self._listed = [Located(one, self._positions.get((one.step, one.op, one.backward), 0)) for one in found]

    def _remember(self, step: int, found: list[Located]) -> None:
        levels = [one.finding.level for one in found]
        if found:
            self._counts[step] = Counts(*(levels.count(level) for level in (ERROR, WARNING, NOTE)))
        self._of_step[step] = tuple(found)
        if len(self._of_step) > REMEMBERED:
            self._of_step.popitem(last=False)


def _located(recording: Recording, step: int, rules: RuleBook) -> list[Located]:
    here, settings = recording.step(step), rules.settings
    return [Located(one, position_of(here, one)) for one in explain_step(recording, step, alone=False, rules=settings)]


def title(finding: Finding) -> str:
    """The heading of a finding."""
    words = {
        "none": tr("The gradient of {subject} is None: {cause}"),
        "zero": tr("The gradient of {subject} is zero: {cause}")
        if finding.backward
        else tr("{subject} is zero: {cause}"),
        "nonfinite": tr("{subject} is not finite: {cause}"),
        "huge": tr("{subject} is huge: {cause}"),
        "rule": tr("{title}: {subject}"),
    }.get(finding.kind, tr("{subject}: {cause}"))
    known = RULES.get(finding.cause) if finding.kind == "rule" else None
    cause = _cause(finding.cause)
    text = words.format(subject=finding.subject, cause=cause, title=known.title if known else cause)
    return text[0].upper() + text[1:] if text.startswith("the gradient of ") else text


def _cause(cause: str) -> str:
    """A cause as people say it, where its word for programs is too short."""
    return {
        "rule made it": tr("made by a gradient rule"),
        "a rule gave None": tr("its custom gradient gave None"),
        "no path": tr("nothing computed from it gets to the target"),
        "not used": tr("the target does not use it"),
        "assign": tr("written into a variable on the way"),
        "copied": tr("copied as a plain number"),
        "bad data": tr("it came in with the data"),
        "bad before the step": tr("it comes from an earlier step"),
        "huge before the step": tr("it comes from an earlier step"),
        "no value": tr("a computation without a result"),
        "made zero by the rule": tr("a gradient rule made zeros"),
        "made zero by the op": tr("an op made zeros"),
        "a factor is too small": tr("too small for the dtype"),
    }.get(cause, cause)


def advice(finding: Finding) -> str:
    """What to do."""
    return tr("What to do: {advice}").format(advice=finding.advice)


def reached(finding: Finding) -> str:
    """What it got into, "" for nothing."""
    return tr("Reached: {names}").format(names=", ".join(finding.poisoned)) if finding.poisoned else ""


def where(recording: Recording, finding: Finding) -> str:
    """``train.py, line 9 · step 3``, with how many more steps have the same."""
    name = PurePath(recording.source(finding.file).path).name if finding.file else ""
    step = step_name(recording, finding.step)
    if finding.steps > 1:
        step = tr("{step} and {more} more").format(step=step, more=finding.steps - 1)
    if not name or not finding.line:
        return step
    return tr("{file}, line {line}").format(file=name, line=finding.line) + f" · {step}"
