"""Python functions, printing and assertions as nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.deferred.constants import as_tensor
from tapeview.engine.deferred.controls import waited_for
from tapeview.engine.deferred.graph import get_default_graph
from tapeview.engine.deferred.lifting import finish, graph_of, node_name, without_name
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.structures import replaced, symbolic_in
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.errors import InvalidArgumentError
from tapeview.engine.scripting import control, printing
from tapeview.engine.tensor import EagerTensor


def _add(
    type: str, name: str | None, function: Callable[..., Any], inputs: list[SymbolicTensor], kinds: list[Any]
) -> list[SymbolicTensor]:
    """A node whose outputs have unknown shapes: nobody knows what the script's function makes."""
    graph = graph_of(inputs) if inputs else get_default_graph()
    node = Operation(graph, node_name(graph, name, type), type, "op", function, tuple(inputs), inputs=inputs,
                     controls=waited_for(graph, inputs))  # fmt: skip
    for k, kind in enumerate(kinds):
        node.results.append(SymbolicTensor(node, k, dtypes.as_dtype(getattr(kind, "dtype", kind)), None))
    finish(node)
    return node.results


def _typed(value: Any, kind: Any) -> EagerTensor:
    want = dtypes.as_dtype(getattr(kind, "dtype", kind))
    if isinstance(value, EagerTensor):
        return to_tensor(value, want)
    array = np.asarray(value)
    if array.dtype.kind in "iufcb" and array.dtype != want.numpy and not isinstance(value, (int, float, list)):
        have = dtypes.as_dtype(array.dtype).word
        raise InvalidArgumentError(None, None, f"0-th value returned by pyfunc_0 is {have}, but expects {want.word}")
    return to_tensor(value, want)


def _several(kinds: Any) -> tuple[list[Any], bool]:
    if kinds is None:
        return [], False
    many = isinstance(kinds, (list, tuple))
    return (list(kinds) if many else [kinds]), many


def numpy_function(
    func: Any = None, inp: Any = None, Tout: Any = None, stateful: bool = True, name: str | None = None
) -> Any:
    """A node that calls ``func`` with arrays in each run, and gives what it returns as the types ``Tout``. No gradient
    passes."""
    kinds, many = _several(Tout)

    def call(*values: EagerTensor) -> list[Any]:
        result = func(*[v._array[()] if v._array.ndim == 0 else v._array.copy() for v in values])
        given = result if isinstance(result, (list, tuple)) else [result]
        return [_typed(v, k) for v, k in zip(given, kinds, strict=True)]

    made = _add("PyFunc", name, call, [as_tensor(v, None, "input") for v in inp], kinds)
    return made if many else made[0] if made else get_default_graph().nodes[-1]


def py_function(func: Any = None, inp: Any = None, Tout: Any = None, name: str | None = None) -> Any:
    """A node that calls ``func`` with tensors that have values in each run; gradients pass through it."""
    kinds, many = _several(Tout)

    def call(*values: EagerTensor) -> Any:
        return control.py_function(func, list(values), Tout)

    made = _add("EagerPyFunc", name, call, [as_tensor(v, None, "input") for v in inp], kinds)
    return made if many else made[0] if made else get_default_graph().nodes[-1]


def _effect(type: str, name: str | None, function: Callable[..., Any], args: Any, kwargs: Any) -> Operation:
    """A node without outputs that calls ``function`` in each run."""
    args = replaced(args, _as_symbolic)
    kwargs = replaced(kwargs, _as_symbolic)
    symbols = symbolic_in(kwargs, symbolic_in(args, []))
    graph = graph_of(symbols)
    node = Operation(graph, node_name(graph, name, type), type, "op", function, args, kwargs, symbols,
                     controls=waited_for(graph, symbols))  # fmt: skip
    finish(node)
    return node


def _as_symbolic(value: Any) -> Any:
    read = getattr(type(value), "_symbolic_value", None)
    return value if read is None else read(value)


def print_(*args: Any, **kwargs: Any) -> Operation:
    """A node that prints its tensors when it runs."""
    name = kwargs.pop("name", None)
    return _effect("PrintV2", name, printing.print_, args, kwargs)


def assert_(condition: Any, data: Any, summarize: Any = None, name: str | None = None) -> Operation:
    """A node that fails if the condition does not hold."""
    return _effect("Assert", name or "Assert/Assert", _assert, (condition, list(data), summarize), {})


def _assert(condition: Any, data: Any, summarize: Any) -> None:
    if not bool(to_tensor(condition)._array.all()):
        texts = [printing.value_text(to_tensor(d)._array, summarize or 3) for d in data]
        raise InvalidArgumentError(None, None, "assertion failed: " + " ".join(f"[{t.strip('[]')}]" for t in texts))


def checking(function: Callable[..., Any]) -> Callable[..., Any]:
    """The form of ``tf.debugging.assert_...`` for graphs: a node that calls it in each run."""

    def check(*args: Any, **kwargs: Any) -> Any:
        args, kwargs, name = without_name(function, args, kwargs)
        return _effect("Assert", name or f"{function.__name__}/Assert", function, args, kwargs)

    return check
