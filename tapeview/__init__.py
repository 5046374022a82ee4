"""tapeview: a visual debugger for gradient tapes.

Importing this package is cheap on purpose: it loads neither NumPy nor Qt. The engine's public names are looked up when
they are first used::

    import tapeview as tv

    with tv.GradientTape() as tape: ...
    print(tv.gradient_check(f, x))
    tv.log("accuracy", 0.93)  # a curve in the Plots dock
    with tv.scope("encoder"): ...  # its ops are shown as one group of that name
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tapeview.engine.check import gradient_check as gradient_check
    from tapeview.engine.log import log as log
    from tapeview.engine.ops.creation import constant as constant
    from tapeview.engine.scopes import scope as scope
    from tapeview.engine.tape import GradientTape as GradientTape
    from tapeview.engine.variable import Variable as Variable

__version__ = "0.1.0"

_PUBLIC = {
    "GradientTape": "tapeview.engine.tape",
    "Variable": "tapeview.engine.variable",
    "constant": "tapeview.engine.ops.creation",
    "gradient_check": "tapeview.engine.check",
    "log": "tapeview.engine.log",
    "scope": "tapeview.engine.scopes",
}


def __getattr__(name: str) -> Any:
    module = _PUBLIC.get(name)
    if module is None:
        raise AttributeError(f"module 'tapeview' has no attribute {name!r}")
    importlib.import_module("tapeview.engine")
    return getattr(importlib.import_module(module), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
