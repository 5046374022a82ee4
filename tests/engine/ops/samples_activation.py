"""Samples of the ops in ops/activation.py and special_functions.py."""

from __future__ import annotations

from tapeview.engine.ops import activation as a
from tapeview.engine.ops import special_functions as s
from tests.engine.ops.sample import Sample, sample, values
from tests.engine.ops.samples_elementwise import APART, POSITIVE, X
from tests.engine.ops.samples_functions import one

CUBE = values(2, 3, 2)
AROUND_SIX = values(3, 4, low=4.0, high=8.0, away_from=6.0)
TAILS = values(2, 3, low=-6.0, high=6.0)
NEGATIVE = values(2, 3, low=-2.9, high=-2.1)
WIDE = values(2, 3, low=0.2, high=15.0)

SAMPLES: dict[str, list[Sample]] = {
    "Relu": [*one(a.relu, APART), sample(a.crelu, APART), sample(a.crelu, APART, axis=0)],
    "ReluGrad": [sample(lambda g, y: a.execute(a.RELU_GRAD, (g, y)), X, APART)],
    "Relu6": [*one(a.relu6, APART), *one(a.relu6, AROUND_SIX)],
    "LeakyRelu": [*one(a.leaky_relu, APART), sample(a.leaky_relu, APART, alpha=0.01)],
    "Elu": one(a.elu, APART),
    "Selu": one(a.selu, APART),
    "Silu": one(a.silu),
    "Sigmoid": [sample(a.silu, X, beta=1.5)],
    "Softplus": [*one(a.softplus), *one(a.log_sigmoid, TAILS)],
    "Softsign": [sample(a.softsign, APART, order=1), sample(a.softsign, 0.3, order=1)],
    "SoftsignGrad": [sample(lambda g, x: a.execute(a.SOFTSIGN_GRAD, (g, x)), X, APART)],
    "Softmax": [sample(a.softmax, X), sample(a.softmax, CUBE, axis=0), sample(a.softmax, CUBE, axis=-2)],
    "LogSoftmax": [sample(a.log_softmax, X), sample(a.log_softmax, CUBE, axis=1)],
    "Erf": [*one(s.erf), sample(s.erf, TAILS), *one(a.gelu)],
    "Tanh": one(lambda x: a.gelu(x, approximate=True)),
    "Erfc": [*one(s.erfc), sample(s.erfc, TAILS)],
    "Lgamma": [*one(s.lgamma, WIDE), sample(s.lgamma, NEGATIVE), sample(s.lbeta, POSITIVE)],
    "Digamma": [*one(s.digamma, WIDE), sample(s.digamma, NEGATIVE)],
    "Polygamma": [
        sample(lambda n, x: s.polygamma(n, x), [[1.0], [2.0]], WIDE, wrt=(1,)),
        sample(lambda n, x: s.polygamma(n, x), 0.0, POSITIVE, wrt=(1,)),
    ],
    "Zeta": [sample(s.zeta, [[1.5], [3.0]], POSITIVE, wrt=(1,))],
}
