"""Who made, who used, who sent: look-ups inside one step, worked out once per step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from tapeview.trace.query import Step
from tapeview.trace.records import Assigned, BackwardStep, Op


class Sent(NamedTuple):
    """What one backward step sent to one input: at which position, to which argument of which op."""

    position: int
    record: BackwardStep
    argument: int

    @property
    def contribution(self) -> int:
        return self.record.contributions[self.argument] if self.argument < len(self.record.contributions) else 0

    @property
    def total(self) -> int:
        return self.record.totals[self.argument] if self.argument < len(self.record.totals) else 0


@dataclass(slots=True)
class StepIndex:
    """``op_position`` and ``op_number`` (from 1, forward ops only) by seq; ``backward`` the backward steps of an op
    by seq;
    ``consumers`` the ops that read a tensor as (seq, argument); ``assigned`` the position of an update by the new
    tensor id."""

    op_position: dict[int, int] = field(default_factory=dict)
    op_number: dict[int, int] = field(default_factory=dict)
    backward: dict[int, list[tuple[int, BackwardStep]]] = field(default_factory=dict)
    consumers: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)
    assigned: dict[int, int] = field(default_factory=dict)

    def sent_to(self, tensor: int, call: int) -> list[Sent]:
        """Every backward step of a gradient call that reached ``tensor`` as an input, in order."""
        found = []
        for seq, argument in self.consumers.get(tensor, ()):
            for position, record in self.backward.get(seq, ()):
                if record.call == call:
                    found.append(Sent(position, record, argument))
        found.sort(key=lambda sent: (sent.position, sent.argument))
        return found


def index_of(step: Step) -> StepIndex:
    """The look-ups of ``step``. The last few steps are remembered."""
    return _index(_ById(step))


class _ById:
    """A key that compares steps by identity: a step that has grown is another object."""

    __slots__ = ("step",)

    def __init__(self, step: Step) -> None:
        self.step = step

    def __hash__(self) -> int:
        return id(self.step)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.step is self.step


@lru_cache(maxsize=8)
def _index(key: _ById) -> StepIndex:
    index = StepIndex(consumers=key.step.consumers)
    for position in key.step.positions:
        record = position.record
        if isinstance(record, Op):
            index.op_position[record.seq] = position.index
            if record.call == 0:
                index.op_number[record.seq] = len(index.op_number) + 1
        elif isinstance(record, BackwardStep):
            index.backward.setdefault(record.op, []).append((position.index, record))
        else:
            assert isinstance(record, Assigned)
            index.assigned[record.tensor] = position.index
    return index
