"""Breakpoints on a number that a training follows: the target of its gradient, or what the script logs."""

from __future__ import annotations

from tapeview.debuggee.adapters import events as e
from tapeview.debuggee.adapters.places import series_name
from tapeview.debuggee.breakpoints.point import Point
from tapeview.debuggee.stops import Check, Halt

_LOSS = "loss"


def scalar_checks(point: Point) -> dict[int, Check]:
    """The checks of a breakpoint of kind ``scalar``. A gradient's target is looked at before the backward pass."""
    watched = _Watched(point)
    return {e.GRADIENT_STARTED: watched.target, e.LOGGED: watched.logged}


class _Watched:
    def __init__(self, point: Point) -> None:
        self._point = point
        b = point.breakpoint
        self._name = b.name or _LOSS
        self._test, self._limit = b.test, b.limit
        self._sites: dict[int, bool] = {}
        self._points: dict[tuple[int, int] | str, tuple[int, float, float | None]] = {}
        """For each series the newest point: its step, the value, and the last value of an earlier step."""

    def target(self, event: e.Event) -> Halt | None:
        kind, targets, site = event[3], event[4], event[7]
        if kind != "gradient":
            return None
        wanted = self._sites.get(site)
        if wanted is None:
            wanted = self._sites[site] = self._name in (_LOSS, series_name(site))
        if not wanted:
            return None
        halt = None
        for k, target in enumerate(targets):
            array = target._array
            if array.size == 1 and array.ndim <= 1 and array.dtype.kind in "fiu":
                found = self._look((site, k), array.item())
                halt = halt or found
        return halt

    def logged(self, event: e.Event) -> Halt | None:
        return self._look(event[1], event[2]) if event[1] == self._name else None

    def _look(self, series: tuple[int, int] | str, number: float) -> Halt | None:
        name = series if isinstance(series, str) else series_name(series[0]) or self._name
        limit = self._limit
        if self._test == "rises":
            before = self._before(series, number)
            if before is None or not number - before > abs(before) * limit / 100:
                return None
            return self._point.hit(f"{name} has risen from {before:.6g} to {number:.6g}", number)
        if number > limit if self._test == "above" else number < limit:
            return self._point.hit(f"{name} is {number:.6g}, {self._test} {limit:g}", number)
        return None

    def _before(self, series: tuple[int, int] | str, number: float) -> float | None:
        """The last value of a step before this one."""
        step = self._point.step
        last = self._points.get(series)
        before = None if last is None else last[1] if last[0] != step else last[2]
        self._points[series] = step, number, before
        return before
