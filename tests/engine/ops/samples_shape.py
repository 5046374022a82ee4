"""Samples of the ops in ops/shape.py, ops/arrange.py and ops/padding.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.op import OPS, execute
from tapeview.engine.ops import arrange as a
from tapeview.engine.ops import padding as p
from tapeview.engine.ops import shape as s
from tests.engine.ops.sample import Sample, sample, values

X = values(2, 3)
CUBE = values(2, 3, 4, seed=1)
ONES = values(1, 3, 1, seed=2)


def joined(function: Any, *inputs: Any, **attrs: Any) -> Sample:
    """A sample of a function that takes a list of tensors."""
    return sample(lambda *tensors: function(list(tensors), **attrs), *inputs)


def direct(name: str, *inputs: Any, **attrs: Any) -> Sample:
    """A sample of an op that only gradient rules call."""
    return sample(lambda *tensors: execute(OPS[name], tensors, attrs), *inputs)


SAMPLES: dict[str, list[Sample]] = {
    "Reshape": [
        sample(s.reshape, X, shape=(3, 2)),
        sample(s.reshape, X, shape=-1),
        sample(s.reshape, 2.0, shape=[1, 1]),
    ],
    "ExpandDims": [
        sample(s.expand_dims, X, axis=1),
        sample(s.expand_dims, X, axis=-1),
        sample(s.expand_dims, 1.5, axis=0),
    ],
    "Squeeze": [sample(s.squeeze, ONES), sample(s.squeeze, ONES, axis=0), sample(s.squeeze, ONES, axis=[-1])],
    "BroadcastTo": [
        sample(s.broadcast_to, X[0], shape=(2, 3)),
        sample(s.broadcast_to, X[:, :1], shape=(4, 2, 3)),
        sample(s.broadcast_to, 0.5, shape=(2, 2)),
    ],
    "Transpose": [
        sample(s.transpose, X),
        sample(s.transpose, CUBE, perm=(2, 0, 1)),
        sample(s.transpose, CUBE, perm=(0, 2, 1)),
    ],
    "Shape": [sample(s.shape, X)],
    "Size": [sample(s.size, X, out_type="int64")],
    "Rank": [sample(s.rank, X)],
    "Pack": [joined(s.stack, X, X[::-1]), joined(s.stack, X, X + 1, X - 1, axis=-1), joined(s.stack, 1.0, 2.0)],
    "ConcatV2": [joined(s.concat, X, X[:1], axis=0), joined(s.concat, X, X[:, :2], X[:, :1], axis=-1)],
    "Tile": [
        sample(a.tile, X, multiples=[2, 3]),
        sample(a.tile, X, multiples=[1, 2]),
        sample(a.tile, X[0], multiples=[3]),
        sample(a.tile, X, multiples=[1, 0]),
    ],
    "Split": [
        sample(a.split, X, num_or_size_splits=3, axis=1),
        sample(a.split, X, num_or_size_splits=2),
        sample(a.split, X, num_or_size_splits=1, axis=1),
    ],
    "SplitV": [
        sample(a.split, CUBE, num_or_size_splits=[1, -1], axis=-1),
        sample(a.split, X, num_or_size_splits=[0, 2]),
    ],
    "Unpack": [sample(a.unstack, X), sample(a.unstack, CUBE, axis=-1), sample(a.unstack, X[:, :1], axis=1)],
    "ReverseV2": [sample(a.reverse, X, axis=[1]), sample(a.reverse, CUBE, axis=[0, -1])],
    "Roll": [sample(a.roll, X, shift=1, axis=1), sample(a.roll, CUBE, shift=[1, -2], axis=[0, 2])],
    "ReverseSequence": [sample(a.reverse_sequence, CUBE, np.array([2, 4]), seq_axis=2, batch_axis=0, wrt=(0,))],
    "SpaceToDepth": [sample(a.space_to_depth, values(1, 4, 2, 3), block_size=2)],
    "DepthToSpace": [sample(a.depth_to_space, values(1, 1, 2, 8), block_size=2)],
    "Pad": [sample(p.pad, X, paddings=[[1, 0], [2, 1]]), sample(p.pad, X[0], paddings=[[0, 2]])],
    "PadV2": [sample(p.pad, X, paddings=[[1, 0], [0, 1]], constant_values=3.0)],
    "MirrorPad": [
        sample(p.pad, X, paddings=[[1, 0], [2, 1]], mode="REFLECT"),
        sample(p.pad, X, paddings=[[2, 1], [3, 3]], mode="SYMMETRIC"),
    ],
    "MirrorPadGrad": [
        direct("MirrorPadGrad", X, paddings=((1, 0), (0, 1)), mode="symmetric"),
        direct("MirrorPadGrad", values(4, 7), paddings=((1, 1), (2, 2)), mode="reflect"),
    ],
    "Slice": [sample(p.slice_, CUBE, begin=[0, 1, 2], size=[1, -1, 2]), sample(p.slice_, X, begin=[1, 0], size=[0, 3])],
}
