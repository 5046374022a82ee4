"""TensorFlow 1's names, in the form of `table.LOCAL`; ``tf.train`` is here what TensorFlow 2 has as ``compat.v1.train``.

A name that is missing here is looked for among TensorFlow 2's: only what is new or different is listed. Namespaces of
TensorFlow 1 that are gone (``tf.contrib``) stand here as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ENGINE = "tapeview.engine."
_TF1 = "tapeview.tf1."
_DEFERRED = _ENGINE + "deferred."

TF1: Final[Mapping[str, Mapping[str, str]]] = {}
"""For each namespace: module -> the words of the objects that live there."""

CONSTANTS: Final[Mapping[str, Mapping[str, object]]] = {
    "tf.compat.v1.logging": {"DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "FATAL": 50},
}
"""Names whose values are plain Python values; the namespaces are written out in full."""
