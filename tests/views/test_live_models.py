"""What the docks show of a held script: breakpoints, calls, the prompt, watches, values, and what went wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tapeview.breakpoints import parse
from tapeview.debugger.process import command
from tapeview.views.breakpoints_model import BreakpointsModel
from tapeview.views.console_model import ConsoleModel
from tapeview.views.inspector_model import InspectorModel
from tapeview.views.plots_model import PlotsModel
from tapeview.views.prompt_history import History
from tapeview.views.source_model import SourceModel
from tapeview.views.stack_model import StackModel
from tapeview.views.watch_model import WatchModel
from tests.helpers.scripts import run_python
from tests.views.desk import TRAIN, Desk

LARGE = """\
import tensorflow as tf
w = tf.Variable(tf.ones([1500, 1500]))
with tf.GradientTape() as tape:
    y = w * 2.0
    loss = tf.reduce_sum(y)
print(float(loss))
"""

WRONG = """\
import tensorflow as tf
w = tf.Variable([1.0, 2.0])

def predict(rows):
    return rows + w

for i in range(3):
    with tf.GradientTape() as tape:
        rows = tf.ones([2, 3])
        y = predict(rows)
"""


def line_of(source: str, words: str) -> int:
    return next(number for number, line in enumerate(source.split("\n"), 1) if words in line)


# -- breakpoints -------------------------------------------------------------------------------------------------------


def test_breakpoints_are_kept_with_the_script(live_desk: Desk) -> None:
    path = live_desk.load(TRAIN)
    model = BreakpointsModel(live_desk.workspace)
    assert model.add_text("nan") == ""
    model.toggle_line(str(path), 6)
    sentence = model.add_text("nonsense")
    assert sentence.startswith("'nonsense' is no breakpoint")
    model.set_enabled(model.rows[0].id, False)
    live_desk.load("x = 1\n", "other.py")
    assert model.rows == ()
    live_desk.session.open(path)
    assert [(row.text, row.enabled) for row in model.rows] == [("nan", False), (f"line:{path}:6", True)]
    model.set_all_enabled(True)
    assert all(row.enabled for row in model.rows)
    model.remove_all()
    live_desk.load("x = 1\n", "other.py")
    live_desk.session.open(path)
    assert model.rows == ()
    assert not list((live_desk.folder / "config").rglob("*.json"))


def test_damaged_files_of_breakpoints_never_hurt(live_desk: Desk) -> None:
    path = live_desk.load(TRAIN)
    book = live_desk.workspace.breakpoints
    book.add(parse("nan"))
    book.add(parse("op:Mul"))
    (file,) = (live_desk.folder / "config").rglob("*.json")
    page = json.loads(file.read_text())
    page["items"] += [7, {"kind": "nowhere"}, {"kind": "line", "test": "nan"}, {"kind": "line", "line": "x"}]
    for text in (json.dumps(page), "{", "", "[]", "\x00" * 100, '{"script": 1, "items": 3}'):
        file.write_text(text)
        live_desk.load("x = 1\n", "other.py")
        live_desk.session.open(path)
        assert [one.kind for one in book.items] == (["value", "op"] if "Mul" in text else [])


def test_breakpoints_that_cannot_be_kept_hold_all_the_same(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    (live_desk.folder / "config").write_text("a file where a folder should be")
    model = BreakpointsModel(live_desk.workspace)
    model.add_text("nan")
    assert len(model.rows) == 1
    assert model.trouble.startswith("The breakpoints cannot be kept")


def test_the_gutter_says_how_breakpoints_are(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    session, workspace, source = live_desk.session, live_desk.workspace, SourceModel(live_desk.workspace)
    predict, loop = line_of(TRAIN, "scaled = w"), line_of(TRAIN, "for i")
    for line in (predict, loop):
        source.toggle_breakpoint(line)
    assert {line: mark.state for line, mark in source.gutter.items()} == {predict: "on", loop: "on"}
    session.run()
    live_desk.paused()
    assert source.paused_line == predict
    assert {line: mark.state for line, mark in source.gutter.items()} == {predict: "on", loop: "idle"}
    assert "hit once" in source.gutter[predict].tip
    model = BreakpointsModel(workspace)
    assert [(row.hits, row.here) for row in model.rows] == [("1", True), ("", False)]
    # while the script is held they change at once
    source.toggle_breakpoint(predict)
    bad = workspace.breakpoints.add(parse("op:Sum if nonsense > 1"))
    workspace.breakpoints.add(parse("step:3"))
    session.run()
    live_desk.paused()
    assert workspace.cursor.step == 2
    told = next(row for row in model.rows if row.id == bad)
    assert "NameError" in told.error


def test_a_breakpoint_on_the_selected_op_holds_at_that_expression_only(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    live_desk.into_the_first_step()
    workspace = live_desk.workspace
    for _ in range(3):
        live_desk.step()
    model = BreakpointsModel(workspace)
    workspace.move_to(0, 2)
    model.toggle_selection()
    assert len(model.rows) == 1
    live_desk.session.run()
    live_desk.paused()
    label = workspace.label()
    assert label is not None
    assert (workspace.cursor, label.title) == ((1, 2), "Mul")
    model.toggle_selection()
    assert model.rows == ()


# -- calls -------------------------------------------------------------------------------------------------------------


def test_the_call_stack_of_the_held_script_has_its_variables(live_desk: Desk) -> None:
    path = live_desk.load(TRAIN)
    workspace, stack = live_desk.workspace, StackModel(live_desk.workspace)
    live_desk.into_the_first_step()
    live_desk.until(lambda: stack.source == "script")
    assert [frame.function for frame in stack.frames] == ["predict", "<module>"]
    assert {local.name: local.shape for local in stack.locals}["x"] == "(2,)"
    shown: list[tuple[str, int]] = []
    stack.show_line.connect(lambda path, line: shown.append((path, line)))
    stack.choose(1)
    assert shown == [(str(path), line_of(TRAIN, "y = predict"))]
    assert {local.name for local in stack.locals} >= {"w", "x", "i"}
    assert workspace.frame == 1
    for _ in range(3):
        live_desk.step()
    live_desk.until(lambda: stack.source == "script")
    assert (workspace.frame, stack.frames[0].function) == (0, "<module>")
    workspace.move_to(0, 0)
    assert (stack.source, stack.frames[0].function, stack.locals) == ("recording", "predict", ())
    workspace.last()
    live_desk.until(lambda: stack.source == "script")


def test_nobody_is_asked_for_a_stack_that_nobody_looks_at(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    stack = StackModel(live_desk.workspace)
    stack.set_wanted(False)
    live_desk.into_the_first_step()
    live_desk.step()
    assert stack.source == "recording"
    stack.set_wanted(True)
    live_desk.until(lambda: stack.source == "script")


# -- the prompt --------------------------------------------------------------------------------------------------------


def test_expressions_are_evaluated_in_the_chosen_frame(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    workspace, console = live_desk.workspace, ConsoleModel(live_desk.workspace)
    assert not console.ready
    assert "Run the script" in console.hint
    live_desk.into_the_first_step()
    steps = workspace.position_count(0)
    console.take()

    def said(text: str) -> list[tuple[str, str]]:
        console.submit(text)
        live_desk.until(lambda: not console.busy)
        return [(piece.stream, piece.text) for piece in console.take()]

    assert said("x.shape") == [("prompt", "› x.shape\n"), ("result", "TensorShape([2])\n")]
    (_, error) = said("nothing_of_that_name")
    assert error[0] == "error"
    assert error[1].startswith("NameError")
    assert said("print('안녕')") == [("prompt", "› print('안녕')\n"), ("output", "안녕\n")]
    live_desk.step()
    assert said("scaled.shape")[1] == ("result", "TensorShape([2])\n")
    workspace.choose_frame(1)
    assert said("scaled.shape")[1][0] == "error"
    assert said("i")[1] == ("result", "0\n")
    assert said("(w * x).numpy().tolist()")[1] == ("result", "[3.0, 6.0]\n")
    live_desk.step()
    assert workspace.position_count(0) == steps + 2, "nothing that was evaluated is on the script's tape"


def test_what_takes_too_long_is_given_up(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    console = ConsoleModel(live_desk.workspace)
    live_desk.into_the_first_step()
    console.submit("sum(1 for _ in iter(int, 1))")
    assert console.busy
    console.submit("1")  # not while the script works
    console.cancel()
    live_desk.until(lambda: not console.busy)
    assert console.ready
    streams = [piece.stream for piece in console.take()]
    assert streams.count("prompt") == 1
    live_desk.step()


def test_words_are_completed_from_the_frame_and_from_the_recording(live_desk: Desk) -> None:
    live_desk.load(TRAIN.replace("1000000", "2"))
    console = ConsoleModel(live_desk.workspace)
    live_desk.into_the_first_step()
    found: list[tuple[str, ...]] = []
    console.complete("x.sha", 5, found.append)
    live_desk.until(lambda: bool(found))
    assert any(word.endswith("shape") for word in found[0])
    live_desk.session.run()
    live_desk.until(lambda: live_desk.workspace.state == "finished")
    console.complete("1 + lo", 6, found.append)
    assert found[1] == ("loss",)
    console.complete("tf.reduce_me", 12, found.append)
    assert found[2] == ("tf.reduce_mean",)


def test_when_nothing_is_paused_what_is_recorded_is_evaluated(live_desk: Desk) -> None:
    live_desk.load(TRAIN.replace("1000000", "2"))
    workspace, console = live_desk.workspace, ConsoleModel(live_desk.workspace)
    live_desk.session.run()
    live_desk.until(lambda: workspace.state == "finished")
    workspace.move_to(0, 3)
    console.take()
    console.submit("loss / 2")
    console.submit("os.remove('x')")
    said = [(piece.stream, piece.text) for piece in console.take()]
    assert said[:2] == [("prompt", "› loss / 2\n"), ("result", "32.5  float32 ()\n")]
    assert said[3][0] == "error"


def test_the_history_is_kept_from_one_run_of_the_program_to_the_next(tmp_path: Path) -> None:
    history = History(tmp_path / "folder" / "history")
    for line in ("loss", "w.shape", "w.shape", "두 번째"):
        history.add(line)
    again = History(tmp_path / "folder" / "history")
    assert again.lines == ("loss", "w.shape", "두 번째")
    assert [again.older("dra") for _ in range(4)] == ["두 번째", "w.shape", "loss", "loss"]
    assert [again.newer("loss") for _ in range(3)] == ["w.shape", "두 번째", "dra"]
    assert again.newer("draft") == "draft"
    (tmp_path / "folder" / "history").write_bytes(b"\xff\xfe\n\n" + b"x" * 9000)
    damaged = History(tmp_path / "folder" / "history")
    assert damaged.older("typed") != ""
    nowhere = History(tmp_path / "folder" / "history" / "under a file")
    nowhere.add("1")
    assert nowhere.lines == ("1",)


# -- watches -----------------------------------------------------------------------------------------------------------


def test_watches_show_values_at_the_cursor_and_ask_the_script_for_the_rest(live_desk: Desk) -> None:
    live_desk.load(TRAIN)
    workspace, watches = live_desk.workspace, WatchModel(live_desk.workspace)
    for text in ("loss", "y - 1", "i + 1", "nonsense", "1 +"):
        watches.add(text)
    live_desk.into_the_first_step()
    for _ in range(3):
        live_desk.step()
    live_desk.until(lambda: not any(row.status == "waiting" for row in watches.rows))
    rows = {row.text: row for row in watches.rows}
    assert (rows["loss"].value, rows["loss"].status) == ("65", "value")
    assert (rows["y - 1"].value, rows["y - 1"].detail) == ("[3, 6]", "float32 (2,)")
    assert (rows["i + 1"].value, rows["i + 1"].status) == ("1", "script")
    assert rows["nonsense"].value.startswith("NameError")
    assert rows["1 +"].value.startswith("Not a Python expression")
    workspace.back()
    rows = {row.text: row for row in watches.rows}
    assert rows["y - 1"].status == "value"
    assert (rows["loss"].status, rows["i + 1"].status) == ("error", "error"), "back in time the script is not asked"


class Later:
    """A background whose jobs are done when they are told to be."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Callable[[], Any], Callable[[Any], object]]] = []

    def submit(self, job: Callable[[], Any], done: Callable[[Any], object]) -> None:
        self.jobs.append((job, done))

    def work(self) -> None:
        while self.jobs:
            job, done = self.jobs.pop(0)
            done(job())


def test_what_takes_long_is_worked_out_in_the_background(live_desk: Desk) -> None:
    live_desk.load(LARGE.replace("1500, 1500", "800, 800"))
    workspace, background = live_desk.workspace, Later()
    watches = WatchModel(workspace, background)
    watches.add("tf.reduce_sum(y)")
    live_desk.session.run()
    live_desk.until(lambda: workspace.state == "finished")
    workspace.move_to(0, 1)
    assert watches.rows[0].status == "waiting"
    background.work()
    assert (watches.rows[0].value, watches.rows[0].status) == ("1.28e+06", "value")
    workspace.back()
    assert watches.rows[0].status == "waiting"
    workspace.forward()
    background.work()
    assert watches.rows[0].status == "value", "what came too late for its place is worked out anew"


def test_watches_are_kept_with_the_script(live_desk: Desk) -> None:
    path = live_desk.load(TRAIN)
    watches = WatchModel(live_desk.workspace)
    first = watches.add("loss")
    watches.add("w * 2", plotted=True)
    assert watches.add("  ") == 0
    assert watches.add("loss") == first
    watches.move(first, 1)
    live_desk.load("x = 1\n", "other.py")
    assert watches.rows == ()
    live_desk.session.open(path)
    assert [(row.text, row.plotted) for row in watches.rows] == [("w * 2", True), ("loss", False)]
    watches.change(watches.rows[1].id, "loss + 1")
    watches.remove([watches.rows[0].id])
    assert [row.text for row in WatchModel(live_desk.workspace).rows] == ["loss + 1"]


def test_a_plotted_watch_is_a_curve_over_the_steps_that_grows(live_desk: Desk) -> None:
    live_desk.load(TRAIN.replace("1000000", "30"))
    workspace = live_desk.workspace
    watches = WatchModel(workspace)
    plots = PlotsModel(workspace, watches)
    id = watches.add("tf.reduce_max(y) - w", plotted=True)
    live_desk.session.run()
    live_desk.until(lambda: workspace.state == "finished")
    (curve,) = [curve for curve in plots.curves if curve.kind == "watch"]
    assert (curve.name, curve.visible, len(curve.x)) == ("tf.reduce_max(y) - w", True, 30)
    assert curve.x[0] == 1.0
    assert curve.y[0] == 7.0 - (3.0 - 0.0001 * 34.0 - 0.0) or abs(curve.y[0] - 4.0) < 0.1
    watches.set_plotted(id, False)
    assert not [curve for curve in plots.curves if curve.kind == "watch"]


# -- values and what went wrong ----------------------------------------------------------------------------------------


def test_a_large_value_is_fetched_from_the_held_script_and_shown(live_desk: Desk) -> None:
    live_desk.load(LARGE)
    workspace, inspector = live_desk.workspace, InspectorModel(live_desk.workspace)
    workspace.breakpoints.add(parse("op:Sum"))
    live_desk.session.run()
    live_desk.paused()
    workspace.back()
    assert inspector.sheet.title == "Mul"
    assert (inspector.tensor.state, inspector.fetching.state) == ("not kept", "offer")
    assert "9.0 MB" in inspector.fetching.text
    inspector.fetching.start()
    assert inspector.fetching.state == "running"
    live_desk.until(lambda: inspector.tensor.state == "ready")
    assert inspector.fetching.state == ""
    assert inspector.tensor.content.array is not None
    assert float(inspector.tensor.content.array.sum()) == 4_500_000.0


def test_a_value_that_was_not_kept_says_why_when_the_script_has_ended(live_desk: Desk) -> None:
    live_desk.load(LARGE)
    workspace, inspector = live_desk.workspace, InspectorModel(live_desk.workspace)
    live_desk.session.run()
    live_desk.until(lambda: workspace.state == "finished")
    workspace.move_to(0, 0)
    inspector.choose_tab("inputs")
    inspector.choose("input 0")
    assert (inspector.tensor.state, inspector.fetching.state) == ("not kept", "gone")
    assert "--keep-values" in inspector.fetching.text
    inspector.fetching.start()
    assert inspector.fetching.state == "gone"


def test_an_op_that_raises_is_shown_before_the_script_unwinds(live_desk: Desk) -> None:
    live_desk.load(WRONG)
    workspace = live_desk.workspace
    source, stack = SourceModel(workspace), StackModel(workspace)
    workspace.breakpoints.add(parse("exception"))
    live_desk.session.run()
    live_desk.paused()
    assert workspace.stopped is not None
    assert workspace.stopped.reason in ("exception", "breakpoint")
    label = workspace.label()
    assert label is not None
    assert label.title == "AddV2"
    assert source.paused_line == source.note.line == line_of(WRONG, "return rows")
    assert source.note.words
    live_desk.until(lambda: stack.source == "script")
    assert [frame.function for frame in stack.frames] == ["predict", "<module>"]


def test_a_script_that_raised_is_looked_at_then_ends(live_desk: Desk) -> None:
    live_desk.load(WRONG.replace("rows + w", "rows + {}[i]"))
    workspace = live_desk.workspace
    source, stack, console = SourceModel(workspace), StackModel(workspace), ConsoleModel(workspace)
    live_desk.session.run()
    live_desk.paused()
    line = line_of(WRONG, "return rows")
    assert (source.note.line, source.note.words) == (line, "KeyError: 0")
    live_desk.until(lambda: stack.source == "script")
    assert (stack.frames[0].function, stack.frames[0].line) == ("predict", line)
    console.take()
    console.submit("rows.shape")
    live_desk.until(lambda: not console.busy)
    assert console.take()[-1].text == "TensorShape([2, 3])\n"
    live_desk.session.go_on()
    live_desk.until(lambda: workspace.state == "failed")
    assert (source.note.line, source.paused_line) == (line, 0)
    assert (stack.source, stack.frames[0].line, stack.title) == ("failure", line, "KeyError: 0")


def test_a_recording_that_ended_at_a_breakpoint_opens_there(live_desk: Desk, tmp_path: Path) -> None:
    script = tmp_path / "nan.py"
    script.write_text(TRAIN.replace("0.0001 * dw", "1e30 * dw"), encoding="utf-8")
    path = tmp_path / "nan.tapeview"
    line = command(sys.executable, path, str(script), options=["--break=nan"])
    code, _, _ = run_python(line, tmp_path)
    assert code == 3
    workspace = live_desk.workspace
    assert live_desk.session.open(path)
    assert workspace.cursor.step == workspace.step_count - 1
    assert workspace.cursor.position == workspace.position_count(workspace.cursor.step) - 1
    assert workspace.message
    source = SourceModel(workspace)
    assert source.note.line == source.mark.line
