"""Places to run to, and where they are in a recording."""

from __future__ import annotations

from pathlib import PurePath

from tapeview.protocol import StepTo
from tapeview.trace.graph_records import GraphNode
from tapeview.trace.graphs import split_id
from tapeview.trace.query import Recording, Step
from tapeview.trace.records import BackwardStep, Frame, Op
from tapeview.views.run_index import run_index
from tapeview.views.workspace import Workspace

FAR = 3
"""Training steps that are looked through for a place."""


def of_selection(workspace: Workspace) -> StepTo | None:
    """The next time that the selected op (else the cursor's, or its rule) is executed; None where there is none."""
    step, recording, position = workspace.step, workspace.recording, workspace.position
    kind, id = workspace.selection
    if recording is not None and kind == "node":
        node = recording.graphs.node(*split_id(id))
        frames = recording.frames(node.site) if node is not None else ()
        return _at("line", recording, frames[0]) if frames else None
    if step is None or recording is None:
        return None
    if kind == "op" and id in step.ops:
        return _of_op(recording, step.ops[id])
    if kind == "tensor" and id in step.made_by:
        return _of_op(recording, step.ops[step.made_by[id]])
    record = position.record if position is not None else None
    if isinstance(record, Op):
        return _of_op(recording, record)
    if isinstance(record, BackwardStep) and record.op in step.ops:
        return _of_op(recording, step.ops[record.op], backward=True)
    return None


def node_of_selection(workspace: Workspace) -> GraphNode | None:
    """The node of a deferred graph that is selected, else that of the cursor's position; None where there is none."""
    recording, (kind, id) = workspace.recording, workspace.selection
    if recording is None:
        return None
    if kind == "node":
        return recording.graphs.node(*split_id(id))
    run, position = run_index(recording, workspace.step), workspace.position
    if run is None or position is None or kind not in ("none", "op"):
        return None
    return recording.graphs.node(run.graph, run.ran_as.get(id, 0) if kind == "op" else run.nodes[position.index])


def _of_op(recording: Recording, op: Op, backward: bool = False) -> StepTo | None:
    frames = recording.frames(op.site)
    return _at("node", recording, frames[0], op.op, backward) if frames else None


def _at(kind: str, recording: Recording, frame: Frame, op: str = "", backward: bool = False) -> StepTo:
    path = recording.source(frame.file).path
    return StepTo(kind, path, frame.line, frame.column, frame.end_column, op, backward)


def find(workspace: Workspace, target: StepTo) -> tuple[int, int] | None:
    """The next place behind the cursor where a target's line or op is executed in the recording."""
    recording = workspace.recording
    if recording is None:
        return None
    here, position = workspace.cursor
    for index in range(here, min(here + FAR, recording.step_count)):
        step = recording.step(index)
        after = position if index == here else -1
        run = recording.frames(step.run.started.site) if step.run is not None and after < 0 else ()
        if target.kind == "line" and _is_at(recording, run, target, exact=False):
            return index, 0
        for one in step.positions[after + 1 :]:
            if _matches(recording, step, one.record, target):
                return index, one.index
    return None


def _matches(recording: Recording, step: Step, record: object, target: StepTo) -> bool:
    if isinstance(record, BackwardStep):
        op = step.ops.get(record.op) if target.backward else None
    else:
        op = record if isinstance(record, Op) and not target.backward else None
    if op is None:
        return False
    frames = recording.frames(op.site)
    if target.kind == "node":
        return op.op == target.op and _is_at(recording, frames[:1], target, exact=True)
    return _is_at(recording, frames, target, exact=False)


def _is_at(recording: Recording, frames: tuple[Frame, ...], target: StepTo, *, exact: bool) -> bool:
    for frame in frames:
        on_line = frame.line == target.line if exact else frame.line <= target.line <= max(frame.line, frame.end_line)
        columns = not exact or (frame.column, frame.end_column) == (target.column, target.end_column)
        if on_line and columns and same_file(recording.source(frame.file).path, target.file):
            return True
    return False


def same_file(path: str, wanted: str) -> bool:
    """Whether ``wanted`` is that path, or its last parts."""
    parts, last = PurePath(path).parts, PurePath(wanted).parts
    return bool(last) and parts[-len(last) :] == last
