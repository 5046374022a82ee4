"""Why there is no gradient: one word for a table, one sentence for the Inspector that says what to do."""

from __future__ import annotations

from typing import NamedTuple

from tapeview.trace import names
from tapeview.trace.query import Recording, Step
from tapeview.views.step_index import index_of
from tapeview.views.text import tr


class Why(NamedTuple):
    """A question and its answer."""

    title: str
    text: str


def reason_word(reason: str) -> str:
    """A recorded reason in a word or two."""
    return {
        "not watched": tr("not watched"),
        "not trainable": tr("not trainable"),
        "integer dtype": tr("integer"),
        "not connected to the target": tr("not connected"),
        "stopped": tr("stopped"),
        "computed outside the tape": tr("outside the tape"),
    }.get(reason, reason)


class Subject(NamedTuple):
    """What has no gradient: its name, its kind (``variable``, ``constant``, ``result``), its dtype and its tensor id
    (0 = unknown).
    """

    name: str
    kind: str
    dtype: str
    tensor: int


def why_none(recording: Recording, step: Step, subject: Subject, reason: str, break_op: int = 0) -> Why:
    """The sentence for a ``None``: why it is one, and what to do. An unknown reason is passed on as it is."""
    name = subject.name
    code = name if name.isidentifier() else "…"
    before = _before(recording, step, subject.tensor)
    title = tr("Why is ∂L/∂{name} None?").format(name=name)
    if reason == "not watched":
        if subject.kind == "variable":
            text = tr("“{name}” was not watched. Watch it with tape.watch({code}){before}.")
        elif subject.kind == "constant" and _is_number(name):
            text = tr("“{name}” is a number in the source. To get a gradient for it, make it a tf.Variable.")
        elif subject.kind == "constant":
            text = tr(
                "“{name}” is a constant and was not watched. "
                "Watch it with tape.watch({code}){before}, or make it a tf.Variable."
            )
        else:
            text = tr("“{name}” was not watched. Watch it with tape.watch({code}){before}, or make it a tf.Variable.")
    elif reason == "not trainable":
        text = tr(
            "“{name}” was made with trainable=False, and tapes watch only trainable variables by themselves. "
            "Watch it with tape.watch({code}){before}, or make it trainable."
        )
    elif reason == "integer dtype" and break_op:
        text = tr(
            "On its way to the target “{name}” becomes whole numbers{where}, and gradients do not pass through those. "
            "Compute the target from it in floating point."
        )
    elif reason == "integer dtype":
        text = tr(
            "“{name}” holds {dtype} numbers, and only floating-point numbers have gradients. "
            "Make it one, for example with 3.0 instead of 3 or with tf.cast({code}, tf.float32)."
        )
    elif reason == "stopped":
        text = tr("Every path from “{name}” to the target is cut on purpose{where}. Remove that cut to let it through.")
    elif reason == "computed outside the tape" and subject.kind != "variable":
        text = tr(
            "“{name}” was computed outside the tape, so to the tape it is a constant. "
            "Compute it inside the “with” block, or watch it with tape.watch({code}){before}."
        )
    elif reason == "computed outside the tape":
        text = tr(
            "The target was computed from “{name}” outside the tape{where}, so the tape does not know how. "
            "Move that computation into the “with” block."
        )
    elif reason == "not connected to the target":
        text = tr(
            "No recorded op leads from “{name}” to the target{where}. "
            "Compute the target from it while the tape records."
        )
    else:
        text = reason[:1].upper() + reason[1:] + "." if reason else tr("The recording does not say.")
        return Why(title, text)
    where = _where(recording, step, break_op)
    return Why(title, text.format(name=name, code=code, before=before, dtype=subject.dtype, where=where))


def _is_number(words: str) -> bool:
    try:
        complex(words)
    except ValueError:
        return False
    return True


def _before(recording: Recording, step: Step, tensor: int) -> str:
    """`` before line 72``: where the tensor is first used in the step."""
    for seq, _ in index_of(step).consumers.get(tensor, ())[:1]:
        frames = recording.frames(step.ops[seq].site)
        if frames:
            return tr(" before line {line}").format(line=frames[-1].line)
    return ""


def _where(recording: Recording, step: Step, break_op: int) -> str:
    op = step.ops.get(break_op)
    if op is None:
        return ""
    frames = recording.frames(op.site)
    if not frames:
        return tr(" (at {op})").format(op=op.op)
    words = names.expression(recording, op.site) or op.op
    return tr(" (at “{words}”, line {line})").format(words=words, line=frames[0].line)
