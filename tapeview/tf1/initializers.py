"""TensorFlow 1's initializers: objects that make a tensor of a shape, with random numbers of the op-seed streams."""

from __future__ import annotations

import math
from typing import Any

from tapeview.engine import deferred, dtypes
from tapeview.engine.deferred import tf
from tapeview.keras.initializers import drawn
from tapeview.keras.initializers.drawn import _TRUNCATED
from tapeview.tf1 import graphs


class Initializer:
    """The base: ``initializer(shape, dtype)``; ``dtype`` None is the initializer's own, or float32."""

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """The tensor."""
        return self._made(graphs.known_sizes(shape), self.dtype if dtype is None else dtypes.as_dtype(dtype))

    def _made(self, shape: list[int], dtype: dtypes.DType) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say what it makes.")

    def get_config(self) -> dict[str, Any]:
        """The arguments with which an equal initializer can be made."""
        found = {word: value for word, value in vars(self).items() if not word.startswith("_")}
        return {**found, "dtype": self.dtype.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The initializer with these arguments."""
        return cls(**config)


class Zeros(Initializer):
    """Zeros."""

    def _made(self, shape: list[int], dtype: dtypes.DType) -> Any:
        return tf.zeros(shape, dtype)


class Ones(Initializer):
    """Ones."""

    def _made(self, shape: list[int], dtype: dtypes.DType) -> Any:
        return tf.ones(shape, dtype)


class Constant(Initializer):
    """A value, or a list or array of as many as the shape has elements."""

    def __init__(self, value: Any = 0, dtype: Any = dtypes.float32, verify_shape: bool = False) -> None:
        super().__init__(dtype)
        self.value = value

    def _made(self, shape: list[int], dtype: dtypes.DType) -> Any:
        return tf.constant(self.value, dtype, shape)


class _Drawn(Initializer):
    def __init__(self, seed: Any, dtype: Any) -> None:
        super().__init__(dtype)
        self.seed = seed


class RandomUniform(_Drawn):
    """Numbers in ``[minval, maxval)``; ``maxval`` None is 1."""

    def __init__(
        self, minval: Any = 0.0, maxval: Any = None, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:  # fmt: skip
        super().__init__(seed, dtype)
        self.minval, self.maxval = minval, maxval

    def _made(self, shape: list[int], dtype: dtypes.DType) -> Any:
        return tf.random.uniform(shape, self.minval, self.maxval, dtype, seed=self.seed)


class RandomNormal(_Drawn):
    """Normally distributed numbers."""

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 1.0, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:  # fmt: skip
        super().__init__(seed, dtype)
        self.mean, self.stddev = mean, stddev

    def _made(self, shape: list[int], dtype: dtypes.DType) -> Any:
        return tf.random.normal(shape, self.mean, self.stddev, dtype, seed=self.seed)


class TruncatedNormal(RandomNormal):
    """Normally distributed numbers within 2 standard deviations."""

    def _made(self, shape: list[int], dtype: dtypes.DType) -> Any:
        return tf.random.truncated_normal(shape, self.mean, self.stddev, dtype, seed=self.seed)


class VarianceScaling(_Drawn):
    """Numbers whose spread fits the number of inputs or outputs of the weights.

    Args:
        scale: a factor for the variance.
        mode: ``"fan_in"``, ``"fan_out"`` or ``"fan_avg"``: which number divides it.
        distribution: ``"truncated_normal"``, ``"untruncated_normal"`` or ``"uniform"``.

    Raises:
        ValueError: another word, a scale that is not positive.
    """

    def __init__(
        self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal", seed: Any = None,
        dtype: Any = dtypes.float32,
    ) -> None:  # fmt: skip
        super().__init__(seed, dtype)
        distribution = "truncated_normal" if distribution.lower() == "normal" else distribution.lower()
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be a positive float. Received: {scale}")
        for word, value, known in (
            ("mode", mode, ("fan_in", "fan_out", "fan_avg")),
            ("distribution", distribution, ("normal", "uniform", "truncated_normal", "untruncated_normal")),
        ):
            if value not in known:
                raise ValueError(f"Argument `{word}` should be one of {known}. Received: {value}")
        self.scale, self.mode, self.distribution = scale, mode, distribution

    def _made(self, shape: list[int], dtype: dtypes.DType) -> Any:
        fan_in, fan_out = deferred.fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out}.get(self.mode, (fan_in + fan_out) / 2.0)
        scale = self.scale / max(1.0, fan)
        if self.distribution == "truncated_normal":
            return tf.random.truncated_normal(shape, 0.0, math.sqrt(scale) / _TRUNCATED, dtype, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return tf.random.normal(shape, 0.0, math.sqrt(scale), dtype, seed=self.seed)
        limit = math.sqrt(3.0 * scale)
        return tf.random.uniform(shape, -limit, limit, dtype, seed=self.seed)


class _Named(VarianceScaling):
    """VarianceScaling with everything but the seed fixed."""

    _fixed: tuple[float, str, str]

    def __init__(self, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(*self._fixed, seed=seed, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """The seed and the type."""
        return {"seed": self.seed, "dtype": self.dtype.name}


class GlorotUniform(_Named):
    __doc__ = drawn.GlorotUniform.__doc__
    _fixed = drawn.GlorotUniform._fixed


class GlorotNormal(_Named):
    __doc__ = drawn.GlorotNormal.__doc__
    _fixed = drawn.GlorotNormal._fixed


class LecunNormal(_Named):
    __doc__ = drawn.LecunNormal.__doc__
    _fixed = drawn.LecunNormal._fixed


class LecunUniform(_Named):
    __doc__ = drawn.LecunUniform.__doc__
    _fixed = drawn.LecunUniform._fixed


class HeNormal(_Named):
    __doc__ = drawn.HeNormal.__doc__
    _fixed = drawn.HeNormal._fixed


class HeUniform(_Named):
    __doc__ = drawn.HeUniform.__doc__
    _fixed = drawn.HeUniform._fixed


class UniformUnitScaling(_Drawn):
    """Uniform numbers that keep the size of what they are multiplied with."""

    def __init__(self, factor: float = 1.0, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(seed, dtype)
        self.factor = factor

    def _made(self, shape: list[int], dtype: dtypes.DType) -> Any:
        limit = math.sqrt(3.0 / max(math.prod(shape[:-1]), 1.0)) * self.factor
        return tf.random.uniform(shape, -limit, limit, dtype, seed=self.seed)


class Orthogonal(_Drawn):
    """A matrix with orthonormal rows or columns, times ``gain``. Raises ValueError for fewer than two axes."""

    def __init__(self, gain: float = 1.0, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(seed, dtype)
        self.gain = gain

    def _made(self, shape: list[int], dtype: dtypes.DType) -> Any:
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize, specified by argument `shape` must be at least two-dimensional. "
                f"Received shape={shape}"
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]

        def matrix() -> Any:
            size = (max(rows, columns), min(rows, columns))
            q, r = tf.linalg.qr(tf.random.normal(size, dtype=dtype, seed=self.seed))
            q = q * tf.sign(tf.linalg.diag_part(r))
            return self.gain * tf.reshape(tf.transpose(q) if rows < columns else q, shape)

        return graphs.composed("mul_1", matrix)


class Identity(Initializer):
    """The identity matrix times ``gain``. Raises ValueError for a shape that is not 2-d."""

    def __init__(self, gain: float = 1.0, dtype: Any = dtypes.float32) -> None:
        super().__init__(dtype)
        self.gain = gain

    def _made(self, shape: list[int], dtype: dtypes.DType) -> Any:
        if len(shape) != 2:
            raise ValueError(
                "The tensor to initialize, specified by argument `shape` must be at least two-dimensional. "
                f"Received shape={shape}"
            )
        return graphs.composed("mul", lambda: self.gain * tf.eye(*shape, dtype=dtype))


class ContribVarianceScaling(_Drawn):
    """``tf.contrib.layers.variance_scaling_initializer``: the factor stands before the variance of a normal number.

    Raises:
        ValueError: another mode.
    """

    def __init__(
        self, factor: float = 2.0, mode: str = "FAN_IN", uniform: bool = False, seed: Any = None,
        dtype: Any = dtypes.float32,
    ) -> None:  # fmt: skip
        super().__init__(seed, dtype)
        if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
            raise ValueError(f"Unknown mode {mode} [FAN_IN, FAN_OUT, FAN_AVG]")
        self.factor, self.mode, self.uniform = factor, mode, uniform

    def _made(self, shape: list[int], dtype: dtypes.DType) -> Any:
        fan_in, fan_out = deferred.fans(shape)
        n = {"FAN_IN": fan_in, "FAN_OUT": fan_out}.get(self.mode, (fan_in + fan_out) / 2.0)
        if self.uniform:
            limit = math.sqrt(3.0 * self.factor / n)
            return tf.random.uniform(shape, -limit, limit, dtype, seed=self.seed)
        return tf.random.truncated_normal(shape, 0.0, math.sqrt(1.3 * self.factor / n), dtype, seed=self.seed)


def xavier_initializer(uniform: bool = True, seed: Any = None, dtype: Any = dtypes.float32) -> Any:
    """``tf.contrib.layers.xavier_initializer``: variance 2 / (inputs + outputs)."""
    return ContribVarianceScaling(1.0, "FAN_AVG", uniform, seed, dtype)


zeros, ones, constant, random_uniform = Zeros, Ones, Constant, RandomUniform
random_normal, truncated_normal, variance_scaling = RandomNormal, TruncatedNormal, VarianceScaling
glorot_uniform, glorot_normal, orthogonal, identity = GlorotUniform, GlorotNormal, Orthogonal, Identity
uniform_unit_scaling, variance_scaling_initializer = UniformUnitScaling, ContribVarianceScaling


def he_normal(seed: Any = None, dtype: Any = dtypes.float32) -> HeNormal:
    """Truncated normal numbers of variance 2 / inputs."""
    return HeNormal(seed, dtype)


def he_uniform(seed: Any = None, dtype: Any = dtypes.float32) -> HeUniform:
    """Within ±sqrt(6 / inputs)."""
    return HeUniform(seed, dtype)


def lecun_normal(seed: Any = None, dtype: Any = dtypes.float32) -> LecunNormal:
    """Truncated normal numbers of variance 1 / inputs."""
    return LecunNormal(seed, dtype)


def lecun_uniform(seed: Any = None, dtype: Any = dtypes.float32) -> LecunUniform:
    """Within ±sqrt(3 / inputs)."""
    return LecunUniform(seed, dtype)
