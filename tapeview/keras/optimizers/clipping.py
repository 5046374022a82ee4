"""What an optimizer does to gradients before it uses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.tensor import Array


def dense(gradient: Any) -> Array:
    """A gradient as an array; repeated rows of sparse ones are summed."""
    if isinstance(gradient, IndexedSlices):
        gradient = gradient._densify()
    return gradient._array  # type: ignore[no-any-return]


def clipped(
    gradients: Sequence[Array], clipnorm: float | None, clipvalue: float | None, global_clipnorm: float | None
) -> list[Array]:
    """The gradients with each one's norm, each one's elements, or the norm of all together limited."""
    if clipnorm is not None:
        return [_to_norm(g, clipnorm, _norm([g])) for g in gradients]
    if global_clipnorm is not None:
        norm = _norm(gradients)
        return [_to_norm(g, global_clipnorm, norm) for g in gradients]
    if clipvalue is not None:
        return [np.clip(g, -clipvalue, clipvalue).astype(g.dtype) for g in gradients]
    return list(gradients)


def _norm(gradients: Sequence[Array]) -> Any:
    return np.sqrt(np.sum([np.sum(g * g) for g in gradients], dtype=gradients[0].dtype))


def _to_norm(gradient: Array, limit: float, norm: Any) -> Array:
    kind = gradient.dtype.type
    return np.asarray(gradient * kind(limit) / np.maximum(norm, kind(limit)), gradient.dtype)
