"""A person who debugs a running script in a real window, as a program. Prints what the window said, as one line of
JSON.

    python live_story.py controls|breakpoints SCRIPT [BREAKPOINT ...]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tapeview.breakpoints import parse
from tapeview.ui.app import application, make_window

Key, Modifier = Qt.Key, Qt.KeyboardModifier
PATIENCE = 60_000


class Story:
    """The window and the hands at it."""

    def __init__(self, script: Path) -> None:
        application()
        self.window = make_window()
        self.window.resize(1280, 800)
        assert self.window.open(script)
        self.window.show()
        self.until(lambda: self.window.isVisible() and QTest.qWaitForWindowExposed(self.window))
        self.window.activateWindow()
        self.until(self.window.isActiveWindow)
        self.workspace, self.session = self.window.workspace, self.window.session

    def until(self, done: Callable[[], bool]) -> None:
        deadline = QDeadlineTimer(PATIENCE)
        while not done():
            if deadline.hasExpired():
                workspace = self.window.workspace
                self.window.session.end()  # else it would go on without us
                sys.exit(f"the window did not get there: {workspace.state} {workspace.position_text()}")
            QTest.qWait(5)

    def press(self, key: Key, modifier: Qt.KeyboardModifier = Modifier.NoModifier) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def stop(self, key: Key, modifier: Qt.KeyboardModifier = Modifier.NoModifier) -> str:
        """Press a key that ends in a stop of the script, and wait for it: the position then."""
        before = self.serial
        self.press(key, modifier)
        self.until(lambda: self.serial > before and self.workspace.state == "paused" and self.session.settled)
        return self.workspace.position_text()

    @property
    def serial(self) -> int:
        live = self.session._live
        stopped = live.status.stopped if live is not None else None
        return stopped.serial if stopped is not None else 0

    def close(self) -> None:
        self.window.close()
        self.until(lambda: not self.window.isVisible())


def controls(script: Path) -> dict[str, object]:
    """Every key of live debugging."""
    story, said = Story(script), {}
    workspace = story.workspace
    said["start paused"] = story.stop(Key.Key_F5, Modifier.ControlModifier)
    said["state"] = story.window.status.state.text()
    said["first step"] = story.stop(Key.Key_F11)
    said["one op"] = story.stop(Key.Key_F10)
    said["end of phase"] = story.stop(Key.Key_F10, Modifier.ControlModifier)
    said["one backward step"] = story.stop(Key.Key_F10)
    serial = story.serial
    story.press(Key.Key_F10, Modifier.ShiftModifier)
    said["looked back"] = workspace.position_text()
    story.press(Key.Key_End)
    said["live edge"] = workspace.position_text()
    said["script untouched"] = story.serial == serial
    said["next step"] = story.stop(Key.Key_F11)
    bench = story.window.workbench
    assert bench is not None
    code = bench.source.code
    lines = enumerate(workspace.script_text.split("\n"), 1)
    line = next(number for number, text in lines if text.strip().startswith("loss = squared_error"))
    code.setFocus()
    code.set_current_line(line)
    said["to the line"] = story.stop(Key.Key_Return, Modifier.ControlModifier)
    story.press(Key.Key_F5)
    steps = workspace.step_count
    story.until(lambda: workspace.step_count > steps + 5)
    said["running"] = workspace.state
    story.stop(Key.Key_F6)
    said["paused at the edge"] = workspace.at_edge
    story.press(Key.Key_E, Modifier.ControlModifier)
    QTest.keyClicks(QApplication.focusWidget(), "slope.shape")
    story.press(Key.Key_Return)
    console = bench.console.text
    story.until(lambda: "TensorShape" in console.toPlainText())
    said["prompt"] = [one for one in console.toPlainText().split("\n") if "TensorShape" in one][-1]
    bench.graph.view.setFocus()
    story.press(Key.Key_F5, Modifier.ControlModifier | Modifier.ShiftModifier)
    story.until(lambda: workspace.state == "running" and workspace.step_count > 0)
    said["restarted"] = True
    story.press(Key.Key_F5, Modifier.ShiftModifier)
    story.until(lambda: workspace.state not in ("running", "pausing", "paused"))
    said["stopped"] = workspace.state
    story.close()
    return said


def breakpoints(script: Path, texts: list[str]) -> dict[str, object]:
    """Each breakpoint by itself: where it stops first."""
    said = {}
    for text in texts:
        story = Story(script)
        story.workspace.breakpoints.remove([one.id for one in story.workspace.breakpoints.items])
        story.workspace.breakpoints.add(parse(text))
        where = story.stop(Key.Key_F5)
        stopped = story.workspace.stopped
        assert stopped is not None
        said[text] = [stopped.reason, where, stopped.text]
        story.close()
    return said


if __name__ == "__main__":
    script = Path(sys.argv[2])
    try:
        told = controls(script) if sys.argv[1] == "controls" else breakpoints(script, sys.argv[3:])
    except BaseException:
        for widget in QApplication.topLevelWidgets():
            widget.close()  # else the script would go on without us
        raise
    print(json.dumps(told))
