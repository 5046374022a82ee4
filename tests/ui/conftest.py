"""A window with a real script in a process of its own, for the tests of live debugging."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from tapeview.ui import theme
from tapeview.ui.app import make_window
from tapeview.ui.settings import Settings
from tapeview.ui.workbench import Workbench

PATIENCE = 20_000
NO_MODIFIER = Qt.KeyboardModifier.NoModifier


class Person:
    """Somebody at a window, who presses keys and waits for what comes of them."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot, self.folder = qtbot, folder
        self.window = make_window(Settings(folder / "settings.ini"))
        qtbot.addWidget(self.window)
        self.window.resize(1280, 800)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        self.workspace, self.session = self.window.workspace, self.window.session

    @property
    def docks(self) -> Workbench:
        assert self.window.workbench is not None
        return self.window.workbench

    def open(self, text: str, name: str = "train.py") -> Path:
        """Write a script and open it."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        assert self.window.open(path)
        return path

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NO_MODIFIER) -> None:
        """A key press to whatever has the focus."""
        self.awake()
        self.qtbot.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def awake(self) -> None:
        """Off screen nobody gives the window the keys back when a dialog or a list over it has closed."""
        active = QApplication.activeWindow()
        if (active is None or not active.isVisible()) and QApplication.activePopupWidget() is None:
            self.window.activateWindow()
            self.qtbot.waitUntil(self.window.isActiveWindow)

    def hold(self, key: Qt.Key, down: bool) -> None:
        """What the desktop sends while a key is down, and when it is let go."""
        kind = QEvent.Type.ShortcutOverride if down else QEvent.Type.KeyRelease
        QApplication.sendEvent(self.window, QKeyEvent(kind, key, NO_MODIFIER, "", down))

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so."""
        self.qtbot.waitUntil(condition, timeout=PATIENCE)

    def paused(self) -> None:
        """Wait until the script is held and no step is under way."""
        self.until(lambda: self.workspace.state == "paused" and self.session.settled)

    def run_to_stop(self) -> None:
        """F5, and wait for the next stop."""
        before = self.serial
        self.press(Qt.Key.Key_F5)
        self.until(lambda: self.serial > before)
        self.paused()

    @property
    def serial(self) -> int:
        """How often the script has stopped; the last one counts until there is another."""
        live = self.session._live
        stopped = live.status.stopped if live is not None else None
        return stopped.serial if stopped is not None else 0

    def node(self, op: str) -> int:
        """The first node of a type, once the graph is drawn."""
        model = self.docks.graph_model

        def found() -> list[int]:
            scene = model.scene
            return [] if scene is None else [n for n, one in enumerate(scene.graph.nodes) if one.label == op]

        self.until(lambda: bool(found()) and not model.laying_out)
        return found()[0]

    def choose(self, widget: QWidget, words: str) -> None:
        """Choose from the context menu that has just come up over a widget."""
        menus = [menu for menu in widget.findChildren(QMenu) if menu.isVisible()]
        assert menus, "there is no menu"
        for menu in menus:
            for action in [a for top in menu.actions() for a in (top, *(top.menu().actions() if top.menu() else ()))]:
                if words in action.text():
                    action.trigger()
                    menu.close()
                    return
        raise AssertionError([action.text() for menu in menus for action in menu.actions()])


@pytest.fixture
def person(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """A person at a fresh window; what it starts and writes ends with the test."""
    monkeypatch.setenv("TAPEVIEW_RECORDINGS", str(tmp_path / "recordings"))
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    made = Person(qtbot, tmp_path)
    yield made
    made.window.close()
    theme.current().set_mode("system")
