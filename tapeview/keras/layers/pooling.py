"""Pools of sequences, images and volumes."""

from __future__ import annotations

from typing import Any, ClassVar

from tapeview.engine.ops.elementwise import cast
from tapeview.engine.ops.pool import avg_pool2d, max_pool2d
from tapeview.engine.ops.reduction import reduce_max, reduce_mean, reduce_sum
from tapeview.engine.ops.shape import expand_dims, squeeze
from tapeview.engine.ops.volumes import avg_pool3d, max_pool3d
from tapeview.engine.shapes import TensorShape
from tapeview.keras.layers import arguments
from tapeview.keras.layers.arguments import channels_last, config_of, in_order, length_after
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.input_spec import InputSpec


class Pooling(Layer):
    """What the pools over windows share. Raises ValueError for arguments that are no window."""

    _knows_its_shapes = True
    _rank: ClassVar[int]
    _pool: ClassVar[Any]

    def __init__(
        self, pool_size: Any = 2, strides: Any = None, padding: Any = "valid", data_format: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = arguments.sizes(pool_size, self._rank, "pool_size")
        self.strides = self.pool_size if strides is None else arguments.sizes(strides, self._rank, "strides", zero=True)
        self.padding = arguments.padding(padding)
        self.data_format = arguments.data_format(data_format)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def call(self, inputs: Any) -> Any:
        """The result."""
        last = self.data_format == "channels_last"
        pads = self.padding.upper()
        if self._rank == 2:
            return type(self)._pool(inputs, self.pool_size, self.strides, pads, "NHWC" if last else "NCHW")
        if self._rank == 3:
            return type(self)._pool(inputs, self.pool_size, self.strides, pads, "NDHWC" if last else "NCDHW")
        at = 2 if last else 3
        x = expand_dims(inputs, at)
        window, steps = (*self.pool_size, 1), (*self.strides, 1)
        return squeeze(type(self)._pool(x, window, steps, pads, "NHWC" if last else "NCHW"), at)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape with the windows' numbers."""
        batch, *space, channels = channels_last(input_shape, self.data_format)
        found = [
            length_after(n, k, self.padding, s) for n, k, s in zip(space, self.pool_size, self.strides, strict=True)
        ]
        return in_order(batch, found, channels, self.data_format)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "pool_size", "padding", "strides", "data_format")


class MaxPooling1D(Pooling):
    """The maximum of each window of sequences."""

    _rank, _pool = 1, staticmethod(max_pool2d)

    def __init__(
        self, pool_size: Any = 2, strides: Any = None, padding: Any = "valid", data_format: Any = "channels_last",
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(pool_size, strides, padding, data_format, **kwargs)


class AveragePooling1D(Pooling):
    """The mean of each window of sequences."""

    _rank, _pool = 1, staticmethod(avg_pool2d)

    def __init__(
        self, pool_size: Any = 2, strides: Any = None, padding: Any = "valid", data_format: Any = "channels_last",
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(pool_size, strides, padding, data_format, **kwargs)


class MaxPooling2D(Pooling):
    """The maximum of each window of images."""

    _rank, _pool = 2, staticmethod(max_pool2d)


class AveragePooling2D(Pooling):
    """The mean of each window of images."""

    _rank, _pool = 2, staticmethod(avg_pool2d)


class MaxPooling3D(Pooling):
    """The maximum of each window of volumes."""

    _rank, _pool = 3, staticmethod(max_pool3d)


class AveragePooling3D(Pooling):
    """The mean of each window of volumes."""

    _rank, _pool = 3, staticmethod(avg_pool3d)


MaxPool1D, MaxPool2D, AvgPool1D, AvgPool2D = MaxPooling1D, MaxPooling2D, AveragePooling1D, AveragePooling2D
MaxPool3D, AvgPool3D = MaxPooling3D, AveragePooling3D


class GlobalPooling(Layer):
    """What the pools over everything share."""

    _knows_its_shapes = True
    _rank: ClassVar[int]
    _reduce: ClassVar[Any]

    def __init__(self, data_format: Any = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = arguments.data_format(data_format or ("channels_last" if self._rank == 1 else None))
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self._rank + 2)

    @property
    def _axes(self) -> list[int]:
        first = 1 if self.data_format == "channels_last" else 2
        return list(range(first, first + self._rank))

    def call(self, inputs: Any) -> Any:
        """The result."""
        axes = self._axes
        return type(self)._reduce(inputs, axes[0] if self._rank == 1 else axes, keepdims=self.keepdims)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape without the axes in space, or with ones there."""
        batch, *_, channels = channels_last(input_shape, self.data_format)
        return in_order(batch, [1] * self._rank if self.keepdims else [], channels, self.data_format)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "data_format", "keepdims")


class GlobalMaxPooling1D(GlobalPooling):
    """The maximum over the steps of sequences."""

    _rank, _reduce = 1, staticmethod(reduce_max)


class GlobalAveragePooling1D(GlobalPooling):
    """The mean over the steps of sequences; masked steps are left out."""

    _rank, _reduce = 1, staticmethod(reduce_mean)

    def __init__(self, data_format: Any = "channels_last", **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """The result."""
        axis = self._axes[0]
        if mask is None:
            return reduce_mean(inputs, axis, keepdims=self.keepdims)
        weights = expand_dims(cast(mask, inputs.dtype), 2 if self.data_format == "channels_last" else 1)
        kept = self.keepdims
        return reduce_sum(inputs * weights, axis, keepdims=kept) / reduce_sum(weights, axis, keepdims=kept)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """None: the steps are gone."""
        return None


class GlobalMaxPooling2D(GlobalPooling):
    """The maximum over images."""

    _rank, _reduce = 2, staticmethod(reduce_max)


class GlobalAveragePooling2D(GlobalPooling):
    """The mean over images."""

    _rank, _reduce = 2, staticmethod(reduce_mean)


class GlobalMaxPooling3D(GlobalPooling):
    """The maximum over volumes."""

    _rank, _reduce = 3, staticmethod(reduce_max)


class GlobalAveragePooling3D(GlobalPooling):
    """The mean over volumes."""

    _rank, _reduce = 3, staticmethod(reduce_mean)


GlobalMaxPool1D, GlobalMaxPool2D = GlobalMaxPooling1D, GlobalMaxPooling2D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D
GlobalMaxPool3D, GlobalAvgPool3D = GlobalMaxPooling3D, GlobalAveragePooling3D
