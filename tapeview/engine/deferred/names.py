"""``tf.name_scope`` in graphs."""

from __future__ import annotations

from typing import Any

from tapeview.engine.deferred.graph import get_default_graph
from tapeview.engine.deferred.structures import symbolic_in


class name_scope:
    """A block whose nodes get ``name/`` in front of their names. Gives the scope with its ``/``.

    Args:
        name: the scope; None for ``default_name``.
        values: tensors whose graph the block is in.
    """

    def __init__(self, name: Any, default_name: str | None = None, values: Any = None, *_: Any, **__: Any) -> None:
        if not (name is None or isinstance(name, str)):
            raise TypeError("name for name_scope must be a string.")
        if name is None and values is not None and default_name is None:
            raise TypeError("Both name and default_name for name_scope cannot be None; values argument was provided.")
        self._name = default_name if name is None else name
        self._values = values
        self._open: list[Any] = []

    @property
    def name(self) -> Any:
        """The name of the scope as given."""
        return self._name

    def __enter__(self) -> str:
        found = symbolic_in(self._values, []) if self._values is not None else []
        graph = found[0].graph if found else get_default_graph()
        block = graph.name_scope(self._name)
        self._open.append(block)
        return block.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._open.pop().__exit__(None, None, None)
