"""Activations as layers."""

from __future__ import annotations

from typing import Any

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.activation import leaky_relu
from tapeview.engine.ops.activation import relu as plain_relu
from tapeview.engine.ops.comparison import greater
from tapeview.engine.ops.elementwise import cast
from tapeview.keras import activations, constraints, initializers, regularizers
from tapeview.keras.layers.arguments import config_of
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.input_spec import InputSpec


class _Elementwise(Layer):
    _knows_its_shapes = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape


class Activation(_Elementwise):
    """A function by name, or given."""

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        """The function's result."""
        return self.activation(inputs)

    def get_config(self) -> dict[str, Any]:
        """The function."""
        return super().get_config() | config_of(self, "activation")


class ReLU(_Elementwise):
    """``max(x, 0)``, with a bound, a slope below and a threshold if wanted.

    Raises:
        ValueError: a negative bound, slope or threshold.
    """

    def __init__(self, max_value: Any = None, negative_slope: Any = 0.0, threshold: Any = 0.0, **kwargs: Any) -> None:
        if max_value is not None and max_value < 0.0:
            raise ValueError(f"max_value of a ReLU layer cannot be a negative value. Received: {max_value}")
        if negative_slope is None or negative_slope < 0.0:
            raise ValueError(f"negative_slope of a ReLU layer cannot be a negative value. Received: {negative_slope}")
        if threshold is None or threshold < 0.0:
            raise ValueError(f"threshold of a ReLU layer cannot be a negative value. Received: {threshold}")
        super().__init__(**kwargs)
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold

    def call(self, inputs: Any) -> Any:
        """The result."""
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "max_value", "negative_slope", "threshold")


class LeakyReLU(_Elementwise):
    """``x`` where it is positive, else ``alpha * x``. Raises ValueError without a slope."""

    def __init__(self, alpha: Any = 0.3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if alpha is None:
            raise ValueError(
                f"The alpha value of a Leaky ReLU layer cannot be None, Expecting a float. Received: {alpha}"
            )
        self.alpha = alpha

    def call(self, inputs: Any) -> Any:
        """The result."""
        return leaky_relu(inputs, self.alpha)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"alpha": float(self.alpha)}


class PReLU(_Elementwise):
    """``x`` where it is positive, else ``alpha * x`` with slopes that are learned."""

    def __init__(
        self, alpha_initializer: Any = "zeros", alpha_regularizer: Any = None, alpha_constraint: Any = None,
        shared_axes: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        shared = shared_axes if shared_axes is None or isinstance(shared_axes, (list, tuple)) else [shared_axes]
        self.shared_axes = None if shared is None else list(shared)

    def build(self, input_shape: Any) -> None:
        """Makes ``alpha``."""
        shape = list(input_shape)[1:]
        for axis in self.shared_axes or ():
            shape[axis - 1] = 1
        self.alpha = self.add_weight(
            shape=shape, name="alpha", initializer=self.alpha_initializer, regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )  # fmt: skip
        axes = {k: d for k, d in enumerate(list(input_shape)) if k and k not in (self.shared_axes or ())}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The result."""
        x: Any = to_tensor(inputs)
        alpha: Any = self.alpha
        return plain_relu(x) + -alpha * plain_relu(-x)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(
            self, "alpha_initializer", "alpha_regularizer", "alpha_constraint", "shared_axes"
        )


class ELU(_Elementwise):
    """``x`` where it is positive, else ``alpha * (exp(x) - 1)``. Raises ValueError without ``alpha``."""

    def __init__(self, alpha: Any = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if alpha is None:
            raise ValueError(f"Alpha of an ELU layer cannot be None, expecting a float. Received: {alpha}")
        self.alpha = alpha

    def call(self, inputs: Any) -> Any:
        """The result."""
        return activations.elu(inputs, self.alpha)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"alpha": float(self.alpha)}


class ThresholdedReLU(_Elementwise):
    """``x`` where it is above ``theta``, else 0. Raises ValueError for a negative ``theta``."""

    def __init__(self, theta: Any = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if theta is None or theta < 0:
            raise ValueError(
                f"Theta of a Thresholded ReLU layer cannot be None or negative. Received: theta={theta}",
            )
        self.theta = theta

    def call(self, inputs: Any) -> Any:
        """The result."""
        x: Any = to_tensor(inputs)
        return x * cast(greater(x, self.theta), x.dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"theta": float(self.theta)}


class Softmax(_Elementwise):
    """Shares that add up to 1 along an axis; masked places get none."""

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """The result."""
        x: Any = to_tensor(inputs)
        if mask is not None:
            lowest = -65504.0 if x.dtype.name == "float16" else -1e9
            x = x + (1.0 - cast(mask, x.dtype)) * lowest
        axis = self.axis
        if isinstance(axis, (list, tuple)) and len(axis) == 1:
            axis = axis[0]
        return activations.softmax(x, axis)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"axis": self.axis}
