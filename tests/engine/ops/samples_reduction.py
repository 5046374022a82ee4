"""Samples of the ops in ops/reduction.py, cumulative.py and rounding.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.ops import cumulative as c
from tapeview.engine.ops import reduction as r
from tapeview.engine.ops import rounding
from tests.engine.ops.sample import Sample, sample, values
from tests.engine.ops.samples_elementwise import APART, POSITIVE, X
from tests.engine.ops.samples_functions import real_pair

CUBE = values(2, 3, 2)


def reduced(f: Any, x: np.ndarray[Any, Any] = CUBE) -> list[Sample]:
    flat = x[0, :, 0]
    return [
        sample(f, x),
        sample(f, x, axis=1),
        sample(f, x, axis=[-1, 0], keepdims=True),
        sample(f, x, axis=(0, 2)),
        sample(f, x, axis=[]),
        sample(f, flat[0]),
        sample(f, flat, keepdims=True),
    ]


def scanned(f: Any, x: np.ndarray[Any, Any] = CUBE) -> list[Sample]:
    ways = [{}, {"reverse": True}, {"exclusive": True}, {"exclusive": True, "reverse": True}]
    return [sample(f, x, axis=axis, **way) for axis in (0, -2) for way in ways]


def rounded(f: Any) -> list[Sample]:
    return [sample(f, X), sample(f, 0.3)]


SPREAD = values(2, 3, 2, low=0.5, high=4.0)
BOOLS = CUBE > 0

SAMPLES: dict[str, list[Sample]] = {
    "Sum": reduced(r.reduce_sum),
    "Mean": reduced(r.reduce_mean),
    "Prod": [*reduced(r.reduce_prod, SPREAD), sample(r.reduce_prod, APART, axis=1)],
    "Max": [*reduced(r.reduce_max), *reduced(r.reduce_logsumexp)],
    "Min": reduced(r.reduce_min),
    "Any": [sample(r.reduce_any, BOOLS), sample(r.reduce_any, BOOLS, axis=1)],
    "All": [sample(r.reduce_all, BOOLS), sample(r.reduce_all, BOOLS, axis=1, keepdims=True)],
    "EuclideanNorm": [*reduced(r.reduce_euclidean_norm), *reduced(r.reduce_euclidean_norm, SPREAD)],
    "Square": [*reduced(r.reduce_variance)[:4], *reduced(r.reduce_std)[:4]],
    "Conj": [real_pair(lambda w: r.reduce_variance(w, axis=0))],
    "NotEqual": [sample(r.count_nonzero, [1, 0, 2])],
    "Cumsum": scanned(c.cumsum),
    "Cumprod": scanned(c.cumprod, SPREAD),
    "CumulativeLogsumexp": [
        sample(c.cumulative_logsumexp, POSITIVE, axis=1),
        sample(c.cumulative_logsumexp, X, axis=0, reverse=True),
    ],
    "Floor": rounded(rounding.floor),
    "Ceil": rounded(rounding.ceil),
    "Round": rounded(rounding.round),
    "Rint": rounded(rounding.rint),
    "IsNan": rounded(rounding.is_nan),
    "IsInf": rounded(rounding.is_inf),
    "IsFinite": rounded(rounding.is_finite),
}
