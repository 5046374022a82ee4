"""A key that is held down: the thing it does is done again as soon as it is done, and never after the key is up."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence

TICK = 8
"""Milliseconds between two looks whether the next turn can begin."""


class _Repeated(NamedTuple):
    action: QAction
    ready: Callable[[], bool]
    hold: Callable[[bool], object]


class HeldKeys(QObject):
    """Repeats actions while their key is down.

    The keyboard's own repetition (25 to 30 a second on most desktops, queued up while the window is busy) only tells
    that the key is held; from then on the action is triggered whenever ``ready`` says so, at most once each ``TICK``.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._known: list[_Repeated] = []
        self._held: _Repeated | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._turn)
        self._application = QCoreApplication.instance()
        if self._application is not None:
            self._application.installEventFilter(self)

    def add(
        self, action: QAction, ready: Callable[[], bool], hold: Callable[[bool], object] = lambda _held: None
    ) -> None:
        """Repeat ``action`` while one of its shortcuts is down, each time when ``ready`` is true. ``hold`` hears when
        that begins (True) and ends.
        """
        action.setAutoRepeat(False)
        self._known.append(_Repeated(action, ready, hold))

    @property
    def holding(self) -> bool:
        """Whether a key is being held down."""
        return self._held is not None

    def release(self) -> None:
        """Stop whatever is being repeated."""
        held, self._held = self._held, None
        self._timer.stop()
        if held is not None:
            held.hold(False)

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
        found = next((one for one in self._known if pressed in one.action.shortcuts()), None)
        if found is not None and found.action.isEnabled():
            self._held = found
            self._timer.start()
            found.hold(True)
            self._turn()

    def _turn(self) -> None:
        held = self._held
        if held is not None and held.action.isEnabled() and held.ready():
            held.action.trigger()
