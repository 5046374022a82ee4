"""The deferred graphs of a recording, and which run of which graph each step is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from tapeview.trace.database import Database
from tapeview.trace.decode import read
from tapeview.trace.graph_records import GraphNode

_NODE = msgspec.msgpack.Decoder(GraphNode)


class GraphRun(NamedTuple):
    """A step that is a run of a deferred graph: as much of it as is known of every step, whatever was kept.

    ``nodes`` is the number of the graph's newest node at that time; ``fetches`` are the names asked for, of many only
    the first of ``asked``.
    """

    step: int
    run: int
    graph: int
    nodes: int
    site: int
    fetches: tuple[str, ...]
    asked: int


class _Graph:
    __slots__ = ("by_name", "by_number", "nodes")

    def __init__(self) -> None:
        self.nodes: list[GraphNode] = []
        self.by_number: dict[int, GraphNode] = {}
        self.by_name: dict[str, GraphNode] = {}


class Graphs:
    """All deferred graphs, read as the file grows; none in a recording of a script that has none, or an older one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._graphs: dict[int, _Graph] = {}
        self._runs: dict[int, GraphRun] = {}
        self._last_node = self._last_run = -1
        self.latest = 0
        """The graph that got a node last, 0 if there is none."""

    def refresh(self) -> None:
        """Take in what was committed since."""
        if self._database.has("node"):
            sql = "SELECT id, graph, number, record FROM node WHERE id > ? ORDER BY id"
            for row, graph, number, data in self._database.scan(sql, (self._last_node,), "the nodes of graphs"):
                self._last_node = row
                node = read(_NODE, data)
                if node is None or (node.graph, node.number) != (graph, number):
                    self._database.warn(f"node {number} of graph {graph} is damaged")
                    continue
                self.latest = node.graph
                found = self._graphs.setdefault(node.graph, _Graph())
                if not found.nodes or node.number > found.nodes[-1].number:
                    found.nodes.append(node)
                    found.by_number[node.number] = node
                    found.by_name.setdefault(node.name, node)
        if self._database.has("graph_run"):
            sql = "SELECT id, step, run, graph, nodes, site, fetches FROM graph_run WHERE id > ? ORDER BY id"
            for row, *numbers, text in self._database.scan(sql, (self._last_run,), "the runs of graphs"):
                self._last_run = row
                names, count = _names(text)
                if not all(isinstance(number, int) for number in numbers):
                    self._database.warn("rows of the list of runs are damaged and left out")
                    continue
                step, run, graph, nodes, site = numbers
                self._runs[step] = GraphRun(step, run, graph, nodes, site, names, count)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The graphs that have nodes, in the order in which they got the first."""
        return tuple(self._graphs)

    @property
    def runs(self) -> Mapping[int, GraphRun]:
        """The runs by step."""
        return self._runs

    def nodes(self, graph: int) -> Sequence[GraphNode]:
        """The nodes of a graph in the order in which they were added; empty for one that is not known."""
        found = self._graphs.get(graph)
        return found.nodes if found is not None else ()

    def node(self, graph: int, number: int) -> GraphNode | None:
        """A node by its number."""
        found = self._graphs.get(graph)
        return found.by_number.get(number) if found is not None else None

    def whole(self, node: GraphNode) -> bool:
        """Whether a node makes what the expression at its site results in: it is the last that was built there."""
        found = self._graphs.get(node.graph)
        following = found.by_number.get(node.number + 1) if found is not None else None
        return following is None or following.site != node.site

    def named(self, graph: int, name: str) -> GraphNode | None:
        """The node that a name such as ``Mean``, ``Mean:0`` or ``^Mean`` is about."""
        found = self._graphs.get(graph)
        return found.by_name.get(node_name(name)) if found is not None else None


def node_id(graph: int, number: int) -> int:
    """One number for a node of any graph."""
    return graph << 32 | number


def split_id(id: int) -> tuple[int, int]:
    """Graph and number of a node's `node_id`."""
    return id >> 32, id & 0xFFFFFFFF


def node_name(name: str) -> str:
    """The node that a tensor's name belongs to: ``split:1`` is an output of ``split``."""
    head, colon, number = name.removeprefix("^").rpartition(":")
    return head if colon and number.isdigit() else name.removeprefix("^")


MOST_NAMES = 20
"""Of more fetches than this the list of runs has only the first."""


def names_text(names: Sequence[str]) -> str:
    """The fetches of a run as they stand in the list of runs: a JSON list, of many names cut with how many there are
    behind them."""
    shown: list[object] = [name[:200] for name in names[:MOST_NAMES]]
    return json.dumps(shown if len(names) <= MOST_NAMES else [*shown, len(names)], ensure_ascii=False)


def _names(text: object) -> tuple[tuple[str, ...], int]:
    try:
        found = json.loads(text) if isinstance(text, str) else []
    except (ValueError, RecursionError):
        found = []
    found = found if isinstance(found, list) else []
    names = tuple(one for one in found if isinstance(one, str))
    last = found[-1] if found else 0
    return names, max(last, len(names)) if isinstance(last, int) and not isinstance(last, bool) else len(names)
