"""Where a held script stands, and what went wrong there, as call sites of the recording."""

from __future__ import annotations

from tapeview.trace.query import Recording
from tapeview.trace.records import BackwardStep, Frame, Op
from tapeview.views.landing import failed_op, last_failure, stopped_at
from tapeview.views.messages import readable
from tapeview.views.workspace import ALIVE, Workspace


def frames_of(recording: Recording, step_number: int, position: int) -> tuple[Frame, ...]:
    """The frames of what was executed at a position, innermost first."""
    if not 0 <= step_number < recording.step_count:
        return ()
    step = recording.step(step_number)
    if not 0 <= position < len(step.positions):
        return ()
    record = step.positions[position].record
    if isinstance(record, BackwardStep):
        op = step.ops.get(record.op)
        return recording.frames(op.site) if op is not None else ()
    return recording.frames(record.site)


def paused_frames(workspace: Workspace) -> tuple[Frame, ...]:
    """The frames at which the held script stands; none while it runs, and before its first op."""
    recording, edge, stopped = workspace.recording, workspace.edge, workspace.stopped
    if recording is None or edge is None or stopped is None or stopped.reason == "start":
        return ()
    if stopped.reason == "failed":
        failure = last_failure(recording)
        if failure is not None and failure.site:
            return recording.frames(failure.site)
    step = workspace.step_at(edge.step)
    if step is not None and step.run is not None:
        return recording.frames(step.run.started.site)  # its ops have the sites of nodes, built long ago
    return frames_of(recording, *edge)


def trouble(workspace: Workspace) -> tuple[tuple[Frame, ...], str]:
    """What went wrong, in one line, and the frames at which it did: the exception that ended the script or is about to,
    or the breakpoint at which a run ended that nobody watched.

    None and "" where nothing did.
    """
    recording, stopped = workspace.recording, workspace.stopped
    ended = stopped_at(recording) if recording is not None and workspace.state not in ALIVE else None
    if recording is not None and ended is not None:
        return recording.frames(ended.site), _line(ended.message)
    if recording is None or not (workspace.state == "failed" or (stopped is not None and workspace.state == "paused")):
        return (), ""
    if stopped is None or stopped.reason == "failed":
        failure = last_failure(recording)
        if failure is not None:
            words = f"{failure.type}: {failure.message}" if failure.message else failure.type
            return recording.frames(failure.site), _line(words)
    if stopped is not None and stopped.reason in ("exception", "failed", "breakpoint"):
        step = workspace.step_at(stopped.step)
        op: Op | None = None
        if step is not None:
            op = step.ops.get(stopped.op) if stopped.op else failed_op(step)
        if op is not None and op.error:
            return recording.frames(op.site), _line(op.error)
    return (), ""


def _line(words: str) -> str:
    return readable(words.strip().split("\n")[0])
