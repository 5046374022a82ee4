"""Taking parts of tensors: slices, rows, elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.indexed_slices import IndexedSlices, add_rows
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.shapes import TensorShape
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
    return tuple([_encode_item(i) for i in items])


def _encode_item(item: Any) -> Any:
    if isinstance(item, slice):
        return ("slice", item.start, item.stop, item.step)
    if item is Ellipsis:
        return "..."
    return None if item is None else int(item)


def decode_spec(spec: Spec) -> Any:
    """The NumPy index of :func:`encode_spec`."""
    return tuple(slice(*i[1:]) if isinstance(i, (tuple, list)) else Ellipsis if i == "..." else i for i in spec)


def _slice_rule(g: EagerTensor, y: EagerTensor, x: EagerTensor, spec: Spec) -> EagerTensor:
    return execute(STRIDED_SLICE_GRAD, (g,), {"spec": spec, "shape": x._array.shape})


STRIDED_SLICE: Op = defop(
    "StridedSlice", _slice_forward, (_slice_rule,), inputs="x", formulas=("g at the elements taken, 0 elsewhere",)
)
STRIDED_SLICE_GRAD: Op = defop(
    "StridedSliceGrad", _slice_back_forward,
    (lambda g, y, dy, spec, shape: execute(STRIDED_SLICE, (g,), {"spec": spec}),), inputs="dy",
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


def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> EagerTensor:
    """``input_[begin:end:strides]``; bit k of a mask is about entry k. Raises InvalidArgumentError as indexing does."""
    from tapeview.engine.ops.index_operator import get_item
    from tapeview.engine.ops.shape import static_ints

    starts, ends = static_ints(begin), static_ints(end)
    steps = (1,) * len(starts) if strides is None else static_ints(strides)
    key: list[Any] = []
    for k, (start, stop, step) in enumerate(zip(starts, ends, steps, strict=True)):
        bit = 1 << k
        if ellipsis_mask & bit:
            key.append(Ellipsis)
        elif new_axis_mask & bit:
            key.append(None)
        elif shrink_axis_mask & bit:
            key.append(start)
        else:
            key.append(slice(None if begin_mask & bit else start, None if end_mask & bit else stop, step))
    return get_item(input_, tuple(key))


# -- gather --------------------------------------------------------------------------------------------------------


def _batch_index(shape: tuple[int, ...], indices: Array, axis: int, batch_dims: int) -> tuple[tuple[int, ...], Any]:
    """``shape`` as (batch, before, gathered, after), and the index into it that batched gathering takes."""
    batch = int(np.prod(shape[:batch_dims]))
    before = int(np.prod(shape[batch_dims:axis]))
    whole = (batch, before, shape[axis], int(np.prod(shape[axis + 1 :])))
    rows = indices.reshape(batch, 1, -1)
    return whole, (np.arange(batch)[:, None, None], np.arange(before)[None, :, None], rows)


def _gather(params: Array, indices: Array, *, axis: int, batch_dims: int) -> Array:
    if batch_dims == 0:
        return np.take(params, indices, axis)
    whole, at = _batch_index(params.shape, indices, axis, batch_dims)
    shape = params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis + 1 :]
    return params.reshape(whole)[at].reshape(shape)  # type: ignore[no-any-return]


def _gather_grad(g: Array, indices: Array, *, axis: int, batch_dims: int, shape: tuple[int, ...]) -> Array:
    if batch_dims == 0:
        rows = np.moveaxis(g.reshape((*shape[:axis], indices.size, *shape[axis + 1 :])), axis, 0)
        return np.moveaxis(add_rows(rows, indices.ravel(), shape[axis]), 0, axis)
    whole, at = _batch_index(shape, indices, axis, batch_dims)
    out = np.zeros(whole, g.dtype)
    np.add.at(out, at, g.reshape((*whole[:2], -1, whole[3])))
    return out.reshape(shape)


def _gather_rule(
    g: EagerTensor, y: EagerTensor, params: EagerTensor, indices: EagerTensor, *, axis: int, batch_dims: int
) -> Any:
    shape = params._array.shape
    if axis == 0:
        from tapeview.engine.ops.shape import reshape

        values = reshape(g, (indices._array.size, *shape[1:]))
        flat = reshape(indices, (-1,))
        return IndexedSlices(values, flat, EagerTensor(np.array(shape, np.int32)))
    return execute(GATHER_GRAD, (g, indices), {"axis": axis, "batch_dims": batch_dims, "shape": shape})


def _gather_grad_rule(
    g: EagerTensor, y: EagerTensor, dy: EagerTensor, indices: EagerTensor, axis: int, batch_dims: int, shape: Any
) -> EagerTensor:
    return execute(GATHER, (g, indices), {"axis": axis, "batch_dims": batch_dims})


GATHER: Op = defop(
    "GatherV2", _gather, (_gather_rule, None), inputs="params indices",
    formulas=("g, in the rows that were gathered", ""),
)  # fmt: skip
GATHER_GRAD: Op = defop(
    "GatherGrad", _gather_grad, (_gather_grad_rule, None), inputs="dy indices", formulas=("g, gathered again", "")
)


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: Any = 0,
    name: str | None = None,
) -> EagerTensor:
    """Slices of ``params`` along ``axis`` by number; in the first ``batch_dims`` axes each example has its own numbers.

    Raises:
        InvalidArgumentError: a number out of range, numbers that are no ints, no such axis.
    """
    from tapeview.engine.ops.shape import static_int

    x = to_tensor(params)
    at = to_tensor(indices)
    shape = x._array.shape
    if at._array.dtype.kind not in "iu":
        text = f"Value for attr 'Tindices' of {at.dtype.word} is not in the list of allowed values: int16, int32, int64"
        text += (
            "\n\t; NodeDef: {{node GatherV2}}; Op<name=GatherV2; signature=params:Tparams, indices:Tindices, "
            "axis:Taxis -> output:Tparams; attr=batch_dims:int,default=0; attr=Tparams:type; attr=Tindices:type,"
            "allowed=[DT_INT16, DT_INT32, DT_INT64]; attr=Taxis:type,allowed=[DT_INT32, DT_INT64]>"
        )
        raise invalid("GatherV2", text, kernel=False, name="" if is_tensor_like(indices) else None)
    batch = static_int(batch_dims)
    batch += at._array.ndim if batch < 0 else 0
    axis = batch if axis is None else static_int(axis)
    if not shape:
        raise invalid("GatherV2", "params must be at least 1 dimensional")
    if not -len(shape) <= axis < len(shape):
        needed = axis + 1 if axis >= 0 else -axis
        raise invalid("GatherV2", f"Shape must be at least rank {needed} but is rank {len(shape)}", name=None)
    axis %= len(shape)
    if shape[:batch] != at._array.shape[:batch]:
        text = f"params.shape[:batch_dims] != indices.shape[:batch_dims]: {TensorShape(shape[:batch])} and "
        raise invalid("GatherV2", text + str(TensorShape(at._array.shape[:batch])), name=None)
    of_variable = hasattr(params, "assign") and axis == 0
    check_rows("ResourceGather" if of_variable else "GatherV2", at._array, shape[axis], is_tensor_like(indices))
    return execute(GATHER, (x, at), {"axis": axis, "batch_dims": batch})


def check_rows(op: str, indices: Array, limit: int, named: bool = False) -> None:
    """Raises InvalidArgumentError if a number is not in ``[0, limit)``.

    TensorFlow ends the text with an empty name for some calls, for those of a variable if the indices are a tensor
    (``named``).
    """
    wrong = (indices < 0) | (indices >= limit)
    if wrong.any():
        if indices.ndim == 0:
            raise invalid(op, f"indices = {int(indices)} is not in [0, {limit})")
        first = tuple(int(k) for k in np.argwhere(wrong)[0])
        text = f"indices[{','.join(map(str, first))}] = {int(indices[first])} is not in [0, {limit})"
        raise invalid(op, text, name="" if named and op == "ResourceGather" else None)


def boolean_mask(tensor: Any, mask: Any, axis: Any = None, name: str = "boolean_mask") -> EagerTensor:
    """The slices of ``tensor`` where ``mask`` is true. The mask's shape is that of the tensor's axes from ``axis`` on.

    Raises:
        ValueError: a scalar mask, or one that does not fit.
    """
    from tapeview.engine.ops.shape import reshape, static_int

    x = to_tensor(tensor)
    m = to_tensor(mask)._array.astype(bool)
    if m.ndim == 0:
        raise ValueError("mask cannot be scalar.")
    shape = x._array.shape
    at = 0 if axis is None else static_int(axis)
    at += len(shape) if at < 0 else 0
    if shape[at : at + m.ndim] != m.shape:
        raise ValueError(f"Shapes {shape[at : at + m.ndim]} and {m.shape} are incompatible")
    flat = reshape(x, (*shape[:at], m.size, *shape[at + m.ndim :]))
    return gather(flat, EagerTensor(np.flatnonzero(m).astype(np.int64)), axis=at)
