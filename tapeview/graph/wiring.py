"""Who feeds whom in a step: ops by number and what they read. Fast enough for 100,000 ops; no networkx yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from tapeview.trace.query import Step
from tapeview.trace.records import Op, Tensor

MANY_READERS = 12


@dataclass(frozen=True, slots=True)
class Leaf:
    """What no op of the picture made. ``kind`` is ``"variable"`` (``id`` is the variable's), ``"constant"`` or
    ``"outside"`` (``id`` is the tensor's). ``tensor`` is the first tensor read from it, ``used_by`` the number of the
    op that did. ``copy`` is 0, or for one of several stand-ins of a constant that many ops read (each has its own,
    which spares the picture a fan of long edges) the number of its one reader plus 1.
    """

    kind: str
    id: int
    tensor: int
    used_by: int
    copy: int = 0


@dataclass(frozen=True, slots=True)
class Wiring:
    """The ops of a tape in the order of execution. ``inputs`` has one entry per op and operand: the number of the op
    that made it, or ``-1 - k`` for leaf ``k``. ``number_of`` goes from ``Op.seq`` to the op's number.
    """

    ops: tuple[Op, ...]
    inputs: tuple[tuple[int, ...], ...]
    leaves: tuple[Leaf, ...]
    number_of: dict[int, int]


def wire(step: Step, tape: int, tensor: Callable[[int], Tensor]) -> Wiring:
    """Connect the ops that ``tape`` recorded (0: all ops of the step, also those that ran while recording was stopped).

    ``tensor`` looks a tensor's record up and raises KeyError for one that is not in the recording.
    """
    ops = tuple(op for op in step.ops.values() if not tape or tape in op.tapes)
    number_of = {op.seq: number for number, op in enumerate(ops)}
    maker: dict[int, int] = {}
    leaves: list[Leaf] = []
    leaf_of: dict[tuple[str, int], int] = {}
    inputs: list[tuple[int, ...]] = []
    for number, op in enumerate(ops):
        row = []
        for id in op.inputs:
            source = maker.get(id)
            if source is None:
                kind, owner = _origin(step, id, tensor)
                source = leaf_of.get((kind, owner))
                if source is None:
                    source = leaf_of[kind, owner] = -1 - len(leaves)
                    leaves.append(Leaf(kind, owner, id, number))
                maker[id] = source
            row.append(source)
        inputs.append(tuple(row))
        for id in op.outputs:
            maker.setdefault(id, number)
    _copy_popular(leaves, inputs, step)
    return Wiring(ops, tuple(inputs), tuple(leaves), number_of)


def _copy_popular(leaves: list[Leaf], inputs: list[tuple[int, ...]], step: Step) -> None:
    """Gives each op its own stand-in of a constant that more than ``MANY_READERS`` ops read. Watched ones stay whole:
    their gradients come together in them."""
    readers = Counter(source for row in inputs for source in set(row) if source < 0)
    popular = {
        source
        for source, count in readers.items()
        if count > MANY_READERS
        and leaves[-1 - source].kind != "variable"
        and leaves[-1 - source].tensor not in step.watched
    }
    if not popular:
        return
    given = set()
    for number, row in enumerate(inputs):
        if popular.isdisjoint(row):
            continue
        own: dict[int, int] = {}
        for source in popular.intersection(row):
            if source in given:
                own[source] = -1 - len(leaves)
                leaves.append(replace(leaves[-1 - source], used_by=number, copy=number + 1))
            else:
                given.add(source)  # the first reader keeps the original
        inputs[number] = tuple(own.get(source, source) for source in row)


def _origin(step: Step, id: int, tensor: Callable[[int], Tensor]) -> tuple[str, int]:
    try:
        record = tensor(id)
    except KeyError:
        return "outside", id
    if record.origin == "variable" and record.variable:
        return "variable", record.variable
    return ("constant" if record.origin == "constant" else "outside"), id
