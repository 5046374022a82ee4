"""Names of layers: the class's in snake case, with a number from the second one on."""

from __future__ import annotations

import re
from collections import defaultdict

_counts: defaultdict[str, int] = defaultdict(int)
_given: set[str] = set()


def snake_case(name: str) -> str:
    """``"MaxPooling2D"`` -> ``"max_pooling2d"``; ``"_Head"`` -> ``"private__head"``."""
    split = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    snake = re.sub("([a-z])([A-Z])", r"\1_\2", split).lower()
    return "private" + snake if snake.startswith("_") else snake


def unique(word: str, *, zero_based: bool = True) -> str:
    """The next free name: ``dense``, ``dense_1`` ..., or ``input_1``, ``input_2`` ... where counting begins at one."""
    while True:
        number = _counts[word] + (not zero_based)
        _counts[word] += 1
        name = f"{word}_{number}" if number else word
        if name not in _given:
            return name


def observe(name: str) -> None:
    """A script gave this name to a layer, so :func:`unique` must not give it again."""
    _given.add(name)


def forget() -> None:
    """All names are free again (``keras.backend.clear_session``)."""
    _counts.clear()
    _given.clear()
