"""Who feeds whom in a step: ops by number and what they read. Fast enough for 100,000 ops; no networkx yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tapeview.trace.query import Step
from tapeview.trace.records import Op, Tensor


@dataclass(frozen=True, slots=True)
class Leaf:
    """What no op of the picture made. ``kind`` is ``"variable"`` (``id`` is the variable's), ``"constant"`` or
    ``"outside"`` (``id`` is the tensor's). ``tensor`` is the first tensor read from it, ``used_by`` the number of the
    op that did.
    """

    kind: str
    id: int
    tensor: int
    used_by: int


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
    return Wiring(ops, tuple(inputs), tuple(leaves), number_of)


def _origin(step: Step, id: int, tensor: Callable[[int], Tensor]) -> tuple[str, int]:
    try:
        record = tensor(id)
    except KeyError:
        return "outside", id
    if record.origin == "variable" and record.variable:
        return "variable", record.variable
    return ("constant" if record.origin == "constant" else "outside"), id
