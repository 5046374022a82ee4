from __future__ import annotations

import pytest

from tapeview.graph.layers import components, layered, ranks

NO_LEAVES = [False] * 20


def test_every_edge_goes_down() -> None:
    assert ranks(4, [(0, 1), (1, 2), (0, 2), (2, 3)], NO_LEAVES) == [0, 1, 2, 3]


def test_a_leaf_stands_just_above_its_first_reader() -> None:
    # 0 → 1 → 2 → 4, and leaf 3 is read by 4 only.
    assert ranks(5, [(0, 1), (1, 2), (2, 4), (3, 4)], [True, False, False, True, False]) == [0, 1, 2, 2, 3]


def test_what_needs_only_leaves_goes_down_to_where_it_is_used_and_takes_them_along() -> None:
    # Leaf 3 feeds op 4, which is used by op 5 at the end of a chain.
    edges = [(0, 1), (1, 2), (3, 4), (2, 5), (4, 5)]
    assert ranks(6, edges, [True, False, False, True, False, False]) == [0, 1, 2, 1, 2, 3]


def test_an_edge_against_the_order_of_execution_is_refused() -> None:
    with pytest.raises(ValueError, match="1 → 0"):
        ranks(2, [(1, 0)], NO_LEAVES)


def test_long_edges_get_a_bend_in_every_row_and_share_them_where_they_leave_one_node() -> None:
    chain = [(n, n + 1) for n in range(5)]
    graph = layered(6, [*chain, (0, 4), (0, 5)], NO_LEAVES)
    long, longest = graph.paths[5], graph.paths[6]
    assert [graph.rank[v] for v in longest] == [0, 1, 2, 3, 4, 5]
    assert longest[:4] == long[:4]
    assert all(graph.rank[b] == graph.rank[a] + 1 for a, b in graph.segments)
    assert sorted(v for row in graph.rows for v in row) == list(range(len(graph.rank)))


def test_many_long_edges_into_one_node_share_their_bends_too() -> None:
    # Every one of 300 results is used by the last op: 45,000 bends if each edge had its own.
    count = 301
    edges = [(n, n + 1) for n in range(count - 1)] + [(n, count - 1) for n in range(count - 2)]
    graph = layered(count, edges, [False] * count, budget=1000)
    assert len(graph.rank) - count <= 1000
    assert all(graph.rank[b] == graph.rank[a] + 1 for a, b in graph.segments)


def test_beyond_the_budget_the_longest_edges_go_straight() -> None:
    count = 60
    edges = [(a, b) for b in range(count) for a in range(b)]
    graph = layered(count, edges, [False] * count, budget=100)
    assert len(graph.rank) - count <= 100
    assert graph.paths[edges.index((0, count - 1))] == (0, count - 1)
    assert len(graph.paths) == len(edges)


def test_components_are_found_in_order() -> None:
    assert components(6, [(0, 3), (1, 2), (3, 5)]) == [[0, 3, 5], [1, 2], [4]]
