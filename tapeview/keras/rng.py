"""Where Keras takes its random numbers from: seeds for initializers and for layers that draw at each call."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from tapeview.engine import seeds


class _Source:
    generator: random.Random | None = None


_source = _Source()


def set_random_seed(seed: int) -> None:
    """``keras.utils.set_random_seed``: seeds Python's, NumPy's and TensorFlow's random numbers and Keras's own.

    Raises:
        ValueError: the seed is no int.
    """
    if not isinstance(seed, (int, np.integer)):
        raise ValueError(f"Expected `seed` argument to be an integer. Received: seed={seed} (of type {type(seed)})")
    random.seed(seed)
    np.random.seed(seed)
    seeds.set_seed(seed)
    _source.generator = random.Random(seed)


def new_seed() -> int:
    """A seed for an object that got none: from :func:`set_random_seed`, else from Python's own generator."""
    source: Any = random if _source.generator is None else _source.generator
    return source.randint(1, int(1e9))  # type: ignore[no-any-return]


def forget_seed() -> None:
    """As if :func:`set_random_seed` had never been called, for Keras's own numbers."""
    _source.generator = None


class StatelessSeed:
    """An initializer's seed: the given one, or one drawn when the first number is needed."""

    def __init__(self, seed: int | None) -> None:
        self._seed = seed

    def pair(self) -> list[int]:
        """The two ints that a stateless op takes; the same ones each time."""
        if self._seed is None:
            self._seed = new_seed()
        return [self._seed, 0]


class LegacySeed:
    """A layer's seed for stateful ops: None, or the given one and one more at each call."""

    def __init__(self, seed: int | None) -> None:
        self._seed = seed

    def next(self) -> int | None:
        """The seed for the coming op."""
        if self._seed is None:
            return None
        self._seed += 1
        return self._seed - 1
