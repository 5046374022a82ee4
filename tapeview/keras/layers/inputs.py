"""What a layer does with its inputs before anything else: arrays become tensors, floats get the layer's type."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.scripting import structure

CONVERTED = (np.ndarray, np.generic, float, int)
"""What is no tensor and becomes one."""


def mask_of(tensor: Any) -> Any:
    """The mask that came with a tensor, None if there is none."""
    return getattr(tensor, "__dict__", {}).get("_keras_mask")


def converted(x: Any) -> Any:
    """A tensor for an array or a number; anything else as it is."""
    return to_tensor(x) if isinstance(x, CONVERTED) else x


def cast_floats(inputs: Any, flat: list[Any], kind: str) -> Any:
    """The inputs with those of another float type cast to ``kind``."""
    wanted = dtypes.as_dtype(kind)
    if not any(_is_other_float(x, wanted) for x in flat):
        return inputs
    return structure.map_structure(lambda x: cast(x, wanted) if _is_other_float(x, wanted) else x, inputs)


def _is_other_float(x: Any, wanted: dtypes.DType) -> bool:
    return hasattr(x, "_array") and x._array.dtype.kind == "f" and x._array.dtype != wanted.numpy


def truth(value: Any) -> bool:
    """A bool for a bool or a tensor of one."""
    return bool(value._array) if hasattr(value, "_array") else bool(value)


def shape_tuple(shape: Any) -> tuple[Any, ...]:
    """A shape as a tuple; a number is a shape of one axis."""
    return tuple(shape) if isinstance(shape, (list, tuple)) else (shape,)
