"""Images seen through a projection: turned, moved, zoomed, by pixels that are looked up where they come from."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.op import defop, execute
from tapeview.engine.tensor import Array, EagerTensor

FILLS = ("reflect", "wrap", "constant", "nearest")


def _places(at: Array, size: int, fill: str) -> Array:
    """Coordinates brought inside of 0 ... size - 1, as far as the way of filling does that."""
    if fill == "reflect":
        inside = np.mod(at, 2 * size)
        at = np.where(inside >= size, 2 * size - 1 - inside, inside)
    elif fill == "wrap":
        turns = np.trunc(at / max(size - 1, 1))
        at = np.where(at < 0, at + size * (1 - turns), np.where(at > size - 1, at - size * turns, at))
    if fill != "constant":
        at = np.clip(at, 0, size - 1)
    return np.asarray(at)


def _rounded(at: Array) -> Array:
    """The nearest whole numbers; halves away from 0."""
    return np.asarray(np.trunc(at + np.copysign(0.5, at)), int)


def _looked_up(image: Array, y: Array, x: Array, value: float) -> Array:
    height, width = image.shape[:2]
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    found = image[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    return np.asarray(np.where(inside[..., None], found, image.dtype.type(value)))


def _project(images: Array, transforms: Array, *, fill: str, interpolation: str, value: float) -> Array:
    height, width = images.shape[1:3]
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    out = np.empty_like(images)
    for k, image in enumerate(images):
        a0, a1, a2, b0, b1, b2, c0, c1 = transforms[k if len(transforms) > 1 else 0]
        share = c0 * columns + c1 * rows + 1
        x = _places((a0 * columns + a1 * rows + a2) / share, width, fill)
        y = _places((b0 * columns + b1 * rows + b2) / share, height, fill)
        if interpolation == "nearest":
            out[k] = _looked_up(image, _rounded(y), _rounded(x), value)
            continue
        top, left = np.floor(y).astype(int), np.floor(x).astype(int)
        down, right = (y - top)[..., None], (x - left)[..., None]
        upper = (1 - right) * _looked_up(image, top, left, value) + right * _looked_up(image, top, left + 1, value)
        lower = (1 - right) * _looked_up(image, top + 1, left, value)
        lower = lower + right * _looked_up(image, top + 1, left + 1, value)
        out[k] = (1 - down) * upper + down * lower
    return out


PROJECT = defop(
    "ImageProjectiveTransformV3", _project, inputs="images transforms",
    doc="Has no gradient rule here: images are changed before a network sees them.",
)  # fmt: skip


def project(
    images: Any, transforms: Any, fill: str = "reflect", interpolation: str = "bilinear", value: float = 0.0
) -> EagerTensor:
    """Each pixel (x, y) of a batch of images from ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k), where
    k = c0 x + c1 y + 1.

    Args:
        transforms: rows (a0, a1, a2, b0, b1, b2, c0, c1), one for each image or one for all.
        fill: what stands outside: ``reflect``, ``wrap``, ``constant`` (``value``) or ``nearest``.
        interpolation: ``bilinear`` or ``nearest``.
    """
    attrs = {"fill": fill, "interpolation": interpolation, "value": value}
    return execute(PROJECT, (to_tensor(images), to_tensor(transforms)), attrs)
