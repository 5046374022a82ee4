"""What an optimizer does to gradients before it uses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
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
    gradients: Sequence[Array],
    clipnorm: float | None = None,
    clipvalue: float | None = None,
    global_clipnorm: float | None = None,
) -> list[Array]:
    """The gradients with each one's norm, the norm of all together, or each one's elements limited: the first of these
    that is given."""
    if clipnorm is not None and clipnorm > 0:
        return [_to_norm(g, clipnorm, _norm([g])) for g in gradients]
    if global_clipnorm is not None and global_clipnorm > 0:
        norm = _norm(gradients)
        return [_to_norm(g, global_clipnorm, norm) for g in gradients]
    if clipvalue is not None and clipvalue > 0:
        return [np.clip(g, -clipvalue, clipvalue).astype(g.dtype) for g in gradients]
    return list(gradients)


def clipped_gradients(gradients: Sequence[Any], *limits: float | None) -> list[Any]:
    """As :func:`clipped`, from tensors to tensors."""
    return [EagerTensor(array) for array in clipped([array_of(g) for g in gradients], *limits)]


def _norm(gradients: Sequence[Array]) -> Any:
    return np.sqrt(np.sum([np.sum(g * g) for g in gradients], dtype=gradients[0].dtype))


def _to_norm(gradient: Array, limit: float, norm: Any) -> Array:
    kind = gradient.dtype.type
    return np.asarray(gradient * kind(limit) / np.maximum(norm, kind(limit)), gradient.dtype)
