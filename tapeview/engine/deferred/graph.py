"""Graphs: the nodes a script has made, their names, and which graph is the default."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tapeview.engine.deferred.mode import local, mode, wrap_functions

if TYPE_CHECKING:
    from tapeview.engine.deferred.operation import Operation
    from tapeview.engine.deferred.symbolic import SymbolicTensor

_next_graph = itertools.count(1).__next__
_VALID_SCOPE = re.compile(r"^[A-Za-z0-9_.\-\\/]*$")
_VALID_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\-\\/]*$")


class Scopes(threading.local):
    """What is open while one thread builds a graph: the name scope, the variable scope, control inputs, devices."""

    def __init__(self) -> None:
        self.names = ""
        self.variables: Any = None
        self.controls: list[Any] = []
        self.device = ""
        self.bodies: list[Any] = []
        self.gradient_overrides: dict[str, str] = {}
        self.creators: list[Any] = []


class Graph:
    """What a script has described, to be run by sessions.

    Attributes:
        number: counts the graphs of the process.
        nodes: all operations in the order in which they were made.
        version: grows when a node is changed, so that sessions know when their plans are out of date.
    """

    def __init__(self) -> None:
        self.number = _next_graph()
        self.nodes: list[Operation] = []
        self.by_name: dict[str, Operation] = {}
        self.tensors_by_name: dict[str, SymbolicTensor] = {}
        self.version = 0
        self.lock = threading.RLock()
        self.scopes = Scopes()
        self.unseeded = 0
        """How many random ops without a seed of their own there are."""
        self._seed: int | None = None
        self._names: dict[str, int] = {}
        self._collections: dict[Any, list[Any]] = {}
        self._finalized = False
        self.variable_store: dict[str, Any] = {}
        self.scope_counts: dict[str, int] = {}
        self.attachments: dict[Any, Any] = {}
        """What libraries above keep for this graph."""

    # -- names -----------------------------------------------------------------------------------------------------

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """``name`` in the open name scope, with a number if it is taken. Upper and lower case are the same here."""
        if self.scopes.names:
            name = f"{self.scopes.names}/{name}"
        with self.lock:
            key = name.lower()
            count = self._names.get(key, 0)
            if mark_as_used:
                self._names[key] = count + 1
            if count:
                base = key
                while key in self._names:
                    key = f"{base}_{count}"
                    count += 1
                if mark_as_used:
                    self._names[key] = 1
                name = f"{name}_{count - 1}"
            return name

    @contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """A block whose nodes get ``name/`` in front of their names; with a ``/`` at its end the scope is entered
        again.

        Raises:
            ValueError: a name with characters that names may not have.
        """
        if name:
            check_scope_name(name, not self.scopes.names)
        outer = self.scopes.names
        new = "" if not name else name[:-1] if name.endswith("/") else self.unique_name(name)
        self.scopes.names = new
        try:
            yield f"{new}/" if new else ""
        finally:
            self.scopes.names = outer

    def get_name_scope(self) -> str:
        """The open name scope."""
        return self.scopes.names

    # -- nodes -----------------------------------------------------------------------------------------------------

    def add(self, node: Operation) -> None:
        """Adds a node. Raises RuntimeError if the graph is finalized."""
        self.check_not_finalized()
        with self.lock:
            self.nodes.append(node)
            self.by_name[node.name] = node

    def check_not_finalized(self) -> None:
        """Raises RuntimeError if nothing may be added."""
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    def finalize(self) -> None:
        """From now on nothing may be added."""
        self._finalized = True

    def _unsafe_unfinalize(self) -> None:
        self._finalized = False

    @property
    def finalized(self) -> bool:
        """True if nothing may be added."""
        return self._finalized

    @property
    def seed(self) -> int | None:
        """The seed of the random ops that are made from now on."""
        return self._seed

    @seed.setter
    def seed(self, seed: int | None) -> None:
        self._seed = seed

    @property
    def building_function(self) -> bool:
        """Always False: functions are run as Python."""
        return False

    def get_operations(self) -> list[Operation]:
        """All nodes in the order in which they were made."""
        return list(self.nodes)

    def get_operation_by_name(self, name: str) -> Operation:
        """The node of this name. Raises KeyError if there is none, TypeError for what is no name."""
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=False, allow_operation=True)  # type: ignore[no-any-return]

    def get_tensor_by_name(self, name: str) -> SymbolicTensor:
        """The tensor of this name (``"add:0"``). Raises KeyError or ValueError if there is none."""
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=True, allow_operation=False)  # type: ignore[no-any-return]

    def as_graph_element(self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True) -> Any:
        """The tensor or node that a tensor, a node, a variable or a name stands for.

        Raises:
            KeyError: the graph has none of this name.
            ValueError: it is of another graph, or a tensor where only nodes are allowed (and the other way round).
            TypeError: what is neither.
        """
        from tapeview.engine.deferred import elements

        return elements.find(self, obj, allow_tensor, allow_operation)

    # -- the default -----------------------------------------------------------------------------------------------

    def as_default(self) -> Any:
        """A block in which this graph is the default."""
        wrap_functions()
        return _as_default(self)

    @contextmanager
    def control_dependencies(self, control_inputs: Any) -> Iterator[Any]:
        """A block whose nodes run after ``control_inputs``; None: without those of the blocks around."""
        from tapeview.engine.deferred import controls

        with controls.control_dependencies_of(self, control_inputs) as found:
            yield found

    @contextmanager
    def device(self, name: Any) -> Iterator[None]:
        """A block whose nodes say that they belong to this device."""
        outer = self.scopes.device
        self.scopes.device = _canonical(name) if isinstance(name, str) else ""
        try:
            yield
        finally:
            self.scopes.device = outer

    @contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """A block: there is one device only."""
        yield

    @contextmanager
    def gradient_override_map(self, op_type_map: dict[str, str]) -> Iterator[None]:
        """A block whose nodes of the types named get the gradient that was registered under the given name.

        Raises:
            TypeError: no dict of strings.
        """
        if not isinstance(op_type_map, dict):
            raise TypeError(f"op_type_map must be a dictionary mapping strings to strings, got {op_type_map!r}")
        outer = self.scopes.gradient_overrides
        self.scopes.gradient_overrides = {**outer, **op_type_map}
        try:
            yield
        finally:
            self.scopes.gradient_overrides = outer

    @contextmanager
    def container(self, name: str) -> Iterator[str]:
        """A block: variables live in sessions anyway."""
        yield name

    # -- collections -----------------------------------------------------------------------------------------------

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Adds to a collection."""
        self.check_not_finalized()
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Adds to several collections."""
        for name in {names} if isinstance(names, str) else dict.fromkeys(names):
            self.add_to_collection(name, value)

    def get_collection_ref(self, name: Any) -> list[Any]:
        """A collection itself; what is done to it is done to the collection."""
        return self._collections.setdefault(name, [])

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        """A copy of a collection; with a scope only items whose names begin with it."""
        found = self._collections.get(name, [])
        if scope is None:
            return list(found)
        pattern = re.compile(scope)
        return [item for item in found if hasattr(item, "name") and pattern.match(item.name)]

    def get_all_collection_keys(self) -> list[Any]:
        """The names of all collections that hold something."""
        return [name for name in self._collections if isinstance(name, str)]

    def clear_collection(self, name: Any) -> None:
        """Empties a collection."""
        self.check_not_finalized()
        self._collections.pop(name, None)

    def as_graph_def(self, from_version: Any = None, add_shapes: bool = False) -> Any:
        """The graph as data: an object with ``node``, a list of nodes with ``name``, ``op``, ``input``."""
        from tapeview.engine.deferred import elements

        return elements.GraphDef(self)

    @property
    def graph_def_versions(self) -> str:
        """TensorFlow's version of the format."""
        return "producer: 1645\n"


Graph.__module__ = "tensorflow.python.framework.ops"


def _canonical(device: str) -> str:
    """``"/cpu:0"`` as TensorFlow writes it out: ``"/device:CPU:0"``."""
    return re.sub(r"(?i)^/?(cpu|gpu)", lambda m: f"/device:{m[1].upper()}", device)


def check_scope_name(name: str, outermost: bool) -> None:
    """Raises ValueError for what can be no name scope."""
    pattern = _VALID_NAME if outermost else _VALID_SCOPE
    if not pattern.match(name):
        raise ValueError(f"'{name}' is not a valid scope name. A scope name has to match the following pattern: "
                         f"{_PATTERNS[outermost]}")  # fmt: skip


_PATTERNS = {True: _VALID_NAME.pattern, False: _VALID_SCOPE.pattern}


def check_node_name(name: str) -> None:
    """Raises ValueError for what can be no node's name."""
    if not _VALID_NAME.match(name):
        raise ValueError(f"'{name}' is not a valid node name")


@contextmanager
def _as_default(graph: Graph) -> Iterator[Graph]:
    local.graphs.append(graph)
    try:
        yield graph
    finally:
        _remove_last(local.graphs, graph)


def _remove_last(stack: list[Any], thing: Any) -> None:
    for k in range(len(stack) - 1, -1, -1):
        if stack[k] is thing:
            del stack[k]
            return


_default: list[Graph] = []
_lock = threading.Lock()


def get_default_graph() -> Graph:
    """The graph that calls add nodes to."""
    if local.graphs:
        return local.graphs[-1]  # type: ignore[no-any-return]
    with _lock:
        if not _default:
            _default.append(Graph())
        return _default[0]


def reset_default_graph() -> None:
    """Makes the default graph a new one.

    Raises:
        AssertionError: inside of a graph's ``as_default`` block.
    """
    if local.graphs:
        raise AssertionError(
            "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, exit the nesting "
            "and create a new graph."
        )
    forget_default_graph()


def forget_default_graph() -> None:
    """The next default graph is a new one."""
    with _lock:
        _default.clear()


def current() -> Graph:
    """The graph that calls add nodes to; see :func:`building`."""
    return get_default_graph()


def in_graph_mode() -> bool:
    """Whether there is a graph that calls add nodes to, in this thread."""
    return mode.enabled or bool(local.graphs)
