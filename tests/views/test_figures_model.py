"""The Figures dock's model: which figure, which entry of its history, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.trace.query import Recording
from tapeview.views.figures_model import FiguresModel
from tapeview.views.workspace import Workspace
from tests.helpers.figures import drawn
from tests.helpers.recordings import Regression, write_regression


class Growing:
    """A recording that is being written and looked at."""

    def __init__(self, folder: Path) -> None:
        self.scene = Regression(folder / "run.tapeview")
        self.scene.writer.commit()
        self.workspace = Workspace()
        self.recording = Recording.open(self.scene.path)
        self.workspace.open(self.recording, self.scene.path, state="running", follow=True)
        self.width = 100.0

    def draw(self, figure: int = 1, train: bool = True, **changes: object) -> None:
        """A training step, and a figure that looks different from all before."""
        if train:
            self.scene.train()
            self.scene.flush()
        self.width += 1.0
        site = self.scene.sites["update"]
        entry, data = drawn(self.scene.step, self.width, figure=figure, number=figure, site=site, made=site, **changes)
        self.scene.writer.add_figure(entry, data)
        self.scene.writer.commit()
        self.recording.refresh()
        self.workspace.refreshed()


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    made = Growing(tmp_path)
    yield made
    made.recording.close()
    made.scene.finish()


def shown(model: FiguresModel) -> tuple[int, int]:
    return (model.history.id if model.history is not None else 0), model.place


def test_nothing_is_shown_where_nothing_was_drawn(tmp_path: Path) -> None:
    workspace = Workspace()
    model = FiguresModel(workspace)
    assert (model.figures, model.entry, model.words) == ([], None, "")
    with Recording.open(write_regression(tmp_path / "run.tapeview")) as recording:
        workspace.open(recording)
        assert (model.figures, model.entry, model.words) == ([], None, "")
    model.dispose()


def test_what_comes_is_shown_and_announced_once(growing: Growing) -> None:
    model, heard = FiguresModel(growing.workspace), []
    model.arrived.connect(lambda: heard.append("arrived"))
    growing.draw()
    assert (shown(model), heard, model.unseen) == ((1, 0), ["arrived"], 1)
    growing.draw()
    growing.draw(figure=2)
    assert (shown(model), heard, model.unseen) == ((2, 0), ["arrived"], 3)
    model.look(True)
    assert model.unseen == 0
    growing.draw(figure=2)
    assert (shown(model), model.unseen) == ((2, 1), 0)


def test_who_has_gone_elsewhere_stays_there(growing: Growing) -> None:
    model = FiguresModel(growing.workspace)
    for figure in (1, 1, 2):
        growing.draw(figure)
    model.choose(1)
    growing.draw(2)
    growing.draw(3)
    assert shown(model) == (1, 1)
    model.show_entry(0)
    growing.draw(1)
    assert shown(model) == (1, 0)
    model.choose(3)
    growing.draw(3)
    assert shown(model) == (3, 1)


def test_the_history_is_gone_through(growing: Growing) -> None:
    model, changes = FiguresModel(growing.workspace), []
    for _ in range(3):
        growing.draw()
    model.changed.connect(lambda: changes.append(model.place))
    model.step(-1)
    model.step(-1)
    model.step(-1)
    assert (changes, model.words.split(" · ")[:2]) == ([1, 0], ["1 of 3", "step 1"])
    model.step(1)
    assert model.words.split(" · ")[:2] == ["2 of 3", "step 2"]


def test_the_cursor_is_followed(growing: Growing) -> None:
    model = FiguresModel(growing.workspace)
    growing.draw(train=False)
    for _ in range(3):
        growing.draw()
    growing.draw(figure=2)
    model.choose(1)
    model.follow(True)
    growing.workspace.move_to(1)
    assert (model.place, model.words.split(" · ")[1]) == (2, "step 2")
    growing.workspace.move_to(0)
    assert model.place == 1
    model.choose(2)
    assert (model.entry, model.words) == (None, "Figure 2 was not drawn yet at this step (first: step 4)")
    growing.workspace.move_to(3)
    assert model.place == 0
    model.choose(1)
    model.step(-1)
    assert (model.following, model.place) == (False, 2)


def test_the_way_leads_to_the_line_and_the_step(growing: Growing) -> None:
    model, lines = FiguresModel(growing.workspace), []
    growing.draw()
    growing.draw()
    growing.draw(train=False, how="left")
    model.show_line.connect(lambda file, line: lines.append((file, line)))
    assert (model.has_line, model.has_step) == (True, True)
    model.go_to_line()
    frame = growing.recording.frames(growing.scene.sites["update"])[0]
    assert lines == [(frame.file, frame.line)]
    assert model.words.endswith(f"line {frame.line} · not shown by the script")
    model.show_entry(0)
    model.go_to_step()
    assert growing.workspace.cursor == (0, 0)


def test_names_tell_figures_of_one_number_apart(growing: Growing) -> None:
    model = FiguresModel(growing.workspace)
    growing.draw(1, label="loss")
    growing.draw(2)
    assert [model.name(history) for history in model.figures] == ["loss", "Figure 2"]
    sites = growing.scene.sites
    entry, data = drawn(1, 50.0, figure=3, number=2, made=sites["tape"])
    growing.scene.writer.add_figure(entry, data)
    growing.scene.writer.commit()
    growing.recording.refresh()
    growing.workspace.refreshed()
    line = growing.recording.frames(sites["tape"])[0].line
    assert model.name(model.figures[2]) == f"Figure 2, line {line}"
    assert model.title(model.figures[2]) == "손실"
    model.turn(-1)
    assert shown(model) == (2, 0)
    model.turn(-5)
    assert shown(model) == (2, 0)


def test_another_recording_forgets_the_first(growing: Growing, tmp_path: Path) -> None:
    model = FiguresModel(growing.workspace)
    growing.draw()
    serial = model.serial
    with Recording.open(write_regression(tmp_path / "other.tapeview")) as other:
        growing.workspace.open(other)
        assert (model.figures, model.entry, model.unseen) == ([], None, 0)
        assert model.serial > serial
        assert model.picture(1) is None
