"""Variable scopes as values: what ``get_variable`` goes by."""

from __future__ import annotations

import enum
from typing import Any

from tapeview.engine import dtypes
from tapeview.engine.deferred.collections import GraphKeys
from tapeview.engine.deferred.graph import get_default_graph


class _ReuseMode(enum.Enum):
    AUTO_REUSE = 1


AUTO_REUSE = _ReuseMode.AUTO_REUSE
"""For ``reuse``: variables are made where they are not there yet."""


class VariableScope:
    """What ``get_variable`` goes by: a name in front of names, and values for arguments that are not given."""

    def __init__(
        self, reuse: Any, name: str = "", initializer: Any = None, regularizer: Any = None, custom_getter: Any = None,
        name_scope: str = "", dtype: Any = dtypes.float32, use_resource: bool | None = None, constraint: Any = None,
        caching_device: Any = None, partitioner: Any = None,
    ) -> None:  # fmt: skip
        self._name = name
        self._reuse = reuse
        self._initializer = initializer
        self._regularizer = regularizer
        self._custom_getter = custom_getter
        self._name_scope = name_scope
        self._dtype = dtype
        self._use_resource = use_resource
        self._constraint = constraint
        self._caching_device = caching_device
        self._partitioner = partitioner

    @property
    def name(self) -> str:
        """The name, without a ``/`` at its end."""
        return self._name

    @property
    def original_name_scope(self) -> str:
        """The name scope that was opened with it."""
        return self._name_scope

    @property
    def reuse(self) -> Any:
        """Whether variables are shared: True, False or ``AUTO_REUSE``."""
        return self._reuse

    @property
    def initializer(self) -> Any:
        """The initializer of variables without one of their own."""
        return self._initializer

    @property
    def regularizer(self) -> Any:
        """The regularizer of variables without one of their own."""
        return self._regularizer

    @property
    def dtype(self) -> Any:
        """The type of variables for which none is given."""
        return self._dtype

    @property
    def use_resource(self) -> Any:
        """Whether variables are resources."""
        return self._use_resource

    @property
    def custom_getter(self) -> Any:
        """What is called instead of the getter."""
        return self._custom_getter

    @property
    def constraint(self) -> Any:
        """The constraint of variables without one of their own."""
        return self._constraint

    @property
    def caching_device(self) -> Any:
        """Not looked at."""
        return self._caching_device

    @property
    def partitioner(self) -> Any:
        """Always None: variables are not split."""
        return self._partitioner

    def reuse_variables(self) -> None:
        """From now on variables are shared."""
        self._reuse = True

    def set_initializer(self, initializer: Any) -> None:
        """The initializer of variables without one of their own."""
        self._initializer = initializer

    def set_regularizer(self, regularizer: Any) -> None:
        """The regularizer of variables without one of their own."""
        self._regularizer = regularizer

    def set_dtype(self, dtype: Any) -> None:
        """The type of variables for which none is given."""
        self._dtype = dtype

    def set_use_resource(self, use_resource: bool) -> None:
        """Whether variables are resources."""
        self._use_resource = use_resource

    def set_custom_getter(self, custom_getter: Any) -> None:
        """What is called instead of the getter."""
        self._custom_getter = custom_getter

    def get_collection(self, name: str) -> list[Any]:
        """The items of a collection that belong to this scope."""
        return get_default_graph().get_collection(name, self._name + "/" if self._name else "")

    def trainable_variables(self) -> list[Any]:
        """The trainable variables of this scope."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self) -> list[Any]:
        """The variables of this scope."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self) -> list[Any]:
        """The local variables of this scope."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def get_variable(self, name: str, **kwargs: Any) -> Any:
        """See :func:`get_variable`."""
        from tapeview.engine.deferred import getting

        full = f"{self._name}/{name}" if self._name else name
        return getting.get(get_default_graph(), self, full, **kwargs)


def get_variable_scope() -> VariableScope:
    """The open variable scope."""
    graph = get_default_graph()
    if graph.scopes.variables is None:
        graph.scopes.variables = VariableScope(False)
    return graph.scopes.variables  # type: ignore[no-any-return]
