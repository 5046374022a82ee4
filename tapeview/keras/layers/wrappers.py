"""Layers around layers: ``TimeDistributed`` and ``Bidirectional``."""

from __future__ import annotations

import copy
from typing import Any

from tapeview.engine.convert import to_tensor
from tapeview.engine.names import name_scope
from tapeview.engine.ops.arrange import reverse
from tapeview.engine.ops.shape import concat, reshape
from tapeview.engine.shapes import TensorShape
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.input_spec import InputSpec


class Wrapper(Layer):
    """The base of layers around a layer. Raises TypeError for something that is no layer."""

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise TypeError(f"Layer {layer} supplied to wrapper is not a supported layer type. Please ensure wrapped "
                            "layer is a valid Keras layer.")  # fmt: skip
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        """Builds the layer inside."""
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True
        self.built = True

    def get_config(self) -> dict[str, Any]:
        """The layer inside."""
        from tapeview.keras.models.configs import serialize

        return super().get_config() | {"layer": serialize(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The layer of a configuration."""
        from tapeview.keras.models.configs import deserialize

        given = copy.deepcopy(config)
        return cls(deserialize(given.pop("layer"), custom_objects), **given)


class TimeDistributed(Wrapper):
    """A layer for each step of sequences. Raises ValueError for something that is no layer, or no sequence."""

    _knows_its_shapes = True

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Please initialize `TimeDistributed` layer with a `tf.keras.layers.Layer` instance. Received: {layer}"
            )
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any = None) -> None:
        """Builds the layer inside for one step."""
        shape = tuple(input_shape)
        if len(shape) < 3:
            raise ValueError(
                "`TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, "
                f"received: {list(shape)}"
            )
        self.input_spec = InputSpec(shape=(None, None, *shape[2:]))
        super().build((shape[0], *shape[2:]))

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The results of all steps."""
        x = to_tensor(inputs)
        shape = x._array.shape
        flat = reshape(x, (shape[0] * shape[1], *shape[2:]))
        signature = self.layer._signature
        kwargs: dict[str, Any] = {}
        if signature.training:
            kwargs["training"] = training
        if mask is not None and signature.mask:
            kwargs["mask"] = reshape(mask, (shape[0] * shape[1], *mask._array.shape[2:]))
        y = self.layer(flat, **kwargs)
        return reshape(y, (shape[0], shape[1], *y._array.shape[1:]))

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the layer inside for one step, with the steps."""
        shape = tuple(input_shape)
        inner = tuple(self.layer.compute_output_shape(TensorShape((shape[0], *shape[2:]))))
        return TensorShape((inner[0], shape[1], *inner[1:]))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the steps."""
        return mask


class Bidirectional(Wrapper):
    """A recurrent layer forwards, and one like it backwards.

    Raises:
        ValueError: something that is no layer, another way to merge than the known ones.
    """

    _knows_its_shapes = True
    _MODES = ("sum", "mul", "ave", "concat", None)

    def __init__(
        self, layer: Any, merge_mode: str | None = "concat", weights: Any = None, backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Please initialize `Bidirectional` layer with a `tf.keras.layers.Layer` instance. Received: {layer}"
            )
        if merge_mode not in self._MODES:
            raise ValueError(
                f'Invalid merge mode. Received: {merge_mode}. Merge mode should be one of {{"sum", "mul", "ave", '
                '"concat", None}'
            )
        super().__init__(layer, **kwargs)
        self.__dict__["_self_tracked_trackables"] = []
        self.__dict__["_given_backward"] = backward_layer
        self.forward_layer = _again(layer)
        self.backward_layer = backward_layer if backward_layer is not None else _again(layer, go_backwards=True)
        self.forward_layer.__dict__["_name"] = f"forward_{layer.name}"
        self.backward_layer.__dict__["_name"] = f"backward_{self.backward_layer.name}"
        for own in (self.forward_layer, self.backward_layer):
            if getattr(own, "zero_output_for_mask", None) is not None:
                own.zero_output_for_mask = own.return_sequences
        self.merge_mode = merge_mode
        self.stateful = getattr(layer, "stateful", False)
        self.return_sequences = getattr(layer, "return_sequences", False)
        self.return_state = getattr(layer, "return_state", False)
        self.supports_masking = True
        self.__dict__["_initial_weights"] = weights

    def build(self, input_shape: Any = None) -> None:
        """Builds both."""
        shape = input_shape[0] if isinstance(input_shape, list) else input_shape
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                with name_scope(layer.name):
                    layer.build(shape)
                    layer.built = True
        self.built = True

    def __call__(self, inputs: Any, initial_state: Any = None, **kwargs: Any) -> Any:
        """See :meth:`Layer.__call__`; states may come in a list behind the inputs."""
        if isinstance(inputs, (list, tuple)) and initial_state is None and len(inputs) > 1:
            inputs, initial_state = inputs[0], list(inputs[1:])
        if initial_state is not None:
            kwargs["initial_state"] = initial_state
        return super().__call__(inputs, **kwargs)

    def call(self, inputs: Any, training: Any = None, mask: Any = None, initial_state: Any = None) -> Any:
        """Both results, merged; the states behind them if they are wanted."""
        both = []
        half = len(initial_state) // 2 if initial_state is not None else 0
        for k, layer in enumerate((self.forward_layer, self.backward_layer)):
            kwargs: dict[str, Any] = {}
            if layer._signature.training:
                kwargs["training"] = training
            if layer._signature.mask:
                kwargs["mask"] = mask
            if initial_state is not None:
                kwargs["initial_state"] = initial_state[half:] if k else initial_state[:half]
            both.append(layer(inputs, **kwargs))
        y, y_rev = both
        states = []
        if self.return_state:
            states = [*y[1:], *y_rev[1:]]
            y, y_rev = y[0], y_rev[0]
        if self.return_sequences:
            y_rev = reverse(y_rev, [0 if getattr(self.forward_layer, "time_major", False) else 1])
        merged = self._merged(y, y_rev)
        if not self.return_state:
            return merged
        return [*(merged if isinstance(merged, list) else [merged]), *states]

    def _merged(self, y: Any, y_rev: Any) -> Any:
        mode = self.merge_mode
        if mode == "concat":
            return concat([y, y_rev], -1)
        if mode == "sum":
            return y + y_rev
        if mode == "ave":
            return (y + y_rev) / 2
        return y * y_rev if mode == "mul" else [y, y_rev]

    def reset_states(self, states: Any = None) -> None:
        """Both begin anew. Raises AttributeError if they keep no states."""
        if not self.stateful:
            raise AttributeError("Layer must be stateful.")
        half = len(states) // 2 if states is not None else 0
        self.forward_layer.reset_states(None if states is None else states[:half])
        self.backward_layer.reset_states(None if states is None else states[half:])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of one, or twice that."""
        found = self.forward_layer.compute_output_shape(input_shape)
        states: list[Any] = []
        if self.return_state:
            found, *states = found
        if self.merge_mode == "concat":
            shape: Any = [TensorShape((*found[:-1], found[-1] * 2))]
        else:
            shape = [found] if self.merge_mode is not None else [found, found]
        shape = [*shape, *states, *states]
        return shape if len(shape) > 1 else shape[0]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask, if there are results for all steps."""
        own = mask[0] if isinstance(mask, list) else mask
        found: Any = own if self.return_sequences else None
        if self.merge_mode is None:
            found = [found, found]
        if self.return_state:
            states = [None for _ in self.forward_layer.states]
            return [*(found if isinstance(found, list) else [found]), *states, *states]
        return found

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        from tapeview.keras.models.configs import serialize

        config = super().get_config() | {"merge_mode": self.merge_mode}
        if self._given_backward is not None:
            config["backward_layer"] = serialize(self._given_backward)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The layer of a configuration."""
        from tapeview.keras.models.configs import deserialize

        given = copy.deepcopy(config)
        if given.get("backward_layer") is not None:
            given["backward_layer"] = deserialize(given["backward_layer"], custom_objects)
        return cls(deserialize(given.pop("layer"), custom_objects), **given)


def _again(layer: Layer, *, go_backwards: bool = False) -> Any:
    """A layer like this one, with weights of its own."""
    config = layer.get_config()
    if go_backwards:
        config["go_backwards"] = not config.get("go_backwards", False)
    return type(layer).from_config(config)
