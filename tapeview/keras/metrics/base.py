"""The base of metrics: objects that take in batches and tell one number about all of them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.engine.variable import ResourceVariable
from tapeview.keras import initializers, naming
from tapeview.keras.backend.config import floatx
from tapeview.keras.modules import Settled, is_ours


class MetricVariable(ResourceVariable):
    """What a metric has gathered. Observers do not hear of it."""

    _announced = False

    def _add(self, value: Any) -> None:
        """Adds a NumPy value, in the variable's type."""
        array = self._value._array
        self._replace(np.asarray(array + np.asarray(value).astype(array.dtype), array.dtype), "assign_add")


MetricVariable.__name__ = ResourceVariable.__name__
MetricVariable.__module__ = ResourceVariable.__module__


class Metric(Settled):
    """The base of metrics. Subclasses make variables by ``add_weight`` and define ``update_state`` and ``result``.

    Args:
        name: what the metric is called in logs; without it the class's name in snake case, numbered.
        dtype: the type of results.
    """

    _keras_module = "keras.metrics"
    stateful = True

    def __init__(self, name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        for word in kwargs:
            if word not in ("dynamic", "trainable", "autocast"):
                raise TypeError(f"Keyword argument not understood: {word!r}")
        self._name = name or naming.unique(naming.snake_case(type(self).__name__))
        self._dtype = dtypes.as_dtype(floatx() if dtype is None else dtype)
        self._own: list[ResourceVariable] = []

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        written = cls.__dict__.get("result")
        if written is not None and not is_ours(cls):
            cls.result = _tensor_valued(written)  # type: ignore[method-assign]

    @property
    def name(self) -> str:
        """What the metric is called in logs."""
        return self._name

    @property
    def dtype(self) -> str:
        """The name of the type of results."""
        return self._dtype.name

    # -- variables -----------------------------------------------------------------------------------------------------

    def add_weight(
        self, name: str | None = None, shape: Any = (), aggregation: Any = None, synchronization: Any = None,
        initializer: Any = None, dtype: Any = None, **kwargs: Any,
    ) -> ResourceVariable:  # fmt: skip
        """A new variable that the metric gathers in; zeros unless an initializer is given."""
        kind = self._dtype if dtype is None else dtypes.as_dtype(dtype)
        value = initializers.get("zeros" if initializer is None else initializer)(tuple(shape), kind)
        variable = MetricVariable(value, trainable=False, name=name, dtype=kind)
        self._own.append(variable)
        return variable

    @property
    def variables(self) -> list[ResourceVariable]:
        """What the metric gathers in, and what metrics among its attributes do."""
        inner = [value for value in vars(self).values() if isinstance(value, Metric)]
        return [*self._own, *(v for metric in inner for v in metric.variables)]

    @property
    def weights(self) -> list[ResourceVariable]:
        """The same as ``variables``."""
        return self.variables

    non_trainable_variables = non_trainable_weights = weights
    trainable_variables: tuple[()] = ()
    trainable_weights: tuple[()] = ()

    def get_weights(self) -> list[Any]:
        """The values of ``variables``, as arrays."""
        return [v.numpy() for v in self.variables]

    def set_weights(self, weights: Iterable[Any]) -> None:
        """Puts values in the place of those of ``variables``."""
        for variable, value in zip(self.variables, weights, strict=True):
            variable.assign(value)

    # -- use -----------------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Takes in a batch and returns the result so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """Takes in a batch."""
        raise NotImplementedError("Must be implemented in subclasses.")

    def result(self) -> Any:
        """The result so far."""
        raise NotImplementedError("Must be implemented in subclasses.")

    def reset_state(self) -> None:
        """Forgets all batches."""
        if type(self).reset_states is not Metric.reset_states:
            self.reset_states()  # a script's own, by the older name
            return
        for variable in self.variables:
            variable.assign(np.zeros_like(variable._array))

    def reset_states(self) -> None:
        """The older name of :meth:`reset_state`."""
        self.reset_state()

    def merge_state(self, metrics: Iterable[Metric]) -> None:
        """Takes in what other metrics of this class have gathered. Raises ValueError for metrics of another one."""
        for metric in metrics:
            if len(self.weights) != len(metric.weights):
                raise ValueError(f"Metric {metric} is not compatible with {self}")
            for mine, other in zip(self.weights, metric.weights, strict=True):
                mine.assign_add(other)

    # -- configuration -------------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The metric with these arguments."""
        return cls(**config)

    def __str__(self) -> str:
        arguments = ",".join(f"{key}={value}" for key, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


def _tensor_valued(result: Any) -> Any:
    @functools.wraps(result)
    def wrapped(self: Metric) -> Any:
        value = result(self)
        return to_tensor(value) if isinstance(value, (ResourceVariable, float, int, np.generic)) else value

    return wrapped


def divided(a: Any, b: Any) -> Any:
    """``a / b``, 0 where ``b`` is 0; NumPy arrays or scalars."""
    a, b = np.asarray(a), np.asarray(b)
    kind = np.result_type(a, b)
    zero = b == 0
    return np.where(zero, kind.type(0), a / np.where(zero, kind.type(1), b)).astype(kind)


def tensor(value: Any, dtype: dtypes.DType) -> EagerTensor:
    """A NumPy value as a tensor."""
    return EagerTensor(np.asarray(value, dtype.numpy))


def array(value: Any, dtype: dtypes.DType) -> Array:
    """Anything a script may pass, as an array of a type."""
    given = to_tensor(value)._array
    return given if given.dtype == dtype.numpy else given.astype(dtype.numpy)
