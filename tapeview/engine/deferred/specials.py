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
    _CONTROL + "gradients": "gradients:gradients",
    _CONTROL + "hessians": "gradients:hessians",
    _CONTROL + "cond": "control_flow:cond",
    _CONTROL + "case": "control_flow:case",
    _CONTROL + "switch_case": "control_flow:switch_case",
    _CONTROL + "while_loop": "loops:while_loop",
    _CONTROL + "map_fn": "loops:map_fn",
    _CONTROL + "foldl": "loops:foldl",
    _CONTROL + "foldr": "loops:foldr",
    _CONTROL + "scan": "loops:scan",
    _CONTROL + "get_static_value": "constants:constant_value",
    _CONTROL + "py_function": "python_functions:py_function",
    _CONTROL + "numpy_function": "python_functions:numpy_function",
    "tapeview.engine.scripting.debugging:assert_": "python_functions:assert_",
    "tapeview.engine.scripting.printing:print_": "python_functions:print_",
}


def of(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """The deferred form of a function; None for most."""
    key = f"{getattr(function, '__module__', '')}:{getattr(function, '__name__', '')}"
    target = _SPECIALS.get(key)
    if target is None:
        if key.startswith("tapeview.engine.scripting.debugging:assert_"):
            return _checking(function)
        return None
    module, _, name = target.partition(":")
    return _later(module, name)


def _checking(function: Callable[..., Any]) -> Callable[..., Any]:
    def special(*args: Any, **kwargs: Any) -> Any:
        found = importlib.import_module(_HERE + "python_functions")
        return found.checking(function)(*args, **kwargs)

    return special


def _later(module: str, name: str) -> Callable[..., Any]:
    def special(*args: Any, **kwargs: Any) -> Any:
        return getattr(importlib.import_module(_HERE + module), name)(*args, **kwargs)

    return special
