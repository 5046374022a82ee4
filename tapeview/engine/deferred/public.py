"""``tf``: TensorFlow's functions as they add nodes, for code of our own that composes them."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from tapeview.engine import dispatch, ops
from tapeview.engine.deferred.lifting import wrap

_OWN_WORDS = {"range": "range_", "pow": "power", "slice": "slice_", "mod": "floormod", "random_normal": "normal",
              "random_uniform": "uniform", "print": "print_", "Assert": "assert_", "tuple": "tuple_"}  # fmt: skip
_SPACES = ("nn", "math", "linalg", "random", "image", "signal", "strings", "debugging", "bitwise", "dtypes")


class Namespace:
    """``tf`` or one of its namespaces."""

    def __init__(self, dotted: str) -> None:
        self._dotted = dotted

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        dotted = f"{self._dotted}.{name}"
        found: Any
        if self._dotted == "tf" and name in _SPACES:
            found = Namespace(dotted)
        else:
            function = dispatch.find(dotted) or _function(name)
            if function is None:
                raise AttributeError(f"there is no function {dotted}")
            found = wrap(dotted, function)
        self.__dict__[name] = found
        return found


def _function(word: str) -> Any:
    """The engine's function that a word of TensorFlow's names."""
    own = _OWN_WORDS.get(word, word)
    modules = [f"tapeview.engine.ops.{m.name}" for m in pkgutil.iter_modules(ops.__path__)]
    for module in [*modules, "tapeview.engine.scripting.control", "tapeview.engine.scripting.debugging",
                   "tapeview.engine.scripting.printing"]:  # fmt: skip
        found = vars(importlib.import_module(module)).get(own)
        if found is not None and getattr(found, "__module__", "") == module:
            return found
    return None


tf = Namespace("tf")
"""``tf.matmul``, ``tf.nn.relu`` and all other functions of tensors."""
