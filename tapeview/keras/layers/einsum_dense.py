"""``EinsumDense``: a product with a kernel along axes that an equation names."""

from __future__ import annotations

import re
from typing import Any

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.einsum import einsum
from tapeview.engine.shapes import TensorShape
from tapeview.keras import activations, constraints, initializers, regularizers
from tapeview.keras.layers.arguments import config_of
from tapeview.keras.layers.base import Layer

_EQUATION = re.compile(r"(0?)([a-zA-Z]+)(0?),([a-zA-Z]+)->(0?)([a-zA-Z]+)(0?)")


class EinsumDense(Layer):
    """``activation(einsum(equation, inputs, kernel) + bias)``.

    Args:
        equation: such as ``"abc,cde->abde"``; the axes before or after may be ``"..."``.
        output_shape: of one example, without the axes that the dots stand for; None where the input says it.
        bias_axes: the axes of the result along which the bias varies, such as ``"de"``.

    Raises:
        ValueError: an equation that does not read, or that does not fit the shapes.
    """

    def __init__(
        self, equation: str, output_shape: Any, activation: Any = None, bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.equation = equation
        self.partial_output_shape = [output_shape] if isinstance(output_shape, int) else list(output_shape)
        self.bias_axes = bias_axes
        self.activation = activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def _sizes(self, shape: Any) -> tuple[list[Any], list[Any] | None, list[Any]]:
        """The shapes of kernel, bias (None without one) and result for the input's."""
        found = _EQUATION.fullmatch(self.equation.replace("...", "0"))
        if found is None or found[1] != found[5] or found[3] != found[7] or (found[1] and found[3]):
            raise ValueError(
                f"Invalid einsum equation '{self.equation}'. Equations must be in the form [X],[Y]->[Z], "
                "...[X],[Y]->...[Z], or [X]...,[Y]->[Z]...."
            )
        given, kernel, result = found[2], found[4], found[6]
        more = max(len(shape) - len(given), 0)
        start = more if found[1] else 0
        of_input = dict(zip(given, shape[start:], strict=False))
        output = [shape[0], *self.partial_output_shape]
        if more and found[1]:
            output[1:1] = shape[1:more]
        elif more:
            output += shape[len(shape) - more :]
        of_result = dict(zip(result, output[start:], strict=False))
        for letter, size in of_input.items():
            if of_result.get(letter) not in (None, size):
                raise ValueError(
                    f"Input shape and output shape do not match at shared dimension '{letter}'. Input shape is {size}, "
                    f"and output shape is {of_result[letter]}."
                )
        for letter in result:
            if letter not in given and letter not in kernel:
                raise ValueError(
                    f"Dimension '{letter}' was specified in the output '{result}' but has no corresponding dim in the "
                    f"input spec '{given}' or weight spec '{result}'"
                )
        weights = [of_input[c] if c in of_input else of_result.get(c) for c in kernel]
        if None in weights:
            raise ValueError(
                f"Weight dimension '{kernel[weights.index(None)]}' did not have a match in either the input spec "
                f"'{given}' or the output spec '{result}'. For this layer, the weight must be fully specified."
            )
        if self.bias_axes is None:
            return weights, None, output
        for letter in self.bias_axes:
            if letter not in result:
                raise ValueError(
                    f"Bias dimension '{letter}' was requested, but is not part of the output spec '{result}'"
                )
        first = min(result.find(c) for c in self.bias_axes)
        bias = [of_result[c] if c in self.bias_axes else 1 for c in result[first:]]
        return weights, [*bias, *[1] * (0 if found[1] else more)], output

    def build(self, input_shape: Any) -> None:
        """Makes ``kernel`` and ``bias``."""
        kernel, bias, self.full_output_shape = self._sizes(tuple(TensorShape(input_shape)))
        self.kernel = self.add_weight(
            "kernel", shape=kernel, initializer=self.kernel_initializer, regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint, dtype=self.dtype, trainable=True,
        )  # fmt: skip
        self.bias = None
        if bias is not None:
            self.bias = self.add_weight(
                "bias", shape=bias, initializer=self.bias_initializer, regularizer=self.bias_regularizer,
                constraint=self.bias_constraint, dtype=self.dtype, trainable=True,
            )  # fmt: skip
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The result."""
        y: Any = einsum(self.equation, to_tensor(inputs), self.kernel)
        if self.bias is not None:
            y = y + self.bias
        return y if self.activation is None else self.activation(y)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the result for the inputs that the layer was built for."""
        return TensorShape(self.full_output_shape)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        own = {"output_shape": self.partial_output_shape, "equation": self.equation, "bias_axes": self.bias_axes}
        return super().get_config() | own | config_of(
            self, "activation", "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer",
            "activity_regularizer", "kernel_constraint", "bias_constraint",
        )  # fmt: skip
