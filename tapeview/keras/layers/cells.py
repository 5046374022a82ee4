"""One step of a recurrent layer: SimpleRNNCell, LSTMCell, GRUCell, and cells stacked on each other."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.ops.arrange import split
from tapeview.engine.ops.elementwise import ones_like
from tapeview.engine.ops.index_operator import get_item
from tapeview.engine.ops.linalg import matmul
from tapeview.engine.ops.nn import bias_add, dropout
from tapeview.engine.scripting import structure
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tensor import EagerTensor
from tapeview.keras import activations, constraints, initializers, regularizers
from tapeview.keras.layers.arguments import config_of
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.dropout import is_on
from tapeview.keras.rng import LegacySeed

WORDS = (
    "units", "activation", "use_bias", "kernel_initializer", "recurrent_initializer", "bias_initializer",
    "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "kernel_constraint", "recurrent_constraint",
    "bias_constraint", "dropout", "recurrent_dropout",
)  # fmt: skip
"""The arguments that all cells take."""


class Cell(Layer):
    """What the cells share. Raises ValueError if ``units`` is not positive."""

    _gates: ClassVar[int] = 1

    def __init__(
        self, units: int, activation: Any = "tanh", use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal", bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None, bias_regularizer: Any = None, kernel_constraint: Any = None,
        recurrent_constraint: Any = None, bias_constraint: Any = None, dropout: float = 0.0,
        recurrent_dropout: float = 0.0, seed: int | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        if units <= 0:
            raise ValueError(
                f"Received an invalid value for argument `units`, expected a positive integer, got {units}."
            )
        super().__init__(**kwargs)
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = min(1.0, max(0.0, dropout))
        self.recurrent_dropout = min(1.0, max(0.0, recurrent_dropout))
        self.state_size: Any = units
        self.output_size = units
        self._stream = LegacySeed(seed)
        self._drops: dict[str, Any] = {}

    # -- weights ---------------------------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Makes ``kernel``, ``recurrent_kernel`` and ``bias``."""
        size = input_shape[-1]
        wide = self._gates * self.units
        self.kernel = self.add_weight(
            shape=(size, wide), name="kernel", initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer, constraint=self.kernel_constraint,
        )  # fmt: skip
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, wide), name="recurrent_kernel", initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer, constraint=self.recurrent_constraint,
        )  # fmt: skip
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=self._bias_shape(wide), name="bias", initializer=self._first_bias(),
                regularizer=self.bias_regularizer, constraint=self.bias_constraint,
            )  # fmt: skip
        self.built = True

    def _bias_shape(self, wide: int) -> tuple[int, ...]:
        return (wide,)

    def _first_bias(self) -> Any:
        return self.bias_initializer

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        """Zeros for each state."""
        return zero_states(self.state_size, inputs, batch_size, dtype or self.compute_dtype)

    # -- dropout ---------------------------------------------------------------------------------------------------

    def reset_dropout_mask(self) -> None:
        """The next call draws anew what is dropped of the inputs."""
        self._drops.pop("inputs", None)

    def reset_recurrent_dropout_mask(self) -> None:
        """The next call draws anew what is dropped of the states."""
        self._drops.pop("states", None)

    def _dropped(self, x: Any, which: str, rate: float, training: Any) -> Any:
        """``x`` with the same places dropped at each step of a sequence."""
        if not rate or not is_on(training):
            return x
        if which not in self._drops:
            self._drops[which] = dropout(ones_like(x), rate, seed=self._stream.next())
        kept = self._drops[which]
        return x if kept is None else x * kept

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, *WORDS)


def zero_states(sizes: Any, inputs: Any, batch_size: Any, dtype: Any) -> Any:
    """Zeros of these sizes for a batch."""
    if inputs is not None:
        batch_size, dtype = len(inputs._array), inputs.dtype
    kind = dtypes.as_dtype(dtype).numpy

    def zeros(size: Any) -> EagerTensor:
        shape = tuple(size) if isinstance(size, TensorShape) else (size,)
        return EagerTensor(np.zeros((batch_size, *shape), kind))

    return structure.map_structure(zeros, sizes)


class SimpleRNNCell(Cell):
    """``activation(inputs @ kernel + bias + state @ recurrent_kernel)``."""

    def call(self, inputs: Any, states: Any, training: Any = None) -> Any:
        """The result, which is the next state, too."""
        previous = states[0] if structure.is_nested(states) else states
        x = self._dropped(inputs, "inputs", self.dropout, training)
        h = matmul(x, self.kernel)
        if self.bias is not None:
            h = bias_add(h, self.bias)
        before = self._dropped(previous, "states", self.recurrent_dropout, training)
        output: Any = h + matmul(before, self.recurrent_kernel)
        if self.activation is not None:
            output = self.activation(output)
        return output, [output] if structure.is_nested(states) else output


class LSTMCell(Cell):
    """Long short-term memory: gates decide what of a cell's state is kept, added and shown."""

    _gates = 4

    def __init__(
        self, units: int, activation: Any = "tanh", recurrent_activation: Any = "sigmoid", use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros", unit_forget_bias: bool = True, *args: Any, **kwargs: Any,
    ) -> None:  # fmt: skip
        self.__dict__["implementation"] = kwargs.pop("implementation", 2)
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer, *args, **kwargs
        )
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias
        self.state_size = [units, units]

    def _first_bias(self) -> Any:
        if not self.unit_forget_bias:
            return self.bias_initializer
        units, first = self.units, self.bias_initializer

        def start(_: Any, dtype: Any = None, **__: Any) -> EagerTensor:
            parts = [first((units,), dtype=dtype), initializers.get("ones")((units,), dtype=dtype),
                     first((units * 2,), dtype=dtype)]  # fmt: skip
            return EagerTensor(np.concatenate([p._array for p in parts]))

        return start

    def call(self, inputs: Any, states: Any, training: Any = None) -> Any:
        """The result and the next states: the result, and the cell's."""
        h, c = states[0], states[1]
        x = self._dropped(inputs, "inputs", self.dropout, training)
        h = self._dropped(h, "states", self.recurrent_dropout, training)
        z: Any = matmul(x, self.kernel)
        z = z + matmul(h, self.recurrent_kernel)
        if self.bias is not None:
            z = bias_add(z, self.bias)
        z0, z1, z2, z3 = split(z, 4, axis=1)
        i, f = self.recurrent_activation(z0), self.recurrent_activation(z1)
        c = f * c + i * self.activation(z2)
        o = self.recurrent_activation(z3)
        h = o * self.activation(c)
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "recurrent_activation", "unit_forget_bias", "implementation")


class GRUCell(Cell):
    """Gated recurrent unit: one gate decides what of the state is replaced, one what of it is used for that."""

    _gates = 3

    def __init__(
        self, units: int, activation: Any = "tanh", recurrent_activation: Any = "sigmoid", use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros", kernel_regularizer: Any = None, recurrent_regularizer: Any = None,
        bias_regularizer: Any = None, kernel_constraint: Any = None, recurrent_constraint: Any = None,
        bias_constraint: Any = None, dropout: float = 0.0, recurrent_dropout: float = 0.0, reset_after: bool = True,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        self.__dict__["implementation"] = kwargs.pop("implementation", 2)
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
            kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
            bias_constraint, dropout, recurrent_dropout, **kwargs,
        )  # fmt: skip
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after

    def _bias_shape(self, wide: int) -> tuple[int, ...]:
        return (2, wide) if self.reset_after else (wide,)

    def call(self, inputs: Any, states: Any, training: Any = None) -> Any:
        """The result, which is the next state, too."""
        nested = structure.is_nested(states)
        h = states[0] if nested else states
        x = self._dropped(inputs, "inputs", self.dropout, training)
        seen: Any = self._dropped(h, "states", self.recurrent_dropout, training)
        outer: Any = matmul(x, self.kernel)
        if self.bias is not None:
            bias: Any = self.bias
            outer = bias_add(outer, get_item(bias, 0) if self.reset_after else bias)
        x_z, x_r, x_h = split(outer, 3, axis=-1)
        kernel: Any = self.recurrent_kernel
        if self.reset_after:
            inner: Any = matmul(seen, kernel)
            if self.bias is not None:
                inner = bias_add(inner, get_item(self.bias, 1))
            h_z, h_r, h_h = split(inner, 3, axis=-1)
        else:
            units = self.units
            h_z, h_r = split(matmul(seen, get_item(kernel, (slice(None), slice(None, 2 * units)))), 2, axis=-1)
        z = self.recurrent_activation(x_z + h_z)
        r = self.recurrent_activation(x_r + h_r)
        if self.reset_after:
            h_h = r * h_h
        else:
            h_h = matmul(r * seen, get_item(kernel, (slice(None), slice(2 * self.units, None))))
        new = self.activation(x_h + h_h)
        h = z * h + (1 - z) * new
        return h, [h] if nested else h

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "recurrent_activation", "implementation", "reset_after")


class StackedRNNCells(Layer):
    """Cells of which each gets what the one before gives. Raises ValueError for something that is no cell."""

    def __init__(self, cells: Any, **kwargs: Any) -> None:
        for cell in cells:
            if not hasattr(cell, "call") or not hasattr(cell, "state_size"):
                raise ValueError(f"All cells must have `call` and `state_size`. Received cell without: {cell}")
        super().__init__(**kwargs)
        self.cells = cells

    @property
    def state_size(self) -> Any:
        """The sizes of all cells' states."""
        return tuple(c.state_size for c in self.cells)

    @property
    def output_size(self) -> Any:
        """The last cell's."""
        last = self.cells[-1]
        size = getattr(last, "output_size", None)
        if size is not None:
            return size
        return last.state_size[0] if structure.is_nested(last.state_size) else last.state_size

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        """Zeros for each state of each cell."""
        return tuple(zero_states(c.state_size, inputs, batch_size, dtype) for c in self.cells)

    def build(self, input_shape: Any) -> None:
        """Builds the cells."""
        from tapeview.engine.names import name_scope

        shape = tuple(input_shape)
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                with name_scope(cell.name):
                    cell.build(shape)
                    cell.built = True
            size = getattr(cell, "output_size", None) or structure.flatten(cell.state_size)[0]
            shape = (shape[0], size)
        self.built = True

    def call(self, inputs: Any, states: Any, training: Any = None, **kwargs: Any) -> Any:
        """The last cell's result, and all cells' next states."""
        x = inputs
        found = []
        for cell, state in zip(self.cells, states, strict=True):
            given = state if structure.is_nested(state) else [state]
            takes = "training" in getattr(cell, "_signature", _NO_SIGNATURE).names
            x, new = cell.call(x, given, training=training) if takes else cell.call(x, given)
            found.append(new if structure.is_nested(state) else structure.flatten(new)[0])
        return x, tuple(found)

    def get_config(self) -> dict[str, Any]:
        """The cells."""
        from tapeview.keras.models.configs import serialize

        return super().get_config() | {"cells": [serialize(c) for c in self.cells]}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The cells of a configuration."""
        from tapeview.keras.models.configs import deserialize

        given = dict(config)
        return cls([deserialize(c, custom_objects) for c in given.pop("cells")], **given)


class _NoSignature:
    names: tuple[str, ...] = ()


_NO_SIGNATURE = _NoSignature()
