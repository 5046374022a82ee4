"""The two sentences for a gradient that is zero everywhere: where the zeros begin and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tapeview.explain.context import Context
from tapeview.trace.records import Op

if TYPE_CHECKING:
    from tapeview.explain.zero import Origin

FACTORS = {"Mul", "MatMul", "BatchMatMulV2", "Einsum", "Conv2D", "RealDiv", "DivNoNan", "MulNoNan", "Tensordot"}
"""Ops whose rule multiplies the gradient with another input."""


def zero_factor(context: Context, op: Op, number: int) -> int:
    """Another input of a product that is zero everywhere; 0 if there is none."""
    if op.op not in FACTORS:
        return 0
    return next((t for k, t in enumerate(op.inputs) if k != number and context.all_zero(t)), 0)


def words(context: Context, origin: Origin, names: str, line: int) -> tuple[str, str]:
    """Text and advice; each ends with a full stop.

    Args:
        names: of the gradients, in quotes.
    """
    why, advice = _why(context, origin, line)
    advice += "" if advice.endswith("?") else "."
    return f"The gradient of {names} is zero everywhere, so a step of training moves nothing: {why}.", advice


def _why(context: Context, origin: Origin, line: int) -> tuple[str, str]:
    op, cause = origin.op, origin.cause
    if cause == "zero upstream gradient":
        return (
            f"the output_gradients that the call in line {line} was given are zeros",
            "Look at what is passed as output_gradients",
        )
    if cause == "cancels out":
        return (
            "what is sent to it adds up to exactly zero",
            "Nothing need be done at a minimum; elsewhere look at what is subtracted from itself or averaged out",
        )
    if op is None:
        return "the recording does not tell where the zeros begin", "Record with larger --keep-values"
    where = f"{context.where(op)} in line {line}"
    if cause == "masked branch":
        return _masked(op, where)
    if cause == "factor zero":
        return (
            f"in line {line} {context.where(op)} multiplies it by {_factor(context, origin, op)}, which is zero "
            "everywhere",
            "Look at that factor: a mask, weights that were initialized with zeros, or an input of zeros",
        )
    if cause == "made zero by the rule":
        info = context.recording.op_info(op.op)
        if info is not None and any(rule.startswith("what ") for rule in info.rules):
            return (
                f"the gradient function of {where} gives zeros",
                f"The rule is the script's own: look at the gradient function that {op.op} gives tf.custom_gradient",
            )
        return (
            f"the rule of {where} makes zeros of a gradient that is not zero",
            "Look at the inputs of that op: at these values it does not change",
        )
    told, advice = _WORDS[cause]
    return told.format(op=where, range=_range(context, op.inputs[0])), advice


_WORDS = {
    "dead ReLU": (
        "all inputs of the {op} are below zero{range}, where it is flat (a dead ReLU)",
        "Try a smaller learning rate, another initialization of weights and bias, or tf.nn.leaky_relu",
    ),
    "saturation": (
        "the inputs of the {op} are so large{range} that it is flat there (saturation)",
        "Scale the inputs or the weights down, normalize before it, or give a loss the logits (from_logits=True)",
    ),
    "one row to normalize": (
        "the batch normalization around the {op} got a single row, which is its own mean: nothing is left of it",
        "Train with larger batches, drop the last small one (drop_remainder=True), or use LayerNormalization",
    ),
    "softmax of one": (
        "the {op} is taken over a single element, and the share of one in itself is always 1",
        "For one output use a sigmoid; for a softmax the layer needs one unit for each class, and the right axis",
    ),
    "sum of a softmax": (
        "the {op} always adds up to 1, and here the target changes with its sum only",
        "Let the target depend on single elements: pick the probability of the right class, or use a cross entropy",
    ),
    "flat between jumps": (
        "the {op} is flat everywhere between its jumps",
        "Use something smooth in its place, such as tf.tanh for tf.sign, or a tf.custom_gradient that lets it pass",
    ),
    "nothing chosen": (
        "the {op} chose no element at all, so that nothing depends on it",
        "Look at the mask or the indices: should they be empty?",
    ),
    "flat here": (
        "the {op} gets exactly 0, where its slope is 0",
        "Nothing need be done at a minimum; elsewhere begin with another value than 0",
    ),
    "underflow": (
        "in the {op} it becomes too small for its dtype, and what is too small is stored as 0 (underflow)",
        "Multiply the loss and divide the gradient by the same large number (a LossScaleOptimizer does), use float32 "
        "in place of float16, or shorten the chain of small factors",
    ),
}


def _masked(op: Op, where: str) -> tuple[str, str]:
    if op.op == "Dropout":
        return (
            f"the {where} dropped every element",
            "Look at its rate: it is the part that is dropped, not what is kept",
        )
    return (
        f"the {where} took every element from its other input, and what is not taken gets no gradient",
        "Look at the condition or the limits: should they choose this input everywhere?",
    )


def _factor(context: Context, origin: Origin, op: Op) -> str:
    tensor = zero_factor(context, op, origin.number)
    name = context.label(tensor) if tensor else ""
    return f"“{name}”" if name and not name.replace(".", "").isdigit() else name or "something"


def _range(context: Context, tensor: int) -> str:
    value = context.value(tensor)
    if value is not None and value.size and value.dtype.kind == "f" and bool(np.isfinite(value).all()):
        low, high = f"{value.min():.4g}", f"{value.max():.4g}"
        return f" (from {low} to {high})" if low != high else f" (all {low})" if value.size > 1 else f" ({low})"
    return ""
