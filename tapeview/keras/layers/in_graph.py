"""Layers in deferred graphs (TensorFlow 1): called on a symbolic tensor a layer adds a node, or those its code adds.

A layer of Keras's own is one node, which calls the layer when a session runs. Its weights are variables of the graph.
The code of models, and of layers of the script's own, runs while the graph is built: it is made of other layers and of
functions that add nodes themselves. Layers called on anything else compute at once, as do models that are trained.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeview.engine import dispatch
from tapeview.engine.scripting import structure
from tapeview.engine.shapes import TensorShape
from tapeview.keras.layers.context import calls


class _Stand:
    """Shape and type of an input, for a layer to be built by."""

    def __init__(self, shape: TensorShape, dtype: Any) -> None:
        self.shape = shape
        self.dtype = dtype


def call(layer: Any, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A layer's call while a graph is being built."""
    from tapeview.engine.deferred.structures import symbolic_in

    symbols = symbolic_in([inputs, args, kwargs], [])
    if not symbols:
        with dispatch.eagerly():
            return layer(inputs, *args, **kwargs)
    graph = symbols[0].graph
    with graph.as_default(), graph.name_scope(layer.name) as scope:
        if _is_composed(layer):
            return _composed(layer, inputs, args, kwargs)
        if not layer.built:
            layer._maybe_build(structure.map_structure(_stand, inputs))
        return node(_running(layer), (inputs, *args), kwargs, scope, type(layer).__name__)


def _running(layer: Any) -> Callable[..., Any]:
    def run_layer(*args: Any, **kwargs: Any) -> Any:
        return layer(*args, **kwargs)

    return run_layer


def node(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], name: str, type: str) -> Any:
    """A node that calls ``function``."""
    from tapeview.engine.deferred import add_node

    return add_node(function, args, name, type, kwargs=kwargs)


def _stand(x: Any) -> Any:
    sizes = getattr(x, "sizes", None)
    if sizes is None:
        return x
    return _Stand(TensorShape(sizes), x.dtype.base_dtype)


def _is_composed(layer: Any) -> bool:
    return type(layer).__module__.startswith("tapeview.keras.models") or not _is_ours(type(layer))


def _is_ours(kind: type) -> bool:
    return getattr(kind.call, "__module__", "").startswith("tapeview.")  # type: ignore[attr-defined]


def _composed(layer: Any, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not layer.built and not type(layer).__module__.startswith("tapeview.keras.models"):
        layer._maybe_build(structure.map_structure(_stand, inputs))
    signature = layer._signature
    args, training = layer._training_mode(signature, args, kwargs)
    outer = calls.training
    calls.depth += 1
    calls.training = training
    try:
        outputs = layer.call(inputs, *args, **kwargs)
    finally:
        calls.depth -= 1
        calls.training = outer
    layer.built = True
    return outputs


def loss_of(function: Callable[[], Any]) -> Any:
    """A penalty on weights as a symbolic tensor."""
    return node(lambda: function(), (), {}, "Regularizer", "AddV2")
