"""The path of a finding through its step: stops to click through, and the edges of the graph that it takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tapeview.explain import Finding, Hop
from tapeview.trace import names
from tapeview.trace.query import Recording, Step
from tapeview.trace.records import Assigned, BackwardStep, Op

Operand = tuple[int, int]
"""An op's ``seq`` and the number of one of its inputs: an edge of the graph."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One station: where the cursor goes for it, and the part of the graph it stands at.

    ``op`` is the op's ``seq`` (0 = none), ``variable`` the variable updated and ``tensor`` what was passed on.
    """

    hop: Hop
    position: int
    op: int = 0
    variable: int = 0
    tensor: int = 0


@dataclass(frozen=True, slots=True)
class Trail:
    """``stops`` in order; ``taken`` the edges passed on the way and ``missed`` those behind a break, ``cut`` the edge
    at which the path breaks and ``cut_words`` what is written on it. ``at`` is the stop that was gone to last, -1 for
    none. ``poisoned`` are the ops (``seq``) whose results went wrong through it.
    """

    finding: Finding
    step: int
    stops: tuple[Stop, ...] = ()
    taken: tuple[Operand, ...] = ()
    missed: tuple[Operand, ...] = ()
    cut: Operand | None = None
    cut_words: str = ""
    at: int = -1
    poisoned: tuple[int, ...] = ()

    def standing(self, at: int) -> Trail:
        """The same, at another stop; a number out of range is brought into it."""
        return replace(self, at=max(0, min(at, len(self.stops) - 1)) if self.stops else -1)


def trail_of(recording: Recording, step: Step, finding: Finding, spread: tuple[int, ...] = ()) -> Trail:
    """The trail of a finding in its step.

    Args:
        spread: the ops whose results went wrong.
    """
    stops = tuple(_stop(recording, step, hop) for hop in finding.path)
    taken: list[Operand] = []
    missed: list[Operand] = []
    cut = (finding.op, finding.input) if finding.kind == "none" and finding.op and finding.input >= 0 else None
    broken = finding.kind == "none" and not finding.op
    first = stops[0] if stops else None
    if finding.kind == "none" and first is not None and first.op and (cut is None or cut[0] != first.op):
        taken += _source_edge(recording, step, first.op, finding.subject)
    for before, after in zip((None, *stops), stops, strict=False):
        edges = [edge for edge in _edges(step, before, after) if edge != cut]
        if broken:
            missed += edges
        elif cut is not None and after.op == cut[0] and not after.hop.backward:
            taken += edges
            broken = True  # what comes behind the break has nothing to pass on
        else:
            taken += edges
    edges_taken, edges_missed = tuple(dict.fromkeys(taken)), tuple(dict.fromkeys(missed))
    words = finding.cause if cut is not None else ""
    return Trail(finding, step.index, stops, edges_taken, edges_missed, cut, words, poisoned=spread)


def _stop(recording: Recording, step: Step, hop: Hop) -> Stop:
    if not hop.op:
        for position in step.positions:
            if isinstance(position.record, Assigned) and position.record.tensor == hop.tensor:
                return Stop(hop, position.index, variable=position.record.variable, tensor=hop.tensor)
        readers = step.consumers.get(hop.tensor, ())
        at = step.position_of_op.get(readers[0][0], 0) if readers else 0
        try:
            variable = recording.tensor(hop.tensor).variable
        except KeyError:
            variable = 0
        return Stop(hop, at, variable=variable, tensor=hop.tensor)
    if hop.backward:
        for index in step.backward_of_op.get(hop.op, ()):
            record = step.positions[index].record
            if isinstance(record, BackwardStep) and hop.tensor in (*record.contributions, *record.totals):
                return Stop(hop, index, hop.op, tensor=hop.tensor)
        backward = step.backward_of_op.get(hop.op, ())
        return Stop(hop, backward[0] if backward else 0, hop.op, tensor=hop.tensor)
    return Stop(hop, step.position_of_op.get(hop.op, 0), hop.op, tensor=hop.tensor)


def _edges(step: Step, before: Stop | None, after: Stop) -> list[Operand]:
    """The edges that lead to a station: for a rule that along which it sent, for an op that from the station before."""
    op = step.ops.get(after.op)
    if op is None:
        return []
    if after.hop.backward:
        for index in step.backward_of_op.get(after.op, ()):
            record = step.positions[index].record
            if isinstance(record, BackwardStep):
                for tensors in (record.contributions, record.totals):
                    if after.tensor in tensors:
                        return [(op.seq, tensors.index(after.tensor))]
        return []
    if before is None:
        return []
    came = step.ops.get(before.op)
    from_what = set(came.outputs) if came is not None and not before.hop.backward else {before.tensor}
    return [(op.seq, k) for k, tensor in enumerate(op.inputs) if tensor in from_what][:1]


def _source_edge(recording: Recording, step: Step, seq: int, subject: str) -> list[Operand]:
    """The edge by which a source enters its first op."""
    op: Op | None = step.ops.get(seq)
    labels = [names.tensor_label(recording, step, tensor) for tensor in op.inputs] if op is not None else []
    return [(seq, labels.index(subject))] if subject in labels else []
