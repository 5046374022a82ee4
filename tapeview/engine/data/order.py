"""Datasets with the elements of others, in another order or fewer or more of them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any

from tapeview.engine import seeds
from tapeview.engine.data import elements
from tapeview.engine.data.dataset import INFINITE, UNKNOWN, Dataset
from tapeview.engine.ops import random_philox as philox

Pass = Callable[[], Iterator[Any]]
"""Begins a pass over what is rearranged: elements, or the numbers of rows."""

_WORDS = 1024


class Rearranged(Dataset):
    """What these datasets share: whatever stands for the elements passes through ``_pass``."""

    def __init__(self, source: Dataset) -> None:
        self._source = source
        self._table = source._table

    @property
    def element_spec(self) -> Any:
        """The spec of the source."""
        return self._source.element_spec

    def _pass(self, begin: Pass) -> Iterator[Any]:
        return begin()

    def _rows(self) -> Iterator[int]:
        return self._pass(self._source._rows)

    def _elements(self) -> Iterator[Any]:
        return super()._elements() if self._table is not None else self._pass(self._source._elements)

    def _size(self) -> int:
        return self._source._size()


class _PrefetchDataset(Rearranged):
    pass


class _OptionsDataset(Rearranged):
    pass


class _TakeDataset(Rearranged):
    def __init__(self, source: Dataset, count: int) -> None:
        super().__init__(source)
        self._count = count

    def _pass(self, begin: Pass) -> Iterator[Any]:
        return begin() if self._count < 0 else itertools.islice(begin(), self._count)

    def _size(self) -> int:
        size = self._source._size()
        if self._count < 0 or size == UNKNOWN:
            return size
        return self._count if size == INFINITE else min(size, self._count)


class _SkipDataset(Rearranged):
    def __init__(self, source: Dataset, count: int) -> None:
        super().__init__(source)
        self._count = count

    def _pass(self, begin: Pass) -> Iterator[Any]:
        return iter(()) if self._count < 0 else itertools.islice(begin(), self._count, None)

    def _size(self) -> int:
        size = self._source._size()
        if self._count < 0:
            return 0
        return size if size < 0 else max(0, size - self._count)


class _ShardDataset(Rearranged):
    def __init__(self, source: Dataset, count: int, index: int) -> None:
        super().__init__(source)
        if not 0 <= index < count:
            raise ValueError(f"index must be at least 0 and below num_shards, but it is {index} of {count}")
        self._count, self._index = count, index

    def _pass(self, begin: Pass) -> Iterator[Any]:
        return itertools.islice(begin(), self._index, None, self._count)

    def _size(self) -> int:
        size = self._source._size()
        return size if size < 0 else max(0, -(-(size - self._index) // self._count))


class _RepeatDataset(Rearranged):
    def __init__(self, source: Dataset, count: int) -> None:
        super().__init__(source)
        self._count = count

    def _pass(self, begin: Pass) -> Iterator[Any]:
        return self._again(begin() if self._count else iter(()), begin)

    def _again(self, items: Iterator[Any], begin: Pass) -> Iterator[Any]:
        for turn in itertools.count() if self._count < 0 else range(self._count):
            empty = True
            for item in begin() if turn else items:
                empty = False
                yield item
            if empty:
                return

    def _size(self) -> int:
        size = self._source._size()
        if size == 0 or self._count == 0:
            return 0
        if self._count < 0:
            return INFINITE
        return size if size < 0 else size * self._count


class CacheDataset(Rearranged):
    """Elements that are made once."""

    def __init__(self, source: Dataset) -> None:
        super().__init__(source)
        self._kept: list[Any] | None = None

    def _pass(self, begin: Pass) -> Iterator[Any]:
        return self._keeping(begin()) if self._kept is None else iter(self._kept)

    def _keeping(self, items: Iterator[Any]) -> Iterator[Any]:
        seen = []
        for item in items:
            seen.append(item)
            yield item
        self._kept = seen


class _Words:
    """The 32-bit words of a stream, one after the other."""

    def __init__(self, first: int, second: int) -> None:
        low, high = philox.words_of(first, 2)
        self._key: philox.Key = (low, high)
        low, high = philox.words_of(second, 2)
        self._counter: philox.Counter = (0, 0, low, high)
        self._left: Iterator[int] = iter(())

    def next(self) -> int:
        """The next word."""
        word = next(self._left, None)
        if word is None:
            self._left = iter(philox.word_stream(self._key, self._counter, _WORDS).tolist())
            self._counter = philox.advanced(self._counter, _WORDS // 4)
            word = next(self._left)
        return word


class _ShuffleDataset(Rearranged):
    """Elements drawn from a buffer, with TensorFlow's own random numbers."""

    def __init__(self, source: Dataset, buffer_size: int, seed: Any, again: bool) -> None:
        super().__init__(source)
        if buffer_size < 1:
            raise ValueError(f"`buffer_size` must be positive, but it is {buffer_size}.")
        self._buffer_size = buffer_size
        given = None if seed is None else int(getattr(seed, "_array", seed))
        first, second = seeds.get_seed(given)
        if first is None or second is None:
            first, second = (int.from_bytes(os.urandom(4), "little") for _ in range(2))
        self._seeds = first, second
        # Each pass gets two new seeds of this stream, or all have the same two.
        self._fresh = _Words(*self._seeds) if again else None

    def _pass(self, begin: Pass) -> Iterator[Any]:
        words = _Words(*self._seeds) if self._fresh is None else _Words(self._fresh.next(), self._fresh.next())
        return self._drawn(words, begin())

    def _drawn(self, words: _Words, source: Iterator[Any]) -> Iterator[Any]:
        size = self._buffer_size
        buffer = list(itertools.islice(source, size))
        filled, size, start = len(buffer), len(buffer), 0
        draw = words.next
        missing = object()
        while filled:
            place = (start + draw() % filled) % size
            item = buffer[place]
            buffer[place] = buffer[start]
            start = (start + 1) % size
            filled -= 1
            fresh = next(source, missing)
            if fresh is not missing:
                buffer[(start + filled) % size] = fresh
                filled += 1
            yield item


class _ConcatenateDataset(Dataset):
    def __init__(self, first: Dataset, second: Dataset) -> None:
        a, b = (elements.mapped(lambda leaf: leaf.dtype, d.element_spec) for d in (first, second))
        if a != b:
            raise TypeError(
                f"Incompatible types of input datasets: {a} vs. {b}. Two datasets to concatenate have elements of one "
                "structure and type."
            )
        self._parts = first, second

    @property
    def element_spec(self) -> Any:
        """What the specs of both have in common."""
        return elements.common(self._parts[0].element_spec, self._parts[1].element_spec)

    def _elements(self) -> Iterator[Any]:
        first, second = self._parts
        return itertools.chain.from_iterable(itertools.chain([first._elements()], (d._elements() for d in (second,))))

    def _size(self) -> int:
        first, second = (part._size() for part in self._parts)
        if INFINITE in (first, second):
            return INFINITE
        return UNKNOWN if UNKNOWN in (first, second) else first + second
