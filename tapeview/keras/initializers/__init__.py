"""``keras.initializers``: what weights begin with, in TensorFlow's own numbers."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from tapeview.keras.initializers.base import Constant, Identity, Initializer, Ones, Zeros
from tapeview.keras.initializers.drawn import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)
from tapeview.keras.objects import deserialize_keras_object, interpret, serialize_keras_object, with_snake_case

_CLASSES = {
    kind.__name__: kind
    for kind in (
        Constant, GlorotNormal, GlorotUniform, HeNormal, HeUniform, Identity, Initializer, LecunNormal, LecunUniform,
        Ones, Orthogonal, RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling, Zeros,
    )
}  # fmt: skip
_KNOWN: dict[str, Any] = with_snake_case(_CLASSES)
_KNOWN |= {"normal": RandomNormal, "uniform": RandomUniform, "one": Ones, "zero": Zeros}

constant, glorot_normal, glorot_uniform, he_normal = Constant, GlorotNormal, GlorotUniform, HeNormal
he_uniform, identity, lecun_normal, lecun_uniform = HeUniform, Identity, LecunNormal, LecunUniform
ones, orthogonal, random_normal, random_uniform = Ones, Orthogonal, RandomNormal, RandomUniform
truncated_normal, variance_scaling, zeros = TruncatedNormal, VarianceScaling, Zeros


def serialize(initializer: Any, use_legacy_format: bool = False) -> Any:
    """The initializer as plain data."""
    return serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None, use_legacy_format: bool = False) -> Any:
    """The initializer of that name or configuration. Raises ValueError if there is none."""
    return deserialize_keras_object(config, custom_objects, _KNOWN, "initializer")


def get(identifier: Any) -> Any:
    """An initializer for a name, a configuration, a class or an initializer; None for None.

    Raises:
        ValueError: an unknown name, or something else.
    """
    found = interpret(identifier, deserialize, "initializer")
    return found() if inspect.isclass(found) else found
