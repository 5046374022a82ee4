"""A finding in the words of a person."""

from __future__ import annotations

from pathlib import PurePath

from tapeview.explain import RULES, Finding
from tapeview.trace.query import Recording
from tapeview.views.runs import step_name
from tapeview.views.text import tr


def title(finding: Finding) -> str:
    """The heading of a finding."""
    words = {
        "none": tr("The gradient of {subject} is None: {cause}"),
        "zero": tr("The gradient of {subject} is zero: {cause}")
        if finding.backward
        else tr("{subject} is zero: {cause}"),
        "nonfinite": tr("{subject} is not finite: {cause}"),
        "huge": tr("{subject} is huge: {cause}"),
        "rule": tr("{title}: {subject}"),
    }.get(finding.kind, tr("{subject}: {cause}"))
    known = RULES.get(finding.cause) if finding.kind == "rule" else None
    cause = _cause(finding.cause)
    text = words.format(subject=finding.subject, cause=cause, title=known.title if known else cause)
    return text[0].upper() + text[1:] if text.startswith("the gradient of ") else text


def _cause(cause: str) -> str:
    """A cause as people say it, where its word for programs is too short."""
    return {
        "rule made it": tr("made by a gradient rule"),
        "a rule gave None": tr("its custom gradient gave None"),
        "no path": tr("nothing computed from it gets to the target"),
        "not used": tr("the target does not use it"),
        "assign": tr("written into a variable on the way"),
        "copied": tr("copied as a plain number"),
        "bad data": tr("it came in with the data"),
        "bad before the step": tr("it comes from an earlier step"),
        "huge before the step": tr("it comes from an earlier step"),
        "bad from the beginning": tr("it was made or loaded so"),
        "bad update": tr("what it was updated with"),
        "constant slope": tr("the slope does not change with it"),
        "no value": tr("a computation without a result"),
        "softmax of one": tr("a softmax over one element"),
        "sum of a softmax": tr("a softmax adds up to 1"),
        "made zero by the rule": tr("a gradient rule made zeros"),
        "made zero by the op": tr("an op made zeros"),
        "a factor is too small": tr("too small for the dtype"),
    }.get(cause, cause)


def advice(finding: Finding) -> str:
    """What to do."""
    return tr("What to do: {advice}").format(advice=finding.advice)


def reached(finding: Finding) -> str:
    """What it got into, "" for nothing."""
    return tr("Reached: {names}").format(names=", ".join(finding.poisoned)) if finding.poisoned else ""


def where(recording: Recording, finding: Finding) -> str:
    """``train.py, line 9 · step 3``, with how many more steps have the same."""
    name = PurePath(recording.source(finding.file).path).name if finding.file else ""
    step = step_name(recording, finding.step)
    if finding.steps > 1:
        step = tr("{step} and {more} more").format(step=step, more=finding.steps - 1)
    if not name or not finding.line:
        return step
    return tr("{file}, line {line}").format(file=name, line=finding.line) + f" · {step}"
