"""Datasets that begin a pipeline: arrays, numbers, generators, several datasets side by side."""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.data import elements
from tapeview.engine.data.dataset import INFINITE, UNKNOWN, Dataset
from tapeview.engine.ops.shape import static_int
from tapeview.engine.scripting.specs import TensorSpec
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tensor import EagerTensor


class _TensorSliceDataset(Dataset):
    """The rows of arrays."""

    def __init__(self, tensors: Any) -> None:
        self._table = elements.mapped(lambda leaf: to_tensor(leaf)._array, tensors)
        arrays = elements.flat(self._table)
        if any(array.ndim == 0 for array in arrays):
            raise ValueError("Unbatching a tensor is only supported for rank >= 1")
        sizes = {len(array) for array in arrays}
        if len(sizes) > 1:
            first, other = len(arrays[0]), next(len(a) for a in arrays if len(a) != len(arrays[0]))
            raise ValueError(f"Dimensions {first} and {other} are not compatible")
        self._count = sizes.pop()

    def _rows(self) -> Iterator[int]:
        return iter(builtins.range(self._count))

    def _size(self) -> int:
        return self._count


class _TensorDataset(Dataset):
    """One element."""

    def __init__(self, tensors: Any) -> None:
        self._element = elements.mapped(to_tensor, tensors)

    @property
    def element_spec(self) -> Any:
        """The shapes and types of the element."""
        return elements.spec_of(self._element)

    def _elements(self) -> Iterator[Any]:
        yield self._element

    def _size(self) -> int:
        return 1


class _RangeDataset(Dataset):
    """Numbers."""

    def __init__(self, args: tuple[Any, ...], output_type: Any) -> None:
        self._range = builtins.range(*[static_int(a) for a in args])
        self._type = dtypes.as_dtype(output_type)

    @property
    def element_spec(self) -> Any:
        """A scalar of the type."""
        return TensorSpec((), self._type)

    def _elements(self) -> Iterator[Any]:
        kind = self._type.numpy
        for number in self._range:
            yield EagerTensor(np.array(number, kind))

    def _size(self) -> int:
        # len() of a range that reaches to the largest int64 does not fit into a C number.
        gap = self._range.stop - self._range.start
        return max(0, -(-gap // self._range.step))


class _FlatMapDataset(Dataset):
    """What a function's generator yields."""

    def __init__(self, generator: Any, types: Any, shapes: Any, args: Any, signature: Any) -> None:
        if not callable(generator):
            raise TypeError("`generator` must be a Python callable.")
        if signature is None and types is None:
            raise TypeError("Either `output_signature` or `output_types` must be specified.")
        if signature is not None and types is not None:
            raise TypeError("`output_types` can not be used together with `output_signature`")
        self._generator = generator
        self._args = tuple(to_tensor(a) for a in args or ())
        self._spec = _as_tuples(signature) if signature is not None else _spec(_as_tuples(types), shapes)

    @property
    def element_spec(self) -> Any:
        """The given shapes and types."""
        return self._spec

    def _elements(self) -> Iterator[Any]:
        for value in self._generator(*[a.numpy() for a in self._args]):
            yield self._checked(value)

    def _checked(self, value: Any) -> Any:
        spec = self._spec
        if isinstance(spec, tuple) and isinstance(value, list):
            value = tuple(value)
        try:
            return elements.mapped(_fitting, spec, value)
        except (ValueError, KeyError, IndexError) as error:
            if isinstance(error, ValueError) and "where an element" in str(error):
                raise
            types = elements.mapped(lambda leaf: leaf.dtype, spec)
            raise TypeError(
                f"`generator` yielded an element that did not match the expected structure. The expected structure was "
                f"{types}, but the yielded element was {value}."
            ) from error


def _fitting(spec: TensorSpec, value: Any) -> EagerTensor:
    if spec.dtype is dtypes.string:
        found = to_tensor(value)
    else:
        try:
            found = EagerTensor(np.asarray(getattr(value, "_array", value)).astype(spec.dtype.numpy))
        except (TypeError, ValueError):
            raise TypeError(
                "`generator` yielded an element that could not be converted to the expected type. The expected type "
                f"was {spec.dtype.name}, but the yielded element was {value}."
            ) from None
    if spec.shape is not None and not spec.shape.is_compatible_with(found.shape):
        raise TypeError(
            f"`generator` yielded an element of shape {found.shape} where an element of shape {spec.shape} was "
            "expected."
        )
    return found


def _as_tuples(structure: Any) -> Any:
    if isinstance(structure, list):
        structure = tuple(structure)
    if isinstance(structure, tuple) and not hasattr(structure, "_fields"):
        return tuple(_as_tuples(part) for part in structure)
    return structure


def _spec(types: Any, shapes: Any) -> Any:
    if shapes is None:
        return elements.mapped(lambda kind: TensorSpec(None, kind), types)
    return _paired(types, shapes)


def _paired(types: Any, shapes: Any) -> Any:
    if isinstance(types, tuple):
        return tuple(_paired(t, s) for t, s in zip(types, shapes, strict=True))
    if isinstance(types, dict):
        return {key: _paired(t, shapes[key]) for key, t in types.items()}
    return TensorSpec(None if shapes is None else TensorShape(shapes), types)


class _ZipDataset(Dataset):
    """Tuples (or another structure) of the elements of several datasets."""

    def __init__(self, datasets: Any) -> None:
        self._datasets = datasets
        for dataset in elements.flat(datasets):
            if not isinstance(dataset, Dataset):
                raise TypeError(
                    "The argument to `Dataset.zip()` must be a (nested) structure of `Dataset` objects."
                    f" Got {type(dataset)}."
                )

    @property
    def element_spec(self) -> Any:
        """The specs of the datasets, in their structure."""
        return elements.mapped(lambda d: d.element_spec, self._datasets)

    def _elements(self) -> Iterator[Any]:
        return map(self._placed, zip(*[d._elements() for d in elements.flat(self._datasets)], strict=False))

    def _placed(self, row: tuple[Any, ...]) -> Any:
        leaves = iter(row)
        return elements.mapped(lambda _: next(leaves), self._datasets)

    def _size(self) -> int:
        sizes = [d._size() for d in elements.flat(self._datasets)]
        if UNKNOWN in sizes:
            return UNKNOWN
        finite = [size for size in sizes if size != INFINITE]
        return min(finite) if finite else INFINITE


def sample_from_datasets(
    datasets: Any, weights: Any = None, seed: Any = None, stop_on_empty_dataset: bool = False,
    rerandomize_each_iteration: Any = None,
) -> Dataset:  # fmt: skip
    """Elements of several datasets, each from one that is drawn by the weights (with NumPy's random numbers)."""
    return _Sampled(list(datasets), weights, seed, stop_on_empty_dataset)


class _Sampled(Dataset):
    def __init__(self, datasets: list[Dataset], weights: Any, seed: Any, stop: bool) -> None:
        self._datasets, self._stop, self._seed = datasets, stop, seed
        shares = np.ones(len(datasets)) if weights is None else np.asarray(weights, np.float64)
        self._shares = shares / shares.sum()

    @property
    def element_spec(self) -> Any:
        """The spec of the first dataset."""
        return self._datasets[0].element_spec

    def _elements(self) -> Iterator[Any]:
        draw = np.random.default_rng(self._seed)
        parts: list[Any] = [d._elements() for d in self._datasets]
        shares = self._shares.copy()
        missing = object()
        while shares.sum() > 0:
            which = int(draw.choice(len(parts), p=shares / shares.sum()))
            element = next(parts[which], missing)
            if element is not missing:
                yield element
            elif self._stop:
                return
            else:
                shares[which] = 0


def choose_from_datasets(datasets: Any, choice_dataset: Dataset, stop_on_empty_dataset: bool = True) -> Dataset:
    """Elements of several datasets, in the order in which ``choice_dataset`` names them by number."""
    return _Chosen(list(datasets), choice_dataset, stop_on_empty_dataset)


class _Chosen(Dataset):
    def __init__(self, datasets: list[Dataset], choices: Dataset, stop: bool) -> None:
        self._datasets, self._choices, self._stop = datasets, choices, stop

    @property
    def element_spec(self) -> Any:
        """The spec of the first dataset."""
        return self._datasets[0].element_spec

    def _elements(self) -> Iterator[Any]:
        parts = [d._elements() for d in self._datasets]
        for choice in self._choices._elements():
            taken = list(itertools.islice(parts[int(choice)], 1))
            if taken:
                yield taken[0]
            elif self._stop:
                return
