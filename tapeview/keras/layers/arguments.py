"""Arguments that many layers take, in all their spellings, and how they stand in configurations."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.shapes import TensorShape
from tapeview.keras import activations, constraints, initializers, regularizers
from tapeview.keras.backend.config import image_data_format


def sizes(value: Any, n: int, name: str, *, zero: bool = False) -> tuple[int, ...]:
    """``n`` ints, given as one or as ``n``.

    Raises:
        ValueError: anything else, or a number below 1 (below 0 with ``zero``).
    """
    bad = f"The `{name}` argument must be a tuple of {n} integers. Received: {value}"
    if isinstance(value, (int, np.integer)):
        found: tuple[int, ...] = (int(value),) * n
    else:
        try:
            found = tuple(value)
        except TypeError:
            raise ValueError(bad) from None
        if len(found) != n:
            raise ValueError(bad)
        for single in found:
            try:
                int(single)
            except (ValueError, TypeError):
                raise ValueError(
                    f"{bad} including element {single} of type {type(single)}",
                ) from None
    low = [v for v in found if v < (0 if zero else 1)]
    if low:
        least = ">= 0" if zero else "> 0"
        raise ValueError(
            f"{bad} including {set(low)} that does not satisfy the requirement `{least}`.",
        )
    return tuple(int(v) for v in found)


def padding(value: Any, *, causal: bool = False) -> str:
    """``"valid"``, ``"same"`` or, for Conv1D, ``"causal"``. Raises ValueError for another word."""
    word = str(value).lower()
    if word not in ("valid", "same", "causal"):
        raise ValueError(
            'The `padding` argument must be a list/tuple or one of "valid", "same" (or "causal", only for `Conv1D). '
            f"Received: {word}"
        )
    if word == "causal" and not causal:
        raise ValueError("Causal padding is only supported for `Conv1D`and `SeparableConv1D`.")
    return word


def data_format(value: Any) -> str:
    """``"channels_last"`` or ``"channels_first"``; the set one for None. Raises ValueError for another word."""
    word = image_data_format() if value is None else str(value).lower()
    if word not in ("channels_last", "channels_first"):
        raise ValueError(
            f'The `data_format` argument must be one of "channels_first", "channels_last". Received: {value}'
        )
    return word


def length_after(length: int | None, window: int, pad: Any, stride: int, dilation: int = 1) -> int | None:
    """How many windows fit along an axis."""
    if length is None:
        return None
    reach = (window - 1) * dilation + 1
    room = length if pad in ("same", "causal") else length - reach + 1
    return (room + stride - 1) // stride


def channels_last(shape: Any, order: str) -> tuple[Any, ...]:
    """A shape with the channels at its end."""
    return tuple(shape) if order == "channels_last" else (shape[0], *shape[2:], shape[1])


def in_order(batch: Any, space: Any, channels: Any, order: str) -> TensorShape:
    """A shape with the channels where ``order`` says."""
    return TensorShape((batch, *space, channels) if order == "channels_last" else (batch, channels, *space))


def config_of(layer: Any, *words: str) -> dict[str, Any]:
    """Attributes of a layer as they stand in its configuration."""
    found = {}
    for word in words:
        value = getattr(layer, word)
        if word.endswith("initializer"):
            value = initializers.serialize(value)
        elif word.endswith("regularizer"):
            value = regularizers.serialize(value)
        elif word.endswith("constraint"):
            value = constraints.serialize(value)
        elif word.endswith("activation"):
            value = activations.serialize(value)
        found[word] = value
    return found
