"""Samples of the ops in ops/index.py, ops/scatter.py, ops/segments.py, ops/sorting.py and ops/creation.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.op import OPS, execute
from tapeview.engine.ops import creation as c
from tapeview.engine.ops import index as i
from tapeview.engine.ops import partition as p
from tapeview.engine.ops import scatter as s
from tapeview.engine.ops import segments as g
from tapeview.engine.ops import sorting as o
from tapeview.engine.ops.index_operator import get_item
from tests.engine.ops.sample import Sample, sample, values

X = values(3, 4)
CUBE = values(2, 3, 4, seed=1)
ROWS = values(5, 2, seed=2)
NONZERO = values(5, 2, low=0.5, high=2.0, seed=3)
IDS = np.array([0, 0, 2, 2, 2], np.int32)
MIXED = np.array([1, 0, -1, 0, 2], np.int32)
AT = np.array([[0, 1], [2, 3], [2, 0]])


def item(x: Any, *key: Any) -> Sample:
    return sample(lambda t: get_item(t, key), x)


def direct(name: str, *inputs: Any, wrt: tuple[int, ...] = (0,), **attrs: Any) -> Sample:
    """A sample of an op that only gradient rules call."""
    return sample(lambda *tensors: execute(OPS[name], tensors, attrs), *inputs, wrt=wrt)


def sorted_segments(function: Any, data: Any = ROWS) -> list[Sample]:
    return [sample(function, data, IDS), sample(function, data[:, 0], IDS)]


def unsorted_segments(function: Any, data: Any = ROWS) -> list[Sample]:
    return [
        sample(function, data, MIXED, num_segments=3),
        sample(function, data, AT[:1].repeat(5, 0)[:, :2], num_segments=2),
    ]


def scattered(function: Any) -> list[Sample]:
    return [
        sample(function, X, AT, values(3, seed=4)),
        sample(function, X, np.array([[0], [2]]), values(2, 4, seed=5)),
    ]


SAMPLES: dict[str, list[Sample]] = {
    "StridedSlice": [
        item(X, 1),
        item(X, slice(None), slice(3, 0, -2)),
        item(CUBE, Ellipsis, None, 2),
        sample(lambda x: i.strided_slice(x, [0, 1], [2, 4], [1, 2]), X),
    ],
    "StridedSliceGrad": [direct("StridedSliceGrad", X[1], spec=(1,), shape=(3, 4))],
    "GatherV2": [
        sample(i.gather, X, [2, 0, 2]),
        sample(i.gather, X, [[1, 3]], axis=1),
        sample(i.gather, X, 1),
        sample(i.gather, CUBE, [[0, 2], [1, 1]], axis=1, batch_dims=1),
        sample(i.gather, CUBE, [[3], [1]], axis=2, batch_dims=1),
        sample(i.boolean_mask, X, np.array([True, False, True])),
        sample(i.boolean_mask, CUBE, X > 0, axis=1),
    ],
    "GatherGrad": [
        direct("GatherGrad", X[:, :2], np.array([3, 3]), axis=1, batch_dims=0, shape=(3, 4)),
        direct("GatherGrad", CUBE[:, :2], np.array([[0, 2], [1, 1]]), axis=1, batch_dims=1, shape=(2, 3, 4)),
    ],
    "GatherNd": [
        sample(s.gather_nd, X, AT),
        sample(s.gather_nd, X, np.array([[2], [2]])),
        sample(s.gather_nd, CUBE, np.array([[1], [2]]), batch_dims=1),
        sample(s.gather_nd, X, np.zeros((2, 0), np.int32)),
    ],
    "ScatterNd": [
        sample(lambda at, x: s.scatter_nd(at, x, [3, 4]), AT, values(3)),
        sample(lambda at, x: s.scatter_nd(at, x, [4, 2]), np.array([[3], [3]]), values(2, 2)),
        sample(lambda at, x: s.scatter_nd(at, x, [2]), np.zeros((3, 0), np.int32), values(3, 2)),
    ],
    "TensorScatterUpdate": scattered(s.tensor_scatter_nd_update),
    "TensorScatterAdd": scattered(s.tensor_scatter_nd_add),
    "TensorScatterSub": scattered(s.tensor_scatter_nd_sub),
    "TensorScatterMax": scattered(s.tensor_scatter_nd_max),
    "TensorScatterMin": scattered(s.tensor_scatter_nd_min),
    "SegmentSum": sorted_segments(g.segment_sum),
    "SegmentMean": sorted_segments(g.segment_mean),
    "SegmentMax": sorted_segments(g.segment_max),
    "SegmentMin": sorted_segments(g.segment_min),
    "SegmentProd": sorted_segments(g.segment_prod, NONZERO),
    "UnsortedSegmentMax": unsorted_segments(g.unsorted_segment_max),
    "UnsortedSegmentMin": unsorted_segments(g.unsorted_segment_min),
    "UnsortedSegmentProd": unsorted_segments(g.unsorted_segment_prod, NONZERO),
    "DynamicPartition": [
        sample(p.dynamic_partition, ROWS, [0, 2, 0, 0, 2], num_partitions=3),
        sample(p.dynamic_partition, ROWS, [0, 0, 0, 0, 0], num_partitions=1),
    ],
    "DynamicStitch": [sample(lambda a, b: p.dynamic_stitch([[0, 3], [[2], [1]]], [a, b]), X[:2], X[1:, None])],
    "ArgMax": [sample(o.argmax, X), sample(o.argmax, [3, 1], output_type="int32")],
    "ArgMin": [sample(o.argmin, X, axis=-1)],
    "TopKV2": [
        sample(o.top_k, X, k=2),
        sample(o.sort, CUBE, axis=1),
        sample(o.sort, X[0], direction="DESCENDING"),
    ],
    "Unique": [sample(o.unique, X[0])],
    "UniqueWithCounts": [sample(o.unique_with_counts, X[0])],
    "DenseBincount": [sample(o.bincount, [1, 2, 2], X[0, :3]), sample(o.bincount, [[1, 2], [2, 2]], axis=-1)],
    "Fill": [sample(lambda v: c.fill([2, 3], v), 1.5), sample(lambda v: c.fill([], v), 1.5)],
    "Range": [sample(c.range_, 1.0, 4.0, 0.5), sample(c.range_, 5)],
    "LinSpace": [
        sample(c.linspace, -1.0, 2.0, num=5),
        sample(c.linspace, -1.0, 2.0, num=1),
        sample(c.linspace, X[0], X[1], num=3, axis=-1),
        sample(c.linspace, X, X[::-1] + 1, num=4, axis=1),
    ],
    "OneHot": [
        sample(lambda at, on: c.one_hot(at, 3, on), [0, 2], 2.0),
        sample(c.one_hot, [[0], [2]], depth=3, axis=1),
    ],
}
