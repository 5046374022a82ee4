from __future__ import annotations

from pathlib import Path

import pytest

from tapeview.trace.query import Recording
from tapeview.views.tape_model import COLUMNS, TapeModel
from tapeview.views.workspace import Reasons, Workspace
from tests.helpers.recordings import write_chain, write_nonfinite, write_regression


def test_rows_of_each_phase(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "r.tapeview")) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = TapeModel(workspace)
        assert (model.count, model.current, model.summary) == (12, 0, "12 positions")
        mul = model.row(0)
        assert (mul.number, mul.phase, mul.op, mul.name, mul.inputs) == ("1", "forward", "Mul", "w*x", "w, x")
        assert (mul.shape, mul.gradient, mul.line, mul.bad) == ("(10,)", "", "10", False)
        back = model.row(9)
        assert (back.op, back.name, back.phase) == ("∇Mul", "gradient of “w”", "backward")
        assert float(back.gradient) > 1
        update = model.row(10)
        assert (update.op, update.name, update.line) == ("SGD", "w", "36")
        assert update.gradient == model.row(9).gradient
        with pytest.raises(IndexError):
            model.row(12)
        assert len(model.headers()) == len(COLUMNS)


def test_bad_values_are_marked(tmp_path: Path) -> None:
    with Recording.open(write_nonfinite(tmp_path / "b.tapeview")) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = TapeModel(workspace)
        assert [model.row(index).bad for index in range(model.count)] == [True, True, False, True, True]
        assert model.row(3).gradient == "Inf"


def test_the_cursor_and_a_pick(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "r.tapeview", steps=2)) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = TapeModel(workspace)
        heard: list[Reasons] = []
        model.changed.connect(heard.append)
        workspace.forward()
        model.pick(5)
        assert (model.current, workspace.cursor) == (5, (0, 5))
        assert heard == [{"current"}, {"current"}]
        workspace.next_step()
        assert heard[-1] == {"rows", "current"}
        model.pick(99)
        assert workspace.cursor == (1, 5)


def test_rows_are_worked_out_only_when_they_are_looked_at(tmp_path: Path) -> None:
    with Recording.open(write_chain(tmp_path / "c.tapeview", ops=400)) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = TapeModel(workspace)
        assert model.count == 800
        model.row(700)
        assert len(model._rows) == 1
