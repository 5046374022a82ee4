"""``Sequential``: layers one after the other."""

from __future__ import annotations

from typing import Any

from tapeview.engine.convert import is_tensor_like
from tapeview.engine.scripting import structure
from tapeview.engine.shapes import TensorShape
from tapeview.engine.state import without_tapes
from tapeview.engine.tensor import EagerTensor
from tapeview.keras import naming
from tapeview.keras.layers import probing, symbolic
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.context import calls
from tapeview.keras.layers.input_layer import Input, InputLayer
from tapeview.keras.models.functional import Functional
from tapeview.keras.models.graph import Graph
from tapeview.keras.models.model import Model


class Sequential(Functional):
    """A stack of layers. Without a shape of the input it is built at the first call.

    Raises:
        TypeError: something that is no layer.
        ValueError: a name that is taken; a layer with several results.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """A stack is never a graph given by its ends."""
        return object.__new__(cls)

    def __init__(self, layers: Any = None, name: str | None = None) -> None:
        if name is None:
            name = naming.unique(naming.snake_case(type(self).__name__))
        Model.__init__(self, name=name)
        own = self.__dict__
        own["_supports_masking"] = True
        own["_stack"] = []
        own["_first"] = None
        own["_has_shape"] = False
        if layers is not None:
            for layer in layers if isinstance(layers, (list, tuple)) else [layers]:
                self.add(layer)

    # -- the stack -------------------------------------------------------------------------------------------------

    def add(self, layer: Any) -> None:
        """Puts a layer at the end.

        Raises:
            TypeError: it is no layer.
            ValueError: its name is taken, or it has several results.
        """
        if symbolic.is_symbolic(layer):
            layer = layer._keras_history.layer
        if not isinstance(layer, Layer):
            raise TypeError(
                f"The added layer must be an instance of class Layer. Received: layer={layer} of type {type(layer)}."
            )
        if any(layer.name == known.name and layer is not known for known in self._stack):
            raise ValueError(
                f'All layers added to a Sequential model should have unique names. Name "{layer.name}" is already '
                "the name of a layer in this model. Update the `name` argument to pass a unique name."
            )
        self.__dict__["built"] = False
        first = not self._stack and self._first is None
        if isinstance(layer, InputLayer) and first:
            self.__dict__["_first"] = layer._inbound_nodes[-1].outputs
            self.__dict__["_has_shape"] = True
            self.__dict__["_self_tracked_trackables"] = [layer]
            return
        self._stack.append(layer)
        self._self_tracked_trackables.append(layer)
        if first:
            shape, dtype = _declared(layer)
            if shape is not None:
                self.__dict__["_first"] = Input(batch_shape=shape, dtype=dtype, name=f"{layer.name}_input")
                self.__dict__["_has_shape"] = True
        if self._has_shape:
            self._grow(layer)
        else:
            self.__dict__["_graph"] = None

    def _grow(self, layer: Any) -> None:
        start = self._graph.nested_outputs if self._graph is not None else self._first
        outputs = layer(start)
        if len(structure.flatten(outputs)) != 1:
            del self._stack[-1], self._self_tracked_trackables[-1]
            raise ValueError(
                "All layers in a Sequential model should have a single output tensor. For multi-output layers, use the "
                "functional API."
            )
        self._connect(outputs)

    def _connect(self, outputs: Any) -> None:
        own = self.__dict__
        first = self._first
        own["_graph"] = Graph(first, outputs)
        own["_self_tracked_trackables"] = [first._keras_history.layer, *self._stack]
        own["_build_input_shape"] = first.shape
        own["built"] = True

    def pop(self) -> None:
        """Takes the last layer away. Raises TypeError if there is none."""
        if not self._stack:
            raise TypeError("There are no layers in the model.")
        last = self._stack.pop()
        own = self.__dict__
        own["_self_tracked_trackables"] = [t for t in self._self_tracked_trackables if t is not last]
        if self._graph is None:
            return
        if not self._stack:
            own["_graph"], own["built"] = None, False
            return
        self._connect(self._stack[-1]._inbound_nodes[-1].outputs)

    @property
    def layers(self) -> list[Any]:
        """The layers of the stack."""
        return list(self._stack)

    # -- building and calling --------------------------------------------------------------------------------------

    def _infer(self, shape: Any, dtype: Any) -> None:
        """Makes the graph for a shape of the inputs; for another shape later one that fits both."""
        if self._has_shape or not self._stack:
            return
        known = self.__dict__.get("_inferred")
        new = (None, *shape[1:]) if calls.batches is not None else tuple(shape)
        if known is not None:
            if len(known) != len(new):
                return
            relaxed = tuple(a if a == b else None for a, b in zip(known, new, strict=True))
            if relaxed == known and self._graph is not None:
                return
            new = relaxed
        with without_tapes(), symbolic.fresh_scope():
            for node in self.__dict__.pop("_inferred_nodes", ()):
                node.forget()
            first = Input(batch_shape=new, dtype=dtype, name=f"{self._stack[0].name}_input")
            outputs = first
            made = self.__dict__["_inferred_nodes"] = []
            for layer in self._stack:
                outputs = layer(outputs)
                made.append(layer._inbound_nodes[-1])
                if len(structure.flatten(outputs)) != 1:
                    return
        self.__dict__["_inferred"] = new
        self.__dict__["_first"] = first
        self._connect(outputs)

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights for a shape of the inputs. Raises ValueError if there is none."""
        if self._graph is not None or (calls.depth and self.__dict__.get("_without_graph")):
            self.__dict__["built"] = True
            return
        if input_shape is None:
            raise ValueError("You must provide an `input_shape` argument.")
        if calls.depth and calls.probing == 0 and not probing.is_shape(input_shape):
            Layer.build(self, input_shape)
            return
        self._infer(tuple(input_shape), self.compute_dtype or "float32")
        self.__dict__["built"] = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """See :meth:`Layer.__call__`; the graph is made from the first inputs."""
        x = args[0] if args else kwargs.get("inputs")
        if not self._has_shape and self._stack and x is not None and not structure.is_nested(x) and hasattr(x, "shape"):
            kind = x.dtype if is_tensor_like(x) or symbolic.is_symbolic(x) else None
            kind = kind if kind is not None and not kind.is_floating else self.compute_dtype or "float32"
            if not self.__dict__.get("_without_graph"):
                try:
                    self._infer(tuple(x.shape), kind)
                except Exception:  # the layers themselves say below what is wrong with these inputs
                    self.__dict__["_without_graph"] = True
        return super().__call__(*args, **kwargs)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Each layer's result is the next one's input."""
        x = inputs
        if self._graph is not None:
            x = self._graph.declared(x) if isinstance(x, EagerTensor) else x
        if mask is not None and hasattr(x, "__dict__"):
            x.__dict__["_keras_mask"] = mask
        for layer in self._stack:
            x = layer(x)
        return x

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The last layer's shape."""
        shape = input_shape
        for layer in self._stack:
            shape = layer.compute_output_shape(shape)
        return shape  # type: ignore[no-any-return]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask that came out with the result, if one did."""
        return None

    @property
    def input_spec(self) -> Any:
        """What inputs have to look like, if a shape was given."""
        if self._input_spec is not None:
            return self._input_spec
        return self._graph_spec() if self._has_shape and self._graph is not None else None

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self.__dict__["_input_spec"] = value

    def _check_created(self) -> None:
        if self._graph is None and self._stack and not self.built:
            raise ValueError(
                f"Weights for model '{self.name}' have not yet been created. Weights are created when the model is "
                "first called on inputs or `build()` is called with an `input_shape`."
            )

    def get_config(self) -> dict[str, Any]:
        """The layers."""
        from tapeview.keras.models.configs import sequential_config

        return sequential_config(self)

    @classmethod
    def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
        """The stack of a configuration."""
        from tapeview.keras.models.configs import sequential_from_config

        return sequential_from_config(cls, config, custom_objects)


def _declared(layer: Any) -> tuple[Any, Any]:
    """The shape and the type of inputs that a stack's first layer was made for; (None, None) if it says nothing."""
    shape = layer.__dict__.get("_batch_input_shape")
    if shape is not None:
        return shape, layer.compute_dtype
    if isinstance(layer, Model) and layer._graph is not None:
        if isinstance(layer, Sequential) and not layer._has_shape:
            return None, None
        x = layer.inputs[0]
        return tuple(x.shape), x.dtype
    if isinstance(layer, Sequential) and layer._stack:
        return _declared(layer._stack[0])
    return None, None
