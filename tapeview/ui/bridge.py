"""From the script's follower thread into the window's thread, and the clock that looks for new data."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

INTERVAL = 50
"""Milliseconds between two looks at a growing recording: 20 a second."""

LONGEST = 150
"""Milliseconds between two looks where painting takes long."""


class Bridge(QObject):
    """Calls ``poll`` at most 20 times a second while ``wanted`` says so, and less often where a look takes long.

    ``post`` may be called from any thread: it starts the clock. Where ``urgent`` says that the news cannot wait (the
    script has stopped, an answer has come), ``poll`` is called at once.
    """

    _posted = Signal()

    def __init__(
        self,
        poll: Callable[[], None],
        wanted: Callable[[], bool],
        parent: QObject | None = None,
        urgent: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(parent)
        self._poll, self._wanted, self._urgent = poll, wanted, urgent
        self._cpu = time.process_time()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)
        self._posted.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def post(self) -> None:
        """There is news (from any thread)."""
        self._posted.emit()

    def start(self) -> None:
        """Look soon, and go on looking while that is wanted."""
        if not self._timer.isActive():
            self._timer.start(INTERVAL)

    def close(self) -> None:
        """Look no more."""
        self._wanted = lambda: False
        self._posted.disconnect(self._take)
        self._timer.stop()

    def _take(self) -> None:
        if self._urgent():
            self._timer.stop()
            self._look()
        else:
            self.start()

    def _look(self) -> None:
        began = time.perf_counter()
        self._poll()
        # A look that takes long (steps of very many ops) may take a third of the window's time, not all of it.
        spent = (time.perf_counter() - began) * 1000
        # And what it leads to is painted after it: the script that is looked at needs the processor as well.
        cpu = time.process_time()
        used, self._cpu = (cpu - self._cpu) * 1000, cpu
        if self._wanted():
            self._timer.start(max(INTERVAL, round(2 * spent), min(LONGEST, round(1.5 * used))))
