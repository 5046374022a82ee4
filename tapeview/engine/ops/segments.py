"""Reductions over segments: rows that carry the same number are reduced together."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.indexed_slices import SCATTER_ROWS, add_rows, take_rows
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.comparison import equal
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.ops.shape import static_int
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor


def _flat(data: Array, ids: Array) -> tuple[Array, Array]:
    rows = data.reshape((ids.size, *data.shape[ids.ndim :]))
    kept = ids.ravel() >= 0
    return rows[kept], ids.ravel()[kept]


def _reduce(function: Any, data: Array, ids: Array, rows: int, start: Any) -> Array:
    values, places = _flat(data, ids)
    out = np.full((rows, *values.shape[1:]), start, data.dtype)
    function.at(out, places, values)
    return out


def _lowest(dtype: Any) -> Any:
    return np.finfo(dtype).min if dtype.kind == "f" else np.iinfo(dtype).min


def _highest(dtype: Any) -> Any:
    return np.finfo(dtype).max if dtype.kind == "f" else np.iinfo(dtype).max


def _sorted_extreme(function: Any, limit: Any) -> Any:
    def forward(data: Array, ids: Array, *, rows: int) -> Array:
        out = _reduce(function, data, ids, rows, limit(data.dtype))
        out[np.setdiff1d(np.arange(rows), ids)] = 0  # rows nobody named
        return out

    return forward


def _counts(ids: EagerTensor, rows: int, like: EagerTensor) -> EagerTensor:
    """How many rows carry each number (at least 1), in a shape that divides ``like``'s segments."""
    numbers = ids._array.ravel()
    count = np.maximum(np.bincount(numbers[numbers >= 0], minlength=rows), 1).astype(like._array.dtype)
    return EagerTensor(count.reshape((-1,) + (1,) * (like._array.ndim - ids._array.ndim)))


def _mean(data: Array, ids: Array, *, rows: int) -> Array:
    count = np.maximum(np.bincount(ids, minlength=rows), 1).reshape((-1,) + (1,) * (data.ndim - 1))
    return (add_rows(data, ids, rows) / count).astype(data.dtype)


def _mean_rule(g: Any, y: Any, data: EagerTensor, ids: EagerTensor, rows: int) -> EagerTensor:
    return take_rows(g / _counts(ids, rows, data), ids)


def _extreme_rule(g: Any, y: EagerTensor, data: EagerTensor, ids: EagerTensor, rows: int) -> EagerTensor:
    """Shared evenly among equals."""
    holds = cast(equal(data, take_rows(y, ids)), data.dtype)
    held_by = execute(SCATTER_ROWS, (holds, ids), {"rows": rows})
    return take_rows(g / (held_by + cast(equal(held_by, 0), data.dtype)), ids) * holds  # type: ignore[no-any-return]


def _product_rule(g: Any, y: EagerTensor, data: Any, ids: EagerTensor, rows: int) -> EagerTensor:
    """The product of the others: found by division, except where the element itself is 0."""
    is_zero = cast(equal(data, 0), data.dtype)
    zeros = execute(SCATTER_ROWS, (is_zero, ids), {"rows": rows})
    at_most_one = EagerTensor((zeros._array <= 1).astype(data._array.dtype))
    others = execute(UNSORTED_PROD, (data * (1 - is_zero) + is_zero, ids), {"rows": rows})
    by_division = take_rows(y, ids) / (data + is_zero)
    rest = take_rows(others, ids) * is_zero + by_division * (1 - is_zero)
    return take_rows(g * at_most_one, ids) * rest  # type: ignore[no-any-return]


_SHARED = ("g of its segment where x is the extreme, shared evenly among equals", "")
_PRODUCT = ("g times the product of the others of its segment", "")
SEGMENT_SUM = defop(
    "SegmentSum", lambda data, ids, *, rows: add_rows(data, ids, rows),
    (lambda g, y, data, ids, rows: take_rows(g, ids), None), inputs="data segment_ids",
    formulas=("g of its segment", ""),
)  # fmt: skip
SEGMENT_MEAN = defop(
    "SegmentMean", _mean, (_mean_rule, None), inputs="data segment_ids", formulas=("g of its segment / n", "")
)
SEGMENT_MAX = defop(
    "SegmentMax", _sorted_extreme(np.maximum, _lowest), (_extreme_rule, None), inputs="data segment_ids",
    formulas=_SHARED,
)  # fmt: skip
SEGMENT_MIN = defop(
    "SegmentMin", _sorted_extreme(np.minimum, _highest), (_extreme_rule, None), inputs="data segment_ids",
    formulas=_SHARED,
)  # fmt: skip
SEGMENT_PROD = defop(
    "SegmentProd", lambda data, ids, *, rows: _reduce(np.multiply, data, ids, rows, 1), (_product_rule, None),
    inputs="data segment_ids", formulas=_PRODUCT,
)  # fmt: skip
UNSORTED_MAX = defop(
    "UnsortedSegmentMax", lambda data, ids, *, rows: _reduce(np.maximum, data, ids, rows, _lowest(data.dtype)),
    (_extreme_rule, None), inputs="data segment_ids", formulas=_SHARED,
)  # fmt: skip
UNSORTED_MIN = defop(
    "UnsortedSegmentMin", lambda data, ids, *, rows: _reduce(np.minimum, data, ids, rows, _highest(data.dtype)),
    (_extreme_rule, None), inputs="data segment_ids", formulas=_SHARED,
)  # fmt: skip
UNSORTED_PROD: Op = defop(
    "UnsortedSegmentProd", lambda data, ids, *, rows: _reduce(np.multiply, data, ids, rows, 1), (_product_rule, None),
    inputs="data segment_ids", formulas=_PRODUCT,
)  # fmt: skip


# -- the functions -------------------------------------------------------------------------------------------------


def _sorted(op: Op, data: Any, segment_ids: Any) -> EagerTensor:
    x, ids = to_tensor(data), to_tensor(segment_ids)
    numbers = ids._array
    if numbers.shape != x._array.shape[:1]:
        raise invalid(op.name, "segment_ids should be the same size as dimension 0 of input.", name=None)
    rows = int(numbers[-1]) + 1 if numbers.size else 0
    if (np.diff(numbers) < 0).any():
        raise invalid(op.name, "segment ids are not increasing", name=None)
    if numbers.size and numbers[0] < 0:
        text = f"Segment id {numbers[0]} out of range [0, {rows}), possibly because 'segment_ids' input is not sorted."
        raise invalid(op.name, text, name=None)
    return execute(op, (x, ids), {"rows": rows})


def segment_sum(data: Any, segment_ids: Any, name: str | None = None) -> EagerTensor:
    """Per segment the sum of its rows; ``segment_ids`` ascend. Raises InvalidArgumentError if they do not."""
    return _sorted(SEGMENT_SUM, data, segment_ids)


def segment_mean(data: Any, segment_ids: Any, name: str | None = None) -> EagerTensor:
    """Per segment the mean of its rows; ``segment_ids`` ascend. Raises InvalidArgumentError if they do not."""
    return _sorted(SEGMENT_MEAN, data, segment_ids)


def segment_max(data: Any, segment_ids: Any, name: str | None = None) -> EagerTensor:
    """Per segment the largest elements (0 for an empty one). Raises InvalidArgumentError if the numbers descend."""
    return _sorted(SEGMENT_MAX, data, segment_ids)


def segment_min(data: Any, segment_ids: Any, name: str | None = None) -> EagerTensor:
    """Per segment the smallest elements (0 for an empty one). Raises InvalidArgumentError if the numbers descend."""
    return _sorted(SEGMENT_MIN, data, segment_ids)


def segment_prod(data: Any, segment_ids: Any, name: str | None = None) -> EagerTensor:
    """Per segment the product of its rows (1 for an empty one). Raises InvalidArgumentError if the numbers descend."""
    return _sorted(SEGMENT_PROD, data, segment_ids)


def _unsorted(op: Op, data: Any, segment_ids: Any, num_segments: Any) -> EagerTensor:
    x, ids = to_tensor(data), to_tensor(segment_ids)
    rows, numbers = static_int(num_segments), ids._array
    if x._array.shape[: numbers.ndim] != numbers.shape:
        text = f"data.shape = {bracketed(x._array.shape)} does not start with segment_ids.shape = "
        raise invalid(op.name, text + bracketed(numbers.shape), name=None)
    if (numbers >= rows).any():
        first = tuple(int(k) for k in np.argwhere(numbers >= rows)[0])
        text = f"segment_ids[{','.join(map(str, first))}] = {numbers[first]} is out of range [0, {rows})"
        raise invalid(op.name, text, name=None)
    return execute(op, (x, ids), {"rows": rows})


def unsorted_segment_sum(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> EagerTensor:
    """Per segment the sum of its rows; negative numbers are left out. Raises InvalidArgumentError for one too large."""
    return _unsorted(SCATTER_ROWS, data, segment_ids, num_segments)


def unsorted_segment_mean(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> EagerTensor:
    """Per segment the mean of its rows, 0 for an empty one; see :func:`unsorted_segment_sum`."""
    total = unsorted_segment_sum(data, segment_ids, num_segments)
    return total / _segment_sizes(data, segment_ids, num_segments)  # type: ignore[no-any-return]


def unsorted_segment_sqrt_n(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> EagerTensor:
    """Per segment the sum of its rows, divided by the root of their number; see :func:`unsorted_segment_sum`."""
    total = unsorted_segment_sum(data, segment_ids, num_segments)
    sizes = _segment_sizes(data, segment_ids, num_segments)
    return total / EagerTensor(np.sqrt(sizes._array))  # type: ignore[no-any-return]


def _segment_sizes(data: Any, segment_ids: Any, num_segments: Any) -> EagerTensor:
    return _counts(to_tensor(segment_ids), static_int(num_segments), to_tensor(data))


def unsorted_segment_max(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> EagerTensor:
    """Per segment the largest elements; the type's lowest number for an empty one; see
    :func:`unsorted_segment_sum`."""
    return _unsorted(UNSORTED_MAX, data, segment_ids, num_segments)


def unsorted_segment_min(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> EagerTensor:
    """Per segment the smallest elements; the type's highest number for an empty one; see
    :func:`unsorted_segment_sum`."""
    return _unsorted(UNSORTED_MIN, data, segment_ids, num_segments)


def unsorted_segment_prod(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> EagerTensor:
    """Per segment the product of its rows, 1 for an empty one; see :func:`unsorted_segment_sum`."""
    return _unsorted(UNSORTED_PROD, data, segment_ids, num_segments)
