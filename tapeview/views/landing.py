"""Where a finished recording is looked at first."""

from __future__ import annotations

from tapeview.trace.query import Recording, Step
from tapeview.trace.records import Failure, Op

BREAKPOINT = "breakpoint"
"""The kind of `Failure` that says where a script was made to end."""


def landing(recording: Recording) -> tuple[int, int]:
    """Step and position: the op that failed, or the stop at a breakpoint, if that was the run's end; else (0, 0)."""
    if not recording.step_count or recording.state == "running":
        return 0, 0
    last = recording.step_count - 1
    stop = stopped_at(recording)
    if stop is not None:
        step = stop.step if 0 <= stop.step <= last else last
        return step, max(0, len(recording.step(step).positions) - 1)
    failed = failed_op(recording.step(last)) if recording.state == "failed" else None
    if failed is None:
        return 0, 0
    return last, recording.step(last).position_of_op.get(failed.seq, len(recording.step(last).positions) - 1)


def stopped_at(recording: Recording) -> Failure | None:
    """At which breakpoint a run ended that nobody watched; None if it ended otherwise."""
    found = recording.failures()[-1:]
    return found[0] if found and found[0].kind == BREAKPOINT else None


def failed_op(step: Step) -> Op | None:
    """The op that raised last in a step; None if none did."""
    return next((op for op in reversed(step.ops.values()) if op.error), None)


def last_failure(recording: Recording) -> Failure | None:
    """What ended the script; None if nothing was recorded about that. The recorder's own troubles do not count."""
    return next(
        (failure for failure in reversed(recording.failures()) if failure.kind not in ("recorder", BREAKPOINT)), None
    )
