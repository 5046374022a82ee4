"""Gradients of the script's own in graphs: ``tf.custom_gradient``, ``tf.RegisterGradient`` and overrides by type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tapeview.engine.custom_gradient import _takes_variables
from tapeview.engine.deferred import probing
from tapeview.engine.deferred.constants import as_tensor
from tapeview.engine.deferred.controls import waited_for
from tapeview.engine.deferred.lifting import add_node, finish, graph_of, node_name
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.ops.elementwise import identity, zeros_like
from tapeview.engine.scripting import structure

Rule = Callable[..., Any]


class CustomRule:
    """What a node with a gradient of the script's own needs: the rule, and what its gradients are of."""

    __slots__ = ("inputs", "rule", "variables")

    def __init__(self, rule: Rule, inputs: list[SymbolicTensor], variables: list[Any]) -> None:
        self.rule = rule
        self.inputs = inputs
        self.variables = variables


def call(function: Rule, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The results of a function decorated with ``tf.custom_gradient``. ``tf.gradients`` asks the rule it returned.

    Raises:
        TypeError: the function uses variables, and the rule does not take them.
    """
    inputs = [as_tensor(a) for a in structure.flatten(list(args))]
    graph = graph_of(inputs)
    before = len(graph.nodes)
    result, rule = function(*structure.pack_sequence_as(list(args), inputs), **kwargs)
    flat = [as_tensor(r) for r in structure.flatten(result)]
    variables = _used(graph.nodes[before:], inputs)
    if variables and not _takes_variables(rule):
        raise TypeError(
            "@tf.custom_gradient grad_fn must accept keyword argument 'variables', since function uses variables: "
            f"{variables}"
        )
    reads = [v._symbolic_value() for v in variables]
    symbols = list(dict.fromkeys([*inputs, *reads, *flat]))
    results = [symbols.index(t) for t in flat]
    node = Operation(graph, node_name(graph, "IdentityN", ""), "IdentityN", "op", _picked(results), tuple(symbols),
                     inputs=symbols, controls=waited_for(graph, symbols))  # fmt: skip
    for k, t in enumerate(flat):
        kind = t.dtype.base_dtype
        node.results.append(SymbolicTensor(node, k, kind, t.sizes, probing.made_up(t.sizes, kind)))
    node.custom = CustomRule(rule, [*inputs, *reads], variables)
    finish(node)
    return structure.pack_sequence_as(result, node.results)


def _used(nodes: Sequence[Operation], inputs: Sequence[SymbolicTensor]) -> list[Any]:
    """The trainable variables that these nodes read, but those that were given."""
    found: dict[int, Any] = {}
    for node in nodes:
        reading = [node] if node.pseudo == "read" else [t.op for t in node.all_inputs if t.op.pseudo == "read"]
        for one in reading:
            if one.details.trainable and not any(t.op is one for t in inputs):
                found[id(one.details)] = one.details
    return list(found.values())


def _picked(places: list[int]) -> Rule:
    return lambda *values: [identity(values[k]) for k in places]


def sent_back(node: Operation, upstream: Sequence[SymbolicTensor | None]) -> list[tuple[SymbolicTensor, Any]] | None:
    """What the script's own rule sends to each input of a node; None if it has none.

    Raises:
        ValueError: it returned another number of gradients.
    """
    registered = _registered.get(node.gradient_override or node.type)
    if node.custom is None and registered is None:
        return None
    given = [
        add_node(zeros_like, (t,), default_name="zeros_like") if g is None else g
        for t, g in zip(node.results, upstream, strict=True)
    ]
    if node.custom is None:
        assert registered is not None
        found = registered(node, *given)
        gradients = list(found) if isinstance(found, (list, tuple)) else [found]
        inputs = [t for t in node.all_inputs if t.op.constant is None] if len(gradients) != len(node.all_inputs) else \
            node.all_inputs  # fmt: skip
        if len(gradients) != len(inputs):
            raise ValueError(
                f"Num gradients {len(gradients)} generated for op {node.node_def} do not match num inputs "
                f"{len(node.all_inputs)}"
            )
        return list(zip(inputs, gradients, strict=True))
    custom: CustomRule = node.custom
    of_variables: Sequence[Any] = []
    if custom.variables:
        found, of_variables = custom.rule(*given, variables=custom.variables)
    else:
        found = custom.rule(*given)
    gradients = [*structure.flatten(found), *of_variables]
    if len(gradients) != len(custom.inputs):
        raise ValueError(
            f"custom_gradient function expected to return {len(custom.inputs)} gradients, but returned "
            f"{len(gradients)} instead."
        )
    return list(zip(custom.inputs, gradients, strict=True))


_registered: dict[str, Rule] = {}


class RegisterGradient:
    """A decorator for functions ``(op, *upstream)`` that give the gradients of an op's inputs.

    Raises:
        TypeError: no string.
        KeyError: the name is taken.
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, f: Rule) -> Rule:
        if self._op_type in _registered:
            raise KeyError(f"Registering two gradient with name '{self._op_type}'!")
        _registered[self._op_type] = f
        return f


def no_gradient(op_type: str) -> None:
    """Ops of this type send no gradients."""
    _registered[op_type] = lambda node, *_: [None] * len(node.all_inputs)
