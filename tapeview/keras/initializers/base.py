"""Initializers: the base class, and those that draw no random numbers."""

from __future__ import annotations

import warnings
from typing import Any

from tapeview.engine import dtypes
from tapeview.engine.ops import creation
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.backend.config import floatx
from tapeview.keras.modules import Settled

_ALLOWED = ["partition_shape", "partition_offset", "layout"]


class Initializer(Settled):
    """An object that makes a tensor of a shape: ``initializer(shape, dtype)``."""

    _keras_module = "keras.initializers"
    seed: int | None

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """The tensor; ``dtype`` None means ``keras.backend.floatx()``."""
        raise NotImplementedError("Initializer subclasses must implement the `__call__()` method.")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal initializer."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The initializer with these arguments."""
        return cls(**{key: value for key, value in config.items() if key != "dtype"})

    def _warn_reuse(self) -> None:
        if getattr(self, "_used", False):
            if getattr(self, "seed", None) is None:
                warnings.warn(
                    f"The initializer {type(self).__name__} is unseeded and being called multiple times, which will "
                    "return identical values each time (even if the initializer is unseeded). Please update your code "
                    "to provide a seed to the initializer, or avoid using the same initializer instance more than "
                    "once.",
                    stacklevel=4,
                )
        else:
            self._used = True


def type_of(dtype: Any) -> dtypes.DType:
    """The given type, or Keras's float type."""
    return dtypes.as_dtype(floatx() if dtype is None else dtype)


def float_type(dtype: Any) -> dtypes.DType:
    """The same, for floats. Raises ValueError for another type."""
    kind = type_of(dtype)
    if not kind.is_floating:
        raise ValueError(f"Expected floating point type, got {kind}.")
    return kind


def numeric_type(dtype: Any) -> dtypes.DType:
    """The same, for numbers and bools. Raises ValueError for strings."""
    kind = type_of(dtype)
    if kind is dtypes.string:
        raise ValueError(f"Expected numeric or boolean dtype, got {kind}.")
    return kind


def check_keywords(kwargs: dict[str, Any]) -> None:
    """Raises TypeError for keywords that no initializer takes."""
    wrong = [word for word in kwargs if word not in _ALLOWED]
    if wrong:
        raise TypeError(f"Unknown keyword arguments: {wrong}. Allowed keyword arguments: {_ALLOWED}.")


class Zeros(Initializer):
    """Zeros. Raises ValueError for strings."""

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> EagerTensor:
        """Zeros of a shape."""
        check_keywords(kwargs)
        return creation.zeros(shape, numeric_type(dtype))


class Ones(Initializer):
    """Ones. Raises ValueError for strings."""

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> EagerTensor:
        """Ones of a shape."""
        check_keywords(kwargs)
        return creation.ones(shape, numeric_type(dtype))


class Constant(Initializer):
    """A number."""

    def __init__(self, value: Any = 0) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> EagerTensor:
        """The number in a shape."""
        check_keywords(kwargs)
        return creation.constant(self.value, type_of(dtype), shape)

    def get_config(self) -> dict[str, Any]:
        """The number."""
        return {"value": self.value}


class Identity(Initializer):
    """The identity matrix times ``gain``."""

    def __init__(self, gain: Any = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """The matrix. Raises ValueError for a shape that is not 2-d."""
        check_keywords(kwargs)
        kind = float_type(dtype)
        if len(shape) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        return self.gain * creation.eye(shape[0], shape[1], dtype=kind)

    def get_config(self) -> dict[str, Any]:
        """The gain."""
        return {"gain": self.gain}
