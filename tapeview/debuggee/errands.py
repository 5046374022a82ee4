"""Work that the debugger wants done on a thread that waits at the gate, and that can be given up."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from tapeview.protocol import FromScript


class Cancelled(BaseException):
    """Raised in the middle of an errand that is given up."""


Aside = Callable[[], AbstractContextManager[object]]
"""Makes the context in which an errand runs: the script's tapes put away, nothing recorded."""


class Errand:
    """A job for `gate.Gate.put` that is answered exactly once, whatever happens.

    Args:
        request: the number by which it can be given up.
        work: makes the answer; runs on the waiting thread. What it raises is told as an error.
        refusal: the answer where there is no other; gets one sentence.
        answer: takes the answer, on any thread.
        aside: see `Aside`.
        patience: after so many seconds `overdue` says so; None = never.
    """

    def __init__(
        self,
        request: int,
        work: Callable[[], FromScript],
        refusal: Callable[[str], FromScript],
        answer: Callable[[FromScript], None],
        aside: Aside,
        patience: float | None = None,
    ) -> None:
        self.request = request
        self._work = work
        self._refusal = refusal
        self._answer = answer
        self._aside = aside
        self._lock = threading.Lock()
        self._thread = 0
        self._answered = False
        self._deadline = None if patience is None else time.monotonic() + patience

    @property
    def answered(self) -> bool:
        """Whether nothing more will be said."""
        return self._answered

    @property
    def overdue(self) -> bool:
        """Whether it has taken too long."""
        return self._deadline is not None and not self._answered and time.monotonic() >= self._deadline

    def __call__(self, held: bool) -> None:
        if not held:
            self.refuse("The script has gone on.")
            return
        if self._answered:
            return
        with self._aside():
            try:
                result = self._interruptible()
            except Cancelled:
                result = None
        if result is not None:
            self._give(result)

    def cancel(self, sentence: str) -> None:
        """Gives it up and answers at once. What runs in native code goes on until it returns to Python."""
        with self._lock:
            if self._thread:
                _raise_in(self._thread, Cancelled)
        self.refuse(sentence)

    def refuse(self, sentence: str) -> None:
        """Answers that there is no answer, unless there was one."""
        self._give(self._refusal(sentence))

    def _give(self, message: FromScript) -> None:
        with self._lock:
            first, self._answered = not self._answered, True
        if first:
            self._answer(message)

    def _interruptible(self) -> FromScript | None:
        try:
            with self._lock:
                if self._answered:
                    return None
                self._thread = threading.get_ident()
            return self._work()
        except Cancelled:
            return None
        except BaseException as error:
            return self._refusal(last_line(error))
        finally:
            self._close()

    def _close(self) -> None:
        """From here on no `Cancelled` is on its way to this thread, which will run the script's code again."""
        thread = threading.get_ident()
        while True:
            try:
                with self._lock:
                    self._thread = 0
                    _raise_in(thread, None)
            except Cancelled:
                continue
            return


def _raise_in(thread: int, kind: type[BaseException] | None) -> None:
    """Has ``kind`` raised in a thread before its next instruction; None takes back what has not been raised yet."""
    error = ctypes.py_object(kind) if kind is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), error)


def last_line(error: BaseException, limit: int = 2_000) -> str:
    """``TypeError: what it says``, as Python prints it last, on one line."""
    try:
        text = str(error)
    except Exception:
        text = "<its text cannot be had>"
    text = " ".join(text.split())
    name = type(error).__qualname__
    return f"{name}: {text}"[:limit] if text else name
