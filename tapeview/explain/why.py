"""The answer to "why?" about one tensor of a step: why it is None, not finite, huge, or zero everywhere."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tapeview.explain.context import Context
from tapeview.explain.finding import Finding
from tapeview.explain.huge import HUGE, explain_large, huge_tensors
from tapeview.explain.none import explain_missing, explain_source
from tapeview.explain.nonfinite import bad_tensors, explain_bad
from tapeview.explain.nothing import explain_zero_value
from tapeview.explain.screen import FRACTIONS, magnitude
from tapeview.explain.senders import called
from tapeview.explain.zero import explain_zero_gradient
from tapeview.trace.query import Recording
from tapeview.trace.records import Stats

ODD = ("nonfinite", "zero", "huge")


def odd(stats: Stats | None, size: int, dtype: str, limit: float = HUGE) -> str:
    """What about a tensor with these statistics asks for an explanation: one of ``ODD``, or "" if nothing does or
    nothing is known.
    """
    if stats is None or not dtype.startswith(FRACTIONS):
        return ""
    if stats.nans or stats.infs:
        return "nonfinite"
    if size and stats.zeros == size:
        return "zero"
    return "huge" if magnitude(stats) > limit else ""


def why(recording: Recording, step: int, tensor: int, limit: float = HUGE) -> Finding | None:
    """Where what is odd about a tensor began, looking at its step. None if nothing is odd about it.

    Raises:
        IndexError: there is no such step.
    """
    context = Context(recording, recording.step(step))
    record = context.tensor(tensor)
    if record is None:
        return None
    kind = odd(context.stats(tensor), math.prod(record.shape), record.dtype, limit)
    if kind == "nonfinite":
        return explain_bad(context, tensor)
    if kind == "huge":
        return explain_large(context, tensor, limit)
    if kind == "zero":
        return explain_zero_gradient(context, tensor) or explain_zero_value(context, tensor)
    return None


def why_none(recording: Recording, step: int, tensor: int, call: int = 0) -> Finding | None:
    """Why no gradient came to a tensor, or to the variable whose version it is. None if one came, or nobody asked.

    Args:
        call: the gradient call; 0 takes the step's last one in which none came.

    Raises:
        IndexError: there is no such step.
    """
    context = Context(recording, recording.step(step))
    return next((found for found in _missing(context, tensor, call) if found is not None), None)


def missing(recording: Recording, name: str, step: int | None = None) -> Finding | None:
    """Why no gradient came to what the user calls ``name``, in the last step in which that is so. None if nothing of
    that name was left without one.

    Args:
        step: where to look; None looks everywhere.

    Raises:
        IndexError: there is no such step.
    """
    for index in (step,) if step is not None else range(recording.step_count - 1, -1, -1):
        context = Context(recording, recording.step(index))
        for call in reversed(context.step.calls.values()):
            if (told := explain_source(context, call, name)) is not None:
                return told
        for tensors in called(context, name):
            found = next((one for one in _missing(context, min(tensors), 0) if one is not None), None)
            if found is not None:
                return found
    return None


def _missing(context: Context, tensor: int, wanted: int) -> Iterator[Finding | None]:
    for number, call in reversed(context.step.calls.items()):
        if call.finished is not None and not call.finished.error and wanted in (0, number):
            yield explain_missing(context, call, tensor)


def spread(recording: Recording, finding: Finding) -> tuple[int, ...]:
    """The ops (``seq``) whose results or rules went wrong through what a finding tells, in the order in which they
    ran; () for findings that are not about wrong values.
    """
    context = Context(recording, recording.step(finding.step))
    if finding.kind == "nonfinite":
        chains = bad_tensors(context)
    elif finding.kind == "huge":
        chains = huge_tensors(context, HUGE)
    else:
        return ()
    made = chains.made.get(finding.tensor)
    if made is None:
        return ()
    found = (chains.made[tensor].op for tensor in chains.beginning(made, {}).poisoned)
    return tuple(dict.fromkeys(op.seq for op in found if op is not None))
