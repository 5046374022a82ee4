"""Makes ``import tensorflow`` (and ``import keras``) find tapeview's names, in the process that runs a script.

Modules are built on demand from the table in `names`; they are made anew by each `install`, because scripts write
attributes onto them. A name that is not in the table raises an AttributeError (or an ImportError) that says so.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import os
import sys
import weakref
from collections.abc import Callable, Sequence
from types import FrameType, FunctionType, ModuleType
from typing import Any

from tapeview.tensorflow import names

_ROOTS = {"tensorflow": "tf", "keras": "tf.keras"}
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_EXAMPLES = os.path.join(_PACKAGE, "examples") + os.sep
_TAKING_TENSORS = (
    "tapeview.engine.ops.", "tapeview.engine.scripting.control", "tapeview.engine.scripting.debugging",
    "tapeview.engine.scripting.printing", "tapeview.engine.scripting.text", "tapeview.keras.activations",
    "tapeview.keras.backend.", "tapeview.keras.losses.",
)  # fmt: skip
"""Where functions of tensors are defined, which symbolic tensors may be given to, too."""

_namespaces: weakref.WeakSet[Namespace] = weakref.WeakSet()
_wraps: list[Callable[[str, Any], Any]] = []


class Namespace(ModuleType):
    """One namespace of TensorFlow's names, such as ``tf.math``: looks names up in the table and keeps what it found."""

    def __init__(self, module_name: str, dotted: str, tf1: bool = False) -> None:
        super().__init__(module_name, f"TensorFlow's {dotted}, as tapeview has it.")
        self.__dict__.update(_dotted=dotted, _tf1=tf1)
        self.__path__: list[str] = []
        self.__dict__.update(names.constants(dotted, tf1))
        self.__dict__["__all__"] = [name for name in names.children(dotted, tf1) if not name.startswith("_")]
        _namespaces.add(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
        dotted = f"{self._dotted}.{name}"
        tf1 = self._tf1 or (_deferred() and not names.is_supported(dotted))
        value: Any
        if names.is_namespace(dotted, tf1):
            old = tf1 and not dotted.startswith("tf.compat.v2")
            value = Namespace(f"{self.__name__}.{name}", names.canonical(dotted), old)
        else:
            target = names.target(dotted, tf1)
            if target is None:
                raise AttributeError(names.unsupported_sentence(dotted, *_place()), name=name, obj=self)
            value = resolve(target)
            _listen()
            for wrap in _wraps:
                value = _wrapped(wrap, names.public_name(dotted, tf1), value)
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *names.children(self._dotted, self._tf1)})

    def __repr__(self) -> str:
        return f"<module {self.__name__!r} (tapeview)>"


def _deferred() -> bool:
    """Whether the script has asked for TensorFlow 1's way itself."""
    mode = sys.modules.get("tapeview.engine.deferred.mode")
    return mode is not None and bool(mode.enabled())


def _listen() -> None:
    """Once the engine is there, it may ask for its functions to be wrapped."""
    dispatch = sys.modules.get("tapeview.engine.dispatch")
    if dispatch is not None:
        dispatch.listen(_wrap_all, _function)


def _function(dotted: str) -> Any:
    """The function of tensors at ``tf.math.exp``; None if there is none."""
    target = names.target(dotted)
    found = None if target is None else resolve(target)
    return found if isinstance(found, FunctionType) and found.__module__.startswith(_TAKING_TENSORS) else None


def _wrap_all(wrap: Callable[[str, Any], Any]) -> None:
    _wraps.append(wrap)
    for namespace in list(_namespaces):
        for name, value in list(vars(namespace).items()):
            if isinstance(value, FunctionType):
                public = names.public_name(f"{namespace._dotted}.{name}", namespace._tf1)
                vars(namespace)[name] = _wrapped(wrap, public, value)


def _wrapped(wrap: Callable[[str, Any], Any], public_name: str, value: Any) -> Any:
    if isinstance(value, FunctionType) and value.__module__.startswith(_TAKING_TENSORS):
        return wrap(public_name, value)
    return value


def resolve(target: str) -> Any:
    """The object at ``"package.module:attribute.path"``.

    Raises:
        ImportError, AttributeError: the table names something that does not exist.
    """
    module, _, path = target.partition(":")
    value: Any = importlib.import_module(module)
    for part in path.split(".") if path else ():
        value = getattr(value, part)
    return value


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds ``tensorflow``, ``keras`` and what is below them. An installed TensorFlow or Keras is never looked at.

    With ``tf1`` they mean what they did in TensorFlow 1.
    """

    def __init__(self, tf1: bool = False) -> None:
        self._tf1 = tf1
        self._tensorflow = Namespace("tensorflow", "tf", tf1)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        dotted = _dotted(fullname)
        if dotted is None:
            return None
        tf1 = self._tf1 or _deferred()
        if names.is_namespace(dotted, tf1):
            return importlib.machinery.ModuleSpec(fullname, self, origin="tapeview", is_package=True)
        if names.target(dotted, tf1) is not None:
            return None
        # With the module's name in it, the import system would swallow this error in `from tensorflow import name`.
        raise ModuleNotFoundError(names.unsupported_sentence(dotted, *_place()))

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        dotted = _dotted(spec.name)
        module: Any = self._tensorflow
        for part in (dotted or "").split(".")[1:]:
            module = getattr(module, part)
        assert isinstance(module, Namespace)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to execute: names are found when they are asked for."""


def install(tf1: bool = False, deferred: bool = False, eager: bool = False) -> Finder:
    """Puts a new finder in front of all others and forgets the modules of an earlier one.

    Args:
        tf1: names mean what they did in TensorFlow 1.
        deferred: functions add nodes to a graph from the beginning.
        eager: they never do, whatever the script calls.
    """
    uninstall()
    finder = Finder(tf1)
    sys.meta_path.insert(0, finder)
    _print_as_numpy_1()
    if deferred or eager:
        importlib.import_module("tapeview.tf1.behaviour").begin(deferred=deferred, fixed=eager)
    return finder


def uninstall() -> None:
    """Takes the finder and its modules away."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Finder)]
    for name, module in list(sys.modules.items()):
        if isinstance(module, Namespace):
            del sys.modules[name]


def _dotted(module_name: str) -> str | None:
    """``"tensorflow.keras.layers"`` -> ``"tf.keras.layers"``; None if it is somebody else's module."""
    root, dot, rest = module_name.partition(".")
    short = _ROOTS.get(root)
    return None if short is None else short + dot + rest


def _place() -> tuple[int, str]:
    """Line and file of the script's code that is running now; (0, "") if there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith("<frozen") and (not file.startswith(_PACKAGE) or file.startswith(_EXAMPLES)):
            return frame.f_lineno, file
        frame = frame.f_back
    return 0, ""


def _print_as_numpy_1() -> None:
    """Scalars print as ``0.5`` and not as ``np.float32(0.5)``: what tutorials show, and what TensorFlow 2.15's NumPy
    did."""
    import numpy as np

    if int(np.__version__.split(".")[0]) < 2:
        return
    np.set_printoptions(legacy="1.25")
    # NumPy 2.1 and later keep the options per context, and a new thread begins with the defaults; so those change as
    # well. (The module is hidden behind a function of the same name.)
    with contextlib.suppress(ImportError, AttributeError):
        importlib.import_module("numpy._core.printoptions").default_format_options_dict["legacy"] = 125
