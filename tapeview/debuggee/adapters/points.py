"""What is kept of every step, whatever else is: points of series, variables that come into being, and the output.

The numbers by which a training is watched are worked out here, when events are written, never in the script's way.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.debuggee.adapters.deferred import Graphs
from tapeview.debuggee.adapters.norms import change, norm, norm_of_rows
from tapeview.debuggee.adapters.sites import Sites
from tapeview.debuggee.adapters.tensors import Tensors
from tapeview.engine import observe
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.trace import records as r
from tapeview.trace.store import Writer

OUTPUT = 0
"""(OUTPUT, stream, text, time, thread): a piece of the script's output, queued among the engine's events to keep its
place."""

TIME_EVERY = 0.25
"""Between two points of the series of times lie at least so many seconds."""

Event = observe.Event


class Points:
    """Writes these.

    Attributes:
        write: for each kind of event of which something is kept in any case, what does it.
        step: the step in which the events are.
        odd: whether a target or a gradient was met that is not finite. Its owner sets it back.
    """

    def __init__(self, writer: Writer, sites: Sites, tensors: Tensors, graphs: Graphs) -> None:
        self._writer = writer
        self._site = sites.id_of
        self._tensors = tensors
        self._graphs = graphs
        self._targets: dict[int, list[Any]] = {}
        self._series: dict[tuple[str, int, str], int] = {}
        self._about: dict[tuple[str, int], int] = {}
        self._asked: dict[int, list[Any]] = {}
        self._timed = r.SETUP
        self._timed_at = 0.0
        self.step = r.SETUP
        self.odd = False
        self.write: dict[int, Callable[[Event], None]] = {
            observe.GRADIENT_STARTED: self._started,
            observe.GRADIENT_FINISHED: self._gradients,
            observe.VARIABLE: self._variable,
            observe.ASSIGNED: self._assigned,
            observe.LOGGED: self._logged,
            observe.MEASURED: self._measured,
            observe.NODE: graphs.added,
            observe.RUN_STARTED: self._run_started,
            observe.RUN_FINISHED: self._run_finished,
            OUTPUT: self._output,
        }

    def time(self, step: int) -> None:
        """Step ``step`` has begun, a moment ago."""
        if step == self._timed:
            return
        now = time.time()
        if not 0.0 <= now - self._timed_at < TIME_EVERY:
            self._timed, self._timed_at = step, now
            self._writer.add_scalar(self._series_of("progress", 0, "time"), step, now)

    def _started(self, event: Event) -> None:
        if event[3] == "gradient":
            place = self._site(event[7])
            for target in event[4]:
                self._point("", "target", place, target._array)
                if event[2] in self._targets:
                    self._targets[event[2]].append(target)
                self.odd = self.odd or _is_odd(target._array)
            sources = [source if hasattr(source, "_base") else None for source, _ in event[5]]
            if any(source is not None for source in sources):
                self._asked[event[1]] = sources

    def _gradients(self, event: Event) -> None:
        for variable, (gradient, _, _) in zip(self._asked.pop(event[1], ()), event[2], strict=False):
            if variable is None or gradient is None:
                continue
            if gradient.__class__ is IndexedSlices:
                length = norm_of_rows(gradient._values._array, gradient._indices._array.ravel())
            elif gradient._array.dtype.kind == "f":
                length = norm(gradient._array)
            else:
                continue
            self.odd = self.odd or not math.isfinite(length)
            self._writer.add_scalar(self._series_about("gradient", variable), self.step, length)

    def _variable(self, event: Event) -> None:
        _, variable, site, _ = event
        if self._tensors.is_new(variable):
            self._tensors.introduce(variable, self._site(site))

    def _assigned(self, event: Event) -> None:
        _, variable, _, tensor, previous, how, *_ = event
        place = self._tensors.sites[self._tensors.variable(variable)]
        array = tensor._array
        self._point(variable.name.removesuffix(":0"), "variable", place, array)
        if previous is None or self.step == r.SETUP or how == "create" or not variable.trainable:
            return
        before = previous._array
        if array.dtype.kind == "f" and before.shape == array.shape:
            ratio = change(before, array)
            if ratio is not None:
                self._writer.add_scalar(self._series_about("update", variable), self.step, ratio)

    def _output(self, event: Event) -> None:
        _, stream, text, moment, _ = event
        self._writer.add_output(r.Output(stream, text, moment, self.step))

    def _logged(self, event: Event) -> None:
        self._point(event[1], "logged", 0, np.asarray(event[2]))

    def _run_started(self, event: Event) -> None:
        self._graphs.started(event, self.step)
        self._targets[event[1]] = []

    def _run_finished(self, event: Event) -> None:
        """What was fetched is plotted, but for a loss that the run had the gradient of: that is a series already."""
        plotted = self._targets.pop(event[1], [])
        seen: set[str] = set()
        for name, site, tensor in self._graphs.finished(event):
            array = tensor._array
            if name not in seen and array.dtype.kind == "f" and not any(tensor is target for target in plotted):
                seen.add(name)
                self._point(name, "fetched", site, array)

    def _measured(self, event: Event) -> None:
        self._writer.add_scalar(self._series_of(event[1], 0, event[2]), self.step, event[3])

    def _point(self, name: str, kind: str, site: int, array: Any) -> None:
        if array.size == 1 and array.ndim <= 1 and array.dtype.kind in "fiu":
            self._writer.add_scalar(self._series_of(kind, site, name), self.step, float(array.reshape(())[()]))

    def _series_of(self, kind: str, site: int, name: str) -> int:
        key = (kind, site, name)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = self._writer.add_series(name, kind, site)
        return series

    def _series_about(self, kind: str, variable: Any) -> int:
        """The series of a kind about a variable."""
        uid = self._tensors.variable(variable)
        series = self._about.get((kind, uid))
        if series is None:
            name, place = variable.name.removesuffix(":0"), self._tensors.sites[uid]
            series = self._about[kind, uid] = self._writer.add_series(name, kind, place, uid)
        return series


def _is_odd(array: Any) -> bool:
    return array.size == 1 and array.dtype.kind == "f" and not math.isfinite(array.item())
