"""Where a NaN or an Inf began: the first op or rule that made it from healthy inputs, and what it poisoned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tapeview.explain import code
from tapeview.explain.chains import Beginning, Chains, Made, important, several
from tapeview.explain.context import Context
from tapeview.explain.elements import responsible
from tapeview.explain.finding import ERROR, NOTE, Finding
from tapeview.explain.nonfinite_words import FROM_THE_BEGINNING, INITIAL, words
from tapeview.explain.screen import stats_of
from tapeview.trace.query import Recording
from tapeview.trace.records import Assigned, BackwardStep, Op, Tensor


def explain_nonfinite(context: Context, *, inherited: bool = False) -> Iterator[Finding]:
    """A finding for each place of a step at which NaN or Inf began.

    Args:
        inherited: whether to tell also of variables that were bad before the step, and where that began.
    """
    if context.screen.finite:
        return
    chains, goals = bad_tensors(context), important(context)
    for beginning in chains.beginnings(goals):
        made = beginning.made
        if isinstance(made.record, Tensor):
            turned = _turned(context, beginning, chains) if not made.record.variable else None
            if turned is not None:
                yield _finding(context, turned, beginning, chains, goals)
            elif made.record.variable:
                if inherited or made.tensor in context.initial:
                    yield _outside(context, beginning, chains, goals)
            elif beginning.reached:
                yield _outside(context, beginning, chains, goals)
            continue
        yield _finding(context, _first(chains, beginning, goals), beginning, chains, goals)


def explain_bad(context: Context, tensor: int) -> Finding | None:
    """Where the NaN or the Inf in one tensor began; None if it has none."""
    chains = bad_tensors(context)
    if tensor not in chains.made:
        return None
    goals = {tensor: important(context).get(tensor) or context.label(tensor)}
    beginning = chains.beginning(chains.root(tensor), goals)
    if isinstance(beginning.made.record, Tensor):
        return _outside(context, beginning, chains, goals)
    return _finding(context, _sent(chains, beginning.made), beginning, chains, goals)


def bad_tensors(context: Context) -> Chains:
    """How NaN and Inf spread through a step."""

    def how(tensor: int) -> str:
        stats = context.stats(tensor)
        counts = ((stats.nans, "NaN"), (stats.infs, "Inf")) if stats is not None else ()
        return ", ".join(f"{count} {word}" for count, word in counts if count)

    return Chains(context, lambda tensor: _bad_record(context.recording, tensor), how)


def _first(chains: Chains, beginning: Beginning, goals: dict[int, str]) -> Made:
    """The rule may have begun it where the op's own Inf was left out by a tf.where, and then the rule counts."""
    made = beginning.made
    if made.backward or made.op is None:
        return _sent(chains, made)
    forward = [t for t in beginning.poisoned if isinstance(chains.made[t].record, Op)]
    if not goals.keys().isdisjoint(forward):
        return made
    backward = [t for t in beginning.same if chains.made[t].backward]
    if not backward and _chosen(chains.context, made.op):
        backward = [t for t in beginning.poisoned if chains.made[t].backward]
    return _sent(chains, chains.made[backward[0]]) if backward else made


def _sent(chains: Chains, made: Made) -> Made:
    """What a rule sends, in place of what it made on the way to it."""
    record = made.record
    if not isinstance(record, BackwardStep) or made.tensor in (*record.contributions, *record.totals):
        return made
    sent = next((t for t in record.contributions if t in chains.made), 0)
    return replace(chains.made[sent], parents=made.parents) if sent else made


def _turned(context: Context, beginning: Beginning, chains: Chains) -> Made | None:
    """The first NaN that comes of a mask: of a value with nothing but 0 and Inf, which does no harm by itself."""
    value = context.value(beginning.made.tensor)
    if (
        value is None
        or value.dtype.kind != "f"
        or np.isnan(value).any()
        or bool((np.isfinite(value) & (value != 0)).any())
    ):
        return None
    for tensor in beginning.poisoned:
        stats = context.stats(tensor)
        if stats is not None and stats.nans:
            return chains.made[tensor]
    return None


def _bad_record(recording: Recording, tensor: int) -> bool:
    stats = stats_of(recording, tensor)
    return stats is not None and bool(stats.nans or stats.infs)


def _finding(context: Context, made: Made, beginning: Beginning, chains: Chains, important: dict[int, str]) -> Finding:
    reached = beginning.reached
    elements = responsible(context, made)
    op = made.op
    site = op.site if op is not None else made.record.site if isinstance(made.record, Assigned) else 0
    file, line = code.place(context.recording, site)
    masked = (
        made.backward
        and op is not None
        and not any(
            t in important
            for t in beginning.poisoned
            if not chains.made[t].backward and not isinstance(chains.made[t].record, Assigned)
        )
    )
    subject = important[reached[0]] if reached else context.label(made.tensor)
    cause, text, advice = words(context, made, elements, line, subject, masked and _chosen(context, op))
    return Finding(
        "nonfinite",
        cause,
        ERROR if reached else NOTE,
        context.step.index,
        subject,
        op.seq if op is not None else 0,
        op.op if op is not None else "",
        made.input if made.backward else elements.input,
        site,
        file,
        line,
        made.tensor,
        text,
        advice,
        chains.path(made, reached[0] if reached else made.tensor),
        several(important, reached),
        elements.texts,
        made.backward,
    )


def _chosen(context: Context, op: Op | None) -> bool:
    """Whether the op's result goes into a choice between two: what was left out still gets a gradient of 0."""
    waiting, seen = list(op.outputs) if op is not None else [], set[int]()
    while waiting:
        for seq, _ in context.step.consumers.get(waiting.pop(), ()):
            user = context.step.ops[seq]
            if user.op in ("SelectV2", "Select", "Where"):
                return True
            if seq not in seen and not user.call:
                seen.add(seq)
                waiting += user.outputs
    return False


def _outside(context: Context, beginning: Beginning, chains: Chains, important: dict[int, str]) -> Finding:
    """It was bad when the step got it: a constant, data, or a variable."""
    made, reached = beginning.made, beginning.reached
    record = made.record
    assert isinstance(record, Tensor)
    name = context.label(made.tensor)
    op, number, site, read = context.reader(made.tensor)
    file, line = code.place(context.recording, site)
    stats = context.stats(made.tensor)
    what = "NaN" if stats is not None and stats.nans else "Inf"
    elements = responsible(context, made)
    where = f" ({', '.join(elements.texts)})" if elements.texts else ""
    if record.variable and made.tensor in context.initial:
        cause, level, advice = FROM_THE_BEGINNING, ERROR, INITIAL
        made_at = context.recording.variables()[record.variable].site
        file, line = code.place(context.recording, made_at) if made_at else (file, line)
        text = f"The variable “{name}” was made or loaded with {what} in it{where}."
    elif record.variable:
        cause, level = "bad before the step", ERROR
        text = f"The variable “{name}” held {what} already when this step began{where}."
        advice = "Look at the earlier step in which it began; nothing in this step made it."
    else:
        made_by = f", the result of {record.made_by} outside every tape" if record.made_by else ""
        cause, level = "bad data", ERROR if reached else NOTE
        text = f"{what} came in with “{name}”{where}{made_by}, which {read}."
        shown = name if code.is_path(name) else "…"
        advice = f"Check the data: tf.debugging.check_numerics({shown}, …) or np.isfinite, and where it comes from."
    return Finding(
        "nonfinite",
        cause,
        level,
        context.step.index,
        important[reached[0]] if reached else name,
        op.seq if op is not None else 0,
        op.op if op is not None else "",
        number,
        site,
        file,
        line,
        made.tensor,
        text,
        advice,
        chains.path(made, reached[0] if reached else made.tensor),
        several(important, reached),
        elements.texts,
    )
