"""What a breakpoint is: plain data, the same for the window, the command line and the script's process.

The text form is what ``tapeview record --break`` takes and what the window shows::

    line:train.py:31        the line runs an op          line:train.py:31:11-19   ... exactly that expression
    op:Conv2D*              an op type, by glob          node:y_pred              the op whose result has that name
    nan  inf  zero          an op's output               max>1e6                  largest magnitude of an output
    value:value.min() < 0   a Python expression over ``value`` (a NumPy array)
    gradient:none           a gradient that is None      gradient:w:norm>10       norm of one variable's gradient
    gradient:nan  gradient:zero  gradient:norm<1e-8
    loss>100  loss rises 20%                             a scalar: the target of a gradient, or a logged series
    step:120  every:50      a training step              exception                an exception in the script or an op
    rule:dead-relu          a rule fires, by glob        rule:dead-relu:units=0.6,rows=4    ... with these thresholds

Each may end in `` if CONDITION`` (a Python expression), `` after N`` (stop from the N-th hit on) and `` log TEXT``
(write TEXT, with ``{expressions}``, instead of stopping), in this order. A name or file that would be misread stands in
double quotes (a JSON string): ``"max">3`` is a series called max.
"""

from __future__ import annotations

import ast
import json
import math
import re
import warnings
from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

Kind = Literal["line", "op", "node", "value", "gradient", "scalar", "step", "exception", "rule"]
Test = Literal["", "nan", "inf", "zero", "none", "above", "below", "rises", "every", "expression"]

KINDS: Final[tuple[Kind, ...]] = ("line", "op", "node", "value", "gradient", "scalar", "step", "exception", "rule")
TESTS: Final[dict[Kind, tuple[Test, ...]]] = {
    "line": ("",),
    "op": ("",),
    "node": ("",),
    "value": ("nan", "inf", "zero", "above", "expression"),
    "gradient": ("none", "nan", "inf", "zero", "above", "below"),
    "scalar": ("above", "below", "rises"),
    "step": ("", "every"),
    "exception": ("",),
    "rule": ("",),
}
"""The tests each kind has."""


class Breakpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One breakpoint.

    Attributes:
        id: positive, unique among those set together; 0 before it has one.
        kind, test: what it looks at; see `TESTS`.
        file, line, column, end_column: for ``line``: the file (a whole path, or its last parts), the line from 1, and
            the columns of one expression (UTF-8 bytes from 0, as in ``ast``; -1 = any op of the line).
        name: for ``op`` a glob of op types; for ``node`` the user's name of a result; for ``gradient`` a glob of
            variable names ("" = any); for ``scalar`` the series ("" or ``loss``: the target of a gradient); for
            ``rule`` a glob of names of rules. These are looked at beside the script, which has gone on when it stops.
        limit: for ``above`` and ``below`` the bound (``value``: of the largest magnitude, ``gradient``: of the norm);
            for ``rises`` the percentage from one step to the next; for ``step`` the step's number as people count, from
            1; for ``every`` the stride.
        expression: for ``value`` with ``expression``: Python over ``value``, a NumPy array; for ``rule`` thresholds,
            ``NAME=NUMBER`` with commas between.
        condition: Python; stops only where it is true. Sees the script's variables there and, where the script has no
            variable of that name, ``value`` (what the test looked at: a NumPy array or a number; the op's output where
            there is no test), ``op`` (the op type, "" without one), ``step`` (from 1) and ``np``.
        after: stops from this hit on; 1 = from the first.
        log: text to write instead of stopping; what stands in braces is evaluated. None = stop.
    """

    kind: Kind
    test: Test = ""
    file: str = ""
    line: int = 0
    column: int = -1
    end_column: int = -1
    name: str = ""
    limit: float = 0.0
    expression: str = ""
    condition: str = ""
    after: int = 1
    log: str | None = None
    enabled: bool = True
    id: int = 0


class BreakpointError(ValueError):
    """A text is no breakpoint. The message is one sentence for the user."""


def parse(text: str) -> Breakpoint:
    """The breakpoint that a text describes, without an id.

    Raises:
        BreakpointError: it describes none; the message says what is accepted there.
    """
    stripped = text.strip()
    trouble: BreakpointError | None = None
    for head, log in _splits(stripped, " log "):
        for spec, after in _splits(head, " after "):
            for what, condition in _splits(spec, " if "):
                try:
                    return _assembled(what, condition, after, log)
                except BreakpointError as error:
                    # The shortest head says best what is wrong, unless a longer one is a breakpoint after all.
                    trouble = trouble or error
    raise trouble or BreakpointError(f"an empty text is no breakpoint; {_FORMS}")


def describe(breakpoint: Breakpoint) -> str:
    """The text form. `parse` gives the same breakpoint back, apart from ``id`` and ``enabled``, where its parts are
    what they should be: one line each, conditions that are Python, and a scalar's series "loss", not ""."""
    what = _what_text(breakpoint, str)
    try:
        same = parse(what) == _bare(breakpoint)
    except BreakpointError:
        same = False
    text = what if same else _what_text(breakpoint, _quoted)
    if breakpoint.condition:
        text += f" if {breakpoint.condition}"
    if breakpoint.after > 1:
        text += f" after {breakpoint.after}"
    if breakpoint.log is not None:
        text += f" log {breakpoint.log}"
    return text


_FORMS = (
    "accepted are line:FILE:LINE, op:TYPE, node:NAME, nan, inf, zero, max>LIMIT, value:EXPRESSION, gradient:TEST, "
    "gradient:VARIABLE:TEST, SERIES>LIMIT, SERIES<LIMIT, SERIES rises PERCENT%, step:NUMBER, every:NUMBER, exception, "
    "rule:NAME, rule:NAME:THRESHOLD=NUMBER"
)
_GRADIENT_FORMS = "none, nan, inf, zero, norm>LIMIT or norm<LIMIT"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_LINE = re.compile(r"(?P<file>.+):(?P<line>\d+)(?::(?P<column>\d+)-(?P<end>\d+))?", re.DOTALL)
_RISES = re.compile(rf"(?P<name>.*\S)\s+rises\s+(?P<limit>{_NUMBER})\s*%", re.DOTALL)
_COMPARED = re.compile(rf"(?P<name>.*?)\s*(?P<sign>[<>])\s*(?P<limit>{_NUMBER})", re.DOTALL)
_RULE = re.compile(r"[a-z0-9*?-]+")
_SETTING = re.compile(rf"(?:[a-z0-9-]+\.)?[a-z]+=(?:{_NUMBER})%?|[a-z0-9-]+=[a-z]+")
_TEST_OF_SIGN: Final[dict[str, Test]] = {">": "above", "<": "below"}
_SIGN_OF_TEST = {test: sign for sign, test in _TEST_OF_SIGN.items()}
_VALUE_TESTS: Final[tuple[Test, ...]] = ("nan", "inf", "zero")
_GRADIENT_TESTS: Final[tuple[Test, ...]] = ("none", *_VALUE_TESTS)
_LARGEST = 10**9
_WORDS = (" if ", " after ", " log ")


def _splits(text: str, word: str) -> Iterator[tuple[str, str | None]]:
    """The text whole, where the word is not in it, else cut at one of the places where it is, from the left; whole
    then comes last."""
    at = text.find(word)
    while at >= 0:
        yield text[:at].rstrip(), text[at + len(word) :].strip()
        at = text.find(word, at + 1)
    yield text, None


def _assembled(what: str, condition: str | None, after: str | None, log: str | None) -> Breakpoint:
    fields = _what(what)
    if condition is not None:
        fields["condition"] = _python(condition, "condition")
    if after is not None:
        fields["after"] = _count(after, "the number of hits behind 'after'")
    if log is not None:
        if not log:
            raise BreakpointError("there is no text behind 'log'; write it as `log TEXT`")
        fields["log"] = log
    return Breakpoint(**fields)


def _what(text: str) -> dict[str, Any]:
    """The fields of everything before ``if``, ``after`` and ``log``."""
    if text == "exception":
        return {"kind": "exception"}
    if text in _VALUE_TESTS:
        return {"kind": "value", "test": text}
    word, colon, rest = text.partition(":")
    rest = rest.strip()
    if colon and word == "line":
        found = _LINE.fullmatch(rest)
        if found is None or int(found["line"]) < 1:
            raise BreakpointError(f"{text!r} names no line; write it as line:FILE:LINE or line:FILE:LINE:COLUMN-END")
        place = {"kind": "line", "file": _name(found["file"], "file"), "line": int(found["line"])}
        if found["column"] is not None:
            place |= {"column": int(found["column"]), "end_column": int(found["end"])}
        return place
    if colon and word in ("op", "node"):
        return {"kind": word, "name": _name(rest, "op type" if word == "op" else "name")}
    if colon and word == "value":
        return {"kind": "value", "test": "expression", "expression": _python(rest, "expression")}
    if colon and word == "gradient":
        return _gradient(rest)
    if colon and word in ("step", "every"):
        what = "the step's number" if word == "step" else "the number of steps"
        return {"kind": "step", "test": "" if word == "step" else "every", "limit": float(_count(rest, what))}
    if colon and word == "rule":
        return _rule(rest)
    return _scalar(text)


def _rule(text: str) -> dict[str, Any]:
    name, _, limits = text.partition(":")
    if _RULE.fullmatch(name.strip()) is None:
        raise BreakpointError(f"{name!r} is no name of a rule; write it as rule:dead-relu, or rule:* for all")
    settings = [one.strip() for one in limits.split(",") if one.strip()]
    for one in settings:
        if _SETTING.fullmatch(one) is None:
            raise BreakpointError(f"{one!r} sets no threshold of a rule; write it as THRESHOLD=NUMBER")
    return {"kind": "rule", "name": name.strip(), "expression": ",".join(settings)}


def _gradient(text: str) -> dict[str, Any]:
    name, colon, test = text.rpartition(":")
    fields: dict[str, Any] = {"kind": "gradient", "name": _name(name, "variable") if colon else ""}
    test = test.strip()
    if test in _GRADIENT_TESTS:
        return fields | {"test": test}
    found = _COMPARED.fullmatch(test)
    if found is None or found["name"] != "norm":
        raise BreakpointError(f"{test!r} is no test of a gradient; accepted are {_GRADIENT_FORMS}")
    return fields | {"test": _TEST_OF_SIGN[found["sign"]], "limit": _limit(found["limit"])}


def _scalar(text: str) -> dict[str, Any]:
    found = _RISES.fullmatch(text)
    if found is not None:
        limit = _limit(found["limit"])
        return {"kind": "scalar", "test": "rises", "name": _name(found["name"], "series"), "limit": limit}
    found = _COMPARED.fullmatch(text)
    if found is None or not found["name"]:
        raise BreakpointError(f"{text!r} is no breakpoint; {_FORMS}")
    if found["name"] == "max":
        if found["sign"] == "<":
            raise BreakpointError("only max>LIMIT is accepted: nearly every output is below a limit")
        return {"kind": "value", "test": "above", "limit": _limit(found["limit"])}
    test = _TEST_OF_SIGN[found["sign"]]
    return {"kind": "scalar", "test": test, "name": _name(found["name"], "series"), "limit": _limit(found["limit"])}


def _name(text: str, what: str) -> str:
    text = text.strip()
    if text.startswith('"'):
        try:
            text = json.loads(text)
        except ValueError:
            raise BreakpointError(f"{text} is no {what}: it begins with a quote and does not end with one") from None
    elif any(word in f"{text} " for word in _WORDS):
        raise BreakpointError(f"{text!r} is no {what}; one that has such words in it stands in double quotes")
    if not text:
        raise BreakpointError(f"the {what} is missing; {_FORMS}")
    return text


def _python(text: str, what: str) -> str:
    """``text``, if it is a Python expression."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise BreakpointError(f"the {what} {text!r} is not a Python expression") from None
    return text


def _limit(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BreakpointError(f"{text} is too large for a limit")
    return number


def _count(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:20]) <= _LARGEST):
        raise BreakpointError(f"{what} must be a whole number from 1 to {_LARGEST:,}, not {text!r}")
    return int(text)


def _bare(breakpoint: Breakpoint) -> Breakpoint:
    """The breakpoint without what stands behind ``if``, ``after`` and ``log``, and without what no text tells."""
    name = "loss" if breakpoint.kind == "scalar" and not breakpoint.name else breakpoint.name
    return msgspec.structs.replace(breakpoint, name=name, condition="", after=1, log=None, enabled=True, id=0)


def _what_text(b: Breakpoint, name: Any) -> str:
    match b.kind:
        case "line":
            columns = f":{b.column}-{b.end_column}" if b.column >= 0 else ""
            return f"line:{name(b.file)}:{b.line}{columns}"
        case "op" | "node":
            return f"{b.kind}:{name(b.name)}"
        case "value" if b.test == "expression":
            return f"value:{b.expression}"
        case "value":
            return f"max>{_number(b.limit)}" if b.test == "above" else b.test
        case "gradient":
            limit = f"norm{_SIGN_OF_TEST[b.test]}{_number(b.limit)}" if b.test in _SIGN_OF_TEST else b.test
            return f"gradient:{name(b.name)}:{limit}" if b.name else f"gradient:{limit}"
        case "scalar":
            series, limit = name(b.name or "loss"), _number(b.limit)
            return f"{series} rises {limit}%" if b.test == "rises" else f"{series}{_SIGN_OF_TEST[b.test]}{limit}"
        case "rule":
            return f"rule:{b.name}:{b.expression}" if b.expression else f"rule:{b.name}"
        case "step":
            return f"{b.test or 'step'}:{_number(b.limit)}"
    return b.kind


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _number(limit: float) -> str:
    text = repr(float(limit))
    return text.removesuffix(".0")
