"""Images as arrays and as Pillow's objects (``keras.utils.load_img`` and its like). Pillow is asked for when needed."""

from __future__ import annotations

import importlib
import io
import os
from typing import Any

import numpy as np

from tapeview.engine.tensor import Array
from tapeview.keras.backend.config import floatx
from tapeview.keras.layers.arguments import data_format as known_order

_WAYS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}


def _pillow(function: str) -> Any:
    try:
        return importlib.import_module("PIL.Image")
    except ImportError:
        raise ImportError(f"Could not import PIL.Image. The use of `{function}` requires PIL.") from None


def array_to_img(x: Any, data_format: Any = None, scale: bool = True, dtype: Any = None) -> Any:
    """An array (height, width, channels) as a Pillow image; with ``scale`` its values are spread over 0 to 255.

    Raises:
        ImportError: Pillow is not installed.
        ValueError: another rank, or a number of channels that is not 1, 3 or 4.
    """
    pillow = _pillow("array_to_img")
    order = known_order(data_format)
    image = np.asarray(x, dtype=dtype or floatx())
    if image.ndim != 3:
        raise ValueError(f"Expected image array to have rank 3 (single image). Got array with shape: {image.shape}")
    if order == "channels_first":
        image = image.transpose(1, 2, 0)
    if scale:
        image = image - image.min()
        image = image / (image.max() or 1) * 255
    channels = image.shape[2]
    if channels not in (1, 3, 4):
        raise ValueError(f"Unsupported channel number: {channels}")
    if channels == 1:
        return pillow.fromarray(image[:, :, 0].astype("int32" if image.max() > 255 else "uint8"))
    return pillow.fromarray(image.astype("uint8"))


def img_to_array(img: Any, data_format: Any = None, dtype: Any = None) -> Array:
    """A Pillow image as an array (height, width, channels) of floats. Raises ValueError for another rank."""
    image = np.asarray(img, dtype=dtype or floatx())
    if image.ndim not in (2, 3):
        raise ValueError(f"Unsupported image shape: {image.shape}")
    image = image if image.ndim == 3 else image[:, :, None]
    return image.transpose(2, 0, 1) if known_order(data_format) == "channels_first" else image


def load_img(
    path: Any, grayscale: bool = False, color_mode: str = "rgb", target_size: Any = None,
    interpolation: str = "nearest", keep_aspect_ratio: bool = False,
) -> Any:  # fmt: skip
    """A file as a Pillow image.

    Args:
        color_mode: ``grayscale``, ``rgb`` or ``rgba``.
        target_size: height and width.
        keep_aspect_ratio: the middle of the image, of the shape of ``target_size``.

    Raises:
        ImportError: Pillow is not installed.
        TypeError: ``path`` is neither a name nor a file.
        ValueError: an unknown colour mode or interpolation.
    """
    pillow = _pillow("load_img")
    mode = "grayscale" if grayscale else color_mode
    if mode not in _MODES:
        raise ValueError('color_mode must be "grayscale", "rgb", or "rgba"')
    if isinstance(path, io.IOBase):
        image = pillow.open(path)
    elif isinstance(path, (str, bytes, os.PathLike)):
        with open(path, "rb") as file:
            image = pillow.open(io.BytesIO(file.read()))
    else:
        raise TypeError(f"path should be path-like or io.BytesIO, not {type(path)}")
    if image.mode != _MODES[mode] and not (mode == "grayscale" and image.mode in ("I;16", "I")):
        image = image.convert(_MODES[mode])
    if target_size is None:
        return image
    size = (target_size[1], target_size[0])
    if image.size == size:
        return image
    if interpolation not in _WAYS:
        raise ValueError(
            f"Invalid interpolation method {interpolation} specified. Supported methods are {', '.join(_WAYS)}"
        )
    box = None
    if keep_aspect_ratio:
        width, height = image.size
        columns, rows = min(width, height * size[0] // size[1]), min(height, width * size[1] // size[0])
        left, top = (width - columns) // 2, (height - rows) // 2
        box = [left, top, left + columns, top + rows]
    return image.resize(size, getattr(pillow.Resampling, interpolation.upper()), box)


def save_img(
    path: Any, x: Any, data_format: Any = None, file_format: str | None = None, scale: bool = True, **kwargs: Any
) -> None:
    """Writes an array as an image file. Raises as :func:`array_to_img`."""
    image = array_to_img(x, data_format, scale)
    if image.mode == "RGBA" and file_format in ("jpg", "jpeg"):
        image = image.convert("RGB")
    image.save(path, format=file_format, **kwargs)
