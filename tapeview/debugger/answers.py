"""Who waits for which answer of the script's process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from tapeview.protocol import Completions, Evaluated, Fetched, Stack

Answer = Stack | Evaluated | Completions | Fetched
Kind = TypeVar("Kind", Stack, Evaluated, Completions, Fetched)


class Answers:
    """Request numbers with the callables that want the answer. Usable from any thread.

    A callable gets its answer (several `Fetched`, the last of which is ``over``), or None if none will come. It is
    called without any lock held and must not raise.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._waiting: dict[int, tuple[type[Answer], Callable[[Any], object]]] = {}

    def expect(self, kind: type[Kind], answer: Callable[[Kind | None], object]) -> int:
        """Remembers who wants an answer of this kind; its request number, from 1."""
        with self._lock:
            self._last += 1
            self._waiting[self._last] = kind, answer
            return self._last

    def deliver(self, message: Answer) -> None:
        """Hands an answer to whoever asked. One that nobody waits for, or of another kind than asked, is dropped."""
        with self._lock:
            kind, answer = self._waiting.get(message.request, (None, None))
            if kind is not type(message) or answer is None:
                return
            if not isinstance(message, Fetched) or message.over:
                del self._waiting[message.request]
        answer(message)

    def give_up(self, request: int | None = None) -> None:
        """Tells one (or, with None, everybody who waits) that there will be no answer."""
        with self._lock:
            numbers = list(self._waiting) if request is None else [request]
            left = [self._waiting.pop(number)[1] for number in numbers if number in self._waiting]
        for answer in left:
            answer(None)
