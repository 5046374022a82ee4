"""Batch and layer normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.batch_norm import fused_batch_norm
from tapeview.engine.ops.nn import batch_normalization, moments
from tapeview.engine.ops.shape import reshape
from tapeview.engine.shapes import TensorShape
from tapeview.engine.state import without_tapes
from tapeview.engine.tensor import EagerTensor
from tapeview.keras import constraints, initializers, regularizers
from tapeview.keras.layers.arguments import config_of
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.context import calls
from tapeview.keras.layers.dropout import is_on
from tapeview.keras.layers.input_spec import InputSpec


def axes_of(axis: Any, rank: int) -> list[int]:
    """Axes, counted from the first one. Raises ValueError for one that is not there, or twice."""
    given = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    found = [rank + a if a < 0 else a for a in given]
    for a in found:
        if not 0 <= a < rank:
            raise ValueError(
                f"Invalid value for `axis` argument. Expected 0 <= axis < inputs.rank (with inputs.rank={rank}). "
                f"Received: axis={tuple(given)}"
            )
    if len(found) != len(set(found)):
        raise ValueError(f"Duplicate axis: {tuple(found)}")
    return found


class Scaled(Layer):
    """What the normalisations share: a scale ``gamma`` and an offset ``beta``."""

    _knows_its_shapes = True

    def _take(
        self, center: bool, scale: bool, beta_initializer: Any, gamma_initializer: Any, beta_regularizer: Any,
        gamma_regularizer: Any, beta_constraint: Any, gamma_constraint: Any,
    ) -> None:  # fmt: skip
        self.center, self.scale = center, scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.supports_masking = True

    def _add_scale(self, shape: Any) -> None:
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma", shape=shape, initializer=self.gamma_initializer, regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint, trainable=True, experimental_autocast=False,
            )  # fmt: skip
        if self.center:
            self.beta = self.add_weight(
                name="beta", shape=shape, initializer=self.beta_initializer, regularizer=self.beta_regularizer,
                constraint=self.beta_constraint, trainable=True, experimental_autocast=False,
            )  # fmt: skip

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The same shape."""
        return TensorShape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(
            self, "axis", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer", "beta_regularizer",
            "gamma_regularizer", "beta_constraint", "gamma_constraint",
        )  # fmt: skip


class BatchNormalization(Scaled):
    """Gives each channel mean 0 and variance 1 over the batch; afterwards, over the batches seen in training.

    Raises:
        ValueError: an axis that is not there.
    """

    def __init__(
        self, axis: Any = -1, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones", beta_regularizer: Any = None, gamma_regularizer: Any = None,
        beta_constraint: Any = None, gamma_constraint: Any = None, synchronized: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        self._fused = kwargs.pop("fused", None)
        super().__init__(**kwargs)
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.momentum = momentum
        self.epsilon = epsilon
        self._take(
            center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, beta_constraint,
            gamma_constraint,
        )  # fmt: skip
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def build(self, input_shape: Any) -> None:
        """Makes ``gamma``, ``beta``, ``moving_mean`` and ``moving_variance``."""
        shape = TensorShape(input_shape)
        rank = len(shape)
        self.axis = axes = axes_of(self.axis, rank)
        for axis in axes:
            if shape[axis] is None:
                raise ValueError(
                    "Input has undefined `axis` dimension. Received input with shape "
                    f"{tuple(shape)}. Axis value: {tuple(axes)}"
                )
        sizes = {axis: shape[axis] for axis in axes}
        if self._fused is None:
            self._fused = rank == 4 and axes in ([1], [3])
        self.input_spec = InputSpec(ndim=rank, axes=sizes)
        single = len(axes) == 1
        weights = (sizes[axes[0]],) if single else tuple(sizes.get(k, 1) for k in range(rank))
        self._add_scale(weights)
        self.moving_mean = self._moving("moving_mean", weights, self.moving_mean_initializer)
        self.moving_variance = self._moving("moving_variance", weights, self.moving_variance_initializer)
        self.built = True

    def _moving(self, name: str, shape: Any, initializer: Any) -> Any:
        return self.add_weight(
            name=name, shape=shape, initializer=initializer, trainable=False, experimental_autocast=False
        )

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The inputs, normalised."""
        training = is_on(training) and self.trainable
        x = to_tensor(inputs)
        if self._fused:
            return self._call_fused(x, training)
        rank = x._array.ndim
        over = [k for k in range(rank) if k not in self.axis]
        wide = tuple(x._array.shape[k] if k in self.axis else 1 for k in range(rank))
        spread = len(self.axis) == 1 and self.axis != [rank - 1]

        def fit(v: Any) -> Any:
            return reshape(v, wide) if v is not None and spread else v

        if training:
            mean, variance = moments(x, over, keepdims=len(self.axis) > 1)
            self._follow(mean._array, variance._array)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        return batch_normalization(x, fit(mean), fit(variance), fit(self.beta), fit(self.gamma), self.epsilon)

    def _call_fused(self, x: EagerTensor, training: bool) -> Any:
        order = "NHWC" if self.axis == [3] else "NCHW"
        channels = x._array.shape[self.axis[0]]
        kind = self.moving_mean.dtype
        scale = self.gamma if self.scale else EagerTensor(np.ones(channels, kind.numpy))
        offset = self.beta if self.center else EagerTensor(np.zeros(channels, kind.numpy))
        if not training:
            return fused_batch_norm(
                x, scale, offset, self.moving_mean, self.moving_variance, self.epsilon, order, is_training=False
            )[0]
        y, mean, variance = fused_batch_norm(x, scale, offset, None, None, self.epsilon, order, is_training=True)
        n = x._array.size // channels
        unbiased = variance._array * variance._array.dtype.type(n / max(n - 1, 1))
        self._follow(mean._array, unbiased)
        return y

    def _follow(self, mean: Any, variance: Any) -> None:
        """Moves the means of the batches seen."""
        if calls.probing:
            return
        with without_tapes():
            for moving, seen in ((self.moving_mean, mean), (self.moving_variance, variance)):
                old = moving._value._array
                share = old.dtype.type(1.0 - self.momentum)
                moving._replace(old - (old - seen.astype(old.dtype)) * share, "assign_sub")

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(
            self, "momentum", "moving_mean_initializer", "moving_variance_initializer"
        )


class LayerNormalization(Scaled):
    """Gives each example mean 0 and variance 1 over some axes, by default the last one.

    Raises:
        ValueError: an axis that is not there.
    """

    def __init__(
        self, axis: Any = -1, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", beta_regularizer: Any = None,
        gamma_regularizer: Any = None, beta_constraint: Any = None, gamma_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.epsilon = epsilon
        self._take(
            center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, beta_constraint,
            gamma_constraint,
        )  # fmt: skip

    def build(self, input_shape: Any) -> None:
        """Makes ``gamma`` and ``beta``."""
        shape = TensorShape(input_shape)
        self.axis = axes_of(self.axis, len(shape))
        self._add_scale([shape[k] for k in self.axis])
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The inputs, normalised."""
        x = to_tensor(inputs)
        rank = x._array.ndim
        wide = tuple(x._array.shape[k] if k in self.axis else 1 for k in range(rank))

        def fit(v: Any) -> Any:
            return reshape(v, wide) if v is not None and self.axis != [rank - 1] else v

        mean, variance = moments(x, self.axis, keepdims=True)
        return batch_normalization(x, mean, variance, fit(self.beta), fit(self.gamma), self.epsilon)
