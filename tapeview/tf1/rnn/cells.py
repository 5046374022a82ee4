"""Recurrent cells: one step of a network, from inputs and a state to outputs and the next state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tapeview.engine import dtypes, nest
from tapeview.engine.deferred import tf
from tapeview.tf1 import graphs
from tapeview.tf1.initializers import Constant, Zeros
from tapeview.tf1.layers.base import Layer, activation


class LSTMStateTuple(NamedTuple):
    """The state of an LSTM: what it remembers (``c``) and what it has put out (``h``)."""

    c: Any
    h: Any

    @property
    def dtype(self) -> Any:
        """The element type. Raises TypeError if there are two."""
        if self.c.dtype != self.h.dtype:
            raise TypeError(f"Inconsistent internal state: {self.c.dtype} vs {self.h.dtype}")
        return self.c.dtype


class RNNCell(Layer):
    """A cell: ``cell(inputs, state)`` gives (outputs, new state). Subclasses have sizes and ``call``."""

    def __init__(
        self, trainable: bool = True, name: Any = None, dtype: Any = None, reuse: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(trainable=trainable, name=name, dtype=dtype, _reuse=kwargs.pop("_reuse", reuse), **kwargs)

    @property
    def state_size(self) -> Any:
        """How many numbers the state has; a structure of such for a state of several parts."""
        raise TypeError(f"{type(self).__name__} does not say how large its state is: define state_size.")

    @property
    def output_size(self) -> Any:
        """How many numbers the outputs have."""
        raise TypeError(f"{type(self).__name__} does not say how large its outputs are: define output_size.")

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        """One step: (outputs, new state); the first makes the weights."""
        if scope is not None and self._scope is None:
            self._given_name = getattr(scope, "name", scope)
        return super().__call__(inputs, state, *args, **kwargs)

    def prepare(self, depth: Any) -> int:
        """Makes the weights for inputs of ``depth`` numbers, before the first step; returns the outputs' size."""
        if self._scope is None and not self.built:
            with graphs.variable_scope(self._given_name, self._default_name(), reuse=self._reuse) as scope:
                self._scope = scope
                self.dtype = self.dtype or dtypes.float32
                self.build(_Shape((None, depth)))
                self.built = True
        return int(self.output_size)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """A state of zeros for a number of examples, which may be a tensor."""
        with graphs.name_scope(f"{type(self).__name__}ZeroState"):
            return zeros_of(self.state_size, batch_size, dtype)

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        """A state of zeros, for as many examples as there are in ``inputs``. Raises ValueError without any of them."""
        if inputs is not None:
            batch_size, dtype = examples_of(inputs), inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError(
                "batch_size and dtype cannot be None while constructing initial state: "
                f"batch_size={batch_size}, dtype={dtype}"
            )
        return self.zero_state(batch_size, dtype)


class _Shape(tuple[Any, ...]):
    """A shape for ``build``; what is not known is None."""

    @property
    def ndims(self) -> int:
        """The rank."""
        return len(self)

    def as_list(self) -> list[Any]:
        """The sizes."""
        return list(self)


def zeros_of(sizes: Any, batch_size: Any, dtype: Any) -> Any:
    """Zeros (batch, size) for each size of a structure."""
    return nest.map_structure(lambda size: tf.zeros([batch_size, *_parts(size)], dtype=dtype), sizes)


def _parts(size: Any) -> list[int]:
    return [int(size)] if isinstance(size, int) or not hasattr(size, "__iter__") else [int(part) for part in size]


def examples_of(inputs: Any, axis: int = 0) -> Any:
    """How many examples a tensor has: a number, or a tensor if that is not known."""
    known = graphs.sizes(inputs)
    if known is not None and known[axis] is not None:
        return known[axis]
    return tf.shape(inputs)[axis]


def depth_of(shape: Any, title: str) -> int:
    """The last size of the inputs. Raises ValueError if it is not known."""
    known = graphs.shape_sizes(shape)
    if known is None or known[-1] is None:
        raise ValueError(f"Expected inputs.shape[-1] to be known, saw shape: {shape} ({title})")
    return int(known[-1])


class _Cell(RNNCell):
    """A cell with an activation."""

    def __init__(
        self, num_units: Any, activation_: Any, default: str, reuse: Any, name: Any, dtype: Any, **kwargs: Any
    ) -> None:
        super().__init__(reuse=reuse, name=name, dtype=dtype, **kwargs)
        self._num_units = int(num_units)
        self._activation: Callable[..., Any] = activation(activation_ or default)

    @property
    def state_size(self) -> Any:
        return self._num_units

    @property
    def output_size(self) -> Any:
        return self._num_units

    def _weights(
        self, depth: int, width: int, prefix: str = "", kernel: Any = None, bias: Any = None
    ) -> tuple[Any, Any]:
        first = self.add_weight(f"{prefix}kernel", [depth, width], initializer=kernel)
        return first, self.add_weight(f"{prefix}bias", [width], initializer=bias or Zeros())


def _affine(parts: list[Any], kernel: Any, bias: Any) -> Any:
    return tf.nn.bias_add(tf.matmul(tf.concat(parts, 1), kernel), bias)


class BasicRNNCell(_Cell):
    """``activation(W [inputs, state] + b)``, tanh without another one."""

    _base_name = "basic_rnn_cell"

    def __init__(
        self, num_units: Any, activation: Any = None, reuse: Any = None, name: Any = None, dtype: Any = None, **kw: Any
    ) -> None:
        super().__init__(num_units, activation, "tanh", reuse, name, dtype, **kw)

    def build(self, input_shape: Any) -> None:
        depth = depth_of(input_shape, self.name)
        self._kernel, self._bias = self._weights(depth + self._num_units, self._num_units)

    def call(self, inputs: Any, state: Any) -> Any:
        """(outputs, the same as the state)."""
        output = self._activation(_affine([inputs, state], self._kernel, self._bias))
        return output, output


class GRUCell(_Cell):
    """A gated recurrent unit; the gates' bias begins with ones."""

    _base_name = "gru_cell"

    def __init__(
        self, num_units: Any, activation: Any = None, reuse: Any = None, kernel_initializer: Any = None,
        bias_initializer: Any = None, name: Any = None, dtype: Any = None, **kw: Any,
    ) -> None:  # fmt: skip
        super().__init__(num_units, activation, "tanh", reuse, name, dtype, **kw)
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer

    def build(self, input_shape: Any) -> None:
        n, depth = self._num_units, depth_of(input_shape, self.name)
        kernel, bias = self._kernel_initializer, self._bias_initializer
        self._gates = self._weights(depth + n, 2 * n, "gates/", kernel, bias or Constant(1.0))
        self._candidate = self._weights(depth + n, n, "candidate/", kernel, bias)

    def call(self, inputs: Any, state: Any) -> Any:
        """(outputs, the same as the state)."""
        r, u = tf.split(tf.sigmoid(_affine([inputs, state], *self._gates)), 2, 1)
        c = self._activation(_affine([inputs, r * state], *self._candidate))
        new = u * state + (1 - u) * c
        return new, new


class _LSTM(_Cell):
    """What both LSTMs share: a state of two parts, together or side by side."""

    _state_is_tuple: bool
    _forget_bias: float

    def _taken(self, state: Any) -> tuple[Any, Any]:
        if self._state_is_tuple:
            c, h = state
            return c, h
        sizes = nest.flatten(self._state_sizes())
        c, h = tf.split(state, sizes, 1)
        return c, h

    def _given(self, c: Any, h: Any) -> Any:
        return LSTMStateTuple(c, h) if self._state_is_tuple else tf.concat([c, h], 1)

    def _state_sizes(self) -> LSTMStateTuple:
        return LSTMStateTuple(self._num_units, self.output_size)

    @property
    def state_size(self) -> Any:
        sizes = self._state_sizes()
        return sizes if self._state_is_tuple else sizes.c + sizes.h


class BasicLSTMCell(_LSTM):
    """An LSTM without peepholes and projection. ``forget_bias`` is added to the forget gates."""

    _base_name = "basic_lstm_cell"

    def __init__(
        self, num_units: Any, forget_bias: float = 1.0, state_is_tuple: bool = True, activation: Any = None,
        reuse: Any = None, name: Any = None, dtype: Any = None, **kw: Any,
    ) -> None:  # fmt: skip
        super().__init__(num_units, activation, "tanh", reuse, name, dtype, **kw)
        self._forget_bias, self._state_is_tuple = forget_bias, state_is_tuple

    def build(self, input_shape: Any) -> None:
        depth = depth_of(input_shape, self.name)
        self._kernel, self._bias = self._weights(depth + self._num_units, 4 * self._num_units)

    def call(self, inputs: Any, state: Any) -> Any:
        """(outputs, state)."""
        c, h = self._taken(state)
        i, j, f, o = tf.split(_affine([inputs, h], self._kernel, self._bias), 4, 1)
        new_c = c * tf.sigmoid(f + self._forget_bias) + tf.sigmoid(i) * self._activation(j)
        new_h = self._activation(new_c) * tf.sigmoid(o)
        return new_h, self._given(new_c, new_h)


class LSTMCell(_LSTM):
    """An LSTM, if wanted with peepholes (gates see the memory), a clipped memory and projected outputs."""

    _base_name = "lstm_cell"

    def __init__(
        self, num_units: Any, use_peepholes: bool = False, cell_clip: float | None = None, initializer: Any = None,
        num_proj: int | None = None, proj_clip: float | None = None, num_unit_shards: Any = None,
        num_proj_shards: Any = None, forget_bias: float = 1.0, state_is_tuple: bool = True, activation: Any = None,
        reuse: Any = None, name: Any = None, dtype: Any = None, **kw: Any,
    ) -> None:  # fmt: skip
        super().__init__(num_units, activation, "tanh", reuse, name, dtype, **kw)
        self._forget_bias, self._state_is_tuple = forget_bias, state_is_tuple
        self._initializer, self._num_proj = initializer, num_proj
        self._use_peepholes, self._cell_clip, self._proj_clip = use_peepholes, cell_clip, proj_clip

    @property
    def output_size(self) -> Any:
        return self._num_proj or self._num_units

    def build(self, input_shape: Any) -> None:
        n, depth = self._num_units, depth_of(input_shape, self.name)
        self._kernel, self._bias = self._weights(depth + self.output_size, 4 * n, kernel=self._initializer)
        if self._use_peepholes:
            self._peepholes = [
                self.add_weight(f"w_{gate}_diag", [n], initializer=self._initializer) for gate in ("f", "i", "o")
            ]
        if self._num_proj:
            self._projection = self.add_weight("projection/kernel", [n, self._num_proj], initializer=self._initializer)

    def call(self, inputs: Any, state: Any) -> Any:
        """(outputs, state)."""
        before, h = self._taken(state)
        i, j, f, o = tf.split(_affine([inputs, h], self._kernel, self._bias), 4, 1)
        f = f + self._forget_bias
        if self._use_peepholes:
            w_f, w_i, w_o = self._peepholes
            f, i = f + w_f * before, i + w_i * before
        c = tf.sigmoid(f) * before + tf.sigmoid(i) * self._activation(j)
        if self._cell_clip is not None:
            c = tf.clip_by_value(c, -self._cell_clip, self._cell_clip)
        if self._use_peepholes:
            o = o + w_o * c
        new_h = tf.sigmoid(o) * self._activation(c)
        if self._num_proj:
            new_h = tf.matmul(new_h, self._projection)
            if self._proj_clip is not None:
                new_h = tf.clip_by_value(new_h, -self._proj_clip, self._proj_clip)
        return new_h, self._given(c, new_h)
