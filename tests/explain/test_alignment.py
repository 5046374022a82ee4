"""Which items of two sequences belong together."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tapeview.explain.alignment import MOST, aligned

few = st.lists(st.sampled_from("abc"), max_size=14)


@settings(max_examples=200)
@given(few, few)
def test_as_few_as_possible_stay_alone(ours: list[str], theirs: list[str]) -> None:
    pairs = list(aligned(ours, theirs))
    assert [i for i, _ in pairs if i >= 0] == list(range(len(ours)))
    assert [j for _, j in pairs if j >= 0] == list(range(len(theirs)))
    together = [(i, j) for i, j in pairs if i >= 0 and j >= 0]
    assert all(ours[i] == theirs[j] for i, j in together)
    assert len(together) == _longest(ours, theirs)


def _longest(ours: list[str], theirs: list[str]) -> int:
    """The length of the longest common subsequence."""
    row = [0] * (len(theirs) + 1)
    for one in ours:
        before = row[:]
        for j, other in enumerate(theirs):
            row[j + 1] = before[j] + 1 if one == other else max(before[j + 1], row[j])
    return row[-1]


def test_an_item_more_in_a_long_sequence_of_few_kinds() -> None:
    draw = random.Random(3)
    ours = [draw.choice("xyz") for _ in range(10_000)]
    for place in (0, 5_000, 10_000):
        pairs = list(aligned(ours, [*ours[:place], "new", *ours[place:]]))
        assert len(pairs) == len(ours) + 1
        assert (-1, place) in pairs


def test_what_has_little_in_common_is_aligned_all_the_same() -> None:
    ours = [("a", n) for n in range(MOST)] + [("end", 1)]
    theirs = [("b", n) for n in range(MOST)] + [("end", 0)]
    pairs = list(aligned(["start", *ours, "end"], ["start", *theirs, "end"]))
    assert pairs[0] == (0, 0)
    assert pairs[-1] == (MOST + 2, MOST + 2)
    assert len(pairs) == 2 * (MOST + 1) + 2
