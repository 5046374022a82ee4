"""Datasets made by a script's functions. A function runs for each element, as plain Python."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from tapeview.engine import seeds
from tapeview.engine.data import elements
from tapeview.engine.data.dataset import UNKNOWN, Dataset
from tapeview.engine.state import state


class _Functional(Dataset):
    def __init__(self, source: Dataset, function: Callable[..., Any]) -> None:
        if not callable(function):
            raise TypeError(f"{function!r} is not a callable object")
        self._source = source
        self._function = function
        # As in TensorFlow random ops inside have streams of their own, which go on from element to element.
        self._seeds = seeds.FunctionSeeds()

    def _called(self, *arguments: Any) -> Any:
        with seeds.inside(self._seeds):
            return self._function(*arguments)

    def _of(self, element: Any) -> Any:
        if isinstance(element, tuple) and not hasattr(element, "_fields"):
            return self._called(*element)
        return self._called(element)

    @property
    def element_spec(self) -> Any:
        """The spec of the source."""
        return self._source.element_spec


class _MapDataset(_Functional):
    _spec: Any = None

    def _elements(self) -> Iterator[Any]:
        return (elements.as_element(self._of(element)) for element in self._source._elements())

    def _size(self) -> int:
        return self._source._size()

    @property
    def element_spec(self) -> Any:
        """What the function gives for zeros; sizes that depend on unknown ones are unknown."""
        if self._spec is None:
            tapes, outer = state.tapes, self._seeds
            state.set_tapes(())
            self._seeds = seeds.FunctionSeeds()
            try:
                found = [
                    elements.spec_of(elements.as_element(self._of(elements.example(self._source.element_spec, size))))
                    for size in (1, 2)
                ]
            finally:
                self._seeds = outer
                state.set_tapes(tapes)
            self._spec = elements.common(*found)
        return self._spec


class _ParallelMapDataset(_MapDataset):
    pass


class _FilterDataset(_Functional):
    def _elements(self) -> Iterator[Any]:
        return filter(self._of, self._source._elements())


class _TakeWhileDataset(_Functional):
    def _elements(self) -> Iterator[Any]:
        return itertools.takewhile(lambda element: bool(self._of(element)), self._source._elements())


class _ScanDataset(_Functional):
    def __init__(self, source: Dataset, initial: Any, function: Callable[..., Any]) -> None:
        super().__init__(source, function)
        self._initial = elements.as_element(initial)

    def _elements(self) -> Iterator[Any]:
        return self._scanned(self._source._elements())

    def _scanned(self, source: Iterator[Any]) -> Iterator[Any]:
        value = self._initial
        for element in source:
            value, found = self._called(value, element)
            yield elements.as_element(found)

    def _size(self) -> int:
        return self._source._size()

    @property
    def element_spec(self) -> Any:
        """What the function gives for zeros."""
        zeros = elements.example(self._source.element_spec, 1)
        return elements.spec_of(elements.as_element(self._called(self._initial, zeros)[1]))


class _InterleaveDataset(_Functional):
    def __init__(self, source: Dataset, function: Callable[..., Any], cycle: int, block: int) -> None:
        super().__init__(source, function)
        self._cycle, self._block = cycle, block

    @property
    def element_spec(self) -> Any:
        """The spec of the dataset that the function gives for the first element."""
        first = next(self._source._elements(), None)
        return None if first is None else self._inner(first).element_spec

    def _inner(self, element: Any) -> Dataset:
        made = self._of(element)
        if not isinstance(made, Dataset):
            raise TypeError(f"The `map_func` argument must return a `Dataset` object. Got {type(made)!r}.")
        return made

    def _elements(self) -> Iterator[Any]:
        return self._mixed(self._source._elements())

    def _mixed(self, source: Iterator[Any]) -> Iterator[Any]:
        running: list[Any] = [None] * self._cycle
        more = True
        while True:
            busy = False
            for place in range(self._cycle):
                if running[place] is None and more:
                    element = next(source, None)
                    more = element is not None
                    running[place] = self._inner(element)._elements() if more else None
                if running[place] is None:
                    continue
                busy = True
                taken = 0
                for item in itertools.islice(running[place], self._block):
                    taken += 1
                    yield item
                if taken < self._block:
                    running[place] = None
            if not busy and not more:
                return

    def _size(self) -> int:
        return UNKNOWN
