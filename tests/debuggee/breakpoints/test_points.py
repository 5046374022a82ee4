"""Conditions, hit counts and texts to log; which breakpoints are asked at all."""

from __future__ import annotations

import threading
from textwrap import dedent

import msgspec
import pytest

from tapeview.breakpoints import parse
from tapeview.debuggee.breakpoints.point import template
from tapeview.engine import observe
from tests.debuggee.breakpoints.listening import listening, run

PATH = "/anywhere/train.py"

LOOP = dedent("""\
    limit = 3
    def model(x, w):
        hidden = x * w
        return hidden
    w = tf.Variable(1.0)
    for turn in range(5):
        with tf.GradientTape() as tape:
            y = model(float(turn), w)
    """)


def hits_of(text: str, source: str = LOOP) -> tuple[int, str]:
    with listening(text) as heard:
        run(source, PATH)
    (one,) = heard.checker.hits()
    assert one.hits == len(heard.stops)
    return one.hits, one.error


@pytest.mark.parametrize(
    ("condition", "hits"),
    [
        ("x == 2.0", 1),
        ("x > limit - 2", 3),
        ("turn == limit", 1),
        ("any(x == number for number in (1, limit))", 2),
        ("value > 3.5", 1),
        ("op == 'Mul' and step == 2", 1),
        ("np.isfinite(value)", 5),
        ("[]", 0),
    ],
)
def test_a_condition_sees_the_scripts_variables_there_and_a_few_of_ours(condition: str, hits: int) -> None:
    assert hits_of(f"op:Mul if {condition}") == (hits, "")


def test_a_variable_of_the_scripts_own_comes_first() -> None:
    assert hits_of("op:Mul if step == 'mine'", LOOP.replace("limit = 3", "step = 'mine'")) == (5, "")


def test_at_a_line_the_condition_sees_the_variables_of_that_line() -> None:
    source = LOOP.replace("limit = 3", "def unrelated(): hidden = x = None")
    assert hits_of("line:train.py:8 if 'x' not in dir() and turn == 2", source) == (1, "")
    assert hits_of("line:train.py:3 if x == 2.0", source) == (1, "")


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        ("nobody > 3", "the condition 'nobody > 3' raised NameError: name 'nobody' is not defined"),
        ("1 / 0", "the condition '1 / 0' raised ZeroDivisionError: division by zero"),
        ("exit()", "the condition 'exit()' raised SystemExit"),
        ("w.no_such", "the condition 'w.no_such' raised AttributeError"),
    ],
)
def test_a_condition_that_raises_is_told_and_stops_nothing(condition: str, error: str) -> None:
    hits, said = hits_of(f"op:Mul if {condition}")
    assert hits == 0
    assert said.startswith(error)


def test_a_condition_that_is_no_python_is_told_and_stops_nothing() -> None:
    broken = msgspec.structs.replace(parse("op:Mul"), condition="x >")
    with listening(broken) as heard:
        run(LOOP, PATH)
    assert heard.stops == []
    assert heard.checker.hits()[0].error == "the condition 'x >' is not a Python expression"


def test_from_which_hit_on() -> None:
    with listening("op:Mul if turn != 1 after 3") as heard:
        names = run(LOOP, PATH)
    assert names["turn"] == 4
    assert heard.hits() == [4]
    assert len(heard.stops) == 2


def test_a_text_is_logged_and_the_script_goes_on() -> None:
    with listening("op:Mul if turn > 1 after 2 log turn {turn} of {limit}: {value:.1f} {{x}} {no} {turn!r}") as heard:
        run(LOOP, PATH)
    assert heard.stops == []
    assert heard.hits() == [3]
    assert heard.said == [
        f"turn {turn} of 3: {turn:.1f} {{x}} <NameError: name 'no' is not defined> {{turn!r}}\n" for turn in (3, 4)
    ]
    assert heard.checker.hits()[0].error.startswith("the expression 'no' in the text to log raised NameError")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("no braces", ["no braces"]),
        ("a {b} c", ["a ", ("b", ""), " c"]),
        ("{a['}']}:{b:>5}", ["", ("a['}']", ""), ":", ("b", ">5"), ""]),
        ("{ {1: 2}[1] :03d}", ["", ("{1: 2}[1]", "03d"), ""]),
        ("{{a}} {", ["{a} {"]),
        ("{} {for x}", ["{} {for x}"]),
        ("{lambda: 3}", ["", ("lambda: 3", ""), ""]),
    ],
)
def test_what_stands_in_braces(text: str, plain: list[object]) -> None:
    pieces = [piece if isinstance(piece, str) else (piece[0], piece[2]) for piece in template(text)]
    assert pieces == plain


def test_nothing_is_checked_that_no_breakpoint_is_about() -> None:
    with listening() as heard:
        assert heard.checks == {}
        heard.set(msgspec.structs.replace(parse("nan"), enabled=False))
        assert heard.checks == {}
        heard.set("gradient:none")
        assert observe.OP not in heard.checks
        assert observe.BACKWARD not in heard.checks
        heard.set("nan")
        assert observe.GRADIENT_FINISHED not in heard.checks


def test_hits_and_state_are_kept_while_a_breakpoint_stays_and_hits_when_it_changes() -> None:
    with listening("op:Mul after 7", "line:train.py:3") as heard:
        run(LOOP, PATH)
        heard.set("op:Mul after 7", "line:train.py:3 if False")
        assert heard.hits() == [5, 5]
        run(LOOP, PATH)
        assert heard.hits() == [10, 5]
        heard.set("op:Mul after 7")
        assert heard.hits() == [10]
        heard.set()
        heard.set("op:Mul after 7")
        assert heard.hits() == [0]
    assert len(heard.stops) == 5 + 4


def test_several_breakpoints_at_one_op_stop_once_and_all_count() -> None:
    with listening("op:Mul", "op:M*", "line:train.py:3") as heard:
        run(LOOP, PATH)
    assert heard.hits() == [5, 5, 5]
    assert [halt.breakpoint for halt, _ in heard.stops] == [1] * 5


def test_hits_of_threads_are_all_counted() -> None:
    with listening("op:Mul if x >= 0", "op:Mul after 1000") as heard:
        threads = [threading.Thread(target=run, args=(LOOP, PATH)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert heard.hits() == [40, 40]
