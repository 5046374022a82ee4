"""Dense, Flatten and Dropout."""

from __future__ import annotations

import math
from typing import Any

from tapeview.engine.deferred import tf
from tapeview.tf1 import graphs
from tapeview.tf1.initializers import Zeros
from tapeview.tf1.layers.base import Layer, activation


class Weighted(Layer):
    """What layers with a kernel and a bias share."""

    def __init__(
        self, activation_function: Any, use_bias: bool, kernel_initializer: Any, bias_initializer: Any,
        kernel_regularizer: Any, bias_regularizer: Any, activity_regularizer: Any, kernel_constraint: Any,
        bias_constraint: Any, trainable: bool, name: Any, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(trainable, name, activity_regularizer=activity_regularizer, **kwargs)
        self.activation = activation(activation_function)
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = Zeros() if bias_initializer is None else bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self.kernel: Any = None
        self.bias: Any = None

    def _add_kernel(self, shape: list[int], name: str = "kernel") -> Any:
        return self.add_weight(
            name, shape, None, self.kernel_initializer, self.kernel_regularizer, True, self.kernel_constraint
        )

    def _add_bias(self, size: int) -> None:
        if self.use_bias:
            self.bias = self.add_weight(
                "bias", [size], None, self.bias_initializer, self.bias_regularizer, True, self.bias_constraint
            )

    def _finished(self, x: Any, data_format: str = "channels_last") -> Any:
        if self.use_bias:
            x = tf.nn.bias_add(x, self.bias, data_format="NHWC" if data_format == "channels_last" else "NCHW")
        return x if self.activation is None else self.activation(x)


class Dense(Weighted):
    """``activation(inputs @ kernel + bias)``, over the last axis. Raises ValueError if its size is not known."""

    def __init__(
        self, units: int, activation: Any = None, use_bias: bool = True, kernel_initializer: Any = None,
        bias_initializer: Any = None, kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None,
        trainable: bool = True, name: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
            activity_regularizer, kernel_constraint, bias_constraint, trainable, name, **kwargs,
        )  # fmt: skip
        self.units = int(units)

    def build(self, input_shape: Any) -> None:
        """Makes ``kernel`` (inputs, units) and ``bias``."""
        sizes = graphs.shape_sizes(input_shape)
        if not sizes or sizes[-1] is None:
            raise ValueError(
                "The last dimension of the inputs to a Dense layer should be defined. Found None. Full input shape "
                f"received: {input_shape}"
            )
        self.kernel = self._add_kernel([sizes[-1], self.units])
        self._add_bias(self.units)

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result."""
        rank = len(graphs.sizes(inputs) or (None, None))
        if rank == 2:
            return self._finished(tf.matmul(inputs, self.kernel, name="MatMul"))
        return self._finished(tf.tensordot(inputs, self.kernel, [[rank - 1], [0]], name="Tensordot"))


class Flatten(Layer):
    """Everything but the first axis becomes one."""

    def __init__(self, data_format: str | None = None, name: Any = None, **kwargs: Any) -> None:
        super().__init__(True, name, **kwargs)
        self.data_format = data_format

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result."""
        sizes = graphs.sizes(inputs)
        if self.data_format == "channels_first" and sizes and len(sizes) > 2:
            inputs = tf.transpose(inputs, [0, *range(2, len(sizes)), 1])
        if sizes is not None and None not in sizes[1:]:
            return tf.reshape(inputs, [-1, math.prod(int(d or 1) for d in sizes[1:])], name="Reshape")
        return graphs.composed("Reshape", lambda x: tf.reshape(x, [tf.shape(x)[0], -1]), inputs)


class Dropout(Layer):
    """While training, sets a share ``rate`` of the elements to 0 and scales the others up."""

    def __init__(
        self, rate: Any = 0.5, noise_shape: Any = None, seed: Any = None, name: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(True, name, **kwargs)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs: Any, training: Any = False, *args: Any, **kwargs: Any) -> Any:
        """The result; ``training`` is a bool or a tensor with one."""

        def dropped() -> Any:
            return tf.nn.dropout(inputs, rate=self.rate, noise_shape=self.noise_shape, seed=self.seed, name="dropout")

        return graphs.either(training, dropped, lambda: tf.identity(inputs))


def dense(
    inputs: Any, units: int, activation: Any = None, use_bias: bool = True, kernel_initializer: Any = None,
    bias_initializer: Any = None, kernel_regularizer: Any = None, bias_regularizer: Any = None,
    activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None,
    trainable: bool = True, name: Any = None, reuse: Any = None,
) -> Any:  # fmt: skip
    """A call of a new :class:`Dense`; with ``reuse`` of the weights that are there."""
    layer = Dense(
        units, activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
        activity_regularizer, kernel_constraint, bias_constraint, trainable, name, _reuse=reuse,
    )  # fmt: skip
    return layer(inputs)


def flatten(inputs: Any, name: Any = None, data_format: str = "channels_last") -> Any:
    """A call of a new :class:`Flatten`."""
    return Flatten(data_format, name)(inputs)


def dropout(
    inputs: Any, rate: Any = 0.5, noise_shape: Any = None, seed: Any = None, training: Any = False, name: Any = None
) -> Any:
    """A call of a new :class:`Dropout`."""
    return Dropout(rate, noise_shape, seed, name)(inputs, training=training)
