"""Convolutions."""

from __future__ import annotations

from typing import Any

from tapeview.engine.deferred import tf
from tapeview.keras.layers import arguments
from tapeview.keras.layers.arguments import channels_last, in_order
from tapeview.keras.layers.conv_transpose import length_before
from tapeview.tf1 import graphs
from tapeview.tf1.layers.core import Weighted


class Conv(Weighted):
    """What convolutions share.

    Raises:
        ValueError: inputs of another rank; an unknown number of channels.
    """

    _rank = 2

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid",
        data_format: str = "channels_last", dilation_rate: Any = 1, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = None, bias_initializer: Any = None, kernel_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, trainable: bool = True, name: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
            activity_regularizer, kernel_constraint, bias_constraint, trainable, name, **kwargs,
        )  # fmt: skip
        self.filters = int(filters)
        self.kernel_size = arguments.sizes(kernel_size, self._rank, "kernel_size")
        self.strides = arguments.sizes(strides, self._rank, "strides")
        self.dilation_rate = arguments.sizes(dilation_rate, self._rank, "dilation_rate")
        self.padding = padding.lower()
        self.data_format = data_format
        self._order = "NHWC" if data_format == "channels_last" else "NCHW"

    def _channels(self, input_shape: Any) -> int:
        sizes = graphs.shape_sizes(input_shape)
        channels = None if not sizes else sizes[-1 if self.data_format == "channels_last" else 1]
        if channels is None:
            raise ValueError(
                "The channel dimension of the inputs should be defined. "
                f"The input_shape received is {input_shape}, where axis -1 (0-based) is the channel dimension, which "
                "found to be `None`."
            )
        return int(channels)

    def build(self, input_shape: Any) -> None:
        """Makes ``kernel`` (window, channels, filters) and ``bias``."""
        self.kernel = self._add_kernel([*self.kernel_size, self._channels(input_shape), self.filters])
        self._add_bias(self.filters)

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result."""
        x = graphs.tensor(inputs)
        self._check_rank(x, self._rank + 2, least=True)
        return super().__call__(x, *args, **kwargs)


class Conv1D(Conv):
    """A convolution over sequences."""

    _rank = 1
    _base_name = "conv1d"

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result."""
        order = "NWC" if self.data_format == "channels_last" else "NCW"
        if self.padding == "causal":
            left = self.dilation_rate[0] * (self.kernel_size[0] - 1)
            inputs = tf.pad(inputs, [[0, 0], [left, 0], [0, 0]])
        pads = "VALID" if self.padding == "causal" else self.padding.upper()
        x = tf.nn.conv1d(
            inputs, self.kernel, self.strides[0], pads, order, dilations=self.dilation_rate[0], name="Conv1D"
        )
        return self._finished(x, "channels_last" if order == "NWC" else "channels_first")


class Conv2D(Conv):
    """A convolution over images."""

    _base_name = "conv2d"

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result."""
        x = tf.nn.conv2d(
            inputs, self.kernel, self.strides, self.padding.upper(), self._order, self.dilation_rate, name="Conv2D"
        )
        return self._finished(x, self.data_format)


class Conv3D(Conv):
    """A convolution over volumes."""

    _rank = 3
    _base_name = "conv3d"

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result."""
        last = self.data_format == "channels_last"
        steps, holes = ([1, *n, 1] if last else [1, 1, *n] for n in (self.strides, self.dilation_rate))
        order = "NDHWC" if last else "NCDHW"
        x = tf.nn.conv3d(inputs, self.kernel, steps, self.padding.upper(), order, holes, name="Conv3D")
        return self._finished(x, self.data_format)


class Conv2DTranspose(Conv):
    """The gradient of a convolution over images, as a layer."""

    _base_name = "conv2d_transpose"

    def build(self, input_shape: Any) -> None:
        """Makes ``kernel`` (window, filters, channels) and ``bias``."""
        self.kernel = self._add_kernel([*self.kernel_size, self.filters, self._channels(input_shape)])
        self._add_bias(self.filters)

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result."""

        def transposed(x: Any, kernel: Any) -> Any:
            batch, *space, _ = channels_last(tuple(x.shape), self.data_format)
            wanted = [
                length_before(n, k, self.padding, None, s)
                for n, k, s in zip(space, self.kernel_size, self.strides, strict=True)
            ]
            shape = tuple(in_order(batch, wanted, self.filters, self.data_format))
            return tf.nn.conv2d_transpose(x, kernel, shape, self.strides, self.padding.upper(), self._order)

        x = graphs.composed("conv2d_transpose", transposed, inputs, self.kernel)
        return self._finished(x, self.data_format)


class SeparableConv2D(Conv):
    """A convolution of each channel by itself, then one of all channels at each place."""

    _base_name = "separable_conv2d"

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid",
        data_format: str = "channels_last", dilation_rate: Any = 1, depth_multiplier: int = 1, activation: Any = None,
        use_bias: bool = True, depthwise_initializer: Any = None, pointwise_initializer: Any = None,
        bias_initializer: Any = None, depthwise_regularizer: Any = None, pointwise_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, depthwise_constraint: Any = None,
        pointwise_constraint: Any = None, bias_constraint: Any = None, trainable: bool = True, name: Any = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            filters, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, None,
            bias_initializer, None, bias_regularizer, activity_regularizer, None, bias_constraint, trainable, name,
            **kwargs,
        )  # fmt: skip
        self.depth_multiplier = depth_multiplier
        self._parts = {
            "depthwise_kernel": (depthwise_initializer, depthwise_regularizer, depthwise_constraint),
            "pointwise_kernel": (pointwise_initializer, pointwise_regularizer, pointwise_constraint),
        }
        self.depthwise_kernel: Any = None
        self.pointwise_kernel: Any = None

    def build(self, input_shape: Any) -> None:
        """Makes ``depthwise_kernel``, ``pointwise_kernel`` and ``bias``."""
        channels, many = self._channels(input_shape), self.depth_multiplier
        shapes = {
            "depthwise_kernel": [*self.kernel_size, channels, many],
            "pointwise_kernel": [1, 1, channels * many, self.filters],
        }
        for name, (initializer, regularizer, constraint) in self._parts.items():
            made = self.add_weight(name, shapes[name], None, initializer, regularizer, True, constraint)
            setattr(self, name, made)
        self._add_bias(self.filters)

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result."""
        steps = [1, *self.strides, 1] if self._order == "NHWC" else [1, 1, *self.strides]
        x = tf.nn.separable_conv2d(
            inputs, self.depthwise_kernel, self.pointwise_kernel, steps, self.padding.upper(), self._order,
            self.dilation_rate, name="separable_conv2d",
        )  # fmt: skip
        return self._finished(x, self.data_format)


def _function(kind: type[Conv], name: str, doc: str) -> Any:
    def layer(inputs: Any, filters: int, kernel_size: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs["_reuse"] = kwargs.pop("reuse", None)
        return kind(filters, kernel_size, *args, **kwargs)(inputs)

    layer.__name__ = layer.__qualname__ = name
    layer.__doc__ = doc
    return layer


conv1d = _function(Conv1D, "conv1d", "A call of a new :class:`Conv1D`.")
conv2d = _function(Conv2D, "conv2d", "A call of a new :class:`Conv2D`.")
conv3d = _function(Conv3D, "conv3d", "A call of a new :class:`Conv3D`.")
separable_conv2d = _function(SeparableConv2D, "separable_conv2d", "A call of a new :class:`SeparableConv2D`.")


def conv2d_transpose(
    inputs: Any, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid",
    data_format: str = "channels_last", *args: Any, **kwargs: Any,
) -> Any:  # fmt: skip
    """A call of a new :class:`Conv2DTranspose`."""
    kwargs["_reuse"] = kwargs.pop("reuse", None)
    return Conv2DTranspose(filters, kernel_size, strides, padding, data_format, 1, *args, **kwargs)(inputs)
