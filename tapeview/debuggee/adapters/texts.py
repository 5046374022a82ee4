"""Values as short text, without ever making a large array's text: for variables of a frame and results of expressions.

Only reprs of types that nobody can have written are made without care. What runs code of the script's is called too,
for that is what people put it there for: whoever calls these functions has to be able to interrupt them.
"""

from __future__ import annotations

import dataclasses
import reprlib
import types
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np

from tapeview.engine.dtypes import DType
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable

TEXT = 120
"""Characters of a short text."""
ITEMS = 6
"""Elements of an array or a container that a short text shows."""

_HIDDEN = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
_OBJECT_REPR: Any = object.__repr__
_PLAIN = (type(None), bool, float, complex, np.bool_, np.number)


def is_code(value: Any) -> bool:
    """Whether a value is a module, a function or a class: not what people mean by a variable."""
    return isinstance(value, _HIDDEN)


def array_of(value: Any) -> np.ndarray | None:
    """The array of a tensor, a variable or an array; None for anything else."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, EagerTensor | ResourceVariable):
        return np.asarray(value._array)
    return None


def describe(value: Any) -> tuple[str, str, str, str]:
    """(type, shape, dtype, short text); shape and dtype are "" where there is none."""
    kind = cut(type(value).__name__, 80)
    array = array_of(value)
    if array is not None:
        name = "Variable" if isinstance(value, ResourceVariable) else "Tensor" if kind == "EagerTensor" else kind
        dtype = "string" if array.dtype.kind == "O" and name != kind else str(array.dtype)
        return name, shape_text(array.shape), cut(dtype, 40), array_text(array)
    if isinstance(value, IndexedSlices):
        return kind, "", str(value._values._array.dtype), "rows of a gradient"
    shape = _quietly(lambda: shape_text(value.shape)) if _has_shape(value) else ""
    dtype = _quietly(lambda: cut(str(value.dtype), 40)) if shape else ""
    return kind, shape, dtype, short(value)


def shape_text(shape: Iterable[int]) -> str:
    """``(32, 10)``"""
    return cut(str(tuple(shape)), 80)


def array_text(array: np.ndarray) -> str:
    """The first elements of an array."""
    if array.dtype.kind == "V":
        return f"{array.size} records"
    if not array.ndim:
        return short(array[()])
    first = [short(one) for one in islice(array.flat, ITEMS)]
    return cut(f"[{' '.join(first)}{' …' if array.size > ITEMS else ''}]", TEXT)


def number_of(value: Any) -> float | None:
    """A value that is one real number; None for anything else."""
    if isinstance(value, bool | int | float | np.bool_ | np.integer | np.floating):
        return _quietly_number(value)
    array = array_of(value)
    if array is not None and array.size == 1 and array.dtype.kind in "biuf":
        return _quietly_number(array.reshape(())[()])
    return None


def short(value: Any, depth: int = 2) -> str:
    """A short text for any value. Never raises for what the value's own code raises."""
    kind = type(value)
    if kind is str or kind is bytes:
        return cut(repr(value[:TEXT]), TEXT)
    if kind is int:
        return repr(value) if value.bit_length() < 400 else f"an int of {value.bit_length():,} bits"
    if kind in _PLAIN or isinstance(value, np.generic):
        return cut(str(value), TEXT)
    array = array_of(value)
    if array is not None:
        return f"{kind.__name__} {shape_text(array.shape)}" if array.ndim else array_text(array)
    if isinstance(value, DType):
        return repr(value)
    if isinstance(value, dict | list | tuple | set | frozenset | deque):
        return _quietly(lambda: _container(value, depth))
    if dataclasses.is_dataclass(kind) and kind.__repr__.__qualname__.endswith("__create_fn__.<locals>.__repr__"):
        return _quietly(lambda: _dataclass(value, depth))
    if kind.__repr__ is _OBJECT_REPR:
        return cut(f"<{kind.__name__}>", TEXT)
    return _quietly(lambda: cut(" ".join(repr(value)[: 4 * TEXT].split()), TEXT))


def long(value: Any, limit: int) -> str:
    """The repr of a result, at most ``limit`` characters. Raises what the value's own code raises."""
    kind = type(value)
    if kind in (str, bytes) and len(value) > limit:
        return f"{value[:limit]!r}… ({len(value):,} in all)"
    if kind in (list, tuple, set, frozenset, dict) and len(value) > 1_000:
        return cut(f"{_container(value, 3, 200)} ({len(value):,} in all)", limit)
    if kind is int and value.bit_length() > 10_000:
        return f"an int of {value.bit_length():,} bits"
    if kind in (list, tuple, set, frozenset, dict):
        # Nested, they can be as large as anything.
        return cut(_LONG.repr(value), limit)
    return cut(repr(value), limit)


def cut(text: str, limit: int) -> str:
    """``text``, or its beginning with an ellipsis."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


_LONG = reprlib.Repr()
_LONG.maxlevel = 8
_LONG.maxlist = _LONG.maxtuple = _LONG.maxdict = _LONG.maxset = _LONG.maxfrozenset = _LONG.maxdeque = 200
_LONG.maxstring = _LONG.maxother = _LONG.maxlong = 2_000


def _container(value: Any, depth: int, items: int = ITEMS) -> str:
    count = len(value)
    if not depth:
        return f"{type(value).__name__} of {count:,}"
    more = ", …" if count > items else ""
    if isinstance(value, dict):
        shown = ", ".join(f"{short(k, 0)}: {short(v, depth - 1)}" for k, v in islice(dict.items(value), items))
        return _named(value, dict, f"{{{shown}{more}}}", items)
    shown = ", ".join(short(one, depth - 1) for one in islice(iter(value), items))
    if isinstance(value, list):
        return _named(value, list, f"[{shown}{more}]", items)
    if isinstance(value, tuple):
        return _named(value, tuple, f"({shown}{',' if count == 1 else more})", items)
    if not count:
        return f"{type(value).__name__}()"
    return _named(value, set, f"{{{shown}{more}}}", items)


def _named(value: Any, kind: type, text: str, items: int) -> str:
    text = text if type(value) is kind else f"{type(value).__name__}({text})"
    return cut(text, TEXT) if items == ITEMS else text


def _dataclass(value: Any, depth: int) -> str:
    if not depth:
        return f"<{type(value).__name__}>"
    fields = [f for f in dataclasses.fields(value) if f.repr]
    shown = ", ".join(f"{f.name}={short(getattr(value, f.name), depth - 1)}" for f in fields[:ITEMS])
    return cut(f"{type(value).__name__}({shown}{', …' if len(fields) > ITEMS else ''})", TEXT)


def _has_shape(value: Any) -> bool:
    kind = type(value)
    return hasattr(kind, "shape") and hasattr(kind, "dtype")


def _quietly(made: Any) -> str:
    try:
        return str(made())
    except Exception as error:
        return f"<its text cannot be had: {type(error).__name__}>"


def _quietly_number(value: Any) -> float | None:
    try:
        return float(value)
    except (OverflowError, ValueError):
        return None
