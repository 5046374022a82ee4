"""A running script as the view-models see it: they ask it in the window's thread and are answered there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from tapeview.debugger.remote import Remote
from tapeview.protocol import Completions, Evaluated, Fetched, Stack

__all__ = ["Completions", "Evaluated", "Fetched", "LiveScript", "Stack"]


class LiveScript:
    """Passes questions on to the script. Each answer, or None where none will come, is handed out by `deliver`.

    Returns of the verbs are request numbers for `cancel`.
    """

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._answers: deque[tuple[Callable[[Any], object], Any]] = deque()

    def ask_stack(self, done: Callable[[Stack | None], object], *, thread: int = 0) -> int:
        """The call stack of a thread; 0: of the one that stopped."""
        return self._remote.ask_stack(self._keep(done), thread)

    def evaluate(
        self, text: str, done: Callable[[Evaluated | None], object], *, frame: int = 0, thread: int = 0
    ) -> int:
        """The value of an expression in a frame."""
        return self._remote.evaluate(text, self._keep(done), frame=frame, thread=thread)

    def complete(
        self, text: str, cursor: int, done: Callable[[Completions | None], object], *, frame: int = 0, thread: int = 0
    ) -> int:
        """How the word that ends at ``cursor`` may go on."""
        return self._remote.complete(text, cursor, self._keep(done), frame=frame, thread=thread)

    def fetch(self, tensors: Sequence[int], done: Callable[[Fetched | None], object]) -> int:
        """The bytes of tensors, into the recording; ``done`` is called several times, the last time with ``over``."""
        return self._remote.fetch(tensors, self._keep(done))

    def cancel(self, request: int) -> None:
        """Give up an `evaluate` or a `fetch`."""
        self._remote.cancel(request)

    @property
    def answered(self) -> bool:
        """Whether there is something to deliver."""
        return bool(self._answers)

    def deliver(self) -> None:
        """Hand out the answers that have come. For the window's thread."""
        while self._answers:
            done, answer = self._answers.popleft()
            done(answer)

    def _keep(self, done: Callable[[Any], object]) -> Callable[[Any], object]:
        return lambda answer: self._answers.append((done, answer))
