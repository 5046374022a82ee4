"""Which functions have a deferred form of their own, and are not simply called when a session runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final

_CONTROL = "tapeview.engine.scripting.control:"
_OPS = "tapeview.engine.ops."
_HERE = "tapeview.engine.deferred."

_SPECIALS: Final = {
    _OPS + "creation:constant": "constants:constant",
    _OPS + "creation:convert_to_tensor": "constants:convert_to_tensor",
    _OPS + "creation:is_tensor": "constants:is_tensor",
    _CONTROL + "control_dependencies": "controls:control_dependencies",
    _CONTROL + "group": "controls:group",
    _CONTROL + "no_op": "controls:no_op",
    _CONTROL + "tuple_": "controls:tuple_",
}


def of(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """The deferred form of a function; None for most."""
    key = f"{getattr(function, '__module__', '')}:{getattr(function, '__name__', '')}"
    target = _SPECIALS.get(key)
    if target is None:
        return None
    module, _, name = target.partition(":")
    return _later(module, name)


def _later(module: str, name: str) -> Callable[..., Any]:
    def special(*args: Any, **kwargs: Any) -> Any:
        return getattr(importlib.import_module(_HERE + module), name)(*args, **kwargs)

    return special
