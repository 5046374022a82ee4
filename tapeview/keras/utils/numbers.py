"""Labels and arrays: ``to_categorical``, ``normalize``, ``pad_sequences``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine.tensor import Array


def to_categorical(y: Any, num_classes: int | None = None, dtype: Any = "float32") -> Array:
    """Class numbers of any shape as vectors of 0 and 1 along a new last axis; a last axis of size 1 is dropped first.

    Raises:
        IndexError: a number that is not below ``num_classes``.
    """
    numbers = np.array(y, dtype="int")
    shape = numbers.shape
    if shape and shape[-1] == 1 and len(shape) > 1:
        shape = shape[:-1]
    flat = numbers.reshape(-1)
    count = num_classes or int(np.max(flat)) + 1
    vectors = np.zeros((flat.size, count), dtype=dtype)
    vectors[np.arange(flat.size), flat] = 1
    return vectors.reshape((*shape, count))


def to_ordinal(y: Any, num_classes: int | None = None, dtype: Any = "float32") -> Array:
    """Class numbers as vectors with as many leading ones as the number says; of one element less than classes."""
    numbers = np.array(y, dtype="int")
    shape = numbers.shape
    if shape and shape[-1] == 1 and len(shape) > 1:
        shape = shape[:-1]
    flat = numbers.reshape(-1)
    count = num_classes or int(np.max(flat)) + 1
    return (np.arange(count - 1) < flat[:, None]).astype(dtype).reshape((*shape, count - 1))


def normalize(x: Any, axis: int = -1, order: Any = 2) -> Array:
    """The array divided by its norm along an axis; zeros stay."""
    norms = np.atleast_1d(np.linalg.norm(x, order, axis))
    norms[norms == 0] = 1
    return np.asarray(x / np.expand_dims(norms, axis))


def pad_sequences(
    sequences: Sequence[Any], maxlen: int | None = None, dtype: Any = "int32", padding: str = "pre",
    truncating: str = "pre", value: Any = 0.0,
) -> Array:  # fmt: skip
    """Sequences as rows of one length: short ones filled up with ``value``, long ones cut, at the side that is named.

    Raises:
        ValueError: something in ``sequences`` is no sequence, elements of different shapes, an unknown side.
    """
    if not hasattr(sequences, "__len__"):
        raise ValueError("`sequences` must be iterable.")
    for one in sequences:
        if not hasattr(one, "__len__"):
            raise ValueError(f"`sequences` must be a list of iterables. Found non-iterable: {one}")
    length = max((len(one) for one in sequences), default=0) if maxlen is None else maxlen
    inner: tuple[int, ...] = next((np.asarray(one).shape[1:] for one in sequences if len(one)), ())
    if isinstance(value, str) and not np.issubdtype(np.dtype(dtype), np.str_) and dtype is not object:
        raise ValueError(
            f"`dtype` {dtype} is not compatible with `value`'s type: {type(value)}\nYou should set `dtype=object` for "
            "variable length strings."
        )
    rows = np.full((len(sequences), length, *inner), value, dtype=dtype)
    for place, one in enumerate(sequences):
        if not len(one):
            continue
        if truncating not in ("pre", "post"):
            raise ValueError(f'Truncating type "{truncating}" not understood')
        kept = np.asarray(one[-length:] if truncating == "pre" else one[:length], dtype=dtype)
        if kept.shape[1:] != inner:
            raise ValueError(
                f"Shape of sample {kept.shape[1:]} of sequence at position {place} is different from expected shape "
                f"{inner}"
            )
        if padding == "post":
            rows[place, : len(kept)] = kept
        elif padding == "pre":
            rows[place, length - len(kept) :] = kept
        else:
            raise ValueError(f'Padding type "{padding}" not understood')
    return rows
