"""Messages of errors as they are shown: without what only TensorFlow's own developers read."""

from __future__ import annotations

import re

_NODE = re.compile(r"\{\{(?:function_)?node [^{}]*\}\}\s*")
_NAME = re.compile(r"(\[Op:\w+\])\s*name:\s*$")


def readable(message: str) -> str:
    """A message without the device of the op that TensorFlow writes before it (``{{function_node …}}``) and without an
    empty ``name:`` behind it.
    """
    return _NAME.sub(r"\1", _NODE.sub("", message).rstrip())
