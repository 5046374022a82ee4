"""Keras's own settings: the type of floats, the small number that keeps divisors from 0, the order of image axes."""

from __future__ import annotations

from typing import Any

_FLOATS = ("float16", "float32", "float64")
_FORMATS = ("channels_last", "channels_first")


class _Settings:
    floatx = "float32"
    epsilon = 1e-7
    image_data_format = "channels_last"


_settings = _Settings()


def floatx() -> str:
    """The name of the type that weights and casts have."""
    return _settings.floatx


def set_floatx(value: str) -> None:
    """Sets the type of floats. Raises ValueError for one that is none of float16, float32, float64."""
    if value not in _FLOATS:
        raise ValueError(f"Unknown `floatx` value: {value}. Expected one of {set(_FLOATS)}")
    _settings.floatx = value


def epsilon() -> float:
    """The small number."""
    return _settings.epsilon


def set_epsilon(value: Any) -> None:
    """Sets the small number."""
    _settings.epsilon = value


def image_data_format() -> str:
    """``"channels_last"`` or ``"channels_first"``."""
    return _settings.image_data_format


def set_image_data_format(data_format: str) -> None:
    """Sets the order of image axes. Raises ValueError for an unknown one."""
    if data_format not in _FORMATS:
        raise ValueError(f"Unknown `data_format`: {data_format}. Expected one of {set(_FORMATS)}")
    _settings.image_data_format = data_format
