"""Numbers a script wants to see as a curve."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from tapeview.engine import observe


def log(name: str, value: Any) -> None:
    """Adds a point to the curve ``name`` at the current training step. Does nothing when nobody listens.

    Args:
        name: what the curve is called.
        value: a number, or a tensor or array of one element.

    Raises:
        TypeError: ``value`` is not one number.
    """
    number = float(value)
    if observe.sink is not None:
        observe.sink((observe.LOGGED, str(name), number, threading.get_ident()))


def measure(kind: str, name: str, value: Any) -> None:
    """Adds a point to a curve that tells how a training goes, at the current training step. Does nothing when nobody
    listens, or for what is not one number.

    Args:
        kind: "rate" (an optimizer's learning rate), "metric" (as it stands after a batch of training), "epoch" (as it
            stands at the end of an epoch), or "progress" ("epoch", "epochs", "batch" and "batches", counted from 1).
        name: what it is called there.
        value: a number, or a tensor or array of one element.
    """
    if observe.sink is None:
        return
    try:
        number = float(value)
    except (TypeError, ValueError):
        return
    observe.sink((observe.MEASURED, kind, name, number, threading.get_ident()))


def measure_all(kind: str, values: Mapping[str, Any]) -> None:
    """Adds a point to each of the curves of a kind: see :func:`measure`."""
    if observe.sink is not None:
        for name, value in values.items():
            measure(kind, name, value)
