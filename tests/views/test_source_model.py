from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.trace.query import Recording
from tapeview.trace.records import Frame
from tapeview.views.source_model import SourceModel, Span
from tapeview.views.workspace import Reasons, Workspace
from tests.helpers.recordings import REGRESSION, Scene, write_regression

LINES = REGRESSION.split("\n")
MUL = next(n for n, line in enumerate(LINES, 1) if "return w*x" in line)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Recording.open(write_regression(tmp_path / "r.tapeview", steps=2)) as recording:
        made = Workspace()
        made.open(recording)
        yield made


def lit(model: SourceModel) -> list[str]:
    return [model.text.split("\n")[span.line - 1][span.start : span.end] for span in model.mark.spans]


def test_the_exact_expression_is_lit_and_its_callers_too(workspace: Workspace) -> None:
    model = SourceModel(workspace)
    assert model.mark.line == MUL
    assert lit(model) == ["w*x"]
    assert LINES[model.mark.callers[0] - 1].strip() == "y_pred = predict(x)"
    workspace.forward()
    assert lit(model) == ["w*x + b"]
    assert model.mark.phase == "forward"


def test_the_backward_pass_lights_the_forward_op(workspace: Workspace) -> None:
    model = SourceModel(workspace)
    workspace.move_to(0, 6)
    assert lit(model) == ["tf.square(y_pred - y)"]
    assert model.mark.phase == "backward"
    workspace.move_to(0, 10)
    assert lit(model) == ["optimizer.apply_gradients(zip(gradients, [w, b]))"]


def test_a_selected_op_is_lit_instead_until_the_cursor_moves(workspace: Workspace) -> None:
    model = SourceModel(workspace)
    step = workspace.step
    assert step is not None
    workspace.select("op", list(step.ops)[3])
    assert lit(model) == ["tf.square(y_pred - y)"]
    assert model.mark.phase == "selected"
    workspace.forward()
    assert lit(model) == ["w*x + b"]


def test_a_selected_tensor_lights_the_op_that_made_it(workspace: Workspace) -> None:
    model = SourceModel(workspace)
    step = workspace.step
    assert step is not None
    workspace.select("tensor", list(step.ops.values())[2].outputs[0])
    assert lit(model) == ["y_pred - y"]


def test_picking_a_line_goes_round_its_ops(workspace: Workspace) -> None:
    model = SourceModel(workspace)
    step = workspace.step
    assert step is not None
    picked = []
    for _ in range(3):
        model.pick_line(MUL)
        picked.append(step.ops[workspace.selection.id].op)
    assert picked == ["Mul", "AddV2", "Mul"]
    caller = next(n for n, line in enumerate(LINES, 1) if "loss = mean" in line)
    model.pick_line(caller)
    assert step.ops[workspace.selection.id].op == "Sub"


def test_a_line_without_ops_changes_nothing(workspace: Workspace) -> None:
    model = SourceModel(workspace)
    model.pick_line(1)
    model.go_to_line(1)
    assert workspace.selection.kind == "none"
    assert workspace.cursor == (0, 0)
    assert 1 not in model.op_lines
    assert MUL in model.op_lines


def test_going_to_a_line_moves_the_cursor(workspace: Workspace) -> None:
    model = SourceModel(workspace)
    workspace.move_to(1, 6)
    model.go_to_line(next(n for n, line in enumerate(LINES, 1) if "tf.reduce_mean" in line))
    assert workspace.cursor == (1, 2)


def test_columns_behind_korean_text_are_right(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "k.tapeview", "값 = '한글'; y = 가중치 * 입력\n")
    scene.next_step()
    tape = scene.tape(0)
    scene.op("Mul", (scene.tensor(1.0), scene.tensor(2.0)), 2.0, scene.site(scene.frame("값", "가중치 * 입력")), tape)
    with Recording.open(scene.finish()) as recording:
        workspace = Workspace()
        workspace.open(recording)
        assert lit(SourceModel(workspace)) == ["가중치 * 입력"]


def test_an_expression_over_several_lines_is_lit_line_by_line(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "m.tapeview", "y = f(\n    a,\n    b)\n")
    scene.next_step()
    tape = scene.tape(0)
    site = scene.site(Frame(scene.file, "<module>", 1, 3, 4, 6))
    scene.op("Mul", (scene.tensor(1.0), scene.tensor(2.0)), 2.0, site, tape)
    with Recording.open(scene.finish()) as recording:
        workspace = Workspace()
        workspace.open(recording)
        assert SourceModel(workspace).mark.spans == (Span(1, 4, 6), Span(2, 4, 6), Span(3, 4, 6))


def test_a_site_out_of_the_file_lights_nothing_and_does_not_raise(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "o.tapeview", "x = 1\n")
    scene.next_step()
    tape = scene.tape(0)
    scene.op("Mul", (scene.tensor(1.0),), 2.0, scene.site(Frame(scene.file, "f", 99, 99, 4, 6)), tape)
    with Recording.open(scene.finish()) as recording:
        workspace = Workspace()
        workspace.open(recording)
        assert SourceModel(workspace).mark.spans == ()


def test_the_file_follows_the_cursor_and_can_be_chosen(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "f.tapeview", "from lib.model import g\ny = g(x)\n")
    other = scene.writer.add_source("/home/user/lib/s.py", "def g(x):\n    return x * x\n")
    scene.next_step()
    tape = scene.tape(0)
    inner = Frame(other, "g", 2, 2, 11, 16)
    outer = scene.frame("y = g", "g(x)")
    scene.op("Mul", (scene.tensor(1.0),), 1.0, scene.site(outer), tape)
    scene.op("Mul", (scene.tensor(1.0),), 1.0, scene.site(inner, outer), tape)
    with Recording.open(scene.finish()) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = SourceModel(workspace)
        assert [entry.title for entry in model.files] == ["user/s.py", "lib/s.py"]
        assert model.file is not None
        assert model.file.id == scene.file
        workspace.forward()
        assert model.file.id == other
        assert lit(model) == ["x * x"]
        model.choose(scene.file)
        assert (model.file.id, model.mark.line, model.mark.spans) == (scene.file, 2, (Span(2, 4, 8),))
        model.choose(12345)
        assert model.file.id == scene.file


def test_a_script_is_shown_before_it_runs(tmp_path: Path) -> None:
    workspace = Workspace()
    model = SourceModel(workspace)
    heard: list[Reasons] = []
    model.changed.connect(heard.append)
    workspace.load_script(tmp_path / "s.py", "x = 1\r\ny = 2\n")
    assert model.text == "x = 1\ny = 2\n"
    assert model.file is not None
    assert (model.file.id, model.file.title) == (0, "s.py")
    assert {"files", "text"} <= set().union(*heard)
    assert model.pieces[0][0].role == "n"


def test_pointing_at_a_line_lights_it_until_the_cursor_moves(workspace: Workspace) -> None:
    model = SourceModel(workspace)
    assert model.file is not None
    model.point_at(model.file.id, 3)
    assert (model.mark.line, model.mark.spans) == (3, ())
    model.point_at(99, 3)
    workspace.forward()
    assert model.mark.line == MUL


def test_a_disposed_model_hears_nothing(workspace: Workspace) -> None:
    model = SourceModel(workspace)
    model.dispose()
    workspace.forward()
    assert lit(model) == ["w*x"]
