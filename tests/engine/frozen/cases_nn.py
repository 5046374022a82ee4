"""Calls whose results are frozen, like those in cases.py: shapes, indexing, creation, sorting, convolutions, losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.engine.frozen.cases import Case, numbers
from tests.engine.frozen.cases_images import IMAGES

X = numbers(2, 3, seed=1)
Y = numbers(2, 3, seed=2)
ROW = numbers(3, seed=3)
CUBE = numbers(2, 3, 4, seed=4)
TABLE = numbers(5, 2, seed=5)
IMAGE = numbers(2, 5, 4, 2, seed=6)
FILTER = numbers(3, 2, 2, 3, seed=7)
SMALL = numbers(1, 3, 3, 1, seed=8)
FIELD = numbers(1, 2, 2, 3, seed=9)
VOLUME = numbers(1, 3, 4, 2, 2, seed=14)
SOLID = numbers(2, 2, 1, 2, 3, seed=15)
LOGITS = numbers(3, 4, low=-3.0, high=3.0, seed=10)
LABELS = np.array([[0.5, 0.25, 0.25, 0.0], [0.0, 0.0, 1.0, 0.0], [0.25, 0.25, 0.25, 0.25]], np.float32)
TIED = np.array([[3.0, 1.0, 3.0], [2.0, 2.0, 0.0]], np.float32)
IDS = np.array([0, 0, 2, 2, 2], np.int32)
ANY_IDS = np.array([2, 0, -1, 0, 1], np.int32)
AT = np.array([[0, 1], [1, 2], [1, 0]], np.int32)
STEPS = np.random.RandomState(11).permutation(40).reshape(2, 4, 5, 1).astype(np.float32) / 10

SHAPES: dict[str, Case] = {
    "reshape": (lambda tf, x: tf.reshape(x, [3, -1]), (X,)),
    "expand_dims": (lambda tf, x: tf.expand_dims(x, -2), (X,)),
    "squeeze": (lambda tf, x: tf.squeeze(tf.reshape(x, [1, 2, 1, 3])), (X,)),
    "squeeze an axis": (lambda tf, x: tf.squeeze(tf.reshape(x, [1, 2, 1, 3]), [2]), (X,)),
    "broadcast_to": (lambda tf, x: tf.broadcast_to(x, [2, 2, 3]), (X,)),
    "transpose": (lambda tf, x: tf.transpose(x, [1, 0, 2]), (CUBE,)),
    "stack": (lambda tf, x, y: tf.stack([x, y], axis=1), (X, Y)),
    "concat": (lambda tf, x, y: tf.concat([x, y[:, :1], x], -1), (X, Y)),
    "split": (lambda tf, x: tf.split(x, 3, axis=1), (X,)),
    "split in sizes": (lambda tf, x: tf.split(x, [1, -1], axis=2), (CUBE,)),
    "unstack": (lambda tf, x: tf.unstack(x, axis=1), (CUBE,)),
    "tile": (lambda tf, x: tf.tile(x, [2, 3]), (X,)),
    "repeat": (lambda tf, x: tf.repeat(x, 2, axis=1), (X,)),
    "repeat by counts": (lambda tf, x: tf.repeat(x, [1, 0, 3], axis=1), (X,)),
    "repeat, flat": (lambda tf, x: tf.repeat(x, 2), (X,)),
    "pad": (lambda tf, x: tf.pad(x, [[1, 0], [2, 1]]), (X,)),
    "pad with a value": (lambda tf, x: tf.pad(x, [[1, 0], [2, 1]], constant_values=1.5), (X,)),
    "pad, reflect": (lambda tf, x: tf.pad(x, [[1, 0], [2, 1]], "REFLECT"), (X,)),
    "pad, symmetric": (lambda tf, x: tf.pad(x, [[2, 1], [3, 2]], "SYMMETRIC"), (X,)),
    "reverse": (lambda tf, x: tf.reverse(x, [0, -1]), (CUBE,)),
    "roll": (lambda tf, x: tf.roll(x, [1, -2], [0, 2]), (CUBE,)),
    "reverse_sequence": (lambda tf, x: tf.reverse_sequence(x, [2, 4], seq_axis=2, batch_axis=0), (CUBE,)),
    "meshgrid": (lambda tf, x, y: tf.meshgrid(x, y), (ROW, X[0, :2])),
    "meshgrid of three, ij": (lambda tf, x, y: tf.meshgrid(x, y, x, indexing="ij"), (ROW, X[0, :2])),
    "space_to_depth": (lambda tf, x: tf.nn.space_to_depth(x, 2), (numbers(1, 4, 2, 3, seed=12),)),
    "depth_to_space": (lambda tf, x: tf.nn.depth_to_space(x, 2), (numbers(1, 2, 1, 8, seed=13),)),
    "shape": (lambda tf, x: [tf.shape(x), tf.shape(x, out_type=tf.int64), tf.size(x), tf.rank(x)], (CUBE,)),
    "broadcast_dynamic_shape": (lambda tf: tf.broadcast_dynamic_shape([2, 1], [3]), ()),
}

INDEXING: dict[str, Case] = {
    "x[1]": (lambda tf, x: x[1], (CUBE,)),
    "x[..., None, ::-2]": (lambda tf, x: x[..., None, ::-2], (CUBE,)),
    "x[:, 1:, -1]": (lambda tf, x: x[:, 1:, -1], (CUBE,)),
    "x[mask]": (lambda tf, x: x[x > 0], (X,)),
    "slice": (lambda tf, x: tf.slice(x, [0, 1, 2], [2, -1, 1]), (CUBE,)),
    "strided_slice": (lambda tf, x: tf.strided_slice(x, [0, 3], [2, 0], [1, -2]), (X,)),
    "strided_slice with masks": (
        lambda tf, x: tf.strided_slice(x, [0, 1, 1], [1, 2, 3], begin_mask=1, end_mask=4, shrink_axis_mask=2),
        (CUBE,),
    ),
    "boolean_mask": (lambda tf, x: tf.boolean_mask(x, [[True, False, True], [False, False, True]]), (CUBE,)),
    "boolean_mask, axis": (lambda tf, x: tf.boolean_mask(x, [True, False, True], axis=1), (CUBE,)),
    "gather": (lambda tf, x: tf.gather(1.0 * x, [2, 0, 2]), (TABLE,)),
    "gather, axis": (lambda tf, x: tf.gather(x, [[1, 3], [0, 0]], axis=2), (CUBE,)),
    "gather, batched": (lambda tf, x: tf.gather(x, [[0, 2], [1, 1]], batch_dims=1), (CUBE,)),
    "gather, batched, axis": (lambda tf, x: tf.gather(x, [[3], [1]], axis=2, batch_dims=1), (CUBE,)),
    "gather_nd": (lambda tf, x: tf.gather_nd(x, AT), (CUBE,)),
    "gather_nd of rows": (lambda tf, x: tf.gather_nd(1.0 * x, [[2], [2], [0]]), (TABLE,)),
    "gather_nd, batched": (lambda tf, x: tf.gather_nd(x, [[1], [2]], batch_dims=1), (CUBE,)),
    "scatter_nd": (lambda tf, v: tf.scatter_nd([[1], [3], [1]], v, [5]), (ROW,)),
    "scatter_nd of rows": (lambda tf, v: tf.scatter_nd([[1], [0]], v, [3, 3]), (X,)),
    "tensor_scatter_nd_update": (lambda tf, x, v: tf.tensor_scatter_nd_update(x, AT, v), (X, ROW)),
    "tensor_scatter_nd_add": (lambda tf, x, v: tf.tensor_scatter_nd_add(x, [[0, 1], [0, 1], [1, 2]], v), (X, ROW)),
    "tensor_scatter_nd_sub": (lambda tf, x, v: tf.tensor_scatter_nd_sub(x, AT, v), (X, ROW)),
    "tensor_scatter_nd_max": (lambda tf, x, v: tf.tensor_scatter_nd_max(x, AT, v), (X, ROW)),
    "tensor_scatter_nd_max, ties": (
        lambda tf, x, v: tf.tensor_scatter_nd_max(x, [[0], [1]], v),
        (np.array([1.0, 2.0, 3.0], np.float32), np.array([2.0, 2.0], np.float32)),
    ),
    "tensor_scatter_nd_min": (lambda tf, x, v: tf.tensor_scatter_nd_min(x, AT, v), (X, ROW)),
    "embedding_lookup": (lambda tf, x: tf.nn.embedding_lookup(1.0 * x, [[1, 1], [4, 0]]), (TABLE,)),
    "embedding_lookup, max_norm": (lambda tf, x: tf.nn.embedding_lookup(1.0 * x, [1, 0, 1], 1.0), (TABLE,)),
}
for _word in ("sum", "mean", "max", "min", "prod"):
    INDEXING[f"segment_{_word}"] = (lambda tf, x, w=_word: getattr(tf.math, f"segment_{w}")(x, IDS), (TABLE,))
for _word in ("sum", "mean", "sqrt_n", "max", "min", "prod"):

    def _unsorted(tf: Any, x: Any, w: str = _word) -> Any:
        return getattr(tf.math, f"unsorted_segment_{w}")(x, ANY_IDS, 3)

    INDEXING[f"unsorted_segment_{_word}"] = (_unsorted, (TABLE,))
CREATION: dict[str, Case] = {
    "zeros and ones": (
        lambda tf: [tf.zeros([2, 1]), tf.ones(3, tf.int32), tf.zeros((), tf.float64), tf.ones([2], tf.bool)],
        (),
    ),
    "fill": (lambda tf, x: tf.fill([2, 3], x), (np.array(1.5, np.float32),)),
    "eye": (lambda tf: [tf.eye(2), tf.eye(2, 3, dtype=tf.int32), tf.eye(1, batch_shape=[2])], ()),
    "range": (
        lambda tf: [tf.range(5), tf.range(1, 10, 3), tf.range(10, 0, -3), tf.range(3.0), tf.range(0, 1, 0.25)],
        (),
    ),
    "range of tenths": (lambda tf: tf.range(0.0, 1.0, 0.1), ()),
    "range with a type": (lambda tf: [tf.range(3, dtype=tf.int64), tf.range(5, dtype=tf.float32)], ()),
    "linspace": (lambda tf, a, b: tf.linspace(a, b, 7), (np.array(-1.0, np.float32), np.array(1.0, np.float32))),
    "linspace of 2 pi": (lambda tf: tf.linspace(0.0, 2 * np.pi, 11), ()),
    "linspace of a hundred": (lambda tf: tf.linspace(-2.0, 3.0, 100), ()),
    "linspace of one and none": (lambda tf: [tf.linspace(1.0, 2.0, 1), tf.linspace(1.0, 2.0, 0)], ()),
    "linspace of ints": (lambda tf: tf.linspace(0, 10, 5), ()),
    "linspace of vectors": (lambda tf, a, b: tf.linspace(a, b, 4), (X[0], X[1])),
    "linspace of vectors, axis": (lambda tf, a, b: tf.linspace(a, b, 3, axis=-1), (X, Y)),
    "linspace, broadcast": (lambda tf, a: tf.linspace(0.0, a, 3), (X[0],)),
    "one_hot": (lambda tf: tf.one_hot([0, 2, -1, 5], 3), ()),
    "one_hot, axis and values": (lambda tf: tf.one_hot([[0, 1]], 3, on_value=5, off_value=-1, axis=0), ()),
    "one_hot, types": (
        lambda tf: [tf.one_hot([1], 2, dtype=tf.int64), tf.one_hot(1, 3, on_value=True, off_value=False)],
        (),
    ),
    "sequence_mask": (
        lambda tf: [tf.sequence_mask([1, 3, 2], 5), tf.sequence_mask([[1, 3], [2, 0]], dtype=tf.float32)],
        (),
    ),
    "constant": (
        lambda tf: [
            tf.constant(1, shape=(2, 2)), tf.constant([1, 2, 3, 4], shape=(2, 2)), tf.constant([7], shape=[3]),
            tf.constant([1, 2], tf.float64), tf.constant([[True]]), tf.constant(np.array([1.7, 2.2]), tf.int32),
        ],
        (),
    ),
    "convert_to_tensor": (
        lambda tf: [
            tf.convert_to_tensor([1, 2], dtype_hint=tf.float32), tf.convert_to_tensor([1.5, 2], dtype_hint=tf.int32),
            tf.convert_to_tensor(tf.TensorShape([1, 2])),
        ],
        (),
    ),
}  # fmt: skip

SORTING: dict[str, Case] = {
    "sort": (lambda tf, x: tf.sort(x), (CUBE,)),
    "sort, axis, descending": (lambda tf, x: tf.sort(x, axis=1, direction="DESCENDING"), (CUBE,)),
    "sort of ties": (lambda tf, x: tf.sort(x), (TIED,)),
    "sort of ints": (lambda tf: [tf.sort([3, 1, 2]), tf.sort([3, 1, 2], direction="DESCENDING")], ()),
    "sort with nan": (lambda tf: tf.sort([3.0, np.nan, 1.0]), ()),
    "argsort": (lambda tf: [tf.argsort(TIED), tf.argsort(TIED, direction="DESCENDING"), tf.argsort(TIED, axis=0)], ()),
    "top_k": (lambda tf, x: tf.math.top_k(x, 2)[0], (CUBE,)),
    "top_k of ties": (lambda tf, x: tuple(tf.math.top_k(x, 2)), (TIED,)),
    "argmax and argmin": (
        lambda tf: [tf.argmax(TIED), tf.argmax(TIED, 1), tf.argmin(TIED, -1, output_type=tf.int32), tf.argmin(CUBE, 2)],
        (),
    ),
    "argmax with nan": (
        lambda tf: [tf.argmax([np.nan, 1.0, 2.0]), tf.argmax([1.0, np.nan, 2.0]), tf.argmin([np.nan, 1.0, 2.0])],
        (),
    ),
    "unique": (lambda tf: [*tf.unique([3, 1, 3, 2]), *tf.unique_with_counts([3, 1, 3, 2], tf.int64)], ()),
    "searchsorted": (
        lambda tf: [
            tf.searchsorted([1, 3, 5], [0, 3, 9]), tf.searchsorted([1, 3, 5], [0, 3, 9], side="right"),
            tf.searchsorted([[1, 3], [2, 4]], [[2], [5]]),
        ],
        (),
    ),
    "bincount": (
        lambda tf: [
            tf.math.bincount([1, 2, 2, 5]), tf.math.bincount([1, 2], weights=[0.5, 2.0]),
            tf.math.bincount([1, 1, 3], minlength=6), tf.math.bincount([1, 2, 9], maxlength=4),
            tf.math.bincount([[1, 2], [2, 2]], axis=-1), tf.math.bincount([1, 2, 2], binary_output=True, axis=-1),
        ],
        (),
    ),
    "in_top_k": (lambda tf: [tf.math.in_top_k([0, 1], TIED, 2), tf.math.in_top_k([1, 9], TIED, 2)], ()),
    "confusion_matrix": (lambda tf: tf.math.confusion_matrix([0, 1, 1], [1, 1, 0], num_classes=3), ()),
    "histogram_fixed_width": (lambda tf: tf.histogram_fixed_width([0.0, 0.5, 1.0, 2.0, -1.0], [0.0, 1.0], 4), ()),
    "invert_permutation": (lambda tf: tf.math.invert_permutation([2, 0, 1]), ()),
}  # fmt: skip

CONVOLUTIONS: dict[str, Case] = {
    "conv2d, SAME": (lambda tf, x, w: tf.nn.conv2d(x, w, 1, "SAME"), (IMAGE, FILTER)),
    "conv2d, VALID, strides": (lambda tf, x, w: tf.nn.conv2d(x, w, [2, 1], "VALID"), (IMAGE, FILTER)),
    "conv2d, SAME, strides": (lambda tf, x, w: tf.nn.conv2d(x, w, [1, 2, 2, 1], "SAME"), (IMAGE, FILTER)),
    "conv2d, dilations": (
        lambda tf, x, w: tf.nn.conv2d(x, w, 1, "SAME", dilations=[1, 2, 1, 1]),
        (IMAGE, FILTER),
    ),
    "conv2d, explicit": (
        lambda tf, x, w: tf.nn.conv2d(x, w, 1, [[0, 0], [1, 0], [2, 1], [0, 0]]),
        (IMAGE, FILTER),
    ),
    "conv2d of 4 x 4 ones, k3 s2 SAME": (
        lambda tf: tf.nn.conv2d(
            np.arange(1.0, 17, dtype=np.float32).reshape(1, 4, 4, 1), tf.ones([3, 3, 1, 1]), 2, "SAME"
        ),
        (),
    ),
    "conv1d": (
        lambda tf, x, w: tf.nn.conv1d(x, w, 2, "SAME"),
        (numbers(2, 5, 2, seed=14), numbers(3, 2, 2, seed=15)),
    ),
    "conv2d_transpose": (
        lambda tf, x, w: tf.nn.conv2d_transpose(x, w, [1, 4, 4, 2], 2, "SAME"),
        (FIELD, FILTER),
    ),
    "depthwise_conv2d": (
        lambda tf, x, w: tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME"),
        (IMAGE, numbers(2, 2, 2, 2, seed=16)),
    ),
    "conv3d, SAME": (lambda tf, x, w: tf.nn.conv3d(x, w, [1, 1, 2, 1, 1], "SAME"), (VOLUME, SOLID)),
    "conv3d, VALID": (lambda tf, x, w: tf.nn.conv3d(x, w, [1] * 5, "VALID"), (VOLUME, SOLID)),
    "conv3d_transpose": (
        lambda tf, x, w: tf.nn.conv3d_transpose(x, w, [1, 4, 4, 2, 2], [1, 2, 2, 1, 1]),
        (numbers(1, 2, 2, 2, 3, seed=16), SOLID),
    ),
    "max_pool3d": (lambda tf, x: tf.nn.max_pool3d(x, [2, 2, 1], 2, "SAME"), (VOLUME,)),
    "max_pool3d of ones": (lambda tf, x: tf.nn.max_pool3d(x, 2, 1, "VALID"), (np.ones((1, 2, 3, 2, 1), np.float32),)),
    "avg_pool3d": (lambda tf, x: tf.nn.avg_pool3d(x, [1, 3, 2], [2, 1, 1], "SAME"), (VOLUME,)),
    "max_pool": (lambda tf, x: tf.nn.max_pool(x, 2, 2, "VALID"), (STEPS,)),
    "max_pool, SAME": (lambda tf, x: tf.nn.max_pool2d(x, [2, 3], [1, 2], "SAME"), (STEPS,)),
    "max_pool, overlapping": (lambda tf, x: tf.nn.max_pool2d(x, 3, 1, "VALID"), (STEPS,)),
    "max_pool of zeros": (lambda tf, x: tf.nn.max_pool2d(x, 2, 1, "VALID"), (np.zeros((1, 3, 3, 1), np.float32),)),
    "max_pool of equal negatives": (
        lambda tf, x: tf.nn.max_pool2d(x, 2, 2, "SAME"),
        (np.full((1, 3, 3, 1), -1, np.float32),),
    ),
    "relu, then max_pool of zeros": (
        lambda tf, x: tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, "VALID"),
        (np.zeros((1, 2, 2, 1), np.float32),),
    ),
    "max_pool1d": (lambda tf, x: tf.nn.max_pool1d(x, 2, 2, "SAME"), (STEPS[0],)),
    "avg_pool": (lambda tf, x: tf.nn.avg_pool(x, 2, 2, "VALID"), (IMAGE,)),
    "avg_pool, SAME": (lambda tf, x: tf.nn.avg_pool2d(x, 2, 2, "SAME"), (SMALL,)),
    "avg_pool, SAME, overlapping": (lambda tf, x: tf.nn.avg_pool2d(x, [3, 2], 1, "SAME"), (IMAGE,)),
}


def _xent(tf: Any, x: Any, z: Any) -> Any:
    return tf.nn.softmax_cross_entropy_with_logits(labels=z, logits=x)


def _sparse(tf: Any, x: Any) -> Any:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[3, 0, 1], logits=x)


def _sigmoid(tf: Any, x: Any, z: Any) -> Any:
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=z, logits=x)


LARGE = np.array([1000.0, -1000.0, 0.0, 0.0], np.float32)
ENDS = np.array([0.0, 1.0, 1.0, 0.3], np.float32)
NETS: dict[str, Case] = {
    # The labels are held fixed where TensorFlow's second derivative leaves them out.
    "softmax cross entropy": (lambda tf, x: _xent(tf, x, LABELS), (LOGITS,)),
    "softmax cross entropy, labels": (lambda tf, z: _xent(tf, LOGITS, z), (LABELS,)),
    "softmax cross entropy, one row of labels": (lambda tf, x: _xent(tf, x, LABELS[:1]), (LOGITS,)),
    "softmax cross entropy, axis 0": (
        lambda tf, x: tf.nn.softmax_cross_entropy_with_logits(LABELS.T, x, axis=0),
        (LOGITS.T.copy(),),
    ),
    "softmax cross entropy, vector": (lambda tf, x: _xent(tf, x, LABELS[0]), (LOGITS[0],)),
    "softmax cross entropy, int labels": (lambda tf, x: _xent(tf, x, [[0, 1, 0, 0]] * 3), (LOGITS,)),
    "sparse cross entropy": (_sparse, (LOGITS,)),
    "sparse cross entropy, scalar": (
        lambda tf, x: tf.nn.sparse_softmax_cross_entropy_with_logits(2, x),
        (LOGITS[0],),
    ),
    "sigmoid cross entropy": (_sigmoid, (LOGITS, LABELS)),
    "sigmoid cross entropy, extremes": (_sigmoid, (LARGE, ENDS)),
    "weighted cross entropy": (
        lambda tf, x, z: tf.nn.weighted_cross_entropy_with_logits(z, x, 3.0),
        (LOGITS, LABELS),
    ),
    "log_poisson_loss": (
        lambda tf, x: tf.nn.log_poisson_loss([[0.5, 1.0, 5.0, 2.0]] * 3, x, compute_full_loss=True),
        (LOGITS,),
    ),
    "bias_add": (lambda tf, x, b: tf.nn.bias_add(x, b), (IMAGE, ROW[:2])),
    "bias_add, NCHW": (lambda tf, x, b: tf.nn.bias_add(x, b, "NCHW"), (numbers(2, 3, 2, 2, seed=17), ROW)),
    "moments": (lambda tf, x: tf.nn.moments(x, [0, 2]), (CUBE,)),
    "moments, kept": (lambda tf, x: tf.nn.moments(x, [1], keepdims=True), (CUBE,)),
    "batch_normalization": (
        lambda tf, x, m, v, o, s: tf.nn.batch_normalization(x, m, v, o, s, 1e-3),
        (X, ROW, np.abs(ROW) + np.float32(0.5), X[0], X[1]),
    ),
    "batch_normalization by its own moments": (
        lambda tf, x: tf.nn.batch_normalization(x, *tf.nn.moments(x, [0]), None, None, 1e-3),
        (TABLE,),
    ),
    "dynamic_partition": (lambda tf, x: tf.dynamic_partition(x, [0, 2, 0, 0, 2], 3), (TABLE,)),
    "dynamic_stitch": (lambda tf, x, y: tf.dynamic_stitch([[0, 2], [3, 1]], [x, y]), (X, Y)),
    "unravel_index": (lambda tf: tf.unravel_index([22, 41, 37], (7, 6)), ()),
    "zero_fraction": (lambda tf: tf.math.zero_fraction([0.0, 1.0, 0.0]), ()),
    "saturate_cast": (lambda tf: tf.saturate_cast([300.0, -5.0, 7.5], tf.uint8), ()),
    "polyval": (lambda tf, x, a: tf.math.polyval([1.0, a, 3.0], x), (X, np.array(2.0, np.float32))),
    "orders": (
        lambda tf: [
            f(v)
            for f in (tf.math.is_non_decreasing, tf.math.is_strictly_increasing)
            for v in ([1, 1, 2], [1, 2, 3], [2, 1], [1])
        ],
        (),
    ),
    "sufficient_statistics": (lambda tf, x: tf.nn.sufficient_statistics(x, [0])[:3], (X,)),
    "normalize_moments": (lambda tf, m, v: tf.nn.normalize_moments(4.0, m, v, 1.0), (ROW, np.abs(ROW) + 5)),
    "weighted_moments": (lambda tf, x: tf.nn.weighted_moments(x, [0], [[1.0], [3.0]]), (X,)),
    "conv1d_transpose": (
        lambda tf, x, w: tf.nn.conv1d_transpose(x, w, [2, 6, 2], 2, "SAME"),
        (numbers(2, 3, 2, seed=18), numbers(3, 2, 2, seed=19)),
    ),
    "atrous_conv2d": (lambda tf, x, w: tf.nn.atrous_conv2d(x, w, 2, "SAME"), (IMAGE, FILTER)),
    "check_numerics": (lambda tf, x: tf.debugging.check_numerics(x, "x"), (X,)),
    "map_fn": (lambda tf, x: tf.map_fn(lambda r: r * r, x), (X,)),
    "vectorized_map": (lambda tf, x: tf.vectorized_map(lambda r: tf.reduce_sum(r) * r, x), (X,)),
    "while_loop": (
        lambda tf, x: tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * x), (tf.constant(0), x)),
        (X,),
    ),
    "scan": (lambda tf, x: tf.scan(lambda a, r: a * r, x), (X,)),
    "foldl and foldr": (
        lambda tf, x: [
            tf.foldl(lambda a, r: a - r, x), tf.foldr(lambda a, r: a - r, x), tf.foldl(lambda a, r: a + r, x, 1.0)
        ],
        (TABLE[:, 0].copy(),),
    ),
    "cond, case, switch_case": (
        lambda tf, x: [
            tf.cond(tf.reduce_sum(x) > -100, lambda: x * x, lambda: x),
            tf.case([(tf.constant(False), lambda: x), (tf.constant(True), lambda: 2 * x)]),
            tf.switch_case(tf.constant(9), [lambda: x, lambda: 3 * x]),
        ],
        (X,),
    ),
    "TensorArray": (
        lambda tf, x: tf.TensorArray(tf.float32, 3).write(2, x[0] * 2).write(0, x[1]).stack(),
        (X,),
    ),
}  # fmt: skip

CASES: dict[str, dict[str, Case]] = {
    "nn_shapes": SHAPES,
    "nn_indexing": INDEXING,
    "nn_creation": CREATION,
    "nn_sorting": SORTING,
    "nn_convolutions": CONVOLUTIONS,
    "nn_nets": NETS,
    "nn_images": IMAGES,
}
