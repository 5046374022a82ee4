"""Data types: TensorFlow's names for NumPy's, and which of them carry gradients."""

from __future__ import annotations

from typing import Any

import numpy as np


class DType:
    """A tensor's element type. Compares equal to NumPy's types and to names (``tf.float32 == np.float32 ==
    "float32"``)."""

    __slots__ = ("_numpy", "name", "word")

    def __init__(self, name: str, numpy: Any, word: str | None = None) -> None:
        self.name = name
        self.word = word or name
        """The word TensorFlow's kernels use in their messages (``float`` for float32)."""
        self._numpy: np.dtype[Any] = np.dtype(numpy)

    @property
    def as_numpy_dtype(self) -> Any:
        """The NumPy scalar type (``np.float32``)."""
        return self._numpy.type

    @property
    def numpy(self) -> np.dtype[Any]:
        """The NumPy dtype."""
        return self._numpy

    @property
    def as_datatype_enum(self) -> int:
        """The number TensorFlow's protocol gives this type."""
        return _ENUM[self.name]

    @property
    def is_floating(self) -> bool:
        """True for float16, float32 and float64."""
        return bool(self._numpy.kind == "f")

    @property
    def is_complex(self) -> bool:
        """True for complex64 and complex128."""
        return bool(self._numpy.kind == "c")

    @property
    def is_integer(self) -> bool:
        """True for signed and unsigned integers; False for bool."""
        return bool(self._numpy.kind in "iu")

    @property
    def is_bool(self) -> bool:
        """True for bool."""
        return bool(self._numpy.kind == "b")

    @property
    def is_unsigned(self) -> bool:
        """True for unsigned integers."""
        return bool(self._numpy.kind == "u")

    @property
    def is_numpy_compatible(self) -> bool:
        """True: every type here is a NumPy type."""
        return True

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return int(self._numpy.itemsize)

    @property
    def min(self) -> Any:
        """The smallest finite value."""
        return self._limits().min

    @property
    def max(self) -> Any:
        """The largest finite value."""
        return self._limits().max

    @property
    def limits(self) -> tuple[Any, Any]:
        """(min, max)."""
        return self.min, self.max

    def _limits(self) -> Any:
        if self.is_bool:
            raise TypeError("Cannot find minimum value of tf.bool.")
        return np.finfo(self._numpy) if self._numpy.kind in "fc" else np.iinfo(self._numpy)

    @property
    def base_dtype(self) -> DType:
        """This type (there are no reference types)."""
        return self

    @property
    def real_dtype(self) -> DType:
        """The type of the real part."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    def is_compatible_with(self, other: Any) -> bool:
        """True if ``other`` names this type."""
        return as_dtype(other) is self

    def __repr__(self) -> str:
        return f"tf.{self.name}"

    def __str__(self) -> str:
        return f"<dtype: '{self.name}'>"

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if other is None:
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return False

    def __hash__(self) -> int:
        return hash(self.name)

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)


float16 = DType("float16", np.float16, "half")
float32 = DType("float32", np.float32, "float")
float64 = DType("float64", np.float64, "double")
int8 = DType("int8", np.int8)
int16 = DType("int16", np.int16)
int32 = DType("int32", np.int32)
int64 = DType("int64", np.int64)
uint8 = DType("uint8", np.uint8)
uint16 = DType("uint16", np.uint16)
uint32 = DType("uint32", np.uint32)
uint64 = DType("uint64", np.uint64)
bool_ = DType("bool", np.bool_)
complex64 = DType("complex64", np.complex64)
complex128 = DType("complex128", np.complex128)
string = DType("string", np.object_)

ALL = (
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
    bool_,
    complex64,
    complex128,
    string,
)
_BY_NAME = {d.name: d for d in ALL} | {"half": float16, "float": float32, "double": float64, "str": string}
BY_NUMPY = {d.numpy: d for d in ALL}
_ENUM = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "string": 7, "complex64": 8, "int64": 9,
    "bool": 10, "uint16": 17, "complex128": 18, "float16": 19, "uint32": 22, "uint64": 23,
}  # fmt: skip
_BY_TYPE: dict[Any, DType] = {float: float32, int: int32, bool: bool_, str: string, bytes: string, complex: complex128}


def of_array(array: np.ndarray[Any, Any]) -> DType:
    """The type of a tensor's array. Raises TypeError for a NumPy type no tensor can have."""
    found = BY_NUMPY.get(array.dtype)
    if found is None:
        raise TypeError(f"Cannot convert value {array.dtype!r} to a TensorFlow DType.")
    return found


def as_dtype(value: Any) -> DType:
    """The DType named by a DType, a NumPy type, a Python type or a name. Raises TypeError if there is none."""
    if isinstance(value, DType):
        return value
    found = _BY_TYPE.get(value) if isinstance(value, type) else None
    if found is None and isinstance(value, str):
        found = _BY_NAME.get(value)
    if found is None and isinstance(value, int) and not isinstance(value, bool):
        found = next((d for d in ALL if _ENUM[d.name] == value), None)
    if found is None and value is not None:
        try:
            found = BY_NUMPY.get(np.dtype(value))
        except TypeError:
            found = None
    if found is None:
        raise TypeError(f"Cannot convert the argument `type_value`: {value!r} to a TensorFlow DType.")
    return found
