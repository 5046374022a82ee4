"""Single elements and slices by coordinates: gather_nd and its inverses."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.errors import invalid, wrong_dtype
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.comparison import equal
from tapeview.engine.ops.elementwise import cast, zeros_like
from tapeview.engine.ops.shape import squeeze, static_int, static_shape
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor


def _at(indices: Array) -> tuple[Array, ...]:
    return tuple(np.moveaxis(indices, -1, 0))


def _gather_nd(params: Array, indices: Array) -> Array:
    if indices.shape[-1] == 0:
        return np.broadcast_to(params, indices.shape[:-1] + params.shape)
    return params[_at(indices)]


def _scatter_nd(indices: Array, updates: Array, *, shape: tuple[int, ...]) -> Array:
    return _add_at(np.zeros(shape, updates.dtype), indices, updates)


def _add_at(out: Array, indices: Array, updates: Array) -> Array:
    if indices.shape[-1] == 0:
        return out + updates.reshape((-1, *out.shape)).sum(0)  # type: ignore[no-any-return]
    np.add.at(out, _at(indices), updates)
    return out


def _gather_nd_rule(g: EagerTensor, y: EagerTensor, params: EagerTensor, indices: EagerTensor) -> Any:
    shape = params._array.shape
    if indices._array.ndim == 2 and indices._array.shape[-1] == 1:
        return IndexedSlices(g, squeeze(indices, -1), EagerTensor(np.array(shape, np.int32)))
    return execute(SCATTER_ND, (indices, g), {"shape": shape})


GATHER_ND: Op = defop(
    "GatherNd", _gather_nd, (_gather_nd_rule, None), inputs="params indices",
    formulas=("g, at the elements that were gathered", ""),
)  # fmt: skip
SCATTER_ND: Op = defop(
    "ScatterNd", _scatter_nd, (None, lambda g, y, indices, updates, shape: execute(GATHER_ND, (g, indices))),
    inputs="indices updates", formulas=("", "g, at the elements that were written"),
)  # fmt: skip


def _update(tensor: Array, indices: Array, updates: Array) -> Array:
    out = tensor.copy()
    out[_at(indices)] = updates
    return out


def _sub_at(tensor: Array, indices: Array, updates: Array) -> Array:
    out = tensor.copy()
    np.subtract.at(out, _at(indices), updates)
    return out


def _extreme_at(function: Any) -> Any:
    def forward(tensor: Array, indices: Array, updates: Array) -> Array:
        out = tensor.copy()
        function.at(out, _at(indices), updates)
        return out

    return forward


def _gathered(g: EagerTensor, y: EagerTensor, tensor: EagerTensor, indices: EagerTensor, updates: Any) -> EagerTensor:
    return execute(GATHER_ND, (g, indices))


def _blanked(g: EagerTensor, y: EagerTensor, tensor: EagerTensor, indices: EagerTensor, updates: Any) -> EagerTensor:
    return execute(SCATTER_UPDATE, (g, indices, zeros_like(updates)))


def _shares(y: EagerTensor, tensor: EagerTensor, indices: EagerTensor, updates: EagerTensor) -> tuple[Any, Any, Any]:
    """Who holds the extreme: the old values, the updates, and how many of both per element."""
    kind = tensor.dtype
    old = cast(equal(tensor, y), kind)
    new = cast(equal(updates, execute(GATHER_ND, (y, indices))), kind)
    return old, new, old + execute(SCATTER_ND, (indices, new), {"shape": tensor._array.shape})


def _old_rule(g: Any, y: Any, tensor: Any, indices: Any, updates: Any) -> EagerTensor:
    old, _, count = _shares(y, tensor, indices, updates)
    return g * old / count  # type: ignore[no-any-return]


def _new_rule(g: Any, y: Any, tensor: Any, indices: Any, updates: Any) -> EagerTensor:
    _, new, count = _shares(y, tensor, indices, updates)
    return execute(GATHER_ND, (g / count, indices)) * new  # type: ignore[no-any-return]


_INPUTS = "tensor indices updates"
_SHARED = ("g where the old value is the extreme, shared with equal updates", "", "g where the update is the extreme")
SCATTER_UPDATE: Op = defop(
    "TensorScatterUpdate", _update, (_blanked, None, _gathered), inputs=_INPUTS,
    formulas=("g, 0 at the elements that were written", "", "g, at the elements that were written"),
)  # fmt: skip
SCATTER_ADD = defop(
    "TensorScatterAdd", lambda t, i, u: _add_at(t.copy(), i, u), (lambda g, *_: g, None, _gathered), inputs=_INPUTS,
    formulas=("g", "", "g, at the elements that were added to"),
)  # fmt: skip
SCATTER_SUB = defop(
    "TensorScatterSub", _sub_at, (lambda g, *_: g, None, lambda g, *rest: -_gathered(g, *rest)),
    inputs=_INPUTS, formulas=("g", "", "-g, at the elements that were subtracted from"),
)  # fmt: skip
SCATTER_MAX = defop(
    "TensorScatterMax", _extreme_at(np.maximum), (_old_rule, None, _new_rule), inputs=_INPUTS, formulas=_SHARED
)
SCATTER_MIN = defop(
    "TensorScatterMin", _extreme_at(np.minimum), (_old_rule, None, _new_rule), inputs=_INPUTS, formulas=_SHARED
)


# -- the functions -------------------------------------------------------------------------------------------------


def gather_nd(params: Any, indices: Any, batch_dims: Any = 0, name: str | None = None) -> EagerTensor:
    """The slices of ``params`` at coordinates: the last axis of ``indices`` holds one coordinate per axis.

    Raises:
        InvalidArgumentError: coordinates outside of ``params``, or too many of them.
    """
    x, at = to_tensor(params), to_tensor(indices)
    batch = static_int(batch_dims)
    if batch:
        at = _with_batch(at, batch)
    shape, depth = x._array.shape, at._array.shape[-1]
    if depth > len(shape):
        text = f"index innermost dimension length must be <= params rank; saw: {depth} vs. {len(shape)}"
        raise invalid("GatherNd", text, name=None)
    _check("GatherNd", at._array, shape, f"param shape {bracketed(shape)}, node name: GatherNd")
    return execute(GATHER_ND, (x, at))


def _with_batch(indices: EagerTensor, batch: int) -> EagerTensor:
    array = indices._array
    places = np.indices(array.shape[:-1])[:batch]
    return EagerTensor(np.concatenate([np.moveaxis(places, 0, -1), array], -1).astype(array.dtype))


def _check(op: str, indices: Array, shape: tuple[int, ...], where: str) -> None:
    limits = np.array(shape[: indices.shape[-1]], np.int64)
    wrong = ((indices < 0) | (indices >= limits)).any(-1)
    if wrong.any():
        first = tuple(int(k) for k in np.argwhere(wrong)[0])
        place = f"indices[{','.join(map(str, first))}]" if first else "indices"
        raise invalid(op, f"{place} = {indices[first].tolist()} does not index into {where}", name=None)


def scatter_nd(indices: Any, updates: Any, shape: Any, name: str | None = None) -> EagerTensor:
    """Zeros of ``shape`` to which the updates are added at coordinates; repeated ones add up.

    Raises:
        InvalidArgumentError: coordinates outside of the shape, or updates that do not fit them.
    """
    at, values = to_tensor(indices), to_tensor(updates)
    sizes = static_shape(shape)
    outer = at._array.shape[:-1]
    if values._array.shape[: len(outer)] != outer:
        n = len(outer)
        text = f"Dimensions [0,{n}) of indices[shape={bracketed(at._array.shape)}] must match dimensions [0,{n}) of "
        raise invalid("ScatterNd", f"{text}updates[shape={bracketed(values._array.shape)}]", name=None)
    inner = sizes[at._array.shape[-1] :]
    if values._array.shape[len(outer) :] != inner:
        n, m = at._array.shape[-1], len(outer)
        text = f"Dimensions [{n},{len(sizes)}) of input[shape={bracketed(sizes)}] must match dimensions "
        text += f"[{m},{values._array.ndim}) of updates[shape={bracketed(values._array.shape)}]"
        raise invalid("ScatterNd", text, name=None)
    _check("ScatterNd", at._array, sizes, f"shape {bracketed(sizes)}")
    return execute(SCATTER_ND, (at, values), {"shape": sizes})


def _scatter(op: Op, tensor: Any, indices: Any, updates: Any) -> EagerTensor:
    x, at = to_tensor(tensor), to_tensor(indices)
    values = to_tensor(updates) if is_tensor_like(updates) else to_tensor(updates, x.dtype)
    if x._array.dtype != values._array.dtype:
        raise wrong_dtype(op.name, 2, x.dtype.word, values.dtype.word)
    outer, depth = at._array.shape[:-1], at._array.shape[-1]
    if values._array.shape != outer + x._array.shape[depth:]:
        text = f"Outer dimensions of indices and update must match. Indices shape: {bracketed(at._array.shape)}, "
        raise invalid(op.name, f"{text}updates shape:{bracketed(values._array.shape)}", name=None)
    _check(op.name, at._array, x._array.shape, f"shape {bracketed(x._array.shape)}")
    return execute(op, (x, at, values))


def tensor_scatter_nd_update(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> EagerTensor:
    """A copy of ``tensor`` with the updates written at coordinates. Raises InvalidArgumentError if they do not fit."""
    return _scatter(SCATTER_UPDATE, tensor, indices, updates)


def tensor_scatter_nd_add(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> EagerTensor:
    """A copy of ``tensor`` with the updates added at coordinates. Raises InvalidArgumentError if they do not fit."""
    return _scatter(SCATTER_ADD, tensor, indices, updates)


def tensor_scatter_nd_sub(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> EagerTensor:
    """A copy of ``tensor`` with the updates subtracted at coordinates. Raises InvalidArgumentError if they do not
    fit."""
    return _scatter(SCATTER_SUB, tensor, indices, updates)


def tensor_scatter_nd_max(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> EagerTensor:
    """A copy of ``tensor`` with the larger of old value and update at coordinates. Raises InvalidArgumentError if
    the updates do not fit."""
    return _scatter(SCATTER_MAX, tensor, indices, updates)


def tensor_scatter_nd_min(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> EagerTensor:
    """A copy of ``tensor`` with the smaller of old value and update at coordinates. Raises InvalidArgumentError if
    the updates do not fit."""
    return _scatter(SCATTER_MIN, tensor, indices, updates)
