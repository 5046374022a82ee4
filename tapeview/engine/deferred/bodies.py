"""Branches and loop bodies: parts of a graph that one node runs, once, several times or not at all.

The script's function is called once, while the graph is built, on symbolic inputs. Its nodes belong to the body; what
they take from outside is captured: those are inputs of the node that runs the body.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tapeview.engine import dtypes
from tapeview.engine.deferred import probing
from tapeview.engine.deferred.constants import as_tensor
from tapeview.engine.deferred.controls import waited_for
from tapeview.engine.deferred.graph import Graph
from tapeview.engine.deferred.lifting import finish, node_name
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.static_shapes import Sizes
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.ops.elementwise import identity
from tapeview.engine.scripting import structure


class Body:
    """One branch, condition or loop body.

    Attributes:
        inputs: what stands for its arguments.
        results: what it makes, flat; ``form`` is the structure that the script's function returned.
        captured: tensors from outside that it takes.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.outer = graph.scopes.bodies[-1] if graph.scopes.bodies else None
        self.nodes: list[Operation] = []
        self.inputs: list[SymbolicTensor] = []
        self.results: list[SymbolicTensor] = []
        self.captured: list[SymbolicTensor] = []
        self.form: Any = None

    def trace(
        self, function: Callable[..., Any], arguments: Sequence[tuple[dtypes.DType, Sizes]], form: Any = None
    ) -> Body:
        """Calls ``function`` on symbolic tensors of these types and shapes, in the structure ``form``."""
        scopes = self.graph.scopes
        outer, controls = scopes.bodies, scopes.controls
        scopes.bodies, scopes.controls = [*outer, self], []
        try:
            self.inputs = [self._input(kind, sizes) for kind, sizes in arguments]
            given = self.inputs if form is None else structure.pack_sequence_as(form, self.inputs)
            result = function(*given)
            self.form = result
            self.results = [self._result(r) for r in structure.flatten(result)]
        finally:
            scopes.bodies, scopes.controls = outer, controls
        self._capture()
        return self

    def _input(self, kind: dtypes.DType, sizes: Sizes) -> SymbolicTensor:
        node = Operation(self.graph, node_name(self.graph, "Identity", ""), "Identity", "op", None)
        node.pseudo = "input"
        made = SymbolicTensor(node, 0, kind, sizes, probing.made_up(sizes, kind))
        node.results.append(made)
        finish(node)
        return made

    def _result(self, value: Any) -> SymbolicTensor:
        if isinstance(value, Operation):
            with self.graph.control_dependencies([value]):
                return as_tensor(True)
        return as_tensor(value)

    def _capture(self) -> None:
        own = set(self.nodes)
        taken = [t for node in self.nodes for t in node.all_inputs] + self.results
        for node in self.nodes:
            served = node.serves_node
            if served is not None and served not in own:
                raise ValueError(
                    "tapeview works out `tf.gradients` inside of a branch or a loop only of what is made inside."
                )
        found = {id(t): t for t in taken if t.op not in own}
        self.captured = list(found.values())


def add_body_node(
    graph: Graph, type: str, name: str, bodies: Sequence[Body], inputs: Sequence[SymbolicTensor],
    function: Callable[..., Any], outcomes: Sequence[tuple[dtypes.DType, Sizes]], last: str,
) -> list[SymbolicTensor]:  # fmt: skip
    """Adds a node that runs bodies.

    Args:
        name: the scope it stands in, with a ``/``; its outputs are called ``last``, ``last_1`` ...
        function: ``function(callers, *values)``: a caller for each body, which takes values for its inputs and returns
            its results, and the values of ``inputs``. Returns the values of the outputs.
    """
    captured = {id(t): t for body in bodies for t in body.captured}
    every = [*inputs, *[t for t in captured.values() if not any(t is i for i in inputs)]]
    controls = waited_for(graph, every)
    node = Operation(
        graph, node_name(graph, f"{name}{last}/", ""), type, "op", function, inputs=every, controls=controls
    )
    graph._names[f"{name}{last}".lower()] = 1
    node.args = tuple(inputs)
    node.pseudo = "bodies"
    node.details = list(bodies)
    for k, (kind, sizes) in enumerate(outcomes):
        made = SymbolicTensor(node, k, kind, sizes, probing.made_up(sizes, kind))
        if k:
            made.alias = f"{name}{last}_{k}:0"
            graph.tensors_by_name[made.alias] = made
        node.results.append(made)
    finish(node)
    return node.results


def bodies_step(plan: Any, node: Operation, places: list[int]) -> Callable[[list[Any], Any], None]:
    """Runs a node with bodies."""
    from tapeview.engine.deferred.plan import Plan

    callers = []
    for body in node.details:
        inner = Plan([], body.results, [*body.inputs, *body.captured])
        plan.has_inner_gradients = plan.has_inner_gradients or inner.has_gradients
        callers.append((inner, [plan.slots[id(t)] for t in body.captured], [inner.slots[id(t)] for t in body.results]))
    inputs = [plan.slots[id(t)] for t in node.args]
    from_outside = [plan.slots[id(t)] for t in node.all_inputs]
    function: Any = node.run_function

    def step(values: list[Any], run: Any) -> None:
        ready = [_caller(inner, [values[k] for k in taken], made, run) for inner, taken, made in callers]
        results = function(ready, *[values[k] for k in inputs])
        # What is handed on becomes a tensor of its own, so that gradients can tell both apart.
        before = {id(values[k]) for k in from_outside}
        results = [identity(r) if id(r) in before else r for r in results]
        for place, result in zip(places, results, strict=True):
            values[place] = result

    return step


def _caller(inner: Any, captured: list[Any], made: list[int], run: Any) -> Callable[..., list[Any]]:
    from tapeview.engine.deferred import executing

    def call(*given: Any) -> list[Any]:
        values = executing.run_inside(inner, run, [*given, *captured])
        return [_tensor(values[k]) for k in made]

    return call


def _tensor(value: Any) -> Any:
    known = getattr(value, "known", None)
    return value if known is None else known()._value


def merged_sizes(a: Sizes, b: Sizes) -> Sizes:
    """What is known of a shape that is one or the other."""
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple([m if m == n else None for m, n in zip(a, b, strict=True)])
