"""Order and counting: sort, top_k, argmax, unique, bincount and the like."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, execute, execute_many
from tapeview.engine.ops.scatter import scatter_nd
from tapeview.engine.ops.shape import reshape, static_int, transpose
from tapeview.engine.tensor import Array, EagerTensor


def _extreme(function: Any, fallback: float) -> Any:
    def forward(x: Array, *, axis: int, output_type: str) -> Array:
        if x.dtype.kind == "f":
            missing = np.isnan(x)
            if missing.any():  # NaN never wins in TensorFlow
                x = np.where(missing, x.dtype.type(fallback), x)
        return np.asarray(function(x, axis)).astype(output_type)

    return forward


ARG_MAX = defop("ArgMax", _extreme(np.argmax, -np.inf), differentiable=False, inputs="x")
ARG_MIN = defop("ArgMin", _extreme(np.argmin, np.inf), differentiable=False, inputs="x")


def _top_k(x: Array, *, k: int) -> tuple[Array, Array]:
    # The order of equals is kept: a stable ascending sort of the reversed row, reversed. NaN comes last.
    last = x.shape[-1] - 1
    keys = np.where(np.isnan(x), x.dtype.type(-np.inf), x) if x.dtype.kind == "f" else x
    order = (last - np.argsort(keys[..., ::-1], -1, kind="stable"))[..., ::-1][..., :k]
    return np.take_along_axis(x, order, -1), order.astype(np.int32)


def _top_k_rule(gs: Any, ys: Any, x: EagerTensor, k: int) -> EagerTensor:
    shape, order = x._array.shape, ys[1]._array.reshape(-1, k)
    places = order + np.arange(len(order))[:, None] * shape[-1]
    flat = scatter_nd(EagerTensor(places.reshape(-1, 1)), reshape(gs[0], (-1,)), (x._array.size,))
    return reshape(flat, shape)


TOP_K = defop("TopKV2", _top_k, (_top_k_rule,), inputs="x", formulas=("g, at the elements that were taken",))


def _unique(x: Array, *, out_idx: str) -> tuple[Array, Array]:
    y, first, back = np.unique(x, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return y[order], np.argsort(order)[back.reshape(-1)].astype(out_idx)


def _unique_with_counts(x: Array, *, out_idx: str) -> tuple[Array, Array, Array]:
    y, back = _unique(x, out_idx=out_idx)
    return y, back, np.bincount(back, minlength=len(y)).astype(out_idx)


UNIQUE = defop("Unique", _unique, inputs="x")
UNIQUE_WITH_COUNTS = defop("UniqueWithCounts", _unique_with_counts, inputs="x")


def _bincount(values: Array, weights: Array, *, size: int, binary: bool) -> Array:
    """Counts per row of ``values`` (all of it, if it is one row); no weights are an empty array."""
    rows = values.reshape(-1, values.shape[-1]) if values.ndim == 2 else values.reshape(1, -1)
    out = np.zeros((len(rows), size), weights.dtype)
    amounts = weights.reshape(rows.shape) if weights.size else np.ones(rows.shape, weights.dtype)
    for row, places, amount in zip(out, rows, amounts, strict=True):
        kept = places < size
        if binary:
            row[places[kept]] = 1
        else:
            np.add.at(row, places[kept], amount[kept])
    return out if values.ndim == 2 else out[0]


BINCOUNT = defop("DenseBincount", _bincount, inputs="values weights")


# -- extremes ------------------------------------------------------------------------------------------------------


def _arg_extreme(op: Op, input: Any, axis: Any, output_type: Any) -> EagerTensor:
    x = to_tensor(input)
    shape = x._array.shape
    rank, at = len(shape), 0 if axis is None else static_int(axis)
    if not -rank <= at < rank:
        raise invalid(op.name, f"Expected dimension in the range [{-rank}, {rank}), but got {at}")
    at %= rank
    if shape[at] == 0:
        listed = "[" + ",".join(map(str, shape)) + "]"
        raise invalid(op.name, f"Reduction axis {at} is empty in shape {listed}")
    return execute(op, (x,), {"axis": at, "output_type": dtypes.as_dtype(output_type).name})


def argmax(input: Any, axis: Any = None, output_type: Any = dtypes.int64, name: str | None = None) -> EagerTensor:
    """The number of the (first) largest element along ``axis`` (None: 0).

    Raises:
        InvalidArgumentError: there is no such axis, or nothing along it.
    """
    return _arg_extreme(ARG_MAX, input, axis, output_type)


def argmin(input: Any, axis: Any = None, output_type: Any = dtypes.int64, name: str | None = None) -> EagerTensor:
    """The number of the (first) smallest element along ``axis`` (None: 0); see :func:`argmax`."""
    return _arg_extreme(ARG_MIN, input, axis, output_type)


class TopKV2(NamedTuple):
    """What :func:`top_k` returns."""

    values: EagerTensor
    indices: EagerTensor


def top_k(
    input: Any, k: Any = 1, sorted: bool = True, index_type: Any = dtypes.int32, name: str | None = None
) -> TopKV2:
    """The ``k`` largest elements of the last axis, in descending order, and their numbers; of equals the first.

    Raises:
        InvalidArgumentError: a scalar, a negative ``k``, or one larger than the axis.
    """
    x = to_tensor(input)
    count = static_int(k)
    if not x._array.ndim:
        raise invalid("TopKV2", "input must be >= 1-D, got shape []")
    if count < 0:
        raise invalid("TopKV2", f"Need k >= 0, got {count}")
    if count > x._array.shape[-1]:
        raise invalid("TopKV2", f"input must have at least k columns. Had {x._array.shape[-1]}, needed {count}")
    values, indices = execute_many(TOP_K, (x,), {"k": count})
    kind = dtypes.as_dtype(index_type)
    if kind is not dtypes.int32:
        from tapeview.engine.ops.elementwise import cast

        indices = cast(indices, kind)
    return TopKV2(values, indices)


def in_top_k(targets: Any, predictions: Any, k: Any, name: str | None = None) -> EagerTensor:
    """Whether class ``targets[n]`` is among the ``k`` largest of row n of the predictions. A bool tensor."""
    at, scores = to_tensor(targets)._array, to_tensor(predictions)._array
    valid = (at >= 0) & (at < scores.shape[-1])
    own = np.take_along_axis(scores, np.where(valid, at, 0).astype(np.int64)[:, None], -1)
    return EagerTensor(valid & np.isfinite(own[:, 0]) & ((scores > own).sum(-1) < static_int(k)))


# -- order ---------------------------------------------------------------------------------------------------------


def sort(values: Any, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None) -> EagerTensor:
    """``values`` in order along ``axis``. Raises ValueError for another direction than ASCENDING or DESCENDING."""
    return _sorted(values, axis, direction, 0)


def argsort(
    values: Any, axis: Any = -1, direction: str = "ASCENDING", stable: bool = False, name: str | None = None
) -> EagerTensor:
    """The numbers (int32) that put ``values`` in order along ``axis``; equals keep their order; see :func:`sort`."""
    return _sorted(values, axis, direction, 1)


def _sorted(values: Any, axis: Any, direction: str, which: int) -> EagerTensor:
    if direction not in ("ASCENDING", "DESCENDING"):
        text = "Argument `direction` should be one of ASCENDING, DESCENDING. Received: "
        raise ValueError(f"{text}direction={direction}")
    x = to_tensor(values)
    rank = x._array.ndim
    at = static_int(axis)
    if not -rank <= at < rank:
        raise ValueError(f"Argument `axis` = {at} not in range [{-rank}, {rank})")
    swapped = list(range(rank))
    swapped[at], swapped[-1] = swapped[-1], swapped[at]
    moved = at % rank != rank - 1
    if moved:
        x = transpose(x, swapped)
    if direction == "DESCENDING":
        found = top_k(x, x._array.shape[-1])[which]
    elif x._array.dtype.kind == "f":
        found = top_k(-x, x._array.shape[-1])[which]
        found = found if which else -found
    else:
        order = np.argsort(x._array, -1, kind="stable")
        found = EagerTensor(order.astype(np.int32) if which else np.take_along_axis(x._array, order, -1))
    return transpose(found, swapped) if moved else found


def searchsorted(
    sorted_sequence: Any, values: Any, side: str = "left", out_type: Any = dtypes.int32, name: str | None = None
) -> EagerTensor:
    """Where each value would have to be put into its sorted row. Raises ValueError for a side but left and right."""
    if side not in ("left", "right"):
        raise ValueError("Argument `side` must be either 'right' or 'left'. Received: `side` = '" + f"{side}'.")
    rows = to_tensor(sorted_sequence)
    sought = to_tensor(values, rows.dtype) if not hasattr(values, "_array") else to_tensor(values)
    table, wanted = np.atleast_2d(rows._array), np.atleast_2d(sought._array)
    width, many = table.shape[-1], wanted.shape[-1]
    pairs = zip(table.reshape(-1, width), wanted.reshape(-1, many), strict=True)
    found = [np.searchsorted(row, v, side) for row, v in pairs]  # type: ignore[call-overload]
    return EagerTensor(np.array(found).reshape(sought._array.shape).astype(dtypes.as_dtype(out_type).numpy))


def invert_permutation(x: Any, name: str | None = None) -> EagerTensor:
    """``y`` with ``y[x[k]] == k``. Raises InvalidArgumentError if ``x`` is no permutation."""
    order = to_tensor(x)._array
    if not np.array_equal(np.sort(order), np.arange(order.size)):
        raise invalid("InvertPermutation", "the numbers are no permutation", name=None)
    return EagerTensor(np.argsort(order).astype(order.dtype))


# -- counting ------------------------------------------------------------------------------------------------------


class Unique(NamedTuple):
    """What :func:`unique` returns."""

    y: EagerTensor
    idx: EagerTensor


class UniqueWithCounts(NamedTuple):
    """What :func:`unique_with_counts` returns."""

    y: EagerTensor
    idx: EagerTensor
    count: EagerTensor


def _vector(x: Any) -> EagerTensor:
    t = to_tensor(x)
    if t._array.ndim != 1:
        raise invalid("Unique", "unique expects a 1D vector.", name=None)
    return t


def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Unique:
    """The different elements of a vector in order of appearance, and for each element its number among them.

    Raises:
        InvalidArgumentError: no vector.
    """
    return Unique(*execute_many(UNIQUE, (_vector(x),), {"out_idx": dtypes.as_dtype(out_idx).name}))


def unique_with_counts(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> UniqueWithCounts:
    """As :func:`unique`, and how often each element appears."""
    attrs = {"out_idx": dtypes.as_dtype(out_idx).name}
    return UniqueWithCounts(*execute_many(UNIQUE_WITH_COUNTS, (_vector(x),), attrs))


def bincount(
    arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None, dtype: Any = dtypes.int32,
    name: str | None = None, axis: Any = None, binary_output: bool = False,
) -> EagerTensor:  # fmt: skip
    """How often (or with what total weight) each number from 0 on appears; with ``axis=-1`` row by row.

    Raises:
        InvalidArgumentError: a negative number.
    """
    x = to_tensor(arr)
    values = x._array if axis is not None and x._array.ndim == 2 else x._array.reshape(-1)
    if values.size and values.min() < 0:
        raise invalid("DenseBincount", "Input arr must be non-negative!")
    size = int(values.max()) + 1 if values.size else 0
    size = max(size, 0 if minlength is None else static_int(minlength))
    size = size if maxlength is None else min(size, static_int(maxlength))
    amounts = EagerTensor(np.zeros(0, dtypes.as_dtype(dtype).numpy)) if weights is None else to_tensor(weights)
    return execute(BINCOUNT, (EagerTensor(values), amounts), {"size": size, "binary": bool(binary_output)})


def histogram_fixed_width(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = dtypes.int32, name: str | None = None
) -> EagerTensor:
    """How many values fall into each of ``nbins`` equal parts of the range; what lies outside counts at its ends."""
    array, (low, high) = to_tensor(values)._array, to_tensor(value_range)._array
    bins = static_int(nbins)
    places = np.floor((array.ravel() - low) / (high - low) * bins)
    places = np.clip(places, 0, bins - 1).astype(np.int64)
    return EagerTensor(np.bincount(places, minlength=bins).astype(dtypes.as_dtype(dtype).numpy))


def confusion_matrix(
    labels: Any, predictions: Any, num_classes: Any = None, weights: Any = None, dtype: Any = dtypes.int32,
    name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """How often class ``row`` was taken for class ``column``."""
    rows, columns = to_tensor(labels)._array.ravel(), to_tensor(predictions)._array.ravel()
    size = int(max(rows.max(), columns.max())) + 1 if num_classes is None else static_int(num_classes)
    matrix = np.zeros((size, size), dtypes.as_dtype(dtype).numpy)
    np.add.at(matrix, (rows.astype(np.int64), columns.astype(np.int64)), 1 if weights is None else np.asarray(weights))
    return EagerTensor(matrix)
