"""Which of two sequences' items belong together: as few as possible without a partner."""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Iterator, Sequence

MOST = 800
"""With more items than this without a partner the best way is not looked for: it would take seconds."""

Pair = tuple[int, int]


def aligned(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> Iterator[Pair]:
    """Places that belong together, in order; -1 where one side has nothing."""
    start, least = 0, min(len(ours), len(theirs))
    while start < least and ours[start] == theirs[start]:
        start += 1
    end = 0
    while end < least - start and ours[-1 - end] == theirs[-1 - end]:
        end += 1
    yield from ((n, n) for n in range(start))
    numbers: dict[Hashable, int] = {}
    a = [numbers.setdefault(one, len(numbers)) for one in ours[start : len(ours) - end]]
    b = [numbers.setdefault(one, len(numbers)) for one in theirs[start : len(theirs) - end]]
    for i, j in _middle(a, b):
        yield i + start if i >= 0 else -1, j + start if j >= 0 else -1
    yield from ((len(ours) - n, len(theirs) - n) for n in range(end, 0, -1))


def _middle(a: list[int], b: list[int]) -> Iterator[Pair]:
    matches = _shortest(a, b) if a and b else []
    if matches is None:
        # Frequent items are then matched only beside their neighbours.
        blocks = difflib.SequenceMatcher(None, a, b, autojunk=True).get_matching_blocks()
        matches = [(one.a + n, one.b + n) for one in blocks for n in range(one.size)]
    i = j = 0
    for at, other in [*matches, (len(a), len(b))]:
        yield from ((n, -1) for n in range(i, at))
        yield from ((-1, n) for n in range(j, other))
        if at < len(a):
            yield at, other
        i, j = at + 1, other + 1


def _shortest(a: list[int], b: list[int]) -> list[Pair] | None:
    """Myers's greedy algorithm: the matches of a shortest edit script; None if more than ``MOST`` edits are needed."""
    n, m = len(a), len(b)
    furthest = {1: 0}
    history: list[dict[int, int]] = []
    for edits in range(min(n + m, MOST) + 1):
        history.append({})
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and furthest[k - 1] < furthest[k + 1])
            x = furthest[k + 1] if down else furthest[k - 1] + 1
            y = x - k
            while x < n and y < m and a[x] == b[y]:
                x, y = x + 1, y + 1
            furthest[k] = history[-1][k] = x
            if x >= n and y >= m:
                return _traced(history, n, m)
    return None


def _traced(history: list[dict[int, int]], x: int, y: int) -> list[Pair]:
    """The matches on the way that ended at (x, y), found backwards."""
    found: list[Pair] = []
    for edits in range(len(history) - 1, -1, -1):
        k, before = x - y, history[edits - 1] if edits else {1: 0}
        down = k == -edits or (k != edits and before[k - 1] < before[k + 1])
        start = before[k + 1] if down else before[k - 1] + 1
        while x > start:
            x, y = x - 1, y - 1
            found.append((x, y))
        x, y = (x, y - 1) if down else (x - 1, y)
    found.reverse()
    return found
