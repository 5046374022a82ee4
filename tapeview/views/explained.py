"""What a recording's steps tell about None, zero, NaN and huge numbers, found out in the background, and which of it
the user looks at. Docks share one of these and know nothing of each other."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from tapeview.explain import ERROR, NOTE, RULES, WARNING, Finding, Gathered, check_training, explain_step, spread
from tapeview.explain.patrol import Seen
from tapeview.explain.places import position_of
from tapeview.trace.query import Recording
from tapeview.views.background import Background
from tapeview.views.following import Following
from tapeview.views.rule_book import RuleBook
from tapeview.views.signal import Signal
from tapeview.views.trail import Trail, trail_of
from tapeview.views.workspace import ALIVE, Reasons, Workspace

CHUNK = 10
"""Steps looked at in one go, so that the work can be given up."""
REMEMBERED = 50
"""Steps of which the findings are remembered one by one."""
SOON = 2.0
"""Seconds after which a script that still runs is looked at while it runs ..."""
TELL_EVERY = 1.0
"""... and between two times at which its findings are told then."""


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

    While a script runs freely nothing is looked for in this process; one of its own does, after a moment.

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
        self._following: Following | None = None
        self._runs_since = self._told_at = 0.0
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
        self._follow_no_more()
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
        self._ahead: set[int] = set()
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
            self._follow_no_more()
            self._recording, self.trail = recording, None
            self._begin_anew()
            self._list()
            self.changed.emit(frozenset({"findings", "here", "trail"}))
        # A script that runs freely is not disturbed, and its newest step may not be complete.
        count = recording.step_count - (workspace.state in ALIVE) if recording is not None else 0
        running = workspace.state == "running"
        self._until = 0 if running else count
        if recording is not None and running:
            self._follow(recording)
        elif workspace.state not in ALIVE:
            self._follow_no_more()
        self._catch_up()

    def _follow(self, recording: Recording) -> None:
        """The script runs: take what the process that looks at it has found."""
        now = time.monotonic()
        self._runs_since = self._runs_since or now
        if self._following is None:
            if now - self._runs_since < SOON:
                return  # many scripts are over by then
            self._following = Following(recording.path)
            self._following.order(self.rules.texts())
        if now - self._told_at < TELL_EVERY:
            return
        self._told_at = now
        news = False
        for one in self._following.take():
            if not isinstance(one, Seen):
                self._of_training, news = list(one.found), news or list(one.found) != self._of_training
            elif one.step >= self._next and one.step not in self._ahead:
                self._ahead.add(one.step)
                self._put(one.step, [Located(*found) for found in one.found])
                news = news or bool(one.found)
        if news:
            self._list()
            self.changed.emit(frozenset({"findings", "here"}))

    def _follow_no_more(self) -> None:
        following, self._following, self._runs_since = self._following, None, 0.0
        if following is not None:
            following.close()

    def _go_on(self) -> None:
        recording, this = self._recording, self._round
        if self._busy or recording is None:
            return
        if self._next >= self._until:
            if self._trained != self._until > 0:
                self._check_training(recording, self._until)
            return
        steps = range(self._next, self._until)[:CHUNK]
        wanted = [step for step in steps if step not in self._ahead]
        self._busy = True

        def job() -> list[list[Located]]:
            found: list[list[Located]] = []
            for step in wanted:
                if this is not self._round:
                    break
                found.append(_located(recording, step, self.rules))
            return found

        def done(found: list[list[Located]]) -> None:
            if this is not self._round:
                return
            self._busy = False
            self._next = steps[-1] + 1
            for step, several in zip(wanted, found, strict=False):
                if step not in self._ahead:
                    self._put(step, several)
            self._ahead.difference_update(steps)
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
        elif self._following is not None:
            self._following.order(self.rules.texts())
        self._catch_up()

    def _catch_up(self) -> None:
        if self._stale and (self._workspace.state != "running" or self._following is not None):
            self._begin_anew()  # what was found before is shown until the first news
            if self._following is not None:
                self._following.order(self.rules.texts())
        self._go_on()

    def _list(self) -> None:
        found = sorted([*self._of_training, *self._gathered.findings()], key=lambda one: -one.step)
        self._listed = [Located(one, self._positions.get((one.step, one.op, one.backward), 0)) for one in found]

    def _put(self, step: int, several: list[Located]) -> None:
        self._remember(step, several)
        for one, position in several:
            self._positions.setdefault((one.step, one.op, one.backward), position)
        self._gathered.add([one for one, _ in several])

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
