"""Samples of the ops on images."""

from __future__ import annotations

import numpy as np

from tapeview.engine.ops import images as i
from tests.engine.ops.sample import Sample, sample, values

PICTURE = values(2, 3, 2, low=0.0, high=1.0).astype(np.float32)

SAMPLES: dict[str, list[Sample]] = {
    "AdjustContrastv2": [
        sample(i.adjust_contrast, PICTURE, contrast_factor=2.0),
        sample(i.adjust_contrast, PICTURE[None], contrast_factor=-0.5),
    ],
}
