"""The two sentences for a ``None``: what happened here, in words for people who are learning, and what to do."""

from __future__ import annotations

from tapeview.explain import code
from tapeview.explain.case import Break, Case

_STEPWISE = {
    "Floor", "Ceil", "Round", "Rint", "Sign", "FloorDiv", "FloorMod", "Greater", "Less", "Equal", "GreaterEqual",
    "LessEqual", "NotEqual",
}  # fmt: skip

_WORDS: dict[str, tuple[str, str]] = {
    "not watched": (
        "The tape follows only what it watches, and nobody told it to watch “{name}”, which {kind}",
        "Call {tape}.watch({code}) at the top of the with block, or make it a tf.Variable, which is watched by itself.",
    ),
    "not trainable": (
        "A tape watches trainable variables by itself, and “{name}” was made with trainable=False{moving}",
        "{untrainable}.",
    ),
    "watch_accessed_variables=False": (
        "The tape was opened with watch_accessed_variables=False, so it watches only what it is told "
        "to, and “{name}” is "
        "not among that",
        "Call {tape}.watch({code}) at the top of the with block, or leave watch_accessed_variables=False out.",
    ),
    "watched too late": (
        "{tape}.watch({code}) was called after “{name}” had been used in line {use}, and the tape follows "
        "only what comes "
        "after that",
        "Move {tape}.watch({code}) to the top of the with block.",
    ),
    "integer dtype": (
        "“{name}” holds whole numbers ({extra}), which cannot change by a little, so there is no derivative",
        "{whole}.",
    ),
    "string dtype": (
        "“{name}” holds text, and a derivative asks how a number changes",
        "Ask for the gradient of the numbers that were made from it.",
    ),
    "cast to whole numbers": (
        "In line {line} a cast turns numbers computed from “{name}” into whole ones, which cannot "
        "change by a little, so "
        "no gradient passes",
        "Stay in floating point on the way to the target, and cast only what is printed or counted.",
    ),
    "op without a gradient": (
        "{op}{layer} in line {line} has no gradient: {why}, so nothing gets from the target through it to “{name}”",
        "Use something smooth in its place ({instead}), or take {op} off the way to the target.",
    ),
    "a rule gave None": (
        "The gradient function of {op} in line {line} gave None for the input that comes from “{name}”",
        "Return a gradient for each input from the function given to tf.custom_gradient.",
    ),
    "stop_gradient": (
        "tf.stop_gradient in line {line} lets the value pass and holds every gradient back, and all "
        "ways from “{name}” to "
        "the target go through it",
        "If that was not meant, take it away; else ask for no gradient of “{name}”.",
    ),
    "stop_recording": (
        "What was computed from “{name}” in line {line} ran inside tape.stop_recording(), where the tape does not look",
        "Move the computation out of the stop_recording block.",
    ),
    "replaced by a tensor": (
        "In line {line} “{extra}” gives the name {code} to a tensor, the result of a computation: it is no longer the "
        "tf.Variable that tapes watch by themselves",
        "Keep the variable and change its value: {code}.assign(…), {code}.assign_add(…) or {code}.assign_sub(…).",
    ),
    "inner gradient outside the outer tape": (
        "The target is a gradient that was taken in line {line}, when the outer tape had stopped "
        "recording, so this tape "
        "does not know how it was computed",
        "Call the inner tape's gradient inside the with block of the outer tape.",
    ),
    "wrong tape": (
        "The {op} in line {line} leads from “{name}” towards the target, but another tape recorded it and not this one",
        "Ask the tape that was open in line {line}, or compute it inside this tape's with block.",
    ),
    "the tape began again": (
        "tape.reset() made the tape forget what it had recorded, among it the {op} in line {line} that leads from "
        "“{name}” to the target",
        "Compute the target after the reset.",
    ),
    "left through NumPy": (
        "In line {line} the value left TensorFlow ({how}), and what came back are plain numbers: the "
        "tape cannot see that they were computed from “{name}”",
        "{instead_of}.",
    ),
    "copied": (
        "In line {line} “{extra}” copies numbers out of “{name}”: the copy is not connected to it any more",
        "Compute with the tensor itself; tf.identity and tf.convert_to_tensor keep the connection.",
    ),
    "assign": (
        "In line {line} a value computed from “{name}” was written into the variable “{extra}”, and "
        "what is stored in a "
        "variable forgets where it came from",
        "Use the computed tensor itself on the way to the target, and assign it to “{extra}” afterwards.",
    ),
    "before the tape began": (
        "{what} was computed {computed}before the tape began to record, and it leads from “{name}” to the target",
        "Move that computation into the with block.",
    ),
    "after the tape ended": (
        "The target was computed in line {line} ({extra}), after the tape had stopped recording",
        "Move that computation into the with block.",
    ),
    "branch did not run": (
        "“{name}” is used in line {extra}, in a branch of the if in line {line} that did not run this "
        "time, so the target "
        "does not depend on it",
        "Expect None for the branch that is not taken, or compute both and choose with tf.where.",
    ),
    "not used": (
        "The tape recorded nothing that uses “{name}”, so the target does not depend on it",
        "Use {it} inside the with block on the way to the target, or do not ask for its gradient.",
    ),
    "no path": (
        "“{name}” is used, but what is computed from it ends with {op}{layer} in line {line} and never gets to the "
        "target",
        "Check that the target contains that result, or do not ask for this gradient.",
    ),
    "constant slope": (
        "The target is itself a gradient (taken in line {line}), and “{name}” does not occur in it: with it, what was "
        "differentiated changes in a straight line, so its slope is the same everywhere and the second derivative is 0",
        "Nothing need be done if that is meant: unconnected_gradients='zero' gives the 0 as a number.",
    ),
}

_HOW = {
    "numpy": (".numpy()", "Do that computation with TensorFlow's functions, on the tensor itself"),
    "array": ("NumPy took it as an array", "Use TensorFlow's function in place of NumPy's: tf.reduce_mean for np.mean"),
    "float": ("float(…)", "Leave float(…) out: the tensor itself can be added, multiplied and put into lists"),
    "int": ("int(…)", "Leave int(…) out and stay in floating point; a whole number would have no gradient either"),
    "item": (".item()", "Leave .item() out: the tensor itself can be computed with"),
    "tolist": (".tolist()", "Go through the tensor itself: for value in tensor, or tf.unstack"),
    "predict": ("model.predict gives NumPy's arrays", "Call the model itself: model(x, training=True)"),
    "tf.numpy_function": (
        "tf.numpy_function",
        "Write it with TensorFlow's functions, or give it a gradient with tf.custom_gradient",
    ),
}

_TENSORFLOWS = {
    "mean": "reduce_mean", "average": "reduce_mean", "sum": "reduce_sum", "max": "reduce_max", "min": "reduce_min",
    "prod": "reduce_prod", "std": "math.reduce_std", "var": "math.reduce_variance", "log": "math.log",
    "log10": "math.log", "array": "stack", "asarray": "convert_to_tensor", "concatenate": "concat", "dot": "tensordot",
    "linalg.norm": "norm", "power": "pow", "clip": "clip_by_value", "absolute": "abs", "fabs": "abs",
    "log1p": "math.log1p",
}  # fmt: skip


def _left(how: str) -> tuple[str, str]:
    """How a value left, and what to do."""
    if how in _HOW:
        return _HOW[how]
    if "." not in how:
        return how, "Do that computation with TensorFlow's functions"
    function = how.partition(".")[2]
    return how, f"Use TensorFlow's function: tf.{_TENSORFLOWS.get(function, function)} instead of {how}"


def words(case: Case, found: Break, line: int) -> tuple[str, str]:
    """Text and advice of a break; each ends with a full stop."""
    op = found.op.op if found.op is not None else ""
    how, instead_of = _left(found.extra)
    named = code.is_path(case.text) or case.name.isidentifier()
    expression = case.text if code.is_path(case.text) else case.name if named else "…"
    kind = "is a tensor computed outside the tape" if found.extra == "computed" else "is a constant"
    context = case.context
    moving = case.name.rpartition("/")[2].startswith("moving_")
    indices = found.op is not None and found.op.op in ("GatherV2", "Gather", "OneHot") and found.input >= 0
    tape = code.caller(context.recording, case.started.site, case.started.kind) or "tape"
    trainable = f"Make it with trainable=True, or call {tape}.watch({expression}) at the top of the with block"
    fields = {
        "name": case.name,
        "code": expression,
        "it": expression if named and "/" not in case.name else "the layer that it belongs to",
        "line": line,
        "extra": found.extra or op,
        "op": op or found.extra,
        "layer": context.where(found.op).removeprefix(op) if found.op is not None else "",
        "kind": kind if case.variable is None else "is a variable",
        "use": context.line(found.op.site) if found.op is not None else 0,
        "why": _why(op),
        "instead": _instead(op),
        "how": how,
        "instead_of": instead_of,
        "tape": tape,
        "what": _what(context.label(found.tensor), found.extra),
        "computed": f"in line {line}, " if found.line else "",
        "moving": ": its layer keeps it up to date, not the optimizer" if moving else "",
        "untrainable": _UNTRAINABLE if moving or not named else trainable,
        "whole": _LOOKED_UP if indices else "Make it floating point: 3.0 instead of 3, or tf.cast(…, tf.float32)",
    }
    text, advice = _WORDS[found.cause]
    return text.format(**fields) + ".", advice.format(**fields)


_UNTRAINABLE = "Ask for the gradients of model.trainable_variables: model.weights and model.variables have others, too"
_LOOKED_UP = (
    "Numbers of rows have no slope: watch what is looked up with them, the embedding's result, and ask for its gradient"
)


def _what(name: str, made_by: str) -> str:
    if name == made_by or not made_by:
        return f"A result of {made_by}" if made_by else f"“{name}”"
    return f"“{name}”, the result of {made_by},"


def _why(op: str) -> str:
    if op in _STEPWISE:
        return "its result jumps in steps and is flat between them"
    if op in ("ArgMax", "ArgMin", "TopKV2", "ArgSort", "UniqueV2", "Where"):
        return "it gives the places of elements, whole numbers"
    if op in ("Multinomial", "RandomCategorical", "Bernoulli"):
        return "it draws at random, and what was drawn jumps from one whole number to another"
    if op in ("Shape", "ShapeN", "Size", "Rank"):
        return "it tells how large a tensor is, which its values do not change"
    if op.startswith("tf.strings."):
        return "it turns numbers into text or text into numbers"
    if op in ("OnesLike", "ZerosLike"):
        return "its result is the same whatever the values are"
    return "a small change of what goes in does not change what comes out by a little"


def _instead(op: str) -> str:
    if op in ("ArgMax", "ArgMin"):
        return "tf.nn.softmax, say, which gives each place a weight"
    if op in ("Greater", "Less", "GreaterEqual", "LessEqual", "Equal", "NotEqual", "Sign"):
        return "tf.sigmoid, say, which goes from 0 to 1 without a jump"
    if op in ("Multinomial", "RandomCategorical"):
        return "the probability of what was drawn, say, as in policy gradients, or Gumbel noise and a softmax"
    if op in ("TopKV2", "ArgSort"):
        return "the values in place of the places, say"
    return "the number before it was rounded, say" if op in _STEPWISE else "a function with a slope"
