from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tapeview.trace.query import Recording
from tapeview.trace.records import Source
from tapeview.views.inspector_model import InspectorModel
from tapeview.views.inspector_sheet import Entry
from tapeview.views.inspector_words import attribute, formula, input_symbols
from tapeview.views.workspace import Workspace
from tests.helpers.recordings import NONE_REASONS, Scene, write_nones, write_nonfinite, write_regression


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[Path], tuple[Workspace, InspectorModel]]]:
    recordings: list[Recording] = []

    def open(path: Path) -> tuple[Workspace, InspectorModel]:
        recordings.append(Recording.open(path))
        workspace = Workspace()
        workspace.open(recordings[-1])
        return workspace, InspectorModel(workspace)

    yield open
    for recording in recordings:
        recording.close()


def by_key(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    return {entry.key: entry for entry in entries}


Opened = Callable[[Path], tuple[Workspace, InspectorModel]]


def test_a_forward_op(opened: Opened, tmp_path: Path) -> None:
    _, model = opened(write_regression(tmp_path / "r.tapeview"))
    sheet = model.sheet
    assert (sheet.kind, sheet.title, sheet.expression) == ("op", "Mul", "w*x")
    assert sheet.where == "line 10, columns 10–12 · forward op 1 · 2 inputs, 1 output, saved: x, y"
    assert sheet.rules == ("∂L/∂x = g · y", "∂L/∂y = g · x")
    assert model.tab == "value"
    inputs = sheet.tabs["inputs"]
    assert [(entry.symbol, entry.name, entry.shape) for entry in inputs] == [("x", "w", "()"), ("y", "x", "(10,)")]
    assert inputs[0].brief == "4"


def test_a_gradient_still_to_come_says_when(opened: Opened, tmp_path: Path) -> None:
    workspace, model = opened(write_regression(tmp_path / "r.tapeview"))
    model.choose_tab("gradient")
    upstream = by_key(model.entries)["upstream 0"]
    assert (upstream.status, upstream.brief, upstream.tensor) == ("next", "comes at backward 5 of 5", 0)
    model.jump("upstream 0")
    assert workspace.cursor == (0, 9)


def test_a_backward_step_has_upstream_contributions_and_a_none(opened: Opened, tmp_path: Path) -> None:
    workspace, model = opened(write_regression(tmp_path / "r.tapeview"))
    workspace.move_to(0, 9)
    assert (model.sheet.kind, model.tab) == ("backward", "gradient")
    entries = by_key(model.entries)
    assert entries["upstream 0"].brief.startswith("‖·‖ ")
    assert entries["to 0"].name == "to “w”"
    assert entries["to 0"].status == "value"
    assert (entries["to 1"].status, entries["to 1"].brief) == ("none", "None")
    assert model.sheet.whys[0].title == "Why is ∂L/∂x None?"
    assert model.sheet.whys[0].text == (
        "“x” is a constant and was not watched. Watch it with tape.watch(x) before line 27, or make it a tf.Variable."
    )


def test_contributions_of_several_consumers_add_up(opened: Opened, tmp_path: Path) -> None:
    scene = Scene(tmp_path / "s.tapeview", "y = x * x + x\n")
    x, now = scene.variable(np.float32(3), scene.site(scene.frame("y", "x")))
    scene.next_step()
    tape = scene.tape(0)
    mul, square = scene.op("Mul", (now, now), np.float32(9), scene.site(scene.frame("y", "x * x")), tape)
    add, total = scene.op("AddV2", (square, now), np.float32(12), scene.site(scene.frame("y", "x * x + x")), tape)
    call, seed = scene.gradient(tape, total, (Source(0, x),), 0)
    one, seven = scene.tensor(np.float32(1)), scene.tensor(np.float32(7))
    down = scene.back(call, add, seed, [np.float32(1), np.float32(1)], (one, one))
    four = scene.tensor(np.float32(4))
    scene.back(call, mul, down[0], [np.float32(3), np.float32(3)], (four, seven))
    workspace, model = opened(scene.finish())
    workspace.last()
    entries = by_key(model.entries)
    assert (entries["total 0"].name, entries["total 0"].brief) == ("total so far, 2 of 3 consumers", "4")
    assert (entries["total 1"].name, entries["total 1"].brief) == ("total so far, 3 of 3 consumers", "7")
    workspace.select("variable", x)
    model.choose_tab("gradient")
    names = [(entry.name, entry.brief) for entry in model.entries]
    assert names == [
        ("from AddV2, line 1", "1"),
        ("from Mul, line 1", "3"),
        ("from Mul, line 1", "3"),
        ("total so far, 3 of 3 consumers", "7"),
    ]


def test_an_update_shows_before_after_and_change(opened: Opened, tmp_path: Path) -> None:
    workspace, model = opened(write_regression(tmp_path / "r.tapeview"))
    workspace.move_to(0, 10)
    assert (model.sheet.kind, model.sheet.title) == ("update", "update w")
    entries = by_key(model.entries)
    assert entries["before"].brief == "4"
    assert entries["change"].brief == f"{float(entries['after'].brief) - 4:.5g}"
    model.choose("change")
    assert model.tensor.content.array is not None
    after, before = float(entries["after"].brief), 4.0
    assert float(model.tensor.content.array) == pytest.approx(after - before, rel=1e-3)
    assert model.sheet.tabs["gradient"][0].name == "gradient of “w”"


def test_every_reason_has_a_sentence_that_says_what_to_do(opened: Opened, tmp_path: Path) -> None:
    workspace, model = opened(write_nones(tmp_path / "n.tapeview"))
    workspace.last()
    step = workspace.step
    assert step is not None
    call = next(iter(step.calls.values()))
    assert call.finished is not None
    sentences = []
    for source, answer in zip(call.started.sources, call.finished.results, strict=True):
        if not answer.reason:
            continue
        if source.variable:
            workspace.select("variable", source.variable)
        elif source.tensor in step.made_by:
            continue
        else:
            workspace.select("tensor", source.tensor)
        assert len(model.sheet.whys) == 1, answer.reason
        sentences.append(model.sheet.whys[0].text)
        model.choose_tab("gradient")
        assert model.entries[-1].status == "none"
    assert len(sentences) == len(NONE_REASONS) - 1
    assert sentences[0] == (
        "“frozen” was made with trainable=False, and tapes watch only trainable variables by themselves. "
        "Watch it with tape.watch(frozen) before line 10, or make it trainable."
    )
    assert sentences[1].startswith("“count” holds int32 numbers")
    assert sentences[2].startswith("No recorded op leads from “lonely” to the target")
    assert sentences[3].startswith("“held” is a constant and was not watched. Watch it with tape.watch(held) before")
    assert "outside the tape" in sentences[4]
    assert "“with” block" in sentences[4]
    assert len(set(sentences)) == len(sentences)


def test_a_selected_op_that_is_cut_off_says_so(opened: Opened, tmp_path: Path) -> None:
    workspace, model = opened(write_nones(tmp_path / "n.tapeview"))
    step = workspace.step
    assert step is not None
    stopped = next(op for op in step.ops.values() if op.stopped)
    workspace.select("op", stopped.seq)
    assert ("recorded", "no: the tape had stopped recording") in model.sheet.details
    assert "gradient" not in model.tabs


def test_an_op_without_rules_says_so(opened: Opened, tmp_path: Path) -> None:
    workspace, model = opened(write_nones(tmp_path / "n.tapeview"))
    workspace.move_to(0, 5)
    assert model.sheet.title == "Argmax"
    assert model.sheet.rules == ()
    assert model.sheet.rules_none == "Argmax has no gradient rule: nothing flows back through it."


def test_the_bad_tensor_is_shown_first(opened: Opened, tmp_path: Path) -> None:
    workspace, model = opened(write_nonfinite(tmp_path / "b.tapeview"))
    workspace.move_to(0, 3)
    assert model.entry is not None
    assert (model.entry.key, model.entry.bad) == ("to 0", True)
    assert ("NaN / Inf / 0", "0 / 1 / 0", "bad") in model.tensor.statistics()


def test_choices_are_remembered_per_kind(opened: Opened, tmp_path: Path) -> None:
    workspace, model = opened(write_regression(tmp_path / "r.tapeview"))
    model.choose_tab("inputs")
    model.choose("input 1")
    workspace.forward()
    assert model.tab == "inputs"
    assert model.entry is not None
    assert model.entry.key == "input 1"
    workspace.move_to(0, 6)
    assert model.tab == "gradient"
    workspace.move_to(0, 0)
    assert model.tab == "inputs"
    model.choose_tab("nonsense")
    model.choose("nonsense")
    assert model.tab == "inputs"


def test_a_large_value_that_was_not_kept_says_so(opened: Opened, tmp_path: Path) -> None:
    scene = Scene(tmp_path / "l.tapeview", "y = x * 2\n")
    scene.next_step()
    tape = scene.tape(0)
    value = np.arange(5000, dtype=np.float32)
    lost = scene.tensor(value, "constant", keep=False)
    kept = scene.tensor(value, "constant")
    scene.op("Mul", (lost, kept), np.float32(1), scene.site(scene.frame("y", "x * 2")), tape)
    _, model = opened(scene.finish())
    model.choose_tab("inputs")
    assert model.tensor.state == "not kept"
    assert ("min / max", "0 / 4999", "") in model.tensor.statistics()
    model.choose("input 1")
    assert model.tensor.state == "ready"


def test_a_large_value_is_read_in_the_background(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "l.tapeview", "y = x * 2\n")
    scene.next_step()
    tape = scene.tape(0)
    big = scene.tensor(np.zeros(70_000, np.float32), "constant")
    scene.op("Mul", (big,), np.float32(1), scene.site(scene.frame("y", "x * 2")), tape)
    jobs: list[Callable[[], None]] = []

    class Later:
        def submit(self, job: Callable[[], object], done: Callable[[object], object]) -> None:
            jobs.append(lambda: done(job()) and None)

    with Recording.open(scene.finish()) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = InspectorModel(workspace, Later())  # type: ignore[arg-type]
        model.choose_tab("inputs")
        assert model.tensor.state == "loading"
        model.choose_tab("value")
        jobs.pop()()
        assert model.tensor.shape == (), "a result that comes too late is dropped"
        model.choose_tab("inputs")
        jobs.pop()()
        assert model.tensor.shape == (70_000,)


def test_nothing_open_is_an_empty_sheet() -> None:
    model = InspectorModel(Workspace())
    assert (model.sheet.kind, model.tabs, model.entries, model.entry) == ("empty", (), (), None)


def test_words_for_formulas_symbols_and_attributes() -> None:
    assert formula("g * 2 * x - y") == "g · 2 · x − y"
    assert input_symbols(None, 2) == ("x[0]", "x[1]")
    assert attribute((3,)) == "(3,)"
    assert attribute([1.5, "SAME"]) == "(1.5, SAME)"
