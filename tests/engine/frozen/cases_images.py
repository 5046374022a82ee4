"""Calls of ``tf.image`` whose results are frozen, like those in cases.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.engine.frozen.cases import Case, numbers

PICTURE = numbers(4, 5, 3, low=0.0, high=1.0, seed=21)
BATCH = numbers(2, 4, 3, 2, low=0.0, high=1.0, seed=22)
BYTES = np.random.RandomState(23).randint(0, 256, (3, 4, 3)).astype(np.uint8)


def _resized(*size: int, **how: Any) -> Any:
    return lambda tf, x: tf.image.resize(x, size, **how)


IMAGES: dict[str, Case] = {
    "resize, larger": (_resized(7, 8), (PICTURE,)),
    "resize, smaller": (_resized(2, 2), (BATCH,)),
    "resize of bytes": (lambda tf: tf.image.resize(BYTES, [5, 2]), ()),
    "resize, nearest": (_resized(6, 3, method="nearest"), (PICTURE,)),
    "resize, bicubic": (_resized(7, 3, method="bicubic"), (PICTURE,)),
    "resize, area": (lambda tf: tf.image.resize(PICTURE, [3, 2], method="area"), ()),
    "resize, lanczos3": (_resized(6, 7, method="lanczos3"), (PICTURE,)),
    "resize, gaussian": (_resized(2, 9, method="gaussian"), (PICTURE,)),
    "resize, antialias": (_resized(2, 3, antialias=True), (PICTURE,)),
    "resize, ratio": (_resized(8, 8, preserve_aspect_ratio=True), (BATCH,)),
    "resize_with_pad": (lambda tf, x: tf.image.resize_with_pad(x, 6, 4), (PICTURE,)),
    "flip_left_right": (lambda tf, x: tf.image.flip_left_right(x), (BATCH,)),
    "flip_up_down": (lambda tf, x: tf.image.flip_up_down(x), (PICTURE,)),
    "rot90": (lambda tf, x: [tf.image.rot90(x, k) for k in (1, 2, 3, 4)], (PICTURE,)),
    "transpose of images": (lambda tf, x: tf.image.transpose(x), (BATCH,)),
    "crop_to_bounding_box": (lambda tf, x: tf.image.crop_to_bounding_box(x, 1, 0, 2, 3), (BATCH,)),
    "pad_to_bounding_box": (lambda tf, x: tf.image.pad_to_bounding_box(x, 1, 2, 6, 6), (BATCH,)),
    "central_crop": (lambda tf, x: tf.image.central_crop(x, 0.5), (PICTURE,)),
    "resize_with_crop_or_pad": (lambda tf, x: tf.image.resize_with_crop_or_pad(x, 3, 8), (PICTURE,)),
    "adjust_brightness": (lambda tf, x: tf.image.adjust_brightness(x, 0.2), (PICTURE,)),
    "adjust_brightness of bytes": (lambda tf: tf.image.adjust_brightness(BYTES, 0.4), ()),
    "adjust_gamma": (lambda tf, x: tf.image.adjust_gamma(x, 2.0, 0.5), (PICTURE,)),
    "adjust_hue": (lambda tf: tf.image.adjust_hue(PICTURE, 0.3), ()),
    "adjust_saturation": (lambda tf: tf.image.adjust_saturation(BYTES, 0.5), ()),
    "rgb_to_hsv": (lambda tf: [tf.image.rgb_to_hsv(PICTURE), tf.image.hsv_to_rgb(PICTURE)], ()),
    "rgb_to_grayscale": (lambda tf, x: tf.image.rgb_to_grayscale(x), (PICTURE,)),
    "rgb_to_grayscale of bytes": (lambda tf: tf.image.rgb_to_grayscale(BYTES), ()),
    "grayscale_to_rgb": (lambda tf, x: tf.image.grayscale_to_rgb(x[..., :1]), (PICTURE,)),
    "convert_image_dtype": (
        lambda tf: [
            tf.image.convert_image_dtype(BYTES, "float32"), tf.image.convert_image_dtype(PICTURE, "uint8"),
            tf.image.convert_image_dtype(BYTES, "int32"),
        ], (),
    ),
    "per_image_standardization": (lambda tf, x: tf.image.per_image_standardization(x), (BATCH,)),
    "total_variation": (lambda tf, x: tf.image.total_variation(x), (BATCH,)),
    "total_variation of one": (lambda tf, x: tf.image.total_variation(x), (PICTURE,)),
    "image_gradients": (lambda tf, x: list(tf.image.image_gradients(x)), (BATCH,)),
    "psnr": (lambda tf, x: tf.image.psnr(x, BATCH[::-1], 1.0), (BATCH,)),
}  # fmt: skip
"""Of images of bytes and of ops without a gradient rule the values only."""
