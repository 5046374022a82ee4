"""A person at the window, as a program: opens a script, runs it with F5 and steps with the keys.

Started by the tests in a process of its own, with the display they give it. Prints what the window said, as one line
of JSON.

    python story.py SCRIPT SCREENSHOT-FOLDER
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tapeview.ui.app import application, make_window
from tapeview.ui.main_window import MainWindow

Key = Qt.Key
PATIENCE = 60_000


def main(script: Path, shots: Path) -> None:
    """Tells the story."""
    window = opened(script, 1440, 900, "light")
    said: dict[str, object] = {}
    workspace = window.workspace

    def press(key: Key, times: int = 1, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        for _ in range(times):
            key_press(window, key, modifier)

    said["before"] = workspace.state
    press(Key.Key_F5)
    until(lambda: workspace.state == "finished")
    bench = window.workbench
    assert bench is not None
    until(lambda: not bench.graph_model.laying_out)
    said["steps"] = workspace.step_count
    said["curves"] = {name: len(series.steps) for name, series in workspace.recording.scalars().items()}
    said["console"] = "".join(o.text for _, o in workspace.recording.output())
    press(Key.Key_Home)
    press(Key.Key_PageDown, 2)
    said["third step"] = workspace.position_text()
    press(Key.Key_F10, 6)
    said["in the backward pass"] = workspace.position_text()
    until(lambda: not bench.graph_model.laying_out)
    shoot(window, shots / "backward.png")
    press(Key.Key_F10, 4)
    said["in the updates"] = workspace.position_text()
    press(Key.Key_F10, 11, Qt.KeyboardModifier.ShiftModifier)
    said["back before it"] = workspace.position_text()
    press(Key.Key_F10)
    said["its first op"] = workspace.position_text()
    press(Key.Key_End)
    said["the very end"] = workspace.position_text()
    press(Key.Key_Home)
    said["the very beginning"] = workspace.position_text()
    window.set_theme("dark")
    shoot(window, shots / "dark.png")
    window.close()
    until(lambda: not window.isVisible())
    print(json.dumps(said))


def opened(script: Path, width: int, height: int, mode: str = "") -> MainWindow:
    """A window in front of everything, with a script in it; in the theme of the system unless one is named."""
    application()
    window = make_window()
    if mode:
        window.set_theme(mode)
    window.resize(width, height)
    assert window.open(script)
    window.show()
    until(lambda: window.isVisible() and QTest.qWaitForWindowExposed(window))
    window.activateWindow()
    until(window.isActiveWindow)
    return window


def key_press(window: MainWindow, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Presses a key where the focus is."""
    QTest.keyClick(QApplication.focusWidget() or window, key, modifier)
    QApplication.processEvents()


def until(done: Callable[[], bool]) -> None:
    """Lets the window work until something is true."""
    deadline = QDeadlineTimer(PATIENCE)
    while not done():
        if deadline.hasExpired():
            sys.exit("the window did not get there")
        QTest.qWait(10)


def shoot(window: object, path: Path) -> None:
    """What the display shows."""
    QApplication.processEvents()
    picture = window.screen().grabWindow(0)  # type: ignore[attr-defined]
    assert picture.save(str(path))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
