"""Moving values about: tile, repeat, split, reverse, roll and the like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, each, execute, execute_many
from tapeview.engine.ops.index import boolean_mask
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.ops.shape import concat, expand_dims, reshape, stack, static_int, static_ints
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor


def _tile_rule(g: EagerTensor, y: EagerTensor, x: EagerTensor, multiples: tuple[int, ...]) -> EagerTensor:
    shape = x._array.shape
    parts = [n for m, d in zip(multiples, shape, strict=True) for n in (m, d)]
    return reduce_sum(reshape(g, parts), axis=tuple(range(0, 2 * len(shape), 2)))


TILE = defop(
    "Tile", lambda x, *, multiples: np.tile(x, multiples), (_tile_rule,), inputs="x",
    formulas=("the sum of g over the copies of x",),
)  # fmt: skip


def _split(x: Array, *, axis: int, sizes: tuple[int, ...]) -> list[Array]:
    return np.split(x, np.cumsum(sizes)[:-1].tolist(), axis)


def _split_rule(gs: Any, ys: Any, x: EagerTensor, axis: int, sizes: tuple[int, ...]) -> EagerTensor:
    return concat(each(gs), axis)


SPLIT = defop("Split", _split, (_split_rule,), inputs="x", formulas=("the parts' gradients, joined",))
SPLIT_V = defop("SplitV", _split, (_split_rule,), inputs="x", formulas=("the parts' gradients, joined",))
UNSTACK = defop(
    "Unpack", lambda x, *, axis: np.moveaxis(x, axis, 0), (lambda gs, ys, x, axis: stack(each(gs), axis),),
    inputs="x", formulas=("the slices' gradients, stacked",),
)  # fmt: skip
REVERSE: Op = defop(
    "ReverseV2", lambda x, *, axis: np.flip(x, axis), (lambda g, y, x, axis: execute(REVERSE, (g,), {"axis": axis}),),
    inputs="x", formulas=("g, reversed back",),
)  # fmt: skip


def _roll_rule(g: EagerTensor, y: EagerTensor, x: EagerTensor, shift: tuple[int, ...], axis: Any) -> EagerTensor:
    return execute(ROLL, (g,), {"shift": tuple([-s for s in shift]), "axis": axis})


ROLL: Op = defop(
    "Roll", lambda x, *, shift, axis: np.roll(x, shift, axis), (_roll_rule,), inputs="x",
    formulas=("g, rolled back",),
)  # fmt: skip


def _reverse_sequence(x: Array, lengths: Array, *, seq_axis: int, batch_axis: int) -> Array:
    out = np.moveaxis(x.copy(), (batch_axis, seq_axis), (0, 1))
    for row, n in zip(out, lengths, strict=True):
        row[:n] = row[:n][::-1].copy()
    return np.moveaxis(out, (0, 1), (batch_axis, seq_axis))


def _reverse_sequence_rule(g: Any, y: Any, x: Any, lengths: Any, **attrs: int) -> EagerTensor:
    return execute(REVERSE_SEQUENCE, (g, lengths), attrs)


REVERSE_SEQUENCE: Op = defop(
    "ReverseSequence", _reverse_sequence, (_reverse_sequence_rule, None), inputs="x seq_lengths",
    formulas=("g, reversed back", ""),
)  # fmt: skip


def _space_to_depth(x: Array, *, block: int) -> Array:
    n, h, w, c = x.shape
    split = x.reshape(n, h // block, block, w // block, block, c).transpose(0, 1, 3, 2, 4, 5)
    return split.reshape(n, h // block, w // block, block * block * c)


def _depth_to_space(x: Array, *, block: int) -> Array:
    n, h, w, c = x.shape
    split = x.reshape(n, h, w, block, block, c // block**2).transpose(0, 1, 3, 2, 4, 5)
    return split.reshape(n, h * block, w * block, c // block**2)


SPACE_TO_DEPTH: Op = defop(
    "SpaceToDepth", _space_to_depth, (lambda g, y, x, block: execute(DEPTH_TO_SPACE, (g,), {"block": block}),),
    inputs="x", formulas=("g, moved back",),
)  # fmt: skip
DEPTH_TO_SPACE: Op = defop(
    "DepthToSpace", _depth_to_space, (lambda g, y, x, block: execute(SPACE_TO_DEPTH, (g,), {"block": block}),),
    inputs="x", formulas=("g, moved back",),
)  # fmt: skip


# -- the functions -------------------------------------------------------------------------------------------------


def tile(input: Any, multiples: Any, name: str | None = None) -> EagerTensor:
    """``multiples[k]`` copies of ``input`` along each axis ``k``. Raises InvalidArgumentError for a wrong count."""
    x = to_tensor(input)
    many = static_ints(multiples)
    if len(many) != x._array.ndim:
        text = f"Expected multiples argument to be a vector of length {x._array.ndim} but got length {len(many)}"
        raise invalid("Tile", text, name=None)
    for k, m in enumerate(many):
        if m < 0:
            raise invalid("Tile", f"Expected multiples[{k}] >= 0, but got {m}", name=None)
    return execute(TILE, (x,), {"multiples": many})


def repeat(input: Any, repeats: Any, axis: Any = None, name: str | None = None) -> EagerTensor:
    """Each slice along ``axis`` as often as ``repeats`` says (one number, or one per slice); axis None flattens first.

    Raises:
        ValueError: as many counts as there are slices are needed, or one.
    """
    x = to_tensor(input)
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    at = static_int(axis) % x._array.ndim
    counts = getattr(repeats, "_array", repeats)
    many = static_ints(counts)
    shape = x._array.shape
    if len(many) not in (1, shape[at]):
        raise ValueError(f"Dimensions {shape[at]} and {len(many)} are not compatible")
    copies = [1] * (len(shape) + 1)
    copies[at + 1] = max(many)
    tiled = tile(expand_dims(x, at + 1), copies)
    if len(many) == 1:
        return reshape(tiled, (*shape[:at], shape[at] * many[0], *shape[at + 1 :]))
    mask = np.arange(max(many)) < np.array(many)[:, None]
    return boolean_mask(tiled, mask, axis=at)


def split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: Any = None, name: str = "split"
) -> list[EagerTensor]:
    """Parts of ``value`` along ``axis``: so many of equal size, or of the given sizes (one of which may be -1).

    Raises:
        InvalidArgumentError: the parts do not make up the whole, or there is no such axis.
        ValueError: neither a whole number nor a list.
    """
    x = to_tensor(value)
    shape = x._array.shape
    rank, at = len(shape), static_int(axis)
    if isinstance(num_or_size_splits, (int, np.integer)):
        count = int(num_or_size_splits)
        if count < 1:
            text = f"Value for attr 'num_split' of {count} must be at least minimum 1\n\t; NodeDef: {{{{node Split}}}}"
            text += "; Op<name=Split; signature=split_dim:int32, value:T -> output:num_split*T; "
            raise invalid("Split", f"{text}attr=num_split:int,min=1; attr=T:type>", kernel=False, name="split")
        wrapped = f"Split_num_split_{count}"
        _check_split_axis("Split", at, rank, wrapped)
        if shape[at] % count:
            text = f"Number of ways to split should evenly divide the split dimension, but got split_dim {at} "
            raise invalid("Split", f"{text}(size = {shape[at]}) and num_split {count}", name="split", wrapped=wrapped)
        sizes = (shape[at] // count,) * count
        return list(execute_many(SPLIT, (x,), {"axis": at % rank, "sizes": sizes}))
    sizes = _sizes(num_or_size_splits)
    wrapped = f"SplitV_num_split_{len(sizes)}"
    _check_split_axis("SplitV", at, rank, wrapped)
    sizes = _fill_size(sizes, shape[at], wrapped)
    return list(execute_many(SPLIT_V, (x,), {"axis": at % rank, "sizes": sizes}))


def _sizes(given: Any) -> tuple[int, ...]:
    if np.ndim(getattr(given, "_array", given)) == 0:
        raise ValueError(
            f"Rank-0 tensors are not supported as the num_or_size_splits argument to split. Argument provided: {given}"
        )
    return static_ints(given)


def _check_split_axis(op: str, axis: int, rank: int, wrapped: str) -> None:
    if not -rank <= axis < rank:
        text = f"-input rank(-{rank}) <= split_dim < input rank ({rank}), but got {axis}"
        raise invalid(op, text, name="split", wrapped=wrapped)


def _fill_size(sizes: Sequence[int], whole: int, wrapped: str) -> tuple[int, ...]:
    if list(sizes).count(-1) > 1:
        raise invalid("SplitV", "There can only be one -1 in the input.", name="split", wrapped=wrapped)
    known = sum(s for s in sizes if s != -1)
    open_ended = -1 in sizes
    if known > whole or known < 0 or (known != whole and not open_ended):
        text = (
            "Determined shape must either match input shape along split_dim exactly if fully specified, or be less "
            f"than the size of the input along split_dim if not fully specified.  Got: {known}"
        )
        raise invalid("SplitV", text, name="split", wrapped=wrapped)
    return tuple([whole - known if s == -1 else s for s in sizes])


def unstack(value: Any, num: int | None = None, axis: Any = 0, name: str = "unstack") -> list[EagerTensor]:
    """The slices of ``value`` along ``axis``, without that axis.

    Raises:
        ValueError: no such axis.
        InvalidArgumentError: not ``num`` slices.
    """
    x = to_tensor(value)
    shape = x._array.shape
    rank, at = len(shape), static_int(axis)
    if not -rank <= at < rank:
        raise ValueError(f"Argument `axis` = {at} not in range [{-rank}, {rank})")
    at %= rank
    if num is not None and num != shape[at]:
        text = f"Input shape axis {at} must equal {num}, got shape {bracketed(shape)}"
        raise invalid("Unpack", text, name="unstack", wrapped=f"Unpack_num_{num}")
    return list(execute_many(UNSTACK, (x,), {"axis": at})) if shape[at] else []


def reverse(tensor: Any, axis: Any, name: str | None = None) -> EagerTensor:
    """``tensor`` turned around along each axis of the list. Raises InvalidArgumentError for a wrong one."""
    x = to_tensor(tensor)
    if np.ndim(getattr(axis, "_array", axis)) == 0:
        raise invalid("ReverseV2", "'dims' must be 1-dimension, not 0")
    rank = x._array.ndim
    axes: list[int] = []
    for k, a in enumerate(static_ints(axis)):
        if not -rank <= a < rank:
            text = f"'axis'[{k}] = {a} is out of valid range [0, {rank - 1}"
            raise invalid("ReverseV2", text, name=None)
        if a % rank in axes:
            raise invalid("ReverseV2", f"axis {a % rank} specified more than once.", name=None)
        axes.append(a % rank)
    return execute(REVERSE, (x,), {"axis": tuple(axes)})


def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> EagerTensor:
    """``input`` moved on along axes; what falls out comes back in. Raises InvalidArgumentError for a wrong axis."""
    x = to_tensor(input)
    shifts, axes = static_ints(shift), static_ints(axis)
    if len(shifts) != len(axes):
        raise invalid("Roll", "shift and axis must have the same size", name=None)
    for a in axes:
        if not -x._array.ndim <= a < x._array.ndim:
            raise invalid("Roll", f"axis {a} is out of range")
    return execute(ROLL, (x,), {"shift": shifts, "axis": axes})


def meshgrid(*args: Any, indexing: str = "xy", name: str = "meshgrid") -> list[EagerTensor]:
    """Coordinate grids from coordinate vectors. Raises ValueError for an indexing other than ``xy`` and ``ij``."""
    from tapeview.engine.ops.creation import ones

    if indexing not in ("xy", "ij"):
        raise ValueError(f"Argument `indexing` parameter must be either 'xy' or 'ij', got '{indexing}'")
    tensors = [to_tensor(a) for a in args]
    if not tensors:
        return []
    count = len(tensors)
    places = [1, 0, *range(2, count)] if indexing == "xy" and count > 1 else list(range(count))
    whole = [1] * count
    grids = []
    for t, place in zip(tensors, places, strict=True):
        whole[place] = t._array.size
        grids.append(reshape(t, [-1 if k == place else 1 for k in range(count)]))
    full = ones(whole, tensors[0].dtype)
    return [grid * full for grid in grids]


def reverse_sequence(
    input: Any, seq_lengths: Any, seq_axis: Any = None, batch_axis: Any = None, name: str | None = None
) -> EagerTensor:
    """The first ``seq_lengths[k]`` elements of each example ``k`` turned around, the rest left as it is.

    Raises:
        InvalidArgumentError: a length beyond the end.
    """
    x, lengths = to_tensor(input), to_tensor(seq_lengths)
    rank = x._array.ndim
    seq, batch = static_int(seq_axis or 0) % rank, static_int(batch_axis or 0) % rank
    for k, n in enumerate(lengths._array.tolist()):
        if n > x._array.shape[seq]:
            raise invalid("ReverseSequence", f"seq_lens({k}) > input.dims({seq})", name=None)
    return execute(REVERSE_SEQUENCE, (x, lengths), {"seq_axis": seq, "batch_axis": batch})


def space_to_depth(input: Any, block_size: int, data_format: str = "NHWC", name: str | None = None) -> EagerTensor:
    """Blocks of ``block_size`` × ``block_size`` pixels, laid out in the channels (NHWC)."""
    x = to_tensor(input)
    height, width = x._array.shape[1:3]
    if height % block_size or width % block_size:
        text = f"Image width {width} and height {height} should be divisible by block_size: {block_size}"
        raise invalid("SpaceToDepth", text)
    return execute(SPACE_TO_DEPTH, (x,), {"block": int(block_size)})


def depth_to_space(input: Any, block_size: int, data_format: str = "NHWC", name: str | None = None) -> EagerTensor:
    """The inverse of :func:`space_to_depth`."""
    x = to_tensor(input)
    depth = x._array.shape[3]
    if depth % block_size**2:
        text = f"Input depth dimension {depth} should be divisible by: {block_size**2}"
        raise invalid("DepthToSpace", text)
    return execute(DEPTH_TO_SPACE, (x,), {"block": int(block_size)})
