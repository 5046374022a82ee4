"""Positions in words: what has just been executed, and the user's names for it."""

from __future__ import annotations

from dataclasses import dataclass

from tapeview.trace import names
from tapeview.trace.query import Recording, Step
from tapeview.trace.records import Assigned, BackwardStep, Op
from tapeview.views.tensors import label_of
from tapeview.views.text import tr


@dataclass(frozen=True, slots=True)
class PositionLabel:
    """The position in words. ``title`` is the op, ``target`` what it makes (a name, ``gradient of …``), either may be
    "".
    """

    step: int
    steps: int
    phase: str
    number: int
    count: int
    title: str
    target: str


def phase_name(phase: str) -> str:
    """The phase as the user reads it."""
    return {"forward": tr("forward"), "backward": tr("backward"), "update": tr("update")}.get(phase, phase)


def describe(recording: Recording, step: Step, record: Op | BackwardStep | Assigned) -> tuple[str, str]:
    """Title and target of a position's record: ``("Mul", "y_pred")``, ``("Square", "gradient of “y_pred - y”")``,
    ``("SGD", "w")``. The result of an op that the user's code does not name goes by its layer, else by the expression.
    """
    if isinstance(record, Op):
        node = names.node_of_op(recording, step, record)
        if node is not None:
            return record.op, names.name_of_node(recording, node)
        name = names.result_name(recording, record.site)
        layers = [] if name else [scope.name for scope in step.scope_of(record)]
        return record.op, name or (layers[-1] if layers else names.expression(recording, record.site))
    if isinstance(record, BackwardStep):
        op = step.ops.get(record.op)
        if op is None:
            return tr("gradient rule"), ""
        sent = [tensor for tensor, part in zip(op.inputs, record.contributions, strict=False) if part]
        labels = [f"“{label_of(recording, step, tensor)}”" for tensor in dict.fromkeys(sent)]
        if not labels:
            return op.op, ""
        listed = ", ".join(labels[:3]) + (" …" if len(labels) > 3 else "")
        return op.op, tr("gradient of {names}").format(names=listed)
    return record.how, variable_label(recording, step, record.variable)


def variable_label(recording: Recording, step: Step, variable: int) -> str:
    """The user's name for a variable, looked up among the variables known at the end of ``step``."""
    for state in recording.variables_at(step.index, max(0, len(step.positions) - 1)):
        if state.variable.id == variable:
            return state.name
    return tr("variable")
