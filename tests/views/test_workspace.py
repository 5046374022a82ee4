from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.trace.query import Recording
from tapeview.views.workspace import Cursor, Reasons, Selection, Workspace
from tests.helpers.recordings import Regression, Scene, write_regression

EMPTY_STEPS = """\
import tensorflow as tf
with tf.GradientTape() as tape:
    pass
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Recording.open(write_regression(tmp_path / "r.tapeview", steps=3)) as recording:
        made = Workspace()
        made.open(recording)
        yield made


def heard(workspace: Workspace) -> list[Reasons]:
    reasons: list[Reasons] = []
    workspace.changed.connect(reasons.append)
    return reasons


def test_a_recording_is_opened_at_its_first_position(workspace: Workspace) -> None:
    assert workspace.cursor == (0, 0)
    assert workspace.state == "killed" or workspace.state == "finished"
    assert workspace.step_count == 3


def test_forward_goes_through_a_step_and_on_into_the_next(workspace: Workspace) -> None:
    for _ in range(12):
        workspace.forward()
    assert workspace.cursor == (1, 0)


def test_back_goes_to_the_last_position_of_the_step_before(workspace: Workspace) -> None:
    workspace.move_to(1, 0)
    workspace.back()
    assert workspace.cursor == (0, 11)


def test_forward_and_back_stop_at_the_ends(workspace: Workspace) -> None:
    reasons = heard(workspace)
    workspace.back()
    assert reasons == []
    workspace.last()
    assert workspace.cursor == (2, 11)
    reasons.clear()
    workspace.forward()
    assert workspace.cursor == (2, 11)
    assert reasons == []


def test_the_whole_way_forward_is_the_whole_way_back(workspace: Workspace) -> None:
    there = [workspace.cursor]
    while True:
        workspace.forward()
        if workspace.cursor == there[-1]:
            break
        there.append(workspace.cursor)
    assert len(there) == 36
    back = [workspace.cursor]
    for _ in range(35):
        workspace.back()
        back.append(workspace.cursor)
    assert back == there[::-1]


def test_phase_end_and_start_walk_from_phase_to_phase(workspace: Workspace) -> None:
    ends = []
    for _ in range(4):
        workspace.phase_end()
        ends.append(workspace.cursor)
    assert ends == [(0, 4), (0, 9), (0, 11), (1, 4)]
    starts = []
    for _ in range(5):
        workspace.phase_start()
        starts.append(workspace.cursor)
    assert starts == [(1, 0), (0, 10), (0, 5), (0, 0), (0, 0)]


def test_training_steps_keep_the_position(workspace: Workspace) -> None:
    workspace.move_to(0, 7)
    workspace.next_step()
    assert workspace.cursor == (1, 7)
    workspace.previous_step()
    workspace.previous_step()
    assert workspace.cursor == (0, 7)


@pytest.mark.parametrize(
    ("wanted", "found"), [((-5, -5), (0, 0)), ((99, 99), (2, 11)), ((1, 99), (1, 11)), ((99, 3), (2, 3))]
)
def test_a_place_out_of_range_is_brought_into_it(
    workspace: Workspace, wanted: tuple[int, int], found: tuple[int, int]
) -> None:
    workspace.move_to(*wanted)
    assert workspace.cursor == found


def test_position_text_says_where_what_and_for_whom(workspace: Workspace) -> None:
    assert workspace.position_text() == "step 1 of 3 · forward 1 of 5 · Mul → w*x"
    workspace.move_to(1, 1)
    assert workspace.position_text() == "step 2 of 3 · forward 2 of 5 · AddV2 → y_pred"
    workspace.move_to(1, 6)
    assert workspace.position_text() == "step 2 of 3 · backward 2 of 5 · Square → gradient of “y_pred - y”"
    workspace.move_to(2, 10)
    assert workspace.position_text() == "step 3 of 3 · update 1 of 2 · SGD → w"


def test_a_move_tells_once_and_drops_the_selection(workspace: Workspace) -> None:
    workspace.select("variable", 1)
    reasons = heard(workspace)
    workspace.forward()
    assert reasons == [{"cursor", "selection"}]
    assert workspace.selection == Selection()


def test_selecting_the_same_again_tells_nothing(workspace: Workspace) -> None:
    workspace.select("op", 3)
    reasons = heard(workspace)
    workspace.select("op", 3)
    assert reasons == []
    workspace.select("none", 99)
    assert workspace.selection == Selection()
    assert reasons == [{"selection"}]


def test_an_unknown_state_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="sleeping"):
        workspace.set_state("sleeping")


def test_steps_without_positions_are_passed_through(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "e.tapeview", EMPTY_STEPS)
    for _ in range(2):
        scene.next_step()
        scene.tape(scene.site(scene.frame("with", "tf.GradientTape()")))
    with Recording.open(scene.finish()) as recording:
        workspace = Workspace()
        workspace.open(recording)
        assert workspace.step_count == 2
        assert workspace.position is None
        assert workspace.label() is None
        assert workspace.position_text() == "step 1 of 2 · nothing recorded in this step"
        for verb in (workspace.forward, workspace.phase_end, workspace.next_step):
            workspace.first()
            verb()
            assert workspace.cursor == (1, 0)
        for verb in (workspace.back, workspace.phase_start, workspace.previous_step):
            workspace.move_to(1)
            verb()
            assert workspace.cursor == (0, 0)


def test_nothing_open_is_fine() -> None:
    workspace = Workspace()
    for verb in (workspace.forward, workspace.back, workspace.first, workspace.last, workspace.phase_end):
        verb()
    assert workspace.cursor == Cursor()
    assert workspace.position_text() == ""
    assert workspace.step is None


def test_the_newest_step_is_followed_until_the_user_moves(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "live.tapeview")
    scene.train()
    scene.flush()
    scene.writer.commit()
    with Recording.open(tmp_path / "live.tapeview") as recording:
        workspace = Workspace()
        workspace.open(recording, state="running", follow=True)
        assert workspace.cursor == (0, 11)
        grow(scene, recording, workspace)
        assert workspace.cursor == (1, 11)
        workspace.back()
        grow(scene, recording, workspace)
        assert workspace.cursor == (1, 10)
        workspace.last()
        assert workspace.cursor == (2, 11)
        grow(scene, recording, workspace)
        assert workspace.cursor == (3, 11)
    scene.finish()


def grow(scene: Regression, recording: Recording, workspace: Workspace) -> None:
    """One more step is recorded and seen."""
    scene.train()
    scene.flush()
    scene.writer.commit()
    assert recording.refresh()
    workspace.refreshed()


def test_a_script_waits_to_be_run_and_closing_forgets_it() -> None:
    workspace = Workspace()
    reasons = heard(workspace)
    workspace.load_script(Path("s.py"), "x = 1\n")
    assert (workspace.state, workspace.script, workspace.step_count) == ("ready", Path("s.py"), 0)
    assert workspace.position_text() == ""
    workspace.close()
    assert (workspace.state, workspace.script) == ("empty", None)
    assert all({"recording", "state"} <= reason for reason in reasons)


def test_the_end_of_the_script_leads_to_the_target(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "r.tapeview", steps=3)) as recording:
        for state, cursor in (("finished", (2, 4)), ("stopped", (2, 4)), ("failed", (2, 11))):
            workspace = Workspace()
            workspace.open(recording, state="running", follow=True)
            assert workspace.cursor == (2, 11)
            workspace.set_state(state)
            assert workspace.cursor == cursor, state
        workspace = Workspace()
        workspace.open(recording, state="running", follow=True)
        workspace.move_to(1, 7)
        workspace.set_state("finished")
        assert workspace.cursor == (1, 7), "who has moved stays"


def test_a_step_that_is_being_written_is_not_followed_into(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "live.tapeview")
    scene.train()
    scene.flush()
    scene.writer.commit()
    with Recording.open(tmp_path / "live.tapeview") as recording:
        workspace = Workspace()
        workspace.open(recording, state="running", follow=True)
        scene.train()
        whole, scene.records = scene.records, scene.records[:6]
        assert 0 < len(scene.records) < len(whole)
        scene.flush()
        scene.writer.commit()
        assert recording.refresh()
        workspace.refreshed()
        assert workspace.step_count == 2
        assert workspace.cursor == (0, 11)
        workspace.last()
        assert workspace.cursor.step == 1
    scene.writer.close()
