"""Which node of its graph each position of a run belongs to, and what nodes have made by then; worked out once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from tapeview.trace.graph_records import GraphNode
from tapeview.trace.query import Recording, Step
from tapeview.trace.records import BackwardStep, Op
from tapeview.trace.step import Run


@dataclass(slots=True)
class RunIndex:
    """A run of a deferred graph.

    Attributes:
        graph: the graph's number; ``newest`` the number of its newest node when the run began.
        nodes: for each position of the step the number of the node that it is part of, 0 if that is not known.
        needed: the nodes that the fetches need, and those that ran.
        fed: (node, output) of what was fed, with the tensor.
        fetched: the nodes that were asked for.
        ran_as: for ops, by ``Op.seq``, their node.
    """

    graph: int
    newest: int
    nodes: list[int] = field(default_factory=list)
    needed: frozenset[int] = frozenset()
    fed: dict[tuple[int, int], int] = field(default_factory=dict)
    fetched: frozenset[int] = frozenset()
    ran_as: dict[int, int] = field(default_factory=dict)
    _first: dict[int, int] = field(default_factory=dict)
    _done: dict[int, list[tuple[int, tuple[int, ...]]]] = field(default_factory=dict)

    def begins(self, node: int) -> int:
        """The position at which a node is first seen at work; -1 if it is not."""
        return self._first.get(node, -1)

    def positions(self, node: int) -> list[int]:
        """The positions that are part of a node."""
        return [index for index, one in enumerate(self.nodes) if one == node]

    def outputs(self, node: int, position: int) -> tuple[int, ...]:
        """What a node has made last by a position: tensors, 0 for none; () if it has not run by then."""
        done = self._done.get(node, [])
        place = bisect_right(done, position, key=lambda one: one[0])
        return done[place - 1][1] if place else ()

    def comes(self, node: int) -> int:
        """The position by which a node has run for the first time; -1 if it never does."""
        done = self._done.get(node)
        return done[0][0] if done else -1


def run_index(recording: Recording, step: Step | None) -> RunIndex | None:
    """The run that a step is; None if it is none. The last few are remembered."""
    return None if step is None or step.run is None else _index(_ById(recording, step))


class _ById:
    """A key that compares steps by identity: a step that has grown is another object."""

    __slots__ = ("recording", "step")

    def __init__(self, recording: Recording, step: Step) -> None:
        self.recording, self.step = recording, step

    def __hash__(self) -> int:
        return id(self.step)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.step is self.step


@lru_cache(maxsize=8)
def _index(key: _ById) -> RunIndex:
    recording, step = key.recording, key.step
    run = step.run
    assert run is not None
    found = RunIndex(run.started.graph, run.started.nodes, [0] * len(step.positions))
    found.fed = {(fed.node, fed.output): fed.tensor for fed in run.started.fed}
    found._first = dict.fromkeys((fed.node for fed in run.started.fed), 0)
    _place(found, step, run)
    _place_rest(found, recording, step, run)
    for index, node in enumerate(found.nodes):
        if node:
            found._first.setdefault(node, index)
        record = step.positions[index].record
        if isinstance(record, Op):
            found.ran_as[record.seq] = node
    asked = [recording.graphs.named(found.graph, name) for name in run.started.fetches]
    found.fetched = frozenset(node.number for node in asked if node is not None)
    found.needed = _needed(recording, found, [node for node in asked if node is not None]) | found._done.keys()
    for number in found.needed:
        one = recording.graphs.node(found.graph, number)
        if one is not None and one.value:
            found._first[number] = 0
            found._done[number] = [(0, (one.value,))]
    return found


def _place(found: RunIndex, step: Step, run: Run) -> None:
    """What happened since the node before belongs to a node; one without positions has run by the next one."""
    places = [position.at for position in step.positions]
    before = 0
    for at, ran in run.ran:
        until = bisect_left(places, at)
        for index in range(before, until):
            found.nodes[index] = ran.node
        last = until - 1 if until > before else min(until, max(0, len(places) - 1))
        if until == before:
            found._first.setdefault(ran.node, last)
        found._done.setdefault(ran.node, []).append((last, ran.outputs))
        before = max(before, until)


def _place_rest(found: RunIndex, recording: Recording, step: Step, run: Run) -> None:
    """Positions of a node that has not ended: it raised, or the script is held in it."""
    last = run.ran[-1][0] if run.ran else -1
    graphs = recording.graphs
    rest = [position for position in step.positions if position.at > last]
    if not rest:
        return
    seqs = {p.record.seq: p.index for p in step.positions if isinstance(p.record, Op)}
    for position in rest:
        record = position.record
        if isinstance(record, Op):
            scopes = [scope for scope in step.scope_of(record) if scope.kind == "node"]
            node = graphs.named(found.graph, scopes[-1].name) if scopes else None
            found.nodes[position.index] = node.number if node is not None else 0
        elif isinstance(record, BackwardStep) and record.op in seqs:
            served = found.nodes[seqs[record.op]]
            waiting = (
                node.number
                for node in graphs.nodes(found.graph)
                if node.serves == served and node.number not in found._done
            )
            found.nodes[position.index] = next(waiting, 0) if served else 0


def _needed(recording: Recording, found: RunIndex, asked: Sequence[GraphNode]) -> frozenset[int]:
    """The nodes that lead to what was asked for; what is fed needs nothing."""
    given: set[int] = set()
    seen: set[int] = set()
    waiting = [node.number for node in asked]
    while waiting:
        number = waiting.pop()
        node = recording.graphs.node(found.graph, number)
        if number in seen or node is None:
            continue
        seen.add(number)
        for source, output in node.inputs:
            (given.add if (source, output) in found.fed else waiting.append)(source)
        waiting += node.controls
    return frozenset(seen | given)
