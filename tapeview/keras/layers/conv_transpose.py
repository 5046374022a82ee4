"""Transposed convolutions: gradients of convolutions as layers."""

from __future__ import annotations

from typing import Any

from tapeview.engine.ops.conv import conv2d_transpose
from tapeview.engine.ops.shape import expand_dims, squeeze
from tapeview.engine.ops.volumes import conv3d_transpose
from tapeview.engine.shapes import TensorShape
from tapeview.keras.layers import arguments
from tapeview.keras.layers.arguments import channels_last, in_order
from tapeview.keras.layers.conv import Conv


def length_before(
    length: int | None, window: int, padding: str, extra: int | None, stride: int, dilation: int = 1
) -> int | None:
    """The length whose convolution has ``length`` windows (``extra``: that many more elements at the end)."""
    if length is None:
        return None
    reach = window + (window - 1) * (dilation - 1)
    if extra is None:
        return length * stride + (max(reach - stride, 0) if padding == "valid" else 0)
    pad = reach // 2 if padding == "same" else 0
    return (length - 1) * stride + reach - 2 * pad + extra


class ConvTranspose(Conv):
    """What the transposed convolutions share. Raises ValueError for an output padding of a stride or more."""

    def __init__(
        self, filters: Any, kernel_size: Any, strides: Any = 1, padding: Any = "valid", output_padding: Any = None,
        data_format: Any = None, dilation_rate: Any = 1, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            filters, kernel_size, strides, padding, data_format, dilation_rate, 1, activation, use_bias,
            kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer,
            kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = arguments.sizes(output_padding, self._rank, "output_padding", zero=True)
            for stride, extra in zip(self.strides, self.output_padding, strict=True):
                if extra >= stride:
                    raise ValueError(
                        "Strides must be greater than output padding. "
                        f"Received strides={self.strides}, output_padding={self.output_padding}."
                    )

    def build(self, input_shape: Any) -> None:
        """Makes ``kernel`` (window, filters, channels) and ``bias``."""
        if len(input_shape) != self._rank + 2:
            raise ValueError(
                f"Inputs should have rank {self._rank + 2}. Received input_shape={TensorShape(input_shape)}."
            )
        channels = self._channels(input_shape)
        self._fix_channels(channels)
        self.kernel = self._kernel("kernel", (*self.kernel_size, self.filters, channels))
        self._add_bias(self.filters)
        self.built = True

    def _space(self, given: Any) -> list[Any]:
        extras = self.output_padding or (None,) * self._rank
        return [
            length_before(n, k, self.padding, e, s, d)
            for n, k, e, s, d in zip(given, self.kernel_size, extras, self.strides, self.dilation_rate, strict=True)
        ]

    def call(self, inputs: Any) -> Any:
        """The result."""
        batch, *space, _ = channels_last(tuple(inputs.shape), self.data_format)
        last = self.data_format == "channels_last"
        wanted = self._space(space)
        pads = self.padding.upper()
        if self._rank == 3:
            shape = tuple(in_order(batch, wanted, self.filters, self.data_format))
            order = "NDHWC" if last else "NCDHW"
            return self._finished(conv3d_transpose(inputs, self.kernel, shape, list(self.strides), pads, order))
        if self._rank == 2:
            shape = tuple(in_order(batch, wanted, self.filters, self.data_format))
            order = "NHWC" if last else "NCHW"
            steps, holes = list(self.strides), list(self.dilation_rate)
            return self._finished(conv2d_transpose(inputs, self.kernel, shape, steps, pads, order, holes))
        at = 1 if last else 2
        x, kernel = expand_dims(inputs, at), expand_dims(self.kernel, 0)
        shape = tuple(in_order(batch, [1, *wanted], self.filters, self.data_format))
        order = "NHWC" if last else "NCHW"
        steps, holes = [1, self.strides[0]], [1, self.dilation_rate[0]]
        return self._finished(squeeze(conv2d_transpose(x, kernel, shape, steps, pads, order, holes), at))

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the input of a convolution that gives ``input_shape``."""
        batch, *space, _ = channels_last(input_shape, self.data_format)
        return in_order(batch, self._space(space), self.filters, self.data_format)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        config = super().get_config() | {"output_padding": self.output_padding}
        del config["groups"]
        return config


class Conv1DTranspose(ConvTranspose):
    """A transposed convolution over sequences."""

    _rank = 1


class Conv2DTranspose(ConvTranspose):
    """A transposed convolution over images."""

    _rank = 2

    def __init__(self, filters: Any, kernel_size: Any, strides: Any = (1, 1), *args: Any, **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, strides, *args, **kwargs)


class Conv3DTranspose(ConvTranspose):
    """A transposed convolution over volumes."""

    _rank = 3

    def __init__(self, filters: Any, kernel_size: Any, strides: Any = (1, 1, 1), *args: Any, **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, strides, *args, **kwargs)
