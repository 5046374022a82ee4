"""``tf.Module``: an object that finds the variables and modules among its attributes."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from tapeview.engine.names import name_scope
from tapeview.engine.scripting import structure
from tapeview.engine.variable import ResourceVariable

_WORD = re.compile(r"^[a-zA-Z_]([a-zA-Z0-9_])*$")


def _snake_case(name: str) -> str:
    return re.sub(
        "([a-z0-9])([A-Z])", r"\1_\2", re.sub("((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))", r"_\1", name)
    ).lower()


class Module:
    """The base class of what holds variables; attributes are looked through in the order of their names.

    Raises:
        ValueError: a name that is no Python identifier.
    """

    _TF_MODULE_IGNORED_PROPERTIES: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = _snake_case(type(self).__name__)
        elif not _WORD.match(name):
            raise ValueError(
                f"{name!r} is not a valid module name. Module names must be valid Python identifiers (e.g. a valid "
                "class name)."
            )
        self._name = name

    @property
    def name(self) -> str:
        """The given name, or the class's in snake case."""
        return self.__dict__.get("_name") or _snake_case(type(self).__name__)

    @property
    def name_scope(self) -> name_scope:
        """A name scope of the module's name."""
        return name_scope(self.name)

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables of this module, in the order of the attributes' names, and then those of its submodules."""
        return tuple(self._flatten(predicate=_is_variable))

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """Those of the variables that are trainable."""
        return tuple(self._flatten(predicate=lambda v: _is_variable(v) and v.trainable))

    @property
    def non_trainable_variables(self) -> tuple[Any, ...]:
        """Those of the variables that are not trainable."""
        return tuple(self._flatten(predicate=lambda v: _is_variable(v) and not v.trainable))

    @property
    def submodules(self) -> tuple[Any, ...]:
        """The modules among the attributes, and theirs."""
        return tuple(self._flatten(predicate=lambda v: isinstance(v, Module)))

    def _flatten(
        self,
        recursive: bool = True,
        predicate: Callable[[Any], Any] | None = None,
        attribute_traversal_key: Any = None,
        with_path: bool = False,
        expand_composites: bool = False,
    ) -> Iterator[Any]:
        """The attributes' leaves for which ``predicate`` holds, each once, with their paths if wanted."""
        wanted = predicate or (lambda _: True)
        return _walk(self, recursive, wanted, attribute_traversal_key, with_path, (), {id(self)}, ())

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """A decorator: the method runs in the module's name scope."""

        @functools.wraps(method)
        def in_scope(self: Any, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return in_scope


def _is_variable(value: Any) -> bool:
    return isinstance(value, ResourceVariable)


def _walk(
    module: Module, recursive: bool, predicate: Callable[[Any], Any], key: Any, with_path: bool, path: tuple[Any, ...],
    seen: set[int], above: tuple[int, ...],
) -> Iterator[Any]:  # fmt: skip
    submodules: list[tuple[tuple[Any, ...], Module]] = []
    recursive = recursive and id(module) not in above
    attributes = vars(module)
    for name in sorted(attributes, key=key):
        if name in module._TF_MODULE_IGNORED_PROPERTIES:
            continue
        for place, leaf in structure.flatten_with_paths(attributes[name]):
            if not with_path:
                if id(leaf) in seen:
                    continue
                seen.add(id(leaf))
            at = (*path, name, *place)
            if predicate(leaf):
                yield (at, leaf) if with_path else leaf
            if recursive and isinstance(leaf, Module):
                submodules.append((at, leaf))
    for at, submodule in submodules:
        yield from _walk(submodule, recursive, predicate, key, with_path, at, seen, (*above, id(module)))
