"""The op tables. Importing this package fills ``engine.op.OPS`` and gives tensors their operators."""

from tapeview.engine.ops import comparison, elementwise, index, linalg, operators, reduction, shape

__all__ = ["comparison", "elementwise", "index", "linalg", "operators", "reduction", "shape"]
