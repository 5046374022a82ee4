"""Arrays from Python values and nested lists of them, by TensorFlow's rules.

The first value of a list decides: after a bool only bools may follow, after text only text, after a number any number
that is not complex.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.dtypes import DType

_Array = np.ndarray[Any, Any]

_INT32 = np.iinfo(np.int32)
_INT64 = np.iinfo(np.int64)
_FLOAT32_MAX = float(np.finfo(np.float32).max)
_RANK = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}
_MIXED = "Can't convert Python sequence with mixed types to Tensor."
_RAGGED = "Can't convert non-rectangular Python sequence to Tensor."
_OUT_OF_RANGE = "Can't convert Python sequence with out-of-range integer to Tensor."
_TOO_LARGE = "Can't convert Python sequence with a value out of range for a double-precision float."
_NOTHING = object()


def cannot_convert(value: Any, dtype: DType) -> TypeError:
    """A Python value that does not fit a type."""
    return TypeError(f"Cannot convert {value!r} to EagerTensor of dtype {dtype.word}")


def unsupported(value: Any) -> ValueError:
    """A value that no tensor can hold."""
    return ValueError(f"Attempt to convert a value ({value!r}) with an unsupported type ({type(value)}) to a Tensor.")


def out_of_range() -> ValueError:
    """An int beyond 64 bits."""
    return ValueError(_OUT_OF_RANGE)


def float_array(value: float) -> _Array:
    """A Python float as float32. Raises ValueError if only float64 can hold it."""
    return _as_float(np.array(value, np.float64), np.float32)


def array_of(value: Any, dtype: DType | None) -> _Array:
    """A number, a text, or a (nested) list of them as an array of type ``dtype``, or of the type that fits.

    Raises:
        ValueError: mixed types, lists of different lengths, a number out of range, something no tensor can hold.
        TypeError: a value that does not fit ``dtype``.
    """
    first = _first_leaf(value)
    if first is _NOTHING:
        return np.array(value, np.float32 if dtype is None else dtype.numpy)
    if not isinstance(first, (bool, int, float, complex, str, bytes, np.generic, np.ndarray)):
        raise unsupported(first)
    try:
        array = np.array(value)
    except ValueError:
        raise ValueError(_misfit(value, _expected_shape(value)) or _RAGGED) from None
    if _is_text(first):
        if any(not isinstance(leaf, (str, bytes)) for leaf in _leaves(value)):
            raise ValueError(_MIXED)
        if dtype is not None and dtype.numpy.kind != "O":
            raise cannot_convert(value, dtype)
        return _texts(value, array)
    if array.dtype.kind not in _RANK:
        return _from_large_ints(value, array, first, dtype)
    return _by_first(array, first, value) if dtype is None else _as_type(array, value, dtype)


def _as_type(array: _Array, value: Any, dtype: DType) -> _Array:
    have, wanted = array.dtype.kind, dtype.numpy.kind
    if wanted not in _RANK or _RANK[have] > _RANK[wanted] or (wanted == "b" and have != "b"):
        raise cannot_convert(value, dtype)
    with np.errstate(all="ignore"):
        return array.astype(dtype.numpy)


def _by_first(array: _Array, first: Any, value: Any) -> _Array:
    kind = array.dtype.kind
    leading = first.dtype.kind if isinstance(first, (np.generic, np.ndarray)) else _python_kind(first)
    if (leading == "b") != (kind == "b") or (kind == "c" and leading != "c"):
        raise ValueError(_MIXED)
    if leading == "c":
        return array.astype(first.dtype if isinstance(first, (np.generic, np.ndarray)) else np.complex128)
    if leading == "f":
        keeps = isinstance(first, (np.generic, np.ndarray)) and first.dtype.itemsize in (2, 8)
        return _as_float(array, first.dtype if keeps else np.float32)
    if kind == "f":
        if not any(isinstance(leaf, (float, np.floating, np.ndarray)) for leaf in _leaves(value)):
            raise ValueError(_OUT_OF_RANGE)
        return _as_float(array, np.float32)
    if kind == "b" or array.size == 0:
        return array if kind == "b" else array.astype(np.int32)
    low, high = array.min(), array.max()
    if high > _INT64.max:
        raise ValueError(_OUT_OF_RANGE)
    return array.astype(np.int32 if low >= _INT32.min and high <= _INT32.max else np.int64)


def _as_float(array: _Array, dtype: Any) -> _Array:
    if array.dtype == dtype:
        return array
    if dtype is np.float32 and array.size and array.min() >= -_FLOAT32_MAX and array.max() <= _FLOAT32_MAX:
        return array.astype(dtype)
    with np.errstate(all="ignore"):
        cast = array.astype(dtype)
    if not np.array_equal(np.isinf(cast), np.isinf(array)):
        raise ValueError(_TOO_LARGE)
    return cast


def _python_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "b"
    return "i" if isinstance(value, int) else "f" if isinstance(value, float) else "c"


def _from_large_ints(value: Any, array: _Array, first: Any, dtype: DType | None) -> _Array:
    """NumPy found no type for all values: one has another type, or an int needs more than 64 bits."""
    if any(not isinstance(leaf, (int, float, np.number)) for leaf in _leaves(value)):
        raise ValueError(_MIXED)
    target = dtype.numpy if dtype is not None else np.dtype(np.float32 if isinstance(first, float) else np.int64)
    if target.kind not in "fc":
        raise ValueError(_OUT_OF_RANGE)
    return array.astype(target)


def _first_leaf(value: Any) -> Any:
    while isinstance(value, (list, tuple, range)):
        if len(value) == 0:
            return _NOTHING
        value = value[0]
    return value


def _leaves(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        for v in value:
            yield from _leaves(v)
    else:
        yield value


def _expected_shape(value: Any) -> tuple[int, ...]:
    shape: list[int] = []
    while isinstance(value, (list, tuple, range)) and len(value):
        shape.append(len(value))
        value = value[0]
    return (*shape, *getattr(value, "shape", ()))


def _misfit(value: Any, shape: tuple[int, ...]) -> str:
    nested = isinstance(value, (list, tuple, range)) or getattr(value, "shape", ()) != ()
    if not shape:
        return _MIXED if nested else ""
    if not nested or len(value) != shape[0]:
        return _RAGGED
    return next((text for v in value if (text := _misfit(v, shape[1:]))), "")


def _is_text(value: Any) -> bool:
    return isinstance(value, (str, bytes))


def _texts(value: Any, array: _Array) -> _Array:
    out = np.empty(array.shape, object)
    for index, leaf in zip(np.ndindex(array.shape), _leaves(value), strict=True):
        out[index] = leaf.encode() if isinstance(leaf, str) else bytes(leaf)
    return out
