"""Where nodes stand within their rows: Brandes and Köpf's method with nodes of different widths.

U. Brandes, B. Köpf: Fast and Simple Horizontal Coordinate Assignment (2002). Four drawings, each packed towards one
corner, are averaged; bends of one edge stay in a straight line. What one op hands to the next is kept straight before
what a leaf hands to it, so that the main line of a tape runs straight down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from tapeview.graph.layers import Layered


def across(
    graph: Layered,
    widths: Sequence[float],
    leaves: Sequence[bool],
    gap: Callable[[int, int], float],
    cancelled: Callable[[], bool],
) -> list[float]:
    """The x of every vertex's middle. ``widths`` is per vertex, ``gap(a, b)`` the space wanted between neighbours."""
    count = len(graph.rank)
    if not count:
        return []
    nodes = graph.nodes
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for upper, lower in graph.segments:
        below[upper].append(lower)
        above[lower].append(upper)
    for near in (above, below):
        for vertex, others in enumerate(near):
            strong = [other for other in others if other >= nodes or not leaves[other]]
            if strong and vertex < nodes:
                near[vertex] = strong
    crossing = _conflicts(graph, above)
    spaces = [[gap(a, b) + (widths[a] + widths[b]) / 2 for a, b in pairwise(row)] for row in graph.rows]
    drawings: list[list[float]] = []
    for down in (True, False):
        for left in (True, False):
            if cancelled():
                return [0.0] * count
            rows = graph.rows if down else graph.rows[::-1]
            gaps = spaces if down else spaces[::-1]
            if not left:
                rows, gaps = [row[::-1] for row in rows], [row[::-1] for row in gaps]
            root = _align(rows, above if down else below, crossing, count)
            found = _compact(rows, gaps, root, count)
            drawings.append(found if left else [-x for x in found])
    return _balance(drawings)


def _conflicts(graph: Layered, above: list[list[int]]) -> set[tuple[int, int]]:
    """Segments that cross a straight piece between two bends: those give way."""
    nodes, place = graph.nodes, {vertex: i for row in graph.rows for i, vertex in enumerate(row)}
    marked: set[tuple[int, int]] = set()
    for upper, lower in zip(graph.rows, graph.rows[1:], strict=False):
        first, scanned = 0, 0
        for position, vertex in enumerate(lower):
            inner = next((o for o in above[vertex] if vertex >= nodes and o >= nodes), None)
            if inner is None and position < len(lower) - 1:
                continue
            last = place[inner] if inner is not None else len(upper) - 1
            for other in lower[scanned : position + 1]:
                for source in above[other]:
                    if not first <= place[source] <= last and not (other >= nodes and source >= nodes):
                        marked.add((source, other))
            scanned, first = position + 1, last
    return marked


def _align(
    rows: Sequence[Sequence[int]], near: list[list[int]], crossing: set[tuple[int, int]], count: int
) -> list[int]:
    """The first vertex of the straight line each vertex belongs to."""
    root, line = list(range(count)), list(range(count))
    place = [0] * count
    for row in rows:
        for position, vertex in enumerate(row):
            place[vertex] = position
    for row in rows[1:]:
        reached = -1
        for vertex in row:
            others = sorted(near[vertex], key=place.__getitem__)
            middle = (len(others) - 1) / 2
            for other in others[int(middle) : int(middle + 0.5) + 1]:
                if line[vertex] != vertex:
                    break
                if reached < place[other] and (other, vertex) not in crossing and (vertex, other) not in crossing:
                    line[other] = vertex
                    root[vertex] = root[other]
                    line[vertex] = root[vertex]
                    reached = place[other]
    return root


def _compact(
    rows: Sequence[Sequence[int]], gaps: Sequence[Sequence[float]], root: list[int], count: int
) -> list[float]:
    """The lines pushed to the left as far as they go, then those with room to the right closer to their neighbours."""
    after: dict[int, dict[int, float]] = {}
    waiting = [0] * count
    for row, spaces in zip(rows, gaps, strict=True):
        for a, b, space in zip(row, row[1:], spaces, strict=False):
            left, right = root[a], root[b]
            known = after.setdefault(left, {})
            if right not in known:
                waiting[right] += 1
            known[right] = max(known.get(right, 0.0), space)
    x = [0.0] * count
    ready = [vertex for vertex in range(count) if root[vertex] == vertex and not waiting[vertex]]
    done: list[int] = []
    while ready:
        line = ready.pop()
        done.append(line)
        for other, space in after.get(line, {}).items():
            x[other] = max(x[other], x[line] + space)
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    for line in reversed(done):
        following = after.get(line)
        if following:
            x[line] = max(x[line], min(x[other] - space for other, space in following.items()))
    return [x[root[vertex]] for vertex in range(count)]


def _balance(drawings: list[list[float]]) -> list[float]:
    """The mean of the two middle drawings, after each was moved to the side of the narrowest."""
    four = np.array(drawings)
    low, high = four.min(axis=1), four.max(axis=1)
    narrowest = int(np.argmin(high - low))
    for index in range(4):
        left = index % 2 == 0
        four[index] += (low[narrowest] - low[index]) if left else (high[narrowest] - high[index])
    four.sort(axis=0)
    middle = (four[1] + four[2]) / 2
    return [float(x) for x in middle - middle.min()]
