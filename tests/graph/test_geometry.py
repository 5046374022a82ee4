from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapeview.graph.geometry import EMPTY, Boxes, Paths, point_on, ports, spline

CROSS = Boxes.around(np.array([[0, 0], [0, 100], [0, -100], [100, 0], [-100, 0]]), np.full((5, 2), 40.0))


def test_what_is_in_a_rectangle() -> None:
    assert CROSS.within((-30, -130, 30, 30)).tolist() == [0, 2]
    assert CROSS.within((300, 300, 400, 400)).tolist() == []


def test_what_is_under_a_point() -> None:
    assert CROSS.at(5, 95) == 1
    assert CROSS.at(50, 50) == -1
    assert CROSS.at(0, 75, slack=6) == 1
    assert Boxes(np.zeros((0, 4))).at(0, 0, 99) == -1


def test_bounds() -> None:
    assert CROSS.bounds(10) == (-130, -130, 130, 130)
    assert Boxes(np.zeros((0, 4))).bounds() == EMPTY


@pytest.mark.parametrize(("direction", "found"), [((0, 1), 1), ((0, -1), 2), ((1, 0), 3), ((-1, 0), 4)])
def test_the_next_box_in_a_direction(direction: tuple[int, int], found: int) -> None:
    assert CROSS.towards(0, *direction) == found


def test_where_nothing_lies_that_way_one_stays() -> None:
    assert CROSS.towards(1, 0, 1) == 1


def test_what_lies_aside_is_not_ahead() -> None:
    boxes = Boxes.around(np.array([[0, 0], [400, 10], [20, 300]]), np.full((3, 2), 10.0))
    assert boxes.towards(0, 0, 1) == 2


def test_a_straight_edge_is_one_piece_however_many_rows_it_crosses() -> None:
    curve = spline([(5, 0, 10), *((5.0, 50.0 * n, 50.0 * n + 40) for n in range(1, 30))], (5, 1500))
    assert len(curve) == 4
    assert curve[0].tolist() == [5, 10]
    assert curve[-1].tolist() == [5, 1500]


def test_a_bent_edge_leaves_and_arrives_straight_down() -> None:
    curve = spline([(0, 0, 10), (80, 50, 90)], (20, 140))
    assert (len(curve) - 1) % 3 == 0
    assert curve[0, 0] == curve[1, 0] == 0
    assert curve[-1].tolist() == [20, 140]
    assert curve[-2, 0] == 20
    assert (80.0, 90.0) in [tuple(point) for point in curve.tolist()]


def test_points_on_a_curve_go_down_with_the_share() -> None:
    curve = spline([(0, 0, 10), (80, 50, 90)], (20, 140))
    assert point_on(curve, 0.0) == pytest.approx((0, 10), abs=0.01)
    assert point_on(curve, 1.0) == pytest.approx((20, 140), abs=0.01)
    heights = [point_on(curve, share / 10)[1] for share in range(11)]
    assert heights == sorted(heights)
    assert point_on(curve, (75 - 10) / 130)[0] == pytest.approx(80)


def test_paths_know_their_ends_and_boxes() -> None:
    paths = Paths.of([spline([(0, 0, 10)], (0, 50)), spline([(5, 0, 20)], (65, 90))])
    assert len(paths) == 2
    assert paths.ends.tolist() == [[0, 10, 0, 50], [5, 20, 65, 90]]
    assert paths.boxes(2)[0] == (-2, 8, 2, 52)
    assert len(Paths.of([]).boxes()) == 0


@given(st.lists(st.floats(-300, 300), max_size=12), st.floats(40, 240))
def test_ports_stay_on_the_side_in_order_and_apart(wanted: list[float], width: float) -> None:
    wanted.sort()
    found = ports(wanted, width)
    side = width / 2 - 12
    space = min(26.0, 2 * side / (len(wanted) - 1)) if len(wanted) > 1 else 0.0
    assert all(-side - 1e-6 <= x <= side + 1e-6 for x in found)
    assert all(b - a >= space - 1e-6 for a, b in pairwise(found))


def test_a_lone_edge_from_straight_above_arrives_in_the_middle() -> None:
    assert ports([0.0], 100) == [0.0]
    assert ports([0.0, 40.0], 200) == [0.0, 40.0]
