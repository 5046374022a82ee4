"""Layers that add, take away or repeat rows and columns: ZeroPadding, Cropping, UpSampling."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.arrange import repeat
from tapeview.engine.ops.index_operator import get_item
from tapeview.engine.ops.linalg import tensordot
from tapeview.engine.ops.padding import pad
from tapeview.engine.ops.shape import transpose
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.layers import arguments
from tapeview.keras.layers.arguments import channels_last, config_of, in_order
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.input_spec import InputSpec

Ends = tuple[tuple[int, int], ...]


def _ends(value: Any, name: str, rank: int) -> Ends:
    """For each axis of images or volumes how much at the beginning and at the end."""
    if isinstance(value, int):
        return ((value, value),) * rank
    if not hasattr(value, "__len__") or len(value) != rank:
        raise ValueError(f"`{name}` should have {['two', 'three'][rank - 2]} elements. Received: {value}.")
    both = [arguments.sizes(v, 2, f"entry of {name}", zero=True) for v in value]
    return tuple((before, after) for before, after in both)


class _OverImages(Layer):
    _knows_its_shapes = True
    _keeps_its_type = True
    _rank = 2

    def _start(self, data_format: Any) -> None:
        self.data_format = arguments.data_format(data_format)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def _axes(self) -> range:
        first = 1 if self.data_format == "channels_last" else 2
        return range(first, first + self._rank)


class ZeroPadding1D(Layer):
    """Zeros before and after sequences."""

    _knows_its_shapes = True

    def __init__(self, padding: Any = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.padding = arguments.sizes(padding, 2, "padding", zero=True)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Any) -> Any:
        """The longer sequences."""
        return pad(inputs, [[0, 0], list(self.padding), [0, 0]])

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The longer shape."""
        batch, length, channels = input_shape
        return TensorShape([batch, None if length is None else length + sum(self.padding), channels])

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"padding": self.padding}


class ZeroPadding2D(_OverImages):
    """Zeros around images. Raises ValueError for another number of sizes."""

    def __init__(self, padding: Any = (1, 1), data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._start(data_format)
        self.padding = _ends(padding, "padding", self._rank)

    def call(self, inputs: Any) -> Any:
        """The larger images."""
        sizes: list[Any] = [[0, 0]] * (self._rank + 2)
        for axis, ends in zip(self._axes(), self.padding, strict=True):
            sizes[axis] = list(ends)
        return pad(inputs, sizes)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The larger shape."""
        batch, *space, channels = channels_last(input_shape, self.data_format)
        found = [None if n is None else n + sum(e) for n, e in zip(space, self.padding, strict=True)]
        return in_order(batch, found, channels, self.data_format)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "padding", "data_format")


class ZeroPadding3D(ZeroPadding2D):
    """Zeros around volumes. Raises ValueError for another number of sizes."""

    _rank = 3

    def __init__(self, padding: Any = (1, 1, 1), data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(padding, data_format, **kwargs)


class Cropping1D(Layer):
    """Sequences without their ends."""

    _knows_its_shapes = True
    _keeps_its_type = True

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cropping = arguments.sizes(cropping, 2, "cropping", zero=True)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Any) -> Any:
        """The shorter sequences. Raises ValueError if nothing is left."""
        length = tuple(inputs.shape)[1]
        if sum(self.cropping) >= length:
            raise ValueError(
                "cropping parameter of Cropping layer must be greater than the input shape. Received: inputs.shape="
                f"{inputs.shape}, and cropping={self.cropping}"
            )
        return get_item(to_tensor(inputs), (slice(None), slice(self.cropping[0], length - self.cropping[1])))

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shorter shape."""
        batch, length, channels = input_shape
        return TensorShape([batch, None if length is None else length - sum(self.cropping), channels])

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"cropping": self.cropping}


class Cropping2D(_OverImages):
    """Images without their edges. Raises ValueError for another number of sizes, or if nothing is left."""

    def __init__(self, cropping: Any = ((0, 0), (0, 0)), data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._start(data_format)
        self.cropping = _ends(cropping, "cropping", self._rank)

    def call(self, inputs: Any) -> Any:
        """The smaller images."""
        shape = tuple(inputs.shape)
        key: list[Any] = [slice(None)] * (self._rank + 2)
        for axis, (before, after) in zip(self._axes(), self.cropping, strict=True):
            if before + after >= shape[axis]:
                raise ValueError(
                    f"Argument `cropping` must be greater than the input shape. Received: inputs.shape={shape}, "
                    f"and cropping={self.cropping}"
                )
            key[axis] = slice(before, shape[axis] - after)
        return get_item(to_tensor(inputs), tuple(key))

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The smaller shape."""
        batch, *space, channels = channels_last(input_shape, self.data_format)
        found = [None if n is None else n - sum(e) for n, e in zip(space, self.cropping, strict=True)]
        return in_order(batch, found, channels, self.data_format)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "cropping", "data_format")


class Cropping3D(Cropping2D):
    """Volumes without their faces. Raises ValueError for another number of sizes, or if nothing is left."""

    _rank = 3

    def __init__(self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)


class UpSampling1D(Layer):
    """Each step of sequences several times."""

    _knows_its_shapes = True
    _keeps_its_type = True

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = int(size)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Any) -> Any:
        """The longer sequences."""
        return repeat(inputs, self.size, 1)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The longer shape."""
        batch, length, channels = input_shape
        return TensorShape([batch, None if length is None else length * self.size, channels])

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"size": self.size}


_KERNELS = ("nearest", "bilinear")


class UpSampling2D(_OverImages):
    """Images enlarged by whole factors, by repeating or by linear interpolation.

    Raises:
        ValueError: an unknown kind of interpolation.
    """

    def __init__(
        self, size: Any = (2, 2), data_format: Any = None, interpolation: str = "nearest", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._start(data_format)
        self.size = arguments.sizes(size, self._rank, "size")
        if interpolation not in _KERNELS:
            raise ValueError(
                f'`interpolation` argument should be one of: "nearest" or "bilinear". Received: "{interpolation}".'
            )
        self.interpolation = interpolation

    def call(self, inputs: Any) -> Any:
        """The larger images."""
        x = to_tensor(inputs)
        for axis, factor in zip(self._axes(), self.size, strict=True):
            x = (repeat if self.interpolation == "nearest" else _interpolated)(x, factor, axis)
        return x

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The larger shape."""
        batch, *space, channels = channels_last(input_shape, self.data_format)
        found = [None if n is None else n * k for n, k in zip(space, self.size, strict=True)]
        return in_order(batch, found, channels, self.data_format)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "size", "data_format", "interpolation")


class UpSampling3D(UpSampling2D):
    """Volumes enlarged by whole factors."""

    _rank = 3

    def __init__(self, size: Any = (2, 2, 2), data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(size, data_format, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        config = super().get_config()
        del config["interpolation"]
        return config


def _interpolated(x: EagerTensor, factor: int, axis: int) -> EagerTensor:
    """Linear interpolation along an axis between the middles of the elements: a product with a matrix."""
    n = x._array.shape[axis]
    at = np.maximum((np.arange(n * factor) + 0.5) / factor - 0.5, 0)
    low = np.minimum(np.floor(at).astype(int), n - 1)
    high = np.minimum(low + 1, n - 1)
    share = at - low
    matrix = np.zeros((n, n * factor), x._array.dtype)
    places = np.arange(n * factor)
    np.add.at(matrix, (low, places), 1 - share)
    np.add.at(matrix, (high, places), share)
    spread = tensordot(x, EagerTensor(matrix), [[axis], [0]])
    rank = x._array.ndim
    order = [*range(axis), rank - 1, *range(axis, rank - 1)]
    return transpose(spread, order)
