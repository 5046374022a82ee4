"""Which of TensorFlow's names tapeview has, and where their objects live.

The data stands in `table` (what tapeview has) and `namespaces` (how TensorFlow arranges it). A name that is missing
there is reported as not supported, before a script runs and when it is used.

This module holds data only and imports nothing, so that a script can be checked without loading the engine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final

from tapeview.tensorflow.table import NAMES

TENSORFLOW_VERSION: Final = "2.15.0"

KERAS_VERSION: Final = "2.15.0"

ALIASES: Final[Mapping[str, str]] = {
    "tf.compat.v2": "tf",
    "tf.python.keras": "tf.keras",
    "tf._api.v2": "tf",
}
"""Namespaces that are another one under a second name."""

_CONSTANTS: Final[Mapping[str, Mapping[str, object]]] = {
    "tf": {"__version__": TENSORFLOW_VERSION, "newaxis": None},
    "tf.data": {"AUTOTUNE": -1, "INFINITE_CARDINALITY": -1, "UNKNOWN_CARDINALITY": -2},
    "tf.data.experimental": {"AUTOTUNE": -1, "INFINITE_CARDINALITY": -1, "UNKNOWN_CARDINALITY": -2},
    "tf.keras": {"__version__": KERAS_VERSION},
    "tf.compat.v1.logging": {"DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "FATAL": 50},
    "tf.errors": {
        "OK": 0,
        "CANCELLED": 1,
        "UNKNOWN": 2,
        "INVALID_ARGUMENT": 3,
        "DEADLINE_EXCEEDED": 4,
        "NOT_FOUND": 5,
        "ALREADY_EXISTS": 6,
        "PERMISSION_DENIED": 7,
        "RESOURCE_EXHAUSTED": 8,
        "FAILED_PRECONDITION": 9,
        "ABORTED": 10,
        "OUT_OF_RANGE": 11,
        "UNIMPLEMENTED": 12,
        "INTERNAL": 13,
        "UNAVAILABLE": 14,
        "DATA_LOSS": 15,
        "UNAUTHENTICATED": 16,
    },
    "tf.version": {"VERSION": TENSORFLOW_VERSION, "GIT_VERSION": "tapeview", "COMPILER_VERSION": ""},
}


def _with_parents(namespaces: Iterable[str]) -> frozenset[str]:
    every: set[str] = set()
    for name in namespaces:
        parts = name.split(".")
        every.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return frozenset(every)


_NAMESPACES: Final = _with_parents([*NAMES, *_CONSTANTS, *ALIASES])


def canonical(dotted: str) -> str:
    """``dotted`` with an alias at its beginning replaced by what it stands for."""
    for alias, real in ALIASES.items():
        if dotted == alias or dotted.startswith(alias + "."):
            return real + dotted[len(alias) :]
    return dotted


def is_namespace(dotted: str) -> bool:
    """Whether ``dotted`` (``"tf.math"``) is a namespace, and not an object in one."""
    return canonical(dotted) in _NAMESPACES


def target(dotted: str) -> str | None:
    """Where the object lives, as ``"package.module:attribute"``; None if tapeview has no such object."""
    namespace, _, name = canonical(dotted).rpartition(".")
    return NAMES.get(namespace, {}).get(name)


_BY_MATH = frozenset(("softmax", "log_softmax", "norm", "einsum", "tensordot", "eye", "cast"))


def public_name(dotted: str) -> str:
    """The name under which TensorFlow speaks of a function: ``tf.math.exp`` for ``tf.exp``."""
    space, _, word = canonical(dotted).rpartition(".")
    if space in ("tf", "tf.nn", "tf.linalg") and word not in _BY_MATH:
        for better in ("tf.math", *(("tf.linalg",) if word == "matmul" else ())):
            if NAMES[better].get(word) is not None and NAMES[better][word] == target(dotted):
                return f"{better}.{word}"
    if space == "tf.keras.backend" and word == "mean":
        return "tf.math.reduce_mean"
    return f"{space}.{word}"


def constants(namespace: str) -> Mapping[str, object]:
    """Names of a namespace whose values are plain Python values."""
    return _CONSTANTS.get(namespace, {})


def is_supported(dotted: str) -> bool:
    """Whether a script can use ``dotted``."""
    namespace, _, name = canonical(dotted).rpartition(".")
    return is_namespace(dotted) or target(dotted) is not None or name in constants(namespace)


def children(namespace: str) -> list[str]:
    """All names directly inside a namespace, unsorted."""
    start = namespace + "."
    nested = {name[len(start) :].split(".")[0] for name in _NAMESPACES if name.startswith(start)}
    return [*NAMES.get(namespace, {}), *constants(namespace), *nested]


def unsupported_sentence(dotted: str, line: int = 0, file: str = "") -> str:
    """What a script's author reads about a name that tapeview does not have."""
    place = f" (line {line} of {os.path.basename(file)})" if line else ""
    return f"tapeview does not support {dotted} yet{place}"
