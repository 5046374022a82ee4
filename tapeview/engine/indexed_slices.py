"""``tf.IndexedSlices``: a gradient that touches only some rows of its source, as an embedding's does."""

from __future__ import annotations

import numpy as np

from tapeview.engine.dtypes import DType
from tapeview.engine.op import defop, execute
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tensor import Array, EagerTensor


def add_rows(values: Array, rows: Array, count: int) -> Array:
    """``count`` rows of zeros to which ``values[k]`` was added in row ``rows[k]``; negative numbers are left out."""
    out = np.zeros((count, *values.shape[1:]), values.dtype)
    if rows.size and rows.min() < 0:
        values, rows = values[rows >= 0], rows[rows >= 0]
    width = int(np.prod(values.shape[1:]))
    # NumPy adds single elements several times faster than it adds rows.
    places = rows.astype(np.int64)[:, None] * width + np.arange(width)
    np.add.at(out.reshape(-1), places.ravel(), values.reshape(-1))
    return out


def _scatter_rows(values: Array, indices: Array, *, rows: int) -> Array:
    return add_rows(values.reshape((indices.size, *values.shape[indices.ndim :])), indices.ravel(), rows)


def take_rows(g: EagerTensor, rows: EagerTensor) -> EagerTensor:
    """``g[rows]``, with zeros where a number is negative. ``g`` is dense, ``rows`` of any shape."""
    from tapeview.engine.ops.elementwise import multiply
    from tapeview.engine.ops.index import gather  # the op tables need this module

    numbers = rows._array
    kept = numbers >= 0
    if kept.all():
        return gather(g, rows)
    shape = numbers.shape + (1,) * (g._array.ndim - 1)
    taken = gather(g, EagerTensor(np.maximum(numbers, 0)))
    return multiply(taken, EagerTensor(kept.reshape(shape).astype(g._array.dtype)))


SCATTER_ROWS = defop(
    "UnsortedSegmentSum",
    _scatter_rows,
    (lambda g, y, data, segment_ids, rows: take_rows(g, segment_ids), None),
    inputs="data segment_ids",
    formulas=("rows of g at segment_ids", ""),
    doc="Adds rows up into the rows their numbers name.",
)


class IndexedSlices:
    """Rows ``values[k]`` that belong to row ``indices[k]`` of a tensor of shape ``dense_shape``. Repeated rows are
    not merged.

    Attributes:
        values: tensor of shape ``(n, *dense_shape[1:])``.
        indices: int tensor of shape ``(n,)``.
        dense_shape: int tensor of shape ``(rank,)``, or None.
    """

    def __init__(self, values: EagerTensor, indices: EagerTensor, dense_shape: EagerTensor | None = None) -> None:
        self._values = values
        self._indices = indices
        self._dense_shape = dense_shape

    @property
    def values(self) -> EagerTensor:
        """The rows."""
        return self._values

    @property
    def indices(self) -> EagerTensor:
        """The number of each row."""
        return self._indices

    @property
    def dense_shape(self) -> EagerTensor | None:
        """The shape of the tensor the rows belong to."""
        return self._dense_shape

    @property
    def dtype(self) -> DType:
        """The element type of the rows."""
        return self._values.dtype

    @property
    def shape(self) -> TensorShape:
        """The shape of the tensor the rows belong to."""
        if self._dense_shape is None:
            raise ValueError("tapeview does not support a TensorShape of unknown rank.")
        return TensorShape(self._dense_shape._array.tolist())

    def _densify(self) -> EagerTensor:
        """The whole tensor: zeros, with repeated rows summed. Raises ValueError if its shape is not known."""
        if self._dense_shape is None:
            raise ValueError(
                f"Tensor conversion requested for IndexedSlices for argument `value` without dense_shape: {self}"
            )
        return execute(SCATTER_ROWS, (self._values, self._indices), {"rows": int(self.shape[0])})

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self._values, self._indices, self._dense_shape)

    def __str__(self) -> str:
        shape = "" if self._dense_shape is None else f", dense_shape={self._dense_shape!s}"
        return f"IndexedSlices(indices={self._indices!s}, values={self._values!s}{shape})"

    def __repr__(self) -> str:
        return f"<tensorflow.python.framework.indexed_slices.IndexedSlices object at {id(self):#x}>"
