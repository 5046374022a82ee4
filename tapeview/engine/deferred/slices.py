"""``IndexedSlices`` in graphs: gradients that touch only some rows of their source."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.deferred.lifting import add_node
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.ops.elementwise import identity
from tapeview.engine.tensor import EagerTensor


def _values(slices: Any) -> EagerTensor:
    # While shapes are found out the whole stands for its rows; a tensor of its own, since that one is changed.
    return slices.values if isinstance(slices, IndexedSlices) else identity(slices)


def _indices(slices: Any) -> EagerTensor:
    if isinstance(slices, IndexedSlices):
        return slices.indices
    return EagerTensor(np.arange(len(slices._array), dtype=np.int32))


def _dense_shape(slices: Any) -> EagerTensor:
    return EagerTensor(np.array(to_tensor(slices)._array.shape, np.int32))


_PARTS = {"values": _values, "indices": _indices, "dense_shape": _dense_shape}


def _dense(slices: Any) -> EagerTensor:
    return identity(to_tensor(slices))


def part(slices: Any, name: str) -> Any:
    """The rows, their numbers, or the shape of the whole, as a symbolic tensor."""
    found = add_node(_PARTS[name], (slices,), None, "Identity", default_name=name)
    if name != "dense_shape":
        sizes = slices.sizes
        found.sizes = None if sizes is None else (None, *(sizes[1:] if name == "values" else ()))
        found.probes = None
    return found


def dense(slices: Any, name: str | None = None) -> Any:
    """The whole tensor, with zeros in the rows that are not touched."""
    return add_node(_dense, (slices,), name, "UnsortedSegmentSum", default_name="UnsortedSegmentSum")
