"""What came out of checking a gradient, in words for people who are learning."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tapeview.explain.questions import KINK, RIGHT, ROUNDED, UNKNOWN, WRONG, Checked, Element
from tapeview.views.check_heat import error_of
from tapeview.views.numbers import number
from tapeview.views.text import tr

SIGNS = {RIGHT: "✓", ROUNDED: "≈", KINK: "∧", UNKNOWN: "?", WRONG: "✗"}
ROLES = {RIGHT: "ok", ROUNDED: "text", KINK: "n", UNKNOWN: "muted", WRONG: "bad"}
"""The palette's roles."""
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Row:
    """One gradient that was checked. ``name`` is the source, or the input of an op; ``verdict`` one of the words of
    ``explain.questions``, ``text`` with its sign for people. ``worst`` names the element furthest off, then what was
    recorded of it, what the rules give in float64, what finite differences give, and how far apart these are;
    ``looked`` is ``20 of 96``. ``spoken`` is all of it for those who hear the window.
    """

    name: str
    verdict: str
    text: str
    worst: str
    recorded: str
    by_rules: str
    by_differences: str
    error: str
    looked: str
    spoken: str


def verdict_text(verdict: str) -> str:
    """``✓ right``, ``✗ WRONG``."""
    words = {
        RIGHT: tr("right"),
        ROUNDED: tr("right, rounded"),
        KINK: tr("kink"),
        UNKNOWN: tr("not known"),
        WRONG: tr("WRONG"),
    }
    return f"{SIGNS.get(verdict, '?')} {words.get(verdict, verdict)}"


def index_text(index: tuple[int, ...]) -> str:
    """``[3,7]``, "" for a scalar's only element."""
    return f"[{','.join(map(str, index))}]" if index else ""


def row_of(found: Checked, several_calls: bool) -> Row:
    """A row of the table; ``several_calls`` tells that a source's name alone does not say which gradient."""
    name = found.subject
    if found.op:
        name = tr("{op} → “{name}”").format(op=found.op_type, name=name)
    elif several_calls and found.line:
        name = tr("{name} (line {line})").format(name=name, line=found.line)
    worst, text = found.worst, verdict_text(found.verdict)
    place = index_text(worst.index) or tr("scalar")
    looked = looked_text(found)
    recorded, by_rules, by_differences = three_numbers(worst)
    error = number(worst.error, 2)
    spoken = tr(
        "{name}: {verdict}; furthest off {place}, recorded {recorded}, by the rules {rules}, by finite differences "
        "{differences}; {looked} elements"
    ).format(
        name=name, verdict=text[2:], place=place, recorded=recorded, rules=by_rules, differences=by_differences,
        looked=looked,
    )  # fmt: skip
    return Row(name, found.verdict, text, place, recorded, by_rules, by_differences, error, looked, spoken)


def looked_text(found: Checked) -> str:
    """How many elements were looked at: ``20 of 96``, ``all 12``."""
    if len(found.elements) == found.size:
        return tr("all {count}").format(count=f"{found.size:,}") if found.size > 1 else "1"
    return tr("{n} of {count}").format(n=len(found.elements), count=f"{found.size:,}")


def three_numbers(element: Element) -> tuple[str, str, str]:
    """What was recorded, what the rules give in float64, what finite differences give."""
    return (
        tr("not kept") if element.recorded is None else number(element.recorded, _DIGITS),
        "–" if element.by_rules is None else number(element.by_rules, _DIGITS),
        tr("no slope") if math.isnan(element.by_differences) else number(element.by_differences, _DIGITS),
    )


def element_text(name: str, element: Element) -> str:
    """An element with its three numbers and how far they are apart."""
    recorded, by_rules, by_differences = three_numbers(element)
    apart = error_of(element, False)
    words = tr("{place}: recorded {recorded} · by the rules {rules} · by finite differences {differences}")
    if element.by_rules is None:
        words = tr("{place}: recorded {recorded} · by finite differences {differences}")
    if math.isnan(element.by_differences):
        words = tr("{place}: recorded {recorded} · by the rules {rules} · there is no slope")
    words = words.format(
        place=name + index_text(element.index), recorded=recorded, rules=by_rules, differences=by_differences
    )
    if not math.isnan(apart):
        words += " · " + tr("apart {absolute}, relative {relative}").format(
            absolute=number(apart, 2), relative=number(element.error, 2)
        )
    return words + (" · " + tr("a kink") if element.kink else "")


def brief(found: Checked) -> str:
    """A result in a few words."""
    words = tr("largest error {error}, against finite differences in float64")
    if found.worst.index:
        words = tr("largest error {error} at {place}, against finite differences in float64")
    return words.format(error=number(found.worst.error, 2), place=index_text(found.worst.index))


def introduction(any_step: bool, any_gradient: bool) -> str:
    """What stands where nothing was checked yet."""
    if not any_step:
        return tr("Here gradients are checked against finite differences, once a script has taken some.")
    if not any_gradient:
        return tr("This step has no gradient yet, so there is none to check. Go to one where tape.gradient is done.")
    return tr(
        "A gradient says how much the target changes when an element changes. A finite difference measures that: the "
        "element is moved a tiny step up and down, and the target is worked out again. Check compares both in float64, "
        "without running the script."
    )


def explanation(found: Checked, blamed: tuple[str, ...] = ()) -> str:
    """What the verdict means here, and what to do. ``blamed`` names the functions with a wrong rule of their own."""
    worst, blamed = found.worst, found.culprits or blamed
    recorded, by_rules, by_differences = three_numbers(worst)
    if found.verdict == RIGHT:
        text = tr(
            "Right: the gradient is the slope. Each element looked at was moved a tiny step up and down and the target "
            "worked out again (that is a finite difference); it changed as the gradient says."
        )
    elif found.verdict == ROUNDED:
        text = tr(
            "Right up to rounding: in float64 the rules give {rules} and finite differences {differences}. The number "
            "recorded, {recorded}, is off because float32 keeps about seven digits, and large numbers that nearly "
            "cancel lose them. Compute this part in float64, or in another order, if these digits matter."
        )
    elif found.verdict == KINK:
        text = tr(
            "A kink: the function has a corner or an edge at {place} (relu at 0, two equal maxima, the root of 0), "
            "so its slope to the left is not the one to the right. Any number between them is as good a gradient, and "
            "nothing need be done. Where it is NaN or Inf, keep the value away from there: tf.maximum(x, 1e-12)."
        )
    elif found.verdict == UNKNOWN:
        text = tr("Not known: there is no slope that could be measured here.") + f" {found.why}".rstrip()
    elif blamed:
        text = tr(
            "Wrong: the gradient is not the slope. {recorded} was sent where finite differences measure {differences}. "
            "To blame is the rule that the script itself gives for {names}: compare what its gradient function returns "
            "with the derivative of what the function computes. Some are meant so, as clipped, reversed or "
            "straight-through gradients are: then all is well."
        )
    else:
        text = tr(
            "Wrong: the gradient is not the slope. {recorded} was sent where finite differences measure {differences}. "
            "No function of the script has a rule of its own here, so look for the op: check those on the way one by "
            "one (menu of a node in the graph)."
        )
    return text.format(
        rules=by_rules,
        differences=by_differences,
        recorded=by_rules if worst.recorded is None else recorded,
        names=", ".join(blamed),
        place=found.subject + index_text(worst.index),
    )
