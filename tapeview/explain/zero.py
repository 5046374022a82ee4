"""Why a gradient exists but is zero everywhere: the rule that made it zero is found by going back along the sums."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tapeview.explain import code
from tapeview.explain.case import left_out
from tapeview.explain.context import Context
from tapeview.explain.finding import NOTE, WARNING, Finding, Hop
from tapeview.trace import names
from tapeview.trace.query import GradientCall
from tapeview.trace.records import BackwardStep, Op

_RELUS = {"Relu", "Relu6", "LeakyRelu", "Elu", "Selu"}
_SATURATING = {"Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Softplus", "Erf", "HardSigmoid"}
_CHOOSING = {"SelectV2", "Select", "Maximum", "Minimum", "ClipByValue", "Clip", "Max", "Min", "BooleanMask"}
_FACTORS = {"Mul", "MatMul", "BatchMatMulV2", "Einsum", "Conv2D", "RealDiv", "DivNoNan", "MulNoNan", "Tensordot"}
_MOST = 200


ORDINARY = {"cancels out", "flat here"}
"""Causes that are what a minimum looks like."""


def explain_zero(context: Context) -> Iterator[Finding]:
    """A finding for each gradient of a step that is all zero, those of one cause in one finding."""
    for call in context.step.calls.values():
        if call.finished is None or call.finished.error:
            continue
        found: dict[tuple[str, int], tuple[list[str], _Origin]] = {}
        for source, answer in zip(call.started.sources, call.finished.results, strict=False):
            if left_out(context, call, source, answer) or not context.all_zero(answer.tensor):
                continue
            variable = context.recording.variables().get(source.variable)
            name = (
                names.variable_name(context.recording, variable)
                if variable is not None
                else context.label(source.tensor)
            )
            starts = {source.tensor} if not source.variable else context.versions.get(source.variable, set())
            origin = _origin(context, call, answer.tensor, starts)
            found.setdefault((origin.cause, origin.op.seq if origin.op else 0), ([], origin))[0].append(name)
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


class _Origin:
    def __init__(self, cause: str, op: Op | None, number: int, tensor: int, path: list[Hop]) -> None:
        self.cause, self.op, self.number, self.tensor, self.path = cause, op, number, tensor, path


def _origin(
    context: Context,
    call: GradientCall,
    gradient: int,
    starts: set[int],
    only: list[tuple[BackwardStep, int]] | None = None,
) -> _Origin:
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
            return _Origin("zero upstream gradient" if given else "unknown", None, -1, at, path[::-1])
        zero = [(step, k) for step, k in sent if context.all_zero(step.contributions[k])]
        if len(zero) < len(sent):
            step, k = next(one for one in sent if one not in zero)
            return _Origin("cancels out", context.step.ops[step.op], k, at, path[::-1])
        made = [(step, k) for step, k in zero if not _upstream_zero(context, step)]
        step, k = (made or zero)[0]
        op = context.step.ops[step.op]
        path.append(context.hop(op, f"sends zeros to {context.label(op.inputs[k])}", True))
        if made:
            return _Origin(_cause(context, step, op, k), op, k, step.contributions[k], path[::-1])
        at, tensors = next((up for up in step.upstream if up), 0), set(op.outputs)
    return _Origin("unknown", None, -1, at, path[::-1])


def _upstream_zero(context: Context, step: BackwardStep) -> bool:
    return all(up == 0 or context.all_zero(up) for up in step.upstream)


def _cause(context: Context, step: BackwardStep, op: Op, number: int) -> str:
    if op.op in _RELUS:
        return "dead ReLU"
    if op.op in _SATURATING:
        return "saturation"
    if op.op in _CHOOSING:
        return "masked branch"
    if op.op == "Mul" and op.inputs[0] == op.inputs[1]:
        return "flat here"
    if op.op in _FACTORS and any(context.all_zero(t) for k, t in enumerate(op.inputs) if k != number):
        return "factor zero"
    shapes = [context.tensor(t) for t in (*step.upstream, step.contributions[number]) if t]
    if len(shapes) == 2 and shapes[0] and shapes[1] and len(shapes[1].shape) < len(shapes[0].shape):
        # The input was broadcast, so its gradient is a sum over the upstream gradient.
        return "cancels out"
    if op.op in ("Square", "Pow", "Abs", "Mul") and context.all_zero(op.inputs[number]):
        return "flat here"
    return "made zero by the rule"


def _finding(context: Context, call: GradientCall, subjects: list[str], origin: _Origin) -> Finding:
    op = origin.op
    site = op.site if op is not None else call.started.site
    file, line = code.place(context.recording, site)
    several = ", ".join(f"“{name}”" for name in subjects[:4]) + (
        f" and {len(subjects) - 4} more" if subjects[4:] else ""
    )
    text, advice = _words(context, origin, several, line)
    return Finding(
        "zero",
        origin.cause,
        WARNING if origin.cause in ("dead ReLU", "saturation") else NOTE,
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


def _words(context: Context, origin: _Origin, names: str, line: int) -> tuple[str, str]:
    op = origin.op
    name = op.op if op is not None else ""
    begins = f"The gradient of {names} is zero everywhere, so a step of training moves nothing: "
    if origin.cause == "dead ReLU" and op is not None:
        return (
            f"{begins}all inputs of the {name} in line {line} are below zero{_range(context, op.inputs[0])}, where it "
            "is flat (a dead ReLU).",
            "Try a smaller learning rate, another initialization of weights and bias, or tf.nn.leaky_relu.",
        )
    if origin.cause == "saturation" and op is not None:
        return (
            f"{begins}the inputs of the {name} in line {line} are so large{_range(context, op.inputs[0])} that it is "
            "flat there (saturation).",
            "Scale the inputs or the weights down, normalize before it, or give a loss the logits (from_logits=True).",
        )
    if origin.cause == "masked branch":
        return (
            f"{begins}the {name} in line {line} took every element from its other input, and what is not taken gets "
            "no gradient.",
            "Look at the condition or the limits: should they choose this input everywhere?",
        )
    if origin.cause == "factor zero":
        return (
            f"{begins}in line {line} it is multiplied by something that is zero everywhere ({name}).",
            "Look at the other factor: a mask, weights that were initialized with zeros, or an input of zeros.",
        )
    if origin.cause == "flat here":
        return (
            f"{begins}the {name} in line {line} gets exactly 0, where its slope is 0.",
            "Nothing need be done at a minimum; elsewhere begin with another value than 0.",
        )
    if origin.cause == "zero upstream gradient":
        return (
            f"{begins}the output_gradients that the call in line {line} was given are zeros.",
            "Look at what is passed as output_gradients.",
        )
    if origin.cause == "cancels out":
        return (
            f"{begins}what is sent to it adds up to exactly zero.",
            "Nothing need be done at a minimum; elsewhere look at what is subtracted from itself or averaged out.",
        )
    if op is not None:
        return (
            f"{begins}the rule of {name} in line {line} makes zeros of a gradient that is not zero.",
            "Look at the inputs of that op: at these values it does not change.",
        )
    return f"{begins}the recording does not tell where the zeros begin.", "Record with larger --keep-values."


def _range(context: Context, tensor: int) -> str:
    value = context.value(tensor)
    if value is not None and value.size and value.dtype.kind == "f" and bool(np.isfinite(value).all()):
        return f" (from {value.min():.4g} to {value.max():.4g})"
    return ""
