"""Where numbers became huge: the first op or rule whose result passes a limit that nothing it was given passes."""

from __future__ import annotations

from collections.abc import Iterator

from tapeview.explain import code
from tapeview.explain.chains import Beginning, Chains, important, several
from tapeview.explain.context import Context
from tapeview.explain.elements import responsible
from tapeview.explain.finding import WARNING, Finding
from tapeview.explain.screen import magnitude, stats_of
from tapeview.trace.records import Assigned, Tensor

HUGE = 1e8
"""Numbers beyond this are huge unless another limit is given. float32 ends at 3.4e38, but squares and exponentials
of such numbers soon get there, and of 1e8 it cannot tell the next whole number."""


def explain_huge(context: Context, limit: float = HUGE) -> Iterator[Finding]:
    """A finding for each place of a step at which numbers beyond ``limit`` began that got into a target, a gradient
    or a variable. What is divided or squashed again before it gets there is nobody's trouble.
    """
    if context.screen.largest <= limit:
        return
    chains, goals = huge_tensors(context, limit), important(context)
    for beginning in chains.beginnings(goals):
        record = beginning.made.record
        if beginning.reached and not (isinstance(record, Tensor) and record.variable):
            yield _finding(context, beginning, chains, goals, limit)


def explain_large(context: Context, tensor: int, limit: float = HUGE) -> Finding | None:
    """Where the huge numbers of one tensor began; None if it has none."""
    chains = huge_tensors(context, limit)
    if tensor not in chains.made:
        return None
    goals = {tensor: important(context).get(tensor) or context.label(tensor)}
    return _finding(context, chains.beginning(chains.root(tensor), goals), chains, goals, limit)


def huge_tensors(context: Context, limit: float) -> Chains:
    """How numbers beyond ``limit`` spread through a step."""

    def most(tensor: int) -> float:
        stats = stats_of(context.recording, tensor)
        return magnitude(stats) if stats is not None else 0.0

    return Chains(context, lambda tensor: most(tensor) > limit, lambda tensor: f"up to {most(tensor):.3g}")


def _finding(context: Context, beginning: Beginning, chains: Chains, goals: dict[int, str], limit: float) -> Finding:
    made, reached = beginning.made, beginning.reached
    op, record = made.op, made.record
    number, read = made.input if made.backward else -2, ""
    site = op.site if op is not None else record.site if isinstance(record, Assigned) else 0
    if isinstance(record, Tensor):
        op, number, site, read = context.reader(made.tensor)
    file, line = code.place(context.recording, site)
    elements = responsible(context, made, limit)
    stats = context.stats(made.tensor)
    most = f"{magnitude(stats):.3g}" if stats is not None else "?"
    shown = f" ({'; '.join(elements.texts)})" if elements.texts else ""
    name = context.label(made.tensor)
    beyond = f"beyond {limit:.3g}, the limit for huge numbers"
    if isinstance(record, Tensor) and record.variable:
        cause = "huge before the step"
        text = f"The variable “{name}” held numbers up to {most}, {beyond}, already when this step began{shown}."
        advice = "Look at the earlier step in which they began: a smaller learning rate, gradient clipping."
    elif isinstance(record, Tensor):
        cause = "huge data"
        text = f"Numbers up to {most}, {beyond}, came in with “{name}”{shown}, which {read}."
        advice = "Bring the data to numbers around 1 before training: subtract the mean, divide by the deviation."
    elif made.backward and op is not None:
        cause = "gradient grows"
        text = (
            f"Gradients grow up to {most} here, {beyond}: the rule of {context.where(op)} in line {line} made them of "
            f"smaller ones{shown}."
        )
        advice = (
            "A step with them moves far too much: tf.clip_by_norm, smaller weights at the beginning, normalization."
        )
    elif isinstance(record, Assigned):
        cause = "update too large"
        text = f"The update in line {line} made “{name}” as large as {most}, {beyond}{shown}."
        advice = "Take a smaller learning rate, or clip the gradients: tf.clip_by_norm."
    else:
        cause = "grows here"
        place = context.where(op) if op is not None else "?"
        text = f"Numbers up to {most}, {beyond}, begin at {place} in line {line}{shown}."
        advice = "Look at what goes in: data that is not scaled, weights that grow, a sum where a mean would do."
    return Finding(
        "huge",
        cause,
        WARNING,
        context.step.index,
        goals[reached[0]] if reached else name,
        op.seq if op is not None else 0,
        op.op if op is not None else "",
        number if number > -2 else elements.input,
        site,
        file,
        line,
        made.tensor,
        text,
        advice,
        chains.path(made, reached[0] if reached else made.tensor),
        several(goals, reached),
        elements.texts,
        made.backward,
    )
