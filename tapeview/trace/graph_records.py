"""The vocabulary of deferred graphs: nodes that a script adds one by one, and runs that evaluate some of them.

Stored like the rest of a recording's vocabulary (`trace.records`): as arrays whose fields are only ever appended to.
"""

from __future__ import annotations

import msgspec

Shape = tuple[int | None, ...]
"""A shape as far as it is known before a run; None for a size that is not."""


class Output(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is known of a node's output before any run: the name of its type, its shape (None: not even the rank)."""

    dtype: str
    shape: Shape | None


class GraphNode(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A node of a deferred graph. ``number`` counts the nodes of graph ``graph`` and grows with each that is added.

    ``kind`` is ``"op"``, ``"constant"``, ``"placeholder"``, ``"variable"``, ``"gradient"`` or ``"assign"``. ``inputs``
    has (node, number of its output) pairs, ``controls`` the nodes that are evaluated before it without being read.
    ``serves`` is the number of the forward node whose gradient this node is, else 0. ``site`` is where it was built.
    ``value`` is the tensor that a constant is in each run, 0 for what has to be evaluated.
    """

    graph: int
    number: int
    name: str
    type: str
    kind: str
    inputs: tuple[tuple[int, int], ...]
    controls: tuple[int, ...]
    outputs: tuple[Output, ...]
    serves: int = 0
    site: int = 0
    value: int = 0


class Fed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An output of a node whose value a run was given: ``tensor`` stands for what the node would have made."""

    node: int
    output: int
    tensor: int


class Fetched(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a run gave back under a name; ``tensor`` is 0 for an op without a value."""

    name: str
    tensor: int


class RunStarted(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=14):
    """A run of a graph began, and with it a step. ``run`` counts the runs of a script from 1; ``nodes`` is the newest
    node's number in the graph at that moment; ``site`` is where the script asked for it.
    """

    run: int
    graph: int
    nodes: int
    fetches: tuple[str, ...]
    fed: tuple[Fed, ...]
    site: int


class NodeRan(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=15):
    """A node was evaluated (constants are not): what happened in the step since the node before belongs to it.

    ``outputs`` has one tensor per output, 0 for one without a value.
    """

    node: int
    outputs: tuple[int, ...]


class RunFinished(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=16):
    """A run ended: what it gave back, in the order of its fetches, or the message of what it raised."""

    results: tuple[Fetched, ...]
    error: str = ""
