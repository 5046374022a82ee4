"""Breakpoints of every kind in a script that a window watches: it stops there, waits, and goes on to the next hit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tapeview.breakpoints import Breakpoint, parse
from tapeview.debugger import LiveSession
from tapeview.examples import __file__ as examples
from tapeview.protocol import Evaluated, StepTo, Stopped
from tapeview.trace.query import Recording
from tapeview.trace.records import Op
from tests.debugger.conftest import Watch
from tests.debugger.test_verbs import Answer, recorded, stopped

Make = Callable[..., tuple[LiveSession, Watch]]

NAN_LOSS = (Path(examples).parent / "nan_loss.py").read_text(encoding="utf-8")
RAISES = NAN_LOSS.replace("    dw, db =", "    if step == 3:\n        w + [1.0, 2.0] + [1.0, 2.0, 3.0]\n    dw, db =")


def numbered(*texts: str) -> list[Breakpoint]:
    return [msgspec.structs.replace(parse(text), id=k) for k, text in enumerate(texts, 1)]


def next_stop(session: LiveSession, watch: Watch, serial: int) -> Stopped:
    stopped(watch, serial)
    found = session.status.stopped
    assert found is not None
    assert recorded(session) == (found.step, found.position), "the recording ends where the script stands"
    return found


@pytest.mark.parametrize(
    ("spec", "steps", "text"),
    [
        ("line:a script.py:28", [0, 1], "line 28 of a script.py is reached"),
        ("line:a script.py:28:31-49 after 3", [2, 3], "line 28 of a script.py is reached"),
        ("op:Exp", [0, 1], "Exp has run"),
        ("node:p if step == 5", [5], "p is made by RealDiv"),
        ("nan", [28, 28], "the output of Mul holds NaN"),
        ("value:value.shape == (6,) and value.max() > 12", [1], "the output of Exp fulfils"),
        ("gradient:w:nan", [28], "the gradient for w holds NaN"),
        ("gradient:b:norm<1e-3", [0, 1], "the gradient for b has the norm"),
        ("loss<0.1", [5], "loss is 0.0"),
        ("loss rises 10%", [], ""),
        ("step:4", [3], "step 4 begins"),
        ("every:10", [9, 19], "step 10 begins"),
    ],
)
def test_it_stops_at_each_hit(open_session: Make, spec: str, steps: list[int], text: str) -> None:
    session, watch = open_session(NAN_LOSS, breakpoints=numbered(spec))
    session.start()
    if not steps:
        watch.until(lambda session: session.ended)
        return
    for serial, step in enumerate(steps, 1):
        found = next_stop(session, watch, serial)
        assert (found.reason, found.breakpoint) == ("breakpoint", 1)
        if serial == 1:
            assert text in found.text
        if len(steps) > 1 or "loss" not in spec:
            assert found.step == step
        hits = session.status.hits
        assert [one.breakpoint for one in hits] == [1]
        assert hits[0].error == ""
        session.run()


def test_the_nan_breakpoint_stands_at_exactly_that_op(open_session: Make) -> None:
    session, watch = open_session(NAN_LOSS, breakpoints=numbered("nan"))
    session.start()
    found = next_stop(session, watch, 1)
    assert session.recording is not None
    with Recording.open(session.recording) as recording:
        step = recording.step(found.step)
        last = step.positions[found.position].record
        assert isinstance(last, Op)
        assert (last.seq, last.op) == (found.op, "Mul")
        assert recording.frames(last.site)[0].line == 28
    values: Answer[Evaluated] = Answer()
    session.evaluate("bool(tf.reduce_any(tf.math.is_nan(p)))", values)
    assert values.last().text == "False"


def test_an_exception_in_an_op_is_stopped_at_before_the_script_unwinds(open_session: Make) -> None:
    session, watch = open_session(RAISES, breakpoints=numbered("exception"))
    session.start()
    found = next_stop(session, watch, 1)
    assert found.text.startswith("AddV2 raised InvalidArgumentError: ")
    assert found.step == 3
    values: Answer[Evaluated] = Answer()
    session.evaluate("step", values)
    assert values.last().number == 3.0
    session.run()
    watch.until(lambda session: session.ended)


def test_hits_and_a_condition_that_fails_are_told(open_session: Make) -> None:
    session, watch = open_session(
        NAN_LOSS, breakpoints=numbered("op:Exp after 1000", "op:Log if nobody", "step:3", "op:Neg log {step}")
    )
    session.start()
    found = next_stop(session, watch, 1)
    assert found.breakpoint == 3
    exp, log, step, neg = session.status.hits
    assert (exp.hits, log.hits, step.hits, neg.hits) == (2, 0, 1, 4)
    assert log.error == "the condition 'nobody' raised NameError: name 'nobody' is not defined"
    assert session.recording is not None
    with Recording.open(session.recording) as recording:
        assert [piece.text for _, piece in recording.output() if piece.stream == "log"] == ["0\n", "0\n", "1\n", "1\n"]


def test_going_on_to_a_line_and_to_a_node_forward_and_backward(open_session: Make) -> None:
    session, watch = open_session(NAN_LOSS, paused=True)
    session.start()
    stopped(watch, 1)
    session.step_to(StepTo("line", "a script.py", 27))
    found = next_stop(session, watch, 2)
    assert (found.reason, found.step) == ("target", 0)
    # From within that line to the same line: in the next turn of the loop.
    session.step_to(StepTo("line", "a script.py", 27))
    assert next_stop(session, watch, 3).step == 1
    exp = StepTo("node", "a script.py", 27, 25, 35, op="Exp")
    session.step_to(exp)
    forward = next_stop(session, watch, 4)
    session.step_to(msgspec.structs.replace(exp, backward=True))
    backward = next_stop(session, watch, 5)
    assert backward.op == forward.op
    assert backward.text == "the rule of Exp has run"


def test_a_breakpoint_that_is_set_while_the_script_stands_there_is_met_in_the_next_turn(open_session: Make) -> None:
    session, watch = open_session(NAN_LOSS, breakpoints=numbered("node:p if step == 2"))
    session.start()
    assert next_stop(session, watch, 1).step == 2
    session.set_breakpoints(numbered("line:a script.py:27"))
    session.run()
    assert next_stop(session, watch, 2).step == 3
    session.set_breakpoints([])
    session.run()
    watch.until(lambda session: session.ended)
