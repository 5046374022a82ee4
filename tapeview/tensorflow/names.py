"""Which of TensorFlow's names tapeview has, and where their objects live.

The data stands in `table` (what tapeview has) and `namespaces` (how TensorFlow arranges it). A name that is missing
there is reported as not supported, before a script runs and when it is used.

Scripts of two eras call ``tf.losses`` and mean different things. What was TensorFlow 1's stands in ``tf.compat.v1``;
with ``tf1`` (a script of that era) a name is looked for there first and then among TensorFlow 2's.

This module holds data only and imports nothing, so that a script can be checked without loading the engine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final

from tapeview.tensorflow.table import NAMES
from tapeview.tensorflow.tf1_table import CONSTANTS as _TF1_CONSTANTS

TENSORFLOW_VERSION: Final = "2.15.0"

TENSORFLOW_1_VERSION: Final = "1.15.5"
"""What a script of TensorFlow 1 is told: the last one there was, so that its own tests take the ways meant for it."""

KERAS_VERSION: Final = "2.15.0"

ALIASES: Final[Mapping[str, str]] = {
    "tf.compat.v2": "tf",
    "tf.python.keras": "tf.keras",
    "tf._api.v2": "tf",
    "tf.python.platform.app": "tf.compat.v1.app",
    "tf.python.platform.flags": "tf.compat.v1.flags",
    "tf.python.platform.gfile": "tf.compat.v1.gfile",
    "tf.python.platform.tf_logging": "tf.compat.v1.logging",
    "tf.python.framework.ops": "tf.compat.v1",
    "tf.python.ops.rnn_cell": "tf.compat.v1.nn.rnn_cell",
    "tf.python.ops.seq2seq": "tf.compat.v1.nn.seq2seq",
    **dict.fromkeys(("tf.python.ops.nn", "tf.python.ops.nn_ops", "tf.python.ops.rnn"), "tf.compat.v1.nn"),
    **{
        f"tf.python.ops.{module}": "tf.compat.v1"
        for module in (
            "array_ops",
            "clip_ops",
            "control_flow_ops",
            "gradients",
            "init_ops",
            "math_ops",
            "random_ops",
            "variable_scope",
            "variables",
        )
    },
}
"""Namespaces that are another one under a second name; those of TensorFlow's own modules among them, as far as scripts
import them."""

_CONSTANTS: Final[Mapping[str, Mapping[str, object]]] = {
    "tf": {"__version__": TENSORFLOW_VERSION, "newaxis": None},
    "tf.data": {"AUTOTUNE": -1, "INFINITE_CARDINALITY": -1, "UNKNOWN_CARDINALITY": -2},
    "tf.data.experimental": {"AUTOTUNE": -1, "INFINITE_CARDINALITY": -1, "UNKNOWN_CARDINALITY": -2},
    "tf.keras": {"__version__": KERAS_VERSION},
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
    **_TF1_CONSTANTS,
}

_VERSIONS: Final[Mapping[str, Mapping[str, object]]] = {
    "tf": {"__version__": TENSORFLOW_1_VERSION, "VERSION": TENSORFLOW_1_VERSION},
    "tf.version": {"VERSION": TENSORFLOW_1_VERSION},
}
_V1: Final = "tf.compat.v1"


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


def _spaces(namespace: str, tf1: bool) -> tuple[str, ...]:
    """Where the names of ``namespace`` are looked for; the first that has one counts."""
    space = canonical(namespace)
    if space == _V1 or space.startswith(_V1 + "."):
        return (space, "tf" + space[len(_V1) :])
    return (_V1 + space[2:], space) if tf1 else (space,)


def is_namespace(dotted: str, tf1: bool = False) -> bool:
    """Whether ``dotted`` (``"tf.math"``) is a namespace, and not an object in one."""
    return any(space in _NAMESPACES for space in _spaces(dotted, tf1))


def target(dotted: str, tf1: bool = False) -> str | None:
    """Where the object lives, as ``"package.module:attribute"``; None if tapeview has no such object."""
    namespace, _, name = canonical(dotted).rpartition(".")
    for space in _spaces(namespace, tf1):
        found = NAMES.get(space, {}).get(name)
        if found is not None:
            return found
    return None


_BY_MATH = frozenset(("softmax", "log_softmax", "norm", "einsum", "tensordot", "eye", "cast"))


def public_name(dotted: str, tf1: bool = False) -> str:
    """The name under which TensorFlow speaks of a function: ``tf.math.exp`` for ``tf.exp``."""
    namespace, _, word = canonical(dotted).rpartition(".")
    space = next((space for space in _spaces(namespace, tf1) if word in NAMES.get(space, {})), namespace)
    if space in ("tf", "tf.nn", "tf.linalg") and word not in _BY_MATH:
        for better in ("tf.math", *(("tf.linalg",) if word == "matmul" else ())):
            if NAMES[better].get(word) is not None and NAMES[better][word] == NAMES[space].get(word):
                return f"{better}.{word}"
    if space == "tf.keras.backend" and word == "mean":
        return "tf.math.reduce_mean"
    return f"{space}.{word}"


def constants(namespace: str, tf1: bool = False) -> Mapping[str, object]:
    """Names of a namespace whose values are plain Python values."""
    found: dict[str, object] = {}
    for space in reversed(_spaces(namespace, tf1)):
        found |= _CONSTANTS.get(space, {})
    return {**found, **_VERSIONS.get(canonical(namespace), {})} if tf1 else found


def is_supported(dotted: str, tf1: bool = False) -> bool:
    """Whether a script can use ``dotted``."""
    namespace, _, name = canonical(dotted).rpartition(".")
    return is_namespace(dotted, tf1) or target(dotted, tf1) is not None or name in constants(namespace, tf1)


def children(namespace: str, tf1: bool = False) -> list[str]:
    """All names directly inside a namespace, unsorted."""
    found: dict[str, None] = dict.fromkeys(constants(namespace, tf1))
    for space in _spaces(namespace, tf1):
        start = space + "."
        nested = {name[len(start) :].split(".")[0] for name in _NAMESPACES if name.startswith(start)}
        found |= dict.fromkeys([*NAMES.get(space, {}), *nested])
    return list(found)


def unsupported_sentence(dotted: str, line: int = 0, file: str = "") -> str:
    """What a script's author reads about a name that tapeview does not have, or has in TensorFlow 1 only."""
    place = f" (line {line} of {os.path.basename(file)})" if line else ""
    if is_supported(dotted, tf1=True):
        return (
            f"{dotted} is a name of TensorFlow 1{place}: run the script with --tf1, or write "
            f"{_V1}{canonical(dotted)[2:]}"
        )
    return f"tapeview does not support {dotted} yet{place}"
