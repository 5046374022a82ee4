"""``keras.regularizers``: penalties on weights, added to the loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.creation import eye
from tapeview.engine.ops.elementwise import abs as abs_
from tapeview.engine.ops.extremes import l2_loss
from tapeview.engine.ops.linalg import matmul
from tapeview.engine.ops.norms import l2_normalize
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.ops.shape import transpose
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.backend.config import floatx
from tapeview.keras.modules import Settled
from tapeview.keras.objects import deserialize_keras_object, interpret, serialize_keras_object


class Regularizer(Settled):
    """A function from weights to a penalty (a scalar tensor)."""

    _keras_module = "keras.regularizers"

    def __call__(self, x: Any) -> Any:
        return 0.0

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The regularizer with these arguments."""
        return cls(**config)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal regularizer."""
        raise NotImplementedError(f"{self} does not implement get_config()")


def _penalty(number: Any) -> Any:
    """The number in Keras's float type. Raises ValueError for what is no finite number."""
    if not isinstance(number, (float, int)):
        raise ValueError(
            f"Value {number} is not a valid regularization penalty number, expected an int or float value."
        )
    if math.isinf(number) or math.isnan(number):
        raise ValueError(
            f"Value {number} is not a valid regularization penalty number, an infinite number or NaN are not valid "
            "values."
        )
    return np.asarray(number, floatx())


class L1L2(Regularizer):
    """``l1 * sum(abs(w)) + l2 * sum(w ** 2)``. Raises ValueError for factors that are no finite numbers."""

    def __init__(self, l1: Any = 0.0, l2: Any = 0.0) -> None:
        self.l1, self.l2 = _penalty(0.0 if l1 is None else l1), _penalty(0.0 if l2 is None else l2)

    def __call__(self, x: Any) -> Any:
        """The penalty."""
        total: Any = EagerTensor(np.zeros((), x.dtype.numpy))
        if self.l1:
            total = total + self.l1 * reduce_sum(abs_(x))
        if self.l2:
            total = total + 2.0 * self.l2 * l2_loss(x)
        return total

    def get_config(self) -> dict[str, Any]:
        """The two factors."""
        return {"l1": float(self.l1), "l2": float(self.l2)}


class L1(Regularizer):
    """``l1 * sum(abs(w))``. Raises ValueError for a factor that is no finite number."""

    def __init__(self, l1: Any = 0.01, **kwargs: Any) -> None:
        l1 = kwargs.pop("l", l1)
        if kwargs:
            raise TypeError(f"Argument(s) not recognized: {kwargs}")
        self.l1 = _penalty(0.01 if l1 is None else l1)

    def __call__(self, x: Any) -> Any:
        """The penalty."""
        return self.l1 * reduce_sum(abs_(x))

    def get_config(self) -> dict[str, Any]:
        """The factor."""
        return {"l1": float(self.l1)}


class L2(Regularizer):
    """``l2 * sum(w ** 2)``. Raises ValueError for a factor that is no finite number."""

    def __init__(self, l2: Any = 0.01, **kwargs: Any) -> None:
        l2 = kwargs.pop("l", l2)
        if kwargs:
            raise TypeError(f"Argument(s) not recognized: {kwargs}")
        self.l2 = _penalty(0.01 if l2 is None else l2)

    def __call__(self, x: Any) -> Any:
        """The penalty."""
        return 2.0 * self.l2 * l2_loss(x)

    def get_config(self) -> dict[str, Any]:
        """The factor."""
        return {"l2": float(self.l2)}


class OrthogonalRegularizer(Regularizer):
    """``factor`` times the mean cosine between each two rows (or columns) of a matrix.

    Raises:
        ValueError: an unknown ``mode``, a factor that is no finite number.
    """

    def __init__(self, factor: Any = 0.01, mode: str = "rows") -> None:
        self.factor = _penalty(factor)
        if mode not in {"rows", "columns"}:
            raise ValueError(
                f'Invalid value for argument `mode`. Expected one of {{"rows", "columns"}}. Received: mode={mode}'
            )
        self.mode = mode

    def __call__(self, inputs: Any) -> Any:
        """The penalty. Raises ValueError for weights that are no matrix."""
        x = to_tensor(inputs)
        if x._array.ndim != 2:
            raise ValueError(
                f"Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape == {inputs.shape}"
            )
        rows = self.mode == "rows"
        x = l2_normalize(x, axis=1 if rows else 0)
        product: Any = matmul(x, transpose(x)) if rows else matmul(transpose(x), x)
        size = x._array.shape[0 if rows else 1]
        others = product * (1.0 - eye(size, dtype=x.dtype))
        return self.factor * 0.5 * reduce_sum(abs_(others)) / (size * (size - 1.0) / 2.0)

    def get_config(self) -> dict[str, Any]:
        """Factor and mode."""
        return {"factor": float(self.factor), "mode": self.mode}


def l1_l2(l1: Any = 0.01, l2: Any = 0.01) -> L1L2:
    """:class:`L1L2` with both factors 0.01 if none is given."""
    return L1L2(l1=l1, l2=l2)


l1, l2, orthogonal_regularizer = L1, L2, OrthogonalRegularizer

_KNOWN: dict[str, Any] = {
    "L1": L1, "L1L2": L1L2, "L2": L2, "OrthogonalRegularizer": OrthogonalRegularizer, "Regularizer": Regularizer,
    "l1": L1, "l2": L2, "orthogonal_regularizer": OrthogonalRegularizer,
}  # fmt: skip


def serialize(regularizer: Any, use_legacy_format: bool = False) -> Any:
    """The regularizer as plain data."""
    return serialize_keras_object(regularizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None, use_legacy_format: bool = False) -> Any:
    """The regularizer of that name or configuration. Raises ValueError if there is none."""
    if config == "l1_l2":
        return l1_l2()
    return deserialize_keras_object(config, custom_objects, _KNOWN, "regularizer")


def get(identifier: Any) -> Any:
    """A regularizer for a name, a configuration or a function; None for None.

    Raises:
        ValueError: an unknown name, or something else.
    """
    return interpret(identifier, deserialize, "regularizer")
