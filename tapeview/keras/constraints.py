"""``keras.constraints``: what weights are put through after each step of an optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.comparison import greater_equal
from tapeview.engine.ops.elementwise import cast, square
from tapeview.engine.ops.exponential import sqrt
from tapeview.engine.ops.extremes import clip_by_value
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.backend.config import epsilon, floatx
from tapeview.keras.modules import Settled
from tapeview.keras.objects import deserialize_keras_object, interpret, serialize_keras_object, with_snake_case


class Constraint(Settled):
    """A function from weights to the weights that are kept."""

    _keras_module = "keras.constraints"

    def __call__(self, w: Any) -> Any:
        return w

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal constraint."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The constraint with these arguments."""
        return cls(**config)


def _norms(w: Any, axis: Any) -> Any:
    # Keras's square root, which takes what is below 0 for 0.
    total = clip_by_value(reduce_sum(square(w), axis, keepdims=True), 0.0, float("inf"))
    return sqrt(total)


class MaxNorm(Constraint):
    """Weights whose norm along ``axis`` is above ``max_value`` are shrunk to it."""

    def __init__(self, max_value: Any = 2, axis: Any = 0) -> None:
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: Any) -> Any:
        """The weights."""
        norms = _norms(w, self.axis)
        return w * (clip_by_value(norms, 0.0, float(self.max_value)) / (epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        """Limit and axis."""
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """Weights below 0 become 0."""

    def __call__(self, w: Any) -> Any:
        """The weights."""
        return w * cast(greater_equal(w, 0.0), floatx())


class UnitNorm(Constraint):
    """Weights are scaled to norm 1 along ``axis``."""

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """The weights."""
        return w / (epsilon() + _norms(w, self.axis))

    def get_config(self) -> dict[str, Any]:
        """The axis."""
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Weights are moved towards a norm between two limits, by ``rate`` of the way."""

    def __init__(self, min_value: Any = 0.0, max_value: Any = 1.0, rate: Any = 1.0, axis: Any = 0) -> None:
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w: Any) -> Any:
        """The weights."""
        norms = _norms(w, self.axis)
        wanted = self.rate * clip_by_value(norms, float(self.min_value), float(self.max_value))
        return w * ((wanted + (1 - self.rate) * norms) / (epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        """Limits, rate and axis."""
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


class RadialConstraint(Constraint):
    """Kernels of 2-d convolutions become the same in every direction: rings around the middle have one value."""

    def __call__(self, w: Any) -> EagerTensor:
        """The weights. Raises ValueError for weights that are not 4-d."""
        kernels = to_tensor(w)._array
        if kernels.ndim != 4:
            raise ValueError(f"The weight tensor must have rank 4. Received weight tensor with shape: {w.shape}")
        size = kernels.shape[0]
        half = size // 2
        places = np.arange(size)
        away = np.abs(places - half) if size % 2 else np.where(places < half, half - 1 - places, places - half)
        ring = np.maximum(away[:, None], away)
        # Keras takes the middle's value from the place before it, and the rings' from the lower right half.
        diagonal = np.array([half - 1, *range(half if size % 2 else half + 1, size)])
        return EagerTensor(np.ascontiguousarray(kernels[diagonal[ring], diagonal[ring]]))


max_norm = maxnorm = MaxNorm
non_neg = nonneg = NonNeg
unit_norm = unitnorm = UnitNorm
min_max_norm, radial_constraint = MinMaxNorm, RadialConstraint

_KNOWN: dict[str, Any] = with_snake_case(
    {
        "Constraint": Constraint, "MaxNorm": MaxNorm, "MinMaxNorm": MinMaxNorm, "NonNeg": NonNeg,
        "RadialConstraint": RadialConstraint, "UnitNorm": UnitNorm,
    }
) | {"maxnorm": MaxNorm, "nonneg": NonNeg, "unitnorm": UnitNorm}  # fmt: skip


def serialize(constraint: Any, use_legacy_format: bool = False) -> Any:
    """The constraint as plain data."""
    return serialize_keras_object(constraint)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None, use_legacy_format: bool = False) -> Any:
    """The constraint of that name or configuration. Raises ValueError if there is none."""
    return deserialize_keras_object(config, custom_objects, _KNOWN, "constraint")


def get(identifier: Any) -> Any:
    """A constraint for a name, a configuration or a function; None for None.

    Raises:
        ValueError: an unknown name, or something else.
    """
    return interpret(identifier, deserialize, "constraint function")
