"""Breakpoints on what a gradient call returns for its sources."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import Any

from tapeview.debuggee.adapters import events as e
from tapeview.debuggee.adapters.places import source_name, variable_name
from tapeview.debuggee.breakpoints.arrays import add_up, array_test, norm
from tapeview.debuggee.breakpoints.point import Point
from tapeview.debuggee.stops import Check, Halt

Source = tuple[Any, str]
Call = tuple[list[Source], int]
"""The sources with their keys, and the site of a gradient call."""


def gradient_checks(point: Point) -> dict[int, Check]:
    """The checks of a breakpoint of kind ``gradient``. They stop when the call has found all its gradients, before
    it returns."""
    b = point.breakpoint
    wanted = re.compile(translate(b.name or "*")).match
    calls: dict[int, Call] = {}

    def begin(event: e.Event) -> None:
        calls[event[1]] = event[5], event[7]

    def check(event: e.Event) -> Halt | None:
        number, results = event[1], event[2]
        # The call may have begun before the breakpoint was set: then nobody knows what its sources are called.
        sources, site = calls.pop(number, ([], 0))
        halt = None
        for k, (gradient, reason, _) in enumerate(results):
            names = _names(*sources[k], site) if k < len(sources) else []
            if b.name and not any(wanted(name) for name in names):
                continue
            array = None if gradient is None else _added(gradient)
            said = _says(b.test, b.limit, array, reason)
            if said:
                called = f" for {names[0]}" if names and names[0] else ""
                found = point.hit(f"the gradient{called} {said}", array)
                halt = halt or found
        return halt

    return {e.GRADIENT_STARTED: begin, e.GRADIENT_FINISHED: check}


def _names(source: Any, key: str, site: int) -> list[str]:
    """What a source is called: the variable's name, and how the gradient call writes it."""
    written = source_name(site, key)
    return [variable_name(source), written] if hasattr(source, "_base") else [written]


def _added(gradient: Any) -> Any:
    rows = e.rows_of(gradient)
    return gradient._array if rows is None else add_up(*rows)


def _says(test: str, limit: float, array: Any, reason: str) -> str:
    """What is to be said of a gradient if it passes the test, else ""."""
    if array is None:
        return f"is None: {reason or 'no reason is known'}" if test == "none" else ""
    match test:
        case "nan" | "inf" | "zero":
            said = {"nan": "holds NaN", "inf": "holds an infinite number", "zero": "is zero everywhere"}[test]
            return said if array_test(test, limit)(array) else ""
        case "above" | "below" if array.dtype.kind in "fc":
            length = norm(array)
            passes = length > limit if test == "above" else length < limit
            return f"has the norm {length:.6g}, {test} {limit:g}" if passes else ""
    return ""
