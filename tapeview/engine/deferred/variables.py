"""``tf.Variable`` in graphs: a node whose value lives in sessions."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from tapeview.engine import dtypes, variable
from tapeview.engine.convert import to_tensor
from tapeview.engine.deferred import collections, probing
from tapeview.engine.deferred.controls import waited_for
from tapeview.engine.deferred.graph import Graph, get_default_graph
from tapeview.engine.deferred.lifting import finish, node_name
from tapeview.engine.deferred.mode import building, local, mode
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.references import reference_to
from tapeview.engine.deferred.static_shapes import GraphShape, Sizes, bracketed_shape, shape_text
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable


class Variable(ResourceVariable):
    """A variable of a graph: ``W`` the reference, ``W/read`` its value, ``W/Assign`` what gives it its first value."""

    __array_priority__ = 150

    value_class: Any = None
    """What keeps its values in sessions, if not the usual variable: ``value_class(value, name)``."""

    def __init__(
        self, initial_value: Any = None, trainable: Any = None, collections: Any = None, validate_shape: bool = True,
        caching_device: Any = None, name: str | None = None, variable_def: Any = None, dtype: Any = None,
        expected_shape: Any = None, import_scope: Any = None, constraint: Any = None, use_resource: bool | None = None,
        synchronization: Any = None, aggregation: Any = None, shape: Any = None, **_: Any,
    ) -> None:  # fmt: skip
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        self._make(initial_value, trainable, collections, validate_shape, name, dtype, constraint, use_resource)

    def _make(
        self, initial_value: Any, trainable: Any, keys: Any, validate_shape: bool, name: str | None, dtype: Any,
        constraint: Any, use_resource: bool | None,
    ) -> None:  # fmt: skip
        graph = get_default_graph()
        self.graph_of = graph
        self._construction = variable._next_construction()
        self._trainable = True if trainable is None else bool(trainable)
        self.constraint = constraint
        self._uid = self._version = 0
        self.is_resource = mode.v2_behaviour if use_resource is None else bool(use_resource)
        self._save_slice_info = None
        with graph.control_dependencies(None), outside_of_bodies(graph), graph.name_scope(name or "Variable") as scope:
            tensors = (SymbolicTensor, ResourceVariable, EagerTensor)
            called = callable(initial_value) and not isinstance(initial_value, tensors)
            if called or self.is_resource:
                with graph.name_scope("Initializer"):
                    given = initial_value() if called else initial_value
                    value = self._initial(graph, given, dtype)
            else:
                value = self._initial(graph, initial_value, dtype)
            if (validate_shape and value.sizes is None) or (validate_shape and None in (value.sizes or ())):
                raise ValueError(
                    f"initial_value must have a shape specified: {value}"
                    if value.sizes is None or None in value.sizes else ""
                )  # fmt: skip
            self._initial_value = value
            self._sizes: Sizes = value.sizes if validate_shape else None
            self._kind = value.dtype.base_dtype
            self._add_nodes(graph, scope)
        if keys is None:
            keys = [collections.GraphKeys.GLOBAL_VARIABLES]
        if self._trainable and collections.GraphKeys.TRAINABLE_VARIABLES not in keys:
            keys = [*keys, collections.GraphKeys.TRAINABLE_VARIABLES]
        graph.add_to_collections(keys, self)

    def _initial(self, graph: Graph, given: Any, dtype: Any) -> SymbolicTensor:
        from tapeview.engine.deferred.constants import as_tensor

        kind = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
        if isinstance(given, EagerTensor) and kind is not None:
            given = to_tensor(given, kind)
        return as_tensor(given, kind, "initial_value")

    def _add_nodes(self, graph: Graph, scope: str) -> None:
        from tapeview.engine.deferred import assigns

        resource = self.is_resource
        kind = "VarHandleOp" if resource else "VariableV2"
        node = Operation(graph, node_name(graph, scope, kind), kind, "variable", None)
        node.pseudo, node.details = "variable", self
        type_ = dtypes.resource if resource and hasattr(dtypes, "resource") else reference_to(self._kind)
        self._ref = SymbolicTensor(node, 0, type_, self._sizes, probing.made_up(self._sizes, self._kind))
        node.results.append(self._ref)
        finish(node)
        self._node = node
        self._name = f"{node.name}:0"
        prefix = scope
        if resource:
            assigns.add_update(
                graph, "VarIsInitializedOp", f"{prefix}IsInitialized/VarIsInitializedOp/", _is_initialized, [self], [],
                kind="op", dtype=dtypes.bool_, sizes=(),
            )  # fmt: skip
        self._initializer_op = assigns.initial_assign(self, self._initial_value, f"{prefix}Assign/")
        if resource:
            self._snapshot = self._reading(f"{prefix}Read/ReadVariableOp/")
        else:
            self._snapshot = self._reading(f"{prefix}read/")

    def _reading(self, name: str) -> SymbolicTensor:
        graph = self.graph_of
        resource = self.is_resource
        kind = "ReadVariableOp" if resource else "Identity"
        node = Operation(graph, node_name(graph, name, kind), kind, "op", None, (self._ref,), inputs=[self._ref],
                         controls=waited_for(graph, [self._ref]))  # fmt: skip
        node.pseudo, node.details = "read", self
        made = SymbolicTensor(node, 0, self._kind, self._sizes, self._ref.probes)
        node.results.append(made)
        finish(node)
        return made

    # -- what functions see ----------------------------------------------------------------------------------------

    def _symbolic_value(self) -> SymbolicTensor:
        """The value as a symbolic tensor."""
        return self._reading("ReadVariableOp") if self.is_resource else self._snapshot

    def _as_graph_element(self) -> SymbolicTensor:
        return self._snapshot if self.is_resource else self._ref

    def _read(self) -> EagerTensor:
        """The value, for functions that compute: in a run the session's, while shapes are found out a made-up one."""
        run = local.run
        if run is not None:
            return run.session.cell(self).known()._read()
        if local.captured is not None:
            if not any(t is self._snapshot for t in local.captured):
                local.captured.append(self._snapshot)
            if self._ref.probes is None:
                raise ValueError(f"The shape of {self!r} is not known.")
            return self._ref.probes[0]
        raise TypeError(
            f"{self!r} has no value of its own: each session has one. Use TensorFlow's functions on it, or "
            "`session.run` for its value."
        )

    _look = _read

    @property
    def _value(self) -> EagerTensor:  # type: ignore[override]
        return self._read()

    # -- facts -----------------------------------------------------------------------------------------------------

    @property
    def op(self) -> Operation:  # type: ignore[override]
        """The node of the reference."""
        return self._node

    @property
    def graph(self) -> Graph:  # type: ignore[override]
        """The graph it belongs to."""
        return self.graph_of

    @property
    def handle(self) -> Any:
        """The reference."""
        return self._ref

    @property
    def _variable(self) -> SymbolicTensor:
        return self._ref

    @property
    def dtype(self) -> dtypes.DType:
        """The element type; that of references if it is one."""
        return self._kind if self.is_resource else reference_to(self._kind)

    @property
    def shape(self) -> Any:
        """What is known of the shape."""
        return GraphShape(self._sizes)

    @property
    def sizes(self) -> Sizes:
        """The shape as data."""
        return self._sizes

    @property
    def device(self) -> str:
        """The device the script put it on; mostly none."""
        return self._node.device

    @property
    def initializer(self) -> Operation:  # type: ignore[override]
        """The node that gives it its first value."""
        return self._initializer_op

    @property
    def initial_value(self) -> SymbolicTensor:
        """What its initializer assigns."""
        return self._initial_value

    def value(self) -> SymbolicTensor:  # type: ignore[override]
        """Its value."""
        return self._symbolic_value()

    def read_value(self) -> SymbolicTensor:  # type: ignore[override]
        """Its value when this node runs, after its control inputs."""
        if not self.is_resource:
            return self._reading("read")
        from tapeview.engine.deferred.lifting import add_node
        from tapeview.engine.ops.elementwise import identity

        return add_node(identity, (self._reading("Read/ReadVariableOp"),))  # type: ignore[no-any-return]

    def initialized_value(self) -> SymbolicTensor:
        """Its value, or its initial value as long as it has none."""
        from tapeview.engine.deferred import assigns

        return assigns.add_update(  # type: ignore[no-any-return]
            self.graph_of, "Merge", "cond/Merge", _value_or, [self], [self._initial_value], kind="op",
            dtype=self._kind, sizes=self._sizes,
        )  # fmt: skip

    def set_shape(self, shape: Any) -> None:
        """Fills in what is not known of the shape."""
        self._ref.set_shape(shape)
        self._sizes = self._ref.sizes

    def eval(self, session: Any = None) -> Any:
        """Its value in the default session. Raises ValueError if there is none."""
        from tapeview.engine.deferred.session import default_session_for

        return default_session_for(self.graph_of, session, "tensor").run(self)

    def load(self, value: Any, session: Any = None) -> None:
        """Gives it a value in a session. Raises ValueError if there is no session."""
        from tapeview.engine.deferred.session import get_default_session

        found = session or get_default_session()
        if found is None:
            raise ValueError("Either session argument should be provided or default session should be established")
        found.run(self._initializer_op, {self._initial_value: np.asarray(value)})

    def numpy(self) -> NoReturn:
        """Not there in graphs. Raises NotImplementedError."""
        raise NotImplementedError("numpy() is only available when eager execution is enabled.")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise NotImplementedError(
            f"Cannot convert a symbolic tf.Tensor ({self._snapshot.name}) to a numpy array. This error may indicate "
            "that you're trying to pass a Tensor to a NumPy call, which is not supported."
        )

    def __iter__(self) -> NoReturn:
        raise TypeError("'Variable' object is not iterable.")

    def __bool__(self) -> bool:
        return bool(self._symbolic_value())

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> Any:
        return self is other

    def __ne__(self, other: object) -> Any:
        return self is not other

    def __copy__(self) -> Variable:
        return self

    def __deepcopy__(self, memo: Any) -> Variable:
        return self

    def __repr__(self) -> str:
        return f"<tf.Variable '{self._name}' shape={shape_text(self._sizes)} dtype={self.dtype.name}>"

    # -- assigning -------------------------------------------------------------------------------------------------

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """A node that replaces the value."""
        if not building():
            return self._in_run("assign", value)
        from tapeview.engine.deferred import assigns

        return assigns.assign(self, value, use_locking=use_locking, name=name)

    def assign_add(
        self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """A node that adds to the value."""
        if not building():
            return self._in_run("assign_add", delta)
        from tapeview.engine.deferred import assigns

        return assigns.assign_add(self, delta, name=name)

    def assign_sub(
        self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """A node that subtracts from the value."""
        if not building():
            return self._in_run("assign_sub", delta)
        from tapeview.engine.deferred import assigns

        return assigns.assign_sub(self, delta, name=name)

    def _in_run(self, word: str, value: Any) -> Any:
        """A change by a function that computes: in a run the session's variable is changed, otherwise none."""
        run = local.run
        return None if run is None else getattr(run.session.cell(self).known(), word)(value)

    def _replace(self, array: Any, how: str, gradient: Any = None, operand: Any = None) -> None:
        run = local.run
        if run is not None:
            run.session.cell(self).known()._replace(array, how, gradient, operand)

    def _scatter(self, word: str, delta: Any, combine: Any) -> Any:
        from tapeview.engine.deferred import scatters

        return getattr(scatters, f"scatter_{word.lower()}")(self, delta.indices, delta.values)

    def _scatter_nd(self, word: str, indices: Any, updates: Any, combine: Any) -> Any:
        from tapeview.engine.deferred import scatters

        return getattr(scatters, f"scatter_nd_{word.lower()}")(self, indices, updates)

    def count_up_to(self, limit: int) -> Any:
        """A node that adds 1. Raises OutOfRangeError in the run if the value is ``limit``."""
        from tapeview.engine.deferred import assigns

        return assigns.count_up_to(self, limit)


class GraphResourceVariable(Variable):
    """A variable of a graph that is a resource: each use reads it."""


Variable.__module__ = "tensorflow.python.ops.variables"
Variable.__name__ = "RefVariable"
GraphResourceVariable.__module__ = "tensorflow.python.ops.resource_variable_ops"
GraphResourceVariable.__name__ = "ResourceVariable"


def variable_class(use_resource: bool | None) -> type[Variable]:
    """The class of a new variable: what is asked for, else what the mode says."""
    resource = mode.v2_behaviour if use_resource is None else use_resource
    return GraphResourceVariable if resource else Variable


class outside_of_bodies:
    """A block whose nodes belong to no branch and no loop body: variables are made there."""

    def __init__(self, graph: Graph) -> None:
        self._scopes = graph.scopes

    def __enter__(self) -> None:
        self._outer = self._scopes.bodies
        self._scopes.bodies = []

    def __exit__(self, *_: object) -> None:
        self._scopes.bodies = self._outer


def _is_initialized(cell: Any) -> EagerTensor:
    return EagerTensor(np.array(cell.variable is not None))


def _value_or(cell: Any, initial: EagerTensor) -> EagerTensor:
    return initial if cell.variable is None else cell.variable._read()


def shapes_text(*shapes: Sizes) -> str:
    """Shapes as graph messages list them."""
    return ", ".join(bracketed_shape(s) for s in shapes)
