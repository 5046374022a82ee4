"""Sessions: they keep the values of variables and run nodes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tapeview.engine import nest
from tapeview.engine.deferred import executing
from tapeview.engine.deferred.cells import Cell
from tapeview.engine.deferred.feeds import fed_tensor, value_for
from tapeview.engine.deferred.fetches import Fetches, as_numpy, key_of
from tapeview.engine.deferred.graph import Graph, get_default_graph
from tapeview.engine.deferred.mode import local, wrap_functions
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.plan import Plan
from tapeview.engine.deferred.symbolic import SymbolicTensor

_NOTHING: dict[Any, Any] = {}


class Session:
    """Runs nodes of a graph, and keeps the values of its variables.

    Args:
        target: nothing but the empty string has a meaning here.
        graph: the default graph if none is given.
        config: not looked at.
    """

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None) -> None:
        wrap_functions()
        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(f'Argument `graph` must be a tf.Graph, but got "{type(graph).__name__}"')
        self._graph = graph if graph is not None else get_default_graph()
        self._target = target
        self._config = config
        self._closed = False
        self._cells: dict[Any, Cell] = {}
        self.streams: dict[Operation, Any] = {}
        """Of each random node how far it has drawn."""
        self.kept: dict[Any, Any] = {}
        """What nodes keep from run to run: iterators, queues."""
        self._plans: dict[Any, tuple[int, Any, Fetches, Plan]] = {}
        self._lock = threading.RLock()
        self._open: list[Any] = []

    @property
    def graph(self) -> Graph:
        """The graph whose nodes it runs."""
        return self._graph

    @property
    def graph_def(self) -> Any:
        """The graph as data."""
        return self._graph.as_graph_def()

    @property
    def sess_str(self) -> bytes:
        """The target."""
        return self._target.encode()

    def cell(self, variable: Any) -> Cell:
        """Where the value of a variable is kept."""
        found = self._cells.get(variable)
        if found is None:
            with self._lock:
                found = self._cells.setdefault(variable, Cell(variable))
        return found

    # -- running ---------------------------------------------------------------------------------------------------

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """The values of ``fetches``: a tensor, a node, a variable, a name, or a structure of them.

        Args:
            feed_dict: values for tensors of the graph.

        Returns:
            NumPy arrays and scalars in the structure of ``fetches``; None for nodes.

        Raises:
            RuntimeError: the session is closed, or the graph is empty.
            TypeError, ValueError: something that can not be fetched or fed.
            InvalidArgumentError, FailedPreconditionError, ...: a node failed.
        """
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        graph = self._graph
        if not graph.nodes:
            raise RuntimeError("The Session graph is empty. Add operations to the graph before calling run().")
        fed = [(fed_tensor(graph, k), k, v) for k, v in _flat_feeds(feed_dict).items()] if feed_dict else []
        key = (key_of(fetches), *[id(t) for t, _, _ in fed])
        cached = self._plans.get(key)
        if cached is None or cached[0] != graph.version:
            checked = Fetches(graph, fetches)
            plan = Plan(checked.operations, checked.tensors, [t for t, _, _ in fed])
            # The fetches are kept, so that nothing else gets their ids.
            cached = self._plans[key] = (graph.version, fetches, checked, plan)
        _, _, checked, plan = cached
        values = [value_for(t, v) for t, _, v in fed]
        results = executing.run(self, plan, checked, values)
        return checked.pack([None if r is None else as_numpy(r) for r in results])

    def make_callable(self, fetches: Any, feed_list: Any = None, accept_options: bool = False) -> Callable[..., Any]:
        """A function of the values for ``feed_list`` that runs ``fetches``."""
        keys = list(feed_list or [])
        for key in keys:
            fed_tensor(self._graph, key)
        Fetches(self._graph, fetches)

        def call(*values: Any, **_: Any) -> Any:
            return self.run(fetches, dict(zip(keys, values, strict=True)))

        return call

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> Any:
        """Not possible here. Raises ValueError."""
        raise ValueError("tapeview does not support partial runs; run everything in one call of `session.run`.")

    def list_devices(self) -> list[Any]:
        """The one device there is."""
        return [_Device()]

    # -- life ------------------------------------------------------------------------------------------------------

    def as_default(self) -> Any:
        """A block in which ``eval()`` and ``run()`` of tensors and nodes use this session."""
        return _as_default(self)

    def close(self) -> None:
        """Gives up the values of variables."""
        self._closed = True
        self._cells = {}
        self._plans = {}
        self.streams = {}
        self.kept = {}

    def reset(self, *_: Any, **__: Any) -> None:
        """Forgets the values of variables."""
        self._cells = {}

    def __enter__(self) -> Session:
        graph = self._graph.as_default()
        graph.__enter__()
        local.sessions.append(self)
        self._open.append(graph)
        return self

    def __exit__(self, *error: Any) -> None:
        _forget(self)
        self._open.pop().__exit__(None, None, None)
        self.close()


Session.__module__ = "tensorflow.python.client.session"


class InteractiveSession(Session):
    """A session that is the default from the moment it is made."""

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        local.sessions.append(self)
        self._default_graph: Any = None
        if graph is not None:
            self._default_graph = graph.as_default()
            self._default_graph.__enter__()

    def close(self) -> None:
        """Gives up the values of variables; another session becomes the default."""
        super().close()
        _forget(self)
        if self._default_graph is not None:
            self._default_graph.__exit__(None, None, None)
            self._default_graph = None

    def __exit__(self, *error: Any) -> None:
        self._open.pop().__exit__(None, None, None)
        self.close()


InteractiveSession.__module__ = "tensorflow.python.client.session"


class _Device:
    name = "/job:localhost/replica:0/task:0/device:CPU:0"
    device_type = "CPU"
    memory_limit_bytes = 268435456
    incarnation = 1

    def __repr__(self) -> str:
        return f"_DeviceAttributes({self.name}, CPU, {self.memory_limit_bytes}, {self.incarnation})"


def _flat_feeds(feed_dict: Any) -> dict[Any, Any]:
    """A value for each tensor. A tuple of tensors (a cell's state) is fed a structure like it.

    Raises:
        ValueError: the structure is another one.
    """
    given = feed_dict if isinstance(feed_dict, dict) else dict(feed_dict)
    if not any(isinstance(key, tuple) for key in given):
        return given
    flat: dict[Any, Any] = {}
    for key, value in given.items():
        keys = nest.flatten(key) if isinstance(key, tuple) else [key]
        values = nest.flatten(value) if isinstance(key, tuple) else [value]
        if len(keys) != len(values):
            raise ValueError(
                "Could not flatten dictionary: "
                f"key had {len(keys)} elements, but value had {len(values)} elements. Key: {key}, value: {value}."
            )
        flat.update(zip(keys, values, strict=True))
    return flat


def _forget(session: Session) -> None:
    for k in range(len(local.sessions) - 1, -1, -1):
        if local.sessions[k] is session:
            del local.sessions[k]
            return


@contextmanager
def _as_default(session: Session) -> Iterator[Session]:
    local.sessions.append(session)
    try:
        yield session
    finally:
        _forget(session)


def get_default_session() -> Session | None:
    """The session that ``eval()`` and ``run()`` use; None if there is none."""
    return local.sessions[-1] if local.sessions else None


def default_session_for(graph: Graph, session: Session | None, what: str) -> Session:
    """``session``, or the default one. Raises ValueError if there is none, or if it is one for another graph."""
    if session is None:
        session = get_default_session()
        if session is None:
            raise ValueError(_NONE[what])
        if session.graph is not graph:
            raise ValueError(_OTHER[what])
    elif session.graph is not graph:
        raise ValueError(_GIVEN[what])
    return session


_NONE = {
    "tensor": "Cannot evaluate tensor using `eval()`: No default session is registered. Use `with sess.as_default()` "
    "or pass an explicit session to `eval(session=sess)`",
    "operation": "Cannot execute operation using `run()`: No default session is registered. Use `with "
    "sess.as_default():` or pass an explicit session to `run(session=sess)`",
}
_OTHER = {
    "tensor": "Cannot use the default session to evaluate tensor: the tensor's graph is different from the session's "
    "graph. Pass an explicit session to `eval(session=sess)`.",
    "operation": "Cannot use the default session to execute operation: the operation's graph is different from the "
    "session's graph. Pass an explicit session to run(session=sess).",
}
_GIVEN = {
    "tensor": "Cannot use the given session to evaluate tensor: the tensor's graph is different from the session's "
    "graph.",
    "operation": "Cannot use the given session to execute operation: the operation's graph is different from the "
    "session's graph.",
}


def element_name(element: SymbolicTensor | Operation) -> str:
    """How a fetched element is called."""
    return element.name
