"""What of a step can be checked: all its gradients, one source of a gradient call, one op or function."""

from __future__ import annotations

from dataclasses import dataclass

from tapeview.explain.code import functions
from tapeview.explain.questions import Checked, CheckQuestion
from tapeview.trace import names
from tapeview.trace.graphs import split_id
from tapeview.trace.query import Recording, Step
from tapeview.trace.records import Assigned, Op
from tapeview.views.gradient_sources import gradient_sources
from tapeview.views.run_index import run_index
from tapeview.views.step_index import index_of
from tapeview.views.tensors import record_of
from tapeview.views.text import tr
from tapeview.views.workspace import Selection, Workspace

ALL, SOURCE, OP, OWN = "all", "source", "op", "function"


@dataclass(frozen=True, slots=True)
class Target:
    """Something to check. ``kind`` is ``ALL``, ``SOURCE`` (number ``source`` of gradient call ``call``, which is the
    variable ``variable``, or the ``tensor``), ``OP``, or ``OWN`` (an op with a gradient rule of the script's own); both
    by the op's ``seq``. ``name`` is what it is in words.
    """

    kind: str
    name: str
    call: int = 0
    source: int = -1
    op: int = 0
    tensor: int = 0
    variable: int = 0

    def question(self, step: int, elements: int, seconds: float) -> CheckQuestion:
        """What to ask; ``elements`` of each gradient, 0 = as many as are done in ``seconds``."""
        return CheckQuestion(step, self.call, self.source, self.op, elements, 0, seconds)

    def covers(self, found: Checked) -> bool:
        """Whether a result is about this."""
        if self.kind == ALL:
            return True
        if self.kind == SOURCE:
            return not found.op and (found.call, found.source) == (self.call, self.source)
        return found.op == self.op


def targets(recording: Recording, step: Step) -> tuple[Target, ...]:
    """All gradients of a step, its functions with a rule of their own, and its sources; none if no gradient was taken.

    Of a function that is called in several places of one line, the first call stands for all.
    """
    sources = gradient_sources(recording, step)
    if not sources:
        return ()
    found = [Target(ALL, tr("all gradients of the step"))]
    seen = set()
    own = {type: has_own_rule(recording, op) for type, op in {op.op: op for op in step.ops.values()}.items()}
    for seq in index_of(step).backward if any(own.values()) else ():
        op = step.ops.get(seq)
        if op is not None and own[op.op] and (op.op, op.site) not in seen:
            seen.add((op.op, op.site))
            found.append(op_target(recording, op))
    for one in sources:
        name = tr("the gradient of {name}").format(name=one.name)
        found.append(Target(SOURCE, name, one.call, one.number, 0, one.tensor, one.variable))
    return tuple(found)


def op_target(recording: Recording, op: Op) -> Target:
    """The rule of one op."""
    line = line_of(recording, op.site)
    if has_own_rule(recording, op):
        words = tr("the function {name}, line {line}") if line else tr("the function {name}")
        return Target(OWN, words.format(name=op.op, line=line), op=op.seq)
    name = names.result_name(recording, op.site)
    words = tr("the op {op}, line {line}") if line else tr("the op {op}")
    text = words.format(op=op.op, line=line)
    return Target(OP, f"{text} → {name}" if name else text, op=op.seq)


def has_own_rule(recording: Recording, op: Op) -> bool:
    """Whether an op is a function with a gradient rule of the script's own (``tf.custom_gradient``)."""
    info = recording.op_info(op.op)
    return info is not None and info.rules == (f"what {op.op} returns as its rule",)


def was_differentiated(step: Step, op: int) -> bool:
    """Whether a gradient arrived at an op, so that its rule was applied."""
    return op in index_of(step).backward


def picked(workspace: Workspace) -> Selection | None:
    """The op, variable or tensor whose gradient is meant: what is selected, else what the cursor stands at."""
    recording, step, selection = workspace.recording, workspace.step, workspace.selection
    if recording is None or step is None:
        return None
    if selection.kind == "node":
        return _of_node(recording, step, selection.id)
    if selection.kind == "tensor" and selection.id in step.made_by:
        return Selection("op", step.made_by[selection.id])
    if selection.kind != "none":
        return selection
    record = workspace.position.record if workspace.position is not None else None
    if isinstance(record, Assigned):
        return Selection("variable", record.variable)
    return Selection("op", record.seq if isinstance(record, Op) else record.op) if record is not None else None


def _of_node(recording: Recording, step: Step, id: int) -> Selection | None:
    """What a node of a deferred graph stands for in a run: its variable, or the op that it ran (a gradient’s node: the
    op whose gradient that is).
    """
    graph, number = split_id(id)
    node, run = recording.graphs.node(graph, number), run_index(recording, step)
    if node is None or run is None or run.graph != graph:
        return None
    if node.kind == "variable":
        named = [one for one in recording.variables().values() if one.name.removesuffix(":0") == node.name]
        return Selection("variable", named[-1].id) if named else None
    ran = [seq for seq, of in run.ran_as.items() if of == (node.serves or number)]
    return Selection("op", next((seq for seq in ran if was_differentiated(step, seq)), ran[-1])) if ran else None


def place_of(recording: Recording, step: Step, found: Checked) -> int:
    """The position at which a result was sent: by the rule of its op, or by the last one that sent to the source; -1 if
    it is not known.
    """
    index = index_of(step)
    if found.op:
        return next((place for place, _ in reversed(index.backward.get(found.op, []))), -1)
    sent = [sent.position for sent in index.sent_to(tensor_of(recording, step, found), found.call) if sent.contribution]
    return sent[-1] if sent else -1


def tensor_of(recording: Recording, step: Step, found: Checked) -> int:
    """The tensor whose gradient a result is about (a version of a variable), 0 if it is not known."""
    if found.op:
        op = step.ops.get(found.op)
        return op.inputs[found.source] if op is not None and found.source < len(op.inputs) else 0
    several = gradient_sources(recording, step)
    return next((one.tensor for one in several if (one.call, one.number) == (found.call, found.source)), 0)


def shape_of(recording: Recording, step: Step, found: Checked) -> tuple[int, ...]:
    """The shape of the gradient that a result is about; as large as what was looked at if it is not recorded."""
    record = record_of(recording, tensor_of(recording, step, found))
    if record is not None:
        return record.shape
    return tuple(max(one.index[axis] for one in found.elements) + 1 for axis in range(len(found.worst.index)))


def culprit_of(recording: Recording, step: Step, found: Checked) -> tuple[Op, int] | None:
    """The first function whose own rule is to blame, and the position at which its rule was applied."""
    if not found.culprits:
        return None
    for seq, applied in index_of(step).backward.items():
        op = step.ops.get(seq)
        if op is not None and f"{op.op} (line {line_of(recording, op.site)})" in found.culprits:
            return op, applied[0][0]
    return None


def definition_of(recording: Recording, op: Op) -> tuple[int, int]:
    """File and line of the definition of a function with a rule of its own, (0, 0) if the script does not tell."""
    for frame in recording.frames(op.site):
        found = functions(recording, frame.file, frozenset({op.op}))
        if found:
            return frame.file, found[0][0]
    return 0, 0


def line_of(recording: Recording, site: int) -> int:
    """The innermost line of a call site, 0 if unknown."""
    frames = recording.frames(site)
    return frames[0].line if frames else 0
