"""Taking parts of tensors: slices, rows, elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import InvalidArgumentError, invalid
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.op import defop, execute
from tapeview.engine.tensor import Array, EagerTensor

Spec = tuple[Any, ...]


def _slice_forward(x: Array, *, spec: Spec) -> Array:
    return x[decode_spec(spec)]  # type: ignore[no-any-return]


def _slice_back_forward(g: Array, *, spec: Spec, shape: tuple[int, ...]) -> Array:
    out = np.zeros(shape, g.dtype)
    out[decode_spec(spec)] = g
    return out


def encode_spec(key: Any) -> Spec:
    """An index as plain data: ints, ``"..."``, None (a new axis) and ``("slice", start, stop, step)``."""
    items = key if isinstance(key, tuple) else (key,)
    return tuple(
        ("slice", i.start, i.stop, i.step) if isinstance(i, slice) else "..." if i is Ellipsis else None if i is None else int(i)
        for i in items
    )


def decode_spec(spec: Spec) -> Any:
    """The NumPy index of :func:`encode_spec`."""
    return tuple(slice(*i[1:]) if isinstance(i, (tuple, list)) else Ellipsis if i == "..." else i for i in spec)


STRIDED_SLICE = defop(
    "StridedSlice", _slice_forward, (lambda g, y, x, spec: execute(STRIDED_SLICE_GRAD, (g,), {"spec": spec, "shape": x._array.shape}),),
    inputs="x", formulas=("g at the elements taken, 0 elsewhere",),
)  # fmt: skip
STRIDED_SLICE_GRAD = defop(
    "StridedSliceGrad", _slice_back_forward, (lambda g, y, dy, spec, shape: execute(STRIDED_SLICE, (g,), {"spec": spec}),), inputs="dy",
    formulas=("g at the elements taken",),
)  # fmt: skip


def take_slice(x: EagerTensor, key: Any) -> EagerTensor:
    """``x[key]`` for a key of ints, slices, ``...`` and None."""
    return execute(STRIDED_SLICE, (x,), {"spec": encode_spec(key)})


def take_one(x: EagerTensor, index: int, axis: int) -> EagerTensor:
    """Slice number ``index`` along ``axis``, without that axis."""
    axis %= x._array.ndim
    return take_slice(x, (*[slice(None)] * axis, index))


def take_range(x: EagerTensor, start: int, stop: int, axis: int) -> EagerTensor:
    """Slices ``start`` to ``stop`` along ``axis``."""
    return take_slice(x, (*[slice(None)] * (axis % x._array.ndim), slice(start, stop)))


def _gather_rule(g: EagerTensor, y: EagerTensor, params: EagerTensor, indices: EagerTensor, *, axis: int) -> Any:
    shape = params._array.shape
    if axis == 0:
        from tapeview.engine.ops.shape import reshape

        values = reshape(g, (indices._array.size, *shape[1:]))
        flat = reshape(indices, (-1,))
        return IndexedSlices(values, flat, EagerTensor(np.array(shape, np.int32)))
    return execute(GATHER_GRAD, (g, indices), {"axis": axis, "shape": shape})


def _gather_grad(g: Array, indices: Array, *, axis: int, shape: tuple[int, ...]) -> Array:
    out = np.zeros(shape, g.dtype)
    moved = np.moveaxis(out, axis, 0)
    rows = g.reshape((*shape[:axis], indices.size, *shape[axis + 1 :]))
    np.add.at(moved, indices.ravel(), np.moveaxis(rows, axis, 0))
    return out


GATHER = defop(
    "GatherV2", lambda params, indices, *, axis: np.take(params, indices, axis), (_gather_rule, None), inputs="params indices",
    formulas=("g, in the rows that were gathered", ""),
)  # fmt: skip
GATHER_GRAD = defop(
    "GatherGrad", _gather_grad, (lambda g, y, dy, indices, axis, shape: gather(g, indices, axis=axis), None), inputs="dy indices",
    formulas=("g, gathered again", ""),
)  # fmt: skip


def gather(
    params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, batch_dims: int = 0, name: str | None = None
) -> EagerTensor:
    """Rows of ``params`` by number. Raises InvalidArgumentError for a number out of range."""
    x = to_tensor(params)
    at = to_tensor(indices)
    if at._array.dtype.kind not in "iu":
        raise InvalidArgumentError(
            None, None, f"Value for attr 'Tindices' of {at.dtype.word} is not in the list of allowed values: int16, int32, int64"
        )
    axis = batch_dims if axis is None else int(axis)
    axis %= max(x._array.ndim, 1)
    limit = x._array.shape[axis]
    wrong = (at._array < 0) | (at._array >= limit)
    if wrong.any():
        if at._array.ndim == 0:
            raise invalid("GatherV2", f"indices = {int(at._array)} is not in [0, {limit})")
        first = tuple(int(k) for k in np.argwhere(wrong)[0])
        text = f"indices[{','.join(map(str, first))}] = {int(at._array[first])} is not in [0, {limit})"
        raise invalid("GatherV2", text, name=None)
    return execute(GATHER, (x, at), {"axis": axis})


def boolean_mask(tensor: Any, mask: Any, axis: int | None = None, name: str = "boolean_mask") -> EagerTensor:
    """The slices of ``tensor`` where ``mask`` is true. The mask's shape is that of the tensor's axes from ``axis`` on.

    Raises:
        ValueError: a scalar mask, or one that does not fit.
    """
    from tapeview.engine.ops.shape import reshape

    x = to_tensor(tensor)
    m = to_tensor(mask)._array.astype(bool)
    axis = 0 if axis is None else int(axis)
    if m.ndim == 0:
        raise ValueError("mask cannot be scalar.")
    shape = x._array.shape
    if shape[axis : axis + m.ndim] != m.shape:
        raise ValueError(f"Shapes {shape[axis : axis + m.ndim]} and {m.shape} are incompatible")
    flat = reshape(x, (*shape[:axis], m.size, *shape[axis + m.ndim :]))
    return gather(flat, EagerTensor(np.flatnonzero(m).astype(np.int64)), axis=axis)
