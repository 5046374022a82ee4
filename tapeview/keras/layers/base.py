"""``keras.layers.Layer``: what all layers and models share."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from tapeview.engine import dispatch, dtypes
from tapeview.engine.names import name_scope
from tapeview.engine.scopes import scope
from tapeview.engine.scripting import structure
from tapeview.engine.shapes import TensorShape
from tapeview.engine.state import without_tapes
from tapeview.engine.tensor import EagerTensor
from tapeview.keras import naming, regularizers
from tapeview.keras.layers import in_graph, symbolic
from tapeview.keras.layers import input_spec as specs
from tapeview.keras.layers.connections import Connections
from tapeview.keras.layers.context import calls, default_training
from tapeview.keras.layers.explained import explained
from tapeview.keras.layers.inputs import CONVERTED, cast_floats, converted, mask_of, shape_tuple, truth
from tapeview.keras.layers.losses import AddedLosses
from tapeview.keras.layers.signature import Signature, signature_of
from tapeview.keras.layers.weights import Weights
from tapeview.keras.modules import Settled
from tapeview.keras.policy import Policy, casting, policy_of, serialized

_KEYWORDS = frozenset(
    ("input_dim", "input_shape", "batch_input_shape", "batch_size", "weights", "activity_regularizer", "autocast",
     "implementation")
)  # fmt: skip


class Layer(Settled, AddedLosses, Connections, Weights):
    """A function of tensors with weights: ``build`` makes them at the first call, ``call`` computes.

    Args:
        trainable: False: training leaves the weights alone.
        name: by default the class's in snake case, with a number.
        dtype: of weights and computations; floating inputs are cast to it.

    Raises:
        TypeError: an unknown keyword.
    """

    _keras_module: ClassVar[str] = "keras.layers"
    _TF_MODULE_IGNORED_PROPERTIES = frozenset(("_signature",))

    _knows_its_shapes: ClassVar[bool] = False
    """Whether ``compute_output_shape`` holds, so that nothing has to be run to find out."""
    _keeps_its_type: ClassVar[bool] = False
    """Whether results have the inputs' type, also for ints."""

    _signature: Signature

    def __init__(
        self, trainable: bool = True, name: str | None = None, dtype: Any = None, dynamic: bool = False, **kwargs: Any
    ) -> None:
        for keyword in kwargs:
            if keyword not in _KEYWORDS:
                raise TypeError("Keyword argument not understood:", keyword)
        own = self.__dict__
        own["_trainable"] = truth(trainable)
        own["built"] = False
        own["stateful"] = False
        own["_dynamic"] = dynamic
        own["_input_spec"] = None
        own["_build_input_shape"] = None
        own["_supports_masking"] = type(self).compute_mask is not Layer.compute_mask
        own["_signature"] = signature_of(self)
        self._set_name(name)
        own["_dtype_policy"] = policy_of(dtype)
        own["_autocast"] = kwargs.get("autocast", True)
        own["_activity_regularizer"] = regularizers.get(kwargs.get("activity_regularizer"))
        own["_inbound_nodes"] = []
        own["_outbound_nodes"] = []
        self._start_losses()
        self._start_tracking()
        if "input_dim" in kwargs and "input_shape" not in kwargs:
            kwargs["input_shape"] = (kwargs["input_dim"],)
        if "input_shape" in kwargs or "batch_input_shape" in kwargs:
            shape = kwargs.get("batch_input_shape")
            own["_batch_input_shape"] = (
                tuple(shape) if shape is not None else (kwargs.get("batch_size"), *shape_tuple(kwargs["input_shape"]))
            )
        own["_initial_weights"] = kwargs.get("weights")

    def _set_name(self, name: Any, *, zero_based: bool = True) -> None:
        if name is None:
            name = naming.unique(naming.snake_case(type(self).__name__), zero_based=zero_based)
        elif not isinstance(name, str):
            raise TypeError(f"Expected `name` argument to be a string, but got: {name}")
        self.__dict__["_name"] = name

    # -- what a layer of one's own defines ---------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Makes the weights; a layer of one's own overrides it."""
        self.__dict__["_build_input_shape"] = input_shape
        self.__dict__["built"] = True

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Computes the result; a layer of one's own overrides it."""
        return inputs

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the result; without support for masks None, else the input's.

        Raises:
            TypeError: a mask for a layer that does not support any.
        """
        if not self._supports_masking:
            if any(m is not None for m in structure.flatten(mask)):
                raise TypeError(f"Layer {self.name} does not support masking, but was passed an input_mask: {mask}")
            return None
        return mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result for a shape of the input (a TensorShape, or a structure of them)."""
        return symbolic.probed_shape(self, input_shape)

    def _result_dtype(self, given: list[Any]) -> Any:
        """The type of the result for those of the inputs, where ``compute_output_shape`` holds."""
        kind = self.compute_dtype
        return given[0] if kind is None or (self._keeps_its_type and not given[0].is_floating) else kind

    def compute_output_signature(self, input_signature: Any) -> Any:
        """Shape and type of the result for those of the input."""
        return symbolic.probed_signature(self, input_signature)

    # -- the call ----------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Builds the layer if needed, casts the inputs, and calls ``call``.

        Raises:
            RuntimeError: ``super().__init__()`` was not called.
            ValueError: inputs that do not fit the layer.
        """
        own = self.__dict__
        signature = own.get("_signature")
        if signature is None:
            raise RuntimeError("You must call `super().__init__()` in the layer constructor.")
        if args:
            inputs, args = args[0], args[1:]
        elif signature.names and signature.names[0] in kwargs:
            inputs = kwargs.pop(signature.names[0])
        else:
            raise ValueError("The first argument to `Layer.call` must always be passed.")
        if dispatch.building():
            return in_graph.call(self, inputs, args, kwargs)
        alone = inputs.__class__ is EagerTensor
        flat = [inputs] if alone else structure.flatten(inputs)
        if symbolic.known and symbolic.among(flat, args, kwargs):
            return symbolic.call(self, inputs, args, kwargs)
        if not alone and any(isinstance(x, CONVERTED) for x in flat):
            inputs = structure.map_structure(converted, inputs)
            flat = structure.flatten(inputs)
        masks = self._input_masks(signature, inputs, flat, args, kwargs)
        args, training = self._training_mode(signature, args, kwargs)
        if not calls.depth:
            self._clear_losses()
        outer = calls.training
        calls.depth += 1
        calls.training = training
        kind = own["_dtype_policy"].compute_dtype
        outer_cast = casting.dtype
        try:
            spec = self.input_spec
            if spec is not None:
                specs.check(spec, inputs, own["_name"])
            with name_scope(own["_name"]), scope(own["_name"], "layer"):
                if not own["built"]:
                    self._maybe_build(inputs)
                    kind = own["_dtype_policy"].compute_dtype
                if own["_autocast"] and kind is not None:
                    inputs = cast_floats(inputs, flat, kind)
                if kind != own["_dtype_policy"].variable_dtype:
                    casting.dtype = dtypes.as_dtype(kind)
                try:
                    outputs = self.call(inputs, *args, **kwargs)
                except Exception as error:
                    told = explained(self, error, (inputs, *args), kwargs)
                    if told is error:
                        raise
                    raise told.with_traceback(error.__traceback__) from None
                if own["_activity_regularizer"] is not None:
                    self._penalize_activity(outputs)
            if own["_supports_masking"]:
                self._set_masks(inputs, outputs, masks)
            return outputs
        finally:
            casting.dtype = outer_cast
            calls.depth -= 1
            calls.training = outer

    def _input_masks(
        self, signature: Signature, inputs: Any, flat: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if not self._supports_masking:
            return None
        if signature.mask:
            place = signature.place("mask")
            if "mask" in kwargs:
                return kwargs["mask"]
            if 0 <= place < len(args):
                return args[place]
        masks = [mask_of(x) for x in flat]
        if all(m is None for m in masks):
            return None
        packed = structure.pack_sequence_as(inputs, masks)
        if signature.mask:
            kwargs["mask"] = packed
        return packed

    def _training_mode(
        self, signature: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], Any]:
        """The arguments with the training mode among them, if the layer wants it, and the mode."""
        if not signature.training:
            return args, kwargs.pop("training") if "training" in kwargs else calls.training
        place = signature.place("training")
        by_place = 0 <= place < len(args)
        mode = args[place] if by_place else kwargs.get("training")
        if mode is None:
            mode = calls.training
            if mode is None:
                mode = default_training()
                mode = signature.default_training if mode is None else bool(mode)
            if by_place:
                args = (*args[:place], mode, *args[place + 1 :])
            else:
                kwargs["training"] = mode
        return args, mode

    def _maybe_build(self, inputs: Any) -> None:
        own = self.__dict__
        flat = structure.flatten(inputs)
        if flat and own["_dtype_policy"].compute_dtype is None:
            own["_dtype_policy"] = Policy(flat[0].dtype.name if hasattr(flat[0], "dtype") else "float32")
        shapes = None
        if all(hasattr(x, "shape") for x in flat):
            shapes = structure.map_structure(lambda x: TensorShape(x.shape), inputs)
        if type(self).build is not Layer.build:
            with without_tapes():
                self.build(shapes)
        Layer.build(self, shapes)
        if own["_initial_weights"] is not None:
            self.set_weights(own["_initial_weights"])
            own["_initial_weights"] = None

    def _set_masks(self, inputs: Any, outputs: Any, masks: Any) -> None:
        flat = structure.flatten(outputs)
        if getattr(self, "_sets_masks", False) or all(mask_of(x) is not None for x in flat):
            return
        found = self.compute_mask(inputs, masks)
        if found is None:
            return
        for tensor, mask in zip(flat, structure.flatten(found), strict=False):
            if hasattr(tensor, "__dict__"):
                tensor._keras_mask = mask

    # -- what it is --------------------------------------------------------------------------------------------------

    @property
    def name(self) -> Any:
        """The layer's name."""
        return self.__dict__.get("_name") or naming.snake_case(type(self).__name__)

    @property
    def dtype(self) -> str | None:
        """The name of the weights' type."""
        return self._dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str | None:
        """The name of the type of computations."""
        return self._dtype_policy.compute_dtype

    @property
    def variable_dtype(self) -> str | None:
        """The same as ``dtype``."""
        return self._dtype_policy.variable_dtype

    @property
    def dtype_policy(self) -> Policy:
        """Both types."""
        return self._dtype_policy

    @property
    def dynamic(self) -> bool:
        """What the layer was made with: everything runs op by op anyway."""
        return bool(self._dynamic)

    @property
    def supports_masking(self) -> bool:
        """Whether masks go in and come out."""
        return bool(self._supports_masking)

    @supports_masking.setter
    def supports_masking(self, value: bool) -> None:
        self.__dict__["_supports_masking"] = bool(value)

    @property
    def activity_regularizer(self) -> Any:
        """The penalty on the layer's results."""
        return self._activity_regularizer

    @activity_regularizer.setter
    def activity_regularizer(self, value: Any) -> None:
        self.__dict__["_activity_regularizer"] = value

    @property
    def input_spec(self) -> Any:
        """What inputs have to look like."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        for spec in structure.flatten(value):
            if spec is not None and not isinstance(spec, specs.InputSpec):
                raise TypeError(
                    "Layer input_spec must be an instance of InputSpec. Got: " + repr(spec),
                )
        self.__dict__["_input_spec"] = value

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; setting it sets it for all layers inside."""
        return bool(self._trainable)

    @trainable.setter
    def trainable(self, value: Any) -> None:
        for layer in self._flatten_modules():
            layer.__dict__["_trainable"] = truth(value)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer.

        Raises:
            NotImplementedError: a layer of one's own whose constructor takes arguments and that does not override it.
        """
        config: dict[str, Any] = {
            "name": self.name, "trainable": self.trainable, "dtype": serialized(self._dtype_policy),
        }  # fmt: skip
        if "_batch_input_shape" in self.__dict__:
            config["batch_input_shape"] = self._batch_input_shape
        if type(self).get_config is Layer.get_config:
            names = [
                n for n in inspect.signature(type(self).__init__).parameters if n not in ("self", "args", "kwargs")
            ]
            if set(names) - set(config) - {"dynamic"}:
                raise NotImplementedError(
                    f"Layer {type(self).__name__} has arguments {names} in `__init__` and therefore must override "
                    "`get_config`."
                )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The layer with these arguments. Raises TypeError if it can not be made."""
        try:
            return cls(**config)
        except Exception as error:
            raise TypeError(
                f"Error when deserializing class '{cls.__name__}' using config={config}.\n\n"
                f"Exception encountered: {error}"
            ) from error

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        from copy import deepcopy

        made = type(self).__new__(type(self))
        memo[id(self)] = made
        for key, value in self.__dict__.items():
            made.__dict__[key] = value if key == "_signature" else deepcopy(value, memo)
        return made

    # Older names of `__call__` and of lists.
    apply = __call__

    @property
    def updates(self) -> list[Any]:
        """Empty: a layer's updates happen when it is called."""
        return []
