"""Is this gradient right: the gradients of a recorded step against finite differences, worked out again in float64.

A rule that is wrong gives another derivative than differences do, in float64 too. Where both agree and the recording
has another number, the reason is rounding: float32 carries about seven digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tapeview.explain.compare import source_name
from tapeview.explain.context import Context
from tapeview.explain.questions import RIGHT, ROUNDED, WRONG, Checked, Element
from tapeview.replay.edits import Edit, Edits
from tapeview.replay.rerun import Outcome, ReplayError, rerun

TOLERANCE = 1e-4
"""By how much gradient and difference quotient may differ in float64, relative to the larger of them and to the largest
element of the gradient over a thousand: a kink or a strong curvature near the point explains no more.
"""

_ROUNDING = 1e-3
_STEP = 1e-6


def check(
    context: Context, *, most: int = 20, seed: int = 0, stopped: Callable[[], bool] = lambda: False
) -> list[Checked]:
    """Checks the gradients of a step, source by source.

    Args:
        most: how many elements of each gradient are looked at; which ones is drawn from ``seed``.
        stopped: asked before each element; once it says True, the sources so far are all.

    Raises:
        ReplayError: the step cannot be worked out again.
    """
    found: list[Checked] = []
    wide = rerun(context, wide=True)
    rng = np.random.default_rng(seed)
    for (call, number), gradient in wide.answers.items():
        if gradient is None or not gradient.size or gradient.dtype.kind != "f":
            continue
        elements: list[Element] = []
        for flat in sorted(rng.permutation(gradient.size)[:most].tolist()):
            if stopped():
                return found
            index = tuple(int(one) for one in np.unravel_index(flat, gradient.shape))
            by_differences, noise = _quotient(context, wide, call, number, index)
            recorded = _recorded(context, call, number)
            kept = float(recorded[index]) if recorded is not None else None
            elements.append(Element(index, kept, float(gradient[index]), by_differences, noise))
        scale = float(np.abs(gradient).max()) * 1e-3
        worst = max(elements, key=lambda one: max(_off(one, scale)))
        culprits = _culprits(context, wide, call)
        started = context.step.calls[call].started
        found.append(
            Checked(
                source_name(context, started.sources[number]),
                call,
                context.line(started.site),
                _verdict(elements, scale, bool(culprits)),
                worst,
                tuple(elements),
                gradient.size,
                culprits,
            )
        )
    return found


def _verdict(elements: list[Element], scale: float, own: bool) -> str:
    by_rules, recorded = (max(several) for several in zip(*(_off(one, scale) for one in elements), strict=True))
    if by_rules > TOLERANCE or (own and recorded > _ROUNDING):
        return WRONG
    return ROUNDED if recorded > _ROUNDING else RIGHT


def _off(one: Element, scale: float) -> tuple[float, float]:
    """How far the rules are from the difference quotient, and what was recorded from the rules."""
    rules = one.by_rules if one.by_rules is not None else one.by_differences
    recorded = one.recorded if one.recorded is not None else rules
    by_rules = 0.0 if abs(rules - one.by_differences) <= one.noise else _apart(rules, one.by_differences, scale)
    return by_rules, _apart(recorded, rules, scale)


def _culprits(context: Context, wide: Outcome, call: int) -> tuple[str, ...]:
    """The functions with rules of the script's own that send something else than what they compute would."""
    found: list[str] = []
    for step in context.step.calls[call].steps:
        op = context.step.ops.get(step.op)
        if op is None or op.seq not in wide.own:
            continue
        for number, sent in enumerate(step.contributions):
            kept = context.value(sent) if sent else None
            if kept is None or not kept.size or number >= len(op.inputs):
                continue
            flat = int(np.argmax(np.abs(kept)))
            index = tuple(int(one) for one in np.unravel_index(flat, kept.shape))
            upstream = [context.value(up) if up else None for up in step.upstream]
            weights = [(t, up) for t, up in zip(op.outputs, upstream, strict=True) if up is not None]
            moved = frozenset({op.inputs[number]})
            quotient, noise = _slope(context, wide, weights, moved, index)
            scale = float(np.abs(kept).max()) * 1e-3
            if abs(quotient - kept[index]) > noise and _apart(float(kept[index]), quotient, scale) > _ROUNDING:
                found.append(f"{op.op} (line {context.line(op.site)})")
                break
    return tuple(found)


def _apart(a: float, b: float, scale: float) -> float:
    if not (np.isfinite(a) and np.isfinite(b)):
        return 0.0 if a == b or (np.isnan(a) and np.isnan(b)) else float("inf")
    largest = max(abs(a), abs(b), scale)
    return abs(a - b) / largest if largest > 0 else 0.0


Weights = Sequence[tuple[int, np.ndarray | float]]
"""Tensors with the weights with which their elements are added up."""


def _quotient(context: Context, wide: Outcome, call: int, number: int, index: tuple[int, ...]) -> tuple[float, float]:
    """The central difference quotient in one element of a source of what the call differentiates (the sum over all its
    targets, weighted with the upstream gradients that it was given), and how much of it may be rounding.
    """
    started = context.step.calls[call].started
    given: list[np.ndarray | None] = [None] * len(started.targets)
    if len(started.seeds) == len(started.targets):
        given = [context.value(seed) for seed in started.seeds]
    weights = [(t, 1.0 if one is None else one) for t, one in zip(started.targets, given, strict=True)]
    return _slope(context, wide, weights, _versions(context, call, number), index)


def _slope(
    context: Context, wide: Outcome, weights: Weights, moved: frozenset[int], index: tuple[int, ...]
) -> tuple[float, float]:
    value = next((wide.values[tensor] for tensor in moved if tensor in wide.values), None)
    if value is None:
        raise ReplayError("a value that is to be varied is not in this step")
    step = _STEP * max(1.0, abs(float(value[index])))
    above, below = (_total(context, wide, weights, moved, index, shift) for shift in (step, -step))
    noise = 16 * np.finfo(np.float64).eps * max(abs(above), abs(below)) / step
    return (above - below) / (2 * step), float(noise)


def _total(
    context: Context, wide: Outcome, weights: Weights, moved: frozenset[int], index: tuple[int, ...], shift: float
) -> float:
    def change(array: np.ndarray) -> np.ndarray:
        changed = array.copy()
        changed[index] += shift
        return changed

    # What stop_gradient holds does not move with the source, or the quotient would not be the gradient.
    stopped = [op for op in context.step.ops.values() if not op.call and (op.op == "StopGradient" or op.stopped)]
    held = [_holding(tensor, wide.values[tensor]) for op in stopped for tensor in op.outputs]
    outcome = rerun(context, Edits((*held, Edit(moved, change))), wide=True)
    return sum(float(np.sum(outcome.values[tensor] * weight)) for tensor, weight in weights)


def _holding(tensor: int, value: np.ndarray) -> Edit:
    return Edit(frozenset({tensor}), lambda _: value)


def _versions(context: Context, call: int, number: int) -> frozenset[int]:
    source = context.step.calls[call].started.sources[number]
    return frozenset(context.versions.get(source.variable, set()) if source.variable else {source.tensor})


def _recorded(context: Context, call: int, number: int) -> np.ndarray | None:
    finished = context.step.calls[call].finished
    tensor = finished.results[number].tensor if finished is not None else 0
    return context.value(tensor) if tensor else None
