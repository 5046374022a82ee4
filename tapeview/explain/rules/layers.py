"""Rules on what one step computed: activations, inputs, the first loss."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tapeview.explain.context import Context
from tapeview.explain.rules.rule import Hit, Limits
from tapeview.trace.records import Op

_RELUS = {"Relu", "Relu6"}
_FLAT = {"Sigmoid", "Tanh"}
_MIXING = {"MatMul", "BatchMatMulV2", "Conv2D", "Conv1D", "Conv3D", "DepthwiseConv2dNative"}
_ENTROPIES = {"SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits"}
_LOOKED_THROUGH = {"BiasAdd", "AddV2", "Add", "Identity", "Reshape", "MaxPool", "AvgPool", "Mul"}


def dead_relu(context: Context, limits: Limits) -> Iterator[Hit]:
    """Many units of a ReLU are zero for every row of a batch."""
    for op in _forward(context, _RELUS):
        value = context.value(op.outputs[0])
        if value is None or value.ndim < 2 or value.shape[0] < limits["rows"]:
            continue
        units = value.reshape(-1, value.shape[-1])
        dead = float((units.max(axis=0) <= 0).mean()) if units.size else 0.0
        if dead > limits["units"]:
            name = context.label(op.outputs[0])
            yield _hit(
                context,
                op,
                name,
                f"{dead:.0%} of the {units.shape[1]} units of “{name}” ({op.op}) are zero for all {value.shape[0]} "
                f"rows of the batch (limit {limits['units']:.0%}).",
            )


def saturated(context: Context, limits: Limits) -> Iterator[Hit]:
    """Most inputs of a hidden sigmoid or tanh lie where it is flat."""
    for op in _forward(context, _FLAT):
        value = context.value(op.inputs[0])
        if value is None or value.size < limits["elements"] or not _leads_on(context, op):
            continue
        share = float((np.abs(value) > limits["beyond"]).mean())
        if share > limits["share"]:
            name = context.label(op.outputs[0])
            yield _hit(
                context,
                op,
                name,
                f"{share:.0%} of the inputs of “{name}” ({op.op}) lie beyond ±{limits['beyond']:g} (limit "
                f"{limits['share']:.0%}).",
                0,
            )


def input_range(context: Context, limits: Limits) -> Iterator[Hit]:
    """The data that the first weights are multiplied with is large. Looked at in the first step only."""
    if context.step.index != 0:
        return
    for op in _forward(context, _MIXING):
        record = context.tensor(op.inputs[0])
        if record is None or record.origin not in ("constant", "outside") or record.variable:
            continue
        stats = context.stats(op.inputs[0])
        if stats is None:
            continue
        least, most = stats.minimum, stats.maximum
        if max(abs(least), abs(most)) > limits["most"]:
            name = context.label(op.inputs[0])
            yield _hit(
                context,
                op,
                name,
                f"The data “{name}” that the {op.op} gets reaches from {least:.4g} to {most:.4g} (limit "
                f"±{limits['most']:g}).",
                0,
            )
        return


def initial_loss(context: Context, limits: Limits) -> Iterator[Hit]:
    """The first cross-entropy of C classes is far above ln C, what guessing would give."""
    if context.step.index != 0:
        return
    for op in _forward(context, _ENTROPIES):
        logits = context.tensor(op.inputs[0])
        value = context.value(op.outputs[0])
        if logits is None or value is None or not value.size or not logits.shape or logits.shape[-1] < 2:
            continue
        loss, guessed = float(np.mean(value, dtype=np.float64)), math.log(logits.shape[-1])
        if math.isfinite(loss) and loss > guessed + limits["above"]:
            name = context.label(op.outputs[0])
            yield _hit(
                context,
                op,
                name,
                f"The first cross-entropy is {loss:.3g} in the mean, and guessing among {logits.shape[-1]} classes "
                f"gives ln {logits.shape[-1]} = {guessed:.3g} (limit {limits['above']:g} above that).",
            )
        return


def unreachable(context: Context, limits: Limits) -> Iterator[Hit]:
    """Ops that read a watched variable and lead to no target of any gradient call of the step."""
    calls = context.step.calls.values()
    targets = {target for call in calls for target in call.started.targets}
    if not targets:
        return
    leads = set(targets)
    lost = list[Op]()
    for op in reversed(list(context.step.ops.values())):
        if leads.isdisjoint(op.outputs):
            if op.on_path and not op.call and any(context.variable_of(tensor) for tensor in op.inputs):
                lost.append(op)
        else:
            leads.update(op.inputs)
    if len(lost) >= limits["ops"]:
        op = lost[-1]
        name = context.label(op.outputs[0]) if op.outputs else op.op
        yield _hit(
            context,
            op,
            name,
            f"“{name}” ({op.op}) reads a watched variable, and nothing that is computed from it leads to a target of "
            f"a gradient call; {len(lost)} ops are like it (limit {limits['ops']:g}).",
        )


def _forward(context: Context, kinds: set[str]) -> Iterator[Op]:
    for op in context.step.ops.values():
        if op.op in kinds and not op.call and op.outputs and op.inputs:
            yield op


def _leads_on(context: Context, op: Op) -> bool:
    """Whether weights are multiplied with what an op gives: then it is a hidden activation, not an answer."""
    waiting, seen = list(op.outputs), set[int]()
    while waiting:
        tensor = waiting.pop()
        if tensor in seen:
            continue
        seen.add(tensor)
        for seq, _ in context.step.consumers.get(tensor, ()):
            user = context.step.ops[seq]
            if user.call:
                continue
            if user.op in _MIXING:
                return True
            if user.op in _LOOKED_THROUGH:
                waiting.extend(user.outputs)
    return False


def _hit(context: Context, op: Op, subject: str, evidence: str, number: int = -1) -> Hit:
    tensor = op.inputs[number] if number >= 0 else op.outputs[0] if op.outputs else 0
    return Hit(context.step.index, subject, evidence, op.seq, op.op, op.site, tensor, number)
