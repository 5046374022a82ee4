"""Shapes: reshape, transpose, stack and the like. None of these computes; they move values about."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine import convert, dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.dtypes import DType
from tapeview.engine.errors import InvalidArgumentError, device, invalid, wrong_dtype
from tapeview.engine.op import defop, execute
from tapeview.engine.shapes import TensorShape, bracketed
from tapeview.engine.tensor import Array, EagerTensor

RESHAPE = defop(
    "Reshape", lambda x, *, shape: x.reshape(shape), (lambda g, y, x, shape: reshape(g, x._array.shape),), inputs="x",
    formulas=("g, in x's shape",),
)  # fmt: skip
EXPAND_DIMS = defop(
    "ExpandDims", lambda x, *, axis: np.expand_dims(x, axis), (lambda g, y, x, axis: reshape(g, x._array.shape),),
    inputs="x", formulas=("g, in x's shape",),
)  # fmt: skip
SQUEEZE = defop(
    "Squeeze", lambda x, *, axis: np.squeeze(x, axis), (lambda g, y, x, axis: reshape(g, x._array.shape),), inputs="x",
    formulas=("g, in x's shape",),
)  # fmt: skip


def _broadcast(x: Array, *, shape: tuple[int, ...]) -> Array:
    # np.broadcast_to takes 5 µs and gives a view on which every later op is slower.
    out = np.empty(shape, x.dtype)
    out[...] = x
    return out


BROADCAST_TO = defop(
    "BroadcastTo", _broadcast, (lambda g, y, x, shape: _sum_back(g, x),), inputs="x",
    formulas=("g, summed over the axes x was repeated along",),
)  # fmt: skip
TRANSPOSE = defop(
    "Transpose", lambda x, *, perm: x.transpose(perm), (lambda g, y, x, perm: transpose(g, np.argsort(perm).tolist()),),
    inputs="x", formulas=("g, transposed back",),
)  # fmt: skip
SHAPE = defop("Shape", lambda x, *, out_type: np.array(x.shape, out_type), differentiable=False, inputs="x")
SIZE = defop("Size", lambda x, *, out_type: np.array(x.size, out_type), differentiable=False, inputs="x")
RANK = defop("Rank", lambda x: np.array(x.ndim, np.int32), differentiable=False, inputs="x")


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


CONCAT = defop(
    "ConcatV2", lambda *arrays, axis: np.concatenate(arrays, axis), vjp_all=_concat_rule,
    formulas=("its own part of g",),
)  # fmt: skip


# -- whole numbers given in many ways ------------------------------------------------------------------------------


def static_int(value: Any) -> int:
    """A whole number given as an int, a NumPy number, a 0-d array or tensor. Raises TypeError for a float."""
    plain = getattr(value, "_array", value)
    try:
        return operator.index(plain)
    except TypeError:
        raise convert.cannot_convert(value, dtypes.int32) from None


def static_ints(values: Any) -> tuple[int, ...]:
    """Whole numbers given as a list, tuple, array, tensor or one number. Raises TypeError for a float among them."""
    plain = getattr(values, "_array", values)
    if isinstance(plain, (list, tuple)):
        return tuple([static_int(v) for v in plain])
    array = np.asarray(plain)
    if array.dtype.kind not in "iu" and array.size:
        raise convert.cannot_convert(values, dtypes.int32)
    return tuple(array.ravel().astype(np.int64).tolist())


def static_shape(shape: Any) -> tuple[int, ...]:
    """A shape given as a list, tuple, TensorShape, array, tensor or number; entries may be scalar tensors.

    Raises:
        ValueError: an entry is None.
        TypeError: an entry is no whole number.
    """
    if isinstance(shape, (list, tuple)) and any(d is None for d in shape):
        raise ValueError(f"Attempt to convert a value (None) with an unsupported type ({type(None)}) to a Tensor.")
    try:
        return static_ints(shape)
    except TypeError:
        if isinstance(shape, (list, tuple)):
            raise convert.cannot_convert(list(shape), dtypes.int32) from None
        raise


# -- the functions -------------------------------------------------------------------------------------------------


def reshape(tensor: Any, shape: Any, name: str | None = None) -> EagerTensor:
    """The same elements in another shape; one size may be -1. Raises InvalidArgumentError if they do not fit."""
    x = to_tensor(tensor)
    wanted = static_shape(shape)
    size = x._array.size
    unknown = [k for k, d in enumerate(wanted) if d == -1]
    if len(unknown) > 1:
        raise invalid("Reshape", f"Only one input size may be -1, not both {unknown[0]} and {unknown[1]}", name=None)
    text = f"Input to reshape is a tensor with {size} values, but the requested shape "
    known = 1
    for k, d in enumerate(wanted):
        if d < -1:
            raise invalid("Reshape", f"Size {k} must be non-negative, not {d}", name=None)
        known *= d if d != -1 else 1
    if unknown:
        if known == 0 or size % known:
            raise invalid("Reshape", f"{text}requires a multiple of {known}", name=None)
        wanted = tuple(size // known if d == -1 else d for d in wanted)
    elif known != size:
        raise invalid("Reshape", f"{text}has {known}", name=None)
    return execute(RESHAPE, (x,), {"shape": wanted})


def expand_dims(input: Any, axis: Any, name: str | None = None) -> EagerTensor:
    """``input`` with an axis of size 1 put in at ``axis``. Raises InvalidArgumentError for an axis out of range."""
    x = to_tensor(input)
    rank = x._array.ndim
    at = static_int(axis)
    if not -rank - 1 <= at <= rank:
        raise invalid("ExpandDims", f"Tried to expand dim index {at} for tensor with {rank} dimensions.")
    return execute(EXPAND_DIMS, (x,), {"axis": at % (rank + 1)})


def squeeze(input: Any, axis: Any = None, name: str | None = None) -> EagerTensor:
    """``input`` without its axes of size 1 (all, or those in ``axis``).

    Raises:
        InvalidArgumentError: an axis that does not exist or is not of size 1.
    """
    x = to_tensor(input)
    shape = x._array.shape
    if axis is None:
        axes = [k for k, d in enumerate(shape) if d == 1]
    else:
        axes = []
        for a in static_ints(axis):
            if not -len(shape) <= a < len(shape):
                raise invalid("Squeeze", f"Tried to squeeze dim index {a} for tensor with {len(shape)} dimensions.")
            axes.append(a % len(shape))
        for a in sorted(axes):
            if shape[a] != 1:
                raise invalid("Squeeze", f"Can not squeeze dim[{a}], expected a dimension of 1, got {shape[a]}")
        if not axes:
            axes = [k for k, d in enumerate(shape) if d == 1]
    return execute(SQUEEZE, (x,), {"axis": tuple(sorted(set(axes)))})


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> EagerTensor:
    """``input`` repeated to ``shape``. Raises InvalidArgumentError if it does not fit."""
    x = to_tensor(input)
    wanted = static_shape(shape)
    if x._array.ndim > len(wanted):
        text = f"Rank of input ({x._array.ndim}) must be no greater than rank of output shape ({len(wanted)})."
        raise invalid("BroadcastTo", text, name=None)
    try:
        return execute(BROADCAST_TO, (x,), {"shape": wanted})
    except InvalidArgumentError:
        text = f"Incompatible shapes: {bracketed(x._array.shape)} vs. {bracketed(wanted)}"
        raise invalid("BroadcastTo", text, name=None) from None


def transpose(a: Any, perm: Any = None, conjugate: bool = False, name: str = "transpose") -> EagerTensor:
    """The axes in the order ``perm`` (None: reversed). Raises InvalidArgumentError if ``perm`` is no such order."""
    x = to_tensor(a)
    rank = x._array.ndim
    order = tuple(range(rank))[::-1] if perm is None else static_ints(perm)
    if len(order) != rank:
        text = f"transpose expects a vector of size {rank}. But input(1) is a vector of size {len(order)}"
        raise invalid("Transpose", text, name=None)
    for p in order:
        if not -rank <= p < rank:
            raise invalid("Transpose", f"{p} is out of range [0 .. {rank})", name=None)
    positive = tuple([p % rank for p in order])
    if len(set(positive)) != rank:
        missing = min(set(range(rank)) - set(positive))
        raise invalid("Transpose", f"{missing} is missing from {{{','.join(map(str, positive))}}}.", name=None)
    return execute(TRANSPOSE, (x,), {"perm": positive})


def _same_type(op: str, values: Sequence[Any], name: str) -> tuple[EagerTensor, ...]:
    known = next((to_tensor(v) for v in values if convert.is_tensor_like(v)), None)
    dtype = known.dtype if known is not None else None
    tensors = [to_tensor(v) if convert.is_tensor_like(v) else to_tensor(v, dtype) for v in values]
    for k, t in enumerate(tensors):
        if t._array.dtype != tensors[0]._array.dtype:
            raise wrong_dtype(op, k, tensors[0].dtype.word, t.dtype.word, name=name)
    return tuple(tensors)


def stack(values: Any, axis: int = 0, name: str = "stack") -> EagerTensor:
    """Tensors of one shape, joined along a new axis.

    Raises:
        InvalidArgumentError: different shapes or types.
        ValueError: an axis out of range.
    """
    items = list(values)
    return _pack(items, axis, "stack") if items else to_tensor(items)


def _pack(items: Sequence[Any], axis: Any, name: str) -> EagerTensor:
    tensors = _same_type("Pack", items, name)
    first = tensors[0]._array.shape
    for k, t in enumerate(tensors):
        if t._array.shape != first:
            text = f"Shapes of all inputs must match: values[0].shape = {bracketed(first)} != values[{k}].shape = "
            text += bracketed(t._array.shape)
            raise invalid("Pack", text, name=name, wrapped=f"Pack_N_{len(tensors)}")
    at, rank = static_int(axis), len(first) + 1
    if not -rank <= at < rank:
        raise ValueError(f"Argument `axis` = {at} not in range [{-rank}, {rank})")
    return execute(STACK, tensors, {"axis": at % rank})


def concat(values: Any, axis: Any, name: str = "concat") -> EagerTensor:
    """Tensors joined along an axis. Raises InvalidArgumentError if the other sizes, the ranks or the types differ."""
    if convert.is_tensor_like(values):
        return to_tensor(values)
    values = list(values)
    tensors = _same_type("ConcatV2", values, "concat")
    # TensorFlow converts a list on another path, whose errors do not name the op.
    named = "" if any(isinstance(value, (list, tuple)) for value in values) else f" name: {name}"
    first = tensors[0]._array.shape
    at = static_int(axis)
    wrapped = f"{device(f'ConcatV2_N_{len(tensors)}')}ConcatOp : "
    rank = len(first)
    if len(tensors) > 1 and not -rank <= at < rank:
        text = f"{wrapped}Expected concatenating dimensions in the range [{-rank}, {rank}), but got {at}"
        if rank == 0:
            text = f"{wrapped}Can't concatenate scalars (use tf.stack instead)"
        raise InvalidArgumentError(None, None, f"{text} [Op:ConcatV2]{named}")
    for k, t in enumerate(tensors):
        shape = t._array.shape
        text = ""
        if len(shape) != rank:
            text = "Ranks of all input tensors should match"
        elif wrong := [d for d in range(rank) if d != at % rank and shape[d] != first[d]]:
            text = f"Dimension {wrong[0]} in both shapes must be equal"
        if text:
            text = f"{wrapped}{text}: shape[0] = {bracketed(first)} vs. shape[{k}] = {bracketed(shape)}"
            raise InvalidArgumentError(None, None, f"{text} [Op:ConcatV2]{named}")
    if len(tensors) == 1:
        from tapeview.engine.ops.elementwise import identity

        return identity(tensors[0])
    return execute(CONCAT, tensors, {"axis": at % rank})


def pack_nested(values: Any, dtype: DType | None = None) -> EagerTensor:
    """A nested list in which tensors stand, as one tensor connected to them."""
    if dtype is None:
        found = _first_tensor(values)
        dtype = found.dtype if found is not None else None
    parts = [
        pack_nested(v, dtype)
        if isinstance(v, (list, tuple)) and convert.contains_tensor(v)
        else to_tensor(v, None if convert.is_tensor_like(v) else dtype)
        for v in values
    ]
    return _pack(parts, 0, "packed")


def _first_tensor(values: Any) -> Any:
    for v in values:
        if isinstance(v, (list, tuple)):
            found = _first_tensor(v)
            if found is not None:
                return found
        elif convert.is_tensor_like(v):
            return v
    return None


# -- shapes as values ----------------------------------------------------------------------------------------------


def shape(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> EagerTensor:
    """The sizes of ``input``'s dimensions: an int tensor of shape ``(rank,)``."""
    return execute(SHAPE, (to_tensor(input),), {"out_type": dtypes.as_dtype(out_type).name})


def size(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> EagerTensor:
    """The number of ``input``'s elements: an int scalar."""
    return execute(SIZE, (to_tensor(input),), {"out_type": dtypes.as_dtype(out_type).name})


def rank(input: Any, name: str | None = None) -> EagerTensor:
    """The number of ``input``'s dimensions: an int32 scalar."""
    return execute(RANK, (to_tensor(input),))


def shape_n(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> list[EagerTensor]:
    """The shape of each tensor of a list."""
    return [shape(x, out_type) for x in input]


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """The shape to which two shapes broadcast. Raises ValueError if they do not."""
    x, y = TensorShape(shape_x), TensorShape(shape_y)
    try:
        return TensorShape(np.broadcast_shapes(x, y))
    except ValueError:
        raise ValueError(
            "Incompatible shapes for broadcasting. Two shapes are compatible if for each dimension pair they are "
            f"either equal or one of them is 1. Received: {x} and {y}."
        ) from None


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> EagerTensor:
    """The shape to which two shapes broadcast, as an int tensor. Raises InvalidArgumentError if they do not."""
    x, y = to_tensor(shape_x), to_tensor(shape_y)
    try:
        found = np.broadcast_shapes(tuple(x._array.tolist()), tuple(y._array.tolist()))
    except ValueError:
        text = f"Incompatible shapes: {bracketed(x._array.tolist())} vs. {bracketed(y._array.tolist())}"
        raise invalid("BroadcastArgs", text, name=None) from None
    return EagerTensor(np.array(found, x._array.dtype))
