"""``tf.data.Dataset``: the base of all datasets, with the methods that make one from another.

A dataset whose elements are rows of arrays says so by a *table*: then shuffling, repeating and taking work on row
numbers, and a batch is one look into the arrays.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from tapeview.engine import dispatch, dtypes
from tapeview.engine.data import elements
from tapeview.engine.errors import InvalidArgumentError, OutOfRangeError
from tapeview.engine.ops.shape import static_int
from tapeview.engine.scripting.specs import TensorSpec
from tapeview.engine.state import state
from tapeview.engine.tensor import EagerTensor

INFINITE, UNKNOWN, AUTOTUNE = -1, -2, -1


class Dataset:
    """A sequence of elements (tuples and dicts of tensors), made anew each time it is iterated over."""

    _table: Any = None
    """A structure of arrays whose rows are the elements; None if the elements are made otherwise."""

    # -- what kinds of datasets are ------------------------------------------------------------------------------------

    def _elements(self) -> Iterator[Any]:
        """The elements of one pass. What ``shuffle`` draws for a pass it draws now, not at the first element."""
        table = self._table

        def element(row: int) -> Any:
            return elements.mapped(lambda array: EagerTensor(array[row : row + 1].reshape(array.shape[1:])), table)

        return map(element, self._rows())

    def _rows(self) -> Iterator[int]:
        """The row numbers of one pass, if there is a table."""
        raise TypeError("this dataset has no table")

    def _size(self) -> int:
        """The number of elements, INFINITE or UNKNOWN."""
        return UNKNOWN

    @property
    def element_spec(self) -> Any:
        """The shapes and types of an element, in its structure."""
        return elements.mapped(lambda a: TensorSpec(a.shape[1:], _type(a)), self._table)

    # -- reading -------------------------------------------------------------------------------------------------------

    def __iter__(self) -> OwnedIterator:
        return OwnedIterator(self)

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        size = self._size()
        if size == INFINITE:
            raise TypeError("The dataset is infinite.")
        if size == UNKNOWN:
            raise TypeError("The dataset length is unknown.")
        return size

    def __repr__(self) -> str:
        return f"<{type(self).__name__} element_spec={self.element_spec!r}>"

    def make_one_shot_iterator(self) -> Any:
        """An iterator with ``get_next``, as older scripts make one."""
        return make_one_shot_iterator(self)

    def make_initializable_iterator(self, shared_name: str | None = None) -> Any:
        """An iterator of a deferred graph that begins when its initializer runs."""
        return make_initializable_iterator(self)

    @property
    def output_types(self) -> Any:
        """The types of an element."""
        return elements.mapped(lambda s: s.dtype, self.element_spec)

    @property
    def output_shapes(self) -> Any:
        """The shapes of an element."""
        return elements.mapped(lambda s: s.shape, self.element_spec)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """The elements with arrays (scalars for 0-d) in the place of tensors."""
        return NumpyIterator(self)

    def cardinality(self, name: str | None = None) -> EagerTensor:
        """The number of elements: an int64 scalar, -1 for infinitely many, -2 if it is not known."""
        return EagerTensor(np.asarray(self._size(), np.int64))

    def get_single_element(self, name: str | None = None) -> Any:
        """The only element. Raises InvalidArgumentError if there is none or more than one."""
        found = list(self.take(2))
        if len(found) != 1:
            text = "Dataset was empty." if not found else "Dataset had more than one element."
            raise InvalidArgumentError(None, None, f"{text} [Op:DatasetToSingleElement]")
        return found[0]

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: str | None = None) -> Any:
        """``reduce_func(state, element)`` over all elements, beginning with ``initial_state``."""
        value = elements.as_element(initial_state)
        for element in self:
            value = elements.as_element(reduce_func(value, element))
        return value

    # -- sources -----------------------------------------------------------------------------------------------------

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> Any:
        """The rows of tensors of one length. Raises ValueError for lengths that differ, or a scalar."""
        return _deferred(_kind("sources", "_TensorSliceDataset"), tensors)

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> Any:
        """One element."""
        return _deferred(_kind("sources", "_TensorDataset"), tensors)

    @staticmethod
    def from_generator(
        generator: Any, output_types: Any = None, output_shapes: Any = None, args: Any = None,
        output_signature: Any = None, name: str | None = None,
    ) -> Dataset:  # fmt: skip
        """What a function's generator yields. Raises TypeError if no types are given, or for no function."""
        return _kind("sources", "_FlatMapDataset")(generator, output_types, output_shapes, args, output_signature)

    @staticmethod
    def range(*args: Any, output_type: Any = dtypes.int64, name: str | None = None) -> Dataset:
        """Numbers, as Python's ``range``."""
        return _kind("sources", "_RangeDataset")(args, output_type)

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> Dataset:
        """Tuples of the elements of several datasets, until the shortest ends."""
        given = datasets if datasets is not None else args[0] if len(args) == 1 else args
        return _kind("sources", "_ZipDataset")(given)

    @staticmethod
    def choose_from_datasets(datasets: Any, choice_dataset: Dataset, stop_on_empty_dataset: bool = True) -> Dataset:
        """Elements of several datasets, in the order in which ``choice_dataset`` names them by number."""
        return _kind("sources", "choose_from_datasets")(datasets, choice_dataset, stop_on_empty_dataset)

    @staticmethod
    def sample_from_datasets(
        datasets: Any, weights: Any = None, seed: Any = None, stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: Any = None,
    ) -> Dataset:  # fmt: skip
        """Elements of several datasets, each from one that is drawn by the weights."""
        return _kind("sources", "sample_from_datasets")(datasets, weights, seed, stop_on_empty_dataset)

    # -- order -------------------------------------------------------------------------------------------------------

    def shuffle(
        self, buffer_size: Any, seed: Any = None, reshuffle_each_iteration: bool | None = None, name: str | None = None
    ) -> Dataset:
        """The elements in random order, each drawn from the next ``buffer_size``."""
        again = True if reshuffle_each_iteration is None else reshuffle_each_iteration
        return _kind("order", "_ShuffleDataset")(self, static_int(buffer_size), seed, again)

    def repeat(self, count: Any = None, name: str | None = None) -> Dataset:
        """The elements ``count`` times; without end if none is given."""
        return _kind("order", "_RepeatDataset")(self, -1 if count is None else static_int(count))

    def take(self, count: Any, name: str | None = None) -> Dataset:
        """The first ``count`` elements; all for -1."""
        return _kind("order", "_TakeDataset")(self, static_int(count))

    def skip(self, count: Any, name: str | None = None) -> Dataset:
        """All but the first ``count`` elements; none for -1."""
        return _kind("order", "_SkipDataset")(self, static_int(count))

    def shard(self, num_shards: Any, index: Any, name: str | None = None) -> Dataset:
        """Every ``num_shards``-th element, beginning with number ``index``."""
        return _kind("order", "_ShardDataset")(self, static_int(num_shards), static_int(index))

    def cache(self, filename: str = "", name: str | None = None) -> Dataset:
        """The elements, kept in memory once they were all read."""
        return _kind("order", "CacheDataset")(self)

    def prefetch(self, buffer_size: Any, name: str | None = None) -> Dataset:
        """The same elements: here none is made before it is needed."""
        return _kind("order", "_PrefetchDataset")(self)

    def with_options(self, options: Any, name: str | None = None) -> Dataset:
        """The same elements: the options are about TensorFlow's threads."""
        return _kind("order", "_OptionsDataset")(self)

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """The elements of both, one dataset after the other."""
        return _kind("order", "_ConcatenateDataset")(self, dataset)

    # -- functions ---------------------------------------------------------------------------------------------------

    def map(
        self, map_func: Callable[..., Any], num_parallel_calls: Any = None, deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:  # fmt: skip
        """What ``map_func`` gives for each element; the parts of a tuple are its arguments."""
        kind = "_MapDataset" if num_parallel_calls is None else "_ParallelMapDataset"
        return _kind("functional", kind)(self, map_func)

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements for which ``predicate`` holds."""
        return _kind("functional", "_FilterDataset")(self, predicate)

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements before the first for which ``predicate`` does not hold."""
        return _kind("functional", "_TakeWhileDataset")(self, predicate)

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements of the datasets that ``map_func`` gives, one after the other."""
        return _kind("functional", "_InterleaveDataset")(self, map_func, 1, 1)

    def interleave(
        self, map_func: Callable[..., Any], cycle_length: Any = None, block_length: Any = None,
        num_parallel_calls: Any = None, deterministic: bool | None = None, name: str | None = None,
    ) -> Dataset:  # fmt: skip
        """The elements of the datasets that ``map_func`` gives, ``block_length`` from each of ``cycle_length``."""
        cycle = 1 if cycle_length is None or static_int(cycle_length) < 1 else static_int(cycle_length)
        block = 1 if block_length is None else static_int(block_length)
        return _kind("functional", "_InterleaveDataset")(self, map_func, cycle, block)

    def scan(self, initial_state: Any, scan_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """``scan_func(state, element)`` gives the next state and an element."""
        return _kind("functional", "_ScanDataset")(self, initial_state, scan_func)

    def enumerate(self, start: Any = 0, name: str | None = None) -> Dataset:
        """Pairs of a number and an element."""
        first = static_int(start)
        numbers = Dataset.range(first, np.iinfo(np.int64).max)
        return Dataset.zip((numbers, self))

    def apply(self, transformation_func: Callable[[Dataset], Any]) -> Any:
        """What a function makes of the dataset. Raises TypeError if that is no dataset."""
        made = transformation_func(self)
        if not isinstance(made, Dataset):
            raise TypeError(f"`transformation_func` must return a `tf.data.Dataset` object. Got {type(made)}.")
        return made

    # -- batches -----------------------------------------------------------------------------------------------------

    def batch(
        self, batch_size: Any, drop_remainder: Any = False, num_parallel_calls: Any = None,
        deterministic: bool | None = None, name: str | None = None,
    ) -> Dataset:  # fmt: skip
        """``batch_size`` elements stacked; the last batch may be smaller."""
        return _kind("batches", "_BatchDataset")(self, static_int(batch_size), bool(drop_remainder))

    def padded_batch(
        self, batch_size: Any, padded_shapes: Any = None, padding_values: Any = None, drop_remainder: Any = False,
        name: str | None = None,
    ) -> Dataset:  # fmt: skip
        """As :meth:`batch`, with elements filled up to one shape."""
        return _kind("batches", "_PaddedBatchDataset")(
            self, static_int(batch_size), padded_shapes, padding_values, bool(drop_remainder)
        )

    def unbatch(self, name: str | None = None) -> Dataset:
        """The rows of the elements."""
        return _kind("batches", "_UnbatchDataset")(self)

    def window(
        self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: bool = False, name: str | None = None
    ) -> Dataset:
        """Datasets of ``size`` elements each, ``stride`` apart, which begin ``shift`` elements after each other."""
        width = static_int(size)
        step = width if shift is None else static_int(shift)
        return _kind("batches", "_WindowDataset")(self, width, step, static_int(stride), bool(drop_remainder))


def _kind(module: str, name: str) -> Callable[..., Dataset]:
    # Imported when it is used: these classes derive from Dataset.
    kind: Callable[..., Dataset] = getattr(_module(module), name)
    return kind


@functools.cache
def _module(name: str) -> Any:
    return importlib.import_module(f"tapeview.engine.data.{name}")


def _type(array: Any) -> dtypes.DType:
    return dtypes.of_array(array)


class OwnedIterator:
    """One pass over a dataset. Tapes do not see what it takes to make the elements."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._items = dataset._elements()

    @property
    def element_spec(self) -> Any:
        """The shapes and types of an element."""
        return self._dataset.element_spec

    def __iter__(self) -> OwnedIterator:
        return self

    def __next__(self) -> Any:
        tapes = state.tapes
        if not tapes:
            return next(self._items)
        state.set_tapes(())
        try:
            return next(self._items)
        finally:
            state.set_tapes(tapes)

    def get_next(self) -> Any:
        """The next element. Raises OutOfRangeError at the end."""
        try:
            return next(self)
        except StopIteration:
            _end()

    def next(self) -> Any:
        """The next element. Raises StopIteration at the end."""
        return next(self)


class NumpyIterator:
    """One pass over a dataset, with arrays in the place of tensors."""

    def __init__(self, dataset: Dataset) -> None:
        self._iterator = iter(dataset)

    def __iter__(self) -> NumpyIterator:
        return self

    def __next__(self) -> Any:
        return elements.mapped(_as_numpy, next(self._iterator))


def _as_numpy(leaf: Any) -> Any:
    return leaf.numpy() if isinstance(leaf, EagerTensor) else leaf.as_numpy_iterator() if leaf is not None else None


def _end() -> NoReturn:
    raise OutOfRangeError(None, None, "End of sequence [Op:IteratorGetNext] name: ")


def cardinality(dataset: Dataset) -> EagerTensor:
    """``tf.data.experimental.cardinality``."""
    return dataset.cardinality()


def _deferred(kind: Callable[..., Any], tensors: Any) -> Any:
    """A dataset of this kind; while a deferred graph is being built it may be one of symbolic tensors."""
    if dispatch.building():
        from tapeview.engine.deferred import iterators  # which needs this module

        found = iterators.recipe(kind, (tensors,))
        if found is not None:
            return found
    return kind(tensors)


def make_one_shot_iterator(dataset: Any) -> Any:
    """An iterator with ``get_next``, as older scripts make one."""
    if dispatch.building():
        from tapeview.engine.deferred import iterators

        return iterators.make_one_shot_iterator(dataset)
    return iter(dataset)


def make_initializable_iterator(dataset: Any, shared_name: str | None = None) -> Any:
    """An iterator of a deferred graph that begins when its initializer runs. Raises RuntimeError outside of graphs."""
    if not dispatch.building():
        raise RuntimeError("dataset.make_initializable_iterator is not supported when eager execution is enabled.")
    from tapeview.engine.deferred import iterators

    return iterators.make_initializable_iterator(dataset)


class Options:
    """``tf.data.Options``: takes any settings, which are about TensorFlow's threads."""

    def __init__(self) -> None:
        self.__dict__["_inner"] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.__dict__["_inner"].setdefault(name, Options())
