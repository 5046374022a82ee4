from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tapeview.trace.query import Recording
from tapeview.views.variables_model import VariableRow, VariablesModel
from tapeview.views.workspace import Workspace
from tests.helpers.recordings import Scene, write_nones, write_nonfinite, write_regression


def rows(model: VariablesModel) -> dict[str, VariableRow]:
    return {row.name: row for row in model.rows}


def test_values_gradients_and_changes_follow_the_cursor(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "r.tapeview", steps=2)) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = VariablesModel(workspace)
        w = rows(model)["w"]
        assert (w.mark, w.value, w.gradient, w.gradient_kind, w.delta) == ("watched", "4", "next", "next", "–")
        assert [row.mark for row in model.rows] == ["watched", "later"]
        workspace.forward()
        assert [row.mark for row in model.rows] == ["watched", "watched"]
        assert model.summary == "2 watched"
        workspace.move_to(0, 9)
        assert rows(model)["w"].gradient_kind == "value"
        assert float(rows(model)["w"].gradient) > 1
        workspace.move_to(0, 10)
        updated = rows(model)["w"]
        assert updated.delta[0] == "+"
        assert float(updated.value) == pytest.approx(4 + float(updated.delta))


def test_marks_and_reasons(tmp_path: Path) -> None:
    with Recording.open(write_nones(tmp_path / "n.tapeview")) as recording:
        workspace = Workspace()
        workspace.open(recording)
        workspace.last()
        found = rows(VariablesModel(workspace))
        assert {name: row.mark for name, row in found.items()} == {
            "x": "watched", "frozen": "not trainable", "count": "watched", "lonely": "unwatched",
        }  # fmt: skip
        assert found["frozen"].gradient == "None · not trainable"
        assert found["count"].gradient == "None · integer"
        assert found["x"].gradient_kind == "value"
        assert found["lonely"].note == "not used"
        assert {row.gradient_kind for row in found.values()} == {"value", "none"}


def test_what_is_not_finite_stands_out(tmp_path: Path) -> None:
    with Recording.open(write_nonfinite(tmp_path / "b.tapeview")) as recording:
        workspace = Workspace()
        workspace.open(recording)
        workspace.last()
        (row,) = VariablesModel(workspace).rows
        assert (row.gradient, row.gradient_kind, row.value_bad) == ("Inf", "bad", True)


def test_large_variables_have_a_norm_and_no_change(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "l.tapeview", "k = tf.Variable(w)\n")
    site = scene.site(scene.frame("k", "tf.Variable(w)"))
    variable, before = scene.variable(np.ones((64, 64), np.float32), site)
    scene.next_step()
    tape = scene.tape(0)
    scene.op("Square", (before,), np.float32(1), site, tape)
    scene.assign(variable, 1, np.zeros((64, 64), np.float32), before, "assign", site)
    with Recording.open(scene.finish()) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = VariablesModel(workspace)
        assert rows(model)["k"].value == "‖·‖ 64"
        workspace.last()
        assert (rows(model)["k"].value, rows(model)["k"].delta) == ("‖·‖ 0", "–")


def test_a_picked_row_is_selected(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "r.tapeview")) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = VariablesModel(workspace)
        assert model.selected == -1
        model.pick(1)
        assert (workspace.selection.kind, model.selected) == ("variable", 1)
        model.pick(99)
        assert model.selected == 1
        workspace.forward()
        assert model.selected == -1


def test_nothing_open_has_no_rows() -> None:
    model = VariablesModel(Workspace())
    assert (model.rows, model.summary) == ((), "")


def test_variables_that_the_step_leaves_alone_come_last(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "v.tapeview", "y = v * v\n")
    idle, _ = scene.variable(np.float32(1), scene.site(scene.frame("y", "v")))
    used, value = scene.variable(np.float32(2), scene.site(scene.frame("y", "v * v")))
    scene.next_step()
    tape = scene.tape(0)
    scene.op("Mul", (value, value), np.float32(4), scene.site(scene.frame("y", "v * v")), tape)
    scene.op("Mul", (value, value), np.float32(4), scene.site(scene.frame("y", "v * v")), tape)
    with Recording.open(scene.finish()) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = VariablesModel(workspace)
        for position in (0, 1):
            workspace.move_to(0, position)
            assert [row.id for row in model.rows] == [used, idle]
