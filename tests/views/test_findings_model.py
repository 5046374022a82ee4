from __future__ import annotations

from pathlib import Path

from tapeview.trace.query import Recording
from tapeview.views.findings_model import FindingsModel
from tapeview.views.workspace import Notice, Workspace
from tests.helpers.recordings import write_nonfinite


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
