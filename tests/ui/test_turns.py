"""Docks that take turns while a script runs."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from tapeview.ui.dock import Dock
from tapeview.ui.turns import Turns
from tests.ui.conftest import Person


class Body(QWidget):
    def __init__(self, name: str, log: list[str]) -> None:
        super().__init__()
        self._name, self._log = name, log

    def show_news(self) -> None:
        self._log.append(f"{self._name} shown")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._log.append(f"{self._name} painted")


def docks(qtbot: QtBot, log: list[str]) -> tuple[QMainWindow, Turns, list[Dock]]:
    window = QMainWindow()
    qtbot.addWidget(window)
    turns = Turns(window)
    made = []
    for name in "ab":
        dock = Dock(name, name)
        dock.set_body(Body(name, log))
        dock.turns = turns
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        made.append(dock)
    window.show()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: {"a painted", "b painted"} <= set(log))
    log.clear()
    return window, turns, made


def test_each_dock_is_painted_before_the_next_one_shows_its_news(qtbot: QtBot) -> None:
    log: list[str] = []
    _window, turns, (a, b) = docks(qtbot, log)
    with turns.taken():
        for dock in (a, b, a):
            dock.later("news", dock.widget().show_news)  # type: ignore[attr-defined]
        assert log == []
    qtbot.waitUntil(lambda: "b painted" in log)
    assert log == ["a shown", "a painted", "b shown", "b painted"]


def test_what_the_user_does_is_shown_at_once_and_counts_for_what_waits(qtbot: QtBot) -> None:
    log: list[str] = []
    _window, turns, (a, b) = docks(qtbot, log)
    with turns.taken():
        a.later("news", lambda: log.append("old"))
        a.later("other", lambda: log.append("other"))
        b.later("news", lambda: log.append("gone"))
    a.later("news", lambda: log.append("new"))
    assert log == ["new"]
    b.dispose()
    qtbot.waitUntil(lambda: "other" in log)
    qtbot.wait(20)
    assert log == ["new", "other"]
    with turns.taken():
        a.later("news", lambda: log.append("too late"))
    turns.close()
    qtbot.wait(20)
    assert log == ["new", "other"]


def test_the_recording_is_looked_at_again_when_all_docks_had_their_turn(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = person.window
    looks: list[bool] = []
    shown: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(window.session, "poll", lambda: looks.append(window.turns.busy))
        patch.setattr(window.workspace, "state", "running")
        with window.turns.taken():
            window.turns.puts(window, "news", lambda: shown.append("news"))
        window._poll()
        assert looks == []
        person.qtbot.waitUntil(lambda: not window.turns.busy)
        assert shown == ["news"]
        window._poll()
        assert looks == [False]
        with window.turns.taken():
            window.turns.puts(window, "news", lambda: shown.append("more"))
        patch.setattr(window.workspace, "state", "paused")
        window._poll()
        assert looks == [False, True], "where the script stands is shown at once"
