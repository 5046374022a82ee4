"""Tensors and variables of the engine, as records: each is written once, before the first record that mentions it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeview.debuggee.adapters.keeping import Keeper, Thinning
from tapeview.debuggee.adapters.plain import DTYPE_NAMES, dtype_name
from tapeview.debuggee.adapters.shelf import Shelf
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.op import Op
from tapeview.trace import records as r
from tapeview.trace.store import Writer
from tapeview.trace.values import statistics

new_id = itertools.count(1).__next__
# A process may make several recordings, one after the other: ids of an earlier one must not be taken for this one's.

_SPARSE_ELEMENTS = 1_000_000
_LOOKED_AT = 1 << 16
"""Of tensors above so many bytes that are not written there are no statistics: what the script has just computed has
left the processor's caches by then, and to read it all again would take a third as long as the step did."""


class Tensors:
    """Gives ids to tensors and variables, and puts their records into ``records``.

    Attributes:
        first_id: ids below are those of an earlier recording.
        step: the step in which values are met.
        values: whether the values of large tensors are written now.
        weights: whether those of variables are.
        thinning: says so for each step, and of variables ``thinning_of_weights``.
        trace: is called with each tensor that an op outside of every tape made, before it is written.
        unwritten: for variables whose newest version was not written the id of its tensor.
        sites: for each variable, the id of the site at which it was made.
    """

    def __init__(self, writer: Writer, keeper: Keeper, shelf: Shelf, records: list[Any]) -> None:
        self.first_id = new_id()
        self.step = r.SETUP
        self.values = self.weights = True
        self.thinning = Thinning(keeper.head, keeper.spread)
        self.thinning_of_weights = Thinning(0, keeper.spread_of_variables)
        self.trace: Callable[[Any, bool], None] = lambda tensor, whole: None
        self.unwritten: dict[int, int] = {}
        self._thinned = r.SETUP
        self.sites: dict[int, int] = {}
        self._writer = writer
        self._keeper = keeper
        self._shelf = shelf
        self._records = records

    def id_of(self, tensor: Any) -> int:
        """The id of a tensor that an op or a rule made."""
        uid: int = tensor._uid
        if uid >= self.first_id:
            return uid
        tensor._uid = uid = new_id()
        array = tensor._array
        origin = tensor._origin
        # dtype.name takes 5 µs, as long as everything else here together.
        name = DTYPE_NAMES.get(array.dtype) or dtype_name(array.dtype)
        data = stats = None
        if array.nbytes <= r.INLINE_BYTES:
            if name != "string":
                data = array.tobytes()
        elif name != "string" and (self._large(uid, array, origin) or self.values or array.nbytes <= _LOOKED_AT):
            stats = statistics(array)
        if origin.__class__ is Op:
            record = r.Tensor(uid, name, array.shape, data, "op", 0, stats, origin.name)
        elif origin is None:
            record = r.Tensor(uid, name, array.shape, data, "constant", 0, stats)
        else:
            record = r.Tensor(uid, name, array.shape, data, "variable", self.variable(origin), stats)
        self._records.append(record)
        return uid

    def _large(self, uid: int, array: np.ndarray, origin: Any) -> bool:
        """Writes a value, or leaves it in memory; whether it was written."""
        size = array.nbytes
        is_version = origin is not None and origin.__class__ is not Op
        variable = self.variable(origin) if is_version else 0
        fits = size <= self._keeper.value_limit and self._keeper.has_room(self._writer.bytes_written)
        if fits and (self.values or (is_version and self.weights)):
            self._writer.add_value(uid, array)
            (self.thinning if self.values else self.thinning_of_weights).wrote(size)
            if is_version:
                self.unwritten.pop(variable, None)
                if self.values:
                    self.thinning_of_weights.wrote(size)
            return True
        self._shelf.put(self.step, uid, array)
        if is_version:
            self.unwritten[variable] = uid
        if fits and self._thinned != self.step:
            self._thinned = self.step
            self._writer.set_kept(self.step, "small values")
        return False

    def whole(self) -> None:
        """What was left out of the step is written after all."""
        self._thinned = r.SETUP

    def write(self, tensors: Iterable[int]) -> None:
        """Writes values that are in memory, as far as they are not too large."""
        for tensor in tensors:
            array = self._shelf.get(tensor)
            if array is not None and array.nbytes <= self._keeper.value_limit:
                self._writer.add_value(tensor, array)

    def known_or_outside(self, tensor: Any) -> int:
        """The id of a tensor that may have been made outside every tape."""
        return tensor._uid if tensor._uid >= self.first_id else self.outside(tensor)

    def outside(self, tensor: Any) -> int:
        """An op's input that no record names yet: a constant, a variable, or something made outside every tape."""
        if tensor._origin.__class__ is not Op:
            return self.id_of(tensor)
        self.trace(tensor, True)
        return self.made_outside(tensor)

    def made_outside(self, tensor: Any) -> int:
        """The id of a tensor that an op outside every tape made."""
        uid: int = tensor._uid
        if uid < self.first_id:
            uid = self.id_of(tensor)
            last = self._records[-1]
            self._records[-1] = r.Tensor(
                uid, last.dtype, last.shape, last.data, "outside", 0, last.stats, tensor._origin.name
            )
        return uid

    def plain(self, tensor: Any, origin: str, small: bool = False) -> int:
        """The id of a tensor that is written without statistics. ``small``: a large value is not kept."""
        if tensor._uid >= self.first_id:
            return int(tensor._uid)
        tensor._uid = uid = new_id()
        array = tensor._array
        name = DTYPE_NAMES.get(array.dtype) or dtype_name(array.dtype)
        data = None
        if array.nbytes <= r.INLINE_BYTES:
            data = array.tobytes() if name != "string" else None
        elif not small and name != "string":
            self._large(uid, array, None)
        made_by = tensor._origin.name if tensor._origin.__class__ is Op else ""
        self._records.append(r.Tensor(uid, name, array.shape, data, origin, 0, None, made_by))
        return uid

    def target(self, target: Any) -> int:
        """The id of a tensor, or of the version that a variable has."""
        return self.known_or_outside(target._value if hasattr(target, "_base") else target)

    def gradient(self, gradient: Any) -> int:
        """The id of a gradient, 0 for None."""
        if gradient is None:
            return 0
        if gradient.__class__ is IndexedSlices:
            gradient = _dense(gradient)
        return self.id_of(gradient)

    def variable(self, variable: Any) -> int:
        """The id of a variable."""
        variable = variable._base
        uid: int = variable._uid
        if uid < self.first_id:
            # Made before the recording began.
            self.introduce(variable, 0)
            uid = variable._uid
        return uid

    def introduce(self, variable: Any, site: int) -> None:
        """A variable came into being."""
        variable._uid = uid = new_id()
        self._records.append(
            r.Variable(uid, variable.name, variable.dtype.name, tuple(variable._array.shape), variable.trainable, site)
        )
        self.sites[uid] = site

    def is_new(self, variable: Any) -> bool:
        """Whether no record names a variable yet."""
        return bool(variable._uid < self.first_id)


def _dense(gradient: IndexedSlices) -> Any:
    """The whole gradient as a tensor, or only its rows where that would be huge. Made once for each object."""
    made = gradient.__dict__.get("_recorded")
    if made is None:
        shape = tuple(gradient._dense_shape._array.tolist()) if gradient._dense_shape is not None else ()
        if shape and int(np.prod(shape)) <= _SPARSE_ELEMENTS:
            array = np.zeros(shape, gradient._values._array.dtype)
            np.add.at(array, gradient._indices._array.ravel(), gradient._values._array.reshape((-1, *shape[1:])))
            made = type(gradient._values)(array, gradient._values._origin)
        else:
            made = gradient._values
        gradient.__dict__["_recorded"] = made
    return made
