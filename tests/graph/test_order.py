from __future__ import annotations

import random

import pytest

from tapeview.graph import order
from tapeview.graph.layers import Layered, layered
from tapeview.graph.layout import never
from tapeview.graph.order import crossings, order_rows


def tangle(width: int = 8, rows: int = 6, seed: int = 1) -> Layered:
    pick = random.Random(seed)
    edges = []
    for row in range(1, rows):
        shuffled = pick.sample(range(width), width)
        edges += [((row - 1) * width + a, row * width + b) for a, b in enumerate(shuffled)]
    return layered(width * rows, edges, [False] * (width * rows))


def test_crossings_are_counted() -> None:
    graph = layered(4, [(0, 3), (1, 2)], [False] * 4)
    assert crossings(graph) == 1
    graph.rows[1].reverse()
    assert crossings(graph) == 0


@pytest.mark.parametrize("sugiyama", [True, False])
def test_a_graph_that_can_be_drawn_without_crossings_is(sugiyama: bool) -> None:
    graph = tangle()
    assert crossings(graph) > 20
    order_rows(graph, never, sugiyama=sugiyama)
    assert crossings(graph) == 0


def test_who_did_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert order_rows(tangle(), never) == "fast-sugiyama"
    monkeypatch.setattr(order, "from_edges", None)
    assert order_rows(tangle(), never) == "medians"


def test_a_graph_that_would_hold_up_the_window_is_not_given_to_fast_sugiyama(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "QUICK", (10, 400))
    assert order_rows(tangle(), never) == "medians"


def test_rows_keep_their_vertices() -> None:
    graph = tangle(seed=4)
    before = [sorted(row) for row in graph.rows]
    order_rows(graph, never)
    assert [sorted(row) for row in graph.rows] == before


def test_sweeping_never_makes_it_worse() -> None:
    pick = random.Random(7)
    for _ in range(20):
        edges = [(pick.randrange(v), v) for v in range(1, 60) for _ in range(2)]
        graph = layered(60, edges, [False] * 60)
        before = crossings(graph)
        order_rows(graph, never, sugiyama=False)
        assert crossings(graph) <= before
