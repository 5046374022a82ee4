"""What layers of TensorFlow 1 share: names and scopes, weights by ``get_variable``, collections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tapeview.engine import deferred, dtypes
from tapeview.engine.deferred import tf
from tapeview.tf1 import graphs, initializers


class Layer:
    """A layer: weights are made at the first call, in a variable scope of the layer's name.

    Args:
        trainable: whether its weights go to the collection of trainable variables.
        name: the scope; without one it is the class's name with a number.
        dtype: the weights' type; that of the first input if None.

    Attributes:
        built: whether the weights are there.
    """

    _base_name = ""
    """The scope's name if none is given; the class's name in snake case otherwise."""

    def __init__(self, trainable: bool = True, name: Any = None, dtype: Any = None, **kwargs: Any) -> None:
        self._given_name = getattr(name, "name", name)
        self._reuse = kwargs.pop("_reuse", None)
        given_scope = kwargs.pop("_scope", None)
        if given_scope is not None:
            self._given_name = getattr(given_scope, "name", given_scope)
        self.trainable = trainable
        self.dtype: Any = None if dtype is None else dtypes.as_dtype(dtype)
        self.built = False
        self.update_collections: Any = deferred.GraphKeys.UPDATE_OPS
        self.updates: list[Any] = []
        self._scope: Any = None
        self._trained: list[Any] = []
        self._fixed: list[Any] = []
        self._name = self._given_name or self._counted_name()
        activity = kwargs.pop("activity_regularizer", None)
        self.activity_regularizer = activity
        if kwargs:
            raise TypeError(f"Keyword argument not understood: {next(iter(kwargs))}")

    def _counted_name(self) -> str:
        counts = graphs.attachments().setdefault("layer names", {})
        base = self._default_name()
        counts[base] = counts.get(base, 0) + 1
        return f"{base}_{counts[base]}"

    def _default_name(self) -> str:
        return self._base_name or _snake(type(self).__name__)

    @property
    def name(self) -> str:
        """The layer's name."""
        return self._name

    @property
    def scope_name(self) -> str:
        """The name of its variable scope. Raises ValueError before the first call."""
        if self._scope is None:
            raise ValueError(
                f'No name available for layer scope because the layer "{self._name}" has not been used yet. The scope '
                "name  is determined the first time the layer instance is called. You must therefore call the layer "
                "before querying `scope_name`."
            )
        return str(self._scope.name)

    # -- weights -------------------------------------------------------------------------------------------------------

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that optimizers change."""
        return list(self._trained) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The other weights."""
        return list(self._fixed) if self.trainable else [*self._trained, *self._fixed]

    @property
    def weights(self) -> list[Any]:
        """All weights, those that optimizers change first."""
        return [*self.trainable_weights, *self.non_trainable_weights]

    trainable_variables, non_trainable_variables, variables = trainable_weights, non_trainable_weights, weights

    @property
    def losses(self) -> list[Any]:
        """What the regularizers of its weights add, as far as they are in this graph's collection."""
        found = deferred.get_collection(deferred.GraphKeys.REGULARIZATION_LOSSES)
        prefix = f"{self.scope_name}/"
        return [loss for loss in found if str(loss.name).startswith(prefix)]

    def add_weight(
        self, name: str, shape: Sequence[Any], dtype: Any = None, initializer: Any = None, regularizer: Any = None,
        trainable: bool | None = None, constraint: Any = None, **_: Any,
    ) -> Any:  # fmt: skip
        """A weight of the layer's; ``initializer`` None is Glorot's uniform one."""
        trains = self.trainable if trainable is None else trainable and self.trainable
        weight = graphs.weight(
            name, [int(size) for size in shape], dtype or self.dtype or dtypes.float32, _initializer(initializer),
            regularizer, trains, constraint,
        )  # fmt: skip
        (self._fixed if trainable is False else self._trained).append(weight)
        return weight

    add_variable = add_weight

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Adds what is to be made small as well."""
        for loss in losses if isinstance(losses, (list, tuple)) else [losses]:
            if deferred.building():
                deferred.add_to_collection(deferred.GraphKeys.REGULARIZATION_LOSSES, loss)

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Adds operations that scripts run together with a training step."""
        for update in updates if isinstance(updates, (list, tuple)) else [updates]:
            self.updates.append(update)
            if deferred.building() and self.update_collections:
                graphs.add_to_collections(self.update_collections, update)

    # -- calls ---------------------------------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Makes the weights for inputs of a shape."""
        self.built = True

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """What the layer computes."""
        return inputs

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """What the layer makes of its inputs; the first call makes the weights."""
        given = [graphs.tensor(x) for x in inputs] if isinstance(inputs, (list, tuple)) and _tensors(inputs) else None
        inputs = graphs.tensor(inputs) if given is None else given
        if self._scope is None:
            with graphs.variable_scope(self._given_name, self._default_name(), reuse=self._reuse) as scope:
                self._scope = scope
                return self._called(inputs, args, kwargs)
        with graphs.name_scope(self._scope.original_name_scope):
            return self._called(inputs, args, kwargs)

    apply = __call__

    def _called(self, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        first = inputs[0] if isinstance(inputs, list) else inputs
        if not self.built:
            if self.dtype is None:
                self.dtype = first.dtype.base_dtype if first.dtype.is_floating else dtypes.float32
            self.build([x.shape for x in inputs] if isinstance(inputs, list) else first.shape)
            self.built = True
        found = self.call(inputs, *args, **kwargs)
        if self.activity_regularizer is not None:
            self.add_loss(self.activity_regularizer(found))
        return found

    def _check_rank(self, x: Any, rank: int, least: bool = False) -> None:
        sizes = graphs.sizes(x)
        if sizes is None or len(sizes) == rank or (least and len(sizes) > rank):
            return
        word = "min_ndim" if least or len(sizes) < rank else "ndim"
        shape = tuple(x.shape)
        raise ValueError(
            f'Input 0 of layer "{self._name}" is incompatible with the layer: expected {word}={rank}, found '
            f"ndim={len(sizes)}. Full shape received: {shape}"
        )


def _snake(name: str) -> str:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()


def _tensors(values: Sequence[Any]) -> bool:
    return any(hasattr(v, "dtype") and not hasattr(v, "__array_interface__") for v in values)


def _initializer(given: Any) -> Any:
    if isinstance(given, str):
        found = getattr(initializers, given, None)
        if found is None:
            raise ValueError(f"Unknown initializer: {given}")
        return found()
    if given is None and not deferred.building():
        return initializers.GlorotUniform()
    return graphs.made(given)


def activation(given: Any) -> Any:
    """The function that an argument ``activation`` names; None for none. Raises ValueError for an unknown name."""
    if not isinstance(given, str):
        return given
    if given == "linear":
        return None
    found = getattr(tf.nn, given, None) if given != "exponential" else tf.exp
    if found is None:
        raise ValueError(f"Unknown activation function: {given}")
    return found
