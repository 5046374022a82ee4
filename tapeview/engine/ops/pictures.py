"""``tf.image``: images (height, width, channels), or batches of them, mirrored, cut, turned and coloured."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.op import defop, execute, execute_pair
from tapeview.engine.ops import arrange
from tapeview.engine.ops.elementwise import abs as absolute
from tapeview.engine.ops.elementwise import cast, identity, square
from tapeview.engine.ops.exponential import log
from tapeview.engine.ops.extremes import maximum
from tapeview.engine.ops.images import adjust_contrast
from tapeview.engine.ops.index_operator import get_item
from tapeview.engine.ops.linalg import tensordot
from tapeview.engine.ops.padding import pad
from tapeview.engine.ops.random import uniform
from tapeview.engine.ops.reduction import reduce_mean, reduce_std, reduce_sum
from tapeview.engine.ops.rounding import round as rounded
from tapeview.engine.ops.shape import expand_dims, reshape, transpose
from tapeview.engine.ops.shortcuts import saturate_cast
from tapeview.engine.tensor import Array, EagerTensor


def _image(value: Any) -> Any:
    """A tensor of rank 3 or more. Raises ValueError for another rank."""
    x = to_tensor(value)
    if x._array.ndim < 3:
        raise ValueError(f"'image' (shape {x.shape}) must be at least three-dimensional.")
    return x


# -- types ---------------------------------------------------------------------------------------------------------


def convert_image_dtype(image: Any, dtype: Any, saturate: bool = False, name: str | None = None) -> Any:
    """An image of another type: floats run from 0 to 1, whole numbers up to the largest one."""
    x: Any = to_tensor(image)
    kind = dtypes.as_dtype(dtype)
    if kind is x.dtype:
        return identity(x)
    if x.dtype.is_floating:
        if kind.is_floating:
            return cast(x, kind)
        scaled = x * (kind.max + 0.5)
        return saturate_cast(scaled, kind) if saturate else cast(scaled, kind)
    if kind.is_floating:
        return cast(x, kind) * (1.0 / x.dtype.max)
    if x.dtype.max > kind.max:
        return cast(x // (x.dtype.max // kind.max), kind)
    return cast(x, kind) * ((kind.max + 1) // (x.dtype.max + 1))


def _as_floats(image: Any) -> tuple[Any, dtypes.DType]:
    x = to_tensor(image)
    kind = x.dtype
    return (x if kind.is_floating else convert_image_dtype(x, "float32")), kind


# -- mirrors and turns ---------------------------------------------------------------------------------------------


def flip_left_right(image: Any) -> Any:
    """Images mirrored, left and right changed."""
    return arrange.reverse(_image(image), [-2])


def flip_up_down(image: Any) -> Any:
    """Images mirrored, top and bottom changed."""
    return arrange.reverse(_image(image), [-3])


def _random_flip(image: Any, axis: int, seed: Any) -> Any:
    x = _image(image)
    if x._array.ndim == 3:
        drawn = uniform([], 0, 1.0, seed=seed)
        return arrange.reverse(x, [axis]) if float(drawn._array) < 0.5 else x
    size = x._array.shape[0]
    chosen: Any = cast(rounded(reshape(uniform([size], seed=seed), [size, 1, 1, 1])), x.dtype)
    return chosen * arrange.reverse(x, [axis]) + (1 - chosen) * x


def random_flip_left_right(image: Any, seed: Any = None) -> Any:
    """Each image of a batch mirrored, or not, by a draw."""
    return _random_flip(image, -2, seed)


def random_flip_up_down(image: Any, seed: Any = None) -> Any:
    """Each image of a batch turned upside down, or not, by a draw."""
    return _random_flip(image, -3, seed)


def rot90(image: Any, k: Any = 1, name: str | None = None) -> Any:
    """Images turned counter-clockwise by ``k`` quarters."""
    x = _image(image)
    turns = int(np.asarray(to_tensor(k)._array)) % 4
    if turns == 2:
        return arrange.reverse(x, [-3, -2])
    order = [*range(x._array.ndim - 3), x._array.ndim - 2, x._array.ndim - 3, x._array.ndim - 1]
    if turns == 1:
        return transpose(arrange.reverse(x, [-2]), order)
    return arrange.reverse(transpose(x, order), [-2]) if turns else x


def transpose_image(image: Any, name: str | None = None) -> Any:
    """Rows become columns."""
    x = _image(image)
    rank = x._array.ndim
    return transpose(x, [*range(rank - 3), rank - 2, rank - 3, rank - 1])


# -- parts ---------------------------------------------------------------------------------------------------------


def crop_to_bounding_box(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    """A part of images. Raises ValueError for a part that is not inside."""
    x = _image(image)
    height, width = x._array.shape[-3:-1]
    top, left, rows, columns = (
        int(np.asarray(to_tensor(v)._array)) for v in (offset_height, offset_width, target_height, target_width)
    )
    for word, value in (("width", left), ("height", top)):
        if value < 0:
            raise ValueError(f"offset_{word} must be >= 0.")
    for word, value, limit in (("width", left + columns, width), ("height", top + rows, height)):
        if value > limit:
            raise ValueError(f"{word} must be >= target + offset.")
    return get_item(x, (Ellipsis, slice(top, top + rows), slice(left, left + columns), slice(None)))


def pad_to_bounding_box(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    """Images with zeros around them, up to a size. Raises ValueError if they are larger."""
    x = _image(image)
    height, width = x._array.shape[-3:-1]
    below, right = target_height - offset_height - height, target_width - offset_width - width
    if offset_height < 0 or offset_width < 0:
        raise ValueError("offset_height must be >= 0" if offset_height < 0 else "offset_width must be >= 0")
    if right < 0 or below < 0:
        raise ValueError("width must be <= target - offset" if right < 0 else "height must be <= target - offset")
    frame = [[offset_height, below], [offset_width, right], [0, 0]]
    return pad(x, [[0, 0]] * (x._array.ndim - 3) + frame)


def central_crop(image: Any, central_fraction: Any) -> Any:
    """The middle of images, as much of each side as ``central_fraction`` says. Raises ValueError outside of (0, 1]."""
    share = float(np.asarray(to_tensor(central_fraction)._array, np.float64))
    share = round(share, 7)
    if not 0.0 < share <= 1.0:
        raise ValueError("central_fraction must be within (0, 1]")
    x = _image(image)
    if share == 1.0:
        return x
    height, width = x._array.shape[-3:-1]
    top, left = (int((n - n * share) / 2) for n in (height, width))
    return crop_to_bounding_box(x, top, left, height - 2 * top, width - 2 * left)


def resize_with_crop_or_pad(image: Any, target_height: int, target_width: int) -> Any:
    """Images of another size: cut at both ends where they are larger, with zeros at both ends where smaller."""
    x = _image(image)
    height, width = x._array.shape[-3:-1]
    cut_top, cut_left = max((height - target_height) // 2, 0), max((width - target_width) // 2, 0)
    inner = crop_to_bounding_box(x, cut_top, cut_left, min(target_height, height), min(target_width, width))
    top, left = max((target_height - height) // 2, 0), max((target_width - width) // 2, 0)
    return pad_to_bounding_box(inner, top, left, target_height, target_width)


def random_crop(value: Any, size: Any, seed: Any = None, name: str | None = None) -> Any:
    """A part of a tensor of the given size, from a place that is drawn. Raises ValueError for a larger size."""
    x = to_tensor(value)
    sizes = np.asarray(to_tensor(size)._array)
    if (sizes > x._array.shape).any():
        raise ValueError(f"Need value.shape >= size, got {x.shape} and {sizes.tolist()}.")
    limit = np.array(x._array.shape) - sizes + 1
    offset = uniform([len(limit)], maxval=np.iinfo(np.int32).max, dtype="int32", seed=seed)._array % limit
    return get_item(x, tuple(slice(int(o), int(o + s)) for o, s in zip(offset, sizes, strict=True)))


# -- brightness and colour -----------------------------------------------------------------------------------------


def adjust_brightness(image: Any, delta: Any) -> Any:
    """Images with ``delta`` (of 1) added to each value; of the type of ``image``."""
    x, kind = _as_floats(image)
    return convert_image_dtype(x + cast(delta, x.dtype), kind, saturate=True)


def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Any:
    """``gain * image ** gamma``. Raises ValueError for a negative ``gamma``."""
    if float(np.asarray(to_tensor(gamma)._array)) < 0:
        raise ValueError("Gamma should be a non-negative real number.")
    x, kind = _as_floats(image)
    return convert_image_dtype(gain * x ** cast(gamma, x.dtype), kind, saturate=True)


def rgb_to_grayscale(images: Any, name: str | None = None) -> Any:
    """How bright each pixel is, as one channel."""
    x, kind = _as_floats(images)
    weights = EagerTensor(np.array([0.2989, 0.587, 0.114], x._array.dtype))
    return convert_image_dtype(expand_dims(tensordot(x, weights, [[-1], [0]]), -1), kind)


def grayscale_to_rgb(images: Any, name: str | None = None) -> Any:
    """One channel, three times."""
    x = _image(images)
    return arrange.tile(x, [1] * (x._array.ndim - 1) + [3])


def _hsv(rgb: Array) -> Array:
    value, low = rgb.max(-1), rgb.min(-1)
    spread = value - low
    safe = np.where(spread > 0, spread, 1)
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    hue = np.where(r == value, (g - b) / safe, np.where(g == value, 2 + (b - r) / safe, 4 + (r - g) / safe))
    hue = np.where(spread > 0, hue / 6, 0)
    saturation = np.where(value > 0, spread / np.where(value > 0, value, 1), 0)
    return np.stack([np.where(hue < 0, hue + 1, hue), saturation, value], -1).astype(rgb.dtype)


def _rgb(hsv: Array) -> Array:
    h, s, v = hsv[..., 0] * 6, hsv[..., 1], hsv[..., 2]
    parts = (np.abs(h - 3) - 1, 2 - np.abs(h - 2), 2 - np.abs(h - 4))
    rgb = [(1 - s + s * np.clip(part, 0, 1)) * v for part in parts]
    return np.stack(rgb, -1).astype(hsv.dtype)


def _adjusted(images: Array, amount: Array, *, channel: int) -> Array:
    hsv = _hsv(images)
    if channel:
        hsv[..., 1] = np.clip(hsv[..., 1] * amount, 0, 1)
    else:
        hsv[..., 0] = (hsv[..., 0] + amount) % 1
    return _rgb(hsv)


_NO_RULE = "Has no gradient rule in TensorFlow."
RGB_TO_HSV = defop("RGBToHSV", _hsv, inputs="images", doc=_NO_RULE)
HSV_TO_RGB = defop("HSVToRGB", _rgb, inputs="images", doc=_NO_RULE)
ADJUST_HUE = defop("AdjustHue", lambda x, d: _adjusted(x, d, channel=0), inputs="images delta", doc=_NO_RULE)
ADJUST_SATURATION = defop(
    "AdjustSaturation", lambda x, s: _adjusted(x, s, channel=1), inputs="images scale", doc=_NO_RULE
)


def rgb_to_hsv(images: Any, name: str | None = None) -> Any:
    """Hue, saturation and value, all from 0 to 1."""
    return execute(RGB_TO_HSV, (to_tensor(images),))


def hsv_to_rgb(images: Any, name: str | None = None) -> Any:
    """The opposite of :func:`rgb_to_hsv`."""
    return execute(HSV_TO_RGB, (to_tensor(images),))


def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Any:
    """Images with another hue, ``delta`` of the circle further on."""
    x, kind = _as_floats(image)
    return convert_image_dtype(execute_pair(ADJUST_HUE, x, cast(delta, x.dtype)), kind)


def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Any:
    """Images with stronger or weaker colours."""
    x, kind = _as_floats(image)
    return convert_image_dtype(execute_pair(ADJUST_SATURATION, x, cast(saturation_factor, x.dtype)), kind)


def _check_range(lower: Any, upper: Any) -> None:
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")


def random_brightness(image: Any, max_delta: float, seed: Any = None) -> Any:
    """:func:`adjust_brightness` by a number that is drawn. Raises ValueError for a negative limit."""
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_brightness(image, uniform([], -max_delta, max_delta, seed=seed))


def random_contrast(image: Any, lower: float, upper: float, seed: Any = None) -> Any:
    """``adjust_contrast`` by a factor that is drawn. Raises ValueError for limits that are none."""
    _check_range(lower, upper)
    return adjust_contrast(image, uniform([], lower, upper, seed=seed))


def random_hue(image: Any, max_delta: float, seed: Any = None) -> Any:
    """:func:`adjust_hue` by a number that is drawn. Raises ValueError for a limit that is not in [0, 0.5]."""
    if not 0 <= max_delta <= 0.5:
        raise ValueError("max_delta must be <= 0.5." if max_delta > 0.5 else "max_delta must be non-negative.")
    return adjust_hue(image, uniform([], -max_delta, max_delta, seed=seed))


def random_saturation(image: Any, lower: float, upper: float, seed: Any = None) -> Any:
    """:func:`adjust_saturation` by a factor that is drawn. Raises ValueError for limits that are none."""
    _check_range(lower, upper)
    return adjust_saturation(image, uniform([], lower, upper, seed=seed))


# -- measures ------------------------------------------------------------------------------------------------------


def per_image_standardization(image: Any) -> Any:
    """Each image with mean 0 and variance 1."""
    x: Any = cast(_image(image), "float32") if not to_tensor(image).dtype.is_floating else _image(image)
    count = math.prod(x._array.shape[-3:])
    over = [-1, -2, -3]
    mean, spread = reduce_mean(x, over, keepdims=True), reduce_std(x, over, keepdims=True)
    least = EagerTensor(np.array(1 / math.sqrt(count), x._array.dtype))
    return (x - mean) / maximum(spread, least)


def total_variation(images: Any, name: str | None = None) -> Any:
    """How much neighbouring pixels differ: one number, or one for each image of a batch."""
    x: Any = _image(images)
    down = x[..., 1:, :, :] - x[..., :-1, :, :]
    across = x[..., :, 1:, :] - x[..., :, :-1, :]
    over = [1, 2, 3] if x._array.ndim == 4 else None
    return reduce_sum(absolute(down), over) + reduce_sum(absolute(across), over)


def image_gradients(image: Any) -> tuple[EagerTensor, EagerTensor]:
    """How much each pixel's neighbours below and at the right differ. Raises ValueError for a rank that is not 4."""
    x: Any = _image(image)
    if x._array.ndim != 4:
        raise ValueError(f"image_gradients expects a 4D tensor [batch_size, h, w, d], not {x.shape}.")
    down = pad(x[:, 1:] - x[:, :-1], [[0, 0], [0, 1], [0, 0], [0, 0]])
    across = pad(x[:, :, 1:] - x[:, :, :-1], [[0, 0], [0, 0], [0, 1], [0, 0]])
    return down, across


def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Any:
    """The ratio of the largest value to the mean difference of images, in decibels."""
    x, kind = _as_floats(a)
    y, _ = _as_floats(b)
    top = float(max_val) if kind.is_floating else float(max_val) / kind.max
    error: Any = reduce_mean(square(x - y), [-3, -2, -1])
    factor = np.float32(10 / math.log(10))
    return np.float32(20 * math.log(top) / math.log(10)) - factor * log(error)
