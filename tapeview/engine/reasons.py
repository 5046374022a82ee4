"""Why a gradient is None: what a tape can tell about it while it still knows its objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tapeview.engine.op import Op

if TYPE_CHECKING:
    from tapeview.engine.tape import Entry, GradientTape

NOT_WATCHED = "not watched"
NOT_TRAINABLE = "not trainable"
INTEGER = "integer dtype"
NOT_CONNECTED = "not connected to the target"
STOPPED = "stopped"
OUTSIDE = "computed outside the tape"


def why_none(tape: GradientTape, source: Any, targets: Sequence[Any]) -> tuple[str, int]:
    """The reason, and the ``seq`` of the op at which the path to the target breaks (0 if none can be named)."""
    if source._array.dtype.kind not in "fc":
        return INTEGER, 0
    entries = tape._entries
    ends = {id(getattr(t, "_base", t)) for t in targets}
    base = getattr(source, "_base", None)
    if base is None:
        if id(source) not in tape._tracked:
            inside = any(source is o for e in entries for o in e[4])
            return (OUTSIDE, 0) if isinstance(source._origin, Op) and not inside else (NOT_WATCHED, 0)
        starts = {id(source)}
    else:
        if id(base) not in tape._watched:
            if not base._trainable:
                return NOT_TRAINABLE, 0
            if not tape._watch_accessed:
                return NOT_WATCHED, 0
        # Ops that ran while recording was stopped read the variable without its being watched.
        starts = {id(t) for e in entries for t in e[3] if t._origin is base}
    reason, seq = _where_it_breaks(entries, starts, ends)
    if reason == NOT_CONNECTED and not seq and _computed_outside(entries, targets, base):
        return OUTSIDE, 0
    return reason, seq


def _computed_outside(entries: Sequence[Entry], targets: Sequence[Any], variable: Any) -> bool:
    """True if the target is an op's result that the tape does not know; or if the variable was read outside, and the
    target depends on such a result."""
    produced = {id(o) for e in entries for o in e[4]}
    if any(isinstance(t._origin, Op) and id(t) not in produced for t in targets if not hasattr(t, "_base")):
        return True
    if variable is None or not variable._value._read_outside:
        return False
    leads_to_target = {id(getattr(t, "_base", t)) for t in targets}
    for entry in reversed(entries):
        if any(id(o) in leads_to_target for o in entry[4]):
            if any(isinstance(t._origin, Op) and id(t) not in produced for t in entry[3]):
                return True
            leads_to_target.update(id(i) for i in entry[3])
    return False


def _where_it_breaks(entries: Sequence[Entry], starts: set[int], ends: set[int]) -> tuple[str, int]:
    leads_to_target = set(ends)
    for entry in reversed(entries):
        if any(id(o) in leads_to_target for o in entry[4]):
            leads_to_target.update(id(i) for i in entry[3])
    reached = set(starts)
    for entry in entries:
        inputs = [t for t in entry[3] if id(t) in reached]
        if not inputs:
            continue
        if any(_passes(entry, t) for t in inputs):
            reached.update(id(o) for o in entry[4])
        elif any(id(o) in leads_to_target for o in entry[4]):
            return _reason_of(entry, inputs), entry[1]
    return NOT_CONNECTED, 0


def _passes(entry: Entry, tensor: Any) -> bool:
    op, inputs, outputs, stopped = entry[2], entry[3], entry[4], entry[10]
    if stopped or not op.differentiable or not _floating([tensor]) or not _floating(outputs):
        return False
    if op.vjp_all is not None or not op.vjps:
        return True
    return any(rule is not None for rule, t in zip(op.vjps, inputs, strict=False) if t is tensor)


def _reason_of(entry: Entry, inputs: Sequence[Any]) -> str:
    op: Op = entry[2]
    if entry[10] or op.name == "StopGradient":
        return STOPPED
    if any(t._array.dtype.kind in "iu" for t in (*inputs, *entry[4])):
        return INTEGER
    return NOT_CONNECTED


def _floating(tensors: Iterable[Any]) -> bool:
    return any(t._array.dtype.kind in "fc" for t in tensors)
