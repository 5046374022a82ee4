"""What can be asked of a script that runs in a real process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from tapeview.breakpoints import parse
from tapeview.debugger import LiveSession
from tapeview.protocol import Completions, Evaluated, Fetched, Stack, StepTo
from tapeview.trace.query import Recording
from tests.debugger.conftest import Watch
from tests.helpers.scripts import LIMIT

Make = Callable[..., tuple[LiveSession, Watch]]
Message = TypeVar("Message")

TRAIN = """\
import tensorflow as tf
w = tf.Variable(3.0, name="w")
x = tf.constant([1.0, 2.0])

def predict(x):
    scaled = w * x
    return scaled + 1.0

for i in range(1000000):
    with tf.GradientTape() as tape:
        y = predict(x)
        loss = tf.reduce_sum(y * y)
    dw = tape.gradient(loss, w)
    w.assign_sub(0.0001 * dw)
"""


class Answer(Generic[Message]):
    """Takes the answers to one question."""

    def __init__(self) -> None:
        self.came = threading.Semaphore(0)
        self.all: list[Message | None] = []

    def __call__(self, message: Message | None) -> None:
        self.all.append(message)
        self.came.release()

    def take(self) -> Message | None:
        assert self.came.acquire(timeout=LIMIT)
        return self.all[-1]

    def last(self) -> Message:
        found = self.take()
        assert found is not None
        return found


def stopped(watch: Watch, serial: int) -> None:
    watch.until(lambda session: session.status.stopped is not None and session.status.stopped.serial >= serial)


def serial_of(session: LiveSession) -> int:
    return session.status.stopped.serial if session.status.stopped is not None else 0


def place(session: LiveSession) -> tuple[int, int]:
    assert session.status.stopped is not None
    return session.status.stopped.step, session.status.stopped.position


def recorded(session: LiveSession) -> tuple[int, int]:
    """The last position that is in the recording."""
    assert session.recording is not None
    with Recording.open(session.recording) as recording:
        last = recording.step_count - 1
        return last, len(recording.step(last).positions) - 1  # -1 is what comes before the first tape


def test_a_script_is_held_before_its_first_line_and_stepped(open_session: Make) -> None:
    session, watch = open_session(TRAIN, paused=True)
    session.start()
    stopped(watch, 1)
    assert session.status.state == "paused"
    assert session.status.stopped is not None
    assert session.status.stopped.reason == "start"
    seen = []
    for _ in range(4):
        before = serial_of(session)
        session.step()
        stopped(watch, before + 1)
        seen.append(place(session))
        assert recorded(session) == place(session), "the recording ends exactly where the script stands"
    assert seen == [(-1, 0), (0, 0), (0, 1), (0, 2)]


def test_a_pause_holds_a_running_script_and_run_lets_it_go(open_session: Make) -> None:
    session, watch = open_session(TRAIN)
    session.start()
    watch.until(lambda session: session.status.steps > 3)
    session.pause()
    stopped(watch, 1)
    assert session.status.state == "paused"
    assert recorded(session) == place(session)
    steps = session.status.steps
    session.run()
    watch.until(lambda session: session.status.steps > steps + 3)
    assert session.status.state == "running"


def test_steps_to_the_end_of_the_phase_and_to_the_next_step(open_session: Make) -> None:
    session, watch = open_session(TRAIN, paused=True)
    session.start()
    stopped(watch, 1)
    session.step_to(StepTo("step"))
    stopped(watch, 2)
    first = place(session)
    session.step_to(StepTo("phase"))
    stopped(watch, 3)
    assert session.recording is not None
    with Recording.open(session.recording) as recording:
        phases = recording.step(place(session)[0]).phases()
    assert phases[-1][0] == "forward"
    session.step_to(StepTo("step"))
    stopped(watch, 4)
    assert place(session)[0] == first[0] + 1


def test_breakpoints_hold_from_the_first_op_on_and_can_change(open_session: Make) -> None:
    session, watch = open_session(TRAIN, breakpoints=[parse("op:Sum")])
    session.start()
    stopped(watch, 1)
    assert session.status.stopped is not None
    assert session.status.stopped.reason == "breakpoint"
    assert place(session)[0] == 0
    session.set_breakpoints([])
    session.run()
    watch.until(lambda session: session.status.steps > 5)
    assert session.status.state == "running"


def test_the_stack_expressions_and_completions_of_the_paused_frame(open_session: Make) -> None:
    session, watch = open_session(TRAIN, breakpoints=[parse("op:Mul")])
    session.start()
    stopped(watch, 1)
    stacks: Answer[Stack] = Answer()
    session.ask_stack(stacks)
    frames = stacks.last().frames
    assert frames[0].function == "predict"
    assert {local.name for local in frames[0].locals} >= {"x"}
    values: Answer[Evaluated] = Answer()
    session.evaluate("x.shape", values)
    assert values.last().text == "TensorShape([2])"
    session.evaluate("nonsense", values)
    assert values.last().error.startswith("NameError")
    session.evaluate("i", values, frame=1)
    assert values.last().number == 0.0
    words: Answer[Completions] = Answer()
    session.complete("tf.reduce_s", 11, words)
    assert any(word.endswith("reduce_sum") for word in words.last().words)


def test_an_expression_without_an_end_is_given_up(open_session: Make) -> None:
    session, watch = open_session(TRAIN, paused=True)
    session.start()
    stopped(watch, 1)
    values: Answer[Evaluated] = Answer()
    request = session.evaluate("sum(1 for _ in iter(int, 1))", values)
    session.cancel(request)
    assert values.take() is not None
    # and the script is still there
    session.step()
    stopped(watch, 2)


def test_a_value_too_large_for_the_recording_is_fetched(open_session: Make) -> None:
    source = """
import tensorflow as tf
w = tf.Variable(tf.ones([1500, 1500]))
with tf.GradientTape() as tape:
    y = w * 2.0
    loss = tf.reduce_sum(y)
"""
    session, watch = open_session(source, breakpoints=[parse("op:Sum")])
    session.start()
    stopped(watch, 1)
    assert session.recording is not None
    with Recording.open(session.recording) as recording:
        step = recording.step(0)
        tensor = next(op.outputs[0] for op in step.ops.values() if op.op == "Mul")
        assert recording.value(tensor) is None
        answers: Answer[Fetched] = Answer()
        session.fetch([tensor], answers)
        while not answers.last().over:
            pass
        assert answers.all[-1] is not None
        assert answers.all[-1].missing == {}
        recording.refresh()
        value = recording.value(tensor)
        assert value is not None
        assert (value.shape, float(value.sum())) == ((1500, 1500), 4_500_000.0)


def test_a_script_that_raises_waits_to_be_looked_at(open_session: Make) -> None:
    source = f"{TRAIN.replace('range(1000000)', 'range(2)')}\nraise ValueError('넘어졌다')\n"
    session, watch = open_session(source, post_mortem=True)
    session.start()
    watch.until(lambda session: session.status.state == "failed")
    assert session.status.stopped is not None
    assert session.status.stopped.reason == "failed"
    assert "넘어졌다" in session.status.stopped.text
    values: Answer[Evaluated] = Answer()
    session.evaluate("i", values)
    assert values.last().number == 1.0
    session.run()
    assert session.wait(LIMIT)
    assert session.state == "failed"


def test_a_script_that_is_left_goes_on_without_its_breakpoints(open_session: Make) -> None:
    source = f"{TRAIN.replace('range(1000000)', 'range(20)')}\nprint('done', flush=True)\n"
    session, watch = open_session(source, breakpoints=[parse("op:Sum")])
    session.start()
    stopped(watch, 1)
    pid = session.pid
    session.leave()
    assert session.wait(LIMIT)
    assert (session.state, session.exit) == ("left", None)
    assert pid is not None
    os.waitpid(pid, 0)  # it is a child of this process still, so its end can be waited for
    assert session.recording is not None
    with Recording.open(session.recording) as recording:
        assert (recording.state, recording.step_count) == ("finished", 20)


def test_everything_can_be_asked_of_a_script_that_has_ended_or_was_never_started(open_session: Make) -> None:
    ended, _ = open_session("print('over')")
    fresh, _ = open_session("print('never')")
    ended.start()
    assert ended.wait(LIMIT)
    for session in (ended, fresh):
        session.pause()
        session.run()
        session.step(3)
        session.step_to(StepTo("phase"))
        session.set_breakpoints([])
        session.cancel(7)
    answers: Answer[Evaluated] = Answer()
    ended.evaluate("1", answers)
    assert answers.take() is None, "who asks is told that there is no answer"


def test_who_waits_for_an_answer_is_told_when_the_script_is_killed(open_session: Make) -> None:
    session, watch = open_session(TRAIN, paused=True)
    session.start()
    stopped(watch, 1)
    answers: Answer[Evaluated] = Answer()
    session.evaluate("__import__('os').kill(__import__('os').getpid(), 9)", answers)
    assert answers.take() is None
    assert session.wait(LIMIT)
    assert session.state == "killed"


def test_a_hundred_steps_in_a_row_arrive(open_session: Make) -> None:
    session, watch = open_session(TRAIN, paused=True)
    session.start()
    stopped(watch, 1)
    for number in range(2, 102):
        session.step()
        stopped(watch, number)
    assert recorded(session) == place(session)


def test_an_order_that_is_too_long_is_refused_to_who_gave_it(open_session: Make) -> None:
    session, watch = open_session(TRAIN, paused=True)
    session.start()
    stopped(watch, 1)
    answers: Answer[Evaluated] = Answer()
    session.evaluate("1" * (2 << 20), answers)
    assert answers.take() is None
    session.step()
    stopped(watch, 2)
