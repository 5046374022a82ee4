"""Types and attributes of the engine's ops as a recording names them."""

from __future__ import annotations

from typing import Any

import numpy as np

DTYPE_NAMES: dict[Any, str] = {}
NO_ATTRS: dict[str, Any] = {}


def dtype_name(dtype: Any) -> str:
    """The type's name in a recording. Strings are not numbers: they stay out of the table, and so off the fast path."""
    if dtype.kind == "O":
        return "string"
    name = DTYPE_NAMES[dtype] = str(dtype.name)
    return name


def plain_data(value: Any) -> Any:
    """Attributes as plain data: what can not be stored as such becomes its text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        return {str(k): plain_data(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_data(v) for v in value]
    if isinstance(value, np.generic):
        return value.item()
    return str(value)
