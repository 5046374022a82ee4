"""``tf.strings``: the functions on text that scripts with tapes use."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.scripting.printing import fill_in
from tapeview.engine.tensor import Array, EagerTensor


def _mapped(function: Callable[[Any], Any], array: Array, dtype: Any = object) -> EagerTensor:
    out = np.empty(array.shape, dtype)
    for index in np.ndindex(array.shape):
        out[index] = function(array[index])
    return EagerTensor(out)


def as_string(
    input: Any, precision: int = -1, scientific: bool = False, shortest: bool = False, width: int = -1, fill: str = "",
    name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """Each number as text, formatted as C's printf does it."""
    array = to_tensor(input)._array
    digits = "" if precision < 0 else f".{precision}"
    size = "" if width < 0 else f"{fill}{width}"

    def text(value: Any) -> Any:
        if array.dtype.kind == "b":
            return "true" if value else "false"
        if array.dtype.kind == "O":
            return value.decode()
        if array.dtype.kind in "iu":
            return f"%{size}d" % value
        form = "e" if scientific else "g" if shortest else "f"
        if array.dtype.kind == "c":
            return f"(%{size}{digits}{form},%{size}{digits}{form})" % (value.real, value.imag)
        return f"%{size}{digits}{form}" % value

    return _mapped(lambda v: text(v).encode(), array)


def format_(
    template: str, inputs: Any, placeholder: str = "{}", summarize: int = 3, name: str | None = None
) -> EagerTensor:
    """The template with tensors in place of its placeholders, as ``tf.print`` shows them.

    Raises:
        ValueError: another number of placeholders than tensors.
    """
    tensors = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    found = template.count(placeholder)
    if found != len(tensors):
        raise ValueError(
            f"The template expects {found} tensors, but the inputs only has {len(tensors)}. "
            "Please ensure the number of placeholders in template matches inputs length."
        )
    text = fill_in(template, placeholder, [to_tensor(t)._array for t in tensors], summarize)
    return EagerTensor(np.array(text.encode(), object))


def join(inputs: Any, separator: str = "", name: str | None = None) -> EagerTensor:
    """Strings of several tensors of one shape (or scalars), element by element in one."""
    arrays = np.broadcast_arrays(*[to_tensor(v)._array for v in inputs])
    out = np.empty(arrays[0].shape, object)
    for index in np.ndindex(out.shape):
        parts: list[Any] = [a[index] for a in arrays]
        out[index] = separator.encode().join(parts)
    return EagerTensor(out)


def reduce_join(
    inputs: Any, axis: Any = None, keepdims: bool = False, separator: str = "", name: str | None = None
) -> EagerTensor:
    """Strings joined along axes (None: all)."""
    array = to_tensor(inputs)._array
    axes = range(array.ndim) if axis is None else np.atleast_1d(axis)
    at = [int(a) % array.ndim for a in axes]
    rest = [k for k in range(array.ndim) if k not in at]
    moved = array.transpose([*rest, *at]).reshape((*[array.shape[k] for k in rest], -1))
    out = np.empty(moved.shape[:-1], object)
    for index in np.ndindex(out.shape):
        out[index] = separator.encode().join(moved[index])
    kept = tuple(1 if k in at else d for k, d in enumerate(array.shape))
    return EagerTensor(out.reshape(kept) if keepdims else out)


def length(input: Any, unit: str = "BYTE", name: str | None = None) -> EagerTensor:
    """How many bytes (or ``UTF8_CHAR``s) each string has: int32."""
    decoded = unit == "UTF8_CHAR"
    return _mapped(lambda v: len(v.decode() if decoded else v), to_tensor(input)._array, np.int32)


def _ascii(
    change: Callable[[bytes], bytes], change_text: Callable[[str], str], encoding: str
) -> Callable[[Any], bytes]:
    return (lambda v: change_text(v.decode()).encode()) if encoding == "utf-8" else change


def lower(input: Any, encoding: str = "", name: str | None = None) -> EagerTensor:
    """Each string in lower case."""
    return _mapped(_ascii(bytes.lower, str.lower, encoding), to_tensor(input)._array)


def upper(input: Any, encoding: str = "", name: str | None = None) -> EagerTensor:
    """Each string in upper case."""
    return _mapped(_ascii(bytes.upper, str.upper, encoding), to_tensor(input)._array)


def strip(input: Any, name: str | None = None) -> EagerTensor:
    """Each string without the blanks around it."""
    return _mapped(bytes.strip, to_tensor(input)._array)


def substr(input: Any, pos: Any, len: Any, unit: str = "BYTE", name: str | None = None) -> EagerTensor:
    """Of each string ``len`` bytes from ``pos`` on."""
    start, count = int(pos), int(len)
    return _mapped(lambda v: v[start : start + count], to_tensor(input)._array)


def regex_replace(
    input: Any, pattern: str, rewrite: str, replace_global: bool = True, name: str | None = None
) -> EagerTensor:
    """Each string with what the pattern matches replaced."""
    compiled = re.compile(pattern.encode())
    return _mapped(lambda v: compiled.sub(rewrite.encode(), v, 0 if replace_global else 1), to_tensor(input)._array)


def to_number(input: Any, out_type: Any = dtypes.float32, name: str | None = None) -> EagerTensor:
    """Each string as a number. Raises InvalidArgumentError if one is none."""
    kind = dtypes.as_dtype(out_type)

    def number(value: bytes) -> Any:
        try:
            return int(value) if kind.is_integer else float(value)
        except ValueError:
            text = f"StringToNumberOp could not correctly convert string: {value.decode(errors='replace')}"
            raise invalid("StringToNumber", text) from None

    return _mapped(number, to_tensor(input)._array, kind.numpy)
