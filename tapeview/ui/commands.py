"""Commands, declared once: each gives a menu entry, a toolbar button, a shortcut and a palette entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QToolButton, QWidget

from tapeview.ui import theme
from tapeview.ui.icons import icon


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the user can do. ``text`` and ``tip`` are translated already; ``enabled`` is asked by
    ``Commands.update``.

    ``checked`` makes it a switch: it tells whether the switch is on. ``brief`` is what a toolbar button shows
    (default: the icon alone).
    """

    id: str
    text: str
    handler: Callable[[], object]
    shortcut: str = ""
    icon: str = ""
    tip: str = ""
    brief: str = ""
    enabled: Callable[[], bool] | None = None
    checked: Callable[[], bool] | None = None
    label: Callable[[], str] | None = None
    """Asked by ``Commands.update`` for the text, where that changes."""
    also: tuple[str, ...] = ()
    """More shortcuts for the same thing."""


class Commands(QObject):
    """The commands of a window as ``QAction``s, which are also its shortcuts."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._commands: dict[str, Command] = {}
        self._actions: dict[str, QAction] = {}
        theme.current().changed.connect(self._recolor)

    def add(self, command: Command) -> QAction:
        """Declare a command. ValueError if its id is taken."""
        if command.id in self._commands:
            raise ValueError(f"the command {command.id!r} is declared twice")
        action = QAction(command.text, self._window)
        action.setObjectName(command.id)
        keys = [QKeySequence(text) for text in (command.shortcut, *command.also) if text]
        action.setShortcuts(keys)
        action.setAutoRepeat(True)
        plain = command.text.replace("&", "").rstrip(" …")
        shown = keys[0].toString(QKeySequence.SequenceFormat.NativeText) if keys else ""
        action.setToolTip(f"{command.tip or plain}  {shown}".rstrip())
        action.setStatusTip("")
        if command.icon:
            action.setIcon(icon(command.icon))
        if command.checked is not None:
            action.setCheckable(True)
        action.triggered.connect(lambda _checked=False, run=command.handler: run())
        self._window.addAction(action)
        self._commands[command.id] = command
        self._actions[command.id] = action
        return action

    def action(self, id: str) -> QAction:
        """The action of a command. KeyError if it was never declared."""
        return self._actions[id]

    def button(
        self, id: str, *, name: str = "", role: str = "text", text: Callable[[], str] | None = None
    ) -> QToolButton:
        """A toolbar button for a command: its icon in a palette role, its brief text if it has one; ``text`` is asked
        instead where that changes.
        """
        command, button = self._commands[id], QToolButton()
        button.setDefaultAction(self._actions[id])

        def dress() -> None:
            if text is not None or command.brief:
                button.setText(text() if text is not None else command.brief)
            if role != "text":
                button.setIcon(icon(command.icon, role))

        # A default action gives the button its own text and icon on every change.
        self._actions[id].changed.connect(dress)
        dress()
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if command.brief else Qt.ToolButtonStyle.ToolButtonIconOnly
        button.setToolButtonStyle(style)
        button.setIconSize(QSize(16, 16))
        button.setObjectName(name or f"button.{id}")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(command.text.replace("&", ""))
        return button

    def update(self) -> None:
        """Ask every command whether it can run now."""
        for id, command in self._commands.items():
            action = self._actions[id]
            if command.enabled is not None:
                action.setEnabled(command.enabled())
            if command.label is not None and action.text() != command.label():
                action.setText(command.label())
            if command.checked is not None:
                action.setChecked(command.checked())

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def _recolor(self) -> None:
        for id, command in self._commands.items():
            if command.icon:
                self._actions[id].setIcon(icon(command.icon))
