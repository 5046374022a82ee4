"""Layers of a drawing: which row every node stands in, and the bends of edges that cross rows.

Knows numbers only: nodes are 0 … count-1 and every edge goes from a smaller to a larger number (a tape's order of
execution is such an order).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Edge = tuple[int, int]
BENDS = 6_000
"""How many bends a drawing may have."""


@dataclass(slots=True)
class Layered:
    """Nodes and bends in rows, top to bottom.

    Vertices below ``nodes`` are nodes, the others bends. ``rows`` holds the vertices of every row in drawing order.
    ``segments`` joins vertices of neighbouring rows, each pair once. ``paths`` has one entry per edge: the vertices
    from its source to its target (just these two where the edge has no bends of its own).
    """

    nodes: int
    rank: list[int]
    rows: list[list[int]]
    segments: list[Edge]
    paths: list[tuple[int, ...]]


def ranks(count: int, edges: Sequence[Edge], leaves: Sequence[bool]) -> list[int]:
    """The row of every node: each edge goes down by at least one row, leaves stand just above their first consumer.

    ValueError for an edge that does not go from a smaller to a larger number.
    """
    rank = [0] * count
    into: list[list[int]] = [[] for _ in range(count)]
    out: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        if not 0 <= source < target < count:
            raise ValueError(f"the edge {source} → {target} does not follow the order of execution")
        into[target].append(source)
        out[source].append(target)
    for node in range(count):
        if into[node]:
            rank[node] = 1 + max(rank[source] for source in into[node])
    # What needs nothing but leaves need not stand at the top: it goes down to where it is used, and its leaves with it.
    for node in reversed(range(count)):
        inner = sum(not leaves[source] for source in into[node])
        if inner < len(set(out[node])):  # going down shortens more edges than it stretches
            rank[node] = max(rank[node], min(rank[target] for target in out[node]) - 1)
    top = min(rank, default=0)
    return [value - top for value in rank]


def layered(count: int, edges: Sequence[Edge], leaves: Sequence[bool], budget: int = BENDS) -> Layered:
    """Rows of ``count`` nodes with bends for edges that cross rows, at most about ``budget`` bends.

    Edges from one node share their bends. Where that is too much, edges into one node share them instead; and where
    even that is too much, the longest edges get none and go straight behind everything.
    """
    rank = ranks(count, edges, leaves)
    gathered: set[int] = set()
    longest = 1 + max(rank, default=0)
    if _bends(rank, edges, gathered, longest) > budget:
        long_into: dict[int, int] = {}
        for source, target in edges:
            if rank[target] - rank[source] > 3:
                long_into[target] = long_into.get(target, 0) + 1
        gathered = {target for target, number in long_into.items() if number >= 8}
    while longest > 1 and _bends(rank, edges, gathered, longest) > budget:
        longest //= 2
    graph = Layered(count, list(rank), [[] for _ in range(1 + max(rank, default=-1))], [], [])
    segments: dict[Edge, None] = {}
    down: dict[int, list[int]] = {}
    up: dict[int, list[int]] = {}
    for source, target in edges:
        length = rank[target] - rank[source] - 1
        if length >= longest:
            graph.paths.append((source, target))
            continue
        if target in gathered:
            trunk, first, sign = up.setdefault(target, []), target, -1
        else:
            trunk, first, sign = down.setdefault(source, []), source, 1
        while len(trunk) < length:
            bend = len(graph.rank)
            graph.rank.append(rank[first] + sign * (len(trunk) + 1))
            last = trunk[-1] if trunk else first
            segments[(last, bend) if sign > 0 else (bend, last)] = None
            trunk.append(bend)
        bends = trunk[:length] if sign > 0 else trunk[:length][::-1]
        path = (source, *bends, target)
        for joint in pairwise(path):
            segments[joint] = None
        graph.paths.append(path)
    graph.segments.extend(segments)
    for vertex, row in enumerate(graph.rank):
        graph.rows[row].append(vertex)
    return graph


def _bends(rank: Sequence[int], edges: Sequence[Edge], gathered: set[int], longest: int) -> int:
    trunks: dict[tuple[bool, int], int] = {}
    for source, target in edges:
        length = rank[target] - rank[source] - 1
        if length < longest:
            key = (True, target) if target in gathered else (False, source)
            trunks[key] = max(trunks.get(key, 0), length)
    return sum(trunks.values())


def components(count: int, edges: Sequence[Edge]) -> list[list[int]]:
    """The connected parts, each in ascending order, ordered by their first node."""
    parent = list(range(count))

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for source, target in edges:
        a, b = find(source), find(target)
        if a != b:
            parent[max(a, b)] = min(a, b)
    parts: dict[int, list[int]] = {}
    for node in range(count):
        parts.setdefault(find(node), []).append(node)
    return list(parts.values())
