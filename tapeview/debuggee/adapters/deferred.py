"""Deferred graphs as records: nodes as they are added, and the runs that evaluate them."""

from __future__ import annotations

from typing import Any, NamedTuple

from tapeview.debuggee.adapters.sites import Sites
from tapeview.debuggee.adapters.tensors import Tensors
from tapeview.engine import observe
from tapeview.trace.create import storable
from tapeview.trace.graph_records import Fed, Fetched, GraphNode, NodeRan, Output, RunFinished, RunStarted
from tapeview.trace.graphs import node_name
from tapeview.trace.store import Writer

Event = observe.Event


class Built(NamedTuple):
    """What is remembered of a node: its kind and the id of the site at which it was built."""

    kind: str
    site: int


class Graphs:
    """Writes nodes and the list of runs, which are kept whatever is kept of a step."""

    def __init__(self, writer: Writer, sites: Sites, tensors: Tensors) -> None:
        self._writer = writer
        self._tensors = tensors
        self._site = sites.id_of
        self._newest: dict[int, int] = {}
        self._named: dict[tuple[int, str], Built] = {}
        self._graph_of: dict[int, int] = {}

    def added(self, event: Event) -> None:
        """A node was added."""
        _, graph, node, site, _ = event
        place = self._site(site)
        outputs = tuple([Output(dtype, None if shape is None else tuple(shape)) for dtype, shape in node.outputs])
        inputs = tuple([(int(source), int(output)) for source, output in node.inputs])
        name = storable(node.name)
        self._writer.add_node(
            GraphNode(
                graph, node.number, name, storable(node.type), node.kind, inputs, tuple(node.controls), outputs,
                node.serves, place, 0 if node.value is None else self._tensors.known_or_outside(node.value),
            )
        )  # fmt: skip
        self._newest[graph] = max(node.number, self._newest.get(graph, 0))
        self._named.setdefault((graph, name), Built(node.kind, place))

    def started(self, event: Event, step: int) -> None:
        """A step is a run."""
        _, tape, run, graph, fetches, _, site, _ = event
        self._graph_of[tape] = graph
        nodes = self._newest.get(graph, 0)
        self._writer.add_run(step, run, graph, nodes, self._site(site), [str(name) for name in fetches])

    def finished(self, event: Event) -> list[tuple[str, int, Any]]:
        """(name of the node, its site, tensor) of what a run gave back; variables are series anyway."""
        graph = self._graph_of.pop(event[1], 0)
        found = []
        for name, tensor in event[2]:
            node = node_name(str(name))
            kind, site = self._named.get((graph, node), Built("", 0))
            if tensor is not None and kind not in ("variable", "assign"):
                found.append((node, site, tensor))
        return found

    def newest(self, graph: int) -> int:
        """The number of a graph's newest node."""
        return self._newest.get(graph, 0)


class RunDetails:
    """Puts the records of runs into ``records``."""

    def __init__(self, graphs: Graphs, sites: Sites, tensors: Tensors, records: list[Any]) -> None:
        self._graphs = graphs
        self._site = sites.id_of
        self._tensors = tensors
        self._records = records

    def started(self, event: Event) -> None:
        """A run began."""
        _, _, run, graph, fetches, fed, site, _ = event
        given = tuple([Fed(node, output, self._tensors.known_or_outside(tensor)) for node, output, tensor in fed])
        names = tuple([storable(str(name)) for name in fetches])
        nodes = self._graphs.newest(graph)
        self._records.append(RunStarted(run, graph, nodes, names, given, self._site(site)))

    def ran(self, event: Event) -> None:
        """A node was evaluated."""
        known = self._tensors.known_or_outside
        self._records.append(NodeRan(event[2], tuple([0 if one is None else known(one) for one in event[3]])))

    def finished(self, event: Event) -> None:
        """A run ended."""
        _, _, results, error = event
        known = self._tensors.known_or_outside
        given = tuple([Fetched(storable(str(name)), 0 if one is None else known(one)) for name, one in results])
        self._records.append(RunFinished(given, "" if error is None else storable(str(error))))
