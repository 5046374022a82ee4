"""The graph of a functional model: which layers, in which order, and how a batch runs through them."""

from __future__ import annotations

import warnings
from typing import Any

from tapeview.engine.ops.elementwise import cast
from tapeview.engine.ops.shape import expand_dims, squeeze
from tapeview.engine.scripting import structure
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.layers.symbolic import KerasTensor, Node


class Graph:
    """What leads from ``inputs`` to ``outputs``.

    Attributes:
        layers: the layers, those far from the outputs first.
        nodes: the calls of layers, in the order in which they run.
        depths: for each distance from the outputs (far ones first) its calls.

    Raises:
        ValueError: the outputs need other inputs; two layers of one name.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.nested_inputs, self.nested_outputs = inputs, outputs
        self.inputs = structure.flatten(inputs)
        self.outputs = structure.flatten(outputs)
        found, first = _walk(self.outputs)
        depth: dict[int, int] = {}
        layer_depth: dict[int, int] = {}
        order: list[Node] = []
        by_id = {id(n): n for n in found}
        for node in reversed(found):
            own = max(depth.setdefault(id(node), 0), layer_depth.get(id(node.layer), 0))
            layer_depth[id(node.layer)] = depth[id(node)] = own
            for parent in node.parent_nodes:
                depth[id(parent)] = max(own + 1, depth.get(id(parent), 0))
        layer_of = {id(n.layer): n.layer for n in found}
        for x in self.inputs:
            layer = x._keras_history.layer
            if id(layer) not in layer_depth:
                layer_depth[id(layer)], first[id(layer)], layer_of[id(layer)] = 0, -1, layer
                node = layer._inbound_nodes[0]
                depth[id(node)], by_id[id(node)] = 0, node
        self.depths: dict[int, list[Node]] = {}
        for key, value in depth.items():
            self.depths.setdefault(value, []).append(by_id[key])
        self.depths = dict(sorted(self.depths.items(), reverse=True))
        for nodes in self.depths.values():
            order += nodes
        self.nodes = order
        self.layers = sorted(layer_of.values(), key=lambda x: (-layer_depth[id(x)], first[id(x)]))
        self._check()
        self.specs: Any = None
        """What the inputs have to look like, once somebody asked."""
        self._plan = [n for n in order if not n.is_input]

    def append(self, node: Node) -> None:
        """A call that leads to no output, and what it needs besides."""
        more, _ = _walk(structure.flatten(node.outputs))
        known = {id(n) for n in self.nodes}
        for new in more:
            if id(new) not in known:
                self.nodes.append(new)
                self._plan.append(new)
                if not any(new.layer is layer for layer in self.layers):
                    self.layers.append(new.layer)
                self.depths.setdefault(0, []).append(new)

    def _check(self) -> None:
        known = {id(x) for x in self.inputs}
        reached: list[str] = []
        for node in self.nodes:
            if node.is_input:
                continue
            for x in node.keras_inputs:
                if id(x) not in known:
                    raise ValueError(
                        f'Graph disconnected: cannot obtain value for tensor {x} at layer "{node.layer.name}". The '
                        f"following previous layers were accessed without issue: {reached}"
                    )
            known.update(id(x) for x in structure.flatten(node.outputs))
            reached.append(node.layer.name)
        names = [layer.name for layer in self.layers]
        for name in names:
            if names.count(name) != 1:
                raise ValueError(
                    f'The name "{name}" is used {names.count(name)} times in the model. All layer names should be '
                    "unique."
                )

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs' layers."""
        return [x._keras_history.layer.name for x in self.inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs' layers, with a number where one has several."""
        names: list[str] = []
        counts: dict[str, int] = {}
        for x in self.outputs:
            name = x._keras_history.layer.name
            while name in names:
                counts[name] = counts.get(name, 0) + 1
                candidate = f"{x._keras_history.layer.name}_{counts[name]}"
                if candidate not in names:
                    name = candidate
            names.append(name)
        return names

    # -- running ---------------------------------------------------------------------------------------------------

    def run(self, inputs: Any) -> Any:
        """The outputs for a batch."""
        values: dict[int, Any] = {}
        given = self.in_order(inputs)
        for x, value in zip(self.inputs, given, strict=True):
            values[id(x)] = _as_declared(value, x)
        for node in self._plan:
            if any(id(x) not in values for x in node.keras_inputs):
                continue
            if len(node.args) == 1 and not node.kwargs and isinstance(node.args[0], KerasTensor):
                made = node.layer(values[id(node.args[0])])
            else:
                args, kwargs = _replaced(list(node.args), values), _replaced(node.kwargs, values)
                made = node.layer(*args, **kwargs)
            outputs = node.outputs
            if isinstance(outputs, KerasTensor):
                values[id(outputs)] = made
            else:
                for x, value in zip(structure.flatten(outputs), structure.flatten(made), strict=True):
                    values[id(x)] = value
        return structure.pack_sequence_as(self.nested_outputs, [values[id(x)] for x in self.outputs])

    def declared(self, value: Any) -> Any:
        """A batch for the only input with the rank and the type that this was declared with."""
        return _as_declared(value, self.inputs[0])

    def in_order(self, inputs: Any) -> list[Any]:
        """A batch's parts in the order of the inputs; dicts by name.

        Raises:
            ValueError: another number of parts.
        """
        if isinstance(inputs, dict):
            nested = self.nested_inputs
            names = sorted(nested) if isinstance(nested, dict) else self.input_names
            if len(inputs) > len(names):
                extra = [n for n in inputs if n not in names]
                warnings.warn(
                    f"Input dict contained keys {extra} which did not match any model input. They will be ignored by "
                    "the model.",
                    stacklevel=2,
                )
            if all(n in inputs for n in names):
                return [inputs[n] for n in names]
        flat = structure.flatten(inputs)
        if len(flat) != len(self.inputs):
            raise ValueError(f"The model has {len(self.inputs)} inputs, but it got {len(flat)}.")
        return flat


def _walk(outputs: list[Any]) -> tuple[list[Node], dict[int, int]]:
    """The calls that lead to the outputs, inputs first; for each layer's id when it was first met from there."""
    found: list[Node] = []
    first: dict[int, int] = {}
    done: set[int] = set()
    for output in outputs:
        waiting: list[tuple[Node, bool]] = [(output.node, False)]
        while waiting:
            node, finished = waiting.pop()
            if finished:
                found.append(node)
                continue
            if id(node) in done:
                continue
            done.add(id(node))
            first.setdefault(id(node.layer), len(first))
            waiting.append((node, True))
            waiting += [(parent, False) for parent in reversed(node.parent_nodes)]
    return found, first


def _replaced(part: Any, values: dict[int, Any]) -> Any:
    return structure.map_structure(lambda x: values[id(x)] if isinstance(x, KerasTensor) else x, part)


def _as_declared(value: Any, declared: KerasTensor) -> Any:
    """A batch with the rank and the type that the input was declared with."""
    if not isinstance(value, EagerTensor):
        return value
    rank, wanted = value._array.ndim, len(declared.shape)
    made = value
    if rank == wanted + 1 and value._array.shape[-1] == 1:
        made = squeeze(value, -1)
    elif rank == wanted - 1 and declared.shape[-1] == 1:
        made = expand_dims(value, -1)
    if made._array.dtype != declared.dtype.numpy:
        made = cast(made, declared.dtype)
    mask = value.__dict__.get("_keras_mask")
    if mask is not None and made is not value:
        made.__dict__["_keras_mask"] = mask
    return made
