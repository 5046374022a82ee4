"""What of the graph has happened at a place of the cursor, as arrays over its nodes and edges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tapeview.graph.build import TapeGraph
from tapeview.trace.query import Position, Recording, Step
from tapeview.trace.records import Assigned, BackwardStep, Op, Tensor
from tapeview.views import numbers
from tapeview.views.graph_face import scalar_text
from tapeview.views.graph_values import magnitude, spoiled
from tapeview.views.text import tr

Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]
Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

SPOILED = ("", "Inf", "NaN")
UNKNOWN = -1.0
"""The norm of a gradient of which neither value nor statistics are in the recording."""


@dataclass(frozen=True, slots=True)
class State:
    """The graph at one place of the cursor.

    Per node: ``executed``; ``bad`` (its value, as far as executed, holds NaN or Inf); ``passed`` (its rule was
    applied in the gradient call being looked at), ``silent`` (that call never reaches it). Per edge: ``norms`` of the
    gradient that ran back along it (NaN: none so far, ``UNKNOWN``: its value was not kept), ``weights`` how wide that
    is drawn, ``bad_edges`` (its place in ``SPOILED``), ``running`` (it moves at this very position), ``coming`` (at
    the next one), ``lit`` (what the current op reads in the forward pass). ``current`` is a node or -1; ``caption`` is
    its second line. ``absent`` are nodes of a deferred graph that take no part in the run.
    """

    phase: str
    call: int
    current: int
    caption: str
    executed: Flags
    bad: Flags
    passed: Flags
    silent: Flags
    norms: Floats
    weights: Floats
    bad_edges: Codes
    running: Flags
    coming: Flags
    lit: Flags
    absent: Flags
    position: int

    def norm_text(self, edge: int) -> str:
        """The norm of an edge's gradient as the picture shows it."""
        if self.norms[edge] == UNKNOWN:
            return tr("not kept")
        return SPOILED[self.bad_edges[edge]] or numbers.number(float(self.norms[edge]), 3)


class States(Protocol):
    """What works out states of one graph."""

    def at(self, index: int) -> State:
        """The state when the event at position ``index`` has just happened."""
        ...

    def total(self, number: int, call: int, index: int) -> int:
        """The tensor of the gradient of a node's output in a gradient call so far; 0 if nothing has arrived."""
        ...


def differences(before: State, after: State) -> tuple[Indices, Indices]:
    """The nodes and the edges that look different in two states of one graph."""
    nodes = (before.executed != after.executed) | (before.passed != after.passed) | (before.silent != after.silent)
    nodes |= (before.bad != after.bad) | (before.absent != after.absent)
    for state in (before, after):
        if state.current >= 0:
            nodes[state.current] = True
    edges = (before.running != after.running) | (before.coming != after.coming) | (before.lit != after.lit)
    edges |= (before.bad_edges != after.bad_edges) | (before.weights != after.weights)
    edges |= ~np.isclose(before.norms, after.norms, rtol=0.0, atol=0.0, equal_nan=True)
    return np.flatnonzero(nodes), np.flatnonzero(edges)


@dataclass(slots=True)
class _Call:
    """A gradient call on the visible graph: which edge gets which norm at which position."""

    positions: Indices
    edges: Indices
    norms: Floats
    bad: Codes
    smallest: float
    largest: float
    """Over the whole call, so that widths do not change while one steps through it; at most six decades apart."""
    node_first: Indices
    """Per node the position at which its rule is first applied; beyond all positions if never."""

    def weigh(self, norms: Floats) -> Floats:
        """The norms on a logarithmic scale from 0 to 1."""
        if not self.largest > 0:
            return np.zeros(len(norms))
        if self.largest <= self.smallest * 1.0001:
            return np.where(norms > 0, 0.35, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.log(np.maximum(norms, 0.0) / self.smallest) / np.log(self.largest / self.smallest)
        found: Floats = np.clip(np.nan_to_num(share, nan=0.0, neginf=0.0, posinf=1.0), 0.0, 1.0)
        return found


@dataclass(slots=True)
class StateMaker:
    """Works out states of one graph. What does not depend on the cursor is worked out once."""

    recording: Recording
    step: Step
    graph: TapeGraph
    _calls: dict[int, _Call] = field(default_factory=dict)
    _node_position: Indices = field(init=False)
    _bad: Flags = field(init=False)
    _edge_of: dict[tuple[int, int], int] = field(init=False)
    _never: int = field(init=False)

    def __post_init__(self) -> None:
        step, graph = self.step, self.graph
        self._edge_of = {operand: number for number, edge in enumerate(graph.edges) for operand in edge.operands}
        self._never = len(step.positions)
        at = step.position_of_op
        ops = graph.wiring.ops
        when = [0] * len(graph.nodes)
        bad = np.zeros(len(graph.nodes), bool)
        seen = [id for op in ops for id in op.outputs] + [node.tensor for node in graph.nodes if node.leaf]
        rotten = spoiled(record for id in seen if (record := self._tensor(id)) is not None)
        for number, node in enumerate(graph.nodes):
            if node.leaf:
                continue
            when[number] = at.get(ops[node.start].seq, 0)
            bad[number] = any(id in rotten for op in ops[node.start : node.stop] for id in op.outputs)
        # A leaf is there when the first op that reads it runs.
        for edge in reversed(graph.edges):
            if graph.nodes[edge.source].leaf:
                when[edge.source] = at.get(edge.operands[0][0], 0)
        for number, node in enumerate(graph.nodes):
            if node.leaf:
                bad[number] = node.tensor in rotten
        self._node_position, self._bad = np.array(when, np.intp), bad

    def at(self, index: int) -> State:
        """The state when the event at position ``index`` has just happened."""
        graph, step = self.graph, self.step
        nodes, edges = len(graph.nodes), len(graph.edges)
        position = step.positions[index] if 0 <= index < len(step.positions) else None
        executed = self._node_position <= index
        if position is None:
            executed = np.full(nodes, bool(not step.positions))
        call = self._call_at(position)
        passed, silent = np.zeros(nodes, bool), np.zeros(nodes, bool)
        weights = np.zeros(edges)
        norms, bad_edges = np.full(edges, np.nan), np.zeros(edges, np.int8)
        running, coming, lit = np.zeros(edges, bool), np.zeros(edges, bool), np.zeros(edges, bool)
        current, caption = self._current(position)
        if call:
            found = self._of_call(call)
            done = found.positions <= index
            np.fmax.at(norms, found.edges[done], found.norms[done])
            weights = found.weigh(norms)
            np.maximum.at(bad_edges, found.edges[done], found.bad[done])
            running[found.edges[found.positions == index]] = True
            later = found.positions[found.positions > index]
            if later.size and position is not None and position.phase == "backward":
                coming[found.edges[found.positions == later.min()]] = True
            passed = found.node_first <= index
            silent = found.node_first >= self._never
            for number, node in enumerate(graph.nodes):
                if node.leaf:
                    silent[number] = False
        if position is not None and isinstance(position.record, Op) and current >= 0:
            for operand in range(len(position.record.inputs)):
                edge = self._edge_of.get((position.record.seq, operand), -1)
                if edge >= 0:
                    lit[edge] = True
        return State(
            position.phase if position is not None else "",
            call,
            current,
            caption,
            executed,
            self._bad & executed,
            passed,
            silent,
            norms,
            weights,
            bad_edges,
            running,
            coming,
            lit,
            np.zeros(nodes, bool),
            index,
        )

    def total(self, number: int, call: int, index: int) -> int:
        """The tensor id of the gradient of node ``number``'s (first) output in ``call`` so far; 0 if nothing has
        arrived.
        """
        found = self.step.calls.get(call)
        if found is None:
            return 0
        at = {id(p.record): p.index for p in self.step.positions if isinstance(p.record, BackwardStep)}
        wanted = {operand for edge in self.graph.edges if edge.source == number for operand in edge.operands}
        tensor = 0
        node = self.graph.nodes[number]
        for seed, target in zip(found.started.seeds, found.started.targets, strict=False):
            if target == node.tensor:
                tensor = seed
        for record in found.steps:
            if at.get(id(record), self._never) > index:
                break
            for operand, total in enumerate(record.totals):
                if total and (record.op, operand) in wanted:
                    tensor = total
            if node.kind == "op" and record.op == node.key[1] and record.upstream and record.upstream[0]:
                tensor = record.upstream[0]
        return tensor

    # -- inner -------------------------------------------------------------------------------------------------------

    def _tensor(self, id: int) -> Tensor | None:
        found = self.step.tensors.get(id)
        if found is None and id:
            try:
                found = self.recording.tensor(id)
            except KeyError:
                return None
        return found

    def _call_at(self, position: Position | None) -> int:
        """The gradient call to show: the running one; in the updates, the last one."""
        if position is None or position.phase == "forward":
            return 0
        record = position.record
        if isinstance(record, BackwardStep | Op):
            return record.call
        for earlier in reversed(self.step.positions[: position.index]):
            if isinstance(earlier.record, BackwardStep):
                return earlier.record.call
        return 0

    def _current(self, position: Position | None) -> tuple[int, str]:
        if position is None:
            return -1, ""
        record, graph = position.record, self.graph
        if isinstance(record, Assigned):
            value = scalar_text(self.recording, record.tensor)
            caption = tr("updated to {value}").format(value=value) if value else tr("updated")
            return graph.number.get(("var", record.variable), -1), caption
        seq = record.op if isinstance(record, BackwardStep) else record.seq
        number = graph.node_of(seq)
        if number < 0:
            return -1, ""
        if isinstance(record, BackwardStep):
            words = tr("stepping back · {number} of {count}")
            return number, words.format(number=position.number, count=position.count)
        node = graph.nodes[number]
        if node.kind == "group":
            inside = graph.wiring.number_of[seq] - node.start + 1
            return number, tr("{op} · {number} of {count}").format(
                op=record.op, number=inside, count=node.stop - node.start
            )
        return number, ""

    def _of_call(self, call: int) -> _Call:
        if call not in self._calls:
            self._calls[call] = self._read_call(call)
        return self._calls[call]

    def _read_call(self, call: int) -> _Call:
        positions, edges, norms, bad = [], [], [], []
        first = np.full(len(self.graph.nodes), self._never, np.intp)
        for position in self.step.positions:
            record = position.record
            if not isinstance(record, BackwardStep) or record.call != call:
                continue
            node = self.graph.node_of(record.op)
            if node >= 0:
                first[node] = min(first[node], position.index)
            for operand, id in enumerate(record.contributions):
                edge = self._edge_of.get((record.op, operand), -1)
                tensor = self._tensor(id) if id and edge >= 0 else None
                if not id or edge < 0:
                    continue
                norm, spoiled = magnitude(tensor) if tensor is not None else (float("nan"), "")
                positions.append(position.index)
                edges.append(edge)
                norms.append(UNKNOWN if np.isnan(norm) else norm)
                bad.append(SPOILED.index(spoiled))
        some = [norm for norm in norms if norm > 0]
        largest = max(some, default=0.0)
        return _Call(
            np.array(positions, np.intp),
            np.array(edges, np.intp),
            np.array(norms, np.float64),
            np.array(bad, np.int8),
            max(min(some, default=0.0), largest * 1e-6),
            largest,
            first,
        )
