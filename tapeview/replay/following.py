"""The steps that follow one that was changed: worked out again with the variables that its updates gave."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tapeview.explain.context import Context
from tapeview.explain.questions import Loss
from tapeview.replay.edits import EditError, Edits, rates_in
from tapeview.replay.rerun import Outcome, ReplayError, rerun
from tapeview.trace.records import Exit
from tapeview.trace.schema import KEPT

Told = Callable[[int], object]
_DECIDES = "bool"


def losses(context: Context, before: Outcome, after: Outcome) -> tuple[Loss, ...]:
    """The single numbers that were differentiated in a step, with and without the changes."""
    found: list[Loss] = []
    for call in context.step.calls.values():
        for tensor in call.started.targets:
            was, now = before.values.get(tensor), after.values.get(tensor)
            if was is None or now is None or was.size != 1 or was.dtype.kind not in "fiu":
                continue
            name = context.target_name(call, tensor) or context.label(tensor)
            found.append(Loss(context.step.index, name, float(np.ravel(was)[0]), float(np.ravel(now)[0])))
    return tuple(found)


def follow(
    context: Context,
    edits: Edits,
    after: Outcome,
    count: int,
    doubtful: Callable[[Context, Outcome], tuple[str, ...]],
    told: Told = lambda done: None,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[tuple[Loss, ...], str]:
    """The losses of the ``count`` steps behind a changed one, and a sentence why it does not go on where it ends early.

    Args:
        after: the changed step, worked out again.
        doubtful: what cannot be trusted of a step, from what it gives without the changes.
        told: hears how many steps are done.
        stopped: asked before each step; once it says True, the steps so far are all.
    """
    found: list[Loss] = []
    recording, updated = context.recording, after.updated
    for number in range(context.step.index + 1, context.step.index + 1 + count):
        if stopped():
            break
        if number >= recording.step_count:
            return tuple(found), f"the recording ends with step {recording.step_count}"
        info = recording.step_info(number)
        if info.kept == KEPT[-1]:
            kept = "only points of plots were kept of it; record with --keep-steps all"
            return tuple(found), f"step {number + 1} cannot be followed: {kept}"
        if info.thread != recording.step_info(context.step.index).thread:
            return tuple(found), f"step {number + 1} cannot be followed: it is one of another thread"
        here = Context(recording, recording.step(number))
        try:
            recorded = rerun(here)
            changed = rerun(here, Edits(rates_in(here, edits.rates, needed=False), rates=edits.rates), before=updated)
        except (ReplayError, EditError) as error:
            return tuple(found), f"step {number + 1} is not followed: {error}"
        doubts = doubtful(here, recorded)
        if doubts:
            more = f" and {len(doubts) - 1} more" if doubts[1:] else ""
            same = "is not what was recorded even without a change"
            return tuple(found), f"step {number + 1} is not followed: {doubts[0]}{more} {same}"
        branches = decisions(here, recorded, changed)
        if branches:
            return tuple(found), f"step {number + 1} is not followed: {branches[0]}"
        found += losses(here, recorded, changed)
        updated = changed.updated
        told(number - context.step.index)
    return tuple(found), ""


def decisions(context: Context, before: Outcome, after: Outcome) -> tuple[str, ...]:
    """Where the script decided by a value that is another one with the changes: it might have gone another way."""
    found = []
    for record in context.step.records:
        if isinstance(record, Exit) and record.how == _DECIDES:
            was, now = before.values.get(record.tensor), after.values.get(record.tensor)
            if was is not None and now is not None and bool(np.any(was)) != bool(np.any(now)):
                line = context.line(record.site)
                found.append(f"line {line} decides by {context.label(record.tensor)}, which is another one now")
    return tuple(found)
