"""A person who asks the window why, as a program: goes through what was found, along a path, and to where a gradient
vanishes. Prints what the window said, as one line of JSON.

    python explain_story.py SCRIPT SCREENSHOT-FOLDER
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from story import key_press, opened, shoot, until  # type: ignore[import-not-found]

Key, Modifier = Qt.Key, Qt.KeyboardModifier
FINDINGS = 3


def main(script: Path, shots: Path) -> None:
    """Tells the story."""
    window = opened(script, 1280, 800)
    workspace = window.workspace
    said: dict[str, object] = {}

    press = functools.partial(key_press, window)

    press(Key.Key_F5)
    until(lambda: workspace.state == "finished")
    bench = window.workbench
    assert bench is not None
    until(lambda: not bench.explained.busy and len(bench.explained.findings()) >= FINDINGS)
    gone: list[tuple[str, str]] = []
    for _ in range(FINDINGS):
        press(Key.Key_F8)
        chosen = bench.findings_model.findings[bench.findings_model.chosen]
        gone.append((chosen.title, workspace.position_text()))
    said["F8"] = gone
    until(lambda: not bench.graph_model.laying_out)
    bar = bench.graph.trail
    assert bar is not None
    said["bar"] = bar.title.whole()
    press(Key.Key_F8, Modifier.ShiftModifier)
    until(lambda: not bench.graph_model.laying_out)
    press(Key.Key_F8, Modifier.ControlModifier)
    press(Key.Key_F8, Modifier.ControlModifier)
    said["along"] = workspace.position_text()
    press(Key.Key_F8, Modifier.ControlModifier | Modifier.ShiftModifier)
    said["back along"] = workspace.position_text()
    said["bar there"] = bar.words.whole()
    shoot(window, shots / "path.png")
    workspace.move_to(2, 0)
    press(Key.Key_F7, Modifier.ControlModifier)
    until(lambda: bench.differences.shown is not None)
    press(Key.Key_F7)
    press(Key.Key_F7)
    until(lambda: not bench.graph_model.laying_out)
    changes = bench.graph.differences
    assert changes is not None
    said["compared"] = changes.title.whole(), changes.words.whole()
    said["difference"] = workspace.position_text()
    shoot(window, shots / "changed.png")
    press(Key.Key_Escape)
    press(Key.Key_Escape)
    said["left"] = bench.differences.shown is None
    bench.bring_up(bench.path)
    workspace.move_to(2, 0)
    model, bars = bench.path._model, bench.path.bars
    until(lambda: len(model.rows) > 0)
    said["verdict"] = model.verdict
    QTest.mouseClick(bars, Qt.MouseButton.LeftButton, pos=bars.row_rect(len(model.rows) - 1).center().toPoint())
    said["last hop"] = workspace.position_text()
    shoot(window, shots / "way.png")
    window.close()
    until(lambda: not window.isVisible())
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
