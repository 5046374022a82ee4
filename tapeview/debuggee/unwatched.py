"""What a run that nobody watches says about its breakpoints: on stderr, after the script's own words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tapeview.breakpoints import Breakpoint, describe
from tapeview.protocol import Hits

_PLACES = ("line", "op", "node", "step")
"""Kinds that name a place: one that the run never came to may be misspelt. That a run has no NaN is what one hopes."""
_BY_ITSELF = ("finished", "exited", "failed")


def names_of(breakpoints: Iterable[Breakpoint]) -> dict[int, str]:
    """How the user wrote each breakpoint, by its number."""
    return {one.id: describe(one) for one in breakpoints}


def verdict(breakpoints: Sequence[Breakpoint], hits: Iterable[Hits], how: str) -> list[str]:
    """Lines about breakpoints that could not be checked, and about places that a run never came to.

    ``how`` is how the run ended: of one that was cut short nobody can say what it would have come to.
    """
    names = names_of(breakpoints)
    counted = {one.breakpoint: one for one in hits}
    failed = [one for one in counted.values() if one.error]
    lines = [f"tapeview: breakpoint {names.get(one.breakpoint, '')}: {one.error}" for one in failed]
    missed = [
        names[one.id]
        for one in breakpoints
        if one.kind in _PLACES and one.test != "every" and one.id in counted and counted[one.id] == Hits(one.id, 0)
    ]
    if missed and how in _BY_ITSELF:
        some = "breakpoint" if len(missed) == 1 else "breakpoints"
        lines.append(f"tapeview: the script ended without coming to {some} {', '.join(missed)}")
    return lines
