"""Pausing and stepping a real script over the channel: it stands where it says, and the recording ends there."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tapeview import protocol
from tapeview.debuggee import busy
from tapeview.protocol import Leave, Pause, Run, SetBreakpoints, Status, Step, StepTo, Stop
from tapeview.trace.query import Recording
from tapeview.trace.records import Assigned, BackwardStep, Op
from tests.debuggee.talking import open_files, talking, threads
from tests.helpers.scripts import LIMIT, read_until

TRAINING = """\
import tensorflow as tf
w = tf.Variable(3.0, name="w")
x = tf.constant([1.0, 2.0, 3.0])
print("begins", flush=True)
for step in range(100_000):
    with tf.GradientTape() as tape:
        y = w * x
        loss = tf.reduce_sum(y)
    gradient = tape.gradient(loss, w)
    w.assign_sub(0.0 * gradient)
"""
"""Each step: Mul, Sum, the backward steps of both, an update."""

TWO_THREADS = """\
import threading
import tensorflow as tf
ready = threading.Barrier(3)
def train():
    w = tf.Variable(3.0)
    ready.wait()
    while True:
        with tf.GradientTape() as tape:
            y = w * w
        tape.gradient(y, w)
others = [threading.Thread(target=train, name=name, daemon=True) for name in ("one", "two")]
for other in others:
    other.start()
ready.wait()
print("begun", flush=True)
input()
"""


def test_paused_from_the_start_then_one_op_at_a_time(tmp_path: Path) -> None:
    with talking(tmp_path, TRAINING, ["--paused"]) as window:
        # given a script that waits before its first line
        stopped = window.stop_of("start")
        assert (stopped.step, stopped.position, stopped.op) == (-1, -1, 0)
        assert window.status.state == "paused"
        assert window.status.ops == 0
        # when it steps, the set-up's assign is the first thing that happens, then each op of the first tape
        assert (window.step().step, window.status.state) == (-1, "paused")
        places = []
        for _ in range(7):
            stopped = window.step()
            places.append((stopped.step, stopped.position))
            # then the recording ends exactly there
            assert window.place() == places[-1]
            assert [held.thread for held in window.status.held] == [stopped.thread]
            assert window.status.held[0].name == "MainThread"
        assert places == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (1, 1)]
        with Recording.open(window.path) as recording:
            kinds = [type(position.record) for position in recording.step(0).positions]
            last = recording.step(1).positions[1].record
        assert kinds == [Op, Op, BackwardStep, BackwardStep, Assigned]
        assert isinstance(last, Op)
        assert last.seq == stopped.op
        # and it runs on when it may
        window.run()
        assert window.until(Status, lambda status: status.state == "running").stopped is None
        window.send(Stop())
        assert window.end() == 143


def test_a_pause_takes_effect_at_the_next_op_and_a_run_lets_go(tmp_path: Path) -> None:
    with talking(tmp_path, TRAINING) as window:
        read_until(window.child.stdout, "begins")
        before = (-1, -1)
        for cycle in range(100):
            stopped = window.pause()
            here = stopped.step, stopped.position
            # (an order to run that is followed at once by one to pause may find it where it was)
            assert here >= before
            stopped = window.step(3)
            before = stopped.step, stopped.position
            assert before > here
            if cycle % 10 == 0:
                assert window.place() == before
            window.run()
        files, running = open_files(window.child.pid), threads(window.child.pid)
        for _ in range(20):
            window.pause()
            window.evaluate("w")
            window.stack()
            window.run()
        window.until(Status, lambda status: status.state == "running")
        assert open_files(window.child.pid) <= files
        assert threads(window.child.pid) <= running
        window.send(Stop())
        assert window.end() == 143
    with Recording.open(window.path) as recording:
        assert recording.state == "stopped"


def test_a_step_of_many_ends_where_it_should(tmp_path: Path) -> None:
    with talking(tmp_path, TRAINING, ["--paused"]) as window:
        window.stop_of("start")
        window.step()
        assert window.step(9).step == 1
        steps = [window.step(5) for _ in range(5)]
        assert [stopped.position for stopped in steps] == [steps[0].position] * 5
        assert [stopped.step for stopped in steps] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("first", [Pause(), Step(1)], ids=["pause", "step"])
def test_a_first_order_holds_for_the_first_line(tmp_path: Path, first: protocol.Message) -> None:
    with talking(tmp_path, TRAINING, first=[first]) as window:
        if isinstance(first, Pause):
            assert window.stop_of("start").position == -1
        else:
            assert window.stop_of("step").step == -1


def test_without_orders_the_script_runs_after_a_while(tmp_path: Path) -> None:
    with talking(tmp_path, "print('here')", first=()) as window:
        assert window.end() == 0


def test_a_script_that_is_left_goes_on_and_finishes(tmp_path: Path) -> None:
    source = TRAINING.replace("100_000", "50") + "print('all', flush=True)\n"
    with talking(tmp_path, source, ["--paused"]) as window:
        window.stop_of("start")
        window.step(10)
        window.send(Leave())
        assert window.end() == 0
    with Recording.open(window.path) as recording:
        assert (recording.state, recording.step_count) == ("finished", 50)


def test_a_window_that_vanishes_while_the_script_is_paused_leaves_it_running(tmp_path: Path) -> None:
    source = TRAINING.replace("100_000", "50")
    with talking(tmp_path, source, ["--paused"]) as window:
        window.stop_of("start")
        window.step(4)
        window.channel.close()
        assert window.child.wait(LIMIT) == 0
    with Recording.open(window.path) as recording:
        assert (recording.state, recording.step_count) == ("finished", 50)


def test_each_thread_is_held_at_its_own_next_op_and_all_go_on(tmp_path: Path) -> None:
    with talking(tmp_path, TWO_THREADS) as window:
        read_until(window.child.stdout, "begun")
        for _ in range(10):
            window.send(Pause())
            both = window.until(Status, lambda status: {held.name for held in status.held} == {"one", "two"})
            assert both.state == "paused"
            assert both.stopped is not None
            assert both.stopped.thread in {held.thread for held in both.held}
            # each has a stack of its own, and expressions see its variables
            for held in both.held:
                assert window.stack(held.thread).frames[0].function == "train"
                assert "Variable" in window.evaluate("w", thread=held.thread).text
            window.run()
            window.until(Status, lambda status: status.state == "running" and not status.held)
        window.send(Stop())
        assert window.end() == 143


def test_where_a_running_script_is_can_be_asked(tmp_path: Path) -> None:
    source = "def wait():\n    print('waits', flush=True)\n    input()\nwait()\n"
    with talking(tmp_path, source) as window:
        read_until(window.child.stdout, "waits")
        stack = window.until_stack(
            lambda frames: [(f.function, f.line) for f in frames] == [("wait", 3), ("<module>", 4)]
        )
        assert all(frame.locals == () for frame in stack.frames)
        assert window.stack(thread=12345).frames == ()
        assert "pause it" in window.evaluate("1 + 1").error
        # and for how long it has done nothing that is recorded
        assert window.until(Status, lambda status: status.idle >= 1).state == "running"
        window.send(Pause())
        pausing = window.until(Status, lambda status: status.state == "pausing")
        assert pausing.held == ()
        window.send(Stop())
        assert window.end() == 143


ENDS = {
    "Ctrl+C": (lambda window: os.kill(window.child.pid, signal.SIGINT), {-2, 130}, "stopped"),
    "SIGTERM": (lambda window: window.child.terminate(), {143}, "stopped"),
    "stop": (lambda window: window.send(Stop()), {143}, "stopped"),
    "SIGKILL": (lambda window: window.child.kill(), {-9}, "killed"),
}


@pytest.mark.parametrize(("end", "codes", "state"), ENDS.values(), ids=ENDS.keys())
def test_a_paused_script_can_be_ended(tmp_path: Path, end: object, codes: set[int], state: str) -> None:
    with talking(tmp_path, TRAINING, ["--paused"]) as window:
        window.stop_of("start")
        place = window.step(9)
        end(window)  # type: ignore[operator]
        assert window.end() in codes
        assert window.place() == (place.step, place.position)
    with Recording.open(window.path) as recording:
        assert recording.state == state


def test_another_thread_ends_the_process_while_the_script_is_paused(tmp_path: Path) -> None:
    source = "import os, threading\nthreading.Thread(target=lambda: (input(), os._exit(5))).start()\n" + TRAINING
    with talking(tmp_path, source, ["--paused"]) as window:
        window.stop_of("start")
        window.step(3)
        assert window.child.stdin is not None
        window.child.stdin.write("\n")
        window.child.stdin.flush()
        assert window.end() == 5
    with Recording.open(window.path) as recording:
        assert recording.state == "failed"


def test_a_fork_while_the_script_is_paused_is_a_process_of_its_own(tmp_path: Path) -> None:
    forking = """\
import os, sys, threading
def fork():
    input()
    child = os.fork()
    if not child:
        with tf.GradientTape() as tape:
            y = w * w
        os.write(1, b"the child goes on\\n")
        os._exit(0)
    os.waitpid(child, 0)
    os.write(1, b"the child has ended\\n")
threading.Thread(target=fork).start()
"""
    with talking(tmp_path, forking + TRAINING, ["--paused"]) as window:
        window.stop_of("start")
        place = window.step(8)
        assert window.child.stdin is not None
        window.child.stdin.write("\n")
        window.child.stdin.flush()
        read_until(window.child.stdout, "the child goes on")
        read_until(window.child.stdout, "the child has ended")
        assert window.place() == (place.step, place.position)
        assert window.step().serial > place.serial
        window.send(Stop())
        assert window.end() == 143


def test_orders_that_mean_nothing_now_do_no_harm(tmp_path: Path) -> None:
    with talking(tmp_path, TRAINING, ["--paused"]) as window:
        window.stop_of("start")
        window.send(Run(), Run(), Pause(), Pause(), Step(0))
        assert window.until(Status, lambda status: status.state == "paused" and status.stopped is not None)
        window.send(StepTo("somewhere"), Pause(), SetBreakpoints(()), protocol.Cancel(99))
        window.until(Status, lambda status: status.state == "paused")
        window.send(Stop())
        assert window.end() == 143


def test_a_long_op_is_not_something_else_that_the_script_does(tmp_path: Path) -> None:
    source = """\
import tensorflow as tf
@tf.custom_gradient
def slow(x):
    print("waits", flush=True)
    input()
    return x, lambda g: g
with tf.GradientTape() as tape:
    y = slow(tf.constant(1.0))
print("waits again", flush=True)
input()
"""
    with talking(tmp_path, source) as window:
        read_until(window.child.stdout, "waits")
        assert busy.seconds_outside(0.9) == 0
        # while the engine is at work, nothing is said for longer than it takes to notice that something else is
        window.channel.settimeout(2.5)
        with pytest.raises(TimeoutError):
            window.until(Status, lambda status: status.idle > 0)
        window.channel.settimeout(LIMIT)
        assert window.child.stdin is not None
        window.child.stdin.write("\n")
        window.child.stdin.flush()
        read_until(window.child.stdout, "waits again")
        assert window.until(Status, lambda status: status.idle >= 1).state == "running"
