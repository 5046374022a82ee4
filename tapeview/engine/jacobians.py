"""Jacobians, row by row: each element of the target gets a backward pass of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import nest
from tapeview.engine.backward import GradientCall, check_leaves, check_unconnected, zeros_for
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.tape import GradientTape
from tapeview.engine.tensor import EagerTensor


def jacobian(tape: GradientTape, target: Any, sources: Any, unconnected: Any) -> Any:
    """See :meth:`GradientTape.jacobian`. Raises AttributeError for a target that is no tensor."""
    from tapeview.engine.ops.shape import reshape, stack

    if not hasattr(target, "shape"):
        raise AttributeError(f"'{type(target).__name__}' object has no attribute 'shape'")
    (target,) = check_leaves([target])
    flat = nest.flatten_with_keys(sources)
    leaves = check_leaves([s for s, _ in flat])
    zero = check_unconnected(unconnected)
    shape = target._array.shape
    with GradientCall(tape, "jacobian", [target], flat, []) as call:
        rows = _rows(call, target, leaves, [_one_hot(target, k) for k in range(target._array.size)])
        results: list[Any] = []
        filled: list[Any] = []
        for source, column in zip(leaves, zip(*rows, strict=True) if rows else [()] * len(leaves), strict=True):
            whole = tuple(shape) + tuple(source._array.shape)
            if not rows:
                found = _zeros(whole, source)
            elif all(g is None for g in column):
                found = None
            else:
                found = reshape(stack(_filled(column, source)), whole)
            results.append(found)
            filled.append(_zeros(whole, source) if found is None and zero else found)
        call.finish(results, filled)
    return nest.pack_like(sources, filled)


def check_batch_shapes(target: Any, source: Any) -> None:
    """Raises as TensorFlow does for shapes that have no batch jacobian."""
    if target.shape.rank == 0 or source.shape.rank == 0:
        raise IndexError("list index out of range")
    if target.shape[0] != source.shape[0]:
        raise ValueError(
            f"Need first dimension of target shape ({target.shape}) and source shape ({source.shape}) to match."
        )
    for tensor in (target, source):
        if tensor.shape.rank < 2:
            raise ValueError(f"Shape {tensor.shape} must have rank at least 2")


def batch_jacobian(tape: GradientTape, target: Any, source: Any, unconnected: Any) -> Any:
    """See :meth:`GradientTape.batch_jacobian`. Examples do not depend on each other, so one pass serves a whole
    batch."""
    from tapeview.engine.ops.shape import reshape, stack

    check_unconnected(unconnected)
    batch, *rest = target._array.shape
    whole = (batch, *rest, *source._array.shape[1:])
    size = int(np.prod(rest))
    with GradientCall(tape, "batch_jacobian", [target], [(source, "")], []) as call:
        seeds = []
        for k in range(size):
            seed = np.zeros((batch, size), target._array.dtype)
            seed[:, k] = 1
            seeds.append(EagerTensor(seed.reshape(target._array.shape)))
        rows = _rows(call, target, [source], seeds)
        column = [r[0] for r in rows]
        if not rows or all(g is None for g in column):
            result = _zeros(whole, source)
        else:
            result = reshape(stack(_filled(column, source), axis=1), whole)
        call.finish([result])
    return result


def _rows(call: GradientCall, target: Any, sources: list[Any], seeds: list[EagerTensor]) -> list[list[Any]]:
    return [call.run([target], sources, [seed]) for seed in seeds]


def _filled(column: Any, source: Any) -> list[Any]:
    return [zeros_for(source) if g is None else g._densify() if isinstance(g, IndexedSlices) else g for g in column]


def _one_hot(target: Any, index: int) -> EagerTensor:
    seed = np.zeros(target._array.size, target._array.dtype)
    seed[index] = 1
    return EagerTensor(seed.reshape(target._array.shape))


def _zeros(shape: tuple[int, ...], source: Any) -> EagerTensor:
    return EagerTensor(np.zeros(shape, source._array.dtype))
