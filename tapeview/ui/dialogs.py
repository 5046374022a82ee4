"""Small dialogs. They never block: the window goes on while one is open."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMessageBox, QWidget

from tapeview.ui.commands import Commands


def tell(parent: QWidget, title: str, text: str, icon: QMessageBox.Icon = QMessageBox.Icon.NoIcon) -> QMessageBox:
    """Show a text in a box over ``parent``."""
    box = QMessageBox(parent)
    box.setWindowTitle(title)
    box.setIcon(icon)
    box.setText(text)
    box.setStandardButtons(QMessageBox.StandardButton.Ok)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
    return box


def keys_text(commands: Commands) -> str:
    """All commands with a key, as a table in rich text."""
    rows = []
    for command in commands:
        if command.shortcut:
            key = QKeySequence(command.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
            name = command.text.replace("&", "").rstrip(" …")
            rows.append(f"<tr><td style='padding:2px 18px 2px 0'><b>{escape(key)}</b></td><td>{escape(name)}</td></tr>")
    return f"<table>{''.join(rows)}</table>"
