"""A change of one step, made in another step."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tapeview.explain.context import Context
from tapeview.explain.questions import Change
from tapeview.trace.query import Recording, Step
from tapeview.trace.records import Op
from tapeview.views.tensors import record_of
from tapeview.views.whatif_edits import versions


def moved(recording: Recording, old: Step, new: Step, change: Change) -> Change | None:
    """The same change in another step: of the same variable, of the op in the same place, or of what such an op reads.
    None if that step has no such thing.
    """
    ops = tuple(_moved_op(old, new, seq) for seq in change.ops)
    if 0 in ops:
        return None
    tensors: list[int] = []
    context = Context(recording, new)
    for tensor in change.tensors:
        record = record_of(recording, tensor)
        if record is not None and record.variable and tensor not in old.made_by:
            tensors += versions(context, record.variable)
        else:
            there = _moved_tensor(old, new, tensor)
            tensors += [there] if there else []
    if change.tensors and not tensors:
        return None
    shapes = {one.shape for t in tensors if (one := record_of(recording, t)) is not None}
    before = record_of(recording, change.tensors[0]) if change.tensors else None
    if before is not None and shapes != {before.shape} and change.index:
        return None
    return msgspec.structs.replace(change, ops=ops, tensors=tuple(dict.fromkeys(tensors)))


def _forward(step: Step) -> list[Op]:
    return [op for op in step.ops.values() if not op.call]


def _moved_op(old: Step, new: Step, seq: int) -> int:
    """The op in the same place among those of its type; 0 if there is none."""
    op = old.ops.get(seq)
    if op is None:
        return 0
    here = [one.seq for one in _forward(old) if one.op == op.op]
    there = [one.seq for one in _forward(new) if one.op == op.op]
    place = here.index(seq) if seq in here else len(there)
    return there[place] if place < len(there) else 0


def _moved_tensor(old: Step, new: Step, tensor: int) -> int:
    maker = old.made_by.get(tensor)
    if maker is not None:
        there = new.ops.get(_moved_op(old, new, maker))
        return _at(there.outputs, old.ops[maker].outputs.index(tensor)) if there is not None else 0
    for seq, place in old.consumers.get(tensor, ()):
        there = new.ops.get(_moved_op(old, new, seq)) if not old.ops[seq].call else None
        if there is not None:
            return _at(there.inputs, place)
    return 0


def _at(several: Iterable[int], place: int) -> int:
    return dict(enumerate(several)).get(place, 0)
