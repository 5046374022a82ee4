"""Where a finished recording is looked at first."""

from __future__ import annotations

from tapeview.trace.query import Recording, Step
from tapeview.trace.records import Failure, Op

ENDS = ("breakpoint",)
"""Kinds of `Failure` that say where a script was made to stop."""


def landing(recording: Recording) -> tuple[int, int]:
    """Step and position: the op that failed, or the stop at a breakpoint, if that was the run's end; else (0, 0)."""
    if not recording.step_count or recording.state == "running":
        return 0, 0
    last = recording.step_count - 1
    if recording.run.how in ENDS or any(failure.kind in ENDS for failure in recording.failures()[-1:]):
        return last, max(0, len(recording.step(last).positions) - 1)
    failed = failed_op(recording.step(last)) if recording.state == "failed" else None
    if failed is None:
        return 0, 0
    return last, recording.step(last).position_of_op.get(failed.seq, len(recording.step(last).positions) - 1)


def failed_op(step: Step) -> Op | None:
    """The op that raised last in a step; None if none did."""
    return next((op for op in reversed(step.ops.values()) if op.error), None)


def last_failure(recording: Recording) -> Failure | None:
    """What ended the script; None if nothing was recorded about that. The recorder's own troubles do not count."""
    return next((failure for failure in reversed(recording.failures()) if failure.kind != "recorder"), None)
