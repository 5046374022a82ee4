"""Layers that disturb what they get while a model trains."""

from __future__ import annotations

import math
from typing import Any

from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.ops.comparison import greater_equal
from tapeview.engine.ops.elementwise import cast, identity
from tapeview.engine.ops.nn import dropout
from tapeview.engine.ops.random import normal, uniform
from tapeview.keras.layers import arguments
from tapeview.keras.layers.arguments import config_of
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.input_spec import InputSpec
from tapeview.keras.rng import LegacySeed


class _Same(Layer):
    """What layers share whose result has the shape of the input."""

    _knows_its_shapes = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape


class _Random(_Same):
    """Layers that draw; each has a seed of its own."""

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        kwargs.pop("force_generator", None)
        kwargs.pop("rng_type", None)
        super().__init__(**kwargs)
        self.seed = seed
        self.supports_masking = True
        self._stream = LegacySeed(seed)


def is_on(training: Any) -> bool:
    """A training mode as a bool; None is False."""
    if training is None:
        return False
    return bool(training._array) if is_tensor_like(training) else bool(training)


class Dropout(_Random):
    """Sets a share of the inputs to 0 and the others up, so that their sum stays about the same.

    Raises:
        ValueError: a rate outside of [0, 1].
    """

    def __init__(self, rate: Any, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        if isinstance(rate, (int, float)) and not 0 <= rate <= 1:
            raise ValueError(f"Invalid value {rate} received for `rate`, expected a value between 0 and 1.")
        super().__init__(seed, **kwargs)
        self.rate = rate
        self.noise_shape = noise_shape

    def _get_noise_shape(self, inputs: Any) -> Any:
        if self.noise_shape is None:
            return None
        return [n if d is None else d for n, d in zip(tuple(inputs.shape), self.noise_shape, strict=True)]

    def call(self, inputs: Any, training: Any = None) -> Any:
        """The inputs, disturbed while training."""
        if not is_on(training):
            return identity(inputs)
        return dropout(inputs, self.rate, self._get_noise_shape(inputs), seed=self._stream.next())

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "rate", "noise_shape", "seed")


class _SpatialDropout(Dropout):
    def __init__(self, rate: Any, **kwargs: Any) -> None:
        super().__init__(rate, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        config = super().get_config()
        del config["noise_shape"]
        return config


class SpatialDropout1D(_SpatialDropout):
    """Drops whole channels of sequences."""

    def __init__(self, rate: Any, **kwargs: Any) -> None:
        super().__init__(rate, **kwargs)
        self.input_spec = InputSpec(ndim=3)

    def _get_noise_shape(self, inputs: Any) -> Any:
        shape = tuple(inputs.shape)
        return (shape[0], 1, shape[2])


class SpatialDropout2D(_SpatialDropout):
    """Drops whole channels of images."""

    def __init__(self, rate: Any, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(rate, **kwargs)
        self.data_format = arguments.data_format(data_format)
        self.input_spec = InputSpec(ndim=4)

    def _get_noise_shape(self, inputs: Any) -> Any:
        shape = tuple(inputs.shape)
        return (*shape[:2], 1, 1) if self.data_format == "channels_first" else (shape[0], 1, 1, shape[3])

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"data_format": self.data_format}


class SpatialDropout3D(SpatialDropout2D):
    """Drops whole channels of volumes."""

    def __init__(self, rate: Any, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(rate, data_format, **kwargs)
        self.input_spec = InputSpec(ndim=5)

    def _get_noise_shape(self, inputs: Any) -> Any:
        shape = tuple(inputs.shape)
        return (*shape[:2], 1, 1, 1) if self.data_format == "channels_first" else (shape[0], 1, 1, 1, shape[4])


class GaussianNoise(_Random):
    """Adds normally distributed numbers while a model trains."""

    def __init__(self, stddev: Any, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.stddev = stddev

    def call(self, inputs: Any, training: Any = None) -> Any:
        """The inputs, disturbed while training."""
        if not is_on(training):
            return inputs
        x = to_tensor(inputs)
        return x + normal(x._array.shape, 0.0, self.stddev, x.dtype, seed=self._stream.next())

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "stddev", "seed")


class GaussianDropout(_Random):
    """Multiplies by normally distributed numbers around 1 while a model trains."""

    def __init__(self, rate: Any, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.rate = rate

    def call(self, inputs: Any, training: Any = None) -> Any:
        """The inputs, disturbed while training."""
        if not is_on(training) or not 0 < self.rate < 1:
            return inputs
        x = to_tensor(inputs)
        spread = math.sqrt(self.rate / (1.0 - self.rate))
        return x * normal(x._array.shape, 1.0, spread, x.dtype, seed=self._stream.next())

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "rate", "seed")


class AlphaDropout(_Random):
    """Dropout that keeps mean and variance of what ``selu`` gives."""

    def __init__(self, rate: Any, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.rate = rate
        self.noise_shape = noise_shape

    def call(self, inputs: Any, training: Any = None) -> Any:
        """The inputs, disturbed while training."""
        if not is_on(training) or not 0.0 < self.rate < 1.0:
            return inputs
        x: Any = to_tensor(inputs)
        low = -1.7580993408473766
        shape = self.noise_shape or x._array.shape
        kept = cast(greater_equal(uniform(shape, seed=self._stream.next()), self.rate), x.dtype)
        a = ((1 - self.rate) * (1 + self.rate * low**2)) ** -0.5
        b = -a * low * self.rate
        return a * (x * kept + low * (1 - kept)) + b

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "rate", "noise_shape", "seed")


class ActivityRegularization(_Same):
    """Adds a penalty on what goes through to the loss."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        from tapeview.keras import regularizers

        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.supports_masking = True
        self.l1, self.l2 = l1, l2

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "l1", "l2")
