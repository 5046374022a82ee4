"""Going on to a place: the end of a phase, the next step, a line, an op's node forward and backward."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from tapeview.engine import observe
from tapeview.protocol import StepTo
from tests.debuggee.breakpoints.listening import Heard, listening, run

PATH = "/anywhere/train.py"

STEPS = dedent("""\
    w = tf.Variable([0.1, 0.2])
    for turn in range(3):
        with tf.GradientTape() as tape:
            z = w * w
            y = tf.exp(z) * tf.exp(z)
        g = tape.gradient(y, w)
        w.assign_sub(0.001 * g)
    """)
KINDS = {value: name for name, value in vars(observe).items() if name.isupper()}


def go(*targets: StepTo, source: str = STEPS) -> Heard:
    """Aims at the first target, where that is reached at the next, and so on."""
    waiting = list(targets)
    with listening() as heard:

        def aim_again(event: Any) -> None:
            if len(heard.stops) == len(targets) - len(waiting) and waiting:
                heard.aim(waiting.pop(0))

        aim_again(None)
        heard.after = aim_again
        run(source, PATH)
    return heard


def kinds(heard: Heard) -> list[str]:
    return [KINDS[event[0]] for _, event in heard.stops]


def test_the_ends_of_phases() -> None:
    heard = go(*[StepTo("phase")] * 5)
    assert kinds(heard) == ["TAPE_OPENED", "GRADIENT_STARTED", "GRADIENT_FINISHED", "TAPE_OPENED", "GRADIENT_STARTED"]
    assert {halt.reason for halt, _ in heard.stops} == {"target"}


def test_the_next_step_begins_with_its_first_op() -> None:
    heard = go(StepTo("step"), StepTo("step"))
    assert heard.lines() == [4, 4]
    assert heard.begun == 3


def test_a_target_is_reached_once() -> None:
    heard = go(StepTo("step"))
    assert len(heard.stops) == 1
    assert heard.checks == {}


def test_a_line() -> None:
    heard = go(StepTo("line", "train.py", 5), StepTo("line", "/anywhere/train.py", 7))
    assert heard.lines() == [5, 7]


def test_the_line_where_a_thread_waits_has_to_be_reached_anew() -> None:
    from threading import get_ident

    with listening(held=lambda: (get_ident(),)) as heard:

        def aim_again(event: Any) -> None:
            # After the first op of the line, while three more are to come.
            if event[0] == observe.OP and event[2].name == "Exp" and not heard.checks and not heard.stops:
                heard.aim(StepTo("line", "train.py", 5))

        heard.after = aim_again
        run(STEPS, PATH)
    assert heard.lines() == [5]
    assert heard.begun == 3
    ((_, event),) = heard.stops
    assert [e[1] for e in heard.events if e[0] == observe.OP and e[2].name == "Exp"].index(event[1]) == 2


@pytest.mark.parametrize(("columns", "number"), [((12, 21), 0), ((24, 33), 1)])
def test_a_node_is_the_op_of_one_expression(columns: tuple[int, int], number: int) -> None:
    heard = go(StepTo("node", "train.py", 5, *columns, op="Exp"))
    ((_, event),) = heard.stops
    assert [e[1] for e in heard.events if e[0] == observe.OP and e[2].name == "Exp"][number] == event[1]


@pytest.mark.parametrize(("columns", "number"), [((12, 21), 0), ((24, 33), 1)])
def test_backward_it_is_that_ops_rule(columns: tuple[int, int], number: int) -> None:
    heard = go(StepTo("node", "train.py", 5, *columns, op="Exp", backward=True))
    ((halt, event),) = heard.stops
    assert event[0] == observe.BACKWARD
    assert halt.text == "the rule of Exp has run"
    assert [e[1] for e in heard.events if e[0] == observe.OP and e[2].name == "Exp"][number] == event[2]


def test_no_other_op_of_the_place_and_no_unknown_target_is_one() -> None:
    assert go(StepTo("node", "train.py", 5, 12, 21, op="Log")).stops == []
    assert go(StepTo("node", "train.py", 5, 12, 20, op="Exp")).stops == []
    assert go(StepTo("moon")).stops == []


def test_breakpoints_stay_while_there_is_a_target() -> None:
    with listening("op:Mul") as heard:
        heard.aim(StepTo("step"))
        run(STEPS, PATH)
    assert heard.stops[0][0].reason == "breakpoint", "of both at one op the breakpoint is told"
    assert heard.hits() == [6]
