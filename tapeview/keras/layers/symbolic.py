"""Symbolic tensors: a shape and a type that stand for a value in the graph of a functional model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

import numpy as np

from tapeview.engine import dtypes, names
from tapeview.engine.convert import to_tensor
from tapeview.engine.names import name_scope
from tapeview.engine.scripting import structure
from tapeview.engine.shapes import TensorShape
from tapeview.engine.state import without_tapes
from tapeview.keras import naming
from tapeview.keras.layers import input_spec as specs
from tapeview.keras.layers import probing
from tapeview.keras.layers.context import calls

known = False
"""Whether there ever was a symbolic tensor: until then no call has to look for them."""

_REFUSED = (
    "You are passing {}, an intermediate Keras symbolic input/output, to a TF API that does not allow registering "
    "custom dispatchers, such as `tf.cond`, `tf.function`, gradient tapes, or `tf.map_fn`. Keras Functional model "
    "construction only supports TF API calls that *do* support dispatching, such as `tf.math.add` or `tf.reshape`. "
    "Other APIs cannot be called directly on symbolic Keras inputs/outputs. You can work around this limitation by "
    "putting the operation in a custom Keras layer `call` and calling that layer on this symbolic input/output."
)

_NO_LENGTH = (
    "Keras symbolic inputs/outputs do not implement `__len__`. You may be trying to pass Keras symbolic inputs/outputs "
    "to a TF API that does not register dispatching, preventing Keras from automatically converting the API call to a "
    "lambda layer in the Functional Model. This error will also get raised if you try asserting a symbolic "
    "input/output directly."
)


class History(NamedTuple):
    """Which result of which call of which layer a symbolic tensor is."""

    layer: Any
    node_index: int
    tensor_index: int


class KerasTensor:
    """A place in the graph of a functional model. Sizes that are not known before a batch comes are None."""

    __array_priority__ = 200
    _keras_history: History
    _node: Node
    _keras_mask: Any = None

    def __init__(self, shape: Any, dtype: Any, name: str | None = None) -> None:
        global known
        if not known:
            known = True
            from tapeview.keras.layers import oplambda

            oplambda.enable()
        self._shape = TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._name = name
        self._probes: tuple[Any, ...] | None = None

    @property
    def shape(self) -> TensorShape:
        """The sizes; None for those that are not known."""
        return self._shape

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self._dtype

    @property
    def name(self) -> str | None:
        """The name of the input; the layer's for others."""
        return self._name

    @property
    def node(self) -> Any:
        """The call it comes from."""
        return self._node

    def get_shape(self) -> TensorShape:
        """The same as ``shape``."""
        return self._shape

    def set_shape(self, shape: Any) -> None:
        """Fills in sizes that are not known yet. Raises ValueError for others than those that are."""
        given = TensorShape(shape)
        if not self._shape.is_compatible_with(given):
            raise ValueError(f"Shapes {self._shape} and {given} are incompatible")
        self._shape = TensorShape([a if b is None else b for a, b in zip(self._shape, given, strict=True)])

    def ref(self) -> Any:
        """A hashable stand-in."""
        from tapeview.engine.tensor import Reference

        return Reference(self)

    @property
    def type_spec(self) -> Any:
        """Shape, type and name."""
        from tapeview.engine.scripting.specs import TensorSpec

        return TensorSpec(self._shape, self._dtype, self._name)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(_REFUSED.format(self))

    _read = _densify = __array__ = __int__ = __float__ = __index__ = _refuse

    def __len__(self) -> int:
        raise TypeError(_NO_LENGTH)

    def __iter__(self) -> Iterator[Any]:
        if not self._shape:
            raise TypeError("Cannot iterate over a scalar.")
        if self._shape[0] is None:
            raise TypeError("Cannot iterate over a Tensor with unknown first dimension.")
        return (self[k] for k in range(self._shape[0]))

    def __getitem__(self, key: Any) -> Any:
        from tapeview.keras.layers import oplambda

        return oplambda.item(self, key)

    __hash__ = object.__hash__

    def __str__(self) -> str:
        made = f", description=\"created by layer '{self._keras_history.layer.name}'\"" if self._attached else ""
        name = "" if self._name is None else f", name='{self._name}'"
        spec = f"TensorSpec(shape={self._shape}, dtype={self._dtype!r}, name={self._name!r})"
        return f"KerasTensor(type_spec={spec}{name}{made})"

    def __repr__(self) -> str:
        made = f" (created by layer '{self._keras_history.layer.name}')" if self._attached else ""
        return f"<KerasTensor: shape={self._shape} dtype={self._dtype.name}{made}>"

    @property
    def _attached(self) -> bool:
        return "_keras_history" in self.__dict__


KerasTensor.__module__ = "keras.src.engine.keras_tensor"


def is_symbolic(value: Any) -> bool:
    """True for symbolic tensors."""
    return isinstance(value, KerasTensor)


def among(*values: Any) -> bool:
    """Whether there is a symbolic tensor in one of the structures."""
    return any(isinstance(x, KerasTensor) for x in structure.flatten(list(values)))


class Node:
    """One call of a layer on symbolic tensors.

    Attributes:
        layer: what was called.
        args, kwargs: with what.
        outputs: the symbolic results, as the layer gave them.
        keras_inputs: the symbolic tensors among the arguments.
        is_input: the layer is an input of the graph.
    """

    def __init__(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any) -> None:
        self.layer = layer
        self.args = args
        self.kwargs = kwargs
        self.keras_inputs = [x for x in structure.flatten([list(args), kwargs]) if isinstance(x, KerasTensor)]
        self.is_input = not self.keras_inputs
        index = len(layer._inbound_nodes)
        flat = structure.flatten(outputs)
        for k, x in enumerate(flat):
            if x._attached:  # the layer handed an input on
                flat[k] = x = probing.twin(x)
            x._keras_history = History(layer, index, k)
            x._node = self
        self.outputs = structure.pack_sequence_as(outputs, flat)
        layer._inbound_nodes.append(self)
        for x in self.keras_inputs:
            x._keras_history.layer._outbound_nodes.append(self)

    def forget(self) -> None:
        """Takes the call out of the layers' lists: a graph is made anew for other shapes."""
        self.layer._inbound_nodes[:] = [n for n in self.layer._inbound_nodes if n is not self]
        for x in self.keras_inputs:
            outbound = x._keras_history.layer._outbound_nodes
            outbound[:] = [n for n in outbound if n is not self]

    @property
    def input_tensors(self) -> Any:
        """What stands for the inputs: the first argument."""
        return [self.outputs] if self.is_input else self.args[0]

    @property
    def output_tensors(self) -> Any:
        """The results."""
        return [self.outputs] if self.is_input else self.outputs

    @property
    def input_shapes(self) -> Any:
        """The shapes of the inputs, as tuples."""
        return structure.map_structure(_shape_tuple, self.input_tensors)

    @property
    def output_shapes(self) -> Any:
        """The shapes of the results, as tuples."""
        return structure.map_structure(_shape_tuple, self.output_tensors)

    @property
    def parent_nodes(self) -> list[Node]:
        """The calls that the inputs come from."""
        return [x.node for x in self.keras_inputs]

    @property
    def inbound_layers(self) -> Any:
        """The layers that the inputs come from."""
        found = [x._keras_history.layer for x in self.keras_inputs]
        return found[0] if len(found) == 1 else found


def _shape_tuple(x: Any) -> Any:
    return tuple(x.shape) if hasattr(x, "shape") else None


@contextmanager
def fresh_scope() -> Iterator[None]:
    """Graphs are made outside of all name scopes."""
    outer = names.prefix()
    names.set_prefix("")
    try:
        yield
    finally:
        names.set_prefix(outer)


def call(layer: Any, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A layer's call on symbolic tensors: builds it, finds out shapes and types, and adds a node."""
    inputs = structure.map_structure(_constant, inputs)
    if layer.input_spec is not None:
        specs.check(layer.input_spec, inputs, layer.name)
    outer = calls.training
    calls.depth += 1
    calls.probing += 1
    try:
        with without_tapes(), fresh_scope(), naming.inside():
            if not layer.built:
                with name_scope(layer.name):
                    layer._maybe_build(inputs)
            outputs = probing.outputs_of(layer, inputs, args, kwargs)
    finally:
        calls.training = outer
        calls.depth -= 1
        calls.probing -= 1
    return Node(layer, (inputs, *args), kwargs, outputs).outputs


def _constant(x: Any) -> Any:
    return to_tensor(x) if isinstance(x, (np.ndarray, np.generic, float, int)) else x


def probed_shape(layer: Any, input_shape: Any) -> Any:
    """What ``compute_output_shape`` says of a layer that does not define it."""
    with without_tapes(), fresh_scope():
        inputs = probing.tensors_of_shape(input_shape, layer.compute_dtype or "float32")
        outputs = probing.outputs_by_running(layer, inputs, (), {})
    return structure.map_structure(lambda x: x.shape, outputs)


def probed_signature(layer: Any, signature: Any) -> Any:
    """What ``compute_output_signature`` says."""
    from tapeview.engine.scripting.specs import TensorSpec

    shape = layer.compute_output_shape(structure.map_structure(lambda s: s.shape, signature))
    first = structure.flatten(signature)[0]
    kind = layer.compute_dtype or first.dtype
    return probing.map_shapes(lambda s: TensorSpec(s, kind), shape)
