"""``RNN``: runs a cell over the steps of sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.names import name_scope
from tapeview.engine.ops.arrange import unstack
from tapeview.engine.ops.elementwise import cast, zeros_like
from tapeview.engine.ops.select import where
from tapeview.engine.ops.shape import expand_dims, stack
from tapeview.engine.scripting import structure
from tapeview.engine.shapes import TensorShape
from tapeview.engine.state import without_tapes
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.cells import StackedRNNCells, zero_states
from tapeview.keras.layers.input_spec import InputSpec
from tapeview.keras.modules import is_ours


class RNN(Layer):
    """A recurrent layer of a cell, or of several stacked.

    Args:
        cell: has ``call(inputs, states)``, which gives the result and the next states, and ``state_size``.
        return_sequences: give the results of all steps, not only the last one's.
        return_state: give the last states, too.
        go_backwards: begin at the end.
        stateful: begin where the batch before ended.
        time_major: the first axis is that of the steps.

    Raises:
        ValueError: something that is no cell.
    """

    _knows_its_shapes = True

    def __init__(
        self, cell: Any, return_sequences: bool = False, return_state: bool = False, go_backwards: bool = False,
        stateful: bool = False, unroll: bool = False, time_major: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        if not hasattr(cell, "call"):
            raise ValueError(f"Argument `cell` should have a `call` method. The RNN was passed: cell={cell}")
        if not hasattr(cell, "state_size"):
            raise ValueError(
                "The RNN cell should have a `state_size` attribute (tuple of integers, one integer per RNN state). "
                f"Received: cell={cell}"
            )
        zero_output = kwargs.pop("zero_output_for_mask", False)
        if "input_shape" not in kwargs and ("input_dim" in kwargs or "input_length" in kwargs):
            kwargs["input_shape"] = (kwargs.pop("input_length", None), kwargs.pop("input_dim", None))
        super().__init__(**kwargs)
        self.zero_output_for_mask = zero_output
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.time_major = time_major
        self.supports_masking = True
        self.__dict__["_states"] = None

    # -- states ----------------------------------------------------------------------------------------------------

    @property
    def states(self) -> list[Any]:
        """The states of a stateful layer; None for each that is not there yet."""
        if self._states is None:
            return [None for _ in structure.flatten(self.cell.state_size)]
        return list(self._states)

    @states.setter
    def states(self, value: Any) -> None:
        self.__dict__["_states"] = value

    def get_initial_state(self, inputs: Any) -> Any:
        """What the first step gets: zeros, or what the cell says. Always a list or a tuple."""
        first = getattr(self.cell, "get_initial_state", None)
        batch = tuple(inputs.shape)[1 if self.time_major else 0]
        if first is not None:
            found = first(inputs=None, batch_size=batch, dtype=inputs.dtype)
        else:
            found = zero_states(self.cell.state_size, None, batch, inputs.dtype)
        return found if structure.is_nested(found) else [found]

    def reset_states(self, states: Any = None) -> None:
        """The next batch begins with zeros, or with the given states.

        Raises:
            AttributeError: the layer is not stateful.
            ValueError: another number of states, or the batch's size is not known.
        """
        if not self.stateful:
            raise AttributeError("Layer must be stateful.")
        spec = self.input_spec[0] if isinstance(self.input_spec, list) else self.input_spec
        batch = None if spec is None or spec.shape is None else spec.shape[1 if self.time_major else 0]
        if not batch:
            raise ValueError(
                "If a RNN is stateful, it needs to know its batch size. Specify the batch size of your input tensors: "
                "\n- If using a Sequential model, specify the batch size by passing a `batch_input_shape` argument to "
                "your first layer.\n- If using the functional API, specify the batch size by passing a `batch_shape` "
                "argument to your Input layer."
            )
        zeros = structure.flatten(zero_states(self.cell.state_size, None, batch, self.compute_dtype))
        given = zeros if states is None else [to_tensor(s) for s in structure.flatten(states)]
        if len(given) != len(zeros):
            raise ValueError(
                f"Layer {self.name} expects {len(zeros)} state(s), but it received {len(given)} state value(s). "
                f"Input received: {states}"
            )
        self.states = given

    # -- building --------------------------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Builds the cell."""
        shape = tuple(input_shape[0] if _several(input_shape) else input_shape)
        batch, steps = (1, 0) if self.time_major else (0, 1)
        known = list(shape)
        known[steps] = None
        if not self.stateful:
            known[batch] = None
        self.input_spec = [InputSpec(shape=tuple(known))]
        if isinstance(self.cell, Layer) and not self.cell.built:
            with name_scope(self.cell.name):
                self.cell.build(shape[1:] if self.time_major else (shape[0], *shape[2:]))
                self.cell.built = True
        if self.stateful and self._states is None:
            self.reset_states()
        self.built = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result, and of the states if they are given, too."""
        shape = tuple(input_shape[0] if _several(input_shape) else input_shape)
        batch, steps = shape[0], shape[1]
        if self.time_major:
            batch, steps = steps, batch
        sizes = self.cell.state_size
        listed = list(sizes) if structure.is_nested(sizes) else [sizes]
        size = getattr(self.cell, "output_size", None)
        size = structure.flatten(listed[0])[0] if size is None else size
        rest = tuple(size) if isinstance(size, (TensorShape, tuple, list)) else (size,)
        lead = () if not self.return_sequences else (steps,)
        whole = TensorShape((*lead, batch, *rest) if self.time_major else (batch, *lead, *rest))
        if not self.return_state:
            return whole
        states = structure.flatten(listed)
        return [whole, *(TensorShape((batch, *(s if isinstance(s, TensorShape) else (s,)))) for s in states)]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask, if there are results for all steps."""
        own = structure.flatten(mask)[0] if mask is not None else None
        found = own if self.return_sequences else None
        return [found, *(None for _ in self.states)] if self.return_state else found

    # -- the call --------------------------------------------------------------------------------------------------

    def __call__(self, inputs: Any, initial_state: Any = None, constants: Any = None, **kwargs: Any) -> Any:
        """See :meth:`Layer.__call__`; states may come in a list behind the inputs."""
        if isinstance(inputs, (list, tuple)) and initial_state is None and len(inputs) > 1:
            inputs, initial_state = inputs[0], list(inputs[1:])
        elif isinstance(inputs, (list, tuple)) and len(inputs) == 1:
            inputs = inputs[0]
        if initial_state is not None:
            kwargs["initial_state"] = initial_state
        if constants is not None:
            kwargs["constants"] = constants
        return super().__call__(inputs, **kwargs)

    def call(
        self, inputs: Any, mask: Any = None, training: Any = None, initial_state: Any = None, constants: Any = None
    ) -> Any:
        """The result, or a list of it and the states."""
        x = to_tensor(inputs)
        states = self._first_states(x, initial_state)
        self._forget_drops()
        x = self._prepared(x, training)
        if isinstance(mask, (list, tuple)):
            mask = mask[0]
        last, outputs, states = self._run(x, states, mask, training, constants)
        if self.stateful:
            with without_tapes():
                self.states = structure.flatten(states)
        output = outputs if self.return_sequences else last
        return [output, *structure.flatten(states)] if self.return_state else output

    def _first_states(self, x: EagerTensor, given: Any) -> Any:
        if given is not None:
            states = list(given) if isinstance(given, (list, tuple)) else [given]
            states = [s if hasattr(s, "_array") or structure.is_nested(s) else to_tensor(s) for s in states]
            wanted = len(structure.flatten(self.cell.state_size))
            if len(structure.flatten(states)) != wanted:
                raise ValueError(
                    f"Layer has {wanted} states but was passed {len(states)} initial states. Received: initial_state="
                    f"{given}"
                )
            return self._as_states(structure.flatten(states))
        if self.stateful and self._states is not None:
            return self._as_states(list(self._states))
        return self.get_initial_state(x)

    def _as_states(self, flat: list[Any]) -> Any:
        sizes = self.cell.state_size
        return structure.pack_sequence_as(sizes, flat) if structure.is_nested(sizes) else flat

    def _forget_drops(self) -> None:
        for cell in getattr(self.cell, "cells", [self.cell]):
            if hasattr(cell, "reset_dropout_mask"):
                cell.reset_dropout_mask()
                cell.reset_recurrent_dropout_mask()

    def _prepared(self, x: EagerTensor, training: Any) -> EagerTensor:
        return x

    def _step(self, x: Any, states: Any, training: Any, constants: Any) -> Any:
        cell: Any = self.cell
        signature = getattr(cell, "_signature", None)
        kwargs: dict[str, Any] = {}
        if signature is not None and signature.training:
            kwargs["training"] = training
        if constants is not None:
            kwargs["constants"] = constants
        alone = not structure.is_nested(cell.state_size)
        call = cell.call if isinstance(cell, Layer) and is_ours(type(cell)) else cell
        output, new = call(x, list(states) if alone else states, **kwargs)
        return output, new if structure.is_nested(new) else [new]

    def _run(self, x: Any, states: Any, mask: Any, training: Any, constants: Any) -> Any:
        axis = 0 if self.time_major else 1
        parts = unstack(x, axis=axis)
        kept: list[Any] = [None] * len(parts)
        if mask is not None:
            kept = unstack(cast(mask, "bool"), axis=axis)
        if self.go_backwards:
            parts, kept = parts[::-1], kept[::-1]
        if not parts:
            raise ValueError("A recurrent layer needs at least one step.")
        outputs: list[Any] = []
        for part, keep in zip(parts, kept, strict=True):
            output, new = self._step(part, states, training, constants)
            if keep is not None:
                before = outputs[-1] if outputs else zeros_like(output)
                output = _chosen(keep, output, before)
                old, flat = structure.flatten(states), structure.flatten(new)
                new = structure.pack_sequence_as(states, [_chosen(keep, n, o) for n, o in zip(flat, old, strict=True)])
            outputs.append(output)
            states = new
        last = outputs[-1]
        if self.zero_output_for_mask and mask is not None:
            outputs = [_chosen(k, o, zeros_like(o)) for k, o in zip(kept, outputs, strict=True)]
            last = outputs[-1]
        whole = stack(outputs, axis=axis) if self.return_sequences else None
        return last, whole, states

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        from tapeview.keras.models.configs import serialize

        config = super().get_config() | {
            word: getattr(self, word)
            for word in ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "time_major")
        }
        if self.zero_output_for_mask:
            config["zero_output_for_mask"] = True
        return config | {"cell": serialize(self.cell)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The layer with these arguments."""
        from tapeview.keras.models.configs import deserialize

        given = dict(config)
        return cls(deserialize(given.pop("cell"), custom_objects), **given)


def _several(shape: Any) -> bool:
    return bool(isinstance(shape, (list, tuple)) and shape and isinstance(shape[0], (tuple, list)))


def _chosen(keep: Any, new: Any, old: Any) -> Any:
    """``new`` for the examples whose step is not masked, else ``old``."""
    wide = keep
    for _ in range(new._array.ndim - keep._array.ndim):
        wide = expand_dims(wide, -1)
    return where(EagerTensor(np.broadcast_to(wide._array, new._array.shape)), new, old)
