"""One step of a recording, indexed: its positions, tapes, ops and gradient calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from tapeview.trace.graph_records import NodeRan, RunFinished, RunStarted
from tapeview.trace.records import (
    Assigned,
    BackwardStep,
    GradientFinished,
    GradientStarted,
    Op,
    Record,
    ScopeOpened,
    TapeClosed,
    TapeOpened,
    Tensor,
    Variable,
    Watched,
)
from tapeview.trace.update_records import Outside

Change = Variable | Watched | Assigned | GradientFinished

_MOST_SCOPES = 100
"""Deeper ones are not looked for: a damaged file may name a scope its own parent."""

FORWARD, BACKWARD, UPDATE = "forward", "backward", "update"


class Position(msgspec.Struct, frozen=True, gc=False):
    """A place of the cursor: the event that has just been executed.

    ``index`` counts from 0 inside the step. ``number`` counts from 1 inside the run of positions of one phase, which
    has ``count`` of them. ``at`` is the place of ``record`` in ``Step.records``.
    """

    index: int
    phase: str
    record: Op | BackwardStep | Assigned
    number: int
    count: int
    at: int


@dataclass(frozen=True, slots=True)
class TapeView:
    """A tape of a step. ``start`` and ``stop`` are places in ``Step.records``; ``stop`` is None while it is open.

    A tape that was opened again has its first opening here. ``watched`` is in the order in which watching began.
    """

    id: int
    persistent: bool
    watch_accessed: bool
    thread: int
    parents: tuple[int, ...]
    site: int
    start: int
    stop: int | None
    watched: tuple[Watched, ...]


@dataclass(slots=True)
class GradientCall:
    """A call of ``tape.gradient``: how it began, the rules that were applied, and its end (None while it runs)."""

    started: GradientStarted
    steps: tuple[BackwardStep, ...] = ()
    finished: GradientFinished | None = None


@dataclass(slots=True)
class Run:
    """The run of a deferred graph that a step is: how it began, which nodes were evaluated, each with the place of its
    record, and its end (None while it runs)."""

    started: RunStarted
    ran: list[tuple[int, NodeRan]]
    finished: RunFinished | None = None


@dataclass(frozen=True)
class Step:
    """The records of one step and where things stand in them.

    ``ops`` goes by ``Op.seq``, ``calls`` by call id, ``made_by`` from a tensor's id to the ``seq`` of the op whose
    output it is. ``watched`` holds the ids of watched tensors, ``watched_variables`` those of watched variables.
    ``variable_tensors`` maps the tensors written in this step that are versions of variables to these. ``changes``
    are the records that say something about variables, each with its place in ``records``. ``scopes`` goes by id.
    ``run`` is the run of a deferred graph, if the step is one. ``outside`` are the ops outside of every tape that an
    update was computed with.
    """

    index: int
    records: tuple[Record, ...]
    positions: tuple[Position, ...]
    tapes: tuple[TapeView, ...]
    ops: dict[int, Op]
    calls: dict[int, GradientCall]
    made_by: dict[int, int]
    watched: frozenset[int] = frozenset()
    watched_variables: frozenset[int] = frozenset()
    variable_tensors: dict[int, int] = field(default_factory=dict)
    changes: tuple[tuple[int, Change], ...] = ()
    scopes: dict[int, ScopeOpened] = field(default_factory=dict)
    run: Run | None = None
    outside: tuple[Outside, ...] = ()

    def scope_of(self, op: Op) -> tuple[ScopeOpened, ...]:
        """The scopes in which an op ran, outermost first; () if in none."""
        path: list[ScopeOpened] = []
        scope = self.scopes.get(op.scope)
        while scope is not None and len(path) < _MOST_SCOPES:
            path.append(scope)
            scope = self.scopes.get(scope.parent)
        return tuple(reversed(path))

    def phases(self) -> Sequence[tuple[str, int, int]]:
        """The runs of positions of one phase: (phase, first position, position after the last)."""
        return self._phases

    @cached_property
    def _phases(self) -> tuple[tuple[str, int, int], ...]:
        starts = [position.index for position in self.positions if position.number == 1]
        return tuple((self.positions[start].phase, start, start + self.positions[start].count) for start in starts)

    @cached_property
    def tensors(self) -> Mapping[int, Tensor]:
        """The records of the tensors written in this step, by id."""
        return {record.id: record for record in self.records if isinstance(record, Tensor)}

    @cached_property
    def sites(self) -> frozenset[int]:
        """The call sites of the ops."""
        return frozenset(op.site for op in self.ops.values())

    @cached_property
    def consumers(self) -> dict[int, tuple[tuple[int, int], ...]]:
        """For each tensor id, the (``Op.seq``, input number) pairs that read it, in order."""
        found: dict[int, list[tuple[int, int]]] = {}
        for seq, op in self.ops.items():
            for number, tensor in enumerate(op.inputs):
                found.setdefault(tensor, []).append((seq, number))
        return {tensor: tuple(places) for tensor, places in found.items()}

    @cached_property
    def made_outside(self) -> dict[int, Outside]:
        """For each tensor id, the op outside of every tape that made it."""
        return {tensor: op for op in self.outside for tensor in op.outputs}

    @cached_property
    def read_outside(self) -> dict[int, tuple[Outside, int]]:
        """For each tensor id, the first op outside of every tape that read it, and the number of the input."""
        found: dict[int, tuple[Outside, int]] = {}
        for op in self.outside:
            for number, tensor in enumerate(op.inputs):
                found.setdefault(tensor, (op, number))
        return found

    @cached_property
    def position_of_op(self) -> dict[int, int]:
        """For each ``Op.seq``, the index of the position at which it ran."""
        return {p.record.seq: p.index for p in self.positions if isinstance(p.record, Op)}

    @cached_property
    def backward_of_op(self) -> dict[int, tuple[int, ...]]:
        """For each ``Op.seq``, the indices of the positions at which its rule was applied."""
        found: dict[int, list[int]] = {}
        for position in self.positions:
            if isinstance(position.record, BackwardStep):
                found.setdefault(position.record.op, []).append(position.index)
        return {seq: tuple(places) for seq, places in found.items()}


def build_step(index: int, records: Iterable[Record]) -> Step:
    """Index the records of step ``index``."""
    records = tuple(records)
    events: list[tuple[int, str, Op | BackwardStep | Assigned]] = []
    ops: dict[int, Op] = {}
    made_by: dict[int, int] = {}
    calls: dict[int, GradientCall] = {}
    applied: dict[int, list[BackwardStep]] = {}
    opened: dict[int, tuple[int, TapeOpened]] = {}
    closed: dict[int, int] = {}
    watches: dict[int, list[Watched]] = {}
    variable_tensors: dict[int, int] = {}
    changes: list[tuple[int, Change]] = []
    scopes: dict[int, ScopeOpened] = {}
    outside: list[Outside] = []
    run: Run | None = None
    record: Any
    for at, record in enumerate(records):
        kind = type(record)
        if kind is Tensor:
            if record.variable:
                variable_tensors[record.id] = record.variable
        elif kind is Op:
            events.append((at, BACKWARD if record.call else FORWARD, record))
            ops[record.seq] = record
            for tensor in record.outputs:
                made_by[tensor] = record.seq
        elif kind is BackwardStep:
            events.append((at, BACKWARD, record))
            applied.setdefault(record.call, []).append(record)
        elif kind is Assigned:
            events.append((at, UPDATE, record))
            changes.append((at, record))
        elif kind is Variable:
            changes.append((at, record))
        elif kind is Watched:
            changes.append((at, record))
            watches.setdefault(record.tape, []).append(record)
        elif kind is TapeOpened:
            opened.setdefault(record.tape, (at, record))
            closed.pop(record.tape, None)
        elif kind is TapeClosed:
            closed[record.tape] = at
        elif kind is ScopeOpened:
            scopes[record.scope] = record
        elif kind is NodeRan:
            if run is not None:
                run.ran.append((at, record))
        elif kind is Outside:
            outside.append(record)
        elif kind is RunStarted:
            run = run or Run(record, [])
        elif kind is RunFinished:
            if run is not None:
                run.finished = record
        elif kind is GradientStarted:
            calls[record.call] = GradientCall(record)
        elif kind is GradientFinished:
            changes.append((at, record))
            if record.call in calls:
                calls[record.call].finished = record
    for call, steps in applied.items():
        if call in calls:
            calls[call].steps = tuple(steps)
    tapes = tuple(
        TapeView(
            tape,
            record.persistent,
            record.watch_accessed,
            record.thread,
            record.parents,
            record.site,
            at,
            closed.get(tape),
            tuple(watches.get(tape, ())),
        )
        for tape, (at, record) in opened.items()
    )
    everything = [watched for several in watches.values() for watched in several]
    return Step(
        index,
        records,
        _positions(events),
        tapes,
        ops,
        calls,
        made_by,
        frozenset(watched.tensor for watched in everything if watched.tensor),
        frozenset(watched.variable for watched in everything if watched.variable),
        variable_tensors,
        tuple(changes),
        scopes,
        run,
        tuple(outside),
    )


def _positions(events: list[tuple[int, str, Op | BackwardStep | Assigned]]) -> tuple[Position, ...]:
    """Positions, with their numbers inside runs of the same phase."""
    positions: list[Position] = []
    start = 0
    while start < len(events):
        phase = events[start][1]
        stop = start + 1
        while stop < len(events) and events[stop][1] == phase:
            stop += 1
        positions += [
            Position(index, phase, events[index][2], index - start + 1, stop - start, events[index][0])
            for index in range(start, stop)
        ]
        start = stop
    return tuple(positions)
