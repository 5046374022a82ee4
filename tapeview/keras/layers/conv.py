"""Convolutions of sequences, images and volumes."""

from __future__ import annotations

from typing import Any, ClassVar

from tapeview.engine.ops.conv import conv1d, conv2d
from tapeview.engine.ops.nn import bias_add
from tapeview.engine.ops.padding import pad
from tapeview.engine.ops.volumes import conv3d
from tapeview.engine.shapes import TensorShape
from tapeview.keras import activations, constraints, initializers, regularizers
from tapeview.keras.layers import arguments
from tapeview.keras.layers.arguments import channels_last, config_of, in_order, length_after
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.input_spec import InputSpec


class Conv(Layer):
    """What the convolutions share.

    Raises:
        ValueError: a number that is not positive, groups that do not divide the filters, strides with dilations.
    """

    _knows_its_shapes = True
    _rank: ClassVar[int]

    def __init__(
        self, filters: Any, kernel_size: Any, strides: Any = 1, padding: Any = "valid", data_format: Any = None,
        dilation_rate: Any = 1, groups: int = 1, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        rank = self.rank = self._rank
        self.filters = filters if filters is None or isinstance(filters, int) else int(filters)
        if self.filters is not None and self.filters <= 0:
            raise ValueError(f"Invalid value for argument `filters`. Expected a strictly positive value. Received "
                             f"filters={self.filters}.")  # fmt: skip
        self.groups = groups or 1
        if self.filters is not None and self.filters % self.groups:
            raise ValueError(
                "The number of filters must be evenly divisible by the number of groups. Received: "
                f"groups={self.groups}, filters={self.filters}."
            )
        self.kernel_size = arguments.sizes(kernel_size, rank, "kernel_size")
        self.strides = arguments.sizes(strides, rank, "strides", zero=True)
        self.padding = arguments.padding(padding, causal=rank == 1)
        self.data_format = arguments.data_format(data_format)
        self.dilation_rate = arguments.sizes(dilation_rate, rank, "dilation_rate")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: "
                f"strides={self.strides} and dilation_rate={self.dilation_rate}"
            )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=rank + 2)

    # -- weights ---------------------------------------------------------------------------------------------------

    def _channels(self, shape: Any) -> int:
        size = shape[self._channel_axis]
        if size is None:
            raise ValueError(
                "The channel dimension of the inputs should be defined. The input_shape received is "
                f"{TensorShape(shape)}, where axis {self._channel_axis} (0-based) is the channel dimension, which "
                "found to be `None`."
            )
        return int(size)

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else 1

    def build(self, input_shape: Any) -> None:
        """Makes ``kernel`` (window, channels, filters) and ``bias``."""
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number of groups. Received "
                f"groups={self.groups}, but the input has {channels} channels (full input shape is "
                f"{TensorShape(input_shape)})."
            )
        self.kernel = self._kernel("kernel", (*self.kernel_size, channels // self.groups, self.filters))
        self._add_bias(self.filters)
        self._fix_channels(channels)
        self.compute_output_shape(input_shape)
        self.built = True

    def _kernel(self, name: str, shape: Any) -> Any:
        return self.add_weight(
            name=name, shape=shape, initializer=self.kernel_initializer, regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint, trainable=True, dtype=self.dtype,
        )  # fmt: skip

    def _add_bias(self, size: Any) -> None:
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(size,), initializer=self.bias_initializer, regularizer=self.bias_regularizer,
                constraint=self.bias_constraint, trainable=True, dtype=self.dtype,
            )  # fmt: skip

    def _fix_channels(self, channels: int) -> None:
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={self._channel_axis: channels})

    # -- the call --------------------------------------------------------------------------------------------------

    def call(self, inputs: Any) -> Any:
        """The result."""
        return self._finished(self.convolution_op(inputs, self.kernel))

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """The convolution without bias and activation; a layer of one's own may override it."""
        pads = self.padding.upper()
        if self.rank == 1:
            if self.padding == "causal":
                inputs, pads = pad(inputs, self._causal()), "VALID"
            order = "NWC" if self.data_format == "channels_last" else "NCW"
            return conv1d(inputs, kernel, list(self.strides), pads, order, list(self.dilation_rate))
        if self.rank == 3:
            order = "NDHWC" if self.data_format == "channels_last" else "NCDHW"
            return conv3d(inputs, kernel, list(self.strides), pads, order, list(self.dilation_rate))
        order = "NHWC" if self.data_format == "channels_last" else "NCHW"
        return conv2d(inputs, kernel, list(self.strides), pads, order, list(self.dilation_rate))

    def _causal(self) -> list[list[int]]:
        before = [self.dilation_rate[0] * (self.kernel_size[0] - 1), 0]
        return [[0, 0], before, [0, 0]] if self.data_format == "channels_last" else [[0, 0], [0, 0], before]

    def _finished(self, y: Any) -> Any:
        if self.use_bias:
            y = bias_add(y, self.bias, data_format="N...C" if self.data_format == "channels_last" else "NC...")
        return y if self.activation is None else self.activation(y)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape with the windows' numbers and ``filters``."""
        batch, *space, _ = channels_last(input_shape, self.data_format)
        found = [length_after(*a) for a in self._windows(space)]
        if any(d is not None and d <= 0 for d in found):
            raise ValueError(
                "One of the dimensions in the output is <= 0 due to downsampling in "
                f"{self.name}. Consider increasing the input size. Received input shape "
                f"{list(input_shape)} which would produce output shape with a zero or negative value in a dimension."
            )
        return in_order(batch, found, self._result_channels(), self.data_format)

    def _result_channels(self) -> Any:
        return self.filters

    def _windows(self, space: Any) -> list[tuple[Any, ...]]:
        pads = [self.padding] * self.rank
        return list(zip(space, self.kernel_size, pads, self.strides, self.dilation_rate, strict=True))

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(
            self, "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups",
            "activation", "use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer",
            "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint",
        )  # fmt: skip


class Conv1D(Conv):
    """A convolution over sequences (examples, length, channels); ``padding`` may be ``"causal"``."""

    _rank = 1


class Conv2D(Conv):
    """A convolution over images (examples, height, width, channels)."""

    _rank = 2

    def __init__(self, filters: Any, kernel_size: Any, strides: Any = (1, 1), *args: Any, **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, strides, *args, **kwargs)


class Conv3D(Conv):
    """A convolution over volumes (examples, depth, height, width, channels)."""

    _rank = 3

    def __init__(self, filters: Any, kernel_size: Any, strides: Any = (1, 1, 1), *args: Any, **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, strides, *args, **kwargs)
