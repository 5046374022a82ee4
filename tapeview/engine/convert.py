"""From Python and NumPy values to tensors, by TensorFlow's rules.

A Python number or list takes the type of the tensor it meets (and is refused if it would lose its fraction); a NumPy
value is cast
silently; a tensor is never cast.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.dtypes import DType
from tapeview.engine.errors import wrong_dtype
from tapeview.engine.tensor import Array, EagerTensor

_INT32 = np.iinfo(np.int32)
_INT64 = np.iinfo(np.int64)
_CHECKED_LEAVES = 100_000
_KIND_RANK = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


def to_tensor(value: Any, dtype: DType | None = None) -> EagerTensor:
    """``value`` as a tensor of type ``dtype`` (None: the type that fits it), connected to what it was made of.

    Raises:
        ValueError: a tensor of another type, None, a ragged or mixed sequence.
        TypeError: a Python value that does not fit ``dtype``.
    """
    if value.__class__ is EagerTensor or isinstance(value, EagerTensor):
        tensor = value
    elif (read := getattr(type(value), "_read", None)) is not None:
        tensor = read(value)
    elif hasattr(value, "_densify"):
        tensor = value._densify()
    elif isinstance(value, (list, tuple)) and contains_tensor(value):
        from tapeview.engine.ops.shape import pack_nested  # the op tables need this module

        return pack_nested(value, dtype)
    else:
        return EagerTensor(to_array(value, dtype))
    if dtype is not None and tensor._array.dtype != dtype.numpy:
        raise ValueError(
            f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype {tensor.dtype.name}: {tensor!r}"
        )
    return tensor


def contains_tensor(value: Any) -> bool:
    """True if a nested list holds a tensor or a variable somewhere."""
    if isinstance(value, (list, tuple)):
        return any(contains_tensor(v) for v in value)
    return isinstance(value, EagerTensor) or hasattr(type(value), "_read")


def is_tensor_like(value: Any) -> bool:
    """True for tensors, variables and indexed slices."""
    return isinstance(value, EagerTensor) or hasattr(type(value), "_read") or hasattr(value, "_densify")


def to_array(value: Any, dtype: DType | None = None) -> Array:
    """``value`` as a fresh array that nobody else can write to; see :func:`to_tensor`."""
    kind = type(value)
    if kind is float:
        if dtype is None:
            return np.array(value, np.float32)
        if dtype.numpy.kind not in "fc":
            raise cannot_convert(value, dtype)
        return np.array(value, dtype.numpy)
    if kind is int:
        return _from_int(value, dtype)
    if isinstance(value, (np.ndarray, np.generic)):
        return _from_numpy(value, dtype)
    if value is None:
        raise ValueError(f"Attempt to convert a value ({value}) with an unsupported type ({type(value)}) to a Tensor.")
    if isinstance(value, EagerTensor) or hasattr(type(value), "_read"):
        return value._array  # type: ignore[no-any-return]
    if isinstance(value, (str, bytes, list, tuple, bool, int, float, complex, range)):
        return _from_python(value, dtype)
    if hasattr(value, "__array__"):
        return _from_numpy(np.asarray(value), dtype)
    raise ValueError(f"Attempt to convert a value ({value!r}) with an unsupported type ({type(value)}) to a Tensor.")


def cannot_convert(value: Any, dtype: DType) -> TypeError:
    """A Python value that does not fit a type."""
    return TypeError(f"Cannot convert {value!r} to EagerTensor of dtype {dtype.word}")


def _from_int(value: int, dtype: DType | None) -> Array:
    if dtype is not None:
        if dtype.numpy.kind not in "iufc":
            raise cannot_convert(value, dtype)
        try:
            return np.array(value, dtype.numpy)
        except OverflowError:
            raise cannot_convert(value, dtype) from None
    if _INT32.min <= value <= _INT32.max:
        return np.array(value, np.int32)
    if _INT64.min <= value <= _INT64.max:
        return np.array(value, np.int64)
    raise ValueError("Can't convert Python sequence with out-of-range integer to Tensor.")


def _from_numpy(value: Any, dtype: DType | None) -> Array:
    array = np.asarray(value)
    if array.dtype.kind in "US":
        array = _encode(array)
    elif array.dtype.kind == "O":
        array = _from_objects(array)
    if dtype is not None and array.dtype != dtype.numpy:
        if (array.dtype.kind == "O") != (dtype.numpy.kind == "O"):
            raise cannot_convert(value, dtype)
        return _cast_silently(array, dtype.numpy)
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("="))
    dtypes.of_array(array)
    return np.array(array)


def _cast_silently(array: Array, dtype: np.dtype[Any]) -> Array:
    with np.errstate(all="ignore"):
        return array.astype(dtype)


def _encode(array: Array) -> Array:
    encoded = np.empty(array.shape, object)
    encoded[...] = (
        [v.encode() if isinstance(v, str) else bytes(v) for v in array.ravel().tolist()] if array.ndim == 1 else None
    )
    if array.ndim != 1:
        for index, v in np.ndenumerate(array):
            encoded[index] = v.encode() if isinstance(v, str) else bytes(v)
    return encoded


def _from_objects(array: Array) -> Array:
    strings = np.empty(array.shape, object)
    for index, v in np.ndenumerate(array):
        if not isinstance(v, (str, bytes)):
            raise ValueError(
                f"Failed to convert a NumPy array to a Tensor (Unsupported object type {type(v).__name__})."
            )
        strings[index] = v.encode() if isinstance(v, str) else v
    return strings


def _from_python(value: Any, dtype: DType | None) -> Array:
    try:
        array = np.array(value)
    except OverflowError:
        raise ValueError("Can't convert Python sequence with out-of-range integer to Tensor.") from None
    except ValueError:
        raise ValueError("Can't convert non-rectangular Python sequence to Tensor.") from None
    kind = array.dtype.kind
    if kind == "O":
        _refuse_objects(value)
    first = _first_leaf(value)
    if array.size <= _CHECKED_LEAVES and isinstance(value, (list, tuple)):
        _refuse_mixed(value, kind)
    if kind in "US":
        if dtype is not None and dtype is not dtypes.string:
            raise cannot_convert(value, dtype)
        return _strings(value, array)
    if array.size == 0 and first is None:
        return array.astype(np.float32 if dtype is None else dtype.numpy)
    if dtype is None:
        return _default_type(array, first)
    if isinstance(first, (np.generic, np.ndarray)):
        return _cast_silently(array, dtype.numpy)
    target = dtype.numpy.kind
    if target not in _KIND_RANK or _KIND_RANK[kind] > _KIND_RANK[target] or (target == "b" and kind != "b"):
        raise cannot_convert(value, dtype)
    return array.astype(dtype.numpy)


def _default_type(array: Array, first: Any) -> Array:
    kind = array.dtype.kind
    if isinstance(first, np.ndarray):
        return array
    if kind == "f":
        return array if isinstance(first, (np.float64, np.float16)) else array.astype(np.float32)
    if kind in "iu":
        if kind == "u" and array.dtype == np.uint64 and not isinstance(first, np.generic):
            raise ValueError("Can't convert Python sequence with out-of-range integer to Tensor.")
        fits = array.size == 0 or (array.min() >= _INT32.min and array.max() <= _INT32.max)
        return array.astype(np.int32) if fits else array.astype(np.int64)
    return array


def _first_leaf(value: Any) -> Any:
    while isinstance(value, (list, tuple, range)):
        if len(value) == 0:
            return None
        value = value[0]
    return value


def _leaves(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        for v in value:
            yield from _leaves(v)
    else:
        yield value


def _refuse_objects(value: Any) -> None:
    for leaf in _leaves(value):
        if leaf is None:
            raise ValueError(
                f"Attempt to convert a value ({leaf}) with an unsupported type ({type(leaf)}) to a Tensor."
            )
        if isinstance(leaf, int):
            raise ValueError("Can't convert Python sequence with out-of-range integer to Tensor.")
    raise ValueError("Can't convert Python sequence with mixed types to Tensor.")


def _refuse_mixed(value: Any, kind: str) -> None:
    groups = set()
    for leaf in _leaves(value):
        if isinstance(leaf, (bool, np.bool_)):
            groups.add("bool")
        elif isinstance(leaf, (str, bytes)):
            groups.add("string")
        elif not isinstance(leaf, np.ndarray):
            groups.add("number")
    if len(groups) > 1:
        raise ValueError("Can't convert Python sequence with mixed types to Tensor.")


def _strings(value: Any, array: Array) -> Array:
    out = np.empty(array.shape, object)
    for index, leaf in zip(np.ndindex(array.shape), _leaves(value), strict=True):
        out[index] = leaf.encode() if isinstance(leaf, str) else leaf
    return out


def operands(op: str, a: Any, b: Any) -> tuple[EagerTensor, EagerTensor]:
    """The two operands of a binary op as tensors of one type; what is no tensor takes the other's type.

    Raises:
        InvalidArgumentError: tensors of different types, in TensorFlow's words for op type ``op``.
    """
    x, y = _known(a), _known(b)
    if x is None:
        x = to_tensor(a) if y is None else _beside(a, y)
    if y is None:
        y = _beside(b, x)
    if x._array.dtype is not y._array.dtype and x._array.dtype != y._array.dtype:
        raise wrong_dtype(op, 1, x.dtype.word, y.dtype.word)
    return x, y


_PLAIN = frozenset((float, int, bool, np.ndarray, list))


def _known(value: Any) -> EagerTensor | None:
    """The tensor ``value`` is or stands for; None for what has yet to be converted."""
    kind = value.__class__
    if kind is EagerTensor:
        return value  # type: ignore[no-any-return]
    if kind in _PLAIN:
        return None
    return to_tensor(value) if is_tensor_like(value) else None


def _beside(value: Any, tensor: EagerTensor) -> EagerTensor:
    kind = type(value)
    dtype = tensor._array.dtype
    if kind is float or kind is int:
        if dtype.kind == "f":
            return EagerTensor(np.array(value, dtype))
    elif kind is np.ndarray and dtype.kind in "fc" and value.dtype.kind in "iufb":
        return EagerTensor(value.astype(dtype))
    return to_tensor(value, tensor.dtype)
