"""The text form of breakpoints: what is accepted, what is refused and how, and that it says all there is to say."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapeview.breakpoints import KINDS, TESTS, Breakpoint, BreakpointError, describe, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("line:train.py:31", Breakpoint("line", file="train.py", line=31)),
        ("line:C:\\my log\\train.py:31:11-19", Breakpoint("line", "", "C:\\my log\\train.py", 31, 11, 19)),
        ("op:Conv2D*", Breakpoint("op", name="Conv2D*")),
        ("node:params['w'] if step > 3", Breakpoint("node", name="params['w']", condition="step > 3")),
        ("nan", Breakpoint("value", "nan")),
        (" inf after 3", Breakpoint("value", "inf", after=3)),
        ("max > 1e6", Breakpoint("value", "above", limit=1e6)),
        ("value:value.min() < 0", Breakpoint("value", "expression", expression="value.min() < 0")),
        ("value:a if b else c", Breakpoint("value", "expression", expression="a if b else c")),
        ("value:a if b else c if d", Breakpoint("value", "expression", expression="a if b else c", condition="d")),
        ("value:'x if y' in z if q", Breakpoint("value", "expression", expression="'x if y' in z", condition="q")),
        ("gradient:none", Breakpoint("gradient", "none")),
        ("gradient:dense/*:norm>10", Breakpoint("gradient", "above", name="dense/*", limit=10.0)),
        ("gradient:norm<1e-8", Breakpoint("gradient", "below", limit=1e-8)),
        ("loss>100", Breakpoint("scalar", "above", name="loss", limit=100.0)),
        ("accuracy < .5", Breakpoint("scalar", "below", name="accuracy", limit=0.5)),
        ("loss rises 20%", Breakpoint("scalar", "rises", name="loss", limit=20.0)),
        ('"max">3', Breakpoint("scalar", "above", name="max", limit=3.0)),
        ("step:120", Breakpoint("step", limit=120.0)),
        ("every:50 log at {step} log {loss}", Breakpoint("step", "every", limit=50.0, log="at {step} log {loss}")),
        ("exception", Breakpoint("exception")),
        ("rule:dead-relu", Breakpoint("rule", name="dead-relu")),
        ("rule:* after 2", Breakpoint("rule", name="*", after=2)),
        (
            "rule:dead-relu: units = 65%, rows=4 log {step}".replace(" = ", "="),
            Breakpoint("rule", name="dead-relu", expression="units=65%,rows=4", log="{step}"),
        ),
        (
            "rule:*:dead-relu.units=0.5,saturated=off",
            Breakpoint("rule", name="*", expression="dead-relu.units=0.5,saturated=off"),
        ),
    ],
)
def test_what_is_accepted(text: str, expected: Breakpoint) -> None:
    assert parse(text) == expected
    assert parse(describe(expected)) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no breakpoint; accepted are line:FILE:LINE"),
        ("rabbit", "'rabbit' is no breakpoint; accepted are line:FILE:LINE"),
        ("line:train.py", "write it as line:FILE:LINE"),
        ("line:train.py:0", "write it as line:FILE:LINE"),
        ("op:", "the op type is missing"),
        ('op:"x', "does not end with one"),
        ("op:Conv2D* if x >", "the condition 'x >' is not a Python expression"),
        ("value:value <", "the expression 'value <' is not a Python expression"),
        ("gradient:big", "accepted are none, nan, inf, zero, norm>LIMIT or norm<LIMIT"),
        ("gradient:w:max>3", "accepted are none, nan, inf, zero, norm>LIMIT or norm<LIMIT"),
        ("max<3", "only max>LIMIT is accepted"),
        ("loss>1e999", "too large"),
        ("step:0", "must be a whole number from 1"),
        ("every:2.5", "must be a whole number from 1"),
        ("rule:", "write it as rule:dead-relu"),
        ("rule:dead relu", "write it as rule:dead-relu"),
        ("rule:dead-relu:units", "write it as THRESHOLD=NUMBER"),
        ("nan after x", "the number of hits behind 'after' must be a whole number"),
    ],
)
def test_what_is_refused_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(BreakpointError) as caught:
        parse(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


words = st.lists(
    st.one_of(
        st.sampled_from(["if", "after", "log", "3", "max", "rises 5%", ":", ">", '"', "\\"]), st.text(max_size=4)
    ),
    min_size=1,
    max_size=5,
).map(" ".join)
names = words.map(lambda text: " ".join(text.split())).filter(bool)
expressions = st.recursive(
    st.sampled_from(["x", "value.max()", "' if y'", '" log "', "step", "a['b after 3']", "[k for k in z if k]"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner, inner).map(lambda parts: "{} if {} else {}".format(*parts)),
        st.tuples(inner, inner).map(lambda parts: "({}) > {}".format(*parts)),
        inner.map(lambda part: f"lambda: {part}"),
    ),
    max_leaves=4,
).filter(lambda text: _compiles(text))
limits = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(1, 10**9)


def _compiles(text: str) -> bool:
    try:
        compile(text, "", "eval")
    except SyntaxError:
        return False
    return True


@st.composite
def breakpoints(draw: st.DrawFn) -> Breakpoint:
    kind = draw(st.sampled_from(KINDS))
    test = draw(st.sampled_from(TESTS[kind]))
    made: dict[str, object] = {"kind": kind, "test": test}
    if kind == "line":
        made |= {"file": draw(names), "line": draw(counts)}
        if draw(st.booleans()):
            made |= {"column": draw(st.integers(0, 99)), "end_column": draw(st.integers(0, 99))}
    if kind in ("op", "node", "scalar") or (kind == "gradient" and draw(st.booleans())):
        made["name"] = draw(names)
    if test in ("above", "below", "rises"):
        made["limit"] = draw(limits)
    if kind == "step":
        made["limit"] = float(draw(counts))
    if test == "expression":
        made["expression"] = draw(expressions)
    if kind == "rule":
        made["name"] = draw(st.from_regex(r"[a-z*?-]{1,9}", fullmatch=True))
        settings = st.sampled_from(["units=0.5", "rows=4", "dead-relu.units=1e-07", "saturated=off", "share=65%"])
        made["expression"] = ",".join(draw(st.lists(settings, max_size=3)))
    if draw(st.booleans()):
        made["condition"] = draw(expressions)
    if draw(st.booleans()):
        made["after"] = draw(counts)
    if draw(st.booleans()):
        made["log"] = draw(names)
    return Breakpoint(**made)  # type: ignore[arg-type]


@given(breakpoints())
def test_the_text_says_everything(breakpoint: Breakpoint) -> None:
    assert parse(describe(breakpoint)) == breakpoint


@given(words)
def test_any_text_is_a_breakpoint_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except BreakpointError:
        pass
    else:
        assert parse(describe(found)) == found


def test_what_cannot_be_read_back_is_described_all_the_same() -> None:
    assert describe(Breakpoint("op", name="Mul", condition="x >")) == "op:Mul if x >"
    assert describe(Breakpoint("value", "above", limit=math.inf)) == "max>inf"
    assert describe(msgspec.structs.replace(parse("nan"), id=7, enabled=False)) == "nan"
    assert describe(Breakpoint("scalar", "above", limit=1.0)) == "loss>1"
