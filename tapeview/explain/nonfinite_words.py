"""The two sentences for a NaN or an Inf: which computation made it from which elements, and what to do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tapeview.explain.context import Context
from tapeview.explain.elements import Responsible

if TYPE_CHECKING:
    from tapeview.explain.chains import Made

_CLIP = "Keep the argument away from there, say with tf.clip_by_value or tf.maximum(…, 1e-7)"


def words(
    context: Context, made: Made, elements: Responsible, line: int, subject: str, chosen: bool
) -> tuple[str, str, str]:
    """Cause, text and advice for the place where a NaN or an Inf began."""
    op = made.op.op if made.op is not None else "The update"
    result = _result(elements)
    shown = f" ({'; '.join(elements.texts)})" if elements.texts else ""
    if made.backward:
        rule = _rule(context, made)
        text = (
            f"{result} begins in the backward pass: the gradient rule of {op}{rule}, line {line}, made it from numbers "
            f"that were all finite{shown}."
        )
        if chosen:
            return (
                "gradient of the branch not chosen",
                text,
                "tf.where takes the gradient of both branches, and 0 times Inf is NaN. Make the input safe before the "
                f"op: {op.lower()}(tf.where(condition, x, 1.0)).",
            )
        return "rule made it", text, _backward_advice(op)
    cause, why, advice = _forward(op, elements)
    inside = " in the backward pass" if made.op is not None and made.op.call else ""
    text = f"{result} begins{inside} at {op} in line {line}: {why}{shown}."
    return cause, text, advice


def _result(elements: Responsible) -> str:
    return "NaN" if math.isnan(elements.value) else "Inf" if elements.value > 0 else "-Inf"


def _rule(context: Context, made: Made) -> str:
    info = context.recording.op_info(made.op.op) if made.op is not None else None
    if info is None or not 0 <= made.input < len(info.rules) or not info.rules[made.input]:
        return ""
    return f" ({info.rules[made.input]})"


def _backward_advice(op: str) -> str:
    if op in ("Sqrt", "Rsqrt", "Norm", "EuclideanNorm", "Pow"):
        return "The slope at 0 is infinite. Add a small number before it: tf.sqrt(x + 1e-12)."
    if op in ("Log", "Log1p", "RealDiv", "DivNoNan", "Reciprocal", "Inv", "Xlogy"):
        return f"The slope grows without limit near 0. {_CLIP}."
    if op in ("Acos", "Asin", "Atanh", "Acosh"):
        return "The slope is infinite at the ends of the range. Clip the argument a little inside of it."
    return "Look at these elements: the slope is infinite there, or the product is too large for the dtype."


def _forward(op: str, elements: Responsible) -> tuple[str, str, str]:
    """Cause, why, and advice."""
    given = [number for _, _, number in elements.inputs]
    x = given[0] if given else math.nan
    nan = math.isnan(elements.value)
    if op in ("Log", "Log1p"):
        edge = 0.0 if op == "Log" else -1.0
        if x < edge:
            return "log of a negative number", "the logarithm of a negative number does not exist", f"{_CLIP}."
        return (
            "log of zero",
            "the logarithm of 0 is minus infinity",
            f"{_CLIP}; for a cross entropy use tf.nn.sigmoid_cross_entropy_with_logits or from_logits=True.",
        )
    if op in ("Sqrt", "Rsqrt"):
        if x < 0:
            return "root of a negative number", "the square root of a negative number does not exist", f"{_CLIP}."
        return "division by zero", "one over the root of 0 is infinite", f"{_CLIP}."
    if op in ("RealDiv", "Div", "Reciprocal", "Inv", "Xdivy", "FloorDiv", "FloorMod") and given and given[-1] == 0:
        what = "0 divided by 0 has no value" if nan else "a division by 0 is infinite"
        return "division by zero", what, "Add a small number to what is divided by, or use tf.math.divide_no_nan."
    if op in ("Exp", "Expm1", "Cosh", "Sinh"):
        return (
            "overflow",
            "the result is larger than the dtype can hold (float32 ends at 3.4e38, which is exp(88.7))",
            "Subtract the largest element first, or use tf.nn.softmax, tf.reduce_logsumexp or tf.nn.softplus.",
        )
    if op == "Pow":
        if nan:
            return "power of a negative number", "a negative number has no such power", f"{_CLIP}."
        if x == 0:
            return "division by zero", "0 to a negative power is a division by 0", f"{_CLIP}."
    if op in ("Acos", "Asin", "Acosh", "Atanh", "Lgamma", "Digamma"):
        return "outside the domain", f"{op} is not defined there", "Clip the argument into the range of the function."
    if nan:
        return "no value", "the result has no value there", "Look at the elements named here, and at what made them."
    return (
        "overflow",
        "the result is larger than the dtype can hold (float32 ends at 3.4e38)",
        "Look for numbers that grow from step to step: a smaller learning rate, gradient clipping, normalization.",
    )
