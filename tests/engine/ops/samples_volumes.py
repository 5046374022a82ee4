"""Samples of the ops in ops/volumes.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.ops import volumes as v
from tests.engine.ops.sample import Sample, sample, values
from tests.engine.ops.samples_conv import direct

VOLUME = values(2, 3, 4, 3, 2)
FILTER = values(2, 2, 1, 2, 3, seed=1)
FIELD = values(1, 2, 2, 2, 3, seed=2)
KERNEL = {"strides": (2, 1, 1), "padding": ((0, 1), (1, 0), (0, 0)), "dilations": (1, 1, 1)}
# All different, by far more than a finite difference: which element is the largest does not change.
STEPS = np.random.default_rng(5).permutation(24).reshape(1, 2, 4, 3, 1) / 10.0
POOL = {"ksize": (2, 2, 1), "strides": (1, 2, 1), "padding": ((0, 1), (0, 0), (0, 0))}


def pooled(name: str, *inputs: Any) -> Sample:
    whole = v.MAX_POOL.forward(STEPS, **POOL)
    return direct(name, STEPS, whole, *inputs, wrt=(0, 2), **POOL)


SAMPLES: dict[str, list[Sample]] = {
    "Conv3D": [
        sample(v.conv3d, VOLUME, FILTER, strides=1, padding="SAME"),
        sample(v.conv3d, VOLUME, FILTER, strides=[1, 1, 2, 1, 1], padding="VALID"),
        sample(v.conv3d, VOLUME, values(2, 1, 2, 1, 2), strides=1, padding="VALID", dilations=[2, 1, 1]),
        sample(v.conv3d, values(1, 2, 2, 3, 3), FILTER, strides=1, padding="SAME", data_format="NCDHW"),
    ],
    "Conv3DBackpropInputV2": [
        sample(v.conv3d_transpose, FIELD, FILTER, output_shape=(1, 4, 4, 4, 2), strides=2, padding="SAME"),
        direct("Conv3DBackpropInputV2", FILTER, values(1, 2, 4, 3, 3), shape=(1, 3, 4, 3, 2), **KERNEL),
    ],
    "Conv3DBackpropFilterV2": [
        direct("Conv3DBackpropFilterV2", VOLUME, values(2, 2, 4, 3, 3), shape=(2, 2, 1, 2, 3), **KERNEL)
    ],
    "MaxPool3D": [
        sample(v.max_pool3d, STEPS, ksize=2, strides=2, padding="SAME"),
        sample(v.max_pool3d, STEPS, ksize=[1, 2, 2], strides=1, padding="VALID"),
        sample(v.max_pool3d, STEPS.transpose(0, 4, 1, 2, 3), ksize=2, strides=1, padding="VALID", data_format="NCDHW"),
    ],
    "MaxPool3DGrad": [pooled("MaxPool3DGrad", values(1, 2, 2, 3, 1))],
    "MaxPool3DGradGrad": [pooled("MaxPool3DGradGrad", values(1, 2, 4, 3, 1))],
    "AvgPool3D": [
        sample(v.avg_pool3d, VOLUME, ksize=2, strides=2, padding="SAME"),
        sample(v.avg_pool3d, VOLUME, ksize=[1, 3, 2], strides=1, padding="VALID"),
    ],
    "AvgPool3DGrad": [direct("AvgPool3DGrad", values(2, 3, 2, 3, 2), shape=(2, 3, 4, 3, 2), **POOL)],
}
