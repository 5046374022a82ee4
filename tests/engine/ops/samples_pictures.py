"""Samples of the ops in ops/pictures.py and ops/resizing.py."""

from __future__ import annotations

from typing import Any

from tapeview.engine.op import OPS, execute
from tapeview.engine.ops import pictures as p
from tapeview.engine.ops import resizing as r
from tests.engine.ops.sample import Sample, sample, values
from tests.engine.ops.samples_conv import direct

BATCH = values(2, 3, 4, 2)
PICTURE = values(3, 4, 3, low=0.0, high=1.0, seed=1)


def first_order(name: str, **how: Any) -> Sample:
    """An op whose gradient has no gradient."""
    return sample(lambda x: execute(OPS[name], (x,), how), BATCH, order=1)


def smaller(name: str, **how: Any) -> Sample:
    inputs = (values(2, 2, 6, 2),) if "Neighbor" in name else (values(2, 2, 6, 2), BATCH)
    return direct(name, *inputs, shape=(2, 3, 4, 2), **how)


SAMPLES: dict[str, list[Sample]] = {
    "ResizeBilinear": [first_order("ResizeBilinear", size=(2, 6)), first_order("ResizeBilinear", size=(5, 2))],
    "ResizeNearestNeighbor": [sample(r.resize, BATCH, size=(2, 6), method="nearest")],
    "ResizeBicubic": [first_order("ResizeBicubic", size=(2, 6))],
    "ResizeArea": [sample(r.resize, BATCH, size=(2, 6), method="area")],
    "ScaleAndTranslate": [
        first_order("ScaleAndTranslate", size=(2, 6), kernel="lanczos3", antialias=False),
        first_order("ScaleAndTranslate", size=(2, 2), kernel="triangle", antialias=True),
    ],
    "ResizeBilinearGrad": [smaller("ResizeBilinearGrad")],
    "ResizeNearestNeighborGrad": [smaller("ResizeNearestNeighborGrad")],
    "ResizeBicubicGrad": [smaller("ResizeBicubicGrad")],
    "ScaleAndTranslateGrad": [smaller("ScaleAndTranslateGrad", kernel="triangle", antialias=True)],
    "RGBToHSV": [sample(p.rgb_to_hsv, PICTURE)],
    "HSVToRGB": [sample(p.hsv_to_rgb, PICTURE)],
    "AdjustHue": [sample(p.adjust_hue, PICTURE, delta=0.2)],
    "AdjustSaturation": [sample(p.adjust_saturation, PICTURE, saturation_factor=0.5)],
}
