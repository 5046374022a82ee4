"""From names, nodes, variables to the elements of a graph; and a graph as data."""

from __future__ import annotations

from typing import Any

from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.symbolic import SymbolicTensor


def find(graph: Any, obj: Any, allow_tensor: bool, allow_operation: bool) -> Any:
    """See :meth:`Graph.as_graph_element`."""
    convert = getattr(obj, "_as_graph_element", None)
    if convert is not None and not isinstance(obj, (SymbolicTensor, Operation)):
        obj = convert()
    if isinstance(obj, SymbolicTensor) and allow_tensor:
        if obj.graph is not graph:
            raise ValueError(f"Tensor {obj} is not an element of this graph.")
        return obj
    if isinstance(obj, Operation) and allow_operation:
        if obj.graph is not graph:
            raise ValueError(f"Operation {obj} is not an element of this graph.")
        return obj
    if not isinstance(obj, (str, bytes)):
        what = "Tensor or Operation" if allow_tensor and allow_operation else "Tensor" if allow_tensor else "Operation"
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {what}.")
    name = obj.decode() if isinstance(obj, bytes) else obj
    if ":" in name and allow_tensor:
        return _tensor(graph, name)
    if ":" not in name and allow_operation:
        if name not in graph.by_name:
            raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
        return graph.by_name[name]
    if ":" not in name:
        if name in graph.by_name:
            raise ValueError(
                f"The name {name!r} refers to an Operation, not a Tensor. Tensor names must be of the form "
                '"<op_name>:<output_index>".'
            )
        raise ValueError(
            f"The name {name!r} looks like an (invalid) Operation name, not a Tensor. Tensor names must be of the form "
            '"<op_name>:<output_index>".'
        )
    raise ValueError(f"Name {name!r} appears to refer to a Tensor, not a Operation.")


def _tensor(graph: Any, name: str) -> SymbolicTensor:
    found = graph.tensors_by_name.get(name)
    if found is not None:
        return found  # type: ignore[no-any-return]
    try:
        op_name, index_text = name.split(":")
        index = int(index_text)
    except ValueError:
        raise ValueError(
            f"The name {name!r} looks a like a Tensor name, but is not a valid one. Tensor names must be of the form "
            '"<op_name>:<output_index>".'
        ) from None
    node = graph.by_name.get(op_name)
    if node is None:
        raise KeyError(
            f"The name {name!r} refers to a Tensor which does not exist. The operation, {op_name!r}, does not exist in "
            "the graph."
        )
    if index >= len(node.results):
        raise KeyError(
            f"The name {name!r} refers to a Tensor which does not exist. The operation, {op_name!r}, exists but only "
            f"has {len(node.results)} outputs."
        )
    return node.results[index]  # type: ignore[no-any-return]


class GraphDef:
    """A graph as data.

    Attributes:
        node: its nodes, each with ``name``, ``op`` and ``input``.
    """

    def __init__(self, graph: Any) -> None:
        self.node = [n.node_def for n in graph.nodes]

    def __str__(self) -> str:
        return "\n".join("node {\n  " + str(n).strip().replace("\n", "\n  ") + "\n}" for n in self.node) + "\n"

    def SerializeToString(self) -> bytes:
        """Its text, as bytes."""
        return str(self).encode()
