"""Pooling."""

from __future__ import annotations

from typing import Any

from tapeview.engine.deferred import tf
from tapeview.keras.layers import arguments
from tapeview.tf1 import graphs
from tapeview.tf1.layers.base import Layer


class _Pooling(Layer):
    _rank = 2
    _node = ""

    def __init__(
        self, pool_size: Any, strides: Any, padding: str = "valid", data_format: str = "channels_last",
        name: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(True, name, **kwargs)
        self.pool_size = arguments.sizes(pool_size, self._rank, "pool_size")
        self.strides = arguments.sizes(self.pool_size if strides is None else strides, self._rank, "strides")
        self.padding, self.data_format = padding.lower(), data_format

    def _function(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say which function it is.")

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result. Raises ValueError for inputs of another rank."""
        self._check_rank(inputs, self._rank + 2)
        last = self.data_format == "channels_last"
        order = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}[self._rank][last]
        return self._function()(
            inputs, self.pool_size, self.strides, self.padding.upper(), data_format=order, name=self._node
        )


class MaxPooling1D(_Pooling):
    """The largest of each window of a sequence."""

    _rank = 1
    _node = "Squeeze"
    _base_name = "max_pooling1d"

    def _function(self) -> Any:
        return tf.nn.max_pool1d


class AveragePooling1D(_Pooling):
    """The mean of each window of a sequence."""

    _rank = 1
    _node = "Squeeze"
    _base_name = "average_pooling1d"

    def _function(self) -> Any:
        return tf.nn.avg_pool1d


class MaxPooling2D(_Pooling):
    """The largest of each window of an image."""

    _node = "MaxPool"
    _base_name = "max_pooling2d"

    def _function(self) -> Any:
        return tf.nn.max_pool2d


class AveragePooling2D(_Pooling):
    """The mean of each window of an image."""

    _node = "AvgPool"
    _base_name = "average_pooling2d"

    def _function(self) -> Any:
        return tf.nn.avg_pool2d


class MaxPooling3D(_Pooling):
    """The largest of each window of a volume."""

    _rank = 3
    _node = "MaxPool3D"
    _base_name = "max_pooling3d"

    def _function(self) -> Any:
        return tf.nn.max_pool3d


class AveragePooling3D(_Pooling):
    """The mean of each window of a volume."""

    _rank = 3
    _node = "AvgPool3D"
    _base_name = "average_pooling3d"

    def _function(self) -> Any:
        return tf.nn.avg_pool3d


def _call(kind: type[_Pooling], name: str) -> Any:
    def layer(
        inputs: Any, pool_size: Any, strides: Any, padding: str = "valid", data_format: str = "channels_last",
        name: Any = None,
    ) -> Any:  # fmt: skip
        return kind(pool_size, strides, padding, data_format, name)(graphs.tensor(inputs))

    layer.__name__ = layer.__qualname__ = name
    layer.__doc__ = f"A call of a new :class:`{kind.__name__}`."
    return layer


max_pooling1d, average_pooling1d = _call(MaxPooling1D, "max_pooling1d"), _call(AveragePooling1D, "average_pooling1d")
max_pooling3d, average_pooling3d = _call(MaxPooling3D, "max_pooling3d"), _call(AveragePooling3D, "average_pooling3d")
max_pooling2d, average_pooling2d = _call(MaxPooling2D, "max_pooling2d"), _call(AveragePooling2D, "average_pooling2d")
