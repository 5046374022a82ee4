"""Initializers that draw: stateless, so one object gives the same numbers each time it is called."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine.ops.random_stateless import stateless_normal, stateless_truncated_normal, stateless_uniform
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.initializers.base import Initializer, check_keywords, float_type, type_of
from tapeview.keras.rng import StatelessSeed

_TRUNCATED = 0.87962566103423978
"""The standard deviation of normal numbers within 2."""


class _Drawn(Initializer):
    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        self._stream = StatelessSeed(seed)

    def get_config(self) -> dict[str, Any]:
        """The seed."""
        return {"seed": self.seed}


class RandomUniform(_Drawn):
    """Numbers between two bounds."""

    def __init__(self, minval: Any = -0.05, maxval: Any = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> EagerTensor:
        """The numbers. Raises ValueError for bools and strings."""
        check_keywords(kwargs)
        kind = type_of(dtype)
        if not kind.is_floating and not kind.is_integer:
            raise ValueError(f"Expected float or integer dtype, got {kind}.")
        self._warn_reuse()
        return stateless_uniform(shape, self._stream.pair(), self.minval, self.maxval, kind)

    def get_config(self) -> dict[str, Any]:
        """The bounds and the seed."""
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed}


class RandomNormal(_Drawn):
    """Normally distributed numbers."""

    def __init__(self, mean: Any = 0.0, stddev: Any = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> EagerTensor:
        """The numbers. Raises ValueError for no floats."""
        check_keywords(kwargs)
        kind = float_type(dtype)
        self._warn_reuse()
        return stateless_normal(shape, self._stream.pair(), self.mean, self.stddev, kind)

    def get_config(self) -> dict[str, Any]:
        """Mean, standard deviation and seed."""
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed}


class TruncatedNormal(RandomNormal):
    """Normally distributed numbers within 2 standard deviations."""

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> EagerTensor:
        """The numbers. Raises ValueError for no floats."""
        check_keywords(kwargs)
        kind = float_type(dtype)
        self._warn_reuse()
        return stateless_truncated_normal(shape, self._stream.pair(), self.mean, self.stddev, kind)


class VarianceScaling(_Drawn):
    """Numbers whose spread fits the number of inputs or outputs of the weights.

    Args:
        scale: a factor for the variance.
        mode: ``"fan_in"``, ``"fan_out"`` or ``"fan_avg"``: which number divides it.
        distribution: ``"truncated_normal"``, ``"untruncated_normal"`` or ``"uniform"``.

    Raises:
        ValueError: an unknown word, a scale that is not positive.
    """

    def __init__(
        self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal", seed: int | None = None
    ) -> None:
        super().__init__(seed)
        if scale <= 0.0:
            raise ValueError(f"`scale` must be positive float. Received: scale={scale}.")
        modes = {"fan_in", "fan_out", "fan_avg"}
        if mode not in modes:
            raise ValueError(f"Invalid `mode` argument: {mode}. Please use one of the {modes}.")
        distribution = distribution.lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        distributions = {"uniform", "truncated_normal", "untruncated_normal"}
        if distribution not in distributions:
            raise ValueError(f"Invalid `distribution` argument: {distribution}.Allowed distributions: {distributions}.")
        self.scale, self.mode, self.distribution = scale, mode, distribution

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> EagerTensor:
        """The numbers. Raises ValueError for no floats."""
        check_keywords(kwargs)
        kind = float_type(dtype)
        self._warn_reuse()
        fan_in, fan_out = fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out}.get(self.mode, (fan_in + fan_out) / 2.0)
        scale = self.scale / max(1.0, fan)
        seed = self._stream.pair()
        if self.distribution == "truncated_normal":
            return stateless_truncated_normal(shape, seed, 0.0, math.sqrt(scale) / _TRUNCATED, kind)
        if self.distribution == "untruncated_normal":
            return stateless_normal(shape, seed, 0.0, math.sqrt(scale), kind)
        limit = math.sqrt(3.0 * scale)
        return stateless_uniform(shape, seed, -limit, limit, kind)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal initializer."""
        return {"scale": self.scale, "mode": self.mode, "distribution": self.distribution, "seed": self.seed}


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """How many inputs and outputs weights of a shape have; convolution kernels count their area."""
    if len(shape) < 2:
        size = int(shape[0]) if shape else 1
        return size, size
    area = math.prod(shape[:-2])
    return int(shape[-2] * area), int(shape[-1] * area)


class _Named(VarianceScaling):
    """VarianceScaling with everything but the seed fixed."""

    _fixed: tuple[float, str, str]

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(*self._fixed, seed=seed)

    def get_config(self) -> dict[str, Any]:
        """The seed."""
        return {"seed": self.seed}


class GlorotUniform(_Named):
    """Within ±sqrt(6 / (inputs + outputs))."""

    _fixed = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Truncated normal numbers of variance 2 / (inputs + outputs)."""

    _fixed = (1.0, "fan_avg", "truncated_normal")


class LecunNormal(_Named):
    """Truncated normal numbers of variance 1 / inputs."""

    _fixed = (1.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """Within ±sqrt(3 / inputs)."""

    _fixed = (1.0, "fan_in", "uniform")


class HeNormal(_Named):
    """Truncated normal numbers of variance 2 / inputs."""

    _fixed = (2.0, "fan_in", "truncated_normal")


class HeUniform(_Named):
    """Within ±sqrt(6 / inputs)."""

    _fixed = (2.0, "fan_in", "uniform")


class Orthogonal(_Drawn):
    """A matrix with orthonormal rows or columns, times ``gain``; axes before the last count as one."""

    def __init__(self, gain: Any = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> EagerTensor:
        """The matrix. Raises ValueError for fewer than two axes."""
        check_keywords(kwargs)
        kind = float_type(dtype)
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. Received: "
                f"shape={shape} of rank {len(shape)}."
            )
        self._warn_reuse()
        rows, columns = math.prod(shape[:-1]), shape[-1]
        flat = (max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(stateless_normal(flat, self._stream.pair(), dtype=kind)._array)
        q = q * np.sign(np.diagonal(r))
        matrix = q.T if rows < columns else q
        return EagerTensor(np.asarray(kind.numpy.type(self.gain) * matrix.reshape(tuple(shape)), kind.numpy))

    def get_config(self) -> dict[str, Any]:
        """Gain and seed."""
        return {"gain": self.gain, "seed": self.seed}
