"""Normalisation of groups of channels, and of vectors to length 1."""

from __future__ import annotations

from typing import Any

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.elementwise import cast, ones_like
from tapeview.engine.ops.nn import batch_normalization
from tapeview.engine.ops.norms import l2_normalize
from tapeview.engine.ops.shape import broadcast_to, reshape
from tapeview.engine.ops.shortcuts import weighted_moments
from tapeview.engine.shapes import TensorShape
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.input_spec import InputSpec
from tapeview.keras.layers.normalization import Scaled, axes_of


class GroupNormalization(Scaled):
    """Gives each group of channels of each example mean 0 and variance 1.

    Raises:
        ValueError: groups that do not divide the channels, or more of them than channels.
    """

    def __init__(
        self, groups: int = 32, axis: int = -1, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", beta_regularizer: Any = None,
        gamma_regularizer: Any = None, beta_constraint: Any = None, gamma_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.groups, self.axis, self.epsilon = groups, axis, epsilon
        self._take(
            center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, beta_constraint,
            gamma_constraint,
        )  # fmt: skip

    def build(self, input_shape: Any) -> None:
        """Makes ``gamma`` and ``beta``."""
        shape = TensorShape(input_shape)
        channels = shape[self.axis]
        if channels is None:
            raise ValueError(
                f"Axis {self.axis} of input tensor should have a defined dimension but the layer received an input "
                f"with shape {shape}."
            )
        self.groups = channels if self.groups == -1 else self.groups
        if channels < self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) cannot be more than the number of channels ({channels})."
            )
        if channels % self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) must be a multiple of the number of channels ({channels})."
            )
        self.input_spec = InputSpec(ndim=len(shape), axes={self.axis: channels})
        self._add_scale((channels,))
        self.built = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """The inputs, normalised."""
        x = to_tensor(inputs)
        shape = x._array.shape
        at = self.axis % len(shape)
        each = shape[at] // self.groups

        def grouped(value: Any) -> Any:
            return reshape(value, (*shape[:at], self.groups, each, *shape[at + 1 :]))

        def fit(weight: Any) -> Any:
            wide = [1] * (len(shape) + 1)
            wide[at : at + 2] = [self.groups, each]
            return None if weight is None else reshape(weight, wide)

        counted = ones_like(x) if mask is None else broadcast_to(cast(mask, x.dtype), shape)
        over = [k for k in range(1, len(shape) + 1) if k != at]
        whole = grouped(x)
        mean, variance = weighted_moments(whole, over, grouped(counted), keepdims=True)
        found = batch_normalization(whole, mean, variance, fit(self.beta), fit(self.gamma), self.epsilon)
        return reshape(found, shape)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"groups": self.groups}


class UnitNormalization(Layer):
    """Scales vectors along some axes to length 1. Raises TypeError for an axis that is no int."""

    _knows_its_shapes = True

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(
                f"Invalid value for `axis` argument: expected an int or a list/tuple of ints. Received: axis={axis}"
            )
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Counts the axes from the first one."""
        self.axis = axes_of(self.axis, len(TensorShape(input_shape)))
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The inputs, scaled."""
        return l2_normalize(cast(inputs, self.compute_dtype), axis=self.axis)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"axis": self.axis}
