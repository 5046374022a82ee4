"""Where batches come from: arrays, datasets, generators, sequences."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeview.engine import seeds
from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.dtypes import as_dtype
from tapeview.engine.ops.random import shuffle as shuffled
from tapeview.engine.scripting import structure
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.backend.config import floatx


def unpack(data: Any) -> tuple[Any, Any, Any]:
    """Inputs, labels and weights of a batch (``keras.utils.unpack_x_y_sample_weight``), None where there is none.

    Raises:
        ValueError: a tuple of another length.
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            f"Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`, found: {data}"
        )
    return (*data, *(None,) * (3 - len(data)))


def pack(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The opposite of :func:`unpack`."""
    if y is None:
        return (x,) if structure.is_nested(x) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def as_batch(value: Any) -> Any:
    """A value as a tensor; NumPy's floats take Keras's float type."""
    if value is None or isinstance(value, EagerTensor):
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return to_tensor(value, as_dtype(floatx()))
    return to_tensor(value)


def _is_array(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic)) or is_tensor_like(value) or hasattr(value, "__array__")


def _array(value: Any) -> Any:
    """What batches are cut from."""
    if hasattr(value, "_array"):
        return value._array
    if hasattr(value, "toarray"):
        value = value.toarray()
    return np.asarray(value)


def is_arrays(x: Any) -> bool:
    """Whether data is given as arrays, tensors, or lists of numbers."""
    flat = structure.flatten(x)
    return bool(flat) and all(_is_array(v) or isinstance(v, (int, float, bool, str, bytes)) for v in flat)


def _as_arrays(value: Any) -> Any:
    """A structure of arrays; a list of numbers becomes an array."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        if value and not any(_is_array(v) for v in structure.flatten(value)):
            return np.asarray(value)
        return type(value)([_as_arrays(v) for v in value]) if not hasattr(value, "_fields") else value
    if isinstance(value, dict):
        return {k: _as_arrays(v) for k, v in value.items()}
    return _array(value)


class Arrays:
    """Batches cut from arrays.

    Raises:
        ValueError: arrays of different lengths.
    """

    repeats = True

    def __init__(self, x: Any, y: Any, weight: Any, batch_size: int | None, steps: int | None, shuffle: Any) -> None:
        self.parts = tuple(_as_arrays(p) for p in (x, y, weight))
        flat = [p for p in structure.flatten(list(self.parts)) if p is not None]
        sizes = {len(p) if p.ndim else 1 for p in flat}
        if len(sizes) > 1:
            text = "".join(
                f"  {label} sizes: {', '.join(str(len(a)) for a in structure.flatten(part) if a is not None)}\n"
                for label, part in zip("xyw", self.parts, strict=True)
                if part is not None
            ).replace("  w sizes", "  sample_weight sizes")
            raise ValueError(
                f"Data cardinality is ambiguous:\n{text}Make sure all arrays contain the same number of samples."
            )
        self.size = sizes.pop() if sizes else 0
        if batch_size is None:
            batch_size = math.ceil(self.size / steps) if steps else 32
        self.batch = int(batch_size)
        self.shuffle = shuffle
        self.steps: int | None = math.ceil(self.size / self.batch)
        self._seeds = seeds.FunctionSeeds()

    def begin(self) -> None:
        """A run begins: see :meth:`Batches.begin`."""

    def end_epoch(self) -> None:
        """An epoch has been reported: see :meth:`Batches.end_epoch`."""

    def epoch(self) -> Iterator[Any]:
        """The batches of one epoch, in a new order if wanted."""
        order: Any = None
        if self.shuffle and self.shuffle != "batch":
            with seeds.inside(self._seeds):
                order = shuffled(EagerTensor(np.arange(self.size)))._array
        starts = list(range(0, self.size, self.batch))
        if self.shuffle == "batch":
            starts = [starts[k] for k in shuffled(EagerTensor(np.arange(len(starts))))._array]
        for start in starts:
            chosen: Any = slice(start, start + self.batch)
            if order is not None:
                chosen = order[chosen]
            x, y, weight = (structure.map_structure(lambda a, c=chosen: _cut(a, c), p) for p in self.parts)
            yield pack(x, y, weight)

    @property
    def form(self) -> Any:
        """Shapes and types of the batches; the size is None if the last batch is smaller."""
        size = self.batch if self.size % self.batch == 0 else None
        arrays = [a for a in structure.flatten(list(self.parts)) if a is not None]
        return tuple(((size,), a.shape[1:], _kept_type(a.dtype)) for a in arrays)


_OF_ONE_SIZE = ", all of one size"


def unknown_size(batch: Any, form: Any) -> int | None:
    """How many examples a batch has, where TensorFlow does not know it beforehand; None where it does."""
    if form.endswith(_OF_ONE_SIZE) if isinstance(form, str) else all(part[0] != (None,) for part in form):
        return None
    sizes = {a.shape[0] for a in _held(batch) if a.ndim}
    return sizes.pop() if len(sizes) == 1 else None


def _held(batch: Any) -> list[Any]:
    return [a for a in (getattr(x, "_array", None) for x in structure.flatten(batch)) if a is not None]


def form_of(batch: Any) -> Any:
    """Shapes and types of one batch."""
    return tuple((a.shape[:1], a.shape[1:], str(a.dtype)) for a in _held(batch))


def form_for(form: Any, known: Any) -> Any:
    """The form among the known ones that covers batches of ``form``; a new one that covers them if there is none.

    TensorFlow makes a function for the first size of a batch, and at the second one for all sizes.
    """
    general = _of_any_size(form)
    if form in known or general not in {_of_any_size(k) for k in known}:
        return form
    return general


def _of_any_size(form: Any) -> Any:
    return form if isinstance(form, str) else tuple(((None,), *part[1:]) for part in form)


def _kept_type(dtype: Any) -> str:
    return floatx() if dtype.kind == "f" else str(dtype)


def _cut(array: Any, chosen: Any) -> Any:
    if array is None:
        return None
    part = array[chosen]
    if part.dtype.kind == "f" and part.dtype != floatx():
        return EagerTensor(part.astype(floatx()))
    if part.dtype.kind in "OUSV" or part.dtype.byteorder == ">":
        return to_tensor(part)
    return EagerTensor(part if isinstance(chosen, np.ndarray) else part.copy())


class Batches:
    """Batches of a dataset, a generator or a ``keras.utils.Sequence``."""

    def __init__(self, source: Any, steps: int | None, shuffle: Any = False) -> None:
        self.source = source
        self.shuffle = shuffle
        self.is_sequence = hasattr(source, "__getitem__") and hasattr(source, "__len__")
        self.repeats = (hasattr(source, "__iter__") and not hasattr(source, "__next__")) or self.is_sequence
        self.steps = steps if steps is not None else _length(source)
        self._left: Iterator[Any] | None = None
        self._limit = steps

    def begin(self) -> None:
        """A run begins. Keras makes an iterator then which it does not use; a shuffled dataset draws for it."""
        if self._limit is None and hasattr(self.source, "element_spec"):
            iter(self.source)

    def end_epoch(self) -> None:
        """An epoch has been reported, and another one may follow: a ``Sequence`` is told."""
        if self.is_sequence and hasattr(self.source, "on_epoch_end"):
            self.source.on_epoch_end()

    def epoch(self) -> Iterator[Any]:
        """The batches of one epoch; with a limit, the next ones."""
        if self._limit is None or self.is_sequence:
            yield from self._all()
            return
        if self._left is None:
            self._left = self._all()
        for _ in range(self._limit):
            try:
                yield next(self._left)
            except StopIteration:
                self._left = None
                return

    def _all(self) -> Iterator[Any]:
        if self.is_sequence:
            order = list(range(len(self.source)))
            if self.shuffle:
                random.shuffle(order)
            for k in order:
                yield _as_tensors(self.source[k])
            return
        for batch in self.source:
            yield _as_tensors(batch)

    @property
    def form(self) -> Any:
        """Something of the kind of the source: shapes and types are not known before a batch comes."""
        specs = structure.flatten(getattr(self.source, "element_spec", None))
        known = specs[0] is not None and all(s.shape[:1] != (None,) for s in specs if hasattr(s, "shape"))
        return type(self.source).__name__ + (_OF_ONE_SIZE if known else "")


def _as_tensors(batch: Any) -> Any:
    if isinstance(batch, tuple):
        return tuple(structure.map_structure(as_batch, part) for part in batch)
    return structure.map_structure(as_batch, batch)


def _length(source: Any) -> int | None:
    try:
        found = len(source)
    except TypeError:
        return None
    return found if found >= 0 else None


def source_of(
    x: Any, y: Any = None, weight: Any = None, batch_size: int | None = None, steps: int | None = None,
    shuffle: Any = False,
) -> Any:  # fmt: skip
    """The batches for what ``fit`` and its like were given.

    Raises:
        ValueError: no data; labels beside a dataset; a batch size for one.
    """
    if x is None and y is None:
        raise ValueError("No data: `x` is None.")
    if is_arrays(x):
        return Arrays(x, y, weight, batch_size, steps, shuffle)
    if y is not None:
        raise ValueError(f"`y` argument is not supported when using `{type(x).__name__}` as input.")
    if weight is not None:
        raise ValueError(f"`sample_weight` argument is not supported when using `{type(x).__name__}` as input.")
    if batch_size is not None and hasattr(x, "element_spec"):
        raise ValueError(
            "The `batch_size` argument must not be specified for the given input type. Received input: "
            f"{x}, batch_size: {batch_size}"
        )
    if not hasattr(x, "__iter__") and not hasattr(x, "__getitem__"):
        raise ValueError(f"Failed to find data adapter that can handle input: {type(x)}, {type(y)}")
    return Batches(x, steps, shuffle)


def split(x: Any, y: Any, weight: Any, share: float) -> tuple[Any, Any]:
    """Training data and the last ``share`` of it as validation data.

    Raises:
        ValueError: data that is no arrays, or a share that leaves one side empty.
    """
    if not is_arrays(x):
        raise ValueError(
            "`validation_split` is only supported for Tensors or NumPy arrays, found following types in the input: "
            f"{[type(v) for v in structure.flatten(x)]}"
        )
    parts = [_as_arrays(p) for p in (x, y, weight)]
    size = len(structure.flatten(parts[0])[0])
    at = math.floor(size * (1.0 - share))
    if at in (0, size):
        raise ValueError(
            f"Training data contains {size} samples, which is not sufficient to split it into a validation and "
            f"training set as specified by `validation_split={share}`. Either provide more data, or a different value "
            "for the `validation_split` argument."
        )

    def part(chosen: slice) -> tuple[Any, ...]:
        cut = [structure.map_structure(lambda a: None if a is None else a[chosen], p) for p in parts]
        return tuple(cut)

    return part(slice(0, at)), part(slice(at, None))


def weigh_classes(data: Any, class_weight: dict[int, float]) -> Any:
    """A batch with the weights of its examples' classes. Raises ValueError for a structure of labels."""
    x, y, weight = unpack(data)
    if structure.is_nested(y):
        raise ValueError("`class_weight` is only supported for Models with a single output.")
    labels = y._array
    if labels.ndim > 2:
        raise ValueError("`class_weight` not supported for 3+ dimensional targets.")
    classes = labels.argmax(1) if labels.ndim == 2 and labels.shape[1] > 1 else labels.reshape(-1).astype(np.int64)
    found = np.array([class_weight.get(int(c), 0.0 if len(class_weight) > c >= 0 else 1.0) for c in classes], floatx())
    made = EagerTensor(found)
    return x, y, made if weight is None else weight * made
