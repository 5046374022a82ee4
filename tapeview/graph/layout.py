"""The drawing of a graph, top to bottom: layers, order, coordinates, curves. Any thread may make one.

Nodes are 0 … n-1 in an order of execution. Stages ask between each other whether they are still wanted.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock

import numpy as np

from tapeview.graph.coordinates import across
from tapeview.graph.geometry import Boxes, Floats, Paths, Rect, ports, spline
from tapeview.graph.layers import Edge, Layered, components, layered
from tapeview.graph.order import order_rows

ROW_GAP = 44.0
NODE_GAP = 26.0
BEND_GAP = 20.0
PART_GAP = 64.0
GRADIENT_OFFSET = 13.0
"""How far right of a forward edge its gradient runs, where there is room."""


class Cancelled(Exception):
    """Nobody wants this drawing any more."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands. ``boxes`` are per node, ``paths`` per edge from its source down to its target.

    ``offsets`` tells per edge how far to the right its gradient is drawn.
    """

    boxes: Boxes
    paths: Paths
    offsets: Floats
    bounds: Rect
    method: str
    seconds: float


def never() -> bool:
    """Nobody cancels."""
    return False


def lay_out(
    edges: Sequence[Edge],
    leaves: Sequence[bool],
    sizes: Sequence[tuple[float, float]],
    cancelled: Callable[[], bool] = never,
    *,
    sugiyama: bool = True,
) -> Layout:
    """Draw nodes of these ``sizes``; an edge may stand in ``edges`` more than once and then has more than one path.

    ValueError for an edge against the order of execution. Cancelled when ``cancelled()`` is true between two stages.
    """
    started = time.perf_counter()
    count = len(sizes)
    size = np.array(sizes, np.float64).reshape(-1, 2)
    centres = np.zeros((count, 2))
    curves: list[Floats] = [np.zeros((1, 2))] * len(edges)
    offsets = np.full(len(edges), GRADIENT_OFFSET)
    methods: set[str] = set()
    drawn: list[tuple[list[int], list[int], Rect]] = []
    parts = components(count, edges)
    owner = np.zeros(count, np.intp)
    for number, nodes in enumerate(parts):
        owner[nodes] = number
    edges_of: list[list[int]] = [[] for _ in parts]
    for index, (source, _) in enumerate(edges):
        edges_of[owner[source]].append(index)
    for nodes, own in zip(parts, edges_of, strict=True):
        if cancelled():
            raise Cancelled
        local = {node: i for i, node in enumerate(nodes)}
        pairs = [(local[edges[e][0]], local[edges[e][1]]) for e in own]
        bare = [leaves[node] for node in nodes]
        graph = layered(len(nodes), pairs, bare)
        methods.add(order_rows(graph, cancelled, sugiyama=sugiyama) if own else "")
        if cancelled():
            raise Cancelled
        columns, tops, bottoms = _place(graph, size[nodes], bare, cancelled)
        if cancelled():
            raise Cancelled
        for i, node in enumerate(nodes):
            row = graph.rank[i]
            centres[node] = columns[i], (tops[row] + bottoms[row]) / 2
        paths, shifts = _route(graph, pairs, columns, tops, bottoms, size[nodes])
        box = Boxes.around(centres[nodes], size[nodes]).bounds()
        for e, curve, shift in zip(own, paths, shifts, strict=True):
            curves[e], offsets[e] = curve, shift
        drawn.append((nodes, own, box))
    _pack(drawn, centres, curves)
    boxes = Boxes.around(centres, size)
    method = "fast-sugiyama" if "fast-sugiyama" in methods else "medians" if "medians" in methods else "rows"
    seconds = time.perf_counter() - started
    return Layout(boxes, Paths.of(curves), offsets, boxes.bounds(), method, seconds)


def _place(
    graph: Layered, sizes: Floats, leaves: Sequence[bool], cancelled: Callable[[], bool]
) -> tuple[list[float], list[float], list[float]]:
    """x of every vertex; top and bottom of every row."""
    nodes = graph.nodes

    def gap(a: int, b: int) -> float:
        return NODE_GAP if a < nodes and b < nodes else BEND_GAP

    widths = [float(width) for width in sizes[:, 0]] + [2.0] * (len(graph.rank) - nodes)
    columns = across(graph, widths, leaves, gap, cancelled)
    heights = [max([float(sizes[v, 1]) for v in row if v < nodes], default=20.0) for row in graph.rows]
    widest = [0.0] * len(graph.rows)
    for upper, lower in graph.segments:
        row = graph.rank[upper]
        widest[row] = max(widest[row], abs(columns[upper] - columns[lower]))
    tops, bottoms, y = [], [], 0.0
    for height, span in zip(heights, widest, strict=True):
        tops.append(y)
        bottoms.append(y + height)
        y += height + min(ROW_GAP + max(0.0, span - 160) * 0.09, 3.2 * ROW_GAP)  # flat lines are hard to follow
    return columns, tops, bottoms


def _route(
    graph: Layered,
    edges: Sequence[Edge],
    columns: Sequence[float],
    tops: Sequence[float],
    bottoms: Sequence[float],
    sizes: Floats,
) -> tuple[list[Floats], list[float]]:
    arriving: dict[int, list[int]] = {}
    for index, (_, target) in enumerate(edges):
        arriving.setdefault(target, []).append(index)
    landing = [0.0] * len(edges)
    shifts = [GRADIENT_OFFSET] * len(edges)
    for target, indices in arriving.items():
        indices.sort(key=lambda e: (columns[graph.paths[e][-2]], e))
        # An edge from far aside lands aside, so that it does not cut under its neighbours.
        wanted = [(columns[graph.paths[e][-2]] - columns[target]) * 0.3 for e in indices]
        found = ports(wanted, float(sizes[target, 0]))
        closest = min((b - a for a, b in pairwise(found)), default=2 * GRADIENT_OFFSET)
        for e, port in zip(indices, found, strict=True):
            landing[e] = port
            shifts[e] = min(GRADIENT_OFFSET, max(closest / 2, 3.0))
    curves = []
    for index, (source, target) in enumerate(edges):
        row = graph.rank[source]
        middle = (tops[row] + bottoms[row]) / 2
        bends = graph.paths[index][1:-1]
        through = [(columns[source], middle, middle + float(sizes[source, 1]) / 2)]
        through += [(columns[v], tops[graph.rank[v]], bottoms[graph.rank[v]]) for v in bends]
        row = graph.rank[target]
        end = (tops[row] + bottoms[row]) / 2 - float(sizes[target, 1]) / 2
        curves.append(spline(through, (columns[target] + landing[index], end)))
    return curves, shifts


def _pack(drawn: Sequence[tuple[list[int], list[int], Rect]], centres: Floats, curves: list[Floats]) -> None:
    """Unconnected parts side by side in order, in as many lines as keep the whole picture from becoming a strip."""
    if not drawn:
        return
    area = sum((box[2] - box[0] + PART_GAP) * (box[3] - box[1] + PART_GAP) for *_, box in drawn)
    limit = max(float(np.sqrt(area)) * 1.5, *(box[2] - box[0] for *_, box in drawn), 1.0)
    x = y = tallest = 0.0
    for nodes, own, (left, top, right, bottom) in drawn:
        if x > 0 and x + right - left > limit:
            x, y, tallest = 0.0, y + tallest + PART_GAP, 0.0
        move = np.array([x - left, y - top])
        centres[nodes] += move
        for e in own:
            curves[e] = curves[e] + move
        x += right - left + PART_GAP
        tallest = max(tallest, bottom - top)


class LayoutCache:
    """The last ``capacity`` drawings by structure; used from several threads."""

    def __init__(self, capacity: int = 32) -> None:
        self._kept: OrderedDict[Hashable, Layout] = OrderedDict()
        self._capacity = capacity
        self._lock = Lock()

    def get(self, key: Hashable) -> Layout | None:
        """The drawing of a structure, if it is still known."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Hashable, layout: Layout) -> None:
        """Remember a drawing; the one longest unused goes."""
        with self._lock:
            self._kept[key] = layout
            self._kept.move_to_end(key)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
