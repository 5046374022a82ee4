"""The kinds of events that checks look at; what stands in each event is told in ``engine.observe``."""

from __future__ import annotations

from typing import Any

from tapeview.engine import observe
from tapeview.engine.indexed_slices import IndexedSlices

Event = observe.Event

OP = observe.OP
BACKWARD = observe.BACKWARD
ASSIGNED = observe.ASSIGNED
TAPE_OPENED = observe.TAPE_OPENED
TAPE_CLOSED = observe.TAPE_CLOSED
GRADIENT_STARTED = observe.GRADIENT_STARTED
GRADIENT_FINISHED = observe.GRADIENT_FINISHED
LOGGED = observe.LOGGED
FAILED = observe.FAILED
RUN_STARTED = observe.RUN_STARTED
NODE_RAN = observe.NODE_RAN
RUN_FINISHED = observe.RUN_FINISHED


def array_of(gradient: Any) -> Any:
    """The numbers of a tensor or of gathered rows (rows that come twice stand there twice)."""
    return gradient._values._array if gradient.__class__ is IndexedSlices else gradient._array


def rows_of(gradient: Any) -> tuple[Any, Any] | None:
    """(numbers of the rows, rows) of gathered rows; None for a tensor."""
    if gradient.__class__ is not IndexedSlices:
        return None
    return gradient._indices._array.ravel(), gradient._values._array
