from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapeview.graph.layout import Cancelled, Layout, LayoutCache, lay_out

Graph = tuple[list[tuple[int, int]], list[bool], list[tuple[float, float]]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 40))
    leaves = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    edges = []
    for node in range(1, count):
        if not leaves[node]:
            edges += [(draw(st.integers(0, node - 1)), node) for _ in range(draw(st.integers(0, 3)))]
    sizes = [(draw(st.floats(60, 230)), 40.0) for _ in range(count)]
    return edges, leaves, sizes


def overlaps(layout: Layout) -> list[tuple[int, int]]:
    boxes = layout.boxes.sides.tolist()
    return [
        (i, j)
        for i, a in enumerate(boxes)
        for j, b in enumerate(boxes[:i])
        if a[0] < b[2] - 0.01 and b[0] < a[2] - 0.01 and a[1] < b[3] - 0.01 and b[1] < a[3] - 0.01
    ]


@pytest.mark.parametrize("sugiyama", [True, False])
@given(graph=graphs())
def test_any_graph_is_drawn_top_to_bottom_without_overlaps(graph: Graph, sugiyama: bool) -> None:
    edges, leaves, sizes = graph
    layout = lay_out(edges, leaves, sizes, sugiyama=sugiyama)
    boxes = layout.boxes.sides
    assert overlaps(layout) == []
    assert len(layout.paths) == len(edges)
    for (source, target), curve in zip(edges, (layout.paths[i] for i in range(len(edges))), strict=True):
        assert boxes[source, 3] < boxes[target, 1]
        assert curve[0, 1] == pytest.approx(boxes[source, 3])
        assert curve[-1, 1] == pytest.approx(boxes[target, 1])
        assert boxes[target, 0] <= curve[-1, 0] <= boxes[target, 2]


def test_the_main_line_runs_straight_down_past_its_leaves() -> None:
    # Ops 0, 2, 4, 6 in a row, each with a leaf of its own.
    edges = [(0, 2), (1, 2), (2, 4), (3, 4), (4, 6), (5, 6)]
    layout = lay_out(edges, [False, True, False, True, False, True, False], [(110, 40)] * 7)
    xs = layout.boxes.centres[[0, 2, 4, 6], 0]
    assert np.ptp(xs) < 1


def test_the_same_graph_is_always_drawn_alike() -> None:
    edges = [(n // 2, n) for n in range(1, 60)] + [(n, n + 20) for n in range(30)]
    first, second = (lay_out(edges, [False] * 60, [(100, 40)] * 60) for _ in range(2))
    assert np.array_equal(first.boxes.sides, second.boxes.sides)
    assert np.array_equal(first.paths.points, second.paths.points)


def test_wide_nodes_get_the_room_they_need() -> None:
    edges = [(n, 4) for n in range(4)]
    layout = lay_out(edges, [True] * 4 + [False], [(40, 40), (230, 40), (60, 40), (230, 40), (100, 40)])
    assert overlaps(layout) == []
    left, _, right, _ = layout.bounds
    assert right - left < 40 + 230 + 60 + 230 + 4 * 40


def test_two_operands_from_one_source_are_two_lines_with_room_for_gradients_between() -> None:
    layout = lay_out([(0, 1), (0, 1)], [True, False], [(100, 40)] * 2)
    first, second = layout.paths[0][-1, 0], layout.paths[1][-1, 0]
    assert second - first >= 20
    assert layout.offsets.tolist() == [13, 13]


def test_unconnected_parts_stand_side_by_side_and_break_into_lines() -> None:
    edges = [(2 * n, 2 * n + 1) for n in range(100)]
    layout = lay_out(edges, [True, False] * 100, [(100, 40)] * 200)
    left, top, right, bottom = layout.bounds
    assert overlaps(layout) == []
    assert 0.4 < (right - left) / (bottom - top) < 3


def test_nothing_and_one_node() -> None:
    assert lay_out([], [], []).bounds == (0, 0, 0, 0)
    assert lay_out([], [False], [(80, 40)]).boxes[0] == (0, 0, 80, 40)


def test_two_thousand_nodes_take_less_than_two_seconds() -> None:
    edges = [(n, n + 1) for n in range(1999)] + [(n, n + 10) for n in range(0, 1980, 10)]
    layout = lay_out(edges, [False] * 2000, [(110, 40)] * 2000)
    assert layout.seconds < 2
    assert overlaps_in_rows(layout) == 0


def overlaps_in_rows(layout: Layout) -> int:
    boxes = layout.boxes.sides[np.lexsort((layout.boxes.sides[:, 0], layout.boxes.sides[:, 1]))]
    same = boxes[1:, 1] == boxes[:-1, 1]
    return int(np.count_nonzero(same & (boxes[1:, 0] < boxes[:-1, 2])))


@pytest.mark.parametrize("stages", range(6))
def test_it_stops_at_the_next_stage_when_cancelled(stages: int) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > stages

    edges = [(n // 3, n) for n in range(1, 100)]
    with pytest.raises(Cancelled):
        lay_out(edges, [False] * 100, [(100, 40)] * 100, cancelled, sugiyama=False)


def test_it_can_be_made_in_another_thread() -> None:
    with ThreadPoolExecutor(1) as pool:
        layout = pool.submit(lay_out, [(0, 1)], [True, False], [(80, 40)] * 2).result()
    assert threading.active_count() == 1
    assert layout.boxes[1][1] > layout.boxes[0][3]


def test_the_cache_forgets_what_was_longest_unused() -> None:
    cache = LayoutCache(2)
    made = {key: lay_out([], [False], [(80, 40)]) for key in "abc"}
    cache.put("a", made["a"])
    cache.put("b", made["b"])
    assert cache.get("a") is made["a"]
    cache.put("c", made["c"])
    assert cache.get("b") is None
    assert cache.get("a") is made["a"]
    assert cache.get("c") is made["c"]
