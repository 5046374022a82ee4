"""Lets values of another package's own (symbolic tensors) be given to the engine's functions.

As long as there are none, calls take no detour: functions and operators are wrapped when the first such value is made.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

Wrap = Callable[[str, Any], Any]
"""Makes of a function's public name and the function one that also takes the other values."""


def _never() -> bool:
    return False


building: Callable[[], bool] = _never
"""Whether calls add nodes to a deferred graph. Replaced by ``engine.deferred`` when that is in use: read it anew."""

eagerly: Callable[[], AbstractContextManager[None]] = nullcontext
"""A block whose calls compute at once, also where they would add nodes. Replaced by ``engine.deferred``."""

_finders: list[Callable[[str], Any]] = []
_wraps: list[Wrap] = []
_listeners: list[Callable[[Wrap], None]] = []


def enable(wrap: Wrap) -> None:
    """From now on scripts get ``wrap(name, function)`` in place of each function."""
    _wraps.append(wrap)
    for listener in _listeners:
        listener(wrap)


def find(name: str) -> Any:
    """The function with this public name; None if nobody knows it."""
    return next((found for finder in _finders if (found := finder(name)) is not None), None)


def listen(listener: Callable[[Wrap], None], finder: Callable[[str], Any]) -> None:
    """``listener`` hears of :func:`enable`, also of one that was before; ``finder`` knows functions by their names."""
    if listener not in _listeners:
        _listeners.append(listener)
        _finders.append(finder)
        for wrap in _wraps:
            listener(wrap)
