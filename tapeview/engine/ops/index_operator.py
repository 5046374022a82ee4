"""``tensor[...]``."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.ops import index
from tapeview.engine.row_updates import RowUpdates
from tapeview.engine.tensor import EagerTensor

_INVALID = (
    "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 tensors are valid "
    "indices, got {!r}"
)


def get_item(x: Any, key: Any) -> EagerTensor:
    """``x[key]``: ints, slices, ``...``, None, scalar int tensors, or a bool mask tensor.

    Raises:
        TypeError: any other index.
        ValueError: ``x[True]``.
        InvalidArgumentError: out of range, too many indices, step 0.
    """
    t = to_tensor(x)
    if key.__class__ is int or key.__class__ is slice:
        items: tuple[Any, ...] = (key,)
    elif isinstance(key, (bool, np.bool_)):
        raise ValueError("mask cannot be scalar.")
    elif isinstance(key, EagerTensor) and key._array.dtype.kind == "b":
        if key._array.ndim == 0:
            raise ValueError("mask cannot be scalar.")
        return index.boolean_mask(t, key)
    else:
        items = tuple(key) if isinstance(key, (tuple, list)) else (key,)
    plain = tuple([_plain(i) for i in items])
    _check(t, plain)
    taken = index.take_slice(t, plain)
    if isinstance(x, RowUpdates):
        taken.assign = partial(_assign, x, plain)  # type: ignore[attr-defined]
    return taken


def _assign(variable: RowUpdates, key: tuple[Any, ...], value: Any, name: str | None = None) -> Any:
    """``variable[key].assign(value)``."""
    return variable._assign_slice(key, value)


def _plain(item: Any) -> Any:
    if item is None or item is Ellipsis or (item.__class__ is int):
        return item
    if isinstance(item, slice):
        if item.start is None and item.stop is None and item.step is None:
            return item
        return slice(*[None if p is None else _number(p) for p in (item.start, item.stop, item.step)])
    return _number(item)


def _number(item: Any) -> int:
    if isinstance(item, (int, np.integer)) and not isinstance(item, (bool, np.bool_)):
        return int(item)
    array = item._array if hasattr(item, "_array") else item if isinstance(item, np.ndarray) else None
    if array is not None and array.ndim == 0 and array.dtype.kind in "iu":
        return int(array)
    raise TypeError(_INVALID.format(item))


def _check(x: EagerTensor, items: tuple[Any, ...]) -> None:
    shape = x._array.shape
    taken = [i for i in items if i is not None and i is not Ellipsis]
    if taken and not shape:
        raise invalid("StridedSlice", "Attempting to slice scalar input.", name="strided_slice/")
    if len(taken) > len(shape):
        text = f"Index out of range using input dim {len(shape)}; input has only {len(shape)} dims"
        raise invalid("StridedSlice", text, name="strided_slice/")
    at = 0
    for item in items:
        if item is Ellipsis:
            at = len(shape) - len([i for i in items[items.index(Ellipsis) + 1 :] if i is not None])
        elif isinstance(item, slice):
            if item.step == 0:
                raise invalid("StridedSlice", f"strides[{at}] must be non-zero", name="strided_slice/")
            at += 1
        elif item is not None:
            if not -shape[at] <= item < shape[at]:
                number = item if item >= 0 else item + shape[at]
                raise invalid(
                    "StridedSlice", f"slice index {number} of dimension {at} out of bounds.", name="strided_slice/"
                )
            at += 1
