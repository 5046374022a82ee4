"""The value of an expression at the end of each training step, worked out in the background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tapeview.trace.query import Recording
from tapeview.views.background import Background
from tapeview.views.expression import Expression, ExpressionError
from tapeview.views.named_values import Lookup
from tapeview.views.value_words import as_number

POINTS = 2000
"""Steps looked at, at most; of more of them only every so many-th."""
CHUNK = 100
"""Steps worked out at a time, so that the work can be given up."""


@dataclass(slots=True)
class WatchSeries:
    """One curve. ``steps`` count from 0, ``values`` are NaN where the expression has no value of one number."""

    text: str
    expression: Expression
    steps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    next: int = 0
    stride: int = 1
    busy: bool = False
    over: bool = False


class SeriesWorker:
    """Keeps series up to date with a recording that may grow. ``told`` is called after points were added."""

    def __init__(self, background: Background, told: Callable[[], object]) -> None:
        self._background = background
        self._told = told
        self._recording: Recording | None = None
        self._until = 0
        self._series: dict[int, WatchSeries] = {}

    @property
    def series(self) -> dict[int, WatchSeries]:
        """The series there are, by the number of their expression."""
        return self._series

    @property
    def busy(self) -> bool:
        """Whether something is being worked out."""
        return any(one.busy for one in self._series.values())

    def follow(self, recording: Recording | None, until: int) -> None:
        """Steps below ``until`` of this recording are complete. Another recording begins all series anew."""
        if recording is not self._recording:
            self._recording = recording
            for id, one in list(self._series.items()):
                one.over = True
                self._series[id] = WatchSeries(one.text, one.expression)
        self._until = until
        for one in list(self._series.values()):
            self._go_on(one)

    def add(self, id: int, expression: Expression) -> None:
        """Begin a series; one that there is with another expression begins anew."""
        there = self._series.get(id)
        if there is not None and there.text == expression.text:
            return
        self.remove(id)
        self._series[id] = one = WatchSeries(expression.text, expression)
        self._go_on(one)

    def remove(self, id: int) -> None:
        """Give a series up, whatever is being worked out for it."""
        one = self._series.pop(id, None)
        if one is not None:
            one.over = True

    def _go_on(self, one: WatchSeries) -> None:
        recording = self._recording
        if one.busy or one.over or recording is None or one.next >= self._until:
            return
        if not one.next:
            one.stride = max(1, -(-self._until // POINTS))
        steps = range(one.next, self._until, one.stride)[:CHUNK]
        one.busy = True

        def job() -> list[float]:
            return [float("nan") if one.over else _value(one.expression, recording, step) for step in steps]

        def done(values: list[float]) -> None:
            one.busy = False
            if one.over:
                return
            one.steps += steps
            one.values += values
            one.next = steps[-1] + one.stride
            self._told()
            self._go_on(one)

        self._background.submit(job, done)


def _value(expression: Expression, recording: Recording, step: int) -> float:
    try:
        lookup = Lookup(recording, step, max(0, len(recording.step(step).positions) - 1), strict=True)
        found = as_number(expression.value(lookup))
    except (ExpressionError, IndexError):
        return float("nan")
    return float("nan") if found is None else found


def points(one: WatchSeries) -> tuple[np.ndarray, np.ndarray]:
    """Steps (int64, from 0) and values (float64), without the steps that have none."""
    steps, values = np.asarray(one.steps, np.int64), np.asarray(one.values, np.float64)
    known = ~np.isnan(values)
    return (steps, values) if known.all() else (steps[known], values[known]) if known.any() else (steps[:0], values[:0])
