"""Errors of nodes: they say which node failed."""

from __future__ import annotations

import re

from tapeview.engine.deferred.operation import Operation
from tapeview.engine.errors import OpError

_PREFIX = re.compile(r"^\{\{function_node [^}]*\}\} ")
_OP = re.compile(r" \[Op:\w+\][^\n]*$")


def at(node: Operation, error: Exception) -> Exception:
    """``error`` as the script gets it: an op's error names the node, in TensorFlow's form."""
    if not isinstance(error, OpError) or "{{node " in error.message:
        return error
    text = _OP.sub("", _PREFIX.sub("", error.message))
    error.message = f"{text}\n\t [[{{{{node {node.name}}}}}]]"
    error.op = node
    error.node_def = node.node_def
    return error
