"""The op tables. Importing this package fills ``engine.op.OPS`` and gives tensors their operators."""

from tapeview.engine.ops import (
    arithmetic,
    comparison,
    complex_numbers,
    elementwise,
    exponential,
    extremes,
    index,
    linalg,
    operators,
    reduction,
    select,
    shape,
    trigonometric,
)

__all__ = [
    "arithmetic",
    "comparison",
    "complex_numbers",
    "elementwise",
    "exponential",
    "extremes",
    "index",
    "linalg",
    "operators",
    "reduction",
    "select",
    "shape",
    "trigonometric",
]
