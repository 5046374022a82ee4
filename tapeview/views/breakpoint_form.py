"""A breakpoint as a person fills it in: seven kinds in plain words, a few fields each, and what is wrong with them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

from tapeview.breakpoints import Breakpoint, BreakpointError, Test, describe, parse
from tapeview.explain.patrol import settings_of
from tapeview.explain.rules import RULES, SettingError
from tapeview.views.text import tr

ANY_RULE, NAMED_RULES = "*", "names"
"""What can be asked of a rule besides its name."""
NO_LIMIT: frozenset[Test] = frozenset({"", "nan", "inf", "zero", "none", "expression"})


class Choice(NamedTuple):
    """One entry of a list: what it is called in a form, and in words."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Form:
    """The fields as they were typed. ``kind`` is one of `kinds`, ``test`` one of `choices` of it; which of the other
    fields count tells `fields_of`.
    """

    kind: str = "line"
    test: str = ""
    file: str = ""
    line: str = ""
    column: int = -1
    end_column: int = -1
    name: str = ""
    limit: str = ""
    expression: str = ""
    condition: str = ""
    after: str = "1"
    logs: bool = False
    log: str = ""


def kinds() -> tuple[Choice, ...]:
    """The seven kinds."""
    return (
        Choice("line", tr("A line of the source")),
        Choice("op", tr("An op or a named result")),
        Choice("value", tr("What an op returns")),
        Choice("gradient", tr("A gradient")),
        Choice("scalar", tr("The loss or a training step")),
        Choice("exception", tr("An exception")),
        Choice("rule", tr("A rule that fires")),
    )


def choices(kind: str) -> tuple[Choice, ...]:
    """What can be asked of a kind; a single choice needs no list."""
    return {
        "op": (Choice("op", tr("every op of the type")), Choice("node", tr("the result called"))),
        "value": (
            Choice("nan", tr("holds a NaN")),
            Choice("inf", tr("holds an infinity")),
            Choice("zero", tr("is all zero")),
            Choice("above", tr("has a magnitude above")),
            Choice("expression", tr("fulfils this Python expression")),
        ),
        "gradient": (
            Choice("none", tr("is None")),
            Choice("nan", tr("holds a NaN")),
            Choice("inf", tr("holds an infinity")),
            Choice("zero", tr("is all zero")),
            Choice("above", tr("has a norm above")),
            Choice("below", tr("has a norm below")),
        ),
        "scalar": (
            Choice("above", tr("is above")),
            Choice("below", tr("is below")),
            Choice("rises", tr("rises from one step to the next by")),
            Choice("step", tr("training step number")),
            Choice("every", tr("every so many training steps")),
        ),
        "rule": (
            *(Choice(name, rule.title) for name, rule in RULES.items() if not rule.finds),
            Choice(ANY_RULE, tr("any rule that is not off")),
            Choice(NAMED_RULES, tr("rules whose names match")),
        ),
    }.get(kind, (Choice("", ""),))


def fields_of(form: Form) -> frozenset[str]:
    """Which of ``file``, ``line``, ``name``, ``limit`` and ``expression`` the form asks for."""
    test = _test(form)
    match form.kind:
        case "line":
            return frozenset({"file", "line"})
        case "op":
            return frozenset({"name"})
        case "value":
            return frozenset({"expression"} if test == "expression" else {"limit"} if test == "above" else ())
        case "gradient":
            return frozenset({"name", "limit"} if test in ("above", "below") else {"name"})
        case "scalar":
            return frozenset({"limit"} if test in ("step", "every") else {"name", "limit"})
        case "rule":
            return frozenset({"name", "expression"} if test == NAMED_RULES else {"expression"})
    return frozenset()


def form_of(breakpoint: Breakpoint) -> Form:
    """The form filled in with a breakpoint."""
    b = breakpoint
    kind: str = {"node": "op", "step": "scalar"}.get(b.kind, b.kind)
    test: str = {"op": "op", "node": "node", "step": b.test or "step", "rule": _rule_test(b.name)}.get(b.kind, b.test)
    wants_limit = b.kind == "step" or b.test not in NO_LIMIT
    return Form(
        kind, test, b.file, str(b.line) if b.line else "", b.column, b.end_column, b.name,
        f"{b.limit:g}" if wants_limit else "", b.expression, b.condition, str(b.after), b.log is not None, b.log or "",
    )  # fmt: skip


def build(form: Form, before: Breakpoint | None = None) -> Breakpoint:
    """The breakpoint that the form describes, with the id and switch of the one ``before``.

    Raises:
        BreakpointError: a field is empty or wrong; the message is one sentence for the user.
    """
    wanted, test = fields_of(form), _test(form)
    kind = {"op": test, "scalar": "step" if test in ("step", "every") else "scalar"}.get(form.kind, form.kind)
    limit = _number(form.limit, whole=test in ("step", "every")) if "limit" in wanted else 0.0
    name = form.name.strip() if "name" in wanted else ""
    if form.kind == "op" and not name:
        raise BreakpointError(
            tr("Type the op's type, such as Conv2D*.") if test == "op" else tr("Type the name of the result.")
        )
    if form.kind == "rule":
        name = name if test == NAMED_RULES else test
        if not name:
            raise BreakpointError(tr("Type a rule’s name, such as dead-relu, or dead-*."))
        try:
            settings_of(name, form.expression)
        except SettingError as error:
            raise BreakpointError(_sentence(str(error))) from error
    elif "expression" in wanted and not form.expression.strip():
        raise BreakpointError(tr("Type a Python expression over value, such as value.min() < 0."))
    if "file" in wanted and not form.file.strip():
        raise BreakpointError(tr("Choose the file."))
    if form.logs and not form.log.strip():
        raise BreakpointError(tr("Type the text to write; {loss} in braces is evaluated."))
    made = Breakpoint(
        kind,  # type: ignore[arg-type]
        "" if form.kind in ("line", "op", "exception", "rule") or test == "step" else test,  # type: ignore[arg-type]
        file=form.file.strip() if "file" in wanted else "",
        line=int(_number(form.line, whole=True)) if "line" in wanted else 0,
        column=form.column if "line" in wanted else -1,
        end_column=form.end_column if "line" in wanted else -1,
        name=(name or "loss") if kind == "scalar" else name,
        limit=limit,
        expression="".join(form.expression.split())
        if kind == "rule"
        else form.expression.strip()
        if "expression" in wanted
        else "",
        condition=" ".join(form.condition.split()),
        after=int(_number(form.after or "1", whole=True)),
        log=" ".join(form.log.split()) if form.logs else None,
        enabled=before.enabled if before is not None else True,
        id=before.id if before is not None else 0,
    )
    parse(describe(made))  # says what is wrong with a condition
    return made


def preview(form: Form) -> tuple[str, str]:
    """The breakpoint's text form, and "" or the sentence that says what is still wrong."""
    try:
        return describe(build(form)), ""
    except BreakpointError as error:
        return "", str(error)


def changed(form: Form, **values: object) -> Form:
    """The form with other values; a new kind begins with its first test. KeyError for an unknown field."""
    unknown = set(values) - {field.name for field in fields(Form)}
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    made = replace(form, **values)  # type: ignore[arg-type]
    if made.kind != form.kind and "test" not in values:
        made = replace(made, test=choices(made.kind)[0].id, name="", limit="")
    return made


def _rule_test(name: str) -> str:
    return name if name == ANY_RULE or (name in RULES and not RULES[name].finds) else NAMED_RULES


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _test(form: Form) -> str:
    known = [choice.id for choice in choices(form.kind)]
    return form.test if form.test in known else known[0]


def _number(text: str, *, whole: bool) -> float:
    words = text.strip().replace(",", ".") if not whole else text.strip()
    try:
        found = float(words) if not whole else float(int(words))
    except ValueError:
        found = math.nan
    if not math.isfinite(found) or (whole and found < 1):
        if whole:
            raise BreakpointError(tr("Type a whole number from 1 on."))
        raise BreakpointError(tr("Type a number, such as 100 or 1e-6."))
    return found
