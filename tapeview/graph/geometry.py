"""Shapes of a drawing as plain arrays: boxes, edge paths, what is under a point, who is next in a direction.

A few thousand boxes are compared in one numpy expression within 20 µs, which no index of ours would beat; so there is
none. y grows downwards. Arrays are float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Rect = tuple[float, float, float, float]
"""left, top, right, bottom"""

EMPTY: Rect = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Boxes:
    """Axis-parallel boxes: (n, 4) of left, top, right, bottom."""

    sides: Floats

    @classmethod
    def around(cls, centres: Floats, sizes: Floats) -> Boxes:
        """Boxes with these middles, (n, 2), and sizes, (n, 2)."""
        half = np.asarray(sizes, np.float64).reshape(-1, 2) / 2
        middle = np.asarray(centres, np.float64).reshape(-1, 2)
        return cls(np.hstack([middle - half, middle + half]))

    def __len__(self) -> int:
        return len(self.sides)

    def __getitem__(self, index: int) -> Rect:
        left, top, right, bottom = self.sides[index]
        return float(left), float(top), float(right), float(bottom)

    @property
    def centres(self) -> Floats:
        return (self.sides[:, :2] + self.sides[:, 2:]) / 2

    def bounds(self, margin: float = 0.0) -> Rect:
        """The smallest box around all of them, wider by ``margin`` on each side; ``EMPTY`` if there are none."""
        if not len(self.sides):
            return EMPTY
        left, top = self.sides[:, :2].min(axis=0)
        right, bottom = self.sides[:, 2:].max(axis=0)
        return float(left - margin), float(top - margin), float(right + margin), float(bottom + margin)

    def within(self, rect: Rect) -> Indices:
        """The boxes that touch ``rect``, ascending."""
        left, top, right, bottom = rect
        s = self.sides
        return np.flatnonzero((s[:, 2] >= left) & (s[:, 0] <= right) & (s[:, 3] >= top) & (s[:, 1] <= bottom))

    def at(self, x: float, y: float, slack: float = 0.0) -> int:
        """The box under a point, else the nearest one not farther than ``slack``; -1 if there is none."""
        if not len(self.sides):
            return -1
        s = self.sides
        dx = np.maximum(np.maximum(s[:, 0] - x, x - s[:, 2]), 0.0)
        dy = np.maximum(np.maximum(s[:, 1] - y, y - s[:, 3]), 0.0)
        distance = np.hypot(dx, dy)
        found = int(np.argmin(distance))
        return found if distance[found] <= slack else -1

    def towards(self, start: int, dx: int, dy: int) -> int:
        """The box nearest to box ``start`` in a direction ((0, 1) is down); ``start`` itself if nothing lies there.

        Going aside counts double, and what lies more aside than ahead is not in that direction.
        """
        middle = self.centres - self.centres[start]
        ahead = middle[:, 0] * dx + middle[:, 1] * dy
        aside = np.abs(middle[:, 0] * dy - middle[:, 1] * dx)
        cost = np.where((ahead > 1e-6) & (aside <= 3 * ahead), ahead + 2 * aside, np.inf)
        cost[start] = np.inf
        found = int(np.argmin(cost))
        return found if np.isfinite(cost[found]) else start


@dataclass(frozen=True, slots=True)
class Paths:
    """Curves as cubic Béziers: path i is ``points[starts[i]:starts[i + 1]]``, a first point and three per piece, (m,
    2).
    """

    points: Floats
    starts: Indices

    @classmethod
    def of(cls, curves: Sequence[Floats]) -> Paths:
        """Paths from one (1 + 3k, 2) array per curve."""
        starts = np.zeros(len(curves) + 1, np.intp)
        np.cumsum([len(curve) for curve in curves], out=starts[1:])
        return cls(np.concatenate(curves) if curves else np.zeros((0, 2)), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, index: int) -> Floats:
        return self.points[self.starts[index] : self.starts[index + 1]]

    @property
    def ends(self) -> Floats:
        """(n, 4): x and y of each path's first and last point."""
        if not len(self):
            return np.zeros((0, 4))
        return np.hstack([self.points[self.starts[:-1]], self.points[self.starts[1:] - 1]])

    def boxes(self, margin: float = 0.0) -> Boxes:
        """A box around each path's control points."""
        if not len(self):
            return Boxes(np.zeros((0, 4)))
        low = np.minimum.reduceat(self.points, self.starts[:-1], axis=0) - margin
        high = np.maximum.reduceat(self.points, self.starts[:-1], axis=0) + margin
        return Boxes(np.hstack([low, high]))


def spline(through: Sequence[tuple[float, float, float]], end: tuple[float, float]) -> Floats:
    """A smooth curve that goes straight down through columns: (1 + 3k, 2).

    ``through`` holds (x, top, bottom) of each column from the source (whose ``top`` is ignored) down; the curve ends at
    ``end``. Columns in line are joined into one piece, so a long straight edge stays small.
    """
    x, _, y = through[0]
    points = [(x, y)]
    for column, top, bottom in (*through[1:], (end[0], end[1], end[1])):
        if abs(column - x) < 0.5:
            x_next = x
            points += [(x, y + (bottom - y) / 3), (x, y + 2 * (bottom - y) / 3), (x, bottom)]
            if len(points) >= 7 and points[-7][0] == x and points[-4][0] == x:
                first = points[-7][1]
                points[-6:] = [(x, first + (bottom - first) / 3), (x, first + 2 * (bottom - first) / 3), (x, bottom)]
            x, y = x_next, bottom
            continue
        bend = (top - y) * 0.55
        points += [(x, y + bend), (column, top - bend), (column, top)]
        if bottom > top:
            points += [(column, top + (bottom - top) / 3), (column, top + 2 * (bottom - top) / 3), (column, bottom)]
        x, y = column, bottom
    return np.array(points)


def point_on(curve: Floats, share: float) -> tuple[float, float]:
    """A point of a curve, ``share`` from 0 (start) to 1 (end) of its height."""
    if len(curve) < 4:
        return float(curve[0, 0]), float(curve[0, 1])
    wanted = curve[0, 1] + (curve[-1, 1] - curve[0, 1]) * share
    pieces = (len(curve) - 1) // 3
    ends = curve[3::3, 1]
    piece = min(int(np.searchsorted(ends, wanted)), pieces - 1)
    p0, p1, p2, p3 = curve[3 * piece : 3 * piece + 4]
    low, high = 0.0, 1.0
    for _ in range(24):
        t = (low + high) / 2
        u = 1 - t
        y = u * u * u * p0[1] + 3 * u * u * t * p1[1] + 3 * u * t * t * p2[1] + t * t * t * p3[1]
        low, high = (t, high) if y < wanted else (low, t)
    t, u = low, 1 - low
    x = u * u * u * p0[0] + 3 * u * u * t * p1[0] + 3 * u * t * t * p2[0] + t * t * t * p3[0]
    return float(x), float(wanted)


def ports(wanted: Sequence[float], width: float, least: float = 26.0) -> list[float]:
    """Offsets from a node's middle at which its edges arrive, in the order given (ascending sources).

    Each is as near to its wanted offset as the room allows: neighbours keep ``least`` apart (less where the side is
    short), and none leaves the side.
    """
    count = len(wanted)
    if not count:
        return []
    side = max(0.0, width / 2 - 12)
    space = min(least, 2 * side / (count - 1)) if count > 1 else 0.0
    found = [min(max(x, -side), side) for x in wanted]
    # Pool neighbours that are too close around their common middle (isotonic regression on shifted offsets).
    pools: list[tuple[float, int]] = []
    for index, x in enumerate(found):
        mean, size = x - index * space, 1
        while pools and pools[-1][0] > mean:
            other, members = pools.pop()
            mean, size = (mean * size + other * members) / (size + members), size + members
        pools.append((mean, size))
    flat = [mean for mean, size in pools for _ in range(size)]
    placed = [mean + index * space for index, mean in enumerate(flat)]
    for index in range(count):
        low, high = -side + index * space, side - (count - 1 - index) * space
        placed[index] = min(max(placed[index], low), high)
    return placed
