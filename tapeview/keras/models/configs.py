"""Models as plain data: their layers' configurations and how the layers are connected."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine.scripting import structure
from tapeview.keras.layers.input_layer import InputLayer
from tapeview.keras.layers.signature import Signature
from tapeview.keras.layers.symbolic import KerasTensor, Node
from tapeview.keras.objects import deserialize_keras_object, get_registered_object, serialize_keras_object

_CONSTANT = "_CONSTANT_VALUE"


def classes() -> dict[str, Any]:
    """Layers and models by the names of their classes."""
    from tapeview.keras.layers import oplambda
    from tapeview.keras.models.functional import AddLoss, Functional
    from tapeview.keras.models.model import Model
    from tapeview.keras.models.sequential import Sequential

    package = importlib.import_module("tapeview.keras.layers")
    layers = {name: value for name in package.__all__ if isinstance(value := getattr(package, name), type)}
    more = (Functional, Model, Sequential, AddLoss, oplambda.TFOpLambda, oplambda.SlicingOpLambda)
    return layers | {kind.__name__: kind for kind in more}


def serialize(layer: Any, use_legacy_format: bool = False) -> Any:
    """A layer or model as plain data (``keras.layers.serialize``)."""
    return serialize_keras_object(layer)


def deserialize(config: Any, custom_objects: Any = None, use_legacy_format: bool = False) -> Any:
    """The layer or model of a configuration. Raises ValueError for an unknown class."""
    return deserialize_keras_object(config, custom_objects, classes(), "layer")


# -- stacks --------------------------------------------------------------------------------------------------------


def sequential_config(model: Any) -> dict[str, Any]:
    """The layers of a stack, with the input in front if its shape is known."""
    layers = list(model._stack)
    if model._first is not None and model._has_shape:
        layers.insert(0, model._first._keras_history.layer)
    shape = model.__dict__.get("_build_input_shape")
    config: dict[str, Any] = {"name": model.name, "layers": [serialize(layer) for layer in layers]}
    if shape is not None:
        config["build_input_shape"] = tuple(shape)
    return config


def sequential_from_config(kind: Any, config: Any, custom_objects: Any) -> Any:
    """The stack of a configuration; built if that says for which shape."""
    given = config if isinstance(config, dict) else {"layers": config}
    model = kind(name=given.get("name"))
    for layer in given["layers"]:
        model.add(deserialize(layer, custom_objects))
    shape = given.get("build_input_shape")
    if not model.inputs and shape is not None:
        model.build(tuple(shape))
    return model


# -- graphs --------------------------------------------------------------------------------------------------------


class _Places:
    """Which of a layer's calls belong to a graph, counted from 0."""

    def __init__(self, graph: Any) -> None:
        ids = {id(n) for n in graph.nodes}
        self._index: dict[int, int] = {}
        self.nodes: dict[int, list[Node]] = {}
        for layer in graph.layers:
            own = [n for n in layer._inbound_nodes if id(n) in ids]
            self.nodes[id(layer)] = own
            self._index |= {id(n): k for k, n in enumerate(own)}

    def of(self, x: KerasTensor) -> list[Any]:
        layer, _, place = x._keras_history
        return [layer.name, self._index[id(x.node)], place]


def functional_config(model: Any) -> dict[str, Any]:
    """The layers of a graph and how they are connected."""
    graph = model._graph
    places = _Places(graph)
    layers = []
    for layer in graph.layers:
        entry = serialize(layer)
        entry["name"] = layer.name
        entry["inbound_nodes"] = [_node(n, places) for n in places.nodes[id(layer)] if not n.is_input]
        layers.append(entry)
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": _ends(graph.nested_inputs, places),
        "output_layers": _ends(graph.nested_outputs, places),
    }


def _ends(nested: Any, places: _Places) -> Any:
    if isinstance(nested, KerasTensor):
        return [places.of(nested)]
    if isinstance(nested, dict):
        return {k: places.of(x) for k, x in nested.items()}
    return [places.of(x) for x in structure.flatten(nested)]


def _node(node: Node, places: _Places) -> Any:
    first, *rest = node.args or (node.kwargs,)
    function = node.layer.__dict__.get("_function")
    signature = node.layer._signature if function is None else Signature(function, bound=True)
    names = signature.names[1:]
    kwargs = dict(node.kwargs) | dict(zip(names, rest, strict=False))
    if len(rest) > len(names):  # a function's arguments
        kwargs |= {f"_{k}": value for k, value in enumerate(rest)}
    plain = structure.map_structure(lambda v: _plain(v, places), kwargs)

    def entry(x: Any) -> Any:
        if isinstance(x, KerasTensor):
            return (*places.of(x), plain)
        return (_CONSTANT, -1, _plain(x, places), plain)

    if structure.is_nested(first):
        return [list(entry(x)) for x in structure.flatten(first)] if not isinstance(first, dict) else {
            k: list(entry(x)) for k, x in first.items()
        }  # fmt: skip
    return [list(entry(first))]


def _plain(value: Any, places: _Places) -> Any:
    if isinstance(value, KerasTensor):
        return places.of(value)
    if hasattr(value, "_array"):
        value = value._array
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, slice):
        return {"start": value.start, "stop": value.stop, "step": value.step}
    if value is Ellipsis:
        return {"ellipsis": True}
    return value.name if type(value).__name__ == "DType" else value


def functional_from_config(
    kind: Any, config: dict[str, Any], custom_objects: Any, make: Callable[[str], Any] | None = None
) -> Any:
    """The graph of a configuration. Raises ValueError if a layer is connected to one that is not there."""
    if "layers" not in config:
        return kind(**config)
    made: dict[str, Any] = {}
    waiting: list[tuple[Any, Any]] = []
    for entry in config["layers"]:
        own = copy.copy(entry)
        nodes = own.pop("inbound_nodes", [])
        name = own.pop("name", None) or own["config"]["name"]
        layer = _layer(own, custom_objects) if make is None else make(name)
        made[name] = layer
        if not isinstance(layer, InputLayer):
            layer._inbound_nodes.clear()
        waiting += [(layer, node) for node in nodes]
    while waiting:
        left = []
        for layer, node in waiting:
            if not _connected(layer, node, made):
                left.append((layer, node))
        if len(left) == len(waiting):
            raise ValueError(f"The layers of the configuration are not connected: {[x.name for x, _ in left]}.")
        waiting = left
    inputs = _found(config["input_layers"], made)
    outputs = _found(config["output_layers"], made)
    model = kind(inputs=inputs, outputs=outputs, name=config.get("name"))
    if not config.get("trainable", True):
        model.trainable = False
    return model


def _layer(entry: Any, custom_objects: Any) -> Any:
    names = (entry["class_name"], entry.get("registered_name"))
    if all(get_registered_object(name, custom_objects, classes()) is None for name in names):
        raise TypeError(
            f"Cannot deserialize object of type `{entry['class_name']}`. If `{entry['class_name']}` is a custom class, "
            "please register it using the `@keras.saving.register_keras_serializable()` decorator."
        )
    return deserialize(entry, custom_objects)


def _tensor(place: Any, made: dict[str, Any]) -> Any:
    """The symbolic tensor at [layer, call, result]; None if that call is not made yet."""
    nodes = made[place[0]]._inbound_nodes
    return structure.flatten(nodes[place[1]].outputs)[place[2]] if len(nodes) > place[1] else None


def _is_place(value: Any, made: dict[str, Any]) -> bool:
    return (
        isinstance(value, (list, tuple)) and len(value) == 3 and isinstance(value[0], str) and value[0] in made
        and all(isinstance(k, int) for k in value[1:])
    )  # fmt: skip


def _connected(layer: Any, node: Any, made: dict[str, Any]) -> bool:
    """Calls a layer on its inputs; False if some are not there yet."""
    entries = list(node.values()) if isinstance(node, dict) else node
    if entries and not isinstance(entries[0], (list, tuple)):
        entries = [entries]
    tensors = [e[2] if e[0] == _CONSTANT else _tensor(e, made) for e in entries]
    if any(t is None for t in tensors):
        return False
    kwargs = dict(entries[0][3]) if len(entries[0]) > 3 else {}
    filled = {k: _argument(v, made) for k, v in kwargs.items()}
    if any(v is _MISSING for v in filled.values()):
        return False
    rest = [filled.pop(f"_{k}") for k in range(len(filled)) if f"_{k}" in filled]
    first: Any = tensors[0] if len(tensors) == 1 else tensors
    if isinstance(node, dict):
        first = dict(zip(node, tensors, strict=True))
    layer(first, *rest, **filled)
    return True


_MISSING = object()


def _argument(value: Any, made: dict[str, Any]) -> Any:
    if _is_place(value, made):
        found = _tensor(value, made)
        return _MISSING if found is None else found
    if isinstance(value, dict) and set(value) == {"start", "stop", "step"}:
        return slice(*(_argument(value[k], made) for k in ("start", "stop", "step")))
    if value == {"ellipsis": True}:
        return Ellipsis
    if isinstance(value, (list, tuple)):
        parts = [_argument(v, made) for v in value]
        return _MISSING if any(p is _MISSING for p in parts) else type(value)(parts)
    return value


def _found(places: Any, made: dict[str, Any]) -> Any:
    if isinstance(places, dict):
        return {k: _tensor(v, made) for k, v in places.items()}
    if places and isinstance(places[0], str):
        return _tensor(places, made)
    found = [_tensor(p, made) for p in places]
    return found[0] if len(found) == 1 else found
