"""Batch normalization: by the batch's mean and variance in training, by their moving averages otherwise."""

from __future__ import annotations

from typing import Any

from tapeview.engine import dtypes
from tapeview.engine.deferred import tf
from tapeview.engine.ops.batch_norm import fused_batch_norm
from tapeview.tf1 import graphs
from tapeview.tf1.initializers import Ones, Zeros
from tapeview.tf1.layers.base import Layer


class BatchNormalization(Layer):
    """Each channel with mean 0 and variance 1, then times ``gamma`` and plus ``beta``.

    The moving averages are brought up to date by operations in the collection UPDATE_OPS, which scripts have to run
    together with the training step; eagerly that happens at once.
    """

    def __init__(
        self, axis: Any = -1, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
        beta_initializer: Any = None, gamma_initializer: Any = None, moving_mean_initializer: Any = None,
        moving_variance_initializer: Any = None, beta_regularizer: Any = None, gamma_regularizer: Any = None,
        beta_constraint: Any = None, gamma_constraint: Any = None, renorm: bool = False, renorm_clipping: Any = None,
        renorm_momentum: float = 0.99, fused: bool | None = None, trainable: bool = True,
        virtual_batch_size: int | None = None, adjustment: Any = None, name: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(trainable, name, **kwargs)
        if renorm or virtual_batch_size is not None or adjustment is not None:
            raise ValueError(
                "tapeview's batch_normalization has no renorm, virtual_batch_size and adjustment; leave them away."
            )
        self.axis = int(axis[0] if isinstance(axis, (list, tuple)) else axis)
        self.momentum, self.epsilon, self.center, self.scale = momentum, epsilon, center, scale
        self._initializers = {
            "gamma": gamma_initializer or Ones(), "beta": beta_initializer or Zeros(),
            "moving_mean": moving_mean_initializer or Zeros(),
            "moving_variance": moving_variance_initializer or Ones(),
        }  # fmt: skip
        self._regularizers = {"gamma": gamma_regularizer, "beta": beta_regularizer}
        self._constraints = {"gamma": gamma_constraint, "beta": beta_constraint}
        self.fused = fused
        self.gamma: Any = None
        self.beta: Any = None
        self.moving_mean: Any = None
        self.moving_variance: Any = None

    def build(self, input_shape: Any) -> None:
        """Makes ``gamma``, ``beta`` and the moving averages. Raises ValueError for unknown channels."""
        sizes = graphs.shape_sizes(input_shape)
        if not sizes:
            raise ValueError(f"Input has undefined rank: {input_shape}")
        self._axis = self.axis % len(sizes)
        channels = sizes[self._axis]
        if channels is None:
            raise ValueError(f"Input has undefined `axis` dimension. Received input with shape {input_shape}.")
        if self.fused is None:
            self.fused = len(sizes) == 4 and self._axis in (1, 3)
        kind = dtypes.float32 if self.dtype in (dtypes.float16, None) else self.dtype
        for word, wanted in (("gamma", self.scale), ("beta", self.center)):
            if wanted:
                made = self.add_weight(
                    word, [channels], kind, self._initializers[word], self._regularizers[word], True,
                    self._constraints[word],
                )  # fmt: skip
                setattr(self, word, made)
        for word in ("moving_mean", "moving_variance"):
            setattr(self, word, self.add_weight(word, [channels], kind, self._initializers[word], trainable=False))

    def call(self, inputs: Any, training: Any = False, *args: Any, **kwargs: Any) -> Any:
        """The result; ``training`` is a bool or a tensor with one."""
        found, mean, variance = self._fused(inputs, training) if self.fused else self._plain(inputs, training)
        if training is False or (not hasattr(training, "dtype") and not training):
            return found
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            with graphs.name_scope(None, "AssignMovingAvg") as scope:
                share = graphs.choice(training, 1.0 - self.momentum, 0.0)
                self.add_update(graphs.assigned_sub(moving, (moving - now) * share, scope))
        return found

    def _factors(self, like: Any) -> tuple[Any, Any]:
        gamma = tf.ones_like(like) if self.gamma is None else self.gamma
        return gamma, tf.zeros_like(like) if self.beta is None else self.beta

    def _fused(self, x: Any, training: Any) -> tuple[Any, Any, Any]:
        gamma, beta = self._factors(self.moving_mean)
        order, epsilon = "NHWC" if self._axis == 3 else "NCHW", self.epsilon

        def normalized(x: Any, scale: Any, offset: Any, mean: Any, variance: Any, training: Any) -> Any:
            trains = bool(training)
            y, mean, variance = fused_batch_norm(x, scale, offset, mean, variance, epsilon, order, is_training=trains)
            if trains:  # the moving average takes the estimate for the population
                count = float(max(x._array.size // max(variance._array.size, 1), 1))
                variance = variance * (count / max(count - 1.0, 1.0))
            return y, mean, variance

        given = [x, gamma, beta, self.moving_mean, self.moving_variance, training]
        return graphs.node(normalized, "FusedBatchNormV3", *given)  # type: ignore[no-any-return]

    def _plain(self, x: Any, training: Any) -> tuple[Any, Any, Any]:
        rank = len(graphs.sizes(x) or ())
        axes = [k for k in range(rank) if k != self._axis]
        wide = [-1 if k == self._axis else 1 for k in range(rank)]
        mean, variance = self.moving_mean, self.moving_variance
        if training is not False and (hasattr(training, "dtype") or training):
            batch_mean, batch_variance = tf.nn.moments(x, axes)
            if hasattr(training, "dtype"):
                mean, variance = tf.where(training, batch_mean, mean), tf.where(training, batch_variance, variance)
            else:
                mean, variance = batch_mean, batch_variance

        def spread(v: Any) -> Any:
            return v if v is None or self._axis == rank - 1 else tf.reshape(v, wide)

        found = tf.nn.batch_normalization(
            x, spread(mean), spread(variance), spread(self.beta), spread(self.gamma), self.epsilon
        )
        return found, mean, variance


def batch_normalization(
    inputs: Any, axis: Any = -1, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True,
    scale: bool = True, beta_initializer: Any = None, gamma_initializer: Any = None,
    moving_mean_initializer: Any = None, moving_variance_initializer: Any = None, beta_regularizer: Any = None,
    gamma_regularizer: Any = None, beta_constraint: Any = None, gamma_constraint: Any = None, training: Any = False,
    trainable: bool = True, name: Any = None, reuse: Any = None, renorm: bool = False, renorm_clipping: Any = None,
    renorm_momentum: float = 0.99, fused: bool | None = None, virtual_batch_size: int | None = None,
    adjustment: Any = None,
) -> Any:  # fmt: skip
    """A call of a new :class:`BatchNormalization`."""
    layer = BatchNormalization(
        axis, momentum, epsilon, center, scale, beta_initializer, gamma_initializer, moving_mean_initializer,
        moving_variance_initializer, beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint, renorm,
        renorm_clipping, renorm_momentum, fused, trainable, virtual_batch_size, adjustment, name, _reuse=reuse,
    )  # fmt: skip
    return layer(inputs, training=training)
