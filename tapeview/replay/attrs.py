"""Attributes of ops as the engine takes them, from the plain data that a recording has of them."""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np

from tapeview.engine import dtypes

_SLICE = re.compile(r"slice\((?P<parts>[^()]*)\)")
_ARRAY_DTYPE = re.compile(r"[<>|=][a-zA-Z]\d*")
_DTYPE = re.compile(r"<dtype: '(?P<name>\w+)'>")
_WIDER = {"float32": "float64", "float16": "float64", "complex64": "complex128"}


class AttributeLost(ValueError):
    """A recording has an attribute as text only, and the text does not tell what it was."""


def restored(value: Any) -> Any:
    """The attribute that a recording wrote as plain data: tuples for lists, slices and types for their texts.

    Raises:
        AttributeLost: it is the text of something else.
    """
    if isinstance(value, dict):
        return {key: restored(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(restored(one) for one in value)
    if not isinstance(value, str):
        return value
    if value == "Ellipsis":
        return Ellipsis
    found = _SLICE.fullmatch(value)
    if found:
        try:
            parts = ast.literal_eval(f"({found['parts']},)")
        except (ValueError, SyntaxError):
            raise AttributeLost(value) from None
        return slice(*parts)
    found = _DTYPE.fullmatch(value)
    if found:
        return dtypes.as_dtype(found["name"])
    if _ARRAY_DTYPE.fullmatch(value):
        return np.dtype(value)
    if value.startswith("<") or " object at 0x" in value:
        raise AttributeLost(value)
    return value


def widened(value: Any) -> Any:
    """The attribute of the same op on float64 tensors: types of small floats become float64, complex64 complex128."""
    if isinstance(value, dict):
        return {key: widened(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return tuple(widened(one) for one in value)
    if isinstance(value, dtypes.DType) and value.numpy.kind in "fc":
        return dtypes.float64 if value.numpy.kind == "f" else dtypes.complex128
    if isinstance(value, np.dtype) and value.kind in "fc":
        return np.dtype(np.float64 if value.kind == "f" else np.complex128)
    return _WIDER.get(value, value) if isinstance(value, str) else value


def widened_array(array: np.ndarray) -> np.ndarray:
    """A copy of an array, of small floats in float64 and of complex numbers in complex128."""
    return array.astype({"f": np.float64, "c": np.complex128}.get(array.dtype.kind, array.dtype))
