"""Optimizers: ``tf.keras.optimizers`` and ``tf.optimizers``. The ones before Keras 2.11 stand in ``legacy``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapeview.keras.objects import deserialize_keras_object, serialize_keras_object
from tapeview.keras.optimizers import legacy
from tapeview.keras.optimizers.adafactor import Adafactor
from tapeview.keras.optimizers.adaptive import Adadelta, Adagrad, Adam, Adamax, AdamW, Ftrl, Lion, Nadam, RMSprop
from tapeview.keras.optimizers.core import Core
from tapeview.keras.optimizers.optimizer import Optimizer
from tapeview.keras.optimizers.sgd import SGD

__all__ = [
    "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Nadam", "Optimizer",
    "RMSprop", "deserialize", "get", "legacy", "serialize",
]  # fmt: skip

_NEW = (Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lion, Nadam, RMSprop, SGD)


def serialize(optimizer: Any, use_legacy_format: bool = False) -> Any:
    """The optimizer as plain data."""
    return serialize_keras_object(optimizer)


def deserialize(
    config: Any, custom_objects: Mapping[str, Any] | None = None, use_legacy_format: bool = False, **kwargs: Any
) -> Any:
    """The optimizer that a configuration describes; names in lower case are known, too.

    Raises:
        ValueError: an unknown name.
    """
    old = kwargs.pop("use_legacy_optimizer", False)
    if config["config"]:
        old = config["config"].get("is_legacy_optimizer", True) is not False
    known: dict[str, Any] = {kind.__name__.lower(): kind for kind in _NEW}
    if old:
        known |= {name.lower(): getattr(legacy, name) for name in legacy.__all__ if name != "Optimizer"}
    name = config["class_name"]
    plain = {**config, "class_name": name.lower() if name.lower() in known else name}
    if plain.get("registered_name") is None:
        plain.pop("registered_name", None)
    return deserialize_keras_object(plain, custom_objects, known, "optimizer")


def get(identifier: Any, **kwargs: Any) -> Any:
    """An optimizer for a name, a configuration or an optimizer.

    Raises:
        ValueError: an unknown name, or something else.
    """
    if isinstance(identifier, Core):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier, **kwargs)
    if isinstance(identifier, str):
        return deserialize({"class_name": identifier, "config": {}}, **kwargs)
    raise ValueError(f"Could not interpret optimizer identifier: {identifier}")
