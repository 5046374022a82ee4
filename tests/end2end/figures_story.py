"""A person who looks at the figures of a script in a real window, as a program. Prints what the window said, as one
line of JSON.

    python figures_story.py SCRIPT SCREENSHOT-FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tapeview.ui.app import application, make_window

Key = Qt.Key
PATIENCE = 60_000


def main(script: Path, shots: Path) -> None:
    """Tells the story."""
    application()
    window = make_window()
    window.set_theme("light")
    window.resize(1280, 800)
    assert window.open(script)
    window.show()

    def until(done: object) -> None:
        deadline = QDeadlineTimer(PATIENCE)
        while not done():  # type: ignore[operator]
            if deadline.hasExpired():
                window.session.end()
                sys.exit(f"the window did not get there: {window.workspace.position_text()}")
            QTest.qWait(5)

    def press(key: Key) -> None:
        QTest.keyClick(QApplication.focusWidget() or window, key)
        QApplication.processEvents()

    until(lambda: window.isVisible() and QTest.qWaitForWindowExposed(window))
    window.activateWindow()
    until(window.isActiveWindow)
    said: dict[str, object] = {}
    press(Key.Key_F5)
    bench = window.workbench
    assert bench is not None
    dock, model = bench.figures, bench.figures_model
    until(lambda: bool(model.figures))
    until(lambda: not dock.visibleRegion().isEmpty())
    said["keys are in"] = bench.graph.isAncestorOf(QApplication.focusWidget())
    until(lambda: window.workspace.state == "finished")
    until(lambda: len(model.figures) == 2 and dock.view.complete and dock.view._painter is not None)
    said["figures"] = [dock.strip.item(row).text().split("\n") for row in range(2)]
    said["newest"] = dock.words.whole()
    dock.strip.setFocus()
    press(Key.Key_Up)
    press(Key.Key_Left)
    until(lambda: dock.view.complete)
    said["one before"] = dock.words.whole()
    window.screen().grabWindow(0).save(str(shots / "light.png"))
    window.set_theme("dark")
    dock.follow.click()
    press(Key.Key_Home)
    said["at the beginning"] = dock.words.whole()
    press(Key.Key_End)
    said["at the end"] = dock.words.whole()
    until(lambda: dock.view.complete and dock.view._painter is not None)
    QApplication.processEvents()
    window.screen().grabWindow(0).save(str(shots / "dark.png"))
    dock.turn_window()
    QApplication.processEvents()
    said["own window"] = dock.isWindow() and dock.view.width() > 600
    dock.turn_window()
    window.close()
    until(lambda: not window.isVisible())
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
