"""``tf.contrib.eager``: functions that give gradients of other functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tapeview.engine.convert import to_tensor
from tapeview.engine.tape import GradientTape


def _wanted(function: Callable[..., Any], params: Any, count: int) -> list[int]:
    """The places of the arguments that ``params`` names: by number or by name; all without it."""
    if params is None:
        return list(range(count))
    names = list(inspect.signature(function).parameters)
    return [names.index(one) if isinstance(one, str) else int(one) for one in params]


def value_and_gradients_function(f: Callable[..., Any], params: Any = None) -> Callable[..., tuple[Any, list[Any]]]:
    """A function that gives what ``f`` gives, and its gradients with respect to its arguments."""

    def call(*args: Any, dy: Any = None, **kwargs: Any) -> tuple[Any, list[Any]]:
        given = [to_tensor(arg) for arg in args]
        with GradientTape() as tape:
            tape.watch(given)
            value = f(*given, **kwargs)
        sources = [given[k] for k in _wanted(f, params, len(given))]
        return value, tape.gradient(value, sources, output_gradients=dy)

    return call


def gradients_function(f: Callable[..., Any], params: Any = None) -> Callable[..., list[Any]]:
    """A function that gives the gradients of ``f`` with respect to its arguments."""
    both = value_and_gradients_function(f, params)
    return lambda *args, **kwargs: both(*args, **kwargs)[1]


def implicit_value_and_gradients(f: Callable[..., Any]) -> Callable[..., tuple[Any, list[tuple[Any, Any]]]]:
    """A function that gives what ``f`` gives, and (gradient, variable) for each variable that ``f`` uses.

    Raises:
        ValueError: it uses none.
    """

    def call(*args: Any, **kwargs: Any) -> tuple[Any, list[tuple[Any, Any]]]:
        with GradientTape() as tape:
            value = f(*args, **kwargs)
        variables = list(tape.watched_variables())
        if not variables:
            raise ValueError("No trainable variables were accessed while the function was being computed.")
        return value, list(zip(tape.gradient(value, variables), variables, strict=True))

    return call


def implicit_gradients(f: Callable[..., Any]) -> Callable[..., list[tuple[Any, Any]]]:
    """A function that gives (gradient, variable) for each variable that ``f`` uses. Raises ValueError if there is
    none."""
    both = implicit_value_and_gradients(f)
    return lambda *args, **kwargs: both(*args, **kwargs)[1]


def num_gpus() -> int:
    """0: there is one CPU."""
    return 0
