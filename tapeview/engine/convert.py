"""From Python and NumPy values to tensors, by TensorFlow's rules.

A Python number or list takes the type of the tensor it meets (and is refused if it would lose its fraction); a NumPy
value is cast silently; a tensor is never cast.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.dtypes import DType
from tapeview.engine.errors import wrong_dtype
from tapeview.engine.python_values import array_of, float_array, out_of_range, unsupported
from tapeview.engine.python_values import cannot_convert as cannot_convert
from tapeview.engine.tensor import Array, EagerTensor

_INT32 = np.iinfo(np.int32)
_INT64 = np.iinfo(np.int64)
_FLOAT32_MAX = float(np.finfo(np.float32).max)
_NUMPY_KINDS = {
    "M": "NPY_DATETIME",
    "m": "NPY_TIMEDELTA",
    "V": "NPY_VOID",
    "f": "NPY_LONGDOUBLE",
    "c": "NPY_CLONGDOUBLE",
}


_NUMBERS = {float, int, bool, str, bytes, complex, np.float32, np.float64, np.int32, np.int64}


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
        if tensor is not value and hasattr(value, "_base"):
            raise ValueError(
                f"Incompatible type conversion requested to type {dtype.name} for `tf.Variable of type "
                f"{tensor.dtype.name}. (Variable: {value!r})"
            )
        raise ValueError(
            f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype {tensor.dtype.name}: {tensor!r}"
        )
    return tensor


def hinted(value: Any, dtype: DType) -> EagerTensor:
    """``value`` as a tensor of type ``dtype`` if it fits, else of the type that fits it. A tensor stays as it is."""
    if is_tensor_like(value):
        return to_tensor(value)
    try:
        return to_tensor(value, dtype)
    except (TypeError, ValueError):
        return to_tensor(value)


def contains_tensor(value: Any) -> bool:
    """True if a nested list holds a tensor or a variable somewhere."""
    if isinstance(value, (list, tuple)):
        # Long lists of numbers are decided at the speed of C.
        return not set(map(type, value)) <= _NUMBERS and any(contains_tensor(v) for v in value)
    return isinstance(value, EagerTensor) or hasattr(type(value), "_read")


def is_tensor_like(value: Any) -> bool:
    """True for tensors, variables and indexed slices."""
    return isinstance(value, EagerTensor) or hasattr(type(value), "_read") or hasattr(value, "_densify")


def to_array(value: Any, dtype: DType | None = None) -> Array:
    """``value`` as a fresh array that nobody else can write to; see :func:`to_tensor`."""
    kind = type(value)
    if kind is float:
        small = -_FLOAT32_MAX <= value <= _FLOAT32_MAX
        if dtype is None:
            return np.array(value, np.float32) if small else float_array(value)
        if dtype.numpy.kind not in "fc":
            raise cannot_convert(value, dtype)
        return np.array(value, dtype.numpy) if small else _cast_silently(np.array(value), dtype.numpy)
    if kind is int:
        return _from_int(value, dtype)
    if isinstance(value, (np.ndarray, np.generic)):
        return _from_numpy(value, dtype)
    if isinstance(value, EagerTensor) or hasattr(type(value), "_read"):
        return value._array  # type: ignore[no-any-return]
    if isinstance(value, (str, bytes, list, tuple, bool, int, float, complex, range)):
        return array_of(value, dtype)
    if hasattr(value, "__array__"):
        return _from_numpy(np.asarray(value), dtype)
    raise unsupported(value)


def _from_int(value: int, dtype: DType | None) -> Array:
    if dtype is not None:
        if dtype.numpy.kind not in "iufc":
            raise cannot_convert(value, dtype)
        try:
            return np.array(value, dtype.numpy)
        except OverflowError:
            return np.array(value % 2**64, np.uint64).astype(dtype.numpy)  # TensorFlow cuts the upper bits off
    if _INT32.min <= value <= _INT32.max:
        return np.array(value, np.int32)
    if _INT64.min <= value <= _INT64.max:
        return np.array(value, np.int64)
    raise out_of_range()


def _from_numpy(value: Any, dtype: DType | None) -> Array:
    array = np.asarray(value)
    if array.dtype.kind in "USO" and dtype is not None and dtype.numpy.kind != "O":
        return _cast_silently(array, dtype.numpy)
    if array.dtype.kind in "US":
        array = _encode(array)
    elif array.dtype.kind == "O":
        array = _from_objects(array)
    if dtype is not None and array.dtype != dtype.numpy:
        if dtype.numpy.kind == "O":
            word = type(array.ravel()[:1].tolist()[0]).__name__ if array.size else array.dtype.name
            raise ValueError(f"Failed to convert a NumPy array to a Tensor (Unsupported object type {word}).")
        return _cast_silently(array, dtype.numpy)
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype not in dtypes.BY_NUMPY:
        word = _NUMPY_KINDS.get(array.dtype.kind, str(array.dtype))
        raise ValueError(f"Failed to convert a NumPy array to a Tensor (Unsupported numpy type: {word}).")
    return np.array(array)


def _cast_silently(array: Array, dtype: np.dtype[Any]) -> Array:
    with np.errstate(all="ignore"):
        return array.astype(dtype)


def _encode(array: Array) -> Array:
    encoded = np.empty(array.shape, object)
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
    read = getattr(kind, "_read", None)
    if read is not None:
        return read(value)  # type: ignore[no-any-return]
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
