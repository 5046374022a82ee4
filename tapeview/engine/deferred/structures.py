"""Arguments as structures: finding symbolic tensors in them and putting values in their places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tapeview.engine import nest
from tapeview.engine.deferred.symbolic import SymbolicTensor


def replaced(value: Any, function: Callable[[Any], Any]) -> Any:
    """``value`` with ``function`` applied to all leaves, in lists, tuples, dicts and slices; itself if none changed."""
    if isinstance(value, (list, tuple)):
        parts = [replaced(v, function) for v in value]
        if all(a is b for a, b in zip(parts, value, strict=True)):
            return value
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*parts)
        return parts if isinstance(value, list) else tuple(parts)
    if isinstance(value, Mapping):
        found = {k: replaced(v, function) for k, v in value.items()}
        if all(found[k] is v for k, v in value.items()):
            return value
        return nest.pack_like(value, nest.flatten(found))
    if isinstance(value, slice):
        ends = [replaced(v, function) for v in (value.start, value.stop, value.step)]
        return slice(*ends) if any(isinstance(v, SymbolicTensor) or hasattr(v, "_array") for v in ends) else value
    return function(value)


def symbolic_in(value: Any, found: list[SymbolicTensor]) -> list[SymbolicTensor]:
    """Adds the symbolic tensors in ``value`` to ``found``, each once."""
    kind = type(value)
    if kind in (float, int, str, bool) or value is None:
        return found
    if isinstance(value, SymbolicTensor):
        if not any(t is value for t in found):
            found.append(value)
    elif isinstance(value, (list, tuple)):
        if len(value) < 1000 or not isinstance(value[0], (float, int)):
            for v in value:
                symbolic_in(v, found)
    elif isinstance(value, Mapping):
        for v in value.values():
            symbolic_in(v, found)
    elif isinstance(value, slice):
        for v in (value.start, value.stop, value.step):
            symbolic_in(v, found)
    return found


def is_shallow(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether symbolic tensors are only among the arguments themselves, and not inside of them."""
    inner: list[SymbolicTensor] = []
    for v in (*args, *kwargs.values()):
        if not isinstance(v, SymbolicTensor):
            symbolic_in(v, inner)
    return not inner
