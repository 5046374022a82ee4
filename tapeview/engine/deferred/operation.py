"""Nodes of a graph: the deferred call of one function."""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import TYPE_CHECKING, Any, NamedTuple

from tapeview.engine import callsite, observe

if TYPE_CHECKING:
    from tapeview.engine.deferred.graph import Graph
    from tapeview.engine.deferred.symbolic import SymbolicTensor


class Described(NamedTuple):
    """A node as data: what a recorder keeps of it.

    ``inputs`` are (node number, output index), ``controls`` numbers of nodes, ``outputs`` (dtype name, shape or None).
    """

    number: int
    name: str
    type: str
    inputs: list[tuple[int, int]]
    controls: list[int]
    outputs: list[tuple[str, tuple[int | None, ...] | None]]
    serves: int
    kind: str
    value: Any = None
    """The tensor that it is in each run, of a node that is not evaluated because that is known."""


class Operation:
    """A node.

    Attributes:
        number: counts the nodes of a graph, from 1.
        kind: ``op``, ``constant``, ``placeholder``, ``variable``, ``gradient`` or ``assign``.
        serves: for a gradient node, the number of the forward node; else 0.
        site: where in the script it was made.
        run_function: what it computes, given the values of its inputs (see ``args``).
        args, kwargs: the arguments of that function; symbolic tensors in them stand for their values.
        captured: symbolic tensors that the function reads although they are no arguments (a layer's weights).
        constant: its value, if that is the same in each run; such a node is not evaluated.
        single: its function returns its one output itself, and not a list of it.
        custom: a gradient of the script's own (see ``custom_rules``).
        pseudo: how it is evaluated if it is no plain call (see ``plan``).
    """

    def __init__(
        self, graph: Graph, name: str, type: str, kind: str, run_function: Callable[..., Any] | None,
        args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None, inputs: list[SymbolicTensor] | None = None,
        captured: list[SymbolicTensor] | None = None, controls: list[Operation] | None = None,
    ) -> None:  # fmt: skip
        self.graph = graph
        self.number = len(graph.nodes) + 1
        self._name = name
        self._type = type
        self.kind = kind
        self.run_function = run_function
        self.args = args
        self.kwargs = kwargs or {}
        self.captured = captured or []
        self.all_inputs: list[SymbolicTensor] = [*(inputs or []), *self.captured]
        self.controls_on: list[Operation] = controls or []
        self.results: list[SymbolicTensor] = []
        self.serves_node: Any = None
        self.constant: Any = None
        self.pseudo: str = ""
        self.details: Any = None
        self.custom: Any = None
        self.single = False
        self.seeds: tuple[int | None, int] | None = None
        """For random ops: the graph's seed and the number of its first draw without a seed of its own."""
        self.device = graph.scopes.device
        self.body = graph.scopes.bodies[-1] if graph.scopes.bodies else None
        """The branch or loop body it belongs to."""
        self.gradient_override = graph.scopes.gradient_overrides.get(type)
        self.site = callsite.here()

    # -- for scripts -----------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The unique name."""
        return self._name

    @property
    def type(self) -> str:
        """The type of op."""
        return self._type

    @property
    def inputs(self) -> tuple[SymbolicTensor, ...]:
        """The tensors it takes."""
        return tuple(self.all_inputs)

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The tensors it makes."""
        return list(self.results)

    @property
    def control_inputs(self) -> list[Operation]:
        """The nodes that run before it although it takes nothing of them."""
        return list(self.controls_on)

    @property
    def op(self) -> Operation:
        """Itself."""
        return self

    @property
    def op_def(self) -> Any:
        """An object whose ``name`` is the type."""
        return _Def(self._type, self._type)

    @property
    def node_def(self) -> Any:
        """An object with ``name``, ``op`` and ``input``."""
        return _Def(self._name, self._type, [t.name for t in self.all_inputs])

    @property
    def traceback(self) -> list[Any]:
        """Nothing is kept but the call site."""
        return []

    def get_attr(self, name: str) -> Any:
        """An argument of the call, by its name. Raises ValueError if there is none."""
        if name in ("T", "dtype") and self.results:
            return self.results[0].dtype
        if name in self.kwargs:
            return self.kwargs[name]
        raise ValueError(f"Operation '{self._name}' has no attr named '{name}'.")

    def values(self) -> tuple[SymbolicTensor, ...]:
        """The tensors it makes."""
        return tuple(self.results)

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Runs the node in the default session.

        Raises:
            ValueError: there is no default session.
        """
        from tapeview.engine.deferred.session import default_session_for

        default_session_for(self.graph, session, "operation").run(self, feed_dict)

    def _add_control_input(self, op: Operation) -> None:
        self.controls_on.append(op)
        self.graph.version += 1

    def colocation_groups(self) -> list[bytes]:
        """Its own."""
        return [f"loc:@{self._name}".encode()]

    def __repr__(self) -> str:
        return f"<tf.Operation '{self._name}' type={self._type}>"

    def __str__(self) -> str:
        lines = [f'name: "{self._name}"', f'op: "{self._type}"']
        lines += [f'input: "{_input_name(t)}"' for t in self.all_inputs]
        lines += [f'input: "^{c.name}"' for c in self.controls_on]
        return "\n".join(lines) + "\n"

    # -- for recorders ---------------------------------------------------------------------------------------------

    def tell(self) -> None:
        """Tells the observer that the node was added, now that it is complete."""
        sink = observe.sink
        if sink is not None:
            sink((observe.NODE, self.graph.number, self.described(), self.site, get_ident()))

    def described(self) -> Described:
        """The node as data."""
        return Described(
            self.number,
            self._name,
            self._type,
            [(t.op.number, t.value_index) for t in self.all_inputs],
            [c.number for c in self.controls_on],
            [(t.dtype.name, t.sizes) for t in self.results],
            0 if self.serves_node is None else self.serves_node.number,
            self.kind,
            self.constant,
        )


Operation.__module__ = "tensorflow.python.framework.ops"


class _Def:
    def __init__(self, name: str, op: str, input: list[str] | None = None) -> None:
        self.name = name
        self.op = op
        self.input = input or []

    def __str__(self) -> str:
        return "\n".join([f'name: "{self.name}"', f'op: "{self.op}"', *[f'input: "{i}"' for i in self.input]]) + "\n"

    __repr__ = __str__


def _input_name(t: Any) -> str:
    return t.op.name if not t.value_index else str(t.name)
