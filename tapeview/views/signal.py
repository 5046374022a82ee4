"""A signal without Qt: view-models announce changes with it, docks listen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVarTuple

Arguments = TypeVarTuple("Arguments")


class Signal(Generic[*Arguments]):
    """Calls its listeners in the order in which they were connected.

    A listener that is disconnected while the signal is being emitted is not called any more; one that is connected
    meanwhile
    is first called by the next ``emit``.
    """

    __slots__ = ("_listeners", "_next")

    def __init__(self) -> None:
        self._listeners: dict[int, Callable[[*Arguments], object]] = {}
        self._next = 0

    def connect(self, listener: Callable[[*Arguments], object]) -> Callable[[], None]:
        """Call ``listener`` on each ``emit`` from now on; returns the function that ends this (harmless when called
        twice).
        """
        key = self._next
        self._next += 1
        self._listeners[key] = listener

        def disconnect() -> None:
            self._listeners.pop(key, None)

        return disconnect

    def emit(self, *arguments: *Arguments) -> None:
        """Call every listener with ``arguments``. What a listener raises is raised here."""
        for key, listener in list(self._listeners.items()):
            if key in self._listeners:
                listener(*arguments)
