"""The series of points that the plots show, under the names that the user gave them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from tapeview.trace.database import Database


@dataclass(frozen=True, slots=True)
class Series:
    """One curve. ``steps`` (int64) and ``values`` (float64) are equally long and read-only; steps do not go back.

    ``kind`` is "target", "variable" or "logged"; ``site`` where the target's gradient was asked for, or the variable
    made.
    """

    name: str
    kind: str
    site: int
    steps: np.ndarray
    values: np.ndarray


@dataclass(slots=True)
class _Raw:
    name: str
    kind: str
    site: int
    steps: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    series: Series | None = None


class Scalars:
    """The points of all series, read as the file grows."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._raw: dict[int, _Raw] = {}
        self._last_series = self._last_point = -1
        self._shown: dict[str, Series] = {}

    def refresh(self) -> bool:
        """Take in what was committed since; whether there was anything."""
        sql = "SELECT id, name, kind, site FROM series WHERE id > ? ORDER BY id"
        before = self._last_series, self._last_point
        for row, name, kind, site in self._database.scan(sql, (self._last_series,), "the list of series"):
            self._last_series = row
            if isinstance(name, str) and isinstance(kind, str) and isinstance(site, int):
                self._raw[row] = _Raw(name, kind, site)
            else:
                self._database.warn(f"series {row} is damaged")
        sql = "SELECT id, series, step, value FROM scalar WHERE id > ? ORDER BY id"
        for row, series, step, value in self._database.scan(sql, (self._last_point,), "the points of the plots"):
            self._last_point = row
            raw = self._raw.get(series)
            try:
                if raw is None:
                    raise TypeError("no such series")
                raw.values.append(float("nan") if value is None else value)
                try:
                    raw.steps.append(step)
                except TypeError:
                    raw.values.pop()
                    raise
            except TypeError:
                self._database.warn("points of the plots are damaged and left out")
        return before != (self._last_series, self._last_point)

    def shown(self, name_of: Callable[[str, str, int], str], line_of: Callable[[int], int]) -> Mapping[str, Series]:
        """All series by the name under which they are shown.

        ``name_of(stored name, kind, site)`` is the user's name for a series; ``line_of(site)`` a line, 0 if unknown.
        Variables of the same name are one series. Of several series with one name the one with most points has it
        plain, the others with their line.
        """
        groups: dict[tuple[str, str, int], list[_Raw]] = {}
        for raw in self._raw.values():
            name = name_of(raw.name, raw.kind, raw.site)
            groups.setdefault((name, raw.kind, raw.site if raw.kind == "target" else 0), []).append(raw)
        merged = [(name, _merge(name, raws)) for (name, _, _), raws in groups.items()]
        most: dict[str, Series] = {}
        for name, series in merged:
            if name not in most or len(series.steps) > len(most[name].steps):
                most[name] = series
        shown: dict[str, Series] = {}
        taken = set(most)
        for name, series in merged:
            called = name
            if series is not most[name]:
                line = line_of(series.site)
                called = f"{name} (line {line})" if line else f"{name} (2)"
                number = 2
                while called in taken:
                    called = f"{name} (line {line}, {number})" if line else f"{name} ({number})"
                    number += 1
                taken.add(called)
                series = Series(called, series.kind, series.site, series.steps, series.values)
            shown[called] = series
        return shown


def _merge(name: str, raws: list[_Raw]) -> Series:
    """One series from several, in the order of steps."""
    if len(raws) == 1 and raws[0].series is not None and raws[0].series.name == name:
        raw = raws[0]
        if raw.series is not None and len(raw.series.steps) == len(raw.steps):
            return raw.series
    steps = np.concatenate([np.array(raw.steps, np.int64) for raw in raws])
    values = np.concatenate([np.array(raw.values, np.float64) for raw in raws])
    if len(steps) and np.any(np.diff(steps) < 0):
        order = np.argsort(steps, kind="stable")
        steps, values = steps[order], values[order]
    steps.flags.writeable = values.flags.writeable = False
    series = Series(name, raws[0].kind, raws[0].site, steps, values)
    if len(raws) == 1:
        raws[0].series = series
    return series
