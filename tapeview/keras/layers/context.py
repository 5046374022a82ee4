"""The calls of layers that are running: what inner layers know of outer ones."""

from __future__ import annotations

import threading
from typing import Any


class _Calls(threading.local):
    depth = 0
    """How many calls of layers are running in this thread."""
    training: Any = None
    """The training mode of the innermost one; None if nobody has said."""
    batches: Any = None
    """In ``fit`` and its like the form of the batches: models that are built do not take one's size for their own."""
    size: int | None = None
    """How many examples the batch has whose size TensorFlow would not know."""
    probing = 0
    """Above 0 while shapes are found out with made-up values."""


calls = _Calls()


def shown(shape: Any) -> tuple[Any, ...]:
    """A shape as errors tell it: in ``fit`` and its like without the number of examples, if that varies."""
    sizes = tuple(shape)
    return (None, *sizes[1:]) if sizes and calls.size is not None and sizes[0] == calls.size else sizes


_phase: dict[str, Any] = {"value": None}


def set_learning_phase(value: Any) -> None:
    """``keras.backend.set_learning_phase``: the training mode where no call says one."""
    _phase["value"] = value


def learning_phase() -> Any:
    """``keras.backend.learning_phase``: 0 unless set."""
    return 0 if _phase["value"] is None else _phase["value"]


def default_training() -> Any:
    """The set learning phase, None if it was never set."""
    return _phase["value"]
