"""What an optimizer does to gradients before it uses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.indexed_slices import add_rows
from tapeview.engine.tensor import Array, EagerTensor


def array_of(gradient: Any) -> Array:
    """A gradient as an array; repeated rows of sparse ones are summed.

    Raises:
        TypeError: a list.
    """
    if hasattr(gradient, "_densify"):
        return gradient._densify()._array  # type: ignore[no-any-return]
    if isinstance(gradient, (list, tuple)):
        raise TypeError(f"bad operand type for unary -: {type(gradient).__name__!r}")
    return to_tensor(gradient)._array


def clipped(
    gradients: Sequence[Any],
    clipnorm: float | None = None,
    clipvalue: float | None = None,
    global_clipnorm: float | None = None,
) -> list[Array]:
    """Gradients as arrays, with each one's norm, the norm of all together, or each one's elements limited: the first
    of these that is given. Of sparse gradients the rows are limited, before repeated ones are summed."""
    arrays = [g.values._array if hasattr(g, "_densify") else array_of(g) for g in gradients]
    if clipnorm is not None and clipnorm > 0:
        arrays = [_to_norm(a, clipnorm, _norm([a])) for a in arrays]
    elif global_clipnorm is not None and global_clipnorm > 0:
        norm = _norm(arrays)
        arrays = [_to_norm(a, global_clipnorm, norm) for a in arrays]
    elif clipvalue is not None and clipvalue > 0:
        arrays = [np.clip(a, -clipvalue, clipvalue).astype(a.dtype) for a in arrays]
    return [
        add_rows(a, g.indices._array, g.shape[0]) if hasattr(g, "_densify") else a
        for a, g in zip(arrays, gradients, strict=True)
    ]


def clipped_gradients(gradients: Sequence[Any], *limits: float | None) -> list[Any]:
    """As :func:`clipped`, from tensors to tensors."""
    return [EagerTensor(array) for array in clipped(gradients, *limits)]


def _norm(gradients: Sequence[Array]) -> Any:
    return np.sqrt(np.sum([np.sum(g * g) for g in gradients], dtype=gradients[0].dtype))


def _to_norm(gradient: Array, limit: float, norm: Any) -> Array:
    kind = gradient.dtype.type
    return np.asarray(gradient * kind(limit) / np.maximum(norm, kind(limit)), gradient.dtype)
