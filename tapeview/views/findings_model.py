"""What the Findings dock shows: what went wrong, and what the script asks for that is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from tapeview.trace.records import Failure
from tapeview.views import explained
from tapeview.views.background import Background
from tapeview.views.landing import BREAKPOINT
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.workspace import ALIVE, Reasons, Workspace

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
    ``warning``, ``note``. ``position`` is the place in the step, -1 for its end.
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


class FindingsModel:
    """``findings``: failures, the most recent first; explanations, the newest step first; notices. ``changed`` after
    they changed; ``show_line`` asks for a line of a file.

    Args:
        background: where steps are explained; without it they are not.
    """

    def __init__(self, workspace: Workspace, background: Background | None = None) -> None:
        self.changed: Signal[()] = Signal()
        self.show_line: Signal[int, int] = Signal()
        self._workspace = workspace
        self.findings: tuple[Finding, ...] = ()
        self._explained = explained.Explained(background, self._refresh) if background is not None else None
        self._disconnect = workspace.changed.connect(self._workspace_changed)
        self._workspace_changed(frozenset({"recording"}))

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        self._disconnect()
        if self._explained is not None:
            self._explained.follow(None, 0)

    def show(self, file: int, line: int) -> None:
        """Ask for a line to be shown."""
        if file >= 0 and line > 0:
            self.show_line.emit(file, line)

    def go_to_step(self, finding: Finding) -> None:
        """Move the cursor to where a finding happened; for a failure, the last thing that ran before it."""
        step = finding.step if finding.step >= 0 else 0
        last = max(0, self._workspace.position_count(step) - 1)
        self._workspace.move_to(step, finding.position if finding.position >= 0 else last)

    def _workspace_changed(self, reasons: Reasons) -> None:
        if not reasons & {"recording", "data", "state"}:
            return
        recording = self._workspace.recording
        if self._explained is not None:
            # A script that runs freely is not disturbed, and its newest step may not be complete.
            alive = self._workspace.state in ALIVE
            count = recording.step_count - alive if recording is not None else 0
            self._explained.follow(recording, 0 if self._workspace.state == "running" else count)
        self._refresh()

    def _refresh(self) -> None:
        recording = self._workspace.recording
        failures = recording.failures() if recording is not None else ()
        findings = tuple(self._failure(failure) for failure in reversed(failures))
        if self._explained is not None and recording is not None:
            findings += tuple(
                Finding(
                    one.finding.level,
                    explained.title(one.finding),
                    explained.message(one.finding),
                    explained.where(recording, one.finding),
                    file=one.finding.file or -1,
                    line=one.finding.line,
                    step=one.finding.step,
                    position=one.position,
                )
                for one in self._explained.findings()[:MOST]
            )
        findings += tuple(
            Finding(
                notice.kind,
                tr("Not supported yet") if notice.kind == "unsupported" else tr("Note"),
                notice.text,
                self._where(notice.path, notice.line),
                file=self._file(notice.path),
                line=notice.line,
            )
            for notice in self._workspace.notices
        )
        if findings != self.findings:
            self.findings = findings
            self.changed.emit()

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
            step = tr("step {step}").format(step=failure.step + 1)
            where = f"{where} · {step}" if where else step
        if failure.op:
            where += f" · {failure.op}"
        kind = "recorder" if failure.kind == "recorder" else "failure"
        title = failure.type
        if failure.kind == BREAKPOINT:
            title = tr("Stopped at breakpoint {text}").format(text=failure.type)
        return Finding(kind, title, failure.message, where, tuple(lines), file, line, failure.step)

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
