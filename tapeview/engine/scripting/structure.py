"""``tf.nest``: nested structures. Unlike in ``tape.gradient``, dicts are walked in the order of their sorted keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tapeview.engine.shapes import TensorShape


def is_nested(structure: Any) -> bool:
    """True for lists, tuples, ranges and mappings; False for strings, shapes and tensors."""
    leaves = (str, bytes, bytearray, TensorShape)
    return isinstance(structure, (Sequence, Mapping)) and not isinstance(structure, leaves)


def _items(structure: Any) -> list[tuple[Any, Any]]:
    if isinstance(structure, Mapping):
        try:
            return [(k, structure[k]) for k in sorted(structure)]
        except TypeError:
            raise TypeError("nest only supports dicts with sortable keys.") from None
    return list(enumerate(structure))


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves of a structure; a leaf alone gives a list of one."""
    return [leaf for _, leaf in flatten_with_paths(structure)]


def flatten_with_paths(structure: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    """The leaves of a structure, each with its keys and indices."""
    if not is_nested(structure):
        return [(path, structure)]
    return [pair for k, part in _items(structure) for pair in flatten_with_paths(part, (*path, k))]


def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """The leaves ``flat_sequence`` in the form of ``structure``. Raises ValueError for another number of leaves."""
    leaves, needed = list(flat_sequence), len(flatten(structure))
    if not is_nested(structure):
        if len(leaves) != 1:
            raise ValueError(
                f"The target structure is of type `{type(structure)}`\n  {structure}\nHowever the input is a sequence "
                f"({type(flat_sequence)}) of length {len(leaves)}.\n  {flat_sequence}\nnest cannot guarantee "
                "that it is safe to map one to the other."
            )
        return leaves[0]
    if len(leaves) != needed:
        raise ValueError(
            f"Could not pack sequence. Structure had {needed} atoms, but flat_sequence had {len(leaves)} items.  "
            f"Structure: {structure}, flat_sequence: {flat_sequence}."
        )
    return _pack(structure, iter(leaves))


def _pack(structure: Any, leaves: Iterator[Any]) -> Any:
    if not is_nested(structure):
        return next(leaves)
    packed = [(k, _pack(part, leaves)) for k, part in _items(structure)]
    if isinstance(structure, Mapping):
        found = dict(packed)
        ordered = {k: found[k] for k in structure}
        if type(structure) is dict:
            return ordered
        default = getattr(structure, "default_factory", None)
        made: Any = type(structure)
        return made(default, ordered) if default is not None else made(ordered)
    values = [v for _, v in packed]
    if isinstance(structure, tuple):
        return type(structure)(*values) if hasattr(structure, "_fields") else tuple(values)
    return values


def map_structure(func: Any, *structure: Any, **kwargs: Any) -> Any:
    """``func`` of the leaves that stand in the same places. Raises ValueError or TypeError for different structures."""
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}.")
    if not structure:
        raise ValueError("Must provide at least one structure")
    for other in structure[1:]:
        assert_same_structure(structure[0], other, kwargs.get("check_types", True))
    columns = [flatten(s) for s in structure]
    return pack_sequence_as(structure[0], [func(*row) for row in zip(*columns, strict=True)])


def assert_same_structure(nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False) -> None:
    """Raises ValueError if the two are nested differently, TypeError if the types of their containers differ."""
    first, second = len(flatten(nest1)), len(flatten(nest2))
    if is_nested(nest1) != is_nested(nest2) or first != second or not _same(nest1, nest2):
        raise ValueError(
            "The two structures don't have the same nested structure.\n\n"
            f"First structure: type={type(nest1).__name__} str={nest1}\n\n"
            f"Second structure: type={type(nest2).__name__} str={nest2}"
        )
    if check_types:
        _check_types(nest1, nest2)


def _same(a: Any, b: Any) -> bool:
    if not is_nested(a) or not is_nested(b):
        return is_nested(a) == is_nested(b)
    if len(a) != len(b) or isinstance(a, Mapping) != isinstance(b, Mapping):
        return False
    if isinstance(a, Mapping) and set(a) != set(b):
        return False
    return all(_same(x, y) for (_, x), (_, y) in zip(_items(a), _items(b), strict=True))


def _check_types(a: Any, b: Any) -> None:
    if not is_nested(a):
        return
    both_maps = isinstance(a, Mapping) and isinstance(b, Mapping)
    if type(a) is not type(b) and not both_maps:
        raise TypeError(
            "The two structures don't have the same sequence type. Input structure has type "
            f"{type(a)}, while shallow structure has type {type(b)}."
        )
    for (_, x), (_, y) in zip(_items(a), _items(b), strict=True):
        _check_types(x, y)
