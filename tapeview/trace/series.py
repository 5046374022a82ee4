"""The series of points that the plots show, under the names that the user gave them.

There are two sorts. `Recording.scalars` has the numbers of the user's program, of the kinds ``USERS``; their names
are all different. (``fetched`` is what runs of a deferred graph gave back.) `Recording.training` has what a training is
watched by, kind by kind (``TRAINING``): each kind is a plot of its own, and within it names are all different.

- ``gradient``: the norm of the gradient of a variable, each time a gradient call had it as a source. NaN and Inf are
  what they are in the gradient.
- ``update``: ‖Δw‖ / ‖w‖ each time a trainable variable was assigned to after the set-up, w being the value before. No
  point where w was nothing but zeros (a bias before the first step).
- ``rate``: the learning rate with which an optimizer updated, under the optimizer's name.
- ``metric``: ``loss``, ``accuracy``, … after a batch of training, as Keras gives them: the mean over the epoch so far.
- ``epoch``: the same and ``val_loss``, … at the end of an epoch, at the epoch's last step.
- ``progress``: ``epoch`` and ``epochs`` (their number), ``batches`` (of an epoch; no point where that is not known),
  all at the first step of each epoch; ``batch`` at the last step of each batch; all count from 1. ``time``: seconds
  since 1970 at which the step had begun, at most four times a second, of trainings without epochs, too.

So epoch n of m are the last points of ``epoch`` and ``epochs``; the steps of the points of ``epoch`` in ``progress``
are where epochs begin. Steps per second are the slope of ``time``, and what remains of a training is (``epochs`` −
``epoch``) × ``batches`` + ``batches`` − ``batch`` batches, each of as many steps as ``batch`` shows.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from tapeview.trace.database import Database

USERS = ("target", "fetched", "variable", "logged")
TRAINING = ("gradient", "update", "rate", "metric", "epoch", "progress")


@dataclass(frozen=True, slots=True)
class Series:
    """One curve. ``steps`` (int64) and ``values`` (float64) are equally long and read-only; steps do not go back.

    ``kind`` is one of ``USERS`` or ``TRAINING``; ``site`` where the target's gradient was asked for, or the variable
    made. ``variable`` is the id of the variable that a "gradient" or "update" is about (of the first of several that
    came one after the other), else 0.
    """

    name: str
    kind: str
    site: int
    steps: np.ndarray
    values: np.ndarray
    variable: int = 0


@dataclass(slots=True)
class _Raw:
    name: str
    kind: str
    site: int
    variable: int = 0
    steps: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    series: Series | None = None


class Scalars:
    """The points of all series, read as the file grows."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._raw: dict[int, _Raw] = {}
        self._last_series = self._last_point = -1
        self._variable = "variable" if database.has("series", "variable") else "0"

    def refresh(self) -> bool:
        """Take in what was committed since; whether there was anything."""
        sql = f"SELECT id, name, kind, site, {self._variable} FROM series WHERE id > ? ORDER BY id"
        before = self._last_series, self._last_point
        for row, name, kind, site, variable in self._database.scan(sql, (self._last_series,), "the list of series"):
            self._last_series = row
            if all(isinstance(number, int) for number in (site, variable)) and isinstance(name, str):
                self._raw[row] = _Raw(name, str(kind), site, variable)
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
        """The series of the kinds ``USERS``, and of kinds unknown here, by the name under which they are shown.

        ``name_of(stored name, kind, site)`` is the user's name for a series; ``line_of(site)`` a line, 0 if unknown.
        Variables of the same name are one series. Of several series with one name the one with most points has it
        plain, the others with their line. What runs of a graph gave back is left out where another series of its name
        has the same points.
        """
        groups: dict[tuple[str, str, int, str], list[_Raw]] = {}
        for raw in self._raw.values():
            if raw.kind in TRAINING:
                continue
            name = name_of(raw.name, raw.kind, raw.site)
            site = raw.site if raw.kind in ("target", "fetched") else 0
            # Nodes that one expression built have the user's name in common, but no points.
            groups.setdefault((name, raw.kind, site, raw.name if raw.kind == "fetched" else ""), []).append(raw)
        merged = [(name, _merge(name, raws)) for (name, *_), raws in groups.items()]
        others = {name: series for name, series in merged if series.kind != "fetched"}
        merged = [
            (name, series)
            for name, series in merged
            if series.kind != "fetched" or name not in others or not _repeats(series, others[name])
        ]
        most: dict[str, Series] = {}
        for name, series in merged:
            # What was only looked at does not take a loss's name away.
            weight = (series.kind != "fetched", len(series.steps))
            if name not in most or weight > (most[name].kind != "fetched", len(most[name].steps)):
                most[name] = series
        shown: dict[str, Series] = {}
        taken = set(most)
        for name, series in merged:
            called = name
            if series is not most[name]:
                line = line_of(series.site)
                fetched = series.kind == "fetched" and most[name].kind != "fetched"
                called = f"{name}, fetched" if fetched else f"{name} (line {line})" if line else f"{name} (2)"
                number = 2
                while called in taken:
                    called = f"{name} (line {line}, {number})" if line else f"{name} ({number})"
                    number += 1
                taken.add(called)
                series = Series(called, series.kind, series.site, series.steps, series.values)
            shown[called] = series
        return shown

    def training(self, name_of: Callable[[str, int], str]) -> Mapping[str, Mapping[str, Series]]:
        """For each of the kinds ``TRAINING`` its series by the name under which they are shown.

        ``name_of(stored name, variable)`` is the name of a series; 0 is no variable. Of variables of one name those
        that came one after the other are one series, those that were there together are numbered.
        """
        chains: dict[str, dict[str, list[list[_Raw]]]] = {kind: {} for kind in TRAINING}
        for raw in self._raw.values():
            if raw.kind not in chains or not raw.steps:
                continue
            known = chains[raw.kind].setdefault(name_of(raw.name, raw.variable), [])
            chain = next((chain for chain in known if chain[-1].steps[-1] < raw.steps[0]), None)
            if chain is None:
                known.append([raw])
            else:
                chain.append(raw)
        shown: dict[str, dict[str, Series]] = {}
        for kind, names in chains.items():
            shown[kind] = {}
            for name, several in names.items():
                for number, chain in enumerate(several, 1):
                    called = name
                    while number > 1 and (called in names or called in shown[kind]):
                        called = f"{name} ({number})"
                        number += 1
                    shown[kind][called] = _merge(called, chain)
        return shown


def _repeats(series: Series, other: Series) -> bool:
    """Whether another series has all points of this one."""
    if not len(series.steps) or not len(other.steps):
        return not len(series.steps)
    places = np.minimum(np.searchsorted(other.steps, series.steps), len(other.steps) - 1)
    same = np.isclose(other.values[places], series.values, rtol=1e-6, atol=0.0, equal_nan=True)
    return bool(np.all(same & (other.steps[places] == series.steps)))


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
    series = Series(name, raws[0].kind, raws[0].site, steps, values, raws[0].variable)
    if len(raws) == 1:
        raws[0].series = series
    return series
