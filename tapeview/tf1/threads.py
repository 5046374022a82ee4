"""What scripts with input queues start and join: objects that do nothing, since there are no queues."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any


class Coordinator:
    """Tells the threads of a script when to stop."""

    def __init__(self, clean_stop_exception_types: Any = None) -> None:
        self._stop = threading.Event()
        self._error: Any = None
        self._joined = False

    @property
    def joined(self) -> bool:
        """Whether :meth:`join` has been called."""
        return self._joined

    def should_stop(self) -> bool:
        """Whether somebody has asked to stop."""
        return self._stop.is_set()

    def request_stop(self, ex: Any = None) -> None:
        """Asks all to stop; what ``ex`` says is raised by :meth:`join`."""
        if isinstance(ex, tuple):
            ex = ex[1]
        if ex is not None and self._error is None:
            self._error = ex
        self._stop.set()

    def clear_stop(self) -> None:
        """Takes the request back."""
        self._stop.clear()
        self._error = None

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Waits until somebody asks to stop; False if that takes more than ``timeout`` seconds."""
        return self._stop.wait(timeout)

    def register_thread(self, thread: threading.Thread) -> None:
        """Accepted."""

    @contextlib.contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """A block; what it raises is raised by :meth:`join`."""
        try:
            yield
        except Exception as error:
            self.request_stop(error)

    def join(
        self, threads: Sequence[threading.Thread] | None = None, stop_grace_period_secs: float = 120,
        ignore_live_threads: bool = False,
    ) -> None:  # fmt: skip
        """Waits for threads, and raises what was given to :meth:`request_stop`."""
        for thread in threads or ():
            thread.join(stop_grace_period_secs)
        self._joined = True
        error, self._error = self._error, None
        if error is not None:
            raise error


class QueueRunner:
    """Not there. Raises ValueError."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise ValueError(
            "tapeview has no input queues (tf.train.batch, QueueRunner): read the data with tf.data or NumPy."
        )


def start_queue_runners(
    sess: Any = None, coord: Any = None, daemon: bool = True, start: bool = True, collection: str = "queue_runners"
) -> list[threading.Thread]:
    """No threads: there are no queues to fill."""
    return []


def iterator(dataset: Any) -> Iterator[Any]:
    """The elements of a dataset, one after the other (``tf.contrib.eager.Iterator``)."""
    return iter(dataset)
