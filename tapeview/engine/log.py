"""Numbers a script wants to see as a curve."""

from __future__ import annotations

import threading
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
