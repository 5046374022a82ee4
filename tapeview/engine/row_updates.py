"""Assigning to parts of a variable: slices, rows, single elements. Each makes a new version of the whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tapeview.engine.convert import to_array, to_tensor
from tapeview.engine.dtypes import DType
from tapeview.engine.errors import invalid
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor

Combine = Callable[[Array, Any, Array], object]


def _put(whole: Array, where: Any, values: Array) -> None:
    whole[where] = values


def _combine(ufunc: Any) -> Combine:
    def apply(whole: Array, where: Any, values: Array) -> None:
        with np.errstate(all="ignore"):
            ufunc.at(whole, where, values)

    return apply


_ADD, _SUBTRACT = _combine(np.add), _combine(np.subtract)


class RowUpdates:
    """The methods of a variable that change parts of it; all return a view of the variable."""

    if TYPE_CHECKING:
        # What the variable brings.
        _replace: Callable[..., None]
        _view: Callable[[], Any]

        @property
        def dtype(self) -> DType: ...

        @property
        def _array(self) -> Array: ...

    def scatter_update(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Replaces the rows of an ``IndexedSlices``.

        Raises:
            TypeError: no IndexedSlices.
            InvalidArgumentError: a row that does not exist.
        """
        return self._scatter("Update", sparse_delta, _put)

    def scatter_add(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Adds to rows; see :meth:`scatter_update`."""
        return self._scatter("Add", sparse_delta, _ADD)

    def scatter_sub(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Subtracts from rows; see :meth:`scatter_update`."""
        return self._scatter("Sub", sparse_delta, _SUBTRACT)

    def scatter_mul(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Multiplies rows; see :meth:`scatter_update`."""
        return self._scatter("Mul", sparse_delta, _combine(np.multiply))

    def scatter_div(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Divides rows; see :meth:`scatter_update`."""
        return self._scatter("Div", sparse_delta, _combine(np.divide))

    def scatter_min(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Puts the smaller of each pair of elements into rows; see :meth:`scatter_update`."""
        return self._scatter("Min", sparse_delta, _combine(np.minimum))

    def scatter_max(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Puts the greater of each pair of elements into rows; see :meth:`scatter_update`."""
        return self._scatter("Max", sparse_delta, _combine(np.maximum))

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Replaces what the rows of ``indices`` point at: elements, or slices where they are shorter than the shape.

        Raises:
            InvalidArgumentError: an index that does not exist, or a number of updates that does not fit.
        """
        return self._scatter_nd("Update", indices, updates, _put)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Adds to what the rows of ``indices`` point at; see :meth:`scatter_nd_update`."""
        return self._scatter_nd("Add", indices, updates, _ADD)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtracts from what the rows of ``indices`` point at; see :meth:`scatter_nd_update`."""
        return self._scatter_nd("Sub", indices, updates, _SUBTRACT)

    def sparse_read(self, indices: Any, name: str | None = None) -> EagerTensor:
        """Rows by number."""
        from tapeview.engine.ops.index import gather  # the op tables need this module

        return gather(self, indices)

    def gather_nd(self, indices: Any, name: str | None = None) -> EagerTensor:
        """What the rows of ``indices`` point at."""
        from tapeview.engine.ops.scatter import gather_nd  # the op tables need this module

        return gather_nd(self, indices)

    def _assign_slice(self, key: Any, value: Any) -> Any:
        """``variable[key].assign(value)``."""
        array = to_tensor(value, self.dtype)._array
        whole = self._array.copy()
        shape = whole[key].shape
        try:
            fitting = np.broadcast_to(array, shape)
        except ValueError:
            text = f"Cannot broadcast input shape {bracketed(array.shape)} into final shape {bracketed(shape)}"
            raise invalid("ResourceStridedSliceAssign", text, name="strided_slice/_assign") from None
        whole[key] = fitting
        self._replace(whole, "assign")
        return self._view()

    def _scatter(self, word: str, delta: Any, combine: Combine) -> Any:
        if not isinstance(delta, IndexedSlices):
            raise TypeError(f"Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: {delta}")
        op = f"ResourceScatter{word}"
        rows = delta.indices._array
        limit = self._array.shape[0]
        outside = (rows < 0) | (rows >= limit)
        if outside.any():
            at = tuple(np.argwhere(outside)[0].tolist())
            raise invalid(op, f"indices[{','.join(map(str, at))}] = {rows[at]} is not in [0, {limit})")
        return self._combined(combine, rows, to_tensor(delta.values, self.dtype)._array)

    def _scatter_nd(self, word: str, indices: Any, updates: Any, combine: Combine) -> Any:
        op = f"ResourceScatterNd{word}"
        at = to_array(indices)
        values = to_tensor(updates, self.dtype)._array
        shape = self._array.shape
        depth = at.shape[-1]
        if values.shape[: at.ndim - 1] != at.shape[:-1]:
            outer = at.ndim - 1
            text = (
                f"Dimensions [0,{outer}) of indices[shape={bracketed(at.shape)}] = {at.shape[0]} must match dimensions "
                f"[0,{outer}) of updates[shape={bracketed(values.shape)}] = {values.shape[0]}"
            )
            raise invalid(op, text, name=None)
        outside = ((at < 0) | (at >= np.array(shape[:depth], np.int64))).any(-1)
        if outside.any():
            place = tuple(np.argwhere(outside)[0].tolist())
            index = f"indices[{','.join(map(str, place))}] = {at[place].tolist()}"
            raise invalid(op, f"{index} does not index into shape {bracketed(shape)}", name=None)
        return self._combined(combine, tuple(np.moveaxis(at, -1, 0)), values)

    def _combined(self, combine: Combine, where: Any, values: Array) -> Any:
        whole = self._array.copy()
        combine(whole, where, values)
        self._replace(whole, "assign")
        return self._view()
