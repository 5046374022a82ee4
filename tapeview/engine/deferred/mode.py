"""Whether calls add nodes to a graph or compute: decided for the process, and for each thread while it runs a graph."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tapeview.engine import dispatch
from tapeview.engine.state import state

if TYPE_CHECKING:
    from tapeview.engine.deferred.run import Run


class _Local(threading.local):
    """``graphs``: the graphs whose ``as_default`` blocks are open, ``eager``: how many blocks compute at once inside of
    each other, ``run``: the run of a session this thread is in."""

    def __init__(self) -> None:
        self.graphs: list[Any] = []
        self.sessions: list[Any] = []
        self.eager = 0
        self.run: Run | None = None
        self.probing = 0
        self.captured: list[Any] | None = None


local = _Local()


class _Mode:
    enabled = False
    v2_behaviour = False
    wrapped = False


mode = _Mode()


def building() -> bool:
    """True while calls of this thread add nodes to a graph."""
    return (mode.enabled or bool(local.graphs)) and not local.eager and not state.trying


def enabled() -> bool:
    """True in a process whose calls add nodes by themselves, without a graph having been made the default."""
    return mode.enabled


def v2_behaviour() -> bool:
    """False where variables are references and sizes ``Dimension`` objects, as in TensorFlow 1."""
    return mode.v2_behaviour


def enable(v2_behaviour: bool = False) -> None:
    """From now on calls add nodes to a graph.

    Args:
        v2_behaviour: variables are resources and sizes are ints, as with only eager execution switched off.
    """
    mode.enabled = True
    mode.v2_behaviour = v2_behaviour
    wrap_functions()


def disable() -> None:
    """Calls compute at once again, and the default graph is a new one."""
    from tapeview.engine.deferred.graph import forget_default_graph

    mode.enabled = False
    mode.v2_behaviour = True
    forget_default_graph()


def wrap_functions() -> None:
    """Has the functions that scripts get wrapped, so that they can add nodes; once."""
    if not mode.wrapped:
        mode.wrapped = True
        from tapeview.engine.deferred import lifting, operators

        operators.give()
        dispatch.building = building
        dispatch.eagerly = eagerly
        dispatch.enable(lifting.wrap)


def is_probing() -> bool:
    """True while a function runs on made-up values, for which nothing may be printed or written."""
    return local.probing > 0


@contextmanager
def eagerly() -> Iterator[None]:
    """A block whose calls compute at once."""
    local.eager += 1
    try:
        yield
    finally:
        local.eager -= 1
