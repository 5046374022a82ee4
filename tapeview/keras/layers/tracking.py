"""How a layer knows its weights and its inner layers: by what is assigned to its attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tapeview.engine.scripting.module import Module
from tapeview.engine.variable import ResourceVariable

_PLAIN = (bool, int, float, str, bytes, type(None))


def is_metric(value: Any) -> bool:
    """True for metrics: they have weights and are no part of what a model computes."""
    kind = type(value)
    return hasattr(kind, "update_state") and hasattr(kind, "reset_state") and hasattr(kind, "result")


def is_tracked(value: Any) -> bool:
    """True for what may hold weights: modules, layers, lists, tuples and dicts."""
    return isinstance(value, (Module, list, tuple, dict)) or is_metric(value)


def members(value: Any) -> Iterator[Any]:
    """The modules and variables in a value and, if it is a container, in that; dicts in the order of their keys."""
    if isinstance(value, (Module, ResourceVariable)) or is_metric(value):
        yield value
    elif isinstance(value, Mapping):
        try:
            keys = sorted(value)
        except TypeError:
            keys = list(value)
        for key in keys:
            if not isinstance(value[key], _PLAIN):
                yield from members(value[key])
    elif isinstance(value, (list, tuple)):
        for part in value:
            if not isinstance(part, _PLAIN):
                yield from members(part)


def without_doubles(variables: list[Any]) -> list[Any]:
    """The variables, each once."""
    return list({id(v): v for v in variables}.values())


class Tracking(Module):
    """An object whose attributes are looked at when they are set."""

    _trainable_weights: list[Any]
    _non_trainable_weights: list[Any]
    _self_tracked_trackables: list[Any]
    _metrics: list[Any]

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def _start_tracking(self) -> None:
        own = self.__dict__
        own["_metrics"] = []
        own["_trainable_weights"] = []
        own["_non_trainable_weights"] = []
        own["_self_tracked_trackables"] = []

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if "_self_tracked_trackables" not in own or hasattr(type(self), name) or (name[:1] == "_" and name in _OWN):
            try:
                object.__setattr__(self, name, value)
            except AttributeError:
                raise AttributeError(
                    f'Can\'t set the attribute "{name}", likely because it conflicts with an existing read-only '
                    "@property of the object. Please choose a different name."
                ) from None
            return
        place = None
        if name in own:
            place = self._untrack(own[name], value)
        own[name] = value
        if isinstance(value, _PLAIN):
            return
        found = list(members(value))
        # What a tuple holds stays; lists and dicts may get more.
        if (
            (found or not isinstance(value, tuple))
            and is_tracked(value)
            and not any(value is t for t in self._self_tracked_trackables)
        ):
            self._self_tracked_trackables.append(value)
        for member in found:
            if isinstance(member, ResourceVariable):
                self._track_variable(member, place)
            elif is_metric(member):
                self._metrics.append(member)

    def __delattr__(self, name: str) -> None:
        old = self.__dict__.get(name)
        if not isinstance(old, _PLAIN):
            self._untrack(old, None)
        object.__delattr__(self, name)

    def _track_variable(self, variable: Any, place: int | None = None) -> None:
        for known in (*self._trainable_weights, *self._non_trainable_weights):
            if known is variable:
                return
        target = self._trainable_weights if variable.trainable else self._non_trainable_weights
        target.insert(len(target) if place is None else place, variable)

    def _untrack(self, old: Any, new: Any) -> int | None:
        """Forgets what an attribute held, unless another one holds it too. Returns where a variable stood."""
        if isinstance(old, _PLAIN) or old is new:
            return None
        holders = [v for k, v in self.__dict__.items() if v is old and k not in _OWN]
        if len(holders) > 1:
            return None
        place = None
        for listed in (self._self_tracked_trackables, self._trainable_weights, self._non_trainable_weights):
            for k, known in enumerate(listed):
                if known is old:
                    del listed[k]
                    place = k
                    break
        return place if isinstance(old, ResourceVariable) and isinstance(new, ResourceVariable) else None

    def _flatten_modules(self, recursive: bool = True, include_self: bool = True) -> Iterator[Any]:
        """The modules in the attributes (no metrics), each once; with ``recursive`` theirs right after each."""
        if include_self:
            yield self
        seen: set[int] = set()
        queue: list[Any] = list(reversed(self.__dict__.get("_self_tracked_trackables", ())))
        while queue:
            part = queue.pop()
            if id(part) in seen:
                continue
            seen.add(id(part))
            if isinstance(part, Module) and not is_metric(part):
                yield part
                if recursive:
                    queue.extend(reversed(part.__dict__.get("_self_tracked_trackables", ())))
            elif isinstance(part, (list, tuple, dict)):
                queue.extend(reversed([m for m in members(part) if isinstance(m, Module)]))

    @property
    def submodules(self) -> tuple[Any, ...]:
        """All modules inside."""
        return tuple(self._flatten_modules(include_self=False))

    def _late_variables(self) -> None:
        """Variables that were put into a list or dict after it was assigned."""
        for part in self._self_tracked_trackables:
            if isinstance(part, (list, tuple, dict)):
                for member in members(part):
                    if isinstance(member, ResourceVariable):
                        self._track_variable(member)


_OWN = frozenset(
    ("_metrics", "_trainable_weights", "_non_trainable_weights", "_self_tracked_trackables", "_inbound_nodes",
     "_outbound_nodes", "_callable_losses", "_eager_losses", "_losses")
)  # fmt: skip
