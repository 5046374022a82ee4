"""TensorFlow's own initializers (``tf.zeros_initializer`` and the like); Keras has others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from tapeview.engine import dtypes
from tapeview.engine.ops import creation
from tapeview.engine.ops.random import normal, uniform
from tapeview.engine.ops.random_stateless import stateless_normal, stateless_uniform
from tapeview.engine.tensor import EagerTensor


class Initializer(ABC):
    """An object that makes a tensor of a shape: ``initializer(shape, dtype)``."""

    @abstractmethod
    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> EagerTensor:
        """The tensor."""

    def get_config(self) -> dict[str, Any]:
        """The arguments with which the same initializer can be made."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        """The initializer with these arguments."""
        return cls(**{k: v for k, v in config.items() if k != "dtype"})


def _number(dtype: Any) -> dtypes.DType:
    kind = dtypes.as_dtype(dtype)
    if kind is dtypes.string:
        raise ValueError(f"Argument `dtype` expected to be numeric or boolean. Received {kind}.")
    return kind


class Zeros(Initializer):
    """Zeros. Raises ValueError for strings."""

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> EagerTensor:
        """Zeros of a shape."""
        return creation.zeros(shape, _number(dtype))


class Ones(Initializer):
    """Ones. Raises ValueError for strings."""

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> EagerTensor:
        """Ones of a shape."""
        return creation.ones(shape, _number(dtype))


class Constant(Initializer):
    """A value, or a list of as many as the shape has elements."""

    def __init__(self, value: Any = 0) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> EagerTensor:
        """The value in a shape."""
        return creation.constant(self.value, dtype, shape)

    def get_config(self) -> dict[str, Any]:
        """The value."""
        return {"value": self.value}


class RandomNormal(Initializer):
    """Normally distributed numbers; with a seed the same ones each time."""

    def __init__(self, mean: Any = 0.0, stddev: Any = 0.05, seed: Any = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> EagerTensor:
        """The numbers. Raises ValueError for an int type."""
        kind = dtypes.as_dtype(dtype)
        if not kind.is_floating:
            raise ValueError(f"Argument `dtype` is expected to be floating point. Received: {kind}.")
        if self.seed is None:
            return normal(shape, self.mean, self.stddev, kind)
        return stateless_normal(shape, [self.seed, 0], self.mean, self.stddev, kind)

    def get_config(self) -> dict[str, Any]:
        """Mean, standard deviation and seed."""
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed}


class RandomUniform(Initializer):
    """Numbers between two bounds; with a seed the same ones each time."""

    def __init__(self, minval: Any = -0.05, maxval: Any = 0.05, seed: Any = None) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> EagerTensor:
        """The numbers. Raises ValueError for bools and strings."""
        kind = dtypes.as_dtype(dtype)
        if not kind.is_floating and not kind.is_integer:
            raise ValueError(f"Argument `dtype` expected to be numeric. Received {kind}.")
        if self.seed is None:
            return uniform(shape, self.minval, self.maxval, kind)
        return stateless_uniform(shape, [self.seed, 0], self.minval, self.maxval, kind)

    def get_config(self) -> dict[str, Any]:
        """The bounds and the seed."""
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed}
