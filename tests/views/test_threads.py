"""Scripts that open tapes in several threads."""

from __future__ import annotations

from tapeview.views.stack_model import StackModel
from tapeview.views.tape_model import TapeModel
from tapeview.views.timeline_model import TimelineModel
from tests.views.desk import TRAIN, Desk

TWO = """\
import threading
import tensorflow as tf

w = tf.Variable(2.0)
STEPS = 1000000
turn = threading.Barrier(2)

def work(factor):
    for i in range(STEPS):
        turn.wait()
        with tf.GradientTape() as tape:
            y = w * factor
        tape.gradient(y, w)

threads = [threading.Thread(target=work, args=(k,), name=f"worker {k}", daemon=True) for k in (1.0, 2.0)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_steps_say_of_which_thread_they_are(live_desk: Desk) -> None:
    live_desk.load(TWO.replace("1000000", "5"))
    workspace = live_desk.workspace
    tape, timeline = TapeModel(workspace), TimelineModel(workspace)
    assert tape.threads == ()
    live_desk.session.run()
    live_desk.until(lambda: workspace.state == "finished")
    assert sorted(row.name for row in tape.threads) == ["worker 1.0", "worker 2.0"]
    assert sum(row.steps for row in tape.threads) == workspace.step_count == 10
    for row in tape.threads:
        tape.go_thread(row.thread)
        assert tape.thread == row.thread
        assert row.name in workspace.position_text()
        assert row.name in timeline.step_tip(workspace.cursor.step)


def test_one_thread_is_not_mentioned(live_desk: Desk) -> None:
    live_desk.load(TRAIN.replace("1000000", "2"))
    workspace = live_desk.workspace
    tape = TapeModel(workspace)
    live_desk.session.run()
    live_desk.until(lambda: workspace.state == "finished")
    assert tape.threads == ()
    assert "Thread" not in workspace.position_text()


def test_a_pause_holds_each_thread_and_each_has_a_call_stack(live_desk: Desk) -> None:
    live_desk.load(TWO.replace("turn.wait()", "pass"))
    session, workspace, stack = live_desk.session, live_desk.workspace, StackModel(live_desk.workspace)
    session.run()
    live_desk.until(lambda: workspace.step_count > 4)
    session.pause()
    live_desk.until(lambda: workspace.state == "paused" and len(workspace.held) == 2)
    assert sorted(held.name for held in stack.threads) == ["worker 1.0", "worker 2.0"]
    for held in stack.threads:
        stack.choose_thread(held.thread)
        live_desk.until(
            lambda held=held: stack.source == "script" and stack.thread == held.thread and bool(stack.locals)
        )
        factor = next(local.text for local in stack.locals if local.name == "factor")
        assert held.name.endswith(factor)
