"""``SimpleRNN``, ``LSTM`` and ``GRU``."""

from __future__ import annotations

from typing import Any, ClassVar

from tapeview.engine.ops.elementwise import ones_like
from tapeview.engine.ops.nn import dropout as dropped
from tapeview.engine.tensor import EagerTensor
from tapeview.keras import naming, regularizers
from tapeview.keras.layers.arguments import config_of
from tapeview.keras.layers.cells import WORDS, GRUCell, LSTMCell, SimpleRNNCell
from tapeview.keras.layers.dropout import is_on
from tapeview.keras.layers.input_spec import InputSpec
from tapeview.keras.layers.rnn import RNN

_OF_LAYER = (
    "return_sequences", "return_state", "go_backwards", "stateful", "unroll", "time_major", "zero_output_for_mask",
    "activity_regularizer", "trainable", "name", "dtype", "input_shape", "batch_input_shape", "input_dim",
    "input_length", "batch_size", "weights", "dynamic",
)  # fmt: skip


class _OneCell(RNN):
    """What the three share: arguments of the cell are the layer's own."""

    _cell: ClassVar[Any]
    _more: ClassVar[tuple[str, ...]] = ()

    def __init__(self, units: int, *args: Any, **kwargs: Any) -> None:
        of_layer = {k: kwargs.pop(k) for k in _OF_LAYER if k in kwargs}
        of_layer.setdefault("activity_regularizer", None)
        own = type(self)._cell
        cell = own(
            units,
            *args,
            **kwargs,
            dtype=of_layer.get("dtype"),
            trainable=of_layer.get("trainable", True),
            name=naming.snake_case(own.__name__),
        )
        super().__init__(cell, **of_layer)
        self.input_spec = [InputSpec(ndim=3)]
        self.activity_regularizer = regularizers.get(of_layer["activity_regularizer"])

    def __getattr__(self, name: str) -> Any:
        # The cell's arguments (units, kernel_initializer ...) are the layer's, too.
        cell = self.__dict__.get("cell")
        if cell is not None and name in (*WORDS, *self._more):
            return getattr(cell, name)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _prepared(self, x: EagerTensor, training: Any) -> EagerTensor:
        """Without dropout of states, what is dropped of the inputs is drawn for all steps at once."""
        cell = self.cell
        if isinstance(cell, SimpleRNNCell) or not cell.dropout or cell.recurrent_dropout or not is_on(training):
            return x
        cell._drops["inputs"] = None
        made: Any = x * dropped(ones_like(x), cell.dropout, seed=cell._stream.next())
        return made  # type: ignore[no-any-return]

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        config = super().get_config()
        del config["cell"]
        return config | config_of(self.cell, *WORDS, *self._more) | {
            "activity_regularizer": regularizers.serialize(self.activity_regularizer)
        }  # fmt: skip

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The layer with these arguments."""
        return cls(**{k: v for k, v in config.items() if k != "implementation"})


class SimpleRNN(_OneCell):
    """A recurrent layer whose result is its state; see :class:`SimpleRNNCell`."""

    _cell = SimpleRNNCell


class LSTM(_OneCell):
    """Long short-term memory; see :class:`LSTMCell`."""

    _cell = LSTMCell
    _more = ("recurrent_activation", "unit_forget_bias")


class GRU(_OneCell):
    """Gated recurrent units; see :class:`GRUCell`."""

    _cell = GRUCell
    _more = ("recurrent_activation", "reset_after")


class CuDNNLSTM(LSTM):
    """TensorFlow 1's name for an LSTM on a graphics card."""


class CuDNNGRU(GRU):
    """TensorFlow 1's name for a GRU on a graphics card."""
