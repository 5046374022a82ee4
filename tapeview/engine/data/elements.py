"""Elements of datasets: tuples and dicts of tensors. A list is a tensor here, as in TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.scripting.specs import TensorSpec
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tensor import EagerTensor


def flat(structure: Any) -> list[Any]:
    """The leaves of a structure."""
    if isinstance(structure, tuple):
        return [leaf for part in structure for leaf in flat(part)]
    if isinstance(structure, Mapping):
        return [leaf for part in structure.values() for leaf in flat(part)]
    return [structure]


def mapped(function: Callable[..., Any], structure: Any, *others: Any) -> Any:
    """A structure of what ``function`` gives for the leaves of structures of one shape."""
    if isinstance(structure, tuple):
        parts = [mapped(function, part, *rest) for part, *rest in zip(structure, *others, strict=True)]
        return type(structure)(*parts) if hasattr(structure, "_fields") else tuple(parts)
    if isinstance(structure, Mapping):
        return {key: mapped(function, part, *(o[key] for o in others)) for key, part in structure.items()}
    return function(structure, *others)


def as_element(value: Any) -> Any:
    """What a script's function returned, as an element: leaves become tensors, datasets and None stay."""
    return mapped(_leaf, value)


def _leaf(value: Any) -> Any:
    return value if value is None or hasattr(value, "element_spec") else to_tensor(value)


def spec_of(element: Any) -> Any:
    """The shapes and types of an element."""
    return mapped(_spec, element)


def _spec(leaf: Any) -> Any:
    if isinstance(leaf, EagerTensor):
        return TensorSpec(leaf.shape, leaf.dtype)
    return DatasetSpec(leaf.element_spec) if hasattr(leaf, "element_spec") else None


class DatasetSpec:
    """What stands for a dataset inside of an element."""

    def __init__(self, element_spec: Any) -> None:
        self.element_spec = element_spec

    def __repr__(self) -> str:
        return f"DatasetSpec({self.element_spec!r}, TensorShape([]))"


def example(spec: Any, size: int) -> Any:
    """An element of zeros of a spec; unknown sizes are ``size``."""
    return mapped(lambda leaf: _zeros(leaf, size), spec)


def _zeros(leaf: TensorSpec, size: int) -> EagerTensor:
    shape = [size if d is None else d for d in leaf.shape or ()]
    if leaf.dtype is dtypes.string:
        empty = np.empty(shape, object)
        empty[...] = b""
        return EagerTensor(empty)
    return EagerTensor(np.zeros(shape, leaf.dtype.numpy))


def common(first: Any, second: Any) -> Any:
    """The spec that two specs of one structure have in common: sizes in which they differ are unknown."""
    return mapped(_common, first, second)


def _common(a: Any, b: Any) -> Any:
    if not isinstance(a, TensorSpec) or a.shape is None or b.shape is None or len(a.shape) != len(b.shape):
        return a if not isinstance(a, TensorSpec) or a == b else TensorSpec(None, a.dtype)
    sizes = [d if d == e else None for d, e in zip(a.shape, b.shape, strict=True)]
    return TensorSpec(TensorShape(sizes), a.dtype)


def with_rows(spec: Any, rows: int | None) -> Any:
    """The spec of a batch of elements."""
    return mapped(lambda leaf: TensorSpec(None if leaf.shape is None else [rows, *leaf.shape], leaf.dtype), spec)


def without_rows(spec: Any) -> Any:
    """The spec of one row of an element."""
    return mapped(lambda leaf: TensorSpec(None if leaf.shape is None else leaf.shape[1:], leaf.dtype), spec)
