"""Rules on gradients and updates of variables over the steps of a training."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tapeview.explain.rules.rule import Hit, Limits
from tapeview.trace import names
from tapeview.trace.query import Recording, Series
from tapeview.trace.records import SETUP, Variable


def vanishing(recording: Recording, limits: Limits) -> Iterator[Hit]:
    """The gradient of the first weights is next to nothing beside that of the last ones."""
    for first, last, steps in _ends(recording, int(limits["steps"])):
        # The norm tells how large the elements are on average; of many elements a larger one is small, too.
        small = first.values[steps] < max(limits["norm"], limits["mean"] * math.sqrt(_size(recording, first)))
        small &= first.values[steps] > 0
        if bool((small & (first.values[steps] < limits["ratio"] * last.values[steps])).all()):
            a, b = (float(np.median(one.values[steps])) for one in (first, last))
            yield Hit(
                int(first.steps[-1]),
                first.name,
                f"The gradient of “{first.name}” has a norm of {a:.2g} (limit {limits['norm']:g}, and "
                f"{limits['mean']:g} for its elements on average), that of “{last.name}” {b:.2g}: {a / b:.1g} of it "
                f"(limit {limits['ratio']:g}), in each of the last {len(steps)} steps.",
                backward=True,
            )


def exploding(recording: Recording, limits: Limits) -> Iterator[Hit]:
    """Gradients are very large, or grow from the last weights to the first."""
    large = [
        (int(one.steps[at[0]]), one.name, float(one.values[at[0]]))
        for one in recording.training().get("gradient", {}).values()
        if len(at := np.flatnonzero((one.values > limits["norm"]) & np.isfinite(one.values)))  # Inf is told elsewhere
    ]
    if large:
        step, name, norm = min(large, key=lambda one: (one[0], -one[2]))
        others = f", as have those of {len(large) - 1} other variables by now" if large[1:] else ""
        evidence = f"The gradient of “{name}” has a norm of {norm:.3g} (limit {limits['norm']:g}){others}."
        yield Hit(step, name, evidence, backward=True)
        return
    for first, last, steps in _ends(recording, int(limits["steps"])):
        a, b = first.values[steps], last.values[steps]
        if bool(((a > limits["ratio"] * b) & (a > limits["least"])).all()):
            yield Hit(
                int(first.steps[-1]),
                first.name,
                f"The gradient of “{first.name}” has a norm of {a[-1]:.3g}, {a[-1] / b[-1]:.0f} times that of "
                f"“{last.name}” (limit {limits['ratio']:g} times), in each of the last {len(steps)} steps.",
                backward=True,
            )


def update_ratio(recording: Recording, limits: Limits) -> Iterator[Hit]:
    """Updates of weights are very large or very small beside the weights, in the first steps after the first."""
    count = int(limits["steps"])
    for one in recording.training().get("update", {}).values():
        variable = recording.variables().get(one.variable)
        ratios = one.values[1 : count + 1]
        if variable is None or math.prod(variable.shape) < limits["elements"]:
            continue
        if len(ratios) < count or not np.isfinite(ratios).all():
            continue
        middle = float(np.median(ratios))
        if 0 < middle < limits["least"] or middle > limits["most"]:
            size = "small" if middle < limits["least"] else "large"
            limit = limits["least"] if size == "small" else limits["most"]
            yield Hit(
                int(one.steps[count]),
                one.name,
                f"An update moves “{one.name}” by {middle:.1g} of its own size (‖Δw‖/‖w‖, median of {count} steps), "
                f"which is {size} (limit {limit:g}).",
            )


def unchanged(recording: Recording, limits: Limits) -> Iterator[Hit]:
    """Weights that get gradients and updates, and are after several of them what they were."""
    training = recording.training()
    gradients = {one.variable: one for one in training.get("gradient", {}).values()}
    count = int(limits["steps"])
    for one in training.get("update", {}).values():
        gradient = gradients.get(one.variable)
        if len(one.values) < count or gradient is None or not np.isfinite(one.values).all():
            continue
        moved = float(one.values.sum())
        if moved <= limits["change"] and bool((gradient.values[-count:] > 0).all()):
            yield Hit(
                int(one.steps[-1]),
                one.name,
                f"{len(one.values)} updates together moved “{one.name}” by {moved:.1g} of its size (‖Δw‖/‖w‖; limit "
                f"{limits['change']:g}), though its gradient has a norm of {float(gradient.values[-1]):.2g}.",
            )


def never_updated(recording: Recording, limits: Limits) -> Iterator[Hit]:
    """A trainable variable got gradients in several steps, others were updated, it was not."""
    training = recording.training()
    updated = {one.variable for one in training.get("update", {}).values()}
    if not updated or recording.step_count < limits["steps"]:
        return
    last = recording.step_count - 1
    versions = {
        state.variable.id: state.version
        for state in recording.variables_at(last, max(0, len(recording.step(last).positions) - 1))
    }
    known = recording.variable_births()
    for one in training.get("gradient", {}).values():
        _, variable = known.get(one.variable, (SETUP, None))
        if variable is None or not variable.trainable or one.variable in updated:
            continue
        # A bias that began with zeros has no ratio of its update, but it has versions.
        if len(one.values) >= limits["steps"] and versions.get(one.variable, 1) == 0 and one.values.max() > 0:
            yield Hit(
                int(one.steps[-1]),
                one.name,
                f"The gradient of “{one.name}” was worked out in {len(one.values)} steps (limit "
                f"{limits['steps']:g}), and “{one.name}” still has the value that it began with, while other "
                "variables were updated.",
                site=variable.site,
            )


def unused(recording: Recording, limits: Limits) -> Iterator[Hit]:
    """No op of the first steps and of the last one reads a trainable variable."""
    count = recording.step_count
    if not count:
        return
    steps = sorted({*range(min(count, int(limits["steps"]))), count - 1})
    read = set[int]()
    for number in steps:
        step = recording.step(number)
        read.update(watched.variable for tape in step.tapes for watched in tape.watched if watched.variable)
        read.update(source.variable for call in step.calls.values() for source in call.started.sources)
        for tensor in step.consumers:
            variable = step.variable_tensors.get(tensor)
            if variable:
                read.add(variable)
    trained = {one.variable for one in recording.training().get("gradient", {}).values()}
    if not trained:
        return
    for id, (born, made) in recording.variable_births().items():
        if made.trainable and born == SETUP and id not in read and id not in trained and _floating(made):
            name = names.variable_name(recording, made)
            yield Hit(
                steps[0],
                name,
                f"No op reads the trainable variable “{name}” in the first {len(steps)} steps that were looked at.",
                site=made.site,
            )


def _size(recording: Recording, one: Series) -> int:
    variable = recording.variables().get(one.variable)
    return math.prod(variable.shape) if variable is not None else 1


def _floating(variable: Variable) -> bool:
    return variable.dtype.startswith("float")


def _ends(recording: Recording, count: int) -> Iterator[tuple[Series, Series, np.ndarray]]:
    """The gradients of the first and of the last weights (of two axes or more), with the places of their last
    ``count`` points, if both have the same points.
    """
    known = recording.variables()
    weights = [
        one
        for one in recording.training().get("gradient", {}).values()
        if one.variable in known and len(known[one.variable].shape) >= 2
    ]
    weights.sort(key=lambda one: one.variable)
    if len(weights) < 2:
        return
    first, last = weights[0], weights[-1]
    if len(first.steps) < count or not np.array_equal(first.steps[-count:], last.steps[-count:]):
        return
    steps = np.arange(-count, 0)
    if len(first.values) == len(last.values) and all(np.isfinite(one.values[steps]).all() for one in (first, last)):
        yield first, last, steps
