"""Functions with gradient rules of the script's own (``tf.custom_gradient``), and what is built on them.

The ops inside such a function are recorded like any others. Its results are new tensors, made by one more entry: an op
of its own for each call, whose rule is the script's.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Sequence
from typing import Any

from tapeview.engine import dispatch, nest, op, variable
from tapeview.engine.backward import AsGiven
from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.op import Op
from tapeview.engine.state import state
from tapeview.engine.tape import GradientTape, UnconnectedGradients
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable

Function = Callable[..., Any]


def custom_gradient(f: Function | None = None) -> Any:
    """A function that is differentiated by the rule it returns: ``f(*args)`` gives ``(results, rule)``.

    The rule gets one upstream gradient per result and returns one gradient per positional argument; if ``f`` uses
    trainable variables that are not among these, it also takes ``variables=`` and returns a pair, the second part with
    one gradient per variable.

    Raises:
        TypeError: ``f`` uses variables, and the rule does not take them.
        ValueError: in the backward pass, for a wrong number of gradients.
    """
    if f is None:
        return custom_gradient

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        if dispatch.building():
            from tapeview.engine.deferred import custom_rules  # which needs this module

            return custom_rules.call(f, args, kwargs)
        return _call(f, args, kwargs)

    return decorated


def _call(f: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    used: dict[int, ResourceVariable] = {}
    note = (threading.get_ident(), used)
    variable.collectors.append(note)
    try:
        result, rule = f(*args, **kwargs)
    finally:
        variable.collectors.remove(note)
    flat = nest.flatten(list(args))
    passed = {id(getattr(a, "_base", a)) for a in [*flat, *nest.flatten(list(kwargs.values()))]}
    variables = [v for key, v in used.items() if key not in passed]
    if variables and not _takes_variables(rule):
        raise TypeError(
            "@tf.custom_gradient grad_fn must accept keyword argument 'variables', since function uses variables: "
            f"{variables}"
        )
    inputs = tuple([to_tensor(a) for a in [*flat, *variables]])
    outputs = tuple([EagerTensor(to_tensor(r)._array.view(), None) for r in nest.flatten(result)])
    made = _op_of(f, rule, len(flat), variables, len(outputs))
    for out in outputs:
        out._origin = made
    context = state.context
    if context is not None:
        op._record(context, made, inputs, outputs, {})
    return nest.pack_like(result, list(outputs))


def _takes_variables(rule: Function) -> bool:
    found = inspect.getfullargspec(rule)
    return "variables" in found.args or "variables" in found.kwonlyargs or found.varkw is not None


def _op_of(f: Function, rule: Function, arguments: int, variables: Sequence[Any], results: int) -> Op:
    def vjp_all(upstream: Any, _: Any, *inputs: Any) -> list[Any]:
        given = upstream if results != 1 else (upstream,)
        of_variables: Sequence[Any] = []
        if variables:
            found, of_variables = rule(*given, variables=variables)
            if len(of_variables) != len(variables):
                raise ValueError("Must return gradient for each variable from @custom_gradient grad_fn.")
        else:
            found = rule(*given)
        gradients = nest.flatten(found)
        if len(gradients) != arguments:
            raise ValueError(
                f"custom_gradient function expected to return {arguments} gradients, but returned {len(gradients)} "
                "instead."
            )
        return [_as_gradient(g, t) for g, t in zip([*gradients, *of_variables], inputs, strict=True)]

    doc = inspect.getdoc(f) or ""
    name = getattr(f, "__name__", type(f).__name__)
    return Op(name, _not_run, (), vjp_all, False, False, True, (), (f"what {name} returns as its rule",), doc)


def _as_gradient(value: Any, source: EagerTensor) -> Any:
    if value is None or is_tensor_like(value):
        return value
    return AsGiven(value, to_tensor(value, source.dtype)._array)


def _not_run(*_: Any, **__: Any) -> Any:
    raise TypeError("the op of a custom gradient has run already")


def recompute_grad(f: Function) -> Function:
    """``f`` without its inner values: the backward pass runs it again."""

    @custom_gradient
    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        with _NothingRecorded():
            result = f(*args, **kwargs)

        def rule(*upstream: Any, variables: Sequence[Any] | None = None) -> Any:
            from tapeview.engine.ops.elementwise import identity  # the op tables need this package

            copies = [identity(a) if is_tensor_like(a) else a for a in args]
            sources = [c for c in copies if isinstance(c, EagerTensor)]
            used = list(variables or ())
            with GradientTape() as tape:
                tape.watch([*sources, *used])
                again = f(*copies, **kwargs)
            zero = UnconnectedGradients.ZERO
            found = iter(tape.gradient(again, [*sources, *used], list(upstream), zero))
            gradients = [next(found) if isinstance(c, EagerTensor) else None for c in copies]
            return (gradients, list(found)) if variables is not None else gradients

        return result, rule

    return decorated  # type: ignore[no-any-return]


class _NothingRecorded:
    """A block whose ops no tape differentiates."""

    def __enter__(self) -> None:
        self._tapes = [t for t in state.tapes if not t._paused]
        for tape in self._tapes:
            tape._paused = True

    def __exit__(self, *_: object) -> None:
        for tape in self._tapes:
            tape._paused = False


def grad_pass_through(f: Function) -> Function:
    """``f`` whose backward pass hands the gradient on unchanged, as if ``f`` were the identity."""

    @custom_gradient
    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        def rule(*upstream: Any, variables: Sequence[Any] | None = None) -> Any:
            return (upstream, [None] * len(variables)) if variables is not None else upstream

        return f(*args, **kwargs), rule

    return decorated  # type: ignore[no-any-return]


__all__ = ["custom_gradient", "grad_pass_through", "recompute_grad"]
