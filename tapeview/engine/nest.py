"""Nested structures of lists, tuples, named tuples and dicts, as ``tape.gradient`` takes and returns them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def flatten(structure: Any) -> list[Any]:
    """The leaves of a structure, in the order in which it lists them."""
    return [leaf for leaf, _ in flatten_with_keys(structure)]


def flatten_with_keys(structure: Any, key: str = "") -> list[tuple[Any, str]]:
    """The leaves of a structure, each with its place in it (``"['w'][0]"``)."""
    if hasattr(type(structure), "_array"):  # to ask a tensor whether it is a mapping takes longer than all the rest
        return [(structure, key)]
    if isinstance(structure, (list, tuple)):
        return [pair for k, v in enumerate(structure) for pair in flatten_with_keys(v, f"{key}[{k}]")]
    if isinstance(structure, Mapping):
        return [pair for k, v in structure.items() for pair in flatten_with_keys(v, f"{key}[{k!r}]")]
    return [(structure, key)]


def pack_like(structure: Any, leaves: list[Any]) -> Any:
    """``leaves`` in the shape and the container types of ``structure``."""
    return _pack(structure, iter(leaves))


def _pack(structure: Any, leaves: Iterator[Any]) -> Any:
    if hasattr(type(structure), "_array"):
        return next(leaves)
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*[_pack(v, leaves) for v in structure])
    if isinstance(structure, (list, tuple)):
        packed = [_pack(v, leaves) for v in structure]
        # A list type of the script's own may want other arguments; TensorFlow too gives a plain list then.
        return packed if isinstance(structure, list) else tuple(packed)
    if isinstance(structure, Mapping):
        return _like_mapping(structure, {k: _pack(v, leaves) for k, v in structure.items()})
    return next(leaves)


def _like_mapping(structure: Mapping[Any, Any], packed: dict[Any, Any]) -> Any:
    if type(structure) is dict:
        return packed
    default = getattr(structure, "default_factory", None)
    return type(structure)(default, packed) if default is not None else type(structure)(packed)  # type: ignore[call-arg]


def map_structure(function: Any, *structures: Any) -> Any:
    """Applies ``function`` to the leaves of structures of one shape."""
    columns = [flatten(s) for s in structures]
    return pack_like(structures[0], [function(*row) for row in zip(*columns, strict=True)])
