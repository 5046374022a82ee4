from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tapeview.trace.query import Recording
from tapeview.trace.records import Op
from tapeview.views.background import Immediate
from tapeview.views.explained import Explained
from tapeview.views.findings_model import FindingsModel
from tapeview.views.workspace import Notice, Workspace
from tests.helpers.recordings import write_nonfinite
from tests.helpers.scripts import record_source


def test_a_failure_has_its_traceback_with_lines_to_go_to(tmp_path: Path) -> None:
    with Recording.open(write_nonfinite(tmp_path / "b.tapeview")) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = FindingsModel(workspace)
        (finding,) = model.findings
        assert (finding.kind, finding.title, finding.message) == ("failure", "ValueError", "손실이 NaN입니다")
        assert finding.where == "s.py, line 9 · step 1"
        (link,) = [line for line in finding.trace if line.line]
        assert (link.file, link.line) == (finding.file, 9)
        asked: list[tuple[int, int]] = []
        model.show_line.connect(lambda file, line: asked.append((file, line)))
        model.show(link.file, link.line)
        model.show(-1, 4)
        assert asked == [(finding.file, 9)]
        model.go_to_step(finding)
        assert workspace.cursor == (0, 4)


def test_unsupported_names_are_listed_before_the_script_runs(tmp_path: Path) -> None:
    workspace = Workspace()
    model = FindingsModel(workspace)
    heard: list[int] = []
    model.changed.connect(lambda: heard.append(1))
    script = tmp_path / "s.py"
    workspace.load_script(script, "tf.xyz\n", [Notice("unsupported", "no tf.xyz", str(script), 1)])
    (finding,) = model.findings
    assert (finding.title, finding.message, finding.where) == ("Not supported yet", "no tf.xyz", "s.py, line 1")
    assert (finding.file, finding.line, heard) == (0, 1, [1])
    workspace.close()
    assert model.findings == ()


EXPLAINED = """
import tensorflow as tf
x = tf.Variable([0.0, 4.0])
with tf.GradientTape() as tape:
    y = tf.reduce_sum(tf.floor(x))
tape.gradient(y, x)
with tf.GradientTape() as tape:
    root = tf.sqrt(x)
    y = tf.reduce_sum(root)
tape.gradient(y, x)
"""


def test_explanations_stand_newest_step_first_and_lead_to_their_place(tmp_path: Path) -> None:
    run = record_source(tmp_path, EXPLAINED)
    with run.recording() as recording:
        workspace = Workspace()
        model = FindingsModel(workspace, Explained(workspace, Immediate()))
        heard: list[int] = []
        model.changed.connect(lambda: heard.append(len(model.findings)))
        workspace.open(recording)
        nan, none = model.findings
        assert (nan.kind, none.kind) == ("error", "error")
        assert nan.title == "The gradient of x is not finite: made by a gradient rule"
        assert "Sqrt" in nan.message
        assert "x + 1e-12" in nan.advice
        assert nan.where == "script.py, line 8 · step 2"
        assert none.title == "The gradient of x is None: op without a gradient"
        assert none.where == "script.py, line 5 · step 1"
        model.go_to_step(nan)
        place = recording.step(1).positions[workspace.cursor.position]
        assert (workspace.cursor.step, place.phase) == (1, "backward")
        model.go_to_step(none)
        op = recording.step(0).positions[workspace.cursor.position].record
        assert isinstance(op, Op)
        assert (workspace.cursor.step, op.op) == (0, "Floor")
        assert heard[-1] == 2
        workspace.close()
        assert model.findings == ()


class Held:
    """Keeps jobs back until they are asked for."""

    def __init__(self) -> None:
        self.jobs: list[Callable[[], object]] = []

    def submit(self, job: Callable[[], Any], done: Callable[[Any], object]) -> None:
        self.jobs.append(lambda: done(job()))


def test_what_comes_back_for_another_recording_is_dropped(tmp_path: Path) -> None:
    run = record_source(tmp_path, EXPLAINED)
    with run.recording() as recording:
        workspace, held = Workspace(), Held()
        model = FindingsModel(workspace, Explained(workspace, held))
        workspace.open(recording, state="running")
        assert held.jobs == []  # a script that runs freely is not disturbed
        workspace.set_state("finished")
        (job,) = held.jobs
        workspace.close()
        job()
        assert model.findings == ()


RISES = """
import tensorflow as tf
w = tf.Variable(1.0)
for step in range(30):
    with tf.GradientTape() as tape:
        loss = w ** 2
    w.assign_add(0.05 * tape.gradient(loss, w))
"""


def test_rules_on_the_training_stand_among_the_findings(tmp_path: Path) -> None:
    run = record_source(tmp_path, RISES)
    with run.recording() as recording:
        workspace = Workspace()
        model = FindingsModel(workspace, Explained(workspace, Immediate()))
        workspace.open(recording)
        (rises,) = model.findings
        assert (rises.kind, rises.title) == ("warning", "loss rises: loss")
        assert "over the last 10" in rises.message
        model.go_to_step(rises)
        assert workspace.cursor.step == 29
