"""Convolutions whose channels have filters of their own: depthwise and separable."""

from __future__ import annotations

from typing import Any

from tapeview.engine.ops.conv import conv2d
from tapeview.engine.ops.depthwise import depthwise_conv2d
from tapeview.engine.ops.padding import pad
from tapeview.engine.ops.shape import expand_dims, squeeze
from tapeview.keras import constraints, initializers, regularizers
from tapeview.keras.layers.arguments import config_of
from tapeview.keras.layers.conv import Conv


class _Depthwise(Conv):
    """What both share: running a depthwise convolution over one or two axes."""

    def _over_channels(self, x: Any, kernel: Any, pointwise: Any = None) -> Any:
        last = self.data_format == "channels_last"
        order = "NHWC" if last else "NCHW"
        at = 1 if last else 2
        pads = self.padding.upper()
        steps, holes = list(self.strides), list(self.dilation_rate)
        if self._rank == 1:
            if pads == "CAUSAL":
                x, pads = pad(x, self._causal()), "VALID"
            x, kernel = expand_dims(x, at), expand_dims(kernel, 0)
            steps, holes = steps * 2, [1, *holes]
        else:
            steps = [steps[0], steps[1]]
        full = [1, *steps, 1] if last else [1, 1, *steps]
        y = depthwise_conv2d(x, kernel, full, pads, order, holes)
        if pointwise is not None:
            y = conv2d(y, pointwise if self._rank == 2 else expand_dims(pointwise, 0), 1, "VALID", order)
        return squeeze(y, at) if self._rank == 1 else y


class DepthwiseConv(_Depthwise):
    """What the depthwise convolutions share. Raises ValueError for arguments that are no convolution."""

    def __init__(
        self, kernel_size: Any, strides: Any = 1, padding: Any = "valid", depth_multiplier: int = 1,
        data_format: Any = None, dilation_rate: Any = 1, activation: Any = None, use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None, bias_regularizer: Any = None, activity_regularizer: Any = None,
        depthwise_constraint: Any = None, bias_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            None, kernel_size, strides, padding, data_format, dilation_rate, 1, activation, use_bias, "glorot_uniform",
            bias_initializer, None, bias_regularizer, activity_regularizer, None, bias_constraint, **kwargs,
        )  # fmt: skip
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)

    def build(self, input_shape: Any) -> None:
        """Makes ``depthwise_kernel`` (window, channels, multiplier) and ``bias``."""
        channels = self._channels(input_shape)
        self.depthwise_kernel = self.add_weight(
            name="depthwise_kernel", shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer, regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )  # fmt: skip
        self._many = channels * self.depth_multiplier
        self._add_bias(self._many)
        self._fix_channels(channels)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The result."""
        return self._finished(self._over_channels(inputs, self.depthwise_kernel))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape with the windows' numbers and ``depth_multiplier`` times the channels."""
        self._many = input_shape[self._channel_axis] * self.depth_multiplier
        return super().compute_output_shape(input_shape)

    def _result_channels(self) -> Any:
        return self._many

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        config = super().get_config()
        for word in ("filters", "groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"):
            del config[word]
        return config | config_of(
            self, "depth_multiplier", "depthwise_initializer", "depthwise_regularizer", "depthwise_constraint"
        )


class DepthwiseConv1D(DepthwiseConv):
    """A depthwise convolution over sequences."""

    _rank = 1


class DepthwiseConv2D(DepthwiseConv):
    """A depthwise convolution over images."""

    _rank = 2

    def __init__(self, kernel_size: Any, strides: Any = (1, 1), *args: Any, **kwargs: Any) -> None:
        super().__init__(kernel_size, strides, *args, **kwargs)


class SeparableConv(_Depthwise):
    """A depthwise convolution, then one with a window of 1. Raises ValueError for arguments that are none."""

    def __init__(
        self, filters: Any, kernel_size: Any, strides: Any = 1, padding: Any = "valid", data_format: Any = None,
        dilation_rate: Any = 1, depth_multiplier: int = 1, activation: Any = None, use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform", pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros", depthwise_regularizer: Any = None, pointwise_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, depthwise_constraint: Any = None,
        pointwise_constraint: Any = None, bias_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            filters, kernel_size, strides, padding, data_format, dilation_rate, 1, activation, use_bias,
            "glorot_uniform", bias_initializer, None, bias_regularizer, activity_regularizer, None, bias_constraint,
            **kwargs,
        )  # fmt: skip
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_constraint = constraints.get(pointwise_constraint)

    def build(self, input_shape: Any) -> None:
        """Makes ``depthwise_kernel``, ``pointwise_kernel`` and ``bias``."""
        channels = self._channels(input_shape)
        self._fix_channels(channels)
        self.depthwise_kernel = self.add_weight(
            name="depthwise_kernel", shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer, regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )  # fmt: skip
        self.pointwise_kernel = self.add_weight(
            name="pointwise_kernel", shape=((1,) * self._rank + (self.depth_multiplier * channels, self.filters)),
            initializer=self.pointwise_initializer, regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )  # fmt: skip
        self._add_bias(self.filters)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The result."""
        return self._finished(self._over_channels(inputs, self.depthwise_kernel, self.pointwise_kernel))

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        config = super().get_config()
        for word in ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"):
            del config[word]
        return config | config_of(
            self, "depth_multiplier", "depthwise_initializer", "pointwise_initializer", "depthwise_regularizer",
            "pointwise_regularizer", "depthwise_constraint", "pointwise_constraint",
        )  # fmt: skip


class SeparableConv1D(SeparableConv):
    """A separable convolution over sequences."""

    _rank = 1


class SeparableConv2D(SeparableConv):
    """A separable convolution over images."""

    _rank = 2

    def __init__(self, filters: Any, kernel_size: Any, strides: Any = (1, 1), *args: Any, **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, strides, *args, **kwargs)
