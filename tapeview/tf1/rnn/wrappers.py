"""Cells around other cells: several on top of each other, dropout, a projection, an embedding."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from tapeview.engine import deferred, nest, seeds
from tapeview.engine.deferred import tf
from tapeview.engine.state import state
from tapeview.tf1 import graphs
from tapeview.tf1.initializers import Zeros
from tapeview.tf1.rnn.cells import LSTMStateTuple, RNNCell, depth_of


def is_scripts_own(cell: Any) -> bool:
    """Whether a cell is of a class that the script has written."""
    return not type(cell).__module__.startswith(("tapeview.", "keras.", "tf_keras."))


def prepared(cell: Any, depth: Any) -> int:
    """Makes a cell's weights, but for one of the script's own, which makes them when it is called; returns the size of
    its outputs."""
    if is_scripts_own(cell):
        return int(cell.output_size)
    prepare = getattr(cell, "prepare", None)
    if prepare is not None:
        return int(prepare(depth))
    if hasattr(cell, "build") and not getattr(cell, "built", True):
        cell.build((None, depth))
        cell.built = True
    return int(cell.output_size)


class _Around(RNNCell):
    """A cell that works as another one, but for what subclasses change."""

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._cell = cell
        self._scope = False  # it opens no scope of its own

    @property
    def state_size(self) -> Any:
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        return self._cell.output_size

    @property
    def trainable_weights(self) -> list[Any]:
        return list(self._cell.trainable_weights)

    @property
    def non_trainable_weights(self) -> list[Any]:
        return list(self._cell.non_trainable_weights)

    @property
    def weights(self) -> list[Any]:
        return list(self._cell.weights)

    trainable_variables, non_trainable_variables, variables = trainable_weights, non_trainable_weights, weights

    def prepare(self, depth: Any) -> int:
        return prepared(self._cell, depth)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        with graphs.name_scope(f"{type(self).__name__}ZeroState"):
            return self._cell.zero_state(batch_size, dtype)

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        return self._cell(inputs, state)


class DropoutWrapper(_Around):
    """Dropout on inputs, state or outputs of a cell.

    Args:
        input_keep_prob, output_keep_prob, state_keep_prob: how likely each number is kept; may be tensors. Of an LSTM's
            state only ``h`` is dropped from.
        variational_recurrent: all steps of a run drop the same numbers.
    """

    def __init__(
        self, cell: Any, input_keep_prob: Any = 1.0, output_keep_prob: Any = 1.0, state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False, input_size: Any = None, dtype: Any = None, seed: Any = None,
        dropout_state_filter_visitor: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(cell, dtype=dtype, **kwargs)
        for word, chance in (
            ("input", input_keep_prob), ("state", state_keep_prob), ("output", output_keep_prob),
        ):  # fmt: skip
            if isinstance(chance, int | float) and not 0 <= chance <= 1:
                raise ValueError(f"Parameter {word}_keep_prob must be between 0 and 1. Received {chance}")
        if variational_recurrent:
            raise ValueError(
                "tapeview does not support DropoutWrapper(variational_recurrent=True) yet: leave it out, then each "
                "step drops numbers of its own"
            )
        self._input, self._output, self._state = input_keep_prob, output_keep_prob, state_keep_prob
        self._seed = seed

    @property
    def wrapped_cell(self) -> Any:
        """The cell inside."""
        return self._cell

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        output, new = self._cell(self._dropped(inputs, self._input, "input"), state)
        if _drops(self._state):
            new = _without_memory(new, lambda part: self._dropped(part, self._state, "state"))
        return self._dropped(output, self._output, "output"), new

    def _dropped(self, value: Any, chance: Any, word: str) -> Any:
        if not _drops(chance):
            return value
        seed = None
        if self._seed is not None:
            digest = hashlib.md5(f"{self._seed}{word}_0".encode()).hexdigest()
            seed = int(digest[:8], 16) & 0x7FFFFFFF
        # While shapes are found out the chance is made up, and may be one that is refused.
        return tf.nn.dropout(value, rate=0.5 if state.trying else 1 - chance, seed=seed)

    def prepare(self, depth: Any) -> int:
        if _drops(self._input):
            self._number(1)
        size = prepared(self._cell, depth)
        if _drops(self._state):
            self._number(_without_memory_count(self.state_size))
        if _drops(self._output):
            self._number(1)
        return size

    def _number(self, count: int) -> None:
        """TensorFlow numbers random ops, and weights that are made later draw by their numbers."""
        if self._seed is None and deferred.building():
            for _ in range(count):
                seeds.get_seed(None)

    def chances(self) -> list[Any]:
        """The probabilities that are tensors of a graph."""
        return [c for c in (self._input, self._state, self._output) if not isinstance(c, int | float)]


def _drops(chance: Any) -> bool:
    return not isinstance(chance, int | float) or chance < 1


def _without_memory(state: Any, function: Any) -> Any:
    """``function`` on all parts of a state but an LSTM's ``c``."""
    if isinstance(state, LSTMStateTuple):
        return LSTMStateTuple(state.c, function(state.h))
    if isinstance(state, list | tuple):
        return type(state)(_without_memory(part, function) for part in state)
    return function(state)


def _without_memory_count(sizes: Any) -> int:
    """How many parts of a state are dropped from."""
    if isinstance(sizes, LSTMStateTuple):
        return 1
    return sum(map(_without_memory_count, sizes)) if isinstance(sizes, list | tuple) else 1


class ResidualWrapper(_Around):
    """A cell whose inputs are added to its outputs."""

    def __init__(self, cell: Any, residual_fn: Any = None, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn or (lambda i, o: nest.map_structure(lambda a, b: a + b, i, o))

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        output, new = self._cell(inputs, state)
        return self._residual_fn(inputs, output), new


class DeviceWrapper(_Around):
    """A cell on a device: there is one only."""

    def __init__(self, cell: Any, device: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._device = device


class _Projecting(_Around):
    """A cell with a matrix before or behind it."""

    _scope_name = ""

    def __init__(self, cell: Any, size: Any, function: Any = None, reuse: Any = None, **kwargs: Any) -> None:
        super().__init__(cell, _reuse=reuse, **kwargs)
        self._size, self._function = int(size), function

    def _matrix(self, depth: int) -> None:
        self._kernel = self.add_weight("kernel", [depth, self._size])
        self._bias = self.add_weight("bias", [self._size], initializer=Zeros())
        self.built = True

    def _inside(self) -> Any:
        return graphs.variable_scope(None, self._scope_name, reuse=self._reuse)

    def _projected(self, value: Any) -> Any:
        found = tf.nn.bias_add(tf.matmul(value, self._kernel), self._bias)
        return found if self._function is None else self._function(found)

    @property
    def weights(self) -> list[Any]:
        return [*self._cell.weights, *self._trained]

    trainable_weights = trainable_variables = variables = weights


class OutputProjectionWrapper(_Projecting):
    """A cell whose outputs go through a matrix, to ``output_size`` numbers."""

    _scope_name = "output_projection_wrapper"

    def __init__(self, cell: Any, output_size: Any, activation: Any = None, reuse: Any = None, **kwargs: Any) -> None:
        super().__init__(cell, output_size, activation, reuse, **kwargs)

    @property
    def output_size(self) -> Any:
        return self._size

    def prepare(self, depth: Any) -> int:
        if not self.built:
            with self._inside():
                self._matrix(prepared(self._cell, depth))
        return self._size

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        if not self.built:
            self.prepare(depth_of(inputs.shape, self.name))
        output, new = self._cell(inputs, state)
        return self._projected(output), new


class InputProjectionWrapper(_Projecting):
    """A cell whose inputs go through a matrix first, to ``num_proj`` numbers."""

    _scope_name = "input_projection_wrapper"

    def __init__(self, cell: Any, num_proj: Any, activation: Any = None, input_size: Any = None, **kwargs: Any) -> None:
        super().__init__(cell, num_proj, activation, **kwargs)

    def prepare(self, depth: Any) -> int:
        if not self.built:
            with self._inside():
                self._matrix(int(depth))
                prepared(self._cell, self._size)
        return int(self.output_size)

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        if not self.built:
            self.prepare(depth_of(inputs.shape, self.name))
        return self._cell(self._projected(inputs), state)


class EmbeddingWrapper(_Around):
    """A cell that is given numbers of symbols and looks up a row of a table for each."""

    def __init__(
        self, cell: Any, embedding_classes: int, embedding_size: int, initializer: Any = None, reuse: Any = None
    ) -> None:
        super().__init__(cell, _reuse=reuse)
        self._shape, self._initializer = [int(embedding_classes), int(embedding_size)], initializer

    def prepare(self, depth: Any) -> int:
        if not self.built:
            with graphs.variable_scope(None, "embedding_wrapper", reuse=self._reuse):
                self._table = self.add_weight("embedding", self._shape, initializer=self._initializer)
                prepared(self._cell, self._shape[1])
            self.built = True
        return int(self.output_size)

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        self.prepare(None)
        return self._cell(tf.nn.embedding_lookup(self._table, tf.reshape(inputs, [-1])), state)


class MultiRNNCell(RNNCell):
    """Cells on top of each other: each is given the outputs of the one before."""

    _base_name = "multi_rnn_cell"

    def __init__(self, cells: Sequence[Any], state_is_tuple: bool = True) -> None:
        super().__init__()
        if not isinstance(cells, list | tuple):
            raise TypeError(f"cells must be a list or tuple, but saw: {cells}.")
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        self._cells, self._state_is_tuple = list(cells), state_is_tuple

    @property
    def state_size(self) -> Any:
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        return self._cells[-1].output_size

    @property
    def weights(self) -> list[Any]:
        return [weight for cell in self._cells for weight in cell.weights]

    trainable_weights = trainable_variables = variables = weights

    def build(self, input_shape: Any) -> None:
        depth: Any = depth_of(input_shape, self.name)
        for k, cell in enumerate(self._cells):
            with graphs.variable_scope(f"cell_{k}", ""):
                depth = prepared(cell, depth)

    def call(self, inputs: Any, state: Any) -> Any:
        """(outputs of the last cell, states of all)."""
        sizes = [cell.state_size for cell in self._cells]
        states = list(state) if self._state_is_tuple else tf.split(state, sizes, 1)
        new = []
        for cell, part in zip(self._cells, states, strict=True):
            inputs, after = cell(inputs, part)
            new.append(after)
        return inputs, tuple(new) if self._state_is_tuple else tf.concat(new, 1)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        with graphs.name_scope("MultiRNNCellZeroState"):
            if self._state_is_tuple:
                return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
        return super().zero_state(batch_size, dtype)
