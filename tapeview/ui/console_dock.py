"""The Console dock: what the script wrote."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.dock import Dock
from tapeview.ui.prompt import Prompt
from tapeview.ui.text import tr
from tapeview.views.console_model import KEPT_LINES, ConsoleModel


class ConsoleText(QPlainTextEdit):
    """Text that grows at its end and keeps the end in view unless the user scrolled away from it."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setMaximumBlockCount(KEPT_LINES)
        self.setFont(theme.mono_font(12))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.document().setDocumentMargin(10)
        self.setAccessibleName(tr("Console"))
        self.setPlaceholderText(tr("What the script prints appears here."))
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def add(self, text: str, color: QColor | None, rewind: bool, faint: QColor | None = None) -> None:
        """Append text; with ``color`` it is an error stream's, on a ``faint`` ground."""
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if rewind:
            cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock, QTextCursor.MoveMode.KeepAnchor)
        format = QTextCharFormat()
        if color is not None:
            format.setForeground(color)
            format.setProperty(QTextCharFormat.Property.UserProperty, "stderr")
        if faint is not None:
            format.setBackground(faint)
        cursor.insertText(text, format)


class ConsoleDock(Dock):
    """Binds the console's text to its model."""

    def __init__(self, model: ConsoleModel) -> None:
        super().__init__("console", tr("Console"))
        self._model = model
        self.text = ConsoleText()
        self.prompt = Prompt()
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.text, 1)
        column.addWidget(self.prompt)
        self.set_body(body)
        theme.current().changed.connect(self._recolor)
        self.on_dispose(
            model.changed.connect(lambda: self.later("add", self._add)),
            model.cleared.connect(self.text.clear),
            model.dispose,
        )
        self._add()

    def focus_prompt(self) -> None:
        """Bring the keys to the prompt."""
        self.prompt.line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _add(self) -> None:
        pieces = self._model.take()
        if not pieces:
            return
        palette, bar = theme.current().palette, self.text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        self.text.setUpdatesEnabled(False)
        for piece in pieces:
            error = piece.stream == "stderr"
            color = palette.color("bad") if error else None
            self.text.add(piece.text, color, piece.rewind, palette.color("badbg") if error else None)
        self.text.setUpdatesEnabled(True)
        if at_end:
            bar.setValue(bar.maximum())
            self.text.horizontalScrollBar().setValue(0)

    def _recolor(self) -> None:
        """Text already there keeps its format; only what came from stderr has colours of its own."""
        palette, block = theme.current().palette, self.text.document().begin()
        cursor = QTextCursor(self.text.document())
        cursor.beginEditBlock()
        while block.isValid():
            iterator = block.begin()
            while not iterator.atEnd():
                fragment = iterator.fragment()
                format = fragment.charFormat()
                if format.property(QTextCharFormat.Property.UserProperty) == "stderr":
                    format.setForeground(palette.color("bad"))
                    format.setBackground(palette.color("badbg"))
                    cursor.setPosition(fragment.position())
                    cursor.setPosition(fragment.position() + fragment.length(), QTextCursor.MoveMode.KeepAnchor)
                    cursor.setCharFormat(format)
                iterator += 1
            block = block.next()
        cursor.endEditBlock()
