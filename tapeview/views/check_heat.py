"""The errors of a gradient as a picture: which element is where in it, and how strongly it is coloured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tapeview.explain.questions import Element
from tapeview.views.numbers import number
from tapeview.views.text import tr

ROWS, COLUMNS = 96, 160
"""A picture has at most so many cells; where there are more elements, a cell stands for several."""
LOW, HIGH = 1e-6, 1.0
"""Relative errors between these have colours of their own; below them they are what float32 rounds to."""
DECADES = 6
"""Absolute errors have colours over so many powers of ten below the largest."""

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """The errors of a gradient, as cells in ``rows`` and ``columns``, in the order of its elements.

    ``elements`` has for each cell the one furthest off of those that were looked at; cells without were not looked at.
    ``levels`` say how strong each is, from 0 (no error worth the name) to 1, without those at which no slope could be
    measured. ``last`` is the number of cells that there are (the last row may be shorter); ``low`` and ``high`` are the
    ends of the logarithmic scale. ``worst`` is the cell of the worst element. ``axes`` say in words what rows and
    columns are.
    """

    rows: int
    columns: int
    last: int
    elements: dict[Cell, Element] = field(default_factory=dict)
    levels: dict[Cell, float] = field(default_factory=dict)
    worst: Cell = (0, 0)
    low: float = LOW
    high: float = HIGH
    axes: str = ""

    def beside(self, cell: Cell, down: int, right: int) -> Cell:
        """The nearest cell that was looked at in a direction, the same one if there is none."""

        def far(other: Cell) -> tuple[int, int]:
            rows, columns = other[0] - cell[0], other[1] - cell[1]
            along, across = rows * down + columns * right, abs(rows * right) + abs(columns * down)
            return along + 3 * across, along

        ahead = [one for one in self.elements if (one[0] - cell[0]) * down + (one[1] - cell[1]) * right > 0]
        return min(ahead, key=far, default=cell)


def error_of(element: Element, relative: bool) -> float:
    """How far an element is off: relative to the larger number, or as a difference."""
    if relative:
        return element.error
    held = element.recorded if element.recorded is not None else element.by_rules
    return abs(held - element.by_differences) if held is not None else math.nan


def heat_of(elements: Sequence[Element], shape: tuple[int, ...], worst: Element, *, relative: bool = True) -> Heat:
    """The picture of what was looked at of a gradient of this shape, whatever its rank: leading axes become rows."""
    height, width, axes = _sides(shape)
    down, across = -(-height // ROWS), -(-width // COLUMNS)
    rows, columns = -(-height // down), -(-width // across)
    vector = len(shape) == 1 or (height > 1 and height * width != math.prod(shape))
    last = rows * columns if not vector else -(-math.prod(shape) // across)

    def cell_of(element: Element) -> Cell:
        flat = int(np.ravel_multi_index(element.index, shape)) if shape else 0
        row, column = divmod(flat, width)
        return row // down, column // across

    found: dict[Cell, Element] = {}
    for element in elements:
        cell = cell_of(element)
        before = found.get(cell)
        if before is None or _larger(error_of(element, relative), error_of(before, relative)):
            found[cell] = element
    if worst in elements:
        found[cell_of(worst)] = worst
    high = HIGH
    if not relative:
        errors = [error_of(one, False) for one in found.values()]
        largest = max((one for one in errors if math.isfinite(one) and one > 0), default=1.0)
        high = 10.0 ** math.ceil(math.log10(largest) - 1e-9)
    low = LOW if relative else high / 10.0**DECADES
    measured = {cell: one for cell, one in found.items() if not math.isnan(one.by_differences)}
    levels = {cell: _level(error_of(one, relative), low, high) for cell, one in measured.items()}
    if down * across > 1:
        axes += " · " + tr("1 cell: {down} × {across}").format(down=down, across=across)
    return Heat(rows, columns, last, found, levels, cell_of(worst), low, high, axes)


def _larger(a: float, b: float) -> bool:
    return math.isnan(a) or a > b


def _level(error: float, low: float, high: float) -> float:
    if not math.isfinite(error):
        return 1.0
    if error <= low:
        return 0.0
    return min(1.0, math.log10(error / low) / math.log10(high / low))


def _sides(shape: tuple[int, ...]) -> tuple[int, int, str]:
    """Rows and columns for a shape, and what they are in words: of all ways to split the axes the squarest."""
    size = math.prod(shape)
    if len(shape) < 2 or size == max(shape):
        if size <= 32:
            return 1, max(1, size), str(size) if size > 1 else ""
        width = math.ceil(math.sqrt(3 * size))
        return -(-size // width), width, tr("{n}, row by row").format(n=size)
    splits = range(1, len(shape))
    best = min(splits, key=lambda k: abs(math.log(math.prod(shape[:k]) / math.prod(shape[k:]))))

    text = " × ".join("·".join(map(str, part)) for part in (shape[:best], shape[best:]))
    return math.prod(shape[:best]), math.prod(shape[best:]), text


def scale_words(heat: Heat) -> tuple[str, str]:
    """Both ends of the scale."""
    return f"≤ {number(heat.low, 1)}", number(heat.high, 2) if heat.high != HIGH else "≥ 1"
