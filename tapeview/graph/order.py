"""The order of nodes within the rows of a drawing, so that few edges cross.

fast-sugiyama finds it for what it can do quickly; beyond that, and where its wheel is missing, rows are swept by
medians.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from typing import Any

from tapeview.graph.layers import Layered

from_edges: Callable[..., Any] | None = None
try:
    import fast_sugiyama
except ImportError:  # no wheel for this platform: the sweeps below do it alone
    pass
else:
    from_edges = fast_sugiyama.from_edges

THOROUGH = (1_500, 60)
"""Segments and widest row up to which fast-sugiyama also swaps neighbours: at most 60 ms on two cores.

It holds the interpreter's lock while it works, so this is also how long the window may stand still.
"""
QUICK = (4_000, 400)
"""The same without swapping."""


def order_rows(graph: Layered, cancelled: Callable[[], bool], *, sugiyama: bool = True) -> str:
    """Put ``graph.rows`` in order; returns who did it: ``"fast-sugiyama"`` or ``"medians"``."""
    widest = max((len(row) for row in graph.rows), default=0)
    size = len(graph.segments)
    if sugiyama and from_edges is not None and size and size <= QUICK[0] and widest <= QUICK[1]:
        thorough = size <= THOROUGH[0] and widest <= THOROUGH[1]
        _by_sugiyama(graph, from_edges, thorough)
        if not thorough:
            _sweep(graph, cancelled, rounds=2)
        return "fast-sugiyama"
    _sweep(graph, cancelled, rounds=6)
    return "medians"


def _by_sugiyama(graph: Layered, from_edges: Callable[..., Any], thorough: bool) -> None:
    # It aborts the whole process when a graph has a cycle or nothing but a loop: segments always go down one row.
    found = from_edges(
        graph.segments, vertex_spacing=10, dummy_vertices=True, ranking_type="original", transpose=thorough
    )
    across: dict[int, float] = {}
    beside = 0.0
    for positions, width, *_ in found:  # parts that only edges without bends connect are drawn each for itself
        left = min(x for _, (x, _y) in positions)
        across.update((vertex, float(x) - left + beside) for vertex, (x, _y) in positions)
        beside += float(width) + 20
    for row in graph.rows:
        row.sort(key=lambda vertex: (across.get(vertex, 0.0), vertex))


def crossings(graph: Layered) -> int:
    """How many pairs of segments cross, for the order in which the rows stand now."""
    place = _places(graph.rows)
    below = _neighbours(graph, down=True)
    total = 0
    for row in graph.rows:
        seen: list[int] = []
        for vertex in row:
            ends = sorted(place[other] for other in below[vertex])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _sweep(graph: Layered, cancelled: Callable[[], bool], rounds: int) -> None:
    above, below = _neighbours(graph, down=False), _neighbours(graph, down=True)
    best, fewest = [list(row) for row in graph.rows], crossings(graph)
    for turn in range(rounds):
        if cancelled() or fewest == 0:
            break
        down = turn % 2 == 0
        near = above if down else below
        rows = graph.rows[1:] if down else graph.rows[-2::-1]
        place = _places(graph.rows)
        for row in rows:
            keys = {vertex: _centre([place[other] for other in near[vertex]], place[vertex]) for vertex in row}
            row.sort(key=lambda vertex: (keys[vertex], place[vertex]))
            for position, vertex in enumerate(row):
                place[vertex] = position
        count = crossings(graph)
        if count < fewest:
            best, fewest = [list(row) for row in graph.rows], count
    for row, order in zip(graph.rows, best, strict=True):
        row[:] = order


def _centre(places: list[int], own: int) -> float:
    if not places:
        return float(own)
    places.sort()
    middle = len(places) // 2
    if len(places) % 2:
        return float(places[middle])
    return (places[middle - 1] + places[middle]) / 2


def _places(rows: Sequence[Sequence[int]]) -> dict[int, int]:
    return {vertex: place for row in rows for place, vertex in enumerate(row)}


def _neighbours(graph: Layered, *, down: bool) -> list[list[int]]:
    near: list[list[int]] = [[] for _ in graph.rank]
    for upper, lower in graph.segments:
        if down:
            near[upper].append(lower)
        else:
            near[lower].append(upper)
    return near
