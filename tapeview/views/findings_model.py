"""What the Findings dock shows: what went wrong, and what the script asks for that is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from tapeview.explain import Finding as Explanation
from tapeview.explain.places import position_of
from tapeview.explain.rules import Settings, rule_of
from tapeview.trace.query import Recording
from tapeview.trace.records import Failure
from tapeview.views import finding_words
from tapeview.views.explained import Explained, Located
from tapeview.views.inspector_words import plural
from tapeview.views.landing import BREAKPOINT
from tapeview.views.rules_model import rule_words
from tapeview.views.runs import step_name
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.workspace import Reasons, Workspace

MOST = 100
"""Explanations shown, at most."""

_FILE_LINE = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+)')


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One line of a traceback; ``file`` (an id, 0 = the script) and ``line`` are set where a click can show the
    source.
    """

    text: str
    file: int = -1
    line: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One card. ``kind`` is ``failure``, ``recorder``, ``unsupported``, or an explanation's level: ``error``,
    ``warning``, ``note``. ``position`` is the place in the step, -1 for its end. ``group`` is the heading that it
    stands under. An ``explanation`` has ``advice``, the stops of its path as ``hops`` (one can go there), and what it
    ``reached``; ``rule`` is the name of the rule that it is of, ``rule_words`` that rule with its thresholds.
    """

    kind: str
    title: str
    message: str
    where: str
    trace: tuple[TraceLine, ...] = ()
    file: int = -1
    line: int = 0
    step: int = -1
    position: int = -1
    group: str = ""
    advice: str = ""
    hops: tuple[str, ...] = ()
    reached: str = ""
    rule: str = ""
    rule_words: str = ""
    explanation: Explanation | None = None


class FindingsModel:
    """``findings``: failures, the most recent first; explanations, the newest step first; notices. ``chosen`` is the
    number of the one looked at, -1 for none. ``changed`` after they changed, ``moved`` after another was chosen, or
    another stop of its path; ``show_line`` asks for a line of a file, ``show_rule`` for a rule by its name ("" = any).

    Args:
        explanations: what was found out about the steps; without it there are only failures and notices.
    """

    def __init__(self, workspace: Workspace, explanations: Explained | None = None) -> None:
        self.changed: Signal[()] = Signal()
        self.moved: Signal[()] = Signal()
        self.show_line: Signal[int, int] = Signal()
        self.show_rule: Signal[str] = Signal()
        self._workspace = workspace
        self.findings: tuple[Finding, ...] = ()
        self.chosen = -1
        self._told = ""
        self._worded: Settings | None = None
        self._explained = explanations
        self._disconnects = [workspace.changed.connect(self._workspace_changed)]
        if explanations is not None:
            self._disconnects.append(explanations.changed.connect(self._explained_changed))
        self._workspace_changed(frozenset({"recording"}))

    def dispose(self) -> None:
        """Stop listening."""
        for disconnect in self._disconnects:
            disconnect()

    @property
    def summary(self) -> str:
        """``2 errors, 1 note``; "" without findings."""
        kinds = [finding.kind for finding in self.findings]
        return _counted(["error" if kind == "failure" else kind for kind in kinds])

    @property
    def stop(self) -> int:
        """The stop of the chosen one's path that was gone to last, -1 for none."""
        trail = self._explained.trail if self._explained is not None else None
        return trail.at if trail is not None else -1

    def show(self, file: int, line: int) -> None:
        """Ask for a line to be shown."""
        if file >= 0 and line > 0:
            self.show_line.emit(file, line)

    def go_to_step(self, finding: Finding) -> None:
        """Move the cursor to where a finding happened; for a failure, the last thing that ran before it."""
        if finding.explanation is not None and self._explained is not None:
            self._explained.look_at(finding.explanation)
            return
        step = finding.step if finding.step >= 0 else 0
        last = max(0, self._workspace.position_count(step) - 1)
        self._workspace.move_to(step, finding.position if finding.position >= 0 else last)

    def go_to_hop(self, finding: Finding, hop: int) -> None:
        """Move the cursor to a stop of a finding's path."""
        if finding.explanation is None or self._explained is None:
            return
        trail = self._explained.trail
        if trail is None or trail.finding != finding.explanation:
            self._explained.look_at(finding.explanation)
        self._explained.go_to(hop)

    @property
    def can_go(self) -> bool:
        """Whether there is a finding to go to."""
        return any(self._leads(finding) for finding in self.findings)

    def next(self, step: int = 1) -> None:
        """Go to the next finding that happened somewhere (-1: the one before), round and round."""
        places = [number for number, finding in enumerate(self.findings) if self._leads(finding)]
        if not places:
            return
        after = [number for number in places if (number - self.chosen) * step > 0] if self.chosen >= 0 else []
        ends = places if step > 0 else places[::-1]
        number = (min(after) if step > 0 else max(after)) if after else ends[0]
        chosen = self.findings[number]
        self.go_to_step(chosen)
        if chosen.explanation is None:
            if self._explained is not None:
                self._explained.leave()
            self.chosen = number
            self.moved.emit()

    @property
    def progress(self) -> str:
        """How far the steps were looked at; "" when all were."""
        done, total = self._explained.progress if self._explained is not None else (0, 0)
        return tr("{done} of {total} steps").format(done=done, total=total) if done < total else ""

    @property
    def _settings(self) -> Settings:
        return self._explained.rules.settings if self._explained is not None else Settings()

    @staticmethod
    def _leads(finding: Finding) -> bool:
        return finding.explanation is not None or (finding.kind == "failure" and finding.step >= 0)

    def _workspace_changed(self, reasons: Reasons) -> None:
        if reasons & {"recording", "data", "state"}:
            self._refresh()

    def _explained_changed(self, reasons: Reasons) -> None:
        if reasons & {"findings", "trail"} or self._settings is not self._worded:
            self._refresh()
        elif self.progress != self._told:
            self._told = self.progress
            self.changed.emit()
        if "trail" in reasons:
            self.moved.emit()

    def _refresh(self) -> None:
        self._worded = self._settings
        recording = self._workspace.recording
        failures = recording.failures() if recording is not None else ()
        findings = tuple(self._failure(failure) for failure in reversed(failures))
        if self._explained is not None and recording is not None:
            located = self._explained.findings()[:MOST]
            several = [one.finding for one in located]
            looked_at = self._explained.trail.finding if self._explained.trail is not None else None
            if looked_at is not None and not any(_same(one, looked_at) for one in several):
                # Somebody asked for it; of itself it is of no interest.
                place = position_of(recording.step(looked_at.step), looked_at)
                findings = (self._card(recording, Located(looked_at, place), tr("Asked for")), *findings)
            findings += tuple(self._card(recording, one, _heading(recording, one.finding, several)) for one in located)
        findings += tuple(
            Finding(
                notice.kind,
                tr("Not supported yet") if notice.kind == "unsupported" else tr("Note"),
                notice.text,
                self._where(notice.path, notice.line),
                file=self._file(notice.path),
                line=notice.line,
                group=tr("Before it runs"),
            )
            for notice in self._workspace.notices
        )
        trail = self._explained.trail if self._explained is not None else None
        if trail is not None:
            places = (n for n, one in enumerate(findings) if one.explanation and _same(one.explanation, trail.finding))
            self.chosen = next(places, -1)
        elif self.chosen >= len(findings) or (self.chosen >= 0 and findings[self.chosen].explanation is not None):
            self.chosen = -1
        if findings != self.findings or self.progress != self._told:
            self.findings, self._told = findings, self.progress
            self.changed.emit()

    def _card(self, recording: Recording, located: Located, group: str) -> Finding:
        one = located.finding
        rule = rule_of(one)
        hops = tuple(
            (f"{hop.name} ({hop.line})" if hop.line else hop.name) + (" ∇" if hop.backward else "") for hop in one.path
        )
        return Finding(
            one.level,
            finding_words.title(one),
            one.text,
            finding_words.where(recording, one),
            file=one.file or -1,
            line=one.line,
            step=one.step,
            position=located.position,
            group=group,
            advice=finding_words.advice(one),
            hops=hops if len(hops) > 1 else (),
            reached=finding_words.reached(one),
            rule=rule.name if rule is not None else "",
            rule_words=rule_words(rule.name, self._settings) if rule is not None else "",
            explanation=one,
        )

    def _failure(self, failure: Failure) -> Finding:
        recording = self._workspace.recording
        assert recording is not None
        lines = []
        for text in failure.traceback.rstrip("\n").split("\n"):
            match = _FILE_LINE.match(text)
            file = self._file(match["path"]) if match else -1
            lines.append(TraceLine(text, file, int(match["line"]) if match and file >= 0 else 0))
        frames = recording.frames(failure.site) if failure.site else ()
        known = [line for line in lines if line.file >= 0]
        file, line = (
            (frames[0].file, frames[0].line) if frames else (known[-1].file, known[-1].line) if known else (-1, 0)
        )
        where = self._where(recording.source(file).path, line) if file > 0 else ""
        if failure.step >= 0:
            step = step_name(recording, failure.step)
            where = f"{where} · {step}" if where else step
        if failure.op:
            where += f" · {failure.op}"
        kind = "recorder" if failure.kind == "recorder" else "failure"
        title = failure.type
        if failure.kind == BREAKPOINT:
            title = tr("Stopped at breakpoint {text}").format(text=failure.type)
        group = tr("What ended the script") if kind == "failure" else tr("Trouble of the recorder")
        return Finding(kind, title, failure.message, where, tuple(lines), file, line, failure.step, group=group)

    def _where(self, path: str, line: int) -> str:
        name = PurePath(path).name
        return tr("{file}, line {line}").format(file=name, line=line) if line else name

    def _file(self, path: str) -> int:
        recording, script = self._workspace.recording, self._workspace.script
        if recording is not None:
            for source in recording.sources():
                if source.path == path or PurePath(source.path).name == path:
                    return source.id
            return -1
        return 0 if script is not None and (str(script) == path or not path or script.name == path) else -1


def _same(one: Explanation, other: Explanation) -> bool:
    """Whether two findings are one, whatever they are told of other steps."""
    keys = ((f.kind, f.cause, f.step, f.op, f.backward, f.subject, f.file, f.line) for f in (one, other))
    return next(keys) == next(keys)


def _heading(recording: Recording, one: Explanation, several: list[Explanation]) -> str:
    """``Step 12 · 2 errors, 1 note``: the step in which it was found first."""
    levels = [other.level for other in several if other.step == one.step]
    step = step_name(recording, one.step)
    return f"{step[0].upper()}{step[1:]} · {_counted(levels)}"


def _counted(levels: list[str]) -> str:
    words = (
        (levels.count("error"), tr("1 error"), tr("{n} errors")),
        (levels.count("warning"), tr("1 warning"), tr("{n} warnings")),
        (levels.count("note"), tr("1 note"), tr("{n} notes")),
    )
    return ", ".join(plural(count, single, many) for count, single, many in words if count)
