"""Samples of the op in ops/batch_norm.py."""

from __future__ import annotations

from typing import Any

from tapeview.engine.ops.batch_norm import fused_batch_norm
from tests.engine.ops.sample import Sample, sample, values

IMAGE = values(2, 2, 3, 2)
SCALE, OFFSET, MEAN, VARIANCE = (values(2, low=0.5, seed=k) for k in range(4))


def training(x: Any, scale: Any, offset: Any, data_format: str = "NHWC") -> Any:
    return fused_batch_norm(x, scale, offset, None, None, 1e-3, data_format)[0]


def inference(x: Any, scale: Any, offset: Any) -> Any:
    return fused_batch_norm(x, scale, offset, MEAN, VARIANCE, 1e-3, is_training=False)[0]


SAMPLES: dict[str, list[Sample]] = {
    "FusedBatchNormV3": [
        sample(training, IMAGE, SCALE, OFFSET),
        sample(training, values(2, 2, 1, 3), SCALE, OFFSET, data_format="NCHW"),
        sample(inference, IMAGE, SCALE, OFFSET),
    ]
}
