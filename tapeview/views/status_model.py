"""What the status bar shows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tapeview.trace.query import Recording
from tapeview.views.messages import readable
from tapeview.views.numbers import bytes_text
from tapeview.views.progress import Progress, progress_of
from tapeview.views.runs import all_are_runs, run_words
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.workspace import ALIVE, Reasons, Workspace

UNSETTLED = 64
"""So many of the last steps may still be written."""


class StatusModel:
    """``state_text`` with the palette role ``state_role`` and a shape ``state_mark`` for it; ``facts`` in a few words
    each. ``title`` is the window's.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.changed: Signal[()] = Signal()
        self._workspace = workspace
        self.state_text = ""
        self.state_role = "muted"
        self.state_mark = "dot"
        self.facts: tuple[str, ...] = ()
        self.title = "tapeview"
        self._progress = Progress()
        self._about: tuple[str, ...] = ()
        self._counted: tuple[Recording | None, int, Counter[str]] = (None, 0, Counter())
        self._disconnect = workspace.changed.connect(self._workspace_changed)
        self._workspace_changed(frozenset({"recording"}))

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        self._disconnect()

    def _workspace_changed(self, reasons: Reasons) -> None:
        before = self.state_text, self.state_role, self.state_mark, self.facts, self.title
        self.state_text, self.state_role, self.state_mark = self._state()
        if reasons & {"recording", "data", "state"}:
            recording = self._workspace.recording
            alive = recording is not None and self._workspace.state in (*ALIVE, "left")
            self._progress = (
                progress_of(recording.training().get("progress", {})) if recording and alive else Progress()
            )
            self._about = self._facts()
            self.title = self._title()
        run = run_words(self._workspace.recording, self._workspace.cursor.step)
        self.facts = (run, *self._about) if run else self._about
        if before != (self.state_text, self.state_role, self.state_mark, self.facts, self.title):
            self.changed.emit()

    def _title(self) -> str:
        """``62 % · train.py · tapeview``: how far a training is comes first, as it stays to be read in a task bar."""
        workspace = self._workspace
        file = workspace.script or workspace.path
        words = {"paused": tr("paused"), "pausing": tr("pausing"), "running": tr("running")}
        how = self._progress.percent or words.get(workspace.state, "")
        if self._progress.percent and workspace.state in ("paused", "pausing"):
            how = f"{how} {words[workspace.state]}"
        return " · ".join(part for part in (how, file.name if file is not None else "", "tapeview") if part)

    def _state(self) -> tuple[str, str, str]:
        workspace = self._workspace
        message = workspace.message
        if workspace.state == "paused":
            return self._paused()
        if workspace.state == "pausing":
            if workspace.idle:
                words = tr("waiting for the next op · running outside the tape since {n} s")
                return words.format(n=workspace.idle), "n", "ring"
            return tr("pausing at the next op …"), "ok", "ring"
        if workspace.state == "left":
            return (message or tr("the script goes on without this window")), "muted", "ring"
        if workspace.state == "running" and workspace.idle:
            return tr("running outside the tape since {n} s").format(n=workspace.idle), "n", "ring"
        if workspace.state == "running":
            text = tr("running") if not workspace.following else tr("running · following the newest step")
            return text, "ok", "ring"
        if workspace.state == "finished":
            return (message or tr("finished")), "ok", "dot"
        if workspace.state == "failed":
            return self._failure() or message or tr("failed"), "bad", "cross"
        if workspace.state == "killed":
            return (message or tr("killed; this is what it had recorded")), "bad", "cross"
        if workspace.state == "stopped":
            return (message or tr("stopped")), "muted", "square"
        if workspace.state == "ready":
            return tr("ready · F5 runs the script"), "accent", "dot"
        return tr("no script"), "muted", "dot"

    def _paused(self) -> tuple[str, str, str]:
        """``paused at the live edge``, with what stopped it where that was not a step."""
        workspace, stopped = self._workspace, self._workspace.stopped
        at_edge = workspace.edge is None or workspace.at_edge
        words = tr("paused at the live edge") if at_edge else tr("paused · looking back, End returns to the live edge")
        found = workspace.breakpoints.get(stopped.breakpoint) if stopped is not None else None
        wrong = found is not None and found.kind == "exception"
        if stopped is not None and at_edge and (wrong or stopped.reason in ("exception", "failed")):
            return f"{tr('paused')} · {first_line(stopped.text)}", "bad", "cross"
        if stopped is not None and stopped.reason == "breakpoint" and stopped.text and at_edge:
            words = f"{words} · {first_line(stopped.text)}"
        return words, "ok", "pause"

    def _failure(self) -> str:
        """The exception that ended the script, in one line."""
        recording = self._workspace.recording
        failures = recording.failures() if recording is not None else ()
        last = next((failure for failure in reversed(failures) if failure.kind != "recorder"), None)
        return "" if last is None else first_line(f"{last.type}: {last.message}")

    def _facts(self) -> tuple[str, ...]:
        workspace, recording = self._workspace, self._workspace.recording
        if recording is None:
            return (workspace.script.name,) if workspace.script is not None else ()
        run, facts = recording.run, []
        progress = self._progress.words()
        if progress:
            facts.append(progress)
        facts.append(tr("Python {version} · {framework}").format(version=run.python, framework=run.framework))
        count = recording.step_count
        if all_are_runs(recording):
            facts.append(tr("1 run") if count == 1 else tr("{count} runs").format(count=count))
        else:
            facts.append(tr("1 step") if count == 1 else tr("{count} steps").format(count=count))
        kept = self._counts(recording, count)
        if workspace.path is not None:
            try:
                size = bytes_text(_size(workspace.path))
            except OSError:
                size = tr("the file has gone")
            facts.append(tr("recording {size} · {kept}").format(size=size, kept=_kept(kept, count)))
        if recording.warnings:
            facts.append(
                tr("{count} warnings: {first}").format(count=len(recording.warnings), first=recording.warnings[0])
            )
        return tuple(facts)

    def _counts(self, recording: Recording, count: int) -> Counter[str]:
        """How many steps were kept in which way. While the script runs only the last of them are counted anew: what was
        kept of the others changes only when it stops.
        """
        known, counted, kept = self._counted
        if known is not recording or counted > count or self._workspace.state != "running":
            counted, kept = 0, Counter()
        settled = max(counted, count - UNSETTLED)
        kept.update(recording.step_info(step).kept for step in range(counted, settled))
        self._counted = recording, settled, kept
        return kept + Counter(recording.step_info(step).kept for step in range(settled, count))


def first_line(text: str) -> str:
    """A message's first line."""
    return readable(text.strip().split("\n")[0])


def _size(path: Path) -> int:
    """Bytes of a recording, those included that a running script has written beside it. OSError if it has gone."""
    log = path.with_name(path.name + "-wal")
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)


def _kept(kept: Counter[str], count: int) -> str:
    if kept["scalars"]:
        return tr("{count} of {all} steps kept").format(count=count - kept["scalars"], all=count)
    return tr("large values of some steps not kept") if kept["small values"] else tr("all steps kept")
