"""Names of layers: the class's in snake case, with a number from the second one on."""

from __future__ import annotations

import re
from collections import defaultdict

_counts: defaultdict[str, int] = defaultdict(int)


def snake_case(name: str) -> str:
    """``"MaxPooling2D"`` -> ``"max_pooling2d"``; ``"_Head"`` -> ``"private__head"``."""
    split = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    snake = re.sub("([a-z])([A-Z])", r"\1_\2", split).lower()
    return "private" + snake if snake.startswith("_") else snake


def unique(word: str, *, zero_based: bool = True) -> str:
    """The next free name: ``dense``, ``dense_1`` ..., or ``input_1``, ``input_2`` ... where counting begins at one."""
    number = _counts[word] + (not zero_based)
    _counts[word] += 1
    return f"{word}_{number}" if number else word


def forget() -> None:
    """All names are free again (``keras.backend.clear_session``)."""
    _counts.clear()
