"""``tf.IndexedSlices``: a gradient that touches only some rows of its source, as an embedding's does."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.dtypes import DType
from tapeview.engine.op import defop, execute
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tensor import EagerTensor


def _scatter_rows(values: Any, indices: Any, *, rows: int) -> Any:
    out = np.zeros((rows, *values.shape[indices.ndim :]), values.dtype)
    np.add.at(out, indices.ravel(), values.reshape((indices.size, *out.shape[1:])))
    return out


def _take_rows(g: Any, y: Any, values: Any, indices: Any, *, rows: int) -> Any:
    from tapeview.engine.ops.index import gather  # the op tables need this module

    return gather(g, indices)


SCATTER_ROWS = defop(
    "UnsortedSegmentSum",
    _scatter_rows,
    (_take_rows, None),
    inputs="data segment_ids",
    formulas=("rows of g at segment_ids", ""),
    doc="Adds rows up into the rows their numbers name.",
)


class IndexedSlices:
    """Rows ``values[k]`` that belong to row ``indices[k]`` of a tensor of shape ``dense_shape``. Repeated rows are not merged.

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
            raise ValueError("Tensor-typed variable initializers must either be wrapped in an init_scope or callable.")
        return TensorShape(self._dense_shape._array.tolist())

    def _densify(self) -> EagerTensor:
        """The whole tensor: zeros, with repeated rows summed."""
        return execute(SCATTER_ROWS, (self._values, self._indices), {"rows": int(self.shape[0])})

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self._values, self._indices, self._dense_shape)  # type: ignore[operator]

    def __str__(self) -> str:
        shape = "" if self._dense_shape is None else f", dense_shape={self._dense_shape}"
        return f"IndexedSlices(indices={self._indices}, values={self._values}{shape})"

    def __repr__(self) -> str:
        return f"<tensorflow.python.framework.indexed_slices.IndexedSlices object at {id(self):#x}>"
