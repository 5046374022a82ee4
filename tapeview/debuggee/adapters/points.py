"""What is kept of every step, whatever else is: points of series, variables that come into being, and the output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.debuggee.adapters.sites import Sites
from tapeview.debuggee.adapters.tensors import Tensors
from tapeview.engine import observe
from tapeview.trace import records as r
from tapeview.trace.store import Writer

OUTPUT = 0
"""(OUTPUT, stream, text, time, thread): a piece of the script's output, queued among the engine's events to keep its
place."""

Event = observe.Event


class Points:
    """Writes these.

    Attributes:
        write: for each kind of event of which something is kept in any case, what does it.
        step: the step in which the events are.
    """

    def __init__(self, writer: Writer, sites: Sites, tensors: Tensors) -> None:
        self._writer = writer
        self._site = sites.id_of
        self._tensors = tensors
        self._series: dict[tuple[str, int, str], int] = {}
        self.step = r.SETUP
        self.write: dict[int, Callable[[Event], None]] = {
            observe.GRADIENT_STARTED: self._targets,
            observe.VARIABLE: self._variable,
            observe.ASSIGNED: self._assigned,
            observe.LOGGED: self._logged,
            OUTPUT: self._output,
        }

    def _targets(self, event: Event) -> None:
        if event[3] == "gradient":
            place = self._site(event[7])
            for target in event[4]:
                self._point("", "target", place, target._array)

    def _variable(self, event: Event) -> None:
        _, variable, site, _ = event
        if self._tensors.is_new(variable):
            self._tensors.introduce(variable, self._site(site))

    def _assigned(self, event: Event) -> None:
        variable = event[1]
        place = self._tensors.sites[self._tensors.variable(variable)]
        self._point(variable.name.removesuffix(":0"), "variable", place, event[3]._array)

    def _output(self, event: Event) -> None:
        _, stream, text, moment, _ = event
        self._writer.add_output(r.Output(stream, text, moment, self.step))

    def _logged(self, event: Event) -> None:
        self._point(event[1], "logged", 0, np.asarray(event[2]))

    def _point(self, name: str, kind: str, site: int, array: Any) -> None:
        if array.size != 1 or array.ndim > 1 or array.dtype.kind not in "fiu":
            return
        key = (kind, site, name)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = self._writer.add_series(name, kind, site)
        self._writer.add_scalar(series, self.step, float(array.reshape(())[()]))
