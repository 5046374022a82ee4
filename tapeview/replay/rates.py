"""The learning rate of updates that the script makes itself: the number that a gradient is multiplied with."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from tapeview.explain.context import Context
from tapeview.trace.records import Assigned, GradientStarted, Op
from tapeview.trace.update_records import Applied, Outside

_NAME = re.compile(r"(.*[._ ])?(lr|(learning_?)?rate|alpha|eta|step_?size)([.\[(].*)?", re.IGNORECASE)


def has_optimizer(context: Context) -> bool:
    """Whether an optimizer made updates in the step."""
    return any(isinstance(record, Applied) for record in context.step.records)


def factors(context: Context) -> dict[str, list[int]]:
    """The single numbers with which gradients are multiplied on their way into variables, by what the user calls them:
    the ids of their tensors.
    """
    made: set[int] = set()
    found: list[tuple[int, int]] = []
    ways: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    updated: set[int] = set()
    for record in context.step.records:
        if isinstance(record, GradientStarted):
            # In a run of a deferred graph the call is finished only when everything has run.
            finished = context.step.calls[record.call].finished
            results = () if finished is None else finished.results
            made.update(result.tensor for result in results if result.tensor)
        elif isinstance(record, Assigned):
            # What an update gives may be what another one is computed with: a momentum, say.
            ways.append(((record.operand,), (record.tensor,)))
            updated.add(record.tensor)
            if record.operand in made:
                made.add(record.tensor)
        elif isinstance(record, Outside) or (isinstance(record, Op) and not record.call):
            ways.append((record.inputs, record.outputs))
            if made.isdisjoint(record.inputs):
                continue
            made.update(record.outputs)
            if record.op == "Mul":
                found += [(record.outputs[0], one) for one in record.inputs if one not in made]
    used = updated
    for inputs, outputs in reversed(ways):
        if not used.isdisjoint(outputs):
            used.update(inputs)
    several: dict[str, list[int]] = {}
    for out, one in found:
        tensor = context.tensor(one)
        if out in used and tensor is not None and np.prod(tensor.shape) == 1:
            several.setdefault(context.label(one), []).append(one)
    return several


def rate_of(context: Context) -> tuple[Sequence[int], str]:
    """The tensors that are the learning rate of the script's own updates; without any, a sentence that says why."""
    known = factors(context)
    named = {name: several for name, several in known.items() if _NAME.fullmatch(name)}
    for group in (named, known):
        values = {float(np.ravel(v)[0]) for t in _all(group) if (v := context.value(t)) is not None}
        if len(group) == 1 or len(values) == 1:
            return _all(group), ""
    here = f"step {context.step.index + 1}"
    if not known and any(isinstance(record, Assigned) and record.gradient for record in context.step.records):
        return (), "the recording does not tell of the steps of optimizers: it was made by an older tapeview"
    if not known:
        return (), f"no update in {here} has a learning rate: no optimizer made it, and no number multiplies a gradient"
    names = ", ".join(f"“{name}”" for name in list(known)[:5])
    return (), f"the learning rate of {here} could be {names}: change the one that is meant by its name"


def _all(group: dict[str, list[int]]) -> list[int]:
    return [one for several in group.values() for one in several]
