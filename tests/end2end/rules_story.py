"""A person who sets a rule's level and threshold with the keys, has a script stop where it fires, and comes back later.
Prints what the window said, as one line of JSON.

    python rules_story.py SCRIPT SCREENSHOT-FOLDER
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from story import key_press, opened, shoot, until  # type: ignore[import-not-found]

from tapeview.ui.app import make_window

Key, Modifier = Qt.Key, Qt.KeyboardModifier
RULE = "Dead ReLU"


def main(script: Path, shots: Path) -> None:
    """Tells the story."""
    window = opened(script, 1280, 800)
    workspace, bench = window.workspace, window.workbench
    assert bench is not None
    said: dict[str, object] = {}

    press = functools.partial(key_press, window)

    def open_rules() -> None:
        press(Key.Key_R, Modifier.ControlModifier)
        until(lambda: bench.rules is not None and bench.rules.isVisible())
        bench.rules.activateWindow()
        until(lambda: QApplication.activeWindow() is bench.rules and bench.rules.table.hasFocus())

    def close_rules() -> None:
        press(Key.Key_Escape)
        until(lambda: bench.rules is None)
        window.activateWindow()
        until(window.isActiveWindow)

    def choose() -> None:
        while bench.rules.title.text() != RULE:
            press(Key.Key_Down)

    def tab_to(done: object) -> None:
        while QApplication.focusWidget() is not done:
            press(Key.Key_Tab)

    def cards() -> list[str]:
        return [f"{one.kind}: {one.title}" for one in bench.findings_model.findings if one.rule == "dead-relu"]

    open_rules()
    choose()
    tab_to(bench.rules.breakpoint)
    press(Key.Key_Space)
    said["breakpoint"] = bench.rules.said.text()
    close_rules()
    press(Key.Key_F5)
    until(lambda: workspace.state == "paused" and not bench.explained.busy and bool(cards()))
    said["stop"] = workspace.stopped.text
    said["in sight"] = bench.findings.visibleRegion().isEmpty() is False
    said["cards"] = cards()
    link = next(card for card in bench.findings.cards if card.finding.rule == "dead-relu")
    said["link"] = link.finding.rule_words
    open_rules()
    choose()
    press(Key.Key_Right)
    until(lambda: cards()[:1] != said["cards"])
    said["as an error"] = cards()
    shoot(window, shots / "rules.png")
    tab_to(bench.rules.fields[0].edit)
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    press(Key.Key_A, Modifier.ControlModifier)
    QTest.keyClicks(field, "lots")
    press(Key.Key_Return)
    said["refused"] = bench.rules.fields[0].problem.text()
    press(Key.Key_A, Modifier.ControlModifier)
    QTest.keyClicks(field, "90%")
    press(Key.Key_Return)
    until(lambda: not cards())
    said["still open"] = bench.rules is not None and bench.rules.isVisible()
    close_rules()
    press(Key.Key_F5, Modifier.ShiftModifier)
    until(lambda: workspace.state == "stopped")
    window.close()
    until(lambda: not window.isVisible())
    again = make_window()
    said["kept"] = again.rules.texts()
    again.close()
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
