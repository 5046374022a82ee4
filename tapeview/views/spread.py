"""How the elements of one variable, gradient or result are spread, over the training steps whose values were kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tapeview.trace.query import Recording, Step
from tapeview.trace.records import Op, Variable
from tapeview.views.short_names import short_names
from tapeview.views.tensors import label_of, value_of

COLUMNS = 160
"""Steps looked at, at most; of more of them only every second, fourth, …"""
ELEMENTS = 4096
"""Elements of a tensor that are counted, evenly picked; a histogram does not gain from more."""
BINS = 48
FEWEST_BINS = 10
OUTSIDE = 0.1
"""Per cent of the elements at either end that may lie outside of the bins: one outlier would flatten all others."""

KINDS = ("weights", "gradients", "activations")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at. ``id`` is a variable's, or how many ops of type ``op`` came before it in a step."""

    kind: str
    id: int
    op: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """``counts`` (steps × bins, int64) of the elements between ``edges`` (bins + 1, float64) at each of ``steps``
    (int64, from 0). What lies beyond the ends counts for the outermost bins.
    """

    steps: np.ndarray
    counts: np.ndarray
    edges: np.ndarray

    def reach(self) -> int:
        """For how many steps a column stands where the next one is far: longer gaps are gaps."""
        gaps = np.diff(self.steps)
        if not gaps.size:
            return 1
        return max(1, 8 * int(np.median(gaps)), int(self.steps[-1] - self.steps[0]) // 20)

    def column(self, step: int) -> int:
        """The place of the last of ``steps`` that is not behind ``step``; the first one if all are."""
        return max(0, int(np.searchsorted(self.steps, step, side="right")) - 1)


def subjects(recording: Recording, step: Step, kind: str) -> list[tuple[Subject, str]]:
    """What there is to look at of a kind, each with its name. Results are those of the step."""
    if kind == "activations":
        found = []
        for number, op in _forward(step):
            record = recording.tensor(op.outputs[0])
            if len(record.shape) and record.dtype.startswith(("float", "bfloat")):
                scope = step.scope_of(op)
                label = label_of(recording, step, op.outputs[0])
                where = scope[-1].name if scope else label if label != op.op else ""
                found.append((Subject(kind, number, op.op), f"{where} · {op.op}" if where else op.op))
        return found
    variables = [
        (id, variable)
        for id, variable in recording.variables().items()
        if countable(variable) and (kind == "weights" or variable.trainable)
    ]
    names = {state.variable.id: state.name for state in recording.variables_at(step.index, len(step.positions))}
    labels = short_names([names.get(id, variable.name) for id, variable in variables])
    return [(Subject(kind, id), label) for (id, _), label in zip(variables, labels, strict=True) if label]


def countable(variable: Variable) -> bool:
    """Whether a histogram of a variable says something."""
    return math.prod(variable.shape) > 1 and variable.dtype.startswith(("float", "bfloat"))


def kept_steps(recording: Recording) -> list[int]:
    """The steps to look at: those whose values were kept, thinned evenly. More steps only ever add to them, until
    every second one is dropped.
    """
    kept = [place for place, info in enumerate(recording.step_infos()) if info.kept != "scalars"]
    stride = 1
    while len(kept) > COLUMNS * stride:
        stride *= 2
    return kept[::stride]


def sample(recording: Recording, subject: Subject, step: int) -> np.ndarray | None:
    """Some elements (float64, finite) of what a subject was in a step; None if that was not kept."""
    tensor = _tensor(recording, subject, step)
    array = value_of(recording, tensor) if tensor else None
    if array is None or array.dtype.kind not in "iuf" or not array.size:
        return None
    flat = array.reshape(-1)
    flat = flat[:: max(1, -(-flat.size // ELEMENTS))].astype(np.float64)
    flat = flat[np.isfinite(flat)]
    return flat if flat.size else None


def spread_of(samples: Mapping[int, np.ndarray | None], steps: Sequence[int]) -> Spread | None:
    """The histograms of the samples of these steps, in bins of their own for all; None if there is no sample."""
    found = [(step, values) for step in steps if (values := samples.get(step)) is not None]
    if not found:
        return None
    low, high = np.percentile(np.concatenate([values for _, values in found]), (OUTSIDE, 100 - OUTSIDE))
    if not high > low:
        room = max(abs(float(low)), 1e-6) * 1e-2
        low, high = low - room, high + room
    least = min(len(values) for _, values in found)
    edges = np.linspace(low, high, max(FEWEST_BINS, min(BINS, round(1.5 * least**0.5))) + 1)
    counts = np.stack([np.histogram(np.clip(values, low, high), bins=edges)[0] for _, values in found])
    return Spread(np.array([step for step, _ in found], np.int64), counts, edges)


def _tensor(recording: Recording, subject: Subject, index: int) -> int:
    """The id of the tensor that a subject was in a step; 0 if there was none."""
    try:
        step = recording.step(index)
        if subject.kind == "activations":
            return next(
                (op.outputs[0] for number, op in _forward(step) if (number, op.op) == (subject.id, subject.op)), 0
            )
        states = recording.variables_at(index, len(step.positions))
    except (IndexError, KeyError):
        return 0
    state = next((state for state in states if state.variable.id == subject.id), None)
    if state is None:
        return 0
    if subject.kind == "weights":
        return state.tensor
    return state.gradient.tensor if state.gradient is not None else 0


def _forward(step: Step) -> list[tuple[int, Op]]:
    """The forward ops that gave something, each with how many of its type came before it."""
    seen: dict[str, int] = {}
    found = []
    for op in step.ops.values():
        if op.call or not op.outputs:
            continue
        number = seen[op.op] = seen.get(op.op, -1) + 1
        found.append((number, op))
    return found
