"""Docks in turn: while a script runs, each is brought up to date and painted in a turn of the event loop of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer


class Turns(QObject):
    """What docks have to show, one dock for each turn of the event loop.

    All of them at once take longer than a click may have to wait. A click, and whatever else the user does, is shown at
    once all the same: only what comes inside of ``with taken():`` waits.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: dict[QObject, dict[str, Callable[[], None]]] = {}
        self._open = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)  # comes after what is to be painted, and after clicks and keys
        self._timer.timeout.connect(self._next)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """What docks have to show from in here waits for their turn."""
        self._open = True
        try:
            yield
        finally:
            self._open = False
            if self._waiting:
                self._timer.start()

    def puts(self, dock: QObject, key: str, update: Callable[[], None]) -> bool:
        """True if ``update`` waits for the dock's turn; False if it is to be made at once, which then counts for what
        waits under the same key."""
        if self._open:
            self._waiting.setdefault(dock, {})[key] = update
            return True
        if dock in self._waiting:
            self._waiting[dock].pop(key, None)
        return False

    @property
    def busy(self) -> bool:
        """Whether some dock still waits for its turn."""
        return bool(self._waiting)

    def close(self) -> None:
        """Nothing is shown any more."""
        self._timer.stop()
        self._waiting.clear()

    def forget(self, dock: QObject) -> None:
        """The dock goes away."""
        self._waiting.pop(dock, None)

    def _next(self) -> None:
        if not self._waiting:
            return
        dock = next(iter(self._waiting))
        for update in self._waiting.pop(dock).values():
            update()
        if self._waiting:
            self._timer.start()
