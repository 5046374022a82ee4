"""Errors found while a graph is built, in the words TensorFlow has for graphs."""

from __future__ import annotations

import re
from typing import Any

from tapeview.engine.errors import InvalidArgumentError

_TYPES = ("was expected to be a", "is not in the list of allowed values", "Tensor conversion requested dtype")


def is_of_types(error: BaseException) -> bool:
    """Whether an error is about types, which do not depend on sizes that are not known."""
    return isinstance(error, TypeError) or any(part in str(error) for part in _TYPES)


_PREFIX = re.compile(r"^\{\{function_node [^}]*\}\} ")


def worded(error: Exception, function: Any, args: Any, kwargs: Any, symbols: Any, name: str | None) -> Exception:
    """``error`` as it is raised where a graph is built."""
    if not isinstance(error, InvalidArgumentError):
        return error
    text = _PREFIX.sub("", str(error))
    text = re.sub(r" \[Op:\w+\].*$", "", text, flags=re.DOTALL)
    return TypeError(text) if is_of_types(error) else ValueError(text)
