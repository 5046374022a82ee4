"""Which node of a deferred graph runs on this thread. Scripts without such graphs do not even load them."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from tapeview.debuggee.adapters.places import result_name


class RunningNode(NamedTuple):
    """A node: its name, its kind, and the engine's number of the site at which it was built.

    ``called`` is the user's name for what the expression there makes, "" for nodes that are only a part of that.
    """

    name: str
    kind: str
    site: int
    called: str


def _run() -> Any:
    mode = sys.modules.get("tapeview.engine.deferred.mode")
    return mode.local.run if mode is not None else None


def in_run() -> bool:
    """Whether this thread is in a run of a deferred graph."""
    return _run() is not None


def node_of_run(number: int) -> RunningNode | None:
    """The node with a number of the graph that runs on this thread; None if none does."""
    run = _run()
    nodes = run.session.graph.nodes if run is not None else ()
    if not 0 < number <= len(nodes):
        return None
    node = nodes[number - 1]
    last = number == len(nodes) or nodes[number].site != node.site
    return RunningNode(node.name, node.kind, node.site, result_name(node.site) if last else "")


def first_value(event: tuple[Any, ...]) -> Any:
    """The first output in a NODE_RAN event as an array; None if there is none."""
    return next((one._array for one in event[3] if one is not None), None)
