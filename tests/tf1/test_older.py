"""TensorFlow 1's forms of functions: other names and orders of arguments give what today's give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tapeview.tensorflow.loader import Namespace
from tapeview.tf1 import older

tf: Any = Namespace("tensorflow", "tf", tf1=True)
now: Any = Namespace("tensorflow", "tf")
X = np.array([[1.0, 4.0], [3.0, 2.0]], np.float32)
IMAGE = np.arange(32, dtype=np.float32).reshape(1, 4, 4, 2)
KERNEL = np.arange(16, dtype=np.float32).reshape(2, 2, 2, 2)

PAIRS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "reduction_indices": (lambda: tf.reduce_sum(X, reduction_indices=[1]), lambda: now.reduce_sum(X, 1)),
    "keep_dims": (lambda: tf.reduce_mean(X, 0, keep_dims=True), lambda: now.reduce_mean(X, 0, keepdims=True)),
    "dimension": (lambda: tf.argmax(X, dimension=1), lambda: now.argmax(X, 1)),
    "arg_min": (lambda: tf.arg_min(X, 1), lambda: now.argmin(X, 1)),
    "squeeze_dims": (lambda: tf.squeeze(X[None], squeeze_dims=[0]), lambda: now.constant(X)),
    "dim": (lambda: tf.expand_dims(X, dim=1), lambda: now.expand_dims(X, 1)),
    "concat": (lambda: tf.concat([X, X], 1), lambda: now.concat([X, X], 1)),
    "concat, axis first": (lambda: tf.concat(1, [X, X]), lambda: now.concat([X, X], 1)),
    "split": (lambda: tf.split(X, 2, 1), lambda: now.split(X, 2, 1)),
    "split, axis first": (lambda: tf.split(1, 2, X), lambda: now.split(X, 2, 1)),
    "pack": (lambda: tf.pack([X, X]), lambda: now.stack([X, X])),
    "unpack": (lambda: tf.unpack(X), lambda: now.unstack(X)),
    "mul, sub, neg": (lambda: tf.neg(tf.sub(tf.mul(X, 2.0), 1.0)), lambda: -(now.constant(X) * 2.0 - 1.0)),
    "softmax dim": (lambda: tf.nn.softmax(X, dim=0), lambda: now.nn.softmax(X, axis=0)),
    "l2_normalize": (lambda: tf.nn.l2_normalize(X, dim=1), lambda: now.nn.l2_normalize(X, 1)),
    "moments": (lambda: tf.nn.moments(X, [0], keep_dims=True), lambda: now.nn.moments(X, [0], keepdims=True)),
    "embedding_lookup": (lambda: tf.nn.embedding_lookup(X, [1], "mod"), lambda: now.gather(X, [1])),
    "conv2d": (
        lambda: tf.nn.conv2d(IMAGE, KERNEL, [1, 1, 1, 1], "SAME", use_cudnn_on_gpu=False),
        lambda: now.nn.conv2d(IMAGE, KERNEL, 1, "SAME"),
    ),
    "conv2d filter": (
        lambda: tf.nn.conv2d(input=IMAGE, filter=KERNEL, strides=[1, 2, 2, 1], padding="VALID"),
        lambda: now.nn.conv2d(IMAGE, KERNEL, 2, "VALID"),
    ),
    "max_pool": (
        lambda: tf.nn.max_pool(value=IMAGE, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME"),
        lambda: now.nn.max_pool(IMAGE, 2, 2, "SAME"),
    ),
    "in_top_k": (lambda: tf.nn.in_top_k(X, [1, 1], 1), lambda: now.math.in_top_k([1, 1], X, 1)),
    "xw_plus_b": (lambda: tf.nn.xw_plus_b(X, X, [1.0, 2.0]), lambda: now.nn.bias_add(now.matmul(X, X), [1.0, 2.0])),
    "relu_layer": (
        lambda: tf.nn.relu_layer(X, -X, [15.0, 2.0]),
        lambda: now.nn.relu(now.nn.bias_add(now.matmul(X, -X), [15.0, 2.0]))
    ),
    "to_int32": (lambda: tf.to_int32(X), lambda: now.cast(X, "int32")),
    "dropout, nothing": (lambda: tf.nn.dropout(X, keep_prob=1.0), lambda: now.constant(X)),
    "cross entropy": (
        lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 1], logits=X),
        lambda: now.nn.sparse_softmax_cross_entropy_with_logits([0, 1], X),
    ),
    "cross entropy dim": (
        lambda: tf.nn.softmax_cross_entropy_with_logits_v2(labels=X, logits=X, dim=0),
        lambda: now.nn.softmax_cross_entropy_with_logits(X, X, axis=0),
    ),
    "py_func": (lambda: tf.py_func(lambda a: a + 1, [X], tf.float32), lambda: now.constant(X + 1)),
    "gather": (lambda: tf.gather(X, [1], None, "g"), lambda: now.gather(X, [1])),
    "zeros_like": (lambda: tf.zeros_like(tensor=X), lambda: now.zeros_like(X)),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), PAIRS.values(), ids=PAIRS)
def test_older_forms(old: Callable[[], Any], new: Callable[[], Any]) -> None:
    np.testing.assert_array_equal(np.asarray(now.convert_to_tensor(old())), np.asarray(now.convert_to_tensor(new())))


def test_dropout_scales_up_what_it_keeps() -> None:
    some = np.asarray(tf.nn.dropout(tf.ones([1000]), 0.8))
    assert set(np.unique(some)) == {0.0, 1.25}
    assert 0.7 < (some > 0).mean() < 0.9


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: tf.reduce_sum(X, 1, reduction_indices=1), ValueError, "Cannot specify both 'reduction_indices' and"),
        (
            lambda: tf.reduce_sum(X, nothing=1),
            TypeError,
            r"reduce_sum\(\) got an unexpected keyword argument 'nothing'",
        ),
        (lambda: tf.reduce_sum(X, 0, axis=1), TypeError, r"reduce_sum\(\) got multiple values for argument 'axis'"),
        (lambda: tf.squeeze(*range(9)), TypeError, r"squeeze\(\) takes 4 positional arguments but 9 were given"),
        (lambda: tf.nn.dropout(X), ValueError, "Either 'keep_prob' or 'rate' must be given"),
        (lambda: tf.nn.dropout(X, 1.5), ValueError, r"`keep_prob` must be in the range \(0, 1\]"),
        (lambda: tf.nn.sigmoid_cross_entropy_with_logits(X, X), ValueError, "Only call `sigmoid_cross_entropy_with"),
        (
            lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(logits=X),
            ValueError,
            "Both `labels` and `logits` must",
        ),
    ],
)
def test_wrong_arguments(call: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


def test_print_tells_values_and_hands_its_input_on(capsys: pytest.CaptureFixture[str]) -> None:
    shown = [older.Print(tf.constant([1.5, 2.0, 3.0, 4.0]), [tf.constant([7, 8])], "see: ", first_n=None) for _ in "ab"]
    assert [np.asarray(x).tolist() for x in shown] == [[1.5, 2.0, 3.0, 4.0]] * 2
    assert capsys.readouterr().err == "see: [7 8]\n" * 2
    older.Print(tf.constant(1.0), [X], summarize=3)
    assert capsys.readouterr().err == "[1 4 3...]\n"
