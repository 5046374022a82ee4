"""Samples of the op in ops/projection.py."""

from __future__ import annotations

import numpy as np

from tapeview.engine.ops.projection import project
from tests.engine.ops.sample import Sample, sample, values

BATCH = values(2, 3, 4, 2)
TURNED = values(2, 8, low=-0.1, high=0.1, seed=1) + np.array([1, 0, 0.3, 0, 1, 0.2, 0, 0])

SAMPLES: dict[str, list[Sample]] = {
    "ImageProjectiveTransformV3": [
        sample(project, BATCH, TURNED),
        sample(project, BATCH, TURNED[:1], fill="constant", interpolation="nearest", value=1.0),
    ],
}
