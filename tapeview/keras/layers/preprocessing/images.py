"""Layers that resize images, and that change them at random while a model trains."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.ops import pictures
from tapeview.engine.ops.arrange import reverse
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.ops.extremes import clip_by_value
from tapeview.engine.ops.images import adjust_contrast
from tapeview.engine.ops.projection import FILLS, project
from tapeview.engine.ops.random import uniform
from tapeview.engine.ops.resizing import resize
from tapeview.engine.ops.select import where
from tapeview.engine.ops.shape import expand_dims, squeeze, stack
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.keras.layers.arguments import config_of
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.dropout import is_on
from tapeview.keras.rng import LegacySeed, new_seed

_KINDS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


def smart_resize(x: Any, size: Any, interpolation: str = "bilinear") -> Any:
    """The middle of images, of the shape of ``size``, in that size; arrays for arrays.

    Raises:
        ValueError: a size that is not two numbers, another rank.
    """
    if len(size) != 2:
        raise ValueError(f"Expected `size` to be a tuple of 2 integers, but got: {size}.")
    image = to_tensor(x)
    if image._array.ndim not in (3, 4):
        raise ValueError(
            "Expected an image array with shape `(height, width, channels)`, or `(batch_size, height, width, "
            f"channels)`, but got input with incorrect rank, of shape {image.shape}."
        )
    height, width = image._array.shape[-3:-1]
    rows, columns = min(height, int(width * size[0] / size[1])), min(width, int(height * size[1] / size[0]))
    part = pictures.crop_to_bounding_box(image, (height - rows) // 2, (width - columns) // 2, rows, columns)
    found = resize(part, size, interpolation)
    return found._array if isinstance(x, np.ndarray) else found


class _OfImages(Layer):
    """Layers of images (examples, height, width, channels), or of one of them."""

    _knows_its_shapes = True

    def _batch(self, inputs: Any) -> tuple[Any, bool]:
        x = cast(to_tensor(inputs), self.compute_dtype)
        return (expand_dims(x, 0), True) if x._array.ndim == 3 else (x, False)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The same shape."""
        return TensorShape(input_shape)


class _Sized(_OfImages):
    """Layers whose results have a given height and width."""

    def __init__(self, height: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.height, self.width = height, width

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape with the new height and width."""
        shape = list(input_shape)
        return TensorShape([*shape[:-3], self.height, self.width, shape[-1]])

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "height", "width")


class Resizing(_Sized):
    """Images in another size. Raises NotImplementedError for an unknown way of interpolation."""

    def __init__(
        self, height: int, width: int, interpolation: str = "bilinear", crop_to_aspect_ratio: bool = False,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(height, width, **kwargs)
        if interpolation.lower() not in _KINDS:
            raise NotImplementedError(f"Value not recognized for `interpolation`: {interpolation}. Supported values "
                                      f"are: {list(_KINDS)}")  # fmt: skip
        self.interpolation, self.crop_to_aspect_ratio = interpolation, crop_to_aspect_ratio

    def call(self, inputs: Any) -> Any:
        """The images."""
        x = cast(to_tensor(inputs), self.compute_dtype)
        size = [self.height, self.width]
        made = smart_resize if self.crop_to_aspect_ratio else resize
        return cast(made(x, size, self.interpolation), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "interpolation", "crop_to_aspect_ratio")


class CenterCrop(_Sized):
    """The middle of images; of smaller ones, resized."""

    def call(self, inputs: Any) -> Any:
        """The images."""
        x = cast(to_tensor(inputs), self.compute_dtype)
        rows, columns = x._array.shape[-3] - self.height, x._array.shape[-2] - self.width
        if rows < 0 or columns < 0:
            return smart_resize(x, [self.height, self.width])
        return pictures.crop_to_bounding_box(x, rows // 2, columns // 2, self.height, self.width)


# -- at random ---------------------------------------------------------------------------------------------------------


class _AtRandom(_OfImages):
    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        kwargs.pop("force_generator", None)
        super().__init__(**kwargs)
        self.seed = seed
        self._stream = LegacySeed(seed)

    def build(self, input_shape: Any) -> None:
        """Draws a seed, as Keras does here: the weights of later layers then are those of Keras."""
        if self.seed is None:
            new_seed()
        self.built = True

    def _drawn(self, count: int, low: float = 0.0, high: float = 1.0) -> Array:
        """One number for each image."""
        return uniform([count], low, high, seed=self._stream.next())._array

    def call(self, inputs: Any, training: Any = True) -> Any:
        """The images, changed while training."""
        x, alone = self._batch(inputs)
        if not is_on(training):
            return squeeze(x, [0]) if alone else x
        found = self._changed(x)
        return squeeze(found, [0]) if alone else found

    def _changed(self, x: Any) -> Any:
        return x

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "seed")


def _range(factor: Any, *, least: float = -math.inf) -> tuple[float, float]:
    """How far down and up, of one number or two. Raises ValueError for limits that are none."""
    low, high = (factor[0], factor[1]) if isinstance(factor, (tuple, list)) else (-factor, factor)
    if high < low or low < least:
        raise ValueError(f"`factor` must be one number, or two with the lower one first. Received: factor={factor}")
    return float(low), float(high)


class RandomFlip(_AtRandom):
    """Mirrors some of the images: ``horizontal``, ``vertical`` or both. Raises ValueError for another word."""

    def __init__(self, mode: str = "horizontal_and_vertical", seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        if mode not in ("horizontal", "vertical", "horizontal_and_vertical"):
            raise ValueError(f"RandomFlip layer {self.name} received an unknown mode argument {mode}")
        self.mode = mode

    def _changed(self, x: Any) -> Any:
        count = x._array.shape[0]
        for word, axis in (("horizontal", -2), ("vertical", -3)):
            if word in self.mode:
                chosen = EagerTensor((self._drawn(count) > 0.5).reshape(-1, 1, 1, 1))
                x = where(chosen, reverse(x, [axis]), x)
        return x

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "mode")


class _Projected(_AtRandom):
    def __init__(
        self, fill_mode: str = "reflect", interpolation: str = "bilinear", seed: int | None = None,
        fill_value: float = 0.0, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(seed, **kwargs)
        if fill_mode not in FILLS:
            raise NotImplementedError(
                f"Unknown `fill_mode` {fill_mode}. Only `reflect`, `wrap`, `constant` and `nearest` are supported."
            )
        if interpolation not in ("nearest", "bilinear"):
            raise NotImplementedError(
                f"Unknown `interpolation` {interpolation}. Only `nearest` and `bilinear` are supported."
            )
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value

    def _rows(self, count: int, height: int, width: int) -> list[Any]:
        """The eight numbers of each image's projection, as columns."""
        return [np.ones(count)]

    def _changed(self, x: Any) -> Any:
        count, height, width = x._array.shape[:3]
        columns = [np.broadcast_to(c, count) for c in self._rows(count, height, width)]
        transforms = np.stack([*columns, *[np.zeros(count)] * 2], 1).astype(np.float32)
        return project(x, EagerTensor(transforms), self.fill_mode, self.interpolation, self.fill_value)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "fill_mode", "interpolation", "fill_value")


class RandomRotation(_Projected):
    """Turns images by an angle of up to ``factor`` of the circle. Raises ValueError for limits that are none."""

    def __init__(
        self, factor: Any, fill_mode: str = "reflect", interpolation: str = "bilinear", seed: int | None = None,
        fill_value: float = 0.0, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(fill_mode, interpolation, seed, fill_value, **kwargs)
        self.factor = factor
        self._limits = _range(factor)

    def _rows(self, count: int, height: int, width: int) -> list[Any]:
        angle = self._drawn(count, *self._limits) * 2 * math.pi
        cos, sin, right, bottom = np.cos(angle), np.sin(angle), width - 1, height - 1
        x = (right - (cos * right - sin * bottom)) / 2
        return [cos, -sin, x, sin, cos, (bottom - (sin * right + cos * bottom)) / 2]

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "factor")


class RandomZoom(_Projected):
    """Makes images smaller or larger, in height and width alike unless ``width_factor`` is given.

    Raises:
        ValueError: limits that are none, or below -1.
    """

    def __init__(
        self, height_factor: Any, width_factor: Any = None, fill_mode: str = "reflect",
        interpolation: str = "bilinear", seed: int | None = None, fill_value: float = 0.0, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(fill_mode, interpolation, seed, fill_value, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._limits = [None if f is None else _range(f, least=-1.0) for f in (height_factor, width_factor)]

    def _rows(self, count: int, height: int, width: int) -> list[Any]:
        limits, across = self._limits
        assert limits is not None
        y = self._drawn(count, 1 + limits[0], 1 + limits[1])
        x = y if across is None else self._drawn(count, 1 + across[0], 1 + across[1])
        return [x, 0, (width - 1) / 2 * (1 - x), 0, y, (height - 1) / 2 * (1 - y)]

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "height_factor", "width_factor")


class RandomTranslation(_Projected):
    """Moves images by parts of their height and width. Raises ValueError for limits that are none."""

    def __init__(
        self, height_factor: Any, width_factor: Any, fill_mode: str = "reflect", interpolation: str = "bilinear",
        seed: int | None = None, fill_value: float = 0.0, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(fill_mode, interpolation, seed, fill_value, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._limits = [_range(f) for f in (height_factor, width_factor)]

    def _rows(self, count: int, height: int, width: int) -> list[Any]:
        down, across = (self._drawn(count, *limits) for limits in self._limits)
        return [1, 0, -across * width, 0, 1, -down * height]

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "height_factor", "width_factor")


class RandomContrast(_AtRandom):
    """Stronger or weaker contrast. Raises ValueError for limits that are none."""

    def __init__(self, factor: Any, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.factor = factor
        low, high = factor if isinstance(factor, (tuple, list)) else (factor, factor)
        if low < 0.0 or high < 0.0 or low > 1.0:
            raise ValueError(
                f"`factor` argument cannot have negative values or values greater than 1.Received: factor={factor}"
            )
        self._limits = 1.0 - low, 1.0 + high

    def _changed(self, x: Any) -> Any:
        factors = self._drawn(x._array.shape[0], *self._limits)
        parts = [adjust_contrast(x[k], float(f)) for k, f in enumerate(factors)]
        return clip_by_value(stack(parts), 0.0, 255.0)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "factor")


class RandomBrightness(_AtRandom):
    """Lighter or darker images. Raises ValueError for limits that are none or outside of [-1, 1]."""

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.factor, self.value_range = factor, value_range
        self._limits = _range(abs(factor) if isinstance(factor, (int, float)) else factor, least=-1.0)

    def _changed(self, x: Any) -> Any:
        low, high = self.value_range
        steps = self._drawn(x._array.shape[0], *self._limits) * (high - low)
        moved = x + EagerTensor(steps.reshape(-1, 1, 1, 1).astype(dtypes.as_dtype(x.dtype).numpy))
        return clip_by_value(moved, float(low), float(high))

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "factor", "value_range")


class RandomCrop(_AtRandom):
    """Parts of images from places that are drawn; when a model does not train, the middle, resized."""

    def __init__(self, height: int, width: int, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.height, self.width = height, width

    def call(self, inputs: Any, training: Any = True) -> Any:
        """The images."""
        x, alone = self._batch(inputs)
        height, width = x._array.shape[1:3]
        if is_on(training) and height >= self.height and width >= self.width:
            top, left = (int(v * (n + 1)) for v, n in zip(
                self._drawn(2), (height - self.height, width - self.width), strict=True))  # fmt: skip
            found = pictures.crop_to_bounding_box(x, top, left, self.height, self.width)
        else:
            found = smart_resize(x, [self.height, self.width])
        return squeeze(found, [0]) if alone else found

    compute_output_shape = _Sized.compute_output_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "height", "width")
