"""Shapes: reshape, transpose, stack and the like. None of these computes; they move values about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine import convert
from tapeview.engine.convert import to_tensor
from tapeview.engine.dtypes import DType
from tapeview.engine.errors import InvalidArgumentError, device, invalid, wrong_dtype
from tapeview.engine.op import defop, execute
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor

RESHAPE = defop(
    "Reshape", lambda x, *, shape: x.reshape(shape), (lambda g, y, x, shape: reshape(g, x._array.shape),), inputs="x", formulas=("g, in x's shape",)
)  # fmt: skip
BROADCAST_TO = defop(
    "BroadcastTo", lambda x, *, shape: np.broadcast_to(x, shape), (lambda g, y, x, shape: _sum_back(g, x),), inputs="x",
    formulas=("g, summed over the axes x was repeated along",),
)  # fmt: skip
TRANSPOSE = defop(
    "Transpose", lambda x, *, perm: x.transpose(perm), (lambda g, y, x, perm: transpose(g, np.argsort(perm).tolist()),), inputs="x",
    formulas=("g, transposed back",),
)  # fmt: skip


def _sum_back(g: EagerTensor, x: EagerTensor) -> EagerTensor:
    from tapeview.engine.backward import unbroadcast  # the backward pass itself needs this module

    return g if g._array.shape == x._array.shape else unbroadcast(g, x._array.shape)


def _stack(*arrays: Array, axis: int) -> Array:
    return np.stack(arrays, axis)


def _unstack_rule(g: EagerTensor, y: EagerTensor, *inputs: EagerTensor, axis: int) -> list[EagerTensor]:
    from tapeview.engine.ops.index import take_one

    return [take_one(g, k, axis) for k in range(len(inputs))]


STACK = defop("Pack", _stack, vjp_all=_unstack_rule, formulas=("its own slice of g",))


def _concat_rule(g: EagerTensor, y: EagerTensor, *inputs: EagerTensor, axis: int) -> list[EagerTensor]:
    from tapeview.engine.ops.index import take_range

    parts, start = [], 0
    for t in inputs:
        size = t._array.shape[axis]
        parts.append(take_range(g, start, start + size, axis))
        start += size
    return parts


CONCAT = defop("ConcatV2", lambda *arrays, axis: np.concatenate(arrays, axis), vjp_all=_concat_rule, formulas=("its own part of g",))


def static_shape(shape: Any) -> tuple[int, ...]:
    """A shape given as a list, tuple, TensorShape, array, tensor or number; entries may be scalar tensors."""
    if hasattr(shape, "_array"):
        shape = shape._array.tolist()
    if isinstance(shape, (int, np.integer)):
        return (int(shape),)
    return tuple(-1 if d is None else int(d) for d in shape)


def reshape(tensor: Any, shape: Any, name: str | None = None) -> EagerTensor:
    """The same elements in another shape; one size may be -1. Raises InvalidArgumentError if they do not fit."""
    x = to_tensor(tensor)
    wanted = static_shape(shape)
    size = x._array.size
    unknown = [k for k, d in enumerate(wanted) if d == -1]
    if len(unknown) > 1:
        raise invalid("Reshape", f"Only one input size may be -1, not both {unknown[0]} and {unknown[1]}", name=None)
    known = int(np.prod([d for d in wanted if d != -1], dtype=np.int64))
    if unknown:
        if known == 0 or size % known:
            text = f"Input to reshape is a tensor with {size} values, but the requested shape requires a multiple of {known}"
            raise invalid("Reshape", text, name=None)
        wanted = tuple(size // known if d == -1 else d for d in wanted)
    elif known != size:
        raise invalid("Reshape", f"Input to reshape is a tensor with {size} values, but the requested shape has {known}", name=None)
    return execute(RESHAPE, (x,), {"shape": wanted})


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> EagerTensor:
    """``input`` repeated to ``shape``. Raises InvalidArgumentError if it does not fit."""
    x = to_tensor(input)
    wanted = static_shape(shape)
    try:
        return execute(BROADCAST_TO, (x,), {"shape": wanted})
    except InvalidArgumentError:
        raise invalid("BroadcastTo", f"Incompatible shapes: {bracketed(x._array.shape)} vs. {bracketed(wanted)}", name=None) from None


def transpose(a: Any, perm: Any = None, conjugate: bool = False, name: str = "transpose") -> EagerTensor:
    """The axes in the order ``perm`` (None: reversed)."""
    x = to_tensor(a)
    rank = x._array.ndim
    order = tuple(range(rank))[::-1] if perm is None else static_shape(perm)
    if len(order) != rank:
        text = f"transpose expects a vector of size {rank}. But input(1) is a vector of size {len(order)}"
        raise invalid("Transpose", text, name=None)
    return execute(TRANSPOSE, (x,), {"perm": tuple(p % rank for p in order)})


def _same_type(op: str, values: Sequence[Any], name: str) -> tuple[EagerTensor, ...]:
    known = next((to_tensor(v) for v in values if convert.is_tensor_like(v)), None)
    tensors = [to_tensor(v) if convert.is_tensor_like(v) else to_tensor(v, known.dtype if known is not None else None) for v in values]
    for k, t in enumerate(tensors):
        if t._array.dtype != tensors[0]._array.dtype:
            raise wrong_dtype(op, k, tensors[0].dtype.word, t.dtype.word, name=name)
    return tuple(tensors)


def stack(values: Any, axis: int = 0, name: str = "stack") -> EagerTensor:
    """Tensors of one shape, joined along a new axis. Raises InvalidArgumentError for different shapes."""
    tensors = _same_type("Pack", list(values), "stack")
    for k, t in enumerate(tensors):
        if t._array.shape != tensors[0]._array.shape:
            text = f"Shapes of all inputs must match: values[0].shape = {bracketed(tensors[0]._array.shape)} != values[{k}].shape = "
            raise invalid("Pack", text + bracketed(t._array.shape), name="stack", wrapped=f"Pack_N_{len(tensors)}")
    return execute(STACK, tensors, {"axis": int(axis)})


def concat(values: Any, axis: Any, name: str = "concat") -> EagerTensor:
    """Tensors joined along an axis. Raises InvalidArgumentError if the other sizes differ."""
    if convert.is_tensor_like(values):
        return to_tensor(values)
    tensors = _same_type("ConcatV2", list(values), "concat")
    first = tensors[0]._array.shape
    axis = int(axis)
    wrapped = f"{device(f'ConcatV2_N_{len(tensors)}')}ConcatOp : "
    for k, t in enumerate(tensors):
        shape = t._array.shape
        text = ""
        if len(shape) != len(first):
            text = "Ranks of all input tensors should match"
        elif wrong := [d for d in range(len(first)) if d != axis % len(first) and shape[d] != first[d]]:
            text = f"Dimension {wrong[0]} in both shapes must be equal"
        if text:
            text = f"{wrapped}{text}: shape[0] = {bracketed(first)} vs. shape[{k}] = {bracketed(shape)} [Op:ConcatV2] name: concat"
            raise InvalidArgumentError(None, None, text)
    if len(tensors) == 1:
        from tapeview.engine.ops.elementwise import identity

        return identity(tensors[0])
    return execute(CONCAT, tensors, {"axis": axis % max(len(first), 1)})


def pack_nested(values: Any, dtype: DType | None = None) -> EagerTensor:
    """A nested list in which tensors stand, as one tensor connected to them."""
    if dtype is None:
        found = _first_tensor(values)
        dtype = found.dtype if found is not None else None
    parts = [pack_nested(v, dtype) if isinstance(v, (list, tuple)) and convert.contains_tensor(v) else to_tensor(v, dtype) for v in values]
    return stack(parts)


def _first_tensor(values: Any) -> Any:
    for v in values:
        if isinstance(v, (list, tuple)):
            found = _first_tensor(v)
            if found is not None:
                return found
        elif convert.is_tensor_like(v):
            return v
    return None
