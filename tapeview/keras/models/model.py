"""``keras.Model``: layers that are trained together."""

from __future__ import annotations

import functools
from typing import Any

from tapeview.engine import dispatch, seeds
from tapeview.engine.convert import to_tensor
from tapeview.engine.scripting import structure
from tapeview.engine.shapes import TensorShape
from tapeview.engine.state import without_tapes
from tapeview.keras import naming
from tapeview.keras.layers import probing, symbolic
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.context import calls
from tapeview.keras.layers.input_spec import InputSpec
from tapeview.keras.layers.tracking import without_doubles
from tapeview.keras.layers.weights import children_of_model
from tapeview.keras.models.fitting import Fitting
from tapeview.keras.models.graph import Graph
from tapeview.keras.models.keeping import Keeping
from tapeview.keras.models.summary import print_summary

_NOT_STARTED = (
    "It looks like you are subclassing `Model` and you forgot to call `super().__init__()`. Always start with this "
    "line."
)


def is_functional(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a model is given by its inputs and outputs."""
    return len(args) == 2 or (len(args) == 1 and "outputs" in kwargs) or ("inputs" in kwargs and "outputs" in kwargs)


class Model(Fitting, Keeping):
    """A model: a class of one's own with ``call``, or a graph given by ``Model(inputs, outputs)``.

    Raises:
        TypeError: unknown keywords.
        ValueError: outputs that do not come from the inputs.
    """

    _keras_module = "keras"
    _graph: Graph | None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """A graph of layers is a :class:`Functional`."""
        from tapeview.keras.models.functional import Functional

        return object.__new__(Functional if cls is Model and is_functional(args, kwargs) else cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        functional = is_functional(args, kwargs)
        inputs = kwargs.pop("inputs", args[0] if args else None) if functional else None
        outputs = kwargs.pop("outputs", args[-1] if args else None) if functional else None
        allowed = {"trainable", "name", "dtype", "dynamic", "autocast"}
        unknown = [k for k in kwargs if k not in allowed]
        if unknown or (args and not functional):
            raise TypeError(
                f"Invalid keyword argument(s) in `{type(self).__name__}.__init__`: {unknown}."
                if unknown
                else f"{type(self).__name__}.__init__() takes inputs and outputs, or neither. Received: {args}"
            )
        self.__dict__["_graph"] = None
        if functional and kwargs.get("name") is None:
            own = type(self).__name__
            kwargs["name"] = naming.unique("model" if own in ("Functional", "Model") else naming.snake_case(own))
        super().__init__(**kwargs)
        self._start_fitting()
        if functional:
            self._init_graph(inputs, outputs)

    def _init_graph(self, inputs: Any, outputs: Any) -> None:
        for x in structure.flatten(outputs):
            if not symbolic.is_symbolic(x):
                raise ValueError(
                    "Output tensors of a Functional model must be the output of a TensorFlow `Layer` (thus holding "
                    f"past layer metadata). Found: {x}"
                )
        for x in structure.flatten(inputs):
            if not symbolic.is_symbolic(x):
                raise ValueError(
                    f"Input tensors to a {type(self).__name__} model must come from `tf.keras.Input`. Received: {x} "
                    "(missing previous layer metadata)."
                )
        if isinstance(inputs, list) and len(inputs) == 1:
            inputs = inputs[0]
        if isinstance(outputs, list) and len(outputs) == 1:
            outputs = outputs[0]
        inputs, outputs = _from_inner_inputs(inputs, outputs)
        graph = Graph(inputs, outputs)
        own = self.__dict__
        own["_graph"] = graph
        own["_self_tracked_trackables"] = list(graph.layers)
        own["built"] = True
        own["_supports_masking"] = True
        own["_build_input_shape"] = structure.map_structure(lambda x: x.shape, inputs)

    def __setattr__(self, name: str, value: Any) -> None:
        if "_self_tracked_trackables" not in self.__dict__ and name not in _BEFORE:
            raise RuntimeError(_NOT_STARTED)
        super().__setattr__(name, value)

    # -- the call ----------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """See :meth:`Layer.__call__`."""
        if "_signature" not in self.__dict__:
            raise RuntimeError(_NOT_STARTED)
        waiting = self.__dict__.pop("_waiting_weights", None)
        if waiting is not None:
            # Weights were loaded before there were any: they are made first, and then take the values.
            if not self.built:
                self._build_from(args[0] if args else next(iter(kwargs.values())))
            self._take(*waiting)
        return super().__call__(*args, **kwargs)

    def _build_from(self, inputs: Any) -> None:
        """Makes the weights for inputs like these, under the names that the call would give them."""
        given = structure.map_structure(lambda x: to_tensor(x) if not hasattr(x, "shape") else x, inputs)
        with without_tapes(), seeds.undisturbed():
            super().__call__(given)
        self._clear_losses()

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Computes the result; a model of one's own overrides it.

        Raises:
            NotImplementedError: it does not.
        """
        if self._graph is None:
            raise NotImplementedError(
                "Unimplemented `tf.keras.Model.call()`: if you intend to create a `Model` with the Functional API, "
                "please provide `inputs` and `outputs` arguments. Otherwise, subclass `Model` with an overridden "
                "`call()` method."
            )
        return self._graph.run(inputs)

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights for a shape of the inputs (None: any size).

        Raises:
            ValueError: no shape; or ``call`` can not run on it.
        """
        if self._graph is not None:
            self.__dict__["built"] = True
            return
        if calls.depth or input_shape is None:
            Layer.build(self, input_shape)
            if input_shape is None and not calls.depth:
                raise ValueError("Input shape must be defined when calling `build()` on a `Model` subclass network.")
            return
        self._build_by_call(input_shape)

    def _build_by_call(self, input_shape: Any) -> None:
        inputs = probing.tensors_of_shape(input_shape, self.compute_dtype or "float32")
        with without_tapes(), symbolic.fresh_scope():
            try:
                probing.run(lambda x: self.call(x), (inputs,), {}, clear=self)
            except Exception as error:
                raise ValueError(
                    "You cannot build your model by calling `build` if your layers do not support float type inputs. "
                    "Instead, in order to instantiate and build your model, call your model on real tensor data (of "
                    f"the correct dtype).\n\nThe actual error from `call` is: {error}."
                ) from error
        self.__dict__["_build_input_shape"] = input_shape
        self.__dict__["built"] = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes of the outputs for those of the inputs."""
        graph = self._graph
        if graph is not None:
            shapes = [tuple(x.shape) for x in graph.inputs]
            given = [input_shape] if probing.is_shape(input_shape) else structure_of_shapes(input_shape)
            if [tuple(s)[1:] for s in given] == [s[1:] for s in shapes]:
                batch = next(iter(given[0]), None)

                def sized(x: Any) -> TensorShape:
                    known = tuple(x.shape)
                    return TensorShape((batch, *known[1:]) if known and known[0] is None else known)

                return structure.map_structure(sized, graph.nested_outputs)
        return super().compute_output_shape(input_shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """None unless the model is a graph: its layers pass masks on."""
        return None

    # -- what it is --------------------------------------------------------------------------------------------------

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The model of a configuration; a graph's has layers. Raises TypeError if it can not be made."""
        if cls is Model and "layers" in config:
            from tapeview.keras.models.functional import Functional

            return Functional.from_config(config, custom_objects)
        return super().from_config(config)

    @property
    def layers(self) -> list[Any]:
        """The layers, in the order in which they were assigned or, in a graph, from the inputs on."""
        return [m for m in self._flatten_modules(recursive=False, include_self=False) if isinstance(m, Layer)]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """The layer of that name or at that place. Raises ValueError if there is none, or if both are given."""
        if index is not None and name is not None:
            raise ValueError(
                f"Provide only a layer name or a layer index. Received: index={index}, name={name}.",
            )
        if index is not None:
            if len(self.layers) <= index:
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has {len(self.layers)} layers."
                )
            return self.layers[index]
        if name is None:
            raise ValueError("Provide either a layer name or layer index at `get_layer`.")
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"No such layer: {name}. Existing layers are: {[layer.name for layer in self.layers]}.")

    def _check_created(self) -> None:
        """Raises ValueError where weights are asked for that do not exist yet."""

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables that training changes: those of the layers, then the model's own."""
        self._check_created()
        self._late_variables()
        if not self._trainable:
            return []
        inner = [v for c in children_of_model(self) for v in c.trainable_variables]
        return without_doubles([*inner, *self._trainable_weights])

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The other variables; all of them if the model is not trainable."""
        self._check_created()
        children = children_of_model(self)
        others = [v for c in children for v in c.non_trainable_variables]
        if self._trainable:
            return without_doubles([*others, *self._non_trainable_weights])
        inner = [v for c in children for v in c.trainable_variables]
        return without_doubles([*inner, *self._trainable_weights, *others, *self._non_trainable_weights])

    @property
    def weights(self) -> list[Any]:
        """All variables, layer by layer, then the model's own."""
        self._check_created()
        self._late_variables()
        inner = [v for c in children_of_model(self) for v in c.variables]
        return without_doubles([*inner, *self._trainable_weights, *self._non_trainable_weights])

    @property
    def input_spec(self) -> Any:
        """What inputs have to look like."""
        if self._input_spec is not None or self._graph is None:
            return self._input_spec
        return self._graph_spec()

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self.__dict__["_input_spec"] = value

    def _graph_spec(self) -> Any:
        graph = self._graph
        assert graph is not None
        if graph.specs is not None:
            return graph.specs
        nested = graph.nested_inputs
        if isinstance(nested, (dict, list, tuple)) and len(nested) != len(graph.inputs):
            return None
        names = sorted(nested) if isinstance(nested, dict) else graph.input_names
        graph.specs = [
            InputSpec(shape=(None, *tuple(x.shape)[1:]), allow_last_axis_squeeze=True, name=name)
            for x, name in zip(graph.inputs, names, strict=True)
        ]
        return graph.specs

    @property
    def inputs(self) -> Any:
        """The symbolic inputs of a graph, None for others."""
        return None if self._graph is None else self._graph.inputs

    @property
    def outputs(self) -> Any:
        """The symbolic outputs of a graph, None for others."""
        return None if self._graph is None else self._graph.outputs

    @property
    def input_names(self) -> Any:
        """The names of the inputs of a graph."""
        return None if self._graph is None else self._graph.input_names

    @property
    def output_names(self) -> Any:
        """The names of the outputs of a graph."""
        return None if self._graph is None else self._graph.output_names

    @property
    def input(self) -> Any:
        """The symbolic inputs. Raises AttributeError if the model is no graph."""
        if self._graph is None:
            return super().input
        return self._graph.nested_inputs

    @property
    def output(self) -> Any:
        """The symbolic outputs. Raises AttributeError if the model is no graph."""
        if self._graph is None:
            return super().output
        return self._graph.nested_outputs

    @property
    def input_shape(self) -> Any:
        """The shapes of the inputs. Raises AttributeError if the model is no graph."""
        if self._graph is None:
            return super().input_shape
        return structure.map_structure(lambda x: tuple(x.shape), self._graph.nested_inputs)

    @property
    def output_shape(self) -> Any:
        """The shapes of the outputs. Raises AttributeError if the model is no graph."""
        if self._graph is None:
            return super().output_shape
        return structure.map_structure(lambda x: tuple(x.shape), self._graph.nested_outputs)

    def summary(
        self, line_length: int | None = None, positions: Any = None, print_fn: Any = None, expand_nested: bool = False,
        show_trainable: bool = False, layer_range: Any = None,
    ) -> None:  # fmt: skip
        """Prints a table of the layers. Raises ValueError if the model has no weights yet."""
        if not self.built:
            raise ValueError(
                "This model has not yet been built. Build the model first by calling `build()` or by calling the model "
                "on a batch of data."
            )
        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range)

    def reset_states(self) -> None:
        """Recurrent layers inside that keep their states begin anew."""
        for layer in self._flatten_modules(include_self=False):
            if getattr(layer, "stateful", False) and hasattr(layer, "reset_states"):
                layer.reset_states()

    @property
    def state_updates(self) -> list[Any]:
        """Empty: updates happen when layers are called."""
        return []

    def _as_batch(self, x: Any) -> Any:
        return structure.map_structure(lambda part: part if part is None else to_tensor(part), x)


_BEFORE = frozenset(("_graph",))


def structure_of_shapes(shapes: Any) -> list[Any]:
    """The shapes in a structure of shapes, in one list."""
    if probing.is_shape(shapes):
        return [shapes]
    parts = [shapes[k] for k in sorted(shapes)] if isinstance(shapes, dict) else list(shapes)
    return [s for part in parts for s in structure_of_shapes(part)]


def _from_inner_inputs(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """A graph may begin at results of layers: these get inputs of their own, and what follows is made anew."""
    flat = structure.flatten(inputs)
    if all(x.node.is_input and x._keras_history.layer._inbound_nodes[0] is x.node for x in flat):
        return inputs, outputs
    from tapeview.keras.models.cloning import begin_at

    return begin_at(inputs, outputs)


def _at_once(method: Any) -> Any:
    """The method, whose calls compute at once also where others add nodes to a deferred graph."""

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        with dispatch.eagerly():
            return method(*args, **kwargs)

    return call


for _name in ("build", "compile", "evaluate", "fit", "predict", "predict_on_batch", "test_on_batch", "train_on_batch"):
    setattr(Model, _name, _at_once(getattr(Model, _name)))
