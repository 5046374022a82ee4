"""Names of layers: the class's in snake case, with a number from the second one on."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

_counts: defaultdict[str, int] = defaultdict(int)
_inner: defaultdict[str, int] = defaultdict(int)


class _Place(threading.local):
    inner = 0


_place = _Place()


@contextmanager
def inside() -> Iterator[None]:
    """Layers that are made while a layer is called on symbolic tensors are counted for themselves."""
    _place.inner += 1
    try:
        yield
    finally:
        _place.inner -= 1


def snake_case(name: str) -> str:
    """``"MaxPooling2D"`` -> ``"max_pooling2d"``; ``"_Head"`` -> ``"private__head"``."""
    split = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    snake = re.sub("([a-z])([A-Z])", r"\1_\2", split).lower()
    return "private" + snake if snake.startswith("_") else snake


def unique(word: str, *, zero_based: bool = True) -> str:
    """The next free name: ``dense``, ``dense_1`` ..., or ``input_1``, ``input_2`` ... where counting begins at one."""
    counts = _inner if _place.inner else _counts
    number = counts[word] + (not zero_based)
    counts[word] += 1
    return f"{word}_{number}" if number else word


def forget() -> None:
    """All names are free again (``keras.backend.clear_session``)."""
    _counts.clear()
    _inner.clear()
