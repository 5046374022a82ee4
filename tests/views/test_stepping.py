"""Pausing and stepping a real script, as the window does it."""

from __future__ import annotations

import pytest

from tapeview.breakpoints import parse
from tapeview.views.status_model import StatusModel
from tests.views.desk import TRAIN, Desk


def test_a_step_at_the_live_edge_executes_one_op_in_the_script(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    live_desk.into_the_first_step()
    workspace = live_desk.workspace
    assert (workspace.cursor, workspace.edge) == ((0, 0), (0, 0))
    titles = []
    for number in range(1, 9):
        live_desk.step()
        assert workspace.cursor == workspace.edge == (0, number)
        assert workspace.position_count(0) == number + 1, "nothing more was executed"
        assert workspace.position is not None
        titles.append(workspace.position.phase)
    assert titles == ["forward"] * 3 + ["backward"] * 4 + ["update"]
    live_desk.step()
    assert workspace.cursor == (1, 0)


def test_stepping_back_moves_the_cursor_only_and_end_returns(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    live_desk.into_the_first_step()
    for _ in range(3):
        live_desk.step()
    session, workspace, serial = live_desk.session, live_desk.workspace, live_desk.serial
    workspace.back()
    workspace.back()
    assert (workspace.cursor, workspace.edge, workspace.at_edge) == ((0, 1), (0, 3), False)
    session.forward()
    session.poll()
    assert (workspace.cursor, live_desk.serial) == ((0, 2), serial), "before the live edge a step moves the cursor"
    assert workspace.position_count(0) == 4
    workspace.last()
    assert workspace.at_edge
    live_desk.step()
    assert (workspace.cursor, live_desk.serial) == ((0, 4), serial + 1)


def test_to_the_end_of_the_phase_and_to_the_next_training_step(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    live_desk.into_the_first_step()
    session, workspace = live_desk.session, live_desk.workspace
    live_desk.step(session.phase_end)
    assert workspace.cursor == (0, 3)
    live_desk.step(session.phase_end)
    assert workspace.cursor == (0, 7)
    live_desk.step(session.next_step)
    assert workspace.cursor == (1, 0)
    # Back in time the same keys move the cursor in the recording.
    serial = live_desk.serial
    workspace.move_to(0, 0)
    session.phase_end()
    assert (workspace.cursor, live_desk.serial) == ((0, 3), serial)
    session.next_step()
    assert workspace.cursor == (1, 0)


def test_a_running_script_is_paused_and_goes_on(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    session, workspace = live_desk.session, live_desk.workspace
    assert not session.can_pause
    session.run()
    live_desk.until(lambda: workspace.step_count > 2)
    assert (session.can_pause, session.can_run, workspace.following) == (True, False, True)
    session.pause()
    assert workspace.state == "pausing"
    live_desk.paused()
    assert (session.paused, session.at_edge, session.can_run, session.can_pause) == (True, True, True, False)
    steps = workspace.step_count
    session.run()
    assert (workspace.state, workspace.edge, workspace.stopped) == ("running", None, None)
    live_desk.until(lambda: workspace.step_count > steps + 2)
    assert workspace.following, "it was watched where it stood, so it is watched as it goes on"


def test_who_looks_back_stays_there_when_the_script_goes_on(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    live_desk.into_the_first_step()
    session, workspace = live_desk.session, live_desk.workspace
    for _ in range(3):
        live_desk.step()
    workspace.move_to(0, 1)
    session.run()
    live_desk.until(lambda: workspace.step_count > 3)
    assert (workspace.cursor, workspace.following) == ((0, 1), False)


def test_run_to_a_line_and_to_a_node(live_desk: Desk) -> None:
    path = live_desk.load(TRAIN)
    session, workspace = live_desk.session, live_desk.workspace
    # before it runs: it is started, and stops there first
    session.run_to_line(str(path), 12)
    live_desk.until(lambda: workspace.state == "paused" and workspace.stopped is not None
                    and workspace.stopped.reason == "target")  # fmt: skip
    label = workspace.label()
    assert label is not None
    assert (workspace.cursor, label.title) == ((0, 2), "Mul")
    # the same op of the next training step
    workspace.select("op", next(seq for seq, op in workspace.step.ops.items() if op.op == "AddV2"))  # type: ignore[union-attr]
    live_desk.step(session.run_to_selection)
    label = workspace.label()
    assert label is not None
    assert (workspace.cursor, label.title) == ((1, 1), "AddV2")
    assert workspace.selection.kind == "none", "what was selected is of another step"


def test_run_to_a_line_of_a_finished_recording_moves_the_cursor(live_desk: Desk) -> None:
    path = live_desk.load(TRAIN.replace("1000000", "3"))
    session, workspace = live_desk.session, live_desk.workspace
    session.run()
    live_desk.until(lambda: workspace.state == "finished")
    workspace.move_to(0, 3)
    session.run_to_line(str(path), 6)
    assert workspace.cursor == (1, 0)
    session.run_to_line("train.py", 1)
    assert live_desk.problems == ["That is not executed again in this recording."]


def test_a_restart_of_a_held_script_lets_go_of_the_old_one(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    live_desk.into_the_first_step()
    session, workspace, before = live_desk.session, live_desk.workspace, live_desk.workspace.path
    session.restart()
    live_desk.until(lambda: workspace.step_count > 2)
    assert (workspace.state, workspace.edge) == ("running", None)
    assert workspace.path != before


def test_a_held_script_is_stopped(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    live_desk.into_the_first_step()
    live_desk.session.stop()
    live_desk.until(lambda: live_desk.workspace.state == "stopped")
    assert (live_desk.workspace.edge, live_desk.workspace.live, live_desk.workspace.cursor) == (None, None, (0, 0))


def test_a_held_script_that_is_killed_shows_how_it_died(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    live_desk.into_the_first_step()
    live = live_desk.workspace.live
    assert live is not None
    live.evaluate("__import__('os').kill(__import__('os').getpid(), 11)", lambda _: None)
    live_desk.until(lambda: live_desk.workspace.state == "killed")
    assert "SIGSEGV" in live_desk.workspace.message
    assert live_desk.workspace.position_count(0) == 1


def test_a_script_outside_of_ops_says_so_and_stops_all_the_same(live_desk: Desk) -> None:
    live_desk.load("import tensorflow as tf\nimport time\nprint('busy', flush=True)\ntime.sleep(1000)\n")
    session, workspace = live_desk.session, live_desk.workspace
    status = StatusModel(workspace)
    session.run()
    live_desk.until(lambda: workspace.idle >= 1)
    assert status.state_text == f"running outside the tape since {workspace.idle} s"
    session.pause()
    assert workspace.state == "pausing"
    live_desk.until(lambda: workspace.idle >= 2)
    assert workspace.state == "pausing"
    assert "waiting for the next op" in status.state_text
    session.stop()
    live_desk.until(lambda: workspace.state in ("stopped", "killed"))


def test_a_pause_that_found_no_op_can_be_taken_back(live_desk: Desk) -> None:
    live_desk.load("import tensorflow as tf\nimport time\ntime.sleep(1000)\n")
    session, workspace = live_desk.session, live_desk.workspace
    session.run()
    live_desk.until(lambda: workspace.recording is not None)
    session.pause()
    live_desk.until(lambda: session._live is not None and session._live.status.state == "pausing")
    session.go_on()
    live_desk.until(lambda: session._live is not None and session._live.status.state == "running")
    assert workspace.state == "running"


@pytest.mark.parametrize("where", ["pause", "step", "breakpoint"])
def test_a_stop_tells_everybody_once(live_desk: Desk, where: str) -> None:
    live_desk.load(TRAIN)
    live_desk.into_the_first_step()
    session, workspace = live_desk.session, live_desk.workspace
    if where == "breakpoint":
        workspace.breakpoints.add(parse("op:Sum"))
        session.run()
        live_desk.until(lambda: workspace.state == "paused")
        assert workspace.stopped is not None
        assert workspace.stopped.reason == "breakpoint"
        assert workspace.stopped.breakpoint == workspace.breakpoints.items[0].id
        return
    heard: list[frozenset[str]] = []
    workspace.changed.connect(heard.append)
    if where == "step":
        live_desk.step()
        (told,) = [reasons for reasons in heard if reasons & {"stop", "cursor"}]
        assert told >= {"stop", "cursor"}
        assert frozenset[str]().union(*heard) == {"stop", "cursor", "data"}
    else:
        session.run()
        session.pause()
        heard.clear()
        live_desk.paused()
        assert [reasons for reasons in heard if "stop" in reasons][-1] >= {"stop", "state"}


def test_a_stop_and_an_answer_cannot_wait(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    session, workspace = live_desk.session, live_desk.workspace
    assert not session.urgent
    live_desk.into_the_first_step()
    assert not session.urgent
    session.forward()
    assert not session.can_step, "one step after the other"
    serial = live_desk.serial
    session.forward()
    while not session.urgent:
        assert live_desk.woken.acquire(timeout=60)
    session.poll()
    assert (live_desk.serial, session.urgent, session.can_step) == (serial + 1, False, True)
    assert workspace.live is not None
    workspace.live.evaluate("1 + 1", lambda _: None)
    while not session.urgent:
        assert live_desk.woken.acquire(timeout=60)
    session.poll()
    assert not session.urgent


def test_a_script_is_left_to_itself(live_desk: Desk) -> None:
    live_desk.load(TRAIN.replace("1000000", "40"))
    live_desk.into_the_first_step()
    session, workspace = live_desk.session, live_desk.workspace
    session.leave()
    live_desk.until(lambda: workspace.state != "paused")
    assert (workspace.state, workspace.live, session.running) == ("left", None, False)
    while session.needs_polling:
        session.poll()
    assert (workspace.state, workspace.step_count) == ("finished", 40)
