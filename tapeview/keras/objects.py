"""Keras objects by name and as configurations: ``get("relu")``, ``serialize``, ``deserialize``, custom objects.

A configuration names a class of Keras or one that the script registered; nothing else is ever imported for it.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from tapeview.engine.dtypes import DType
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.modules import is_ours

_Object = TypeVar("_Object", bound=Callable[..., Any])

MODULES = (
    "keras", "keras.activations", "keras.constraints", "keras.initializers", "keras.layers", "keras.losses",
    "keras.metrics", "keras.models", "keras.optimizers", "keras.optimizers.legacy", "keras.optimizers.schedules",
    "keras.regularizers",
)  # fmt: skip
"""Where configurations may name classes."""

_custom: dict[str, Any] = {}
_registered_names: dict[Any, str] = {}
_scopes: list[Mapping[str, Any]] = []


# -- names that scripts give ---------------------------------------------------------------------------------------


def get_custom_objects() -> dict[str, Any]:
    """The script's classes and functions by name; a script may write to it."""
    return _custom


class custom_object_scope:
    """A context manager: inside, names of the given dicts mean the given classes and functions."""

    def __init__(self, *args: Mapping[str, Any]) -> None:
        self._objects = args

    def __enter__(self) -> custom_object_scope:
        _scopes.extend(self._objects)
        return self

    def __exit__(self, *_: object) -> None:
        del _scopes[len(_scopes) - len(self._objects) :]


CustomObjectScope = custom_object_scope


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[_Object], _Object]:
    """A decorator: the class or function can be named in configurations, as ``package>name``.

    Raises:
        ValueError: a class without ``get_config``, a name that is taken.
    """

    def decorate(thing: _Object) -> _Object:
        registered = f"{package}>{name or thing.__name__}"
        if inspect.isclass(thing) and not hasattr(thing, "get_config"):
            raise ValueError("Cannot register a class that does not have a get_config() method.")
        _registered_names[thing] = registered
        _custom[registered] = thing
        return thing

    return decorate


def get_registered_name(obj: Any) -> str:
    """The name under which a class or function was registered, else its own."""
    return _registered_names.get(obj, obj.__name__)  # type: ignore[no-any-return]


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """What a name means: in the innermost scope, among the registered, in the given dicts; None if it is unknown."""
    for objects in (*reversed(_scopes), _custom, custom_objects or {}, module_objects or {}):
        if name in objects:
            return objects[name]
    return None


def to_snake_case(name: str) -> str:
    """``"MaxPooling2D"`` -> ``"max_pooling2d"``."""
    split = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    snake = re.sub("([a-z])([A-Z])", r"\1_\2", split).lower()
    return "private" + snake if snake.startswith("_") else snake


# -- configurations ------------------------------------------------------------------------------------------------


def serialize_keras_object(obj: Any) -> Any:
    """A value as plain Python data: objects as ``{"module", "class_name", "config", "registered_name"}``."""
    if obj is None or (isinstance(obj, (str, int, float, bool)) and not isinstance(obj, np.generic)):
        return obj
    if isinstance(obj, DType):
        return obj.name
    if isinstance(obj, TensorShape):
        return obj.as_list()
    if isinstance(obj, Mapping):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    if isinstance(obj, (list, tuple)):
        values = [serialize_keras_object(value) for value in obj]
        return tuple(values) if isinstance(obj, tuple) else values
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode("utf-8")}}
    if isinstance(obj, EagerTensor):
        return {"class_name": "__tensor__", "config": {"value": obj._array.tolist(), "dtype": obj.dtype.name}}
    if isinstance(obj, (np.ndarray, np.generic)):
        if obj.ndim == 0:
            return obj.item()
        return {"class_name": "__numpy__", "config": {"value": obj.tolist(), "dtype": obj.dtype.name}}
    if inspect.isfunction(obj):
        return {
            "module": _public_module(obj.__module__, "builtins"),
            "class_name": "function",
            "config": obj.__name__,
            "registered_name": get_registered_name(obj),
        }
    kind = type(obj)
    module = getattr(kind, "_keras_module", None) if is_ours(kind) else None
    return {
        "module": module or kind.__module__,
        "class_name": kind.__name__,
        "config": serialize_keras_object(obj.get_config()),
        "registered_name": None if module else get_registered_name(kind),
    }


def _public_module(module: str, otherwise: str) -> str:
    return otherwise if module.startswith("tapeview.") else module


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:  # fmt: skip
    """The value that :func:`serialize_keras_object` described; a name stands for the object of that name.

    Raises:
        ValueError: a name that is neither Keras's nor registered.
    """
    with custom_object_scope(custom_objects or {}):
        return _deserialized(config, module_objects or {}, printable_module_name)


def _deserialized(config: Any, known: Mapping[str, Any], kind: str) -> Any:
    if isinstance(config, str) and known:
        return _made(_found(config, known, kind))
    if isinstance(config, (list, tuple)):
        return type(config)([_deserialized(value, {}, kind) for value in config])
    if not isinstance(config, Mapping):
        return config
    if "class_name" not in config or "config" not in config:
        return {key: _deserialized(value, {}, kind) for key, value in config.items()}
    name, inner = config["class_name"], config["config"]
    if name == "__bytes__":
        return inner["value"].encode("utf-8")
    if name == "__tensor__":
        return EagerTensor(np.array(inner["value"], inner["dtype"]))
    if name == "__numpy__":
        return np.array(inner["value"], inner["dtype"])
    if name == "function":
        return _found(config.get("registered_name") or inner, known, kind)
    found = get_registered_object(config.get("registered_name") or name)
    if found is None:
        found = known.get(name) or _of_module(config.get("module"), name)
    if found is None:
        raise _unknown(name, kind)
    return found.from_config(inner) if hasattr(found, "from_config") else found(**inner)


def _found(name: str, known: Mapping[str, Any], kind: str) -> Any:
    found = get_registered_object(name, None, known)
    if found is None:
        raise _unknown(name, kind)
    return found


def _made(found: Any) -> Any:
    return found() if inspect.isclass(found) else found


def _of_module(module: Any, name: str) -> Any:
    if module not in MODULES or name.startswith("_"):
        return None
    found = getattr(importlib.import_module(f"tapeview.{module}"), name, None)
    ours = inspect.isclass(found) and is_ours(found) and hasattr(found, "from_config")
    return found if ours else None


def _unknown(name: str, kind: str) -> ValueError:
    return ValueError(
        f"Unknown {kind}: '{name}'. Please ensure you are using a `keras.utils.custom_object_scope` and that this "
        "object is included in the scope. See "
        "https://www.tensorflow.org/guide/keras/save_and_serialize#registering_the_custom_object for details."
    )


def interpret(identifier: Any, deserialize: Callable[[Any], Any], kind: str) -> Any:
    """What an argument such as ``loss=`` means: None, a name or configuration, or the object itself.

    Raises:
        ValueError: an unknown name, or something else; ``kind`` is what the sentence calls it.
    """
    if identifier is None:
        return None
    if isinstance(identifier, (str, Mapping)):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret {kind} identifier: {identifier}")


def with_snake_case(classes: Mapping[str, Any]) -> dict[str, Any]:
    """Classes by their names and by these in snake case."""
    return {**classes, **{to_snake_case(name): kind for name, kind in classes.items()}}
