"""Sorting the rows of a tensor into several, and putting several back into one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, each, execute, execute_many
from tapeview.engine.ops.index import gather
from tapeview.engine.ops.shape import reshape, static_int
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor


def _rows_of(partitions: Array, count: int) -> list[Array]:
    return [np.flatnonzero(partitions.ravel() == k) for k in range(count)]


def _partition(data: Array, partitions: Array, *, count: int) -> list[Array]:
    rows = data.reshape((partitions.size, *data.shape[partitions.ndim :]))
    return [rows[at] for at in _rows_of(partitions, count)]


def _partition_rule(gs: Any, ys: Any, data: EagerTensor, partitions: EagerTensor, count: int) -> EagerTensor:
    places = [EagerTensor(at.astype(np.int32)) for at in _rows_of(partitions._array, count)]
    return reshape(dynamic_stitch(places, each(gs)), data._array.shape)


def _stitch(*arrays: Array) -> Array:
    indices, data = arrays[: len(arrays) // 2], arrays[len(arrays) // 2 :]
    size = max((int(i.max()) + 1 for i in indices if i.size), default=0)
    out = np.zeros((size, *data[0].shape[indices[0].ndim :]), data[0].dtype)
    for at, rows in zip(indices, data, strict=True):
        out[at] = rows
    return out


def _stitch_rule(g: EagerTensor, y: EagerTensor, *inputs: EagerTensor) -> list[Any]:
    half = len(inputs) // 2
    return [None] * half + [gather(g, at) for at in inputs[:half]]


DYNAMIC_PARTITION = defop(
    "DynamicPartition", _partition, (_partition_rule, None), inputs="data partitions",
    formulas=("the parts' gradients, put back in place", ""),
)  # fmt: skip
DYNAMIC_STITCH: Op = defop("DynamicStitch", _stitch, vjp_all=_stitch_rule, formulas=("g, in the rows it filled",))


def dynamic_partition(data: Any, partitions: Any, num_partitions: Any, name: str | None = None) -> list[EagerTensor]:
    """The rows of ``data`` in ``num_partitions`` tensors; ``partitions`` says for each in which.

    Raises:
        InvalidArgumentError: a number out of range, or another number of rows.
    """
    x, at, count = to_tensor(data), to_tensor(partitions), static_int(num_partitions)
    shape, numbers = x._array.shape, at._array
    if shape[: numbers.ndim] != numbers.shape:
        text = f"data.shape must start with partitions.shape, got data.shape = {bracketed(shape)}, "
        raise invalid("DynamicPartition", f"{text}partitions.shape = {bracketed(numbers.shape)}", name=None)
    wrong = (numbers < 0) | (numbers >= count)
    if wrong.any():
        first = tuple(int(k) for k in np.argwhere(wrong)[0])
        place = f"partitions[{','.join(map(str, first))}]" if first else "partitions"
        raise invalid("DynamicPartition", f"{place} = {numbers[first]} is not in [0, {count})")
    return list(execute_many(DYNAMIC_PARTITION, (x, at), {"count": count}))


def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> EagerTensor:
    """One tensor in which row ``indices[n][k]`` is ``data[n][k]``; of repeated rows the last counts.

    Raises:
        InvalidArgumentError: other shapes than the indices ask for.
    """
    places, parts = [to_tensor(i) for i in indices], [to_tensor(d) for d in data]
    for k, (at, rows) in enumerate(zip(places, parts, strict=True)):
        if rows._array.shape[: at._array.ndim] != at._array.shape:
            text = f"data[{k}].shape = {bracketed(rows._array.shape)} does not start with indices[{k}].shape = "
            raise invalid("DynamicStitch", text + bracketed(at._array.shape))
    return execute(DYNAMIC_STITCH, (*places, *parts))
