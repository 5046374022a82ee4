from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.trace.query import Recording
from tapeview.views.timeline_model import TimelineModel
from tapeview.views.workspace import Reasons, Workspace
from tests.helpers.recordings import write_regression


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Recording.open(write_regression(tmp_path / "r.tapeview", steps=4)) as recording:
        made = Workspace()
        made.open(recording)
        yield made


def test_chips_name_forward_backward_and_updates(workspace: Workspace) -> None:
    model = TimelineModel(workspace)
    assert [chip.text for chip in model.chips] == [
        "Mul", "AddV2", "Sub", "Square", "Mean", "∇Mean", "∇Square", "∇Sub", "∇AddV2", "∇Mul", "update w", "update b",
    ]  # fmt: skip
    assert [chip.phase for chip in model.chips][4:6] == ["forward", "backward"]
    assert (model.steps, model.title) == (4, "step 1")


def test_only_what_changed_is_told(workspace: Workspace) -> None:
    model = TimelineModel(workspace)
    heard: list[Reasons] = []
    model.changed.connect(heard.append)
    workspace.forward()
    assert heard == [{"cursor"}]
    workspace.select("op", 1)
    assert heard == [{"cursor"}]


def test_clicks_and_wheel_move_the_cursor(workspace: Workspace) -> None:
    model = TimelineModel(workspace)
    model.go_position(7)
    model.go_step(2)
    assert workspace.cursor == (2, 7)
    model.scroll(-1, steps=True)
    model.scroll(2, steps=False)
    assert workspace.cursor == (1, 9)
    model.scroll(-10, steps=False)
    assert workspace.cursor == (0, 11)


def test_tips_say_what_is_there(workspace: Workspace) -> None:
    model = TimelineModel(workspace)
    assert model.step_tip(1) == "step 2 of 4 · 5 forward · 5 backward · 2 updates · everything kept"
    assert model.position_tip(6) == "backward 2 of 5 · Square → gradient of “y_pred - y”"
    assert (model.step_tip(4), model.position_tip(99), model.step_tip(-1)) == ("", "", "")
    assert model.kept(0) == "all"


def test_nothing_open_has_no_steps() -> None:
    model = TimelineModel(Workspace())
    assert (model.steps, model.chips, model.title, model.step_tip(0)) == (0, (), "", "")
