"""Datasets that put elements together, or take them apart."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.data import elements
from tapeview.engine.data.dataset import UNKNOWN, Dataset
from tapeview.engine.errors import InvalidArgumentError
from tapeview.engine.scripting.specs import TensorSpec
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor


def _stacked(batch: list[Any]) -> Any:
    return elements.mapped(lambda *leaves: EagerTensor(_stack([leaf._array for leaf in leaves])), *batch)


def _stack(arrays: list[Array]) -> Array:
    first = arrays[0].shape
    for place, array in enumerate(arrays):
        if array.shape != first:
            raise InvalidArgumentError(
                None, None,
                "Cannot batch tensors with different shapes in component 0. First element had shape "
                f"{bracketed(first)} and element {place} had shape {bracketed(array.shape)}. "
                "[Op:IteratorGetNext] name: ",
            )  # fmt: skip
    return np.stack(arrays)


class _BatchDataset(Dataset):
    """Elements stacked."""

    def __init__(self, source: Dataset, size: int, drop: bool) -> None:
        if size < 1:
            raise ValueError(f"batch_size must be greater than zero, but it is {size}.")
        self._source, self._batch, self._drop = source, size, drop

    @property
    def element_spec(self) -> Any:
        """The source's spec with one axis more."""
        return elements.with_rows(self._source.element_spec, self._batch if self._drop else None)

    def _elements(self) -> Iterator[Any]:
        table = self._source._table
        return self._batches(table, self._source._elements() if table is None else self._source._rows())

    def _batches(self, table: Any, items: Iterator[Any]) -> Iterator[Any]:
        while batch := list(itertools.islice(items, self._batch)):
            if self._drop and len(batch) < self._batch:
                return
            if table is None:
                yield _stacked(batch)
                continue
            rows = np.array(batch)
            run = batch[-1] - batch[0] + 1 == len(batch) and bool((np.diff(rows) == 1).all())
            chosen: Any = slice(batch[0], batch[-1] + 1) if run else rows
            yield elements.mapped(lambda array, at=chosen: EagerTensor(array[at]), table)

    def _size(self) -> int:
        size = self._source._size()
        return size if size < 0 else size // self._batch if self._drop else -(-size // self._batch)


class _PaddedBatchDataset(_BatchDataset):
    """Elements filled up to one shape and stacked."""

    def __init__(self, source: Dataset, size: int, shapes: Any, values: Any, drop: bool) -> None:
        super().__init__(source, size, drop)
        spec = source.element_spec
        self._shapes = elements.mapped(lambda leaf: leaf.shape, spec) if shapes is None else _like(spec, shapes)
        self._values = elements.mapped(lambda leaf: None, spec) if values is None else _like(spec, values)

    @property
    def element_spec(self) -> Any:
        """The padded shapes with one axis more."""
        rows = self._batch if self._drop else None

        def padded(leaf: TensorSpec, shape: Any) -> TensorSpec:
            return TensorSpec([rows, *(None if d in (-1, None) else int(d) for d in shape)], leaf.dtype)

        return _over(padded, self._source.element_spec, self._shapes)

    def _elements(self) -> Iterator[Any]:
        return self._filled(self._source._elements())

    def _filled(self, items: Iterator[Any]) -> Iterator[Any]:
        spec = self._source.element_spec
        while batch := list(itertools.islice(items, self._batch)):
            if self._drop and len(batch) < self._batch:
                return
            columns = elements.mapped(lambda *leaves: _Column([leaf._array for leaf in leaves]), *batch)
            yield _over(_padded, spec, columns, self._shapes, self._values)


class _Column:
    def __init__(self, arrays: list[Array]) -> None:
        self.arrays = arrays


def _like(spec: Any, given: Any) -> Any:
    """What a script gave for each part of an element; one for all of them if it is no structure."""
    if isinstance(spec, tuple):
        if isinstance(given, tuple) or (isinstance(given, list) and len(given) == len(spec)):
            return tuple(_like(s, g) for s, g in zip(spec, given, strict=True))
        return tuple(_like(s, given) for s in spec)
    if isinstance(spec, dict):
        return {key: _like(s, given[key] if isinstance(given, dict) else given) for key, s in spec.items()}
    return given


def _over(function: Any, spec: Any, *others: Any) -> Any:
    """As ``elements.mapped``, for others whose leaves are tuples (shapes)."""
    if isinstance(spec, tuple):
        return tuple(_over(function, s, *rest) for s, *rest in zip(spec, *others, strict=True))
    if isinstance(spec, dict):
        return {key: _over(function, s, *(o[key] for o in others)) for key, s in spec.items()}
    return function(spec, *others)


def _padded(spec: TensorSpec, column: _Column, shape: Any, value: Any) -> EagerTensor:
    arrays = column.arrays
    wanted = [None] * arrays[0].ndim if shape is None else list(shape)
    most = [max(array.shape[k] for array in arrays) for k in range(arrays[0].ndim)]
    sizes = [m if d in (-1, None) else int(d) for d, m in zip(wanted, most, strict=True)]
    for array in arrays:
        if any(a > s for a, s in zip(array.shape, sizes, strict=True)):
            raise InvalidArgumentError(
                None, None,
                f"Attempted to pad to a smaller size than the input element: {bracketed(array.shape)} to "
                f"{bracketed(sizes)}. [Op:IteratorGetNext] name: ",
            )  # fmt: skip
    empty: Any = b"" if spec.dtype is dtypes.string else 0
    filler = empty if value is None else to_tensor(value)._array[()]
    rows = np.full((len(arrays), *sizes), filler, arrays[0].dtype)
    for k, array in enumerate(arrays):
        place: Any = (k, *(slice(0, d) for d in array.shape))
        rows[place] = array
    return EagerTensor(rows)


class _UnbatchDataset(Dataset):
    """The rows of elements."""

    def __init__(self, source: Dataset) -> None:
        self._source = source

    @property
    def element_spec(self) -> Any:
        """The source's spec with one axis less."""
        return elements.without_rows(self._source.element_spec)

    def _elements(self) -> Iterator[Any]:
        rows = (Dataset.from_tensor_slices(element)._elements() for element in self._source._elements())
        return itertools.chain.from_iterable(rows)

    def _size(self) -> int:
        size = self._source._size()
        rows = {leaf.shape[0] if leaf.shape else None for leaf in elements.flat(self._source.element_spec)}
        count = rows.pop() if len(rows) == 1 else None
        return UNKNOWN if count is None or size < 0 else size * count


class _Listed(Dataset):
    """Elements that are there."""

    def __init__(self, items: list[Any], spec: Any) -> None:
        self._items, self._spec = items, spec

    @property
    def element_spec(self) -> Any:
        """The given spec."""
        return self._spec

    def _elements(self) -> Iterator[Any]:
        return iter(self._items)

    def _size(self) -> int:
        return len(self._items)


_Listed.__name__ = "_VariantDataset"


class _WindowDataset(Dataset):
    """Datasets of neighbouring elements; a structure of them if the elements have one."""

    def __init__(self, source: Dataset, size: int, shift: int, stride: int, drop: bool) -> None:
        if size < 1 or shift < 1 or stride < 1:
            raise ValueError("size, shift and stride must be greater than zero.")
        self._source, self._width, self._shift, self._stride, self._drop = source, size, shift, stride, drop

    @property
    def element_spec(self) -> Any:
        """Specs of datasets."""
        return elements.mapped(elements.DatasetSpec, self._source.element_spec)

    def _elements(self) -> Iterator[Any]:
        return self._windows(self._source._elements())

    def _windows(self, source: Iterator[Any]) -> Iterator[Any]:
        spec = self._source.element_spec
        reach = (self._width - 1) * self._stride + 1
        held: deque[Any] = deque()
        while True:
            held.extend(itertools.islice(source, reach - len(held)))
            chosen = list(itertools.islice(held, 0, reach, self._stride))
            if not chosen or (self._drop and len(chosen) < self._width):
                return
            columns = [elements.flat(item) for item in chosen]
            leaves = iter(zip(*columns, strict=True))
            yield elements.mapped(lambda leaf, left=leaves: _Listed(list(next(left)), leaf), spec)
            dropped = min(self._shift, len(held))
            for _ in range(dropped):
                held.popleft()
            for _ in itertools.islice(source, self._shift - dropped):
                continue

    def _size(self) -> int:
        size = self._source._size()
        if size < 0:
            return size
        reach = (self._width - 1) * self._stride + 1
        return max(0, -(-(size - reach + 1) // self._shift)) if self._drop else -(-size // self._shift)
