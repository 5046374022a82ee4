"""Why a gradient exists but is zero everywhere: the rule that made it zero is found by going back along the sums."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tapeview.explain import code
from tapeview.explain.case import left_out
from tapeview.explain.context import Context, source_name
from tapeview.explain.finding import NOTE, WARNING, Finding, Hop
from tapeview.explain.zero_words import FACTORS, words, zero_factor
from tapeview.trace.query import GradientCall
from tapeview.trace.records import BackwardStep, Op

_RELUS = {"Relu", "Relu6", "LeakyRelu", "Elu", "Selu"}
_SATURATING = {"Sigmoid", "Tanh", "Softplus", "Erf", "HardSigmoid"}
_SOFTMAXES = {"Softmax", "LogSoftmax"}
_CHOOSING = {"SelectV2", "Select", "Maximum", "Minimum", "ClipByValue", "Clip", "Max", "Min", "BooleanMask", "Dropout"}
_STEPS = {"Sign", "Floor", "Ceil", "Round", "Rint"}
_STEEP, _NEARLY_ONE = 3.0, 0.999
"""Below this a sigmoid or tanh is not flat; a softmax is where one element has nearly all."""
_MOST = 200


_MISTAKES = {"dead ReLU", "one row to normalize", "saturation", "softmax of one", "sum of a softmax", "underflow"}

ORDINARY = {"cancels out", "flat here"}
"""Causes that are what a minimum looks like."""


def explain_zero(context: Context) -> Iterator[Finding]:
    """A finding for each gradient of a step that is all zero, those of one cause in one finding."""
    for call in context.step.calls.values():
        if call.finished is None or call.finished.error:
            continue
        found: dict[tuple[str, int, int], tuple[list[str], Origin]] = {}
        for source, answer in zip(call.started.sources, call.finished.results, strict=False):
            if left_out(context, call, source, answer) or not context.all_zero(answer.tensor):
                continue
            name = source_name(context, source)
            starts = {source.tensor} if not source.variable else context.versions.get(source.variable, set())
            origin = _origin(context, call, answer.tensor, starts)
            key = (
                origin.cause,
                origin.op.seq if origin.op else 0,
                origin.number if origin.cause == "factor zero" else -1,
            )
            names_of = found.setdefault(key, ([], origin))[0]
            if name not in names_of:
                names_of.append(name)
        for subjects, origin in found.values():
            yield _finding(context, call, subjects, origin)


def explain_zero_gradient(context: Context, gradient: int) -> Finding | None:
    """Why one gradient of a step, of a source or on the way to one, is zero everywhere; None if it is no gradient."""
    for call in context.step.calls.values():
        for step in call.steps:
            op = context.step.ops.get(step.op)
            inputs = op.inputs if op is not None else ()
            for k, tensor in enumerate(inputs):
                if k < len(step.contributions) and step.contributions[k] == gradient:
                    origin = _origin(context, call, gradient, {tensor}, [(step, k)])
                    return _finding(context, call, [context.label(tensor)], origin)
                if k < len(step.totals) and step.totals[k] == gradient:
                    return _finding(context, call, [context.label(tensor)], _origin(context, call, gradient, {tensor}))
            if op is not None and gradient in step.upstream:
                origin = _origin(context, call, gradient, {op.outputs[step.upstream.index(gradient)]})
                return _finding(context, call, [context.label(op.outputs[0])], origin)
    return None


class Origin:
    """Where zeros began: the rule of ``op`` made them for its input ``number``; ``path`` leads on from there."""

    def __init__(self, cause: str, op: Op | None, number: int, tensor: int, path: list[Hop]) -> None:
        self.cause, self.op, self.number, self.tensor, self.path = cause, op, number, tensor, path


def _origin(
    context: Context,
    call: GradientCall,
    gradient: int,
    starts: set[int],
    only: list[tuple[BackwardStep, int]] | None = None,
) -> Origin:
    """Back from a zero gradient to the first rule that made zeros of something else. With ``only`` the gradient is
    what these rules sent, not the sum of all that was sent to ``starts``.
    """
    at, tensors, path = gradient, starts, list[Hop]()
    for _ in range(_MOST):
        sent = only or [
            (step, k)
            for step in call.steps
            for k, tensor in enumerate(getattr(context.step.ops.get(step.op), "inputs", ()))
            if tensor in tensors and k < len(step.contributions) and step.contributions[k]
        ]
        only = None
        if not sent:
            seeds = call.started.seeds
            given = bool(seeds) and all(seed == 0 or context.all_zero(seed) for seed in seeds)
            return Origin("zero upstream gradient" if given else "unknown", None, -1, at, path[::-1])
        zero = [(step, k) for step, k in sent if context.all_zero(step.contributions[k])]
        if len(zero) < len(sent):
            step, k = next(one for one in sent if one not in zero)
            op = context.step.ops[step.op]
            alone = _one_row(context, op, at)
            return Origin("one row to normalize" if alone else "cancels out", op, k, at, path[::-1])
        made = [(step, k) for step, k in zero if not _upstream_zero(context, step)]
        step, k = (made or zero)[0]
        op = context.step.ops[step.op]
        path.append(context.hop(op, f"sends zeros to {context.label(op.inputs[k])}", True))
        if made:
            return Origin(_cause(context, step, op, k), op, k, step.contributions[k], path[::-1])
        at, tensors = next((up for up in step.upstream if up), 0), set(op.outputs)
    return Origin("unknown", None, -1, at, path[::-1])


def _one_row(context: Context, op: Op, gradient: int) -> bool:
    """Whether a batch normalization got a batch of one: the difference to its own mean is zero whatever goes in."""
    record = context.tensor(gradient)
    inside = context.layer(op).startswith("batch_normalization") or op.op == "FusedBatchNormV3"
    return inside and record is not None and len(record.shape) > 1 and math.prod(record.shape[:-1]) == 1


def _upstream_zero(context: Context, step: BackwardStep) -> bool:
    return all(up == 0 or context.all_zero(up) for up in step.upstream)


def _cause(context: Context, step: BackwardStep, op: Op, number: int) -> str:
    if op.op in _RELUS:
        value = context.value(op.inputs[0]) if op.op == "Relu6" else None
        return "saturation" if value is not None and value.size and bool((value >= 6).all()) else "dead ReLU"
    if op.op in _SOFTMAXES:
        return _flat_softmax(context, op)
    if op.op in _SATURATING:
        return "saturation" if _beyond(context, op.inputs[0]) else "underflow"
    if op.op in _CHOOSING:
        return "masked branch"
    if op.op in _STEPS:
        return "flat between jumps"
    if any(0 in record.shape for up in step.upstream if up and (record := context.tensor(up)) is not None):
        return "nothing chosen"
    if op.op == "Mul" and op.inputs[0] == op.inputs[1]:
        return "flat here"
    if zero_factor(context, op, number):
        return "factor zero"
    shapes = [context.tensor(t) for t in (*step.upstream, step.contributions[number]) if t]
    if len(shapes) == 2 and shapes[0] and shapes[1] and len(shapes[1].shape) < len(shapes[0].shape):
        # The input was broadcast, so its gradient is a sum over the upstream gradient.
        return "cancels out"
    if op.op in ("Square", "Pow", "Abs", "Mul") and context.all_zero(op.inputs[number]):
        return "flat here"
    return "underflow" if op.op in FACTORS else "made zero by the rule"


def _flat_softmax(context: Context, op: Op) -> str:
    result = context.value(op.outputs[0])
    if result is None or not result.size:
        return "saturation"
    if result.shape[-1:] == (1,):
        return "softmax of one"
    largest = result.max(axis=-1) if op.op == "Softmax" else np.exp(result.max(axis=-1).astype(np.float64))
    return "saturation" if bool((largest > _NEARLY_ONE).all()) else "sum of a softmax"


def _beyond(context: Context, tensor: int) -> bool:
    value = context.value(tensor)
    return value is None or value.dtype.kind != "f" or not value.size or bool((np.abs(value) > _STEEP).all())


def _finding(context: Context, call: GradientCall, subjects: list[str], origin: Origin) -> Finding:
    op = origin.op
    site = op.site if op is not None else call.started.site
    file, line = code.place(context.recording, site)
    several = ", ".join(f"“{name}”" for name in subjects[:4]) + (
        f" and {len(subjects) - 4} more" if subjects[4:] else ""
    )
    text, advice = words(context, origin, several, line)
    return Finding(
        "zero",
        origin.cause,
        WARNING if origin.cause in _MISTAKES else NOTE,
        context.step.index,
        subjects[0] if len(subjects) == 1 else several,
        op.seq if op is not None else 0,
        op.op if op is not None else "",
        origin.number,
        site,
        file,
        line,
        origin.tensor,
        text,
        advice,
        tuple(origin.path),
        backward=True,
    )
