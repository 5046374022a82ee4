"""Work away from the window's thread, with its result brought back into it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal

Result = TypeVar("Result")


class QtBackground(QObject):
    """Runs jobs in a few threads of its own; ``close`` waits for those that run and forgets the others."""

    _finished = Signal(object, object)
    _told = Signal(object)

    def __init__(self, parent: QObject | None = None, threads: int = 2) -> None:
        super().__init__(parent)
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._closed = False
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._told.connect(self._pass_on, Qt.ConnectionType.QueuedConnection)

    def submit(self, job: Callable[[], Result], done: Callable[[Result], object]) -> None:
        """Run ``job`` in another thread, then ``done`` with its result in the window's."""
        if self._closed:
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, "tapeview window")
        future = self._pool.submit(job)
        future.add_done_callback(lambda future: self._announce(future, done))

    def tell(self, news: Callable[[], object]) -> None:
        """Called by a job in its thread: run ``news`` in the window's."""
        if not self._closed:
            self._told.emit(news)

    def close(self) -> None:
        """Accept nothing more, and wait for what runs."""
        self._closed = True
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _announce(self, future: Future[Result], done: Callable[[Result], object]) -> None:
        if not self._closed:
            self._finished.emit(future, done)

    def _deliver(self, future: Future[object], done: Callable[[object], object]) -> None:
        if not self._closed and not future.cancelled():
            done(future.result())

    def _pass_on(self, news: Callable[[], object]) -> None:
        if not self._closed:
            news()
