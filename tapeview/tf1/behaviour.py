"""How functions work: at once (TensorFlow 2), or by adding nodes to a graph (TensorFlow 1). Scripts may choose."""

from __future__ import annotations

from typing import Any

from tapeview.engine.deferred import graph, mode

_fixed = False


def begin(deferred: bool = False, fixed: bool = False) -> None:
    """The way a script begins with, before its first line; with ``fixed`` it stays so, whatever the script says."""
    global _fixed
    _fixed = fixed
    if deferred:
        mode.enable()


def disable_eager_execution() -> None:
    """From now on functions add nodes to a graph. Variables stay TensorFlow 2's."""
    if not _fixed and not mode.enabled():
        mode.enable(v2_behaviour=True)


def disable_v2_behavior() -> None:
    """From now on everything is as in TensorFlow 1: graphs, its kind of variables, its way of showing shapes."""
    if not _fixed:
        mode.enable()


def enable_eager_execution(config: Any = None, device_policy: Any = None, execution_mode: Any = None) -> None:
    """From now on functions work at once.

    Raises:
        ValueError: nodes were added before.
    """
    if not mode.enabled():
        return
    if graph.get_default_graph().get_operations():
        raise ValueError("tf.enable_eager_execution must be called at program startup.")
    mode.disable()
