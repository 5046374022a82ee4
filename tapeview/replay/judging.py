"""What elements of a gradient are worth: recorded, by the rules in float64, and as finite differences measure them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from tapeview.explain.questions import KINK, RIGHT, ROUNDED, UNKNOWN, WRONG, Element, Value
from tapeview.replay.slopes import TOLERANCE, Index, Slopes, apart
from tapeview.trace import values

ROUNDING = 1e-3
"""By how much a number in float32 may be off, relative to the largest element over a thousand."""
COARSER = {"float16": 2e-2, "bfloat16": 1e-1}
"""The same of other types."""

_RANKS = (RIGHT, ROUNDED, KINK, UNKNOWN, WRONG)
_AT_LEAST = 3
_DRAWN = 100_000
_PICTURE = 4_000_000


class Looking(NamedTuple):
    """How many elements are looked at (0 = as many as are done in ``seconds``, all of them if they fit), drawn from
    ``seed``. ``stopped`` is asked before each: once it says True, those so far are all. ``rounding``: see `ROUNDING`.
    """

    elements: int
    seconds: float
    seed: int
    stopped: Callable[[], bool]
    rounding: float = ROUNDING


class Judged(NamedTuple):
    """A verdict of `explain.questions`, the element furthest off, all that were looked at, and their errors in the
    gradient's shape.
    """

    verdict: str
    worst: Element
    elements: tuple[Element, ...]
    errors: Value | None


def judged(
    slopes: Slopes,
    recorded: np.ndarray | None,
    by_rules: np.ndarray | None,
    looking: Looking,
) -> Judged:
    """Looks at the elements of a gradient.

    Args:
        recorded: the gradient as it was recorded, None if it was not kept.
        by_rules: as the rules give it in float64; None if the rule is not there, then what was recorded is held against
            the differences. One of both is there.
    """
    either = by_rules if by_rules is not None else recorded
    assert either is not None
    scale = _largest(either) * 1e-3
    found: list[tuple[int, Element]] = []
    for index in _drawn(recorded, by_rules, either.shape, looking):
        found.append(_element(slopes, index, recorded, by_rules, scale, looking.rounding))
    errors = np.full(either.shape, np.nan, np.float32) if either.size <= _PICTURE else None
    if errors is not None:
        for _, one in found:
            errors[one.index] = one.error
    rank, worst = max(found, key=lambda pair: (pair[0], pair[1].error))
    elements = tuple(one for _, one in sorted(found, key=lambda pair: pair[1].index))
    picture = Value(values.to_bytes(errors), "float32", errors.shape) if errors is not None else None
    return Judged(_RANKS[rank], worst, elements, picture)


def _drawn(
    recorded: np.ndarray | None, by_rules: np.ndarray | None, shape: tuple[int, ...], looking: Looking
) -> Iterator[Index]:
    """The places to look at: first where numbers that are known are furthest apart and where they are largest."""
    size = int(np.prod(shape))
    most = min(looking.elements or size, size)
    until = time.monotonic() + looking.seconds
    first = [_furthest(one) for one in _suspects(recorded, by_rules)]
    rng = np.random.default_rng(looking.seed)
    drawn = rng.permutation(size) if size <= _DRAWN else rng.choice(size, min(most, _DRAWN), replace=False)
    places = dict.fromkeys([*first, *drawn[:most].tolist()])
    for count, flat in enumerate(itertools.islice(places, most)):
        late = not looking.elements and time.monotonic() > until and count >= _AT_LEAST
        if count and (late or looking.stopped()):
            return
        yield tuple(int(one) for one in np.unravel_index(flat, shape))


def _suspects(recorded: np.ndarray | None, by_rules: np.ndarray | None) -> Iterator[np.ndarray]:
    if recorded is not None and by_rules is not None:
        yield np.abs(recorded - by_rules)
    for one in (by_rules, recorded):
        if one is not None:
            yield np.abs(one)


def _furthest(sizes: np.ndarray) -> int:
    return int(np.argmax(np.where(np.isnan(sizes), np.inf, sizes)))


def _largest(array: np.ndarray) -> float:
    sizes = np.abs(array[np.isfinite(array)])
    return float(sizes.max()) if sizes.size else 0.0


def _element(
    slopes: Slopes,
    index: Index,
    recorded: np.ndarray | None,
    by_rules: np.ndarray | None,
    scale: float,
    rounding: float,
) -> tuple[int, Element]:
    kept = float(recorded[index]) if recorded is not None else None
    rules = float(by_rules[index]) if by_rules is not None else None
    expected, tolerance = (rules, TOLERANCE) if rules is not None else (kept, rounding)
    assert expected is not None
    slope = slopes.slope(index, expected, scale, tolerance)
    off = 0.0 if abs(expected - slope.central) <= slope.noise else apart(expected, slope.central, scale)
    lost = apart(kept, rules, scale) if kept is not None and rules is not None else 0.0
    kink = slope.kink
    if off > tolerance:
        state = KINK if kink else WRONG if slopes.finite else UNKNOWN
    elif lost > rounding and kept is not None:
        # In float32 a value may lie on the other side of a corner than in float64.
        kink = bool(np.isfinite(kept)) and slopes.slope(index, kept, scale, rounding).kink
        state = KINK if kink else ROUNDED
    else:
        state = RIGHT if np.isfinite(slope.central) or slopes.finite else UNKNOWN
    if state == UNKNOWN:
        # What of it did not move counts for nothing in a quotient, and would pass for a slope of 0.
        return _RANKS.index(state), Element(index, kept, rules, np.nan, slope.noise, lost, kink)
    return _RANKS.index(state), Element(index, kept, rules, slope.central, slope.noise, max(off, lost), kink)
