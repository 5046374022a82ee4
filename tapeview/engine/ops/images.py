"""Images: tensors of shape ``(…, height, width, channels)``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import defop, execute_pair
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.ops.shortcuts import saturate_cast
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import EagerTensor

Array = np.ndarray[Any, Any]


def _adjust_contrast(images: Array, factor: Array) -> Array:
    if images.ndim < 3:
        shape = bracketed(images.shape).replace(" ", "")
        raise invalid("AdjustContrastv2", f"input must be at least 3-D, got shape{shape}")
    if factor.ndim:
        raise invalid("AdjustContrastv2", f"contrast_factor must be scalar: {bracketed(factor.shape)}", name=None)
    mean: Array = images.mean(axis=(-3, -2), keepdims=True)
    changed: Array = (images - mean) * factor + mean
    return changed


ADJUST_CONTRAST = defop(
    "AdjustContrastv2", _adjust_contrast, inputs="images contrast_factor",
    doc="Has no gradient rule in TensorFlow: asking for its gradient is an error.",
)  # fmt: skip


def adjust_contrast(images: Any, contrast_factor: Any) -> EagerTensor:
    """Each channel's distance from its mean over height and width, times ``contrast_factor``; of the type of
    ``images``. Whole numbers count as parts of the greatest one of their type, and are cut off at its ends.

    Raises:
        InvalidArgumentError: ``images`` has less than three dimensions, or ``contrast_factor`` any.
    """
    given = to_tensor(images)
    factor = to_tensor(contrast_factor, dtypes.float32)
    kind = given.dtype
    whole = kind.is_integer
    x = cast(given, dtypes.float32)
    y = execute_pair(ADJUST_CONTRAST, x * (1.0 / kind.max) if whole else x, factor)
    return saturate_cast(y * (kind.max + 0.5), kind) if whole else cast(y, kind)
