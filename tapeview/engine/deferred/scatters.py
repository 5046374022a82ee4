"""Nodes that change some rows, or some elements, of a variable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeview.engine.convert import to_tensor
from tapeview.engine.deferred.assigns import add_update
from tapeview.engine.deferred.cells import Cell
from tapeview.engine.deferred.constants import as_tensor
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.tensor import EagerTensor


def _of_rows(word: str) -> Callable[..., Any]:
    method = f"scatter_{word}"

    def run(cell: Cell, indices: EagerTensor, updates: EagerTensor) -> EagerTensor:
        variable = cell.known()
        dense = to_tensor(updates)
        shape = (*indices._array.shape, *variable._array.shape[1:])
        if dense._array.shape != shape:
            dense = _broadcast(dense, shape)
        getattr(variable, method)(IndexedSlices(dense, indices))
        return cell.shown()

    def scatter(ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """A node that changes the rows ``indices`` of a variable by ``updates`` and returns the variable's value."""
        return _add(ref, f"Scatter{word.capitalize()}", name, run, indices, updates)

    scatter.__name__ = scatter.__qualname__ = method
    return scatter


def _of_elements(word: str) -> Callable[..., Any]:
    method = f"scatter_nd_{word}"

    def run(cell: Cell, indices: EagerTensor, updates: EagerTensor) -> EagerTensor:
        getattr(cell.known(), method)(indices, updates)
        return cell.shown()

    def scatter(ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None) -> Any:
        """A node that changes what the rows of ``indices`` point at and returns the variable's value."""
        return _add(ref, f"ScatterNd{word.capitalize()}", name, run, indices, updates)

    scatter.__name__ = scatter.__qualname__ = method
    return scatter


def _add(ref: Any, type: str, name: str | None, run: Callable[..., Any], indices: Any, updates: Any) -> Any:
    graph = ref.graph
    with graph.name_scope(name or type) as scope:
        at = as_tensor(indices, None, "indices")
        values = as_tensor(updates, ref.dtype.base_dtype, "updates")
    return add_update(graph, type, scope, run, [ref], [at, values])


def _broadcast(value: EagerTensor, shape: tuple[int, ...]) -> EagerTensor:
    from tapeview.engine.ops.shape import broadcast_to

    return broadcast_to(value, shape)


def assign_slice(ref: Any, key: Any, value: Any, name: str | None = None) -> Any:
    """A node for ``variable[key].assign(value)``."""

    def run(cell: Cell, given: EagerTensor) -> EagerTensor:
        cell.known()._assign_slice(key, given)
        return cell.shown()

    graph = ref.graph
    with graph.name_scope(name or "strided_slice") as scope:
        given = as_tensor(value, ref.dtype.base_dtype, "value")
    return add_update(graph, "StridedSliceAssign", f"{scope}_assign/", run, [ref], [given])


scatter_update, scatter_add, scatter_sub = _of_rows("update"), _of_rows("add"), _of_rows("sub")
scatter_mul, scatter_div = _of_rows("mul"), _of_rows("div")
scatter_min, scatter_max = _of_rows("min"), _of_rows("max")
scatter_nd_update, scatter_nd_add = _of_elements("update"), _of_elements("add")
scatter_nd_sub = _of_elements("sub")
