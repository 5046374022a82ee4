"""``Dense``: a matrix and a bias."""

from __future__ import annotations

from typing import Any

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.ops.linalg import matmul, tensordot
from tapeview.engine.ops.nn import bias_add
from tapeview.engine.shapes import TensorShape
from tapeview.keras import activations, constraints, initializers, regularizers
from tapeview.keras.layers.arguments import config_of
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.input_spec import InputSpec


class Dense(Layer):
    """``activation(inputs @ kernel + bias)``, over the last axis.

    Raises:
        ValueError: ``units`` is not a positive number; the last axis has no known size.
    """

    _knows_its_shapes = True

    def __init__(
        self, units: Any, activation: Any = None, use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros", kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = int(units) if not isinstance(units, int) else units
        if self.units < 0:
            raise ValueError(
                f"Received an invalid value for `units`, expected a positive integer. Received: units={units}"
            )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Makes ``kernel`` and ``bias``."""
        kind = dtypes.as_dtype(self.dtype or "float32")
        if not (kind.is_floating or kind.is_complex):
            raise TypeError(f"A Dense layer can only be built with a floating-point dtype. Received: dtype={kind!r}")
        shape = TensorShape(input_shape)
        size = shape[-1]
        if size is None:
            raise ValueError(
                "The last dimension of the inputs to a Dense layer should be defined. Found None. Full input shape "
                f"received: {shape}"
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: size})
        self.kernel = self.add_weight(
            "kernel", shape=[size, self.units], initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer, constraint=self.kernel_constraint, dtype=self.dtype, trainable=True,
        )  # fmt: skip
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias", shape=[self.units], initializer=self.bias_initializer, regularizer=self.bias_regularizer,
                constraint=self.bias_constraint, dtype=self.dtype, trainable=True,
            )  # fmt: skip
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The result; of higher rank by ``tensordot``."""
        kind = self.compute_dtype
        x = to_tensor(inputs)
        if x.dtype.name != kind:
            x = cast(x, kind)
        rank = x._array.ndim
        y = matmul(x, self.kernel) if rank == 2 else tensordot(x, self.kernel, [[rank - 1], [0]])
        if self.use_bias:
            y = bias_add(y, self.bias)
        return y if self.activation is None else self.activation(y)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape with ``units`` at its end. Raises ValueError if the last size is not known."""
        shape = TensorShape(input_shape).with_rank_at_least(2)
        if shape[-1] is None:
            raise ValueError(
                "The last dimension of the input shape of a Dense layer should be defined. Found None. Received: "
                f"input_shape={input_shape}"
            )
        return TensorShape((*shape[:-1], self.units))

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(
            self, "units", "activation", "use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer",
            "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint",
        )  # fmt: skip
