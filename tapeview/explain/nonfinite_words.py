"""The two sentences for a NaN or an Inf: which computation made it from which elements, and what to do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tapeview.explain.context import Context
from tapeview.explain.elements import Responsible
from tapeview.trace.records import Assigned

if TYPE_CHECKING:
    from tapeview.explain.chains import Made

_CLIP = "Keep the argument away from there, say with tf.clip_by_value or tf.maximum(…, 1e-7)"


def words(
    context: Context, made: Made, elements: Responsible, line: int, subject: str, chosen: bool
) -> tuple[str, str, str]:
    """Cause, text and advice for the place where a NaN or an Inf began."""
    result = _result(elements)
    shown = f" ({'; '.join(elements.texts)})" if elements.texts else ""
    if made.op is None:
        return _update(context, made, result, line, shown)
    op, place = made.op.op, context.where(made.op)
    if made.backward:
        rule = _rule(context, made)
        if chosen:
            how = (
                "multiplied the 0 that comes back from a branch that tf.where did not take by an Inf"
                if made.parents
                else "made it from numbers that were all finite"
            )
            return (
                "gradient of the branch not chosen",
                f"{result} begins in the backward pass: the gradient rule of {place}{rule}, line {line}, {how}{shown}.",
                "tf.where takes the gradient of both branches, and 0 times Inf is NaN. Make the input safe before the "
                f"op, as {_SAFE.get(op, f'{op.lower()}(tf.where(condition, x, 1.0))')}.",
            )
        text = (
            f"{result} begins in the backward pass: the gradient rule of {place}{rule}, line {line}, made it from "
            f"numbers that were all finite{shown}."
        )
        return "rule made it", text, _backward_advice(op, rule)
    cause, why, advice = _empty(context, made) or _masked(made) or _forward(op, elements, _dtype(context, made))
    inside = " in the backward pass" if made.op.call else ""
    text = f"{result} begins{inside} at {place} in line {line}: {why}{shown}."
    return cause, text, advice


_SAFE = {
    "Exp": "tf.exp(tf.where(condition, x, 0.0))",
    "Log": "tf.math.log(tf.where(condition, x, 1.0))",
    "Sqrt": "tf.sqrt(tf.where(condition, x, 1.0))",
    "RealDiv": "a / tf.where(condition, b, 1.0)",
    "Pow": "tf.where(condition, x, 1.0) ** p",
}


FROM_THE_BEGINNING = "bad from the beginning"
INITIAL = "Look at what it was made from: its initial value, its initializer, or the file with weights."


def _update(context: Context, made: Made, result: str, line: int, shown: str) -> tuple[str, str, str]:
    record = made.record
    assert isinstance(record, Assigned)
    name = context.label(made.tensor)
    if record.how == "create":
        return FROM_THE_BEGINNING, f"The variable “{name}” was made in line {line} with {result} in it{shown}.", INITIAL
    stats = context.stats(record.operand) if record.operand and record.operand != made.tensor else None
    if stats is not None and (stats.nans or stats.infs):
        return (
            "bad update",
            f"The update in line {line} put {result} into “{name}”: what {record.how} was given was not finite, though "
            f"the gradient was{shown}.",
            "Look at what the gradient is multiplied with or divided by, the learning rate first.",
        )
    return (
        "overflow",
        f"The update in line {line} put {result} into “{name}”: the result is larger than the dtype can hold{shown}.",
        "Take a smaller learning rate, or clip the gradients: tf.clip_by_global_norm.",
    )


def _empty(context: Context, made: Made) -> tuple[str, str, str] | None:
    """A mean or a maximum of no elements."""
    records = [context.tensor(tensor) for tensor in made.op.inputs[:1]] if made.op is not None else []
    if not any(record is not None and 0 in record.shape for record in records):
        return None
    return (
        "no elements",
        "what goes in has no elements, and nothing divided by nothing has no value",
        "Check that the mask, the filter or the batch leaves something, or use tf.math.divide_no_nan(sum, count).",
    )


def _masked(made: Made) -> tuple[str, str, str] | None:
    if not made.parents or made.op is None:
        return None
    if made.op.op in ("Softmax", "LogSoftmax"):
        return (
            "everything masked",
            "all elements of a row are -Inf, so that it divides 0 by 0",
            "Leave one element of each row unmasked, or mask with a large negative number (-1e9) in place of -Inf.",
        )
    return (
        "no value",
        "Inf - Inf and 0 times Inf have no value",
        "Mask with a large number (1e9) in place of Inf, or choose with tf.where after this op.",
    )


_LARGEST = {"float16": ("65504", "11.1"), "float64": ("1.8e308", "709.8")}


def _dtype(context: Context, made: Made) -> str:
    record = context.tensor(made.tensor)
    return record.dtype if record is not None else "float32"


def _result(elements: Responsible) -> str:
    return "NaN" if math.isnan(elements.value) else "Inf" if elements.value > 0 else "-Inf"


def _rule(context: Context, made: Made) -> str:
    info = context.recording.op_info(made.op.op) if made.op is not None else None
    if info is None or not 0 <= made.input < len(info.rules) or not info.rules[made.input]:
        return ""
    return f" ({info.rules[made.input]})"


def _backward_advice(op: str, rule: str) -> str:
    if rule.startswith(" (what "):
        return f"The rule is the script's own: look at the gradient function that {op} gives tf.custom_gradient."
    if op in ("Sqrt", "Rsqrt", "Norm", "EuclideanNorm", "Pow"):
        return "The slope at 0 is infinite. Add a small number before it: tf.sqrt(x + 1e-12)."
    if op in ("Log", "Log1p", "RealDiv", "DivNoNan", "Reciprocal", "Inv", "Xlogy"):
        return f"The slope grows without limit near 0. {_CLIP}."
    if op in ("Acos", "Asin", "Atanh", "Acosh"):
        return "The slope is infinite at the ends of the range. Clip the argument a little inside of it."
    return "Look at these elements: the slope is infinite there, or the product is too large for the dtype."


def _forward(op: str, elements: Responsible, dtype: str) -> tuple[str, str, str]:
    """Cause, why, and advice."""
    largest, exponent = _LARGEST.get(dtype, ("3.4e38", "88.7"))
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
            f"the result is larger than the dtype can hold ({dtype} ends at {largest}, which is exp({exponent}))",
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
        f"the result is larger than the dtype can hold ({dtype} ends at {largest})",
        "Compute this part in float32: float16 overflows soon."
        if dtype == "float16"
        else "Look for numbers that grow from step to step: a smaller learning rate, gradient clipping, normalization.",
    )
