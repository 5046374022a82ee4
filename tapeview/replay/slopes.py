"""How steep recorded computations are: finite differences in float64, through only those ops that depend on what is
varied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

import tapeview.engine.ops  # noqa: F401  fills OPS
from tapeview.engine.op import OPS
from tapeview.explain.context import Context, leading, reached
from tapeview.replay.attrs import AttributeLost, restored, widened
from tapeview.replay.rerun import ReplayError
from tapeview.replay.updates import DRAWING
from tapeview.trace.records import Op

TOLERANCE = 1e-4
"""By how much a derivative and a difference quotient may differ in float64, relative to the larger of them and to a
thousandth of the gradient's largest element: a strong curvature near the point explains no more.
"""

_STEP = 1e-6
_SMALLER = (1.0, 1 / 16, 1 / 256)
_EPS = float(np.finfo(np.float64).eps)

Index = tuple[int, ...]
Computed = Callable[[np.ndarray], Sequence[np.ndarray]]
"""What comes out when the varied array is this one."""


class Slope(NamedTuple):
    """A central difference quotient, how much of it may be the rounding of float64, and whether the slopes to the left
    and to the right are different there, with what was expected between them (or not finite).
    """

    central: float
    noise: float
    kink: bool


class Slopes:
    """Slopes of the sum of what is computed, weighted, in single elements of what is varied."""

    def __init__(self, computed: Computed, at: np.ndarray, weights: Sequence[np.ndarray | float]) -> None:
        self._computed, self._at = computed, at
        # Of complex results the tape's gradients are conjugated derivatives.
        self._weights = [np.conj(one) for one in weights]
        self._base = computed(at)
        self.finite = all(bool(np.isfinite(one).all()) for one in (*self._base, *weights))
        """Whether what is computed, and its weights, are finite."""

    def slope(self, index: Index, expected: float, scale: float, tolerance: float = TOLERANCE) -> Slope:
        """The slope in an element. Steps get smaller where it is not ``expected``, which may be due to what lies within
        a step. ``scale``: see `apart`.
        """
        tried: list[Slope] = []
        gaps: list[float] = []
        for step in self._steps(abs(float(self._at[index]))):
            above, below = self._moved(index, step), self._moved(index, -step)
            central, noise = self._between(above, below, 2 * step)
            if apart(expected, central, scale) <= tolerance or (abs(central - expected) <= noise and not tried):
                return Slope(central, noise, False)
            tried.append(Slope(central, noise, False))
            right, left = self._between(above, self._base, step)[0], self._between(self._base, below, step)[0]
            if not (np.isfinite(right) and np.isfinite(left) and np.isfinite(expected)):
                return tried[0]._replace(kink=self.finite)
            room = max(tolerance * max(abs(right), abs(left), scale), 4 * noise)
            if abs(right - left) > room and min(right, left) - room <= expected <= max(right, left) + room:
                gaps.append(abs(right - left))
        # Where a function is smooth, its slopes to both sides come together as steps get smaller.
        return tried[0]._replace(kink=len(gaps) > 1 and gaps[-1] > gaps[0] / 4)

    def _steps(self, size: float) -> Iterator[float]:
        step = _STEP * max(1.0, size)
        yield from (step * smaller for smaller in _SMALLER)
        if 0 < 1e-4 * size < step * _SMALLER[-1]:
            yield 1e-4 * size

    def _moved(self, index: Index, shift: float) -> Sequence[np.ndarray]:
        changed = self._at.copy()
        changed[index] += shift
        return self._computed(changed)

    def _between(self, a: Sequence[np.ndarray], b: Sequence[np.ndarray], distance: float) -> tuple[float, float]:
        """The quotient, and what of it may be rounding. Only what moved counts: other elements may be infinite."""
        change, size, largest = 0.0, 0.0, 0.0
        for x, y, weight in zip(a, b, self._weights, strict=True):
            moved = (x != y) & ~(np.isnan(x) & np.isnan(y)) & (weight != 0)
            sizes = np.abs(np.maximum(np.abs(x), np.abs(y)) * weight)
            change += float(np.sum(np.where(moved, (x - y) * weight, 0)).real)
            size += float(np.sum(np.where(moved, sizes, 0)))
            largest = max(largest, float(np.max(sizes, initial=0, where=np.isfinite(sizes))))
        return change / distance, 32 * _EPS * max(size, largest) / distance


def apart(a: float, b: float, scale: float) -> float:
    """How far two numbers are apart, relative to the largest of them and of ``scale``: below that, a difference counts
    for nothing. Infinite where only one is finite.
    """
    if not (np.isfinite(a) and np.isfinite(b)):
        return 0.0 if a == b or (np.isnan(a) and np.isnan(b)) else float("inf")
    largest = max(abs(a), abs(b), scale)
    return abs(a - b) / largest if largest > 0 else 0.0


class Forward:
    """The ops through which some tensors depend on others, ready to be worked out in float64 again and again.

    Args:
        ops: those through which a change passes on, in the order in which they ran.
        values: of all tensors, as they are without a change.
        moved: the tensors that are varied, all of them versions of one thing.
        targets: the tensors wanted.
        inside: for ops with a rule of the script's own the tensors whose values they give back.

    Raises:
        ReplayError: an op cannot be worked out from what was recorded.
    """

    def __init__(
        self,
        context: Context,
        ops: Iterable[Op],
        values: dict[int, np.ndarray],
        moved: frozenset[int],
        targets: Sequence[int],
        inside: dict[int, tuple[int, ...]],
    ) -> None:
        self._values, self._moved, self._targets = values, moved, targets
        # An op that draws gives what was drawn; one that stands inside one of the script's own comes before it.
        several = [op for op in ops if not op.op.startswith(DRAWING) and not moved.intersection(op.outputs)]
        edges = [msgspec.structs.replace(op, inputs=inside.get(op.seq, op.inputs)) for op in several]
        depending, wanted = reached(edges, set(moved)), leading(edges, set(targets))
        self.depends = bool(depending.intersection(targets))
        """Whether the targets depend on what is varied at all."""
        self._program = [
            (_given_back if op.seq in inside else computing(context, op), op.inputs, op.outputs)
            for op in edges
            if not depending.isdisjoint(op.inputs) and not wanted.isdisjoint(op.outputs)
        ]

    def __call__(self, changed: np.ndarray) -> Sequence[np.ndarray]:
        """The targets, when what is varied has this value."""
        now = dict.fromkeys(self._moved, changed)
        values = self._values
        for run, inputs, outputs in self._program:
            made = run(*[now[t] if t in now else values[t] for t in inputs])
            now.update(zip(outputs, made, strict=True))
        return [now[t] if t in now else values[t] for t in self._targets]


def _given_back(*inside: np.ndarray) -> list[np.ndarray]:
    return list(inside)


def computing(context: Context, record: Op) -> Callable[..., list[np.ndarray]]:
    """What an op computes from arrays, in float64: its results.

    Raises:
        ReplayError: the recording does not have all that is needed for that.
    """
    where = f"{record.op} in line {context.line(record.site)}"
    op = OPS.get(record.op)
    if op is None:
        raise ReplayError(f"{where} is an op of the script's own: a recording does not have its code")
    try:
        attrs = widened(restored(record.attrs))
    except AttributeLost as error:
        raise ReplayError(f"{where} has an argument that a recording does not keep: {error}") from None
    first = context.tensor(record.outputs[0]) if len(record.outputs) == 1 else None

    def computed(*arrays: np.ndarray) -> list[np.ndarray]:
        made = op.forward(*arrays, **attrs)
        # Of an op whose results may be many, one comes in a row, too.
        if first is not None and not isinstance(made, tuple | list) and np.shape(made) == first.shape:
            return [np.asarray(made)]
        return [np.asarray(one) for one in made]

    return computed
