"""From the call of a function to a node: how functions are wrapped that scripts get."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from tapeview.engine import nest
from tapeview.engine.deferred import node_names, node_shapes, specials
from tapeview.engine.deferred.controls import waited_for
from tapeview.engine.deferred.graph import Graph, check_node_name, get_default_graph
from tapeview.engine.deferred.mode import building
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.structures import replaced, symbolic_in
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.tensor import EagerTensor

Function = Callable[..., Any]

_CONSTANT = 2**16
"""Results of functions without inputs that have at most as many elements are kept and not computed in each run."""


def is_foreign(value: Any) -> bool:
    """True for what other packages' functions take care of: symbolic tensors of functional models."""
    return hasattr(type(value), "_keras_mask") or type(value).__name__ == "KerasTensor"


_wrapped: dict[Any, Function] = {}


def wrap(title: str, function: Function) -> Function:
    """The function, which adds a node while a graph is being built."""
    found = _wrapped.get(function)
    if found is None:
        _wrapped[function] = found = lifted(function, title)
    return found


def lifted(function: Function, public_name: str = "") -> Function:
    """A function that adds a node that calls ``function`` while a graph is being built, and else calls it."""
    original = inspect.unwrap(function)
    special = specials.of(original)

    @functools.wraps(function)
    def call_or_add(*args: Any, **kwargs: Any) -> Any:
        if not building() or any(is_foreign(a) for a in args) or _only_eager(args, kwargs):
            return function(*args, **kwargs)
        if special is not None:
            return special(*args, **kwargs)
        return call(original, args, kwargs)

    return call_or_add


def _only_eager(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether there are values among the arguments, and no symbolic tensors: somebody computes beside the graph."""
    flat = [*args, *kwargs.values()]
    if not any(isinstance(a, EagerTensor) for a in nest.flatten(flat)):
        return False
    return not symbolic_in(replaced(flat, _as_symbolic), [])


def call(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Adds a node for a call of ``function``, or calls it if there is nothing to defer."""
    args, kwargs, name = without_name(function, args, kwargs)
    if len(args) == 2 and function.__name__ in _pairs():
        return operators_of_pairs()(function, args, kwargs, name)
    if function.__name__ == "uniform" and _between_0_and_1(args, kwargs):
        return add_node(function, args, name=name, kwargs=kwargs, default_name="random_uniform/RandomUniform")
    return add_node(function, args, name=name, kwargs=kwargs)


def _between_0_and_1(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    low = args[1] if len(args) > 1 else kwargs.get("minval", 0)
    high = args[2] if len(args) > 2 else kwargs.get("maxval")
    plain = (int, float, type(None))
    return isinstance(low, plain) and isinstance(high, plain) and not low and high in (None, 1)


def _pairs() -> Any:
    from tapeview.engine.deferred import operators  # which needs this module

    return operators.PAIRED


def operators_of_pairs() -> Any:
    """What adds nodes for functions of two tensors."""
    from tapeview.engine.deferred import operators

    return operators.paired


_positions: dict[Any, int | None] = {}


def without_name(
    function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], str | None]:
    """The arguments without the one for the node's name, and that."""
    if "name" in kwargs:
        kwargs = dict(kwargs)
        return args, kwargs, kwargs.pop("name")
    if function not in _positions:
        names = list(inspect.signature(function).parameters)
        _positions[function] = names.index("name") if "name" in names else None
    position = _positions[function]
    if position is not None and len(args) > position:
        named = {**dict(zip(list(inspect.signature(function).parameters)[position + 1 :], args[position + 1 :],
                            strict=False)), **kwargs}  # fmt: skip
        return args[:position], named, args[position]
    return args, kwargs, None


def _as_symbolic(value: Any) -> Any:
    """A variable's value as a symbolic tensor; everything else as it is."""
    read = getattr(type(value), "_symbolic_value", None)
    return value if read is None else read(value)


def _symbolic_arguments(
    function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], name: str | None
) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """The arguments with variables read. Resources are read in the node's own name scope, which is given, too."""
    found: list[Any] = []

    def note(value: Any) -> Any:
        if getattr(value, "is_resource", False):
            found.append(value)
        return value

    replaced((args, kwargs), note)
    if not found or (name or "").endswith("/"):
        return "", replaced(args, _as_symbolic), replaced(kwargs, _as_symbolic)
    with found[0].graph.name_scope(name or node_names.scope_of(function)) as scope:
        return scope, replaced(args, _as_symbolic), replaced(kwargs, _as_symbolic)


def graph_of(inputs: list[SymbolicTensor]) -> Graph:
    """The graph of the inputs; the default graph if there are none. Raises ValueError if they are of several."""
    if not inputs:
        return get_default_graph()
    graph = inputs[0].graph
    for other in inputs[1:]:
        if other.graph is not graph:
            raise ValueError(
                f"{other} must be from the same graph as {inputs[0]} (graphs are {other.graph} and {graph})."
            )
    return graph


def add_node(
    function: Function, inputs: Any = (), name: str | None = None, type: str | None = None, *,
    kwargs: dict[str, Any] | None = None, kind: str = "op", default_name: str | None = None, pure: bool | None = None,
) -> Any:  # fmt: skip
    """Adds a node that calls ``function(*inputs, **kwargs)`` and returns its outputs as symbolic tensors.

    Args:
        inputs: the arguments: symbolic tensors, variables, structures of them, and anything else.
        name: the node's name; otherwise ``default_name``, or the one TensorFlow would give.
        type: the type of op; otherwise that of the last op the function runs.
        pure: whether a call without inputs has the same result in each run.

    Raises:
        ValueError, TypeError: what the function raises whatever the unknown sizes are, in the words for graphs.
    """
    scope, args, named = _symbolic_arguments(function, tuple(inputs), dict(kwargs or {}), name or default_name)
    name = scope or name
    symbols = symbolic_in(named, symbolic_in(args, []))
    graph = graph_of(symbols)
    found = node_shapes.outputs_of(function, args, named, symbols, name)
    leaves = nest.flatten(found.results)
    tensors = [leaf for leaf in leaves if isinstance(leaf, node_shapes.Outcome)]
    if not tensors and kind == "op":
        return found.results
    if len(leaves) == 1 and leaves[0].same is not None:
        return leaves[0].same
    known_type, known_name = node_names.of_function(function, found.op_type)
    node_type = type or known_type
    full = node_name(graph, name, default_name or (node_type if type else known_name))
    node = Operation(
        graph, full, node_type, kind, function, args, named, symbols, found.captured, waited_for(graph, symbols)
    )
    if found.seeds.drawn:
        node.seeds = (graph.seed, graph.unseeded)
        if graph.seed is not None:
            graph.unseeded += found.seeds.unseeded
    node.single = isinstance(found.results, node_shapes.Outcome)
    outputs = []
    for k, outcome in enumerate(tensors):
        t = SymbolicTensor(node, k, outcome.dtype, outcome.sizes, outcome.probes)
        t.indexed = outcome.indexed
        node.results.append(t)
        outputs.append(t)
    if pure is None:
        pure = function.__module__.startswith("tapeview.engine.ops.")
    alone = not symbols and not found.captured and not found.seeds.drawn and not waited_for(graph, symbols)
    if pure and alone and found.value is not None and (kind == "constant" or found.value._array.size <= _CONSTANT):
        node.constant = found.value
    finish(node)
    filled = iter(outputs)
    return nest.pack_like(
        found.results, [next(filled) if isinstance(leaf, node_shapes.Outcome) else leaf for leaf in leaves]
    )


def finish(node: Operation) -> None:
    """A node is complete: it becomes part of its graph."""
    node.graph.add(node)
    if node.body is not None:
        node.body.nodes.append(node)
    for block in node.graph.scopes.controls:
        block.members.add(node)
    node.tell()


def node_name(graph: Graph, name: str | None, default: str) -> str:
    """The unique name of a new node: the given one, or ``default``, which may begin with a scope."""
    scope, slash, last = default.partition("/")
    if name:
        if name.endswith("/"):
            return name + last if slash else name[:-1]
        if not graph.scopes.names:
            check_node_name(name)
    if not slash:
        return graph.unique_name(name or default)
    full = f"{graph.unique_name(name or scope)}/{last}"
    graph._names[full.lower()] = 1
    return full
