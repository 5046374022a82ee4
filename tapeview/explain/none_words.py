"""The two sentences for a ``None``: what happened here, in words for people who are learning, and what to do."""

from __future__ import annotations

from tapeview.explain.case import Break, Case

_STEPWISE = {"Floor", "Ceil", "Round", "Rint", "Sign", "FloorDiv", "FloorMod", "Greater", "Less", "Equal"}

_WORDS: dict[str, tuple[str, str]] = {
    "not watched": (
        "The tape follows only what it watches, and nobody told it to watch “{name}”, which {kind}",
        "Call tape.watch({code}) at the top of the with block, or make it a tf.Variable, which is watched by itself.",
    ),
    "not trainable": (
        "A tape watches trainable variables by itself, and “{name}” was made with trainable=False",
        "Make it with trainable=True, or call tape.watch({code}) at the top of the with block.",
    ),
    "watch_accessed_variables=False": (
        "The tape was opened with watch_accessed_variables=False, so it watches only what it is told "
        "to, and “{name}” is "
        "not among that",
        "Call tape.watch({code}) at the top of the with block, or leave watch_accessed_variables=False out.",
    ),
    "watched too late": (
        "tape.watch({code}) was called after “{name}” had been used in line {use}, and the tape follows "
        "only what comes "
        "after that",
        "Move tape.watch({code}) to the top of the with block.",
    ),
    "integer dtype": (
        "“{name}” holds whole numbers ({extra}), which cannot change by a little, so there is no derivative",
        "Make it floating point: 3.0 instead of 3, or tf.cast({code}, tf.float32) before the tape.",
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
        "{op} in line {line} has no gradient: {why}, so nothing gets from the target through it to “{name}”",
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
        "In line {line} the value left TensorFlow ({how}), and what came back is a plain number: the "
        "tape cannot see that "
        "it was computed from “{name}”",
        "Do that computation with TensorFlow's functions ({tf} instead of {np}).",
    ),
    "copied": (
        "In line {line} “{extra}” copies the number out of “{name}”: the copy is a constant and no "
        "longer connected to it",
        "Use {code} itself, or tf.convert_to_tensor({code}), which keeps the connection.",
    ),
    "assign": (
        "In line {line} a value computed from “{name}” was written into the variable “{extra}”, and "
        "what is stored in a "
        "variable forgets where it came from",
        "Use the computed tensor itself on the way to the target, and assign it to “{extra}” afterwards.",
    ),
    "before the tape began": (
        "What leads from “{name}” to the target was computed in line {line} ({extra}), before the tape began to record",
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
        "Use {code} inside the with block on the way to the target, or do not ask for its gradient.",
    ),
    "no path": (
        "“{name}” is used, but what is computed from it ends with {op} in line {line} and never gets to the target",
        "Check that the target contains that result, or do not ask for this gradient.",
    ),
}

_HOW = {
    "numpy": (".numpy()", "a function of tf", "NumPy's"),
    "array": ("NumPy took it as an array", "tf.reduce_mean, say,", "np.mean"),
    "float": ("float(…)", "tf.cast", "float"),
    "int": ("int(…)", "tf.floor or tf.cast", "int"),
    "item": (".item()", "the tensor itself", "its item"),
    "tolist": (".tolist()", "the tensor itself", "its list"),
}


def words(case: Case, found: Break, line: int) -> tuple[str, str]:
    """Text and advice of a break; each ends with a full stop."""
    op = found.op.op if found.op is not None else ""
    how, tf, np = _HOW.get(found.extra, (found.extra, "a function of tf", "Python's or NumPy's"))
    code = case.name if case.name.isidentifier() or case.name == case.text else "…"
    kind = "is a tensor computed outside the tape" if found.extra == "computed" else "is a constant"
    context = case.context
    fields = {
        "name": case.name,
        "code": code,
        "line": line,
        "extra": found.extra or op,
        "op": op,
        "kind": kind if case.variable is None else "is a variable",
        "use": context.line(found.op.site) if found.op is not None else 0,
        "why": "its result jumps in steps and is flat between them" if op in _STEPWISE else _why(op),
        "instead": _instead(op),
        "how": how,
        "tf": tf,
        "np": np,
    }
    text, advice = _WORDS[found.cause]
    return text.format(**fields) + ".", advice.format(**fields)


def _why(op: str) -> str:
    if op in ("ArgMax", "ArgMin"):
        return "it gives the place of an element, a whole number"
    return "a small change of what goes in does not change what comes out by a little"


def _instead(op: str) -> str:
    if op in ("ArgMax", "ArgMin"):
        return "tf.nn.softmax, say, which gives each place a weight"
    if op in ("Greater", "Less", "GreaterEqual", "LessEqual", "Equal", "NotEqual", "Sign"):
        return "tf.sigmoid, say, which goes from 0 to 1 without a jump"
    return "the number before it was rounded, say" if op in _STEPWISE else "a function with a slope"
