"""Samples of the ops in ops/nn.py, ops/losses.py, ops/random.py and ops/checks.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.op import execute
from tapeview.engine.ops import checks as k
from tapeview.engine.ops import losses as e
from tapeview.engine.ops import nn as n
from tapeview.engine.ops import random as r
from tapeview.engine.ops import random_stateless as s
from tests.engine.ops.sample import Sample, sample, values

LOGITS = values(3, 4)
# The gradient to the logits takes it for granted that the labels of an example sum to 1.
LABELS = np.abs(values(3, 4, seed=1)) / np.abs(values(3, 4, seed=1)).sum(-1, keepdims=True)
IMAGE = values(2, 2, 3, 4)


def xent(logits: Any, labels: Any) -> Any:
    return e.softmax_cross_entropy_with_logits(labels, logits)


def sparse(logits: Any, labels: Any) -> Any:
    return e.sparse_softmax_cross_entropy_with_logits(labels, logits)


def sigmoid(logits: Any, labels: Any) -> Any:
    return e.sigmoid_cross_entropy_with_logits(labels, logits)


def dropped(keep: Any) -> Sample:
    return sample(lambda x: execute(n.DROPOUT, (x, n.to_tensor(keep)), {"scale": 1.25}), LOGITS)


SAMPLES: dict[str, list[Sample]] = {
    "SoftmaxCrossEntropyWithLogits": [
        sample(xent, LOGITS, LABELS),
        sample(xent, LOGITS, LABELS[:1], wrt=(0,)),
        sample(xent, LOGITS[0], LABELS[0]),
        sample(e.softmax_cross_entropy_with_logits, LABELS.T.copy(), LOGITS.T.copy(), axis=0),
    ],
    "SparseSoftmaxCrossEntropyWithLogits": [
        sample(sparse, LOGITS, [3, 0, 1]),
        sample(sparse, LOGITS[0], 2),
        sample(sparse, LOGITS[:, None], [[3], [0], [1]]),
    ],
    "SigmoidCrossEntropyWithLogits": [sample(sigmoid, LOGITS, LABELS), sample(sigmoid, 0.0, 0.3)],
    "BiasAdd": [
        sample(n.bias_add, LOGITS, LOGITS[0]),
        sample(n.bias_add, IMAGE, LOGITS[0]),
        sample(n.bias_add, IMAGE, LOGITS[0, :2], data_format="NCHW"),
    ],
    "BiasAddGrad": [
        sample(lambda g: execute(n.BIAS_ADD_GRAD, (g,), {"axis": 1}), LOGITS),
        sample(lambda g: execute(n.BIAS_ADD_GRAD, (g,), {"axis": 3}), IMAGE),
        sample(lambda g: execute(n.BIAS_ADD_GRAD, (g,), {"axis": 1}), IMAGE),
    ],
    "CheckNumerics": [sample(k.check_numerics, LOGITS, message="logits")],
    "EnsureShape": [sample(k.ensure_shape, LOGITS, shape=[3, None])],
    "Dropout": [dropped(LABELS > 0.2)],
    "RandomStandardNormal": [sample(lambda: r.normal([5], seed=1))],
    "RandomUniform": [sample(lambda: r.uniform([5], seed=1))],
    "TruncatedNormal": [sample(lambda: r.truncated_normal([5], seed=1))],
    "RandomUniformInt": [sample(lambda: r.uniform([5], 0, 10, "int32"))],
    "RandomUniformFullInt": [sample(lambda: s.stateless_uniform([5], [1, 2], None, None, "int32"))],
    "RandomShuffle": [sample(s.stateless_shuffle, LOGITS, seed=[1, 2])],
    "Multinomial": [sample(s.stateless_categorical, LOGITS, num_samples=3, seed=[1, 2])],
    "RandomGamma": [sample(lambda a: r.gamma([2], a, dtype=a.dtype, seed=1), [0.5, 2.0])],
    "RandomPoissonV2": [sample(lambda lam: r.poisson([2], lam, lam.dtype, seed=1), [0.5, 20.0])],
}
