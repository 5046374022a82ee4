"""The live edge of a held script, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.protocol import Held, Stopped
from tapeview.trace.query import Recording
from tapeview.trace.records import Failure
from tapeview.views.landing import landing
from tapeview.views.status_model import StatusModel
from tapeview.views.workspace import Cursor, Reasons, Workspace
from tests.helpers.recordings import Regression, write_nonfinite, write_regression


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Recording.open(write_regression(tmp_path / "r.tapeview", steps=3)) as recording:
        made = Workspace()
        made.open(recording, state="running", follow=True)
        yield made


def heard(workspace: Workspace) -> list[Reasons]:
    reasons: list[Reasons] = []
    workspace.changed.connect(reasons.append)
    return reasons


def test_a_stop_takes_the_cursor_to_the_edge_and_tells_so_once(workspace: Workspace) -> None:
    workspace.move_to(0, 3)
    workspace.select("op", 1)
    reasons = heard(workspace)
    workspace.halt(Stopped(1, "pause", step=2, position=4), [Held(7, "MainThread")])
    assert reasons == [frozenset({"stop", "data", "state", "cursor", "selection"})]
    assert (workspace.state, workspace.cursor, workspace.edge, workspace.at_edge) == ("paused", (2, 4), (2, 4), True)
    assert workspace.held == (Held(7, "MainThread"),)


def test_the_next_stop_tells_only_what_is_new(workspace: Workspace) -> None:
    workspace.halt(Stopped(1, "pause", step=2, position=4))
    reasons = heard(workspace)
    workspace.halt(Stopped(2, "step", step=2, position=5))
    workspace.halt(Stopped(3, "step", step=2, position=5), grew=False)
    assert reasons == [frozenset({"stop", "data", "cursor"}), frozenset({"stop"})]


def test_places_that_are_not_recorded_are_brought_into_what_is(workspace: Workspace) -> None:
    workspace.halt(Stopped(1, "pause", step=9, position=900))
    assert workspace.edge == (2, 11)
    workspace.halt(Stopped(2, "pause", step=1, position=-1))
    assert workspace.edge == (1, 0)
    workspace.halt(Stopped(3, "start"))
    assert workspace.edge == (2, 11)


def test_looking_back_keeps_the_edge_and_end_returns_to_it(workspace: Workspace) -> None:
    workspace.halt(Stopped(1, "pause", step=1, position=4))
    workspace.first()
    assert (workspace.cursor, workspace.edge, workspace.at_edge) == ((0, 0), (1, 4), False)
    workspace.last()
    assert (workspace.cursor, workspace.following) == ((1, 4), False), "the edge, not the recording's newest step"


def test_going_on_forgets_the_edge_and_follows_who_stood_there(workspace: Workspace) -> None:
    workspace.halt(Stopped(1, "pause", step=2, position=4))
    workspace.choose_frame(2, 7)
    reasons = heard(workspace)
    workspace.set_state("running")
    assert reasons == [frozenset({"state", "stop"})]
    assert (workspace.edge, workspace.stopped, workspace.frame, workspace.thread) == (None, None, 0, 0)
    assert workspace.following
    workspace.halt(Stopped(2, "pause", step=2, position=5))
    workspace.back()
    workspace.set_state("running")
    assert not workspace.following


def test_a_script_that_ends_while_it_is_held_leaves_the_cursor(workspace: Workspace) -> None:
    workspace.halt(Stopped(1, "pause", step=1, position=2))
    workspace.set_state("stopped")
    assert (workspace.cursor, workspace.edge, workspace.state) == (Cursor(1, 2), None, "stopped")


def test_a_chosen_frame_is_told_once(workspace: Workspace) -> None:
    workspace.halt(Stopped(1, "pause", step=1, position=2))
    reasons = heard(workspace)
    workspace.choose_frame(1)
    workspace.choose_frame(1)
    workspace.choose_frame(0, 9)
    workspace.choose_frame(0)
    assert reasons == [frozenset({"frame"})] * 2
    workspace.halt(Stopped(2, "step", step=1, position=3))
    assert (workspace.frame, workspace.thread) == (0, 0)


def test_the_status_says_where_and_why_it_stands(workspace: Workspace) -> None:
    status = StatusModel(workspace)
    workspace.note((), 3)
    assert status.state_text == "running outside the tape since 3 s"
    workspace.set_state("pausing")
    assert "waiting for the next op" in status.state_text
    workspace.halt(Stopped(1, "breakpoint", "Mul: NaN in y_pred", 4, step=2, position=4))
    assert status.state_text == "paused at the live edge · Mul: NaN in y_pred"
    workspace.back()
    assert "End returns" in status.state_text
    workspace.halt(Stopped(2, "failed", "ValueError: nein", step=2, position=4))
    assert (status.state_role, status.state_mark) == ("bad", "cross")
    assert "ValueError: nein" in status.state_text


def test_an_unknown_state_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="unknown session state"):
        workspace.set_state("asleep")


def test_where_a_recording_is_looked_at_first(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "a.tapeview", steps=3)) as recording:
        assert landing(recording) == (0, 0)
    with Recording.open(write_nonfinite(tmp_path / "b.tapeview")) as recording:
        assert landing(recording) == (0, 0), "it raised, but no op did"
    scene = Regression(tmp_path / "c.tapeview")
    scene.train()
    scene.train()
    scene.writer.add_failure(Failure("breakpoint", "step:2", "step 2 has begun", "", scene.sites["Mul"], 1))
    with Recording.open(scene.finish()) as recording:
        assert landing(recording) == (1, 11)
        workspace = Workspace()
        workspace.open(recording)
        assert (workspace.cursor, workspace.message) == ((1, 11), "step 2 has begun")
