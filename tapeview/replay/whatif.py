"""What if a value were another one: a step worked out again with changes, beside the step as it was recorded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tapeview.explain import code
from tapeview.explain.compare import CHANGED, SAME, TOLERANCE, UNKNOWN, Difference, length, relative
from tapeview.explain.context import Context, source_name
from tapeview.explain.questions import WhatIf
from tapeview.replay.edits import Edits
from tapeview.replay.following import decisions, follow, losses
from tapeview.replay.rerun import Outcome, answer_of, rerun
from tapeview.trace.records import Assigned, BackwardStep, Op


def what_if(
    context: Context,
    edits: Edits,
    before: Outcome | None = None,
    after: Outcome | None = None,
    *,
    following: int = 0,
    told: Callable[[int], object] = lambda done: None,
    stopped: Callable[[], bool] = lambda: False,
) -> WhatIf:
    """The step with changes, beside itself. ``before`` and ``after`` are it without and with them, if they are known.

    Args:
        following: of how many steps behind it the loss is asked for, too.
        told: hears how many of these are done.
        stopped: asked before each of them; once it says True, the steps so far are all.

    Raises:
        ReplayError: it cannot be worked out again.
    """
    before, after = before or rerun(context), after or rerun(context, edits)
    several, ended = losses(context, before, after), ""
    if following:
        later, ended = follow(context, edits, after, following, doubtful, told, stopped)
        several += later
    rows = tuple(_rows(context, before, after))
    branches = decisions(context, before, after)
    return WhatIf(edits.words, context.step.index, rows, doubtful(context, before), several, ended, branches)


def doubtful(context: Context, before: Outcome) -> tuple[str, ...]:
    """The ops whose results, worked out again without changes, are not those of the recording."""
    found = []
    for op in context.step.ops.values():
        for tensor in op.outputs if not op.call else ():
            value, again = context.value(tensor), before.values.get(tensor)
            if value is None or again is None:
                continue
            if value.shape != again.shape or relative(value, again) > TOLERANCE:
                found.append(f"{op.op} (line {context.line(op.site)})")
                break
    for record in context.step.records:
        if isinstance(record, Assigned) and record.tensor in before.updated.values:
            value, again = context.value(record.tensor), before.updated.values[record.tensor]
            if value is not None and (value.shape != again.shape or relative(value, again) > TOLERANCE):
                found.append(f"the update of {context.label(record.tensor)} (line {context.line(record.site)})")
    found += [f"{context.label(one)}, whose update is not worked out again" for one in sorted(before.unsure)]
    for seq in sorted(before.own):
        op = context.step.ops[seq]
        found.append(f"the gradient of {op.op} (line {context.line(op.site)}), whose rule is the script's own")
    return tuple(found)


def _rows(context: Context, before: Outcome, after: Outcome) -> list[Difference]:
    rows: list[Difference] = []
    given = set[int]()
    for position in context.step.positions:
        record, at = position.record, position.index
        if isinstance(record, Op) and not record.call:
            line = context.line(record.site)
            for tensor in record.inputs:
                if tensor not in context.step.made_by and tensor not in given:
                    given.add(tensor)
                    kind = "variable" if context.variable_of(tensor) else "constant"
                    values = before.values.get(tensor), after.values.get(tensor)
                    rows.append(_row("input", context.label(tensor), kind, line, at, tensor, *values))
            for tensor in record.outputs:
                values = before.values.get(tensor), after.values.get(tensor)
                rows.append(_row("forward", context.label(tensor), record.op, line, at, tensor, *values))
        elif isinstance(record, BackwardStep):
            op = context.op_of(record)
            for k, tensor in enumerate(record.contributions):
                if tensor and op is not None and k < len(op.inputs):
                    values = before.gradients.get(tensor), after.gradients.get(tensor)
                    name = f"∂ {context.label(op.inputs[k])}"
                    rows.append(_row("backward", name, op.op, context.line(op.site), at, tensor, *values))
        elif isinstance(record, Assigned) and record.how not in ("create", "not kept"):
            rows.append(_update(context, before, after, record, at))
    return rows + _answers(context, before, after)


def _update(context: Context, before: Outcome, after: Outcome, record: Assigned, at: int) -> Difference:
    """The new value of a variable."""
    name, line, tensor = context.label(record.tensor), context.line(record.site), record.tensor
    was, now = before.updated.values.get(tensor), after.updated.values.get(tensor)
    if was is not None and now is not None:
        return _row("update", name, record.how, line, at, tensor, was, now)
    why = after.updated.lost.get(tensor) or before.updated.lost.get(tensor, "")
    norms = _norm(context.value(tensor)), None
    why = f"not worked out again: {why}"
    return Difference("update", name, record.how, line, UNKNOWN, at, at, None, norms, (tensor, tensor), False, why)


def _answers(context: Context, before: Outcome, after: Outcome) -> list[Difference]:
    rows: list[Difference] = []
    last = len(context.step.positions) - 1
    for (call, number), value in before.answers.items():
        started = context.step.calls[call].started
        source = started.sources[number]
        subject = source_name(context, source)
        line = code.place(context.recording, started.site)[1]
        now = after.answers.get((call, number))
        tensor = answer_of(context.step.calls[call], number)
        rows.append(_row("backward", f"gradient of {subject}", started.kind, line, last, tensor, value, now))
    return rows


def _row(
    phase: str,
    name: str,
    op: str,
    line: int,
    at: int,
    tensor: int,
    before: np.ndarray | None,
    after: np.ndarray | None,
) -> Difference:
    why = ""
    if before is None or after is None:
        difference = 0.0 if before is after else float("inf")
        why = "None now" if after is None and before is not None else "None before" if before is None else ""
    elif before.shape != after.shape:
        difference, why = float("inf"), f"shape {before.shape} and {after.shape}"
    else:
        difference = relative(before, after)
        why = "NaN or Inf in one of them" if difference == float("inf") else ""
    norms = (_norm(before), _norm(after))
    state = SAME if difference <= TOLERANCE else CHANGED
    return Difference(phase, name, op, line, state, at, at, difference, norms, (tensor, tensor), True, why)


def _norm(value: np.ndarray | None) -> float | None:
    if value is None or value.dtype.kind not in "fciu":
        return None
    found = length(value)
    return found if np.isfinite(found) else None
