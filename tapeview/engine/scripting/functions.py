"""``tf.function``: the decorated function runs as plain Python, op by op, so that each op can be looked at."""

from __future__ import annotations

import enum
import functools
import inspect
import textwrap
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from tapeview.engine import convert, dispatch, seeds
from tapeview.engine.convert import to_tensor
from tapeview.engine.scopes import scope
from tapeview.engine.scripting import structure
from tapeview.engine.scripting.tensor_array import TensorArray

_running: list[bool] = []
"""One entry per function that is running: whether it counts as a graph."""
_eagerly = {"functions": False}


class Function:
    """What ``tf.function`` returns: the function, called with arrays as tensors, returning tensors."""

    def __init__(self, python_function: Callable[..., Any], input_signature: Any = None) -> None:
        self._python_function = python_function
        self._signature = input_signature
        self._owner: tuple[Any, ...] = ()
        self._seeds = seeds.FunctionSeeds()
        self._calls = 0
        self._of_instances: weakref.WeakKeyDictionary[Any, seeds.FunctionSeeds] = weakref.WeakKeyDictionary()
        functools.update_wrapper(self, python_function)

    @property
    def python_function(self) -> Callable[..., Any]:
        """The function that was decorated."""
        return self._python_function

    @property
    def input_signature(self) -> Any:
        """The specs of the arguments, if some were given."""
        return self._signature

    @property
    def function_spec(self) -> Any:
        """The specs of the arguments, if some were given."""
        return self._signature

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the function. Raises what it raises; TypeError or ValueError if arguments do not fit the signature."""
        self._calls += 1
        if dispatch.building():
            return self._python_function(*self._owner, *args, **kwargs)
        given = (
            self._checked(args) if self._signature is not None else structure.map_structure(_as_argument, list(args))
        )
        named = {k: structure.map_structure(_as_argument, v) for k, v in kwargs.items()}
        _running.append(not _eagerly["functions"])
        try:
            with seeds.inside(self._seeds), scope(getattr(self, "__name__", "function"), "function"):
                result = self._python_function(*self._owner, *given, **named)
        finally:
            _running.pop()
        return structure.map_structure(_as_result, result)

    def _checked(self, args: tuple[Any, ...]) -> list[Any]:
        specs = list(self._signature)
        if len(args) > len(specs):
            name = getattr(self, "__name__", "function")
            raise TypeError(f"{name} takes {len(specs)} positional arguments, but got {len(args)}.")
        return [_as_spec(spec, arg) for spec, arg in zip(specs, args, strict=False)]

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        bound = Function(self._python_function, self._signature)
        bound._owner = (instance,)
        try:
            # As in TensorFlow each object has a function, and so a stream of random numbers, of its own.
            bound._seeds = self._of_instances.setdefault(instance, bound._seeds)
        except TypeError:  # no weak references to such an object, or it has no hash
            bound._seeds = self._seeds
        return bound

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> Function:
        """The function itself: it is not specialised for its arguments."""
        return self

    def experimental_get_tracing_count(self) -> int:
        """How often a graph would have been made: once, as soon as it was called."""
        return min(self._calls, 1)

    def pretty_printed_signature(self, verbose: bool = True) -> str:
        """The name and the arguments."""
        return f"{getattr(self, '__name__', 'function')}({self._signature or '...'})"

    def __repr__(self) -> str:
        return f"<tapeview function {getattr(self, '__name__', '')}>"


def _as_argument(value: Any) -> Any:
    return to_tensor(value) if isinstance(value, (np.ndarray, np.generic)) else value


def _as_spec(spec: Any, value: Any) -> Any:
    if structure.is_nested(spec):
        # The specs say how deep the structure goes: a list may stand for one tensor.
        keys = list(spec) if isinstance(spec, Mapping) else range(len(spec))
        converted = {k: _as_spec(spec[k], value[k]) for k in keys}
        return converted if isinstance(spec, Mapping) else type(value)(converted.values())
    t = to_tensor(value) if convert.is_tensor_like(value) else to_tensor(value, spec.dtype)
    if not spec.is_compatible_with(t):
        raise TypeError(f"Can not cast TensorSpec(shape={t.shape}, dtype={t.dtype!r}, name=None) to {spec!r}")
    return t


def _as_result(value: Any) -> Any:
    if value is None or isinstance(value, TensorArray) or hasattr(value, "_densify"):
        return value
    if convert.is_tensor_like(value):
        return value.value() if hasattr(type(value), "_read") else value
    try:
        return to_tensor(value)
    except (TypeError, ValueError):
        return value


def function(
    func: Callable[..., Any] | None = None, input_signature: Any = None, autograph: bool = True,
    jit_compile: Any = None, reduce_retracing: bool = False, experimental_implements: Any = None,
    experimental_autograph_options: Any = None, experimental_attributes: Any = None,
    experimental_relax_shapes: Any = None, experimental_compile: Any = None, experimental_follow_type_hints: Any = None,
) -> Any:  # fmt: skip
    """Makes a :class:`Function` of a function; with or without arguments in the decorator."""
    if func is None:
        return lambda decorated: Function(decorated, input_signature)
    return func if isinstance(func, Function) else Function(func, input_signature)


def executing_eagerly() -> bool:
    """True outside of a ``tf.function``; False where calls add nodes to a deferred graph."""
    return not dispatch.building() and not (_running and _running[-1])


def inside_function() -> bool:
    """True inside of a ``tf.function``."""
    return not executing_eagerly()


@contextmanager
def init_scope() -> Iterator[None]:
    """A block that counts as outside of any ``tf.function``."""
    _running.append(False)
    try:
        yield
    finally:
        _running.pop()


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Functions run op by op anyway; this decides what ``tf.executing_eagerly()`` says in them."""
    _eagerly["functions"] = bool(run_eagerly)


def functions_run_eagerly() -> bool:
    """What :func:`run_functions_eagerly` was told."""
    return _eagerly["functions"]


def do_not_convert(func: Callable[..., Any] | None = None) -> Any:
    """The function: nothing is converted."""
    return (lambda decorated: decorated) if func is None else func


def to_graph(entity: Any, recursive: bool = True, experimental_optional_features: Any = None) -> Any:
    """The function: nothing is converted."""
    return entity.python_function if isinstance(entity, Function) else entity


class Feature(enum.Enum):
    """``tf.autograph.experimental.Feature``: what could be converted; nothing is."""

    ALL = "ALL"
    AUTO_CONTROL_DEPS = "AUTO_CONTROL_DEPS"
    ASSERT_STATEMENTS = "ASSERT_STATEMENTS"
    BUILTIN_FUNCTIONS = "BUILTIN_FUNCTIONS"
    EQUALITY_OPERATORS = "EQUALITY_OPERATORS"
    LISTS = "LISTS"
    NAME_SCOPES = "NAME_SCOPES"


def to_code(entity: Any, recursive: bool = True, experimental_optional_features: Any = None) -> str:
    """The code that runs for a function: its own, since nothing is converted.

    Raises:
        OSError: the source is not to be had.
        TypeError: no function.
    """
    return textwrap.dedent(inspect.getsource(to_graph(entity)))


def set_verbosity(level: int = 0, alsologtostdout: bool = False) -> None:
    """Nothing: there are no conversions to talk about."""


def set_loop_options(*_: Any, **__: Any) -> None:
    """Nothing: loops run as Python's."""
