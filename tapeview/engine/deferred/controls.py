"""``tf.control_dependencies`` and the nodes that only wait: ``group``, ``no_op``, ``tuple``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tapeview.engine import nest
from tapeview.engine.deferred.graph import Graph, get_default_graph
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.symbolic import SymbolicTensor


class Block:
    """One open ``control_dependencies`` block: what its nodes wait for, and which these are."""

    def __init__(self, nodes: Sequence[Operation]) -> None:
        self.nodes = list(nodes)
        self.members: set[Operation] = set()


def waited_for(graph: Graph, inputs: Sequence[SymbolicTensor]) -> list[Operation]:
    """What a new node with these inputs has to wait for; nothing of a block where one of its inputs waits already."""
    found: list[Operation] = []
    for block in graph.scopes.controls:
        if any(t.op in block.members for t in inputs):
            continue
        found += [node for node in block.nodes if node not in found]
    return found


def as_operation(graph: Graph, value: Any) -> Operation:
    """The node that a node, a tensor or a variable stands for. Raises TypeError for anything else."""
    found = graph.as_graph_element(value)
    return found.op  # type: ignore[no-any-return]


@contextmanager
def control_dependencies_of(graph: Graph, control_inputs: Any) -> Iterator[Any]:
    """See :meth:`Graph.control_dependencies`."""
    outer = graph.scopes.controls
    if control_inputs is None:
        graph.scopes.controls = []
        block = Block([])
    else:
        given = control_inputs if isinstance(control_inputs, (list, tuple, set)) else [control_inputs]
        block = Block([as_operation(graph, c) for c in nest.flatten(list(given)) if c is not None])
        graph.scopes.controls = [*outer, block]
    try:
        yield block
    finally:
        graph.scopes.controls = outer


def control_dependencies(control_inputs: Any) -> Any:
    """A block whose nodes run after ``control_inputs``."""
    return get_default_graph().control_dependencies(control_inputs)


def _waiting(graph: Graph, name: str, inputs: Sequence[Operation]) -> Operation:
    from tapeview.engine.deferred.lifting import finish, node_name

    controls = list(dict.fromkeys([*inputs, *waited_for(graph, ())]))
    node = Operation(graph, node_name(graph, name, "NoOp"), "NoOp", "op", None, controls=controls)
    node.pseudo = "nothing"
    finish(node)
    return node


def no_op(name: str | None = None) -> Operation:
    """A node that does nothing; it waits for the control inputs of the block it stands in."""
    return _waiting(get_default_graph(), name or "NoOp", ())


def group(*inputs: Any, name: str | None = None, **_: Any) -> Operation:
    """A node that waits for all of ``inputs``: nodes, tensors, variables, structures of them.

    Raises:
        TypeError: something that is none of these.
    """
    graph = get_default_graph()
    flat = [i for i in nest.flatten(list(inputs)) if i is not None]
    for value in flat:
        if not hasattr(value, "op") and not hasattr(value, "_as_graph_element"):
            raise TypeError(f"'inputs' should be zero or more (nested) Tensors. Received '{value}' with type "
                            f"'{type(value)}'.")  # fmt: skip
    nodes = [as_operation(getattr(value, "graph", graph), value) for value in flat]
    return _waiting(nodes[0].graph if nodes else graph, name or "group_deps", nodes)


def tuple_(tensors: Any, control_inputs: Any = None, name: str | None = None) -> list[Any]:
    """The tensors, each available only when all of them and ``control_inputs`` have been computed."""
    from tapeview.engine.deferred.lifting import call
    from tapeview.engine.ops.elementwise import identity

    graph = get_default_graph()
    with graph.name_scope(name or "tuple"):
        gates = [t for t in tensors if t is not None]
        gates += [c for c in control_inputs or [] if c is not None]
        gate = group(*gates)
        with graph.control_dependencies([gate]):
            return [
                None if t is None else t if isinstance(t, Operation) else
                call(identity, (t,), {"name": "control_dependency"})
                for t in tensors
            ]  # fmt: skip
