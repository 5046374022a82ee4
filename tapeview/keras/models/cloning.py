"""Graphs made anew on other inputs."""

from __future__ import annotations

from typing import Any

from tapeview.engine.scripting import structure
from tapeview.keras.layers.input_layer import Input
from tapeview.keras.layers.symbolic import KerasTensor, Node


def begin_at(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """New inputs in place of results of layers, and the outputs that the same layers give for them."""
    flat = structure.flatten(inputs)
    made = [
        x if x.node.is_input else Input(batch_shape=tuple(x.shape), dtype=x.dtype)
        for x in flat
    ]  # fmt: skip
    values = {id(x): new for x, new in zip(flat, made, strict=True)}
    results = [follow(x, values) for x in structure.flatten(outputs)]
    return structure.pack_sequence_as(inputs, made), structure.pack_sequence_as(outputs, results)


def follow(x: KerasTensor, values: dict[int, Any]) -> Any:
    """What becomes of ``x`` when tensors are replaced as ``values`` (by id) says; notes what it finds there."""
    waiting = [x.node]
    while waiting:
        node: Node = waiting[-1]
        if all(id(o) in values for o in structure.flatten(node.outputs)):
            waiting.pop()
            continue
        missing = [t for t in node.keras_inputs if id(t) not in values]
        if missing and not node.is_input:
            waiting += [t.node for t in missing]
            continue
        waiting.pop()
        if node.is_input:
            values.update({id(o): o for o in structure.flatten(node.outputs)})
            continue

        def replaced(t: Any) -> Any:
            return values[id(t)] if isinstance(t, KerasTensor) else t

        args = structure.map_structure(replaced, list(node.args))
        kwargs = structure.map_structure(replaced, node.kwargs)
        new = node.layer(*args, **kwargs)
        for old, value in zip(structure.flatten(node.outputs), structure.flatten(new), strict=True):
            values.setdefault(id(old), value)
    return values[id(x)]
