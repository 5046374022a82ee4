"""A layer's weights: making them, listing them, reading and setting them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable
from tapeview.keras import constraints, initializers, regularizers
from tapeview.keras.layers.tracking import Tracking, is_metric, members, without_doubles
from tapeview.keras.policy import CastVariable, Policy

_KEYWORDS = (
    "collections", "experimental_autocast", "caching_device", "getter", "layout", "partitioner",
    "experimental_enable_variable_lifting",
)  # fmt: skip


class Weights(Tracking):
    """What layers and models share about weights."""

    name: Any
    _trainable: bool
    _dtype_policy: Policy
    _callable_losses: list[Any]
    _initial_weights: Any

    def add_weight(
        self, name: str | None = None, shape: Any = None, dtype: Any = None, initializer: Any = None,
        regularizer: Any = None, trainable: bool | None = None, constraint: Any = None, use_resource: Any = None,
        synchronization: Any = None, aggregation: Any = None, **kwargs: Any,
    ) -> ResourceVariable:  # fmt: skip
        """A new variable of this layer; floats begin with ``glorot_uniform``, ints with zeros.

        Raises:
            TypeError: an unknown keyword.
            ValueError: a type that has no initial value by itself.
        """
        for keyword in kwargs:
            if keyword not in _KEYWORDS:
                raise TypeError("Unknown keyword argument:", keyword)
        kind = dtypes.as_dtype(dtype or self._dtype_policy.variable_dtype or "float32")
        if self._dtype_policy.variable_dtype is None:
            self.__dict__["_dtype_policy"] = Policy(kind.name)
        start = initializers.get(initializer)
        if start is None:
            if kind is dtypes.string or kind.is_complex:
                raise ValueError(
                    f"An initializer for variable {name} of type {kind!r} is required for layer {self.name}. "
                    f"Received: {initializer}."
                )
            start = initializers.get("glorot_uniform" if kind.is_floating else "zeros")
        sizes = () if shape is None else tuple(shape) if isinstance(shape, (list, tuple)) else (shape,)
        variable = self._variable_class(kind, kwargs)(
            _value(start, sizes, kind),
            trainable=trainable is None or bool(trainable),
            name=name,
            constraint=constraints.get(constraint),
        )
        penalty = regularizers.get(regularizer)
        if penalty is not None:
            self._callable_losses.append(lambda: penalty(variable))
        self._track_variable(variable)
        return variable

    def _variable_class(self, kind: dtypes.DType, kwargs: dict[str, Any]) -> type[ResourceVariable]:
        mixed = self._dtype_policy.compute_dtype != self._dtype_policy.variable_dtype
        return (
            CastVariable if mixed and kind.is_floating and kwargs.get("experimental_autocast", True)
            else ResourceVariable
        )  # fmt: skip

    def add_variable(self, *args: Any, **kwargs: Any) -> ResourceVariable:
        """The older name of :meth:`add_weight`."""
        return self.add_weight(*args, **kwargs)

    # -- lists -----------------------------------------------------------------------------------------------------

    def _children(self) -> Iterator[Any]:
        return self._flatten_modules(recursive=False, include_self=False)

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables that training changes: this layer's own, then those of its inner layers."""
        if not self._self_tracked_trackables:
            return list(self._trainable_weights) if self._trainable else []
        self._late_variables()
        if not self._trainable:
            return []
        return without_doubles(
            [*self._trainable_weights, *(v for c in self._children() for v in c.trainable_variables)]
        )

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The other variables; all of them if the layer is not trainable."""
        self._late_variables()
        if self._trainable:
            inner = [v for c in self._children() for v in c.non_trainable_variables]
            return without_doubles([*self._non_trainable_weights, *inner])
        inner = [v for c in self._children() for v in c.variables]
        return without_doubles([*self._trainable_weights, *self._non_trainable_weights, *inner])

    @property
    def weights(self) -> list[Any]:
        """All variables, trainable ones first."""
        return without_doubles([*self.trainable_weights, *self.non_trainable_weights])

    @property
    def variables(self) -> Any:
        """The same as ``weights``."""
        return self.weights

    @property
    def trainable_variables(self) -> Any:
        """The same as ``trainable_weights``."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> Any:
        """The same as ``non_trainable_weights``."""
        return self.non_trainable_weights

    def count_params(self) -> int:
        """The number of elements of all weights. Raises ValueError if there are none yet."""
        if not self.__dict__.get("built", True) and not self.weights:
            raise ValueError(
                f"You tried to call `count_params` on layer {self.name}, but the layer isn't built. You can build it "
                f"manually via: `{self.name}.build(batch_input_shape)`."
            )
        return count(self.weights)

    # -- values ----------------------------------------------------------------------------------------------------

    def get_weights(self) -> list[Any]:
        """The values of all weights as arrays."""
        return [np.array(v._value._array) for v in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Assigns arrays to all weights, in their order.

        Raises:
            ValueError: another number of arrays, or a shape that does not fit.
        """
        variables = self.weights
        if len(variables) != len(weights):
            raise ValueError(
                f'You called `set_weights(weights)` on layer "{self.name}" with a weight list of length '
                f"{len(weights)}, but the layer was expecting {len(variables)} weights. Provided weights: "
                f"{str(weights)[:50]}..."
            )
        arrays = [w._array if hasattr(w, "_array") else np.asarray(w) for w in weights]
        for variable, array in zip(variables, arrays, strict=True):
            if variable._array.shape != array.shape:
                raise ValueError(
                    f"Layer {self.name} weight shape {variable.shape} is not compatible with provided weight shape "
                    f"{array.shape}."
                )
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(np.array(array))

    # -- metrics ---------------------------------------------------------------------------------------------------

    @property
    def metrics(self) -> list[Any]:
        """The metrics of this layer and of those inside."""
        found: list[Any] = []
        for layer in self._flatten_modules():
            found += [m for m in layer.__dict__.get("_metrics", ()) if not any(m is f for f in found)]
        return found


def children_of_model(model: Tracking) -> list[Any]:
    """What a model's attributes hold, metrics included; containers taken apart."""
    return [m for part in model._self_tracked_trackables for m in members(part) if _has_weights(m)]


def _has_weights(value: Any) -> bool:
    return is_metric(value) or not isinstance(value, ResourceVariable)


def count(variables: Any) -> int:
    """The number of elements, each variable once."""
    return int(sum(v._array.size for v in without_doubles(list(variables))))


def _value(start: Any, shape: tuple[Any, ...], kind: dtypes.DType) -> EagerTensor:
    sizes = tuple(int(d) for d in shape)
    made = start(sizes, dtype=kind)
    return made if isinstance(made, EagerTensor) else EagerTensor(np.asarray(getattr(made, "_array", made), kind.numpy))
