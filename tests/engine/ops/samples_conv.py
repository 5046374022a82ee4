"""Samples of the ops in ops/conv.py, ops/depthwise.py and ops/pool.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.op import OPS, execute
from tapeview.engine.ops import conv as c
from tapeview.engine.ops import depthwise as d
from tapeview.engine.ops import pool as p
from tests.engine.ops.sample import Sample, sample, values

IMAGE = values(2, 4, 5, 2)
FILTER = values(2, 3, 2, 3, seed=1)
SINGLE = values(1, 4, 4, 1, seed=2)
FIELD = values(1, 2, 2, 3, seed=3)
PER_CHANNEL = values(2, 2, 2, 2, seed=4)
KERNEL = {"strides": (2, 1), "padding": ((0, 1), (1, 0)), "dilations": (1, 1)}
# All different, by far more than a finite difference: which element is the largest does not change.
STEPS = np.random.default_rng(5).permutation(40).reshape(2, 4, 5, 1) / 10.0
POOL = {"ksize": (2, 2), "strides": (1, 2), "padding": ((0, 1), (0, 0))}


def direct(name: str, *inputs: Any, wrt: tuple[int, ...] | None = None, **attrs: Any) -> Sample:
    """A sample of an op that only gradient rules call."""
    return sample(lambda *tensors: execute(OPS[name], tensors, attrs), *inputs, wrt=wrt)


def pooled(name: str, *inputs: Any) -> Sample:
    tensors = p.max_pool2d(STEPS, (2, 2), (1, 2), ((0, 0), (0, 1), (0, 0), (0, 0)))._array
    return direct(name, STEPS, tensors, *inputs, wrt=(0, 2), **POOL)


SAMPLES: dict[str, list[Sample]] = {
    "Conv2D": [
        sample(c.conv2d, IMAGE, FILTER, strides=1, padding="SAME"),
        sample(c.conv2d, IMAGE, FILTER, strides=[2, 1], padding="VALID"),
        sample(c.conv2d, SINGLE, values(2, 2, 1, 2), strides=1, padding="VALID", dilations=2),
        sample(c.conv2d, SINGLE, values(3, 3, 1, 1), strides=2, padding=[[0, 0], [1, 0], [2, 1], [0, 0]]),
        sample(c.conv2d, IMAGE, values(2, 2, 1, 4), strides=2, padding="SAME"),
        sample(c.conv2d, values(1, 2, 4, 4), FILTER, strides=1, padding="VALID", data_format="NCHW"),
        sample(c.conv1d, values(2, 5, 2), values(3, 2, 2), stride=2, padding="SAME"),
    ],
    "Conv2DBackpropInput": [
        sample(c.conv2d_transpose, FIELD, FILTER, output_shape=(1, 4, 4, 2), strides=2, padding="SAME"),
        direct("Conv2DBackpropInput", FILTER, values(1, 2, 4, 3), shape=(1, 4, 5, 2), **KERNEL),
    ],
    "Conv2DBackpropFilter": [direct("Conv2DBackpropFilter", IMAGE, values(2, 2, 4, 3), shape=(2, 3, 2, 3), **KERNEL)],
    "DepthwiseConv2dNative": [
        sample(d.depthwise_conv2d, IMAGE, PER_CHANNEL, strides=[1, 1, 1, 1], padding="SAME"),
        sample(d.depthwise_conv2d, IMAGE, PER_CHANNEL, strides=[1, 2, 2, 1], padding="VALID"),
        sample(
            lambda x, w, v: d.separable_conv2d(x, w, v, [1, 1, 1, 1], "SAME"), IMAGE, PER_CHANNEL, values(1, 1, 4, 3)
        ),
    ],
    "DepthwiseConv2dNativeBackpropInput": [
        direct("DepthwiseConv2dNativeBackpropInput", PER_CHANNEL, values(1, 2, 5, 4), shape=(1, 4, 5, 2), **KERNEL)
    ],
    "DepthwiseConv2dNativeBackpropFilter": [
        direct("DepthwiseConv2dNativeBackpropFilter", IMAGE, values(2, 2, 5, 4), shape=(2, 2, 2, 2), **KERNEL)
    ],
    "MaxPool": [
        sample(p.max_pool, STEPS, ksize=2, strides=2, padding="VALID"),
        sample(p.max_pool2d, STEPS, ksize=[2, 3], strides=[1, 2], padding="SAME"),
        sample(p.max_pool2d, STEPS, ksize=3, strides=1, padding="VALID"),
        sample(p.max_pool2d, STEPS[:, :, :4], ksize=2, strides=2, padding="VALID"),
        sample(p.max_pool2d, STEPS[:, :3], ksize=2, strides=2, padding="VALID"),
        sample(p.max_pool1d, STEPS[0], ksize=2, strides=2, padding="SAME"),
    ],
    "MaxPoolGrad": [pooled("MaxPoolGrad", values(2, 4, 2, 1))],
    "MaxPoolGradGrad": [pooled("MaxPoolGradGrad", values(2, 4, 5, 1))],
    "AvgPool": [
        sample(p.avg_pool, IMAGE, ksize=2, strides=2, padding="SAME"),
        sample(p.avg_pool2d, IMAGE, ksize=[3, 2], strides=1, padding="VALID"),
        sample(p.avg_pool1d, IMAGE[0], ksize=3, strides=2, padding="SAME"),
    ],
    "AvgPoolGrad": [direct("AvgPoolGrad", values(2, 4, 2, 2), shape=(2, 4, 5, 2), **POOL)],
}
