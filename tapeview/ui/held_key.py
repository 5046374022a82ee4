"""A key that is held down: the thing it does is done again as soon as it is done, and never after the key is up."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence

TICK = 8
"""Milliseconds between two looks whether the next turn can begin."""


class HeldKeys(QObject):
    """Repeats actions while their key is down.

    The keyboard's own repetition (25 to 30 a second on most desktops, queued up while the window is busy) only tells
    that the key is held; from then on ``run`` is called whenever ``ready`` says so, at most once each ``TICK``.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._known: list[tuple[QAction, Callable[[], bool]]] = []
        self._held: tuple[QAction, Callable[[], bool]] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._turn)
        self._application = QCoreApplication.instance()
        if self._application is not None:
            self._application.installEventFilter(self)

    def add(self, action: QAction, ready: Callable[[], bool]) -> None:
        """Repeat ``action`` while one of its shortcuts is down, each time when ``ready`` is true."""
        action.setAutoRepeat(False)
        self._known.append((action, ready))

    @property
    def holding(self) -> bool:
        """Whether a key is being held down."""
        return self._held is not None

    def release(self) -> None:
        """Stop whatever is being repeated."""
        self._held = None
        self._timer.stop()

    def close(self) -> None:
        """Watch no more."""
        self.release()
        if self._application is not None:
            self._application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.isAutoRepeat() and self._held is None:
                self._begin(event)
        elif kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            if self._held is not None and not event.isAutoRepeat():
                self.release()
        elif kind in (QEvent.Type.ApplicationDeactivate, QEvent.Type.WindowDeactivate):
            self.release()
        return False

    def _begin(self, event: QKeyEvent) -> None:
        pressed = QKeySequence(event.keyCombination())
        for action, ready in self._known:
            if pressed in action.shortcuts():
                self._held = (action, ready)
                self._timer.start()
                self._turn()
                return

    def _turn(self) -> None:
        if self._held is None:
            return
        action, ready = self._held
        if action.isEnabled() and ready():
            action.trigger()
