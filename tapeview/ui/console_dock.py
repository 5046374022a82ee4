"""The Console dock: what the script wrote."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.dock import Dock
from tapeview.ui.prompt import Prompt
from tapeview.ui.text import tr
from tapeview.views.console_model import KEPT_LINES, ConsoleModel, Piece

LOOKS = {
    "stderr": ("bad", "badbg"),
    "prompt": ("accent", ""),
    "error": ("bad", ""),
    "note": ("muted", ""),
}
"""Ink and ground of the streams that do not look like plain text, as roles of the palette."""


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

    def add(self, piece: Piece) -> None:
        """Append text in the looks of its stream."""
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if piece.rewind:
            cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock, QTextCursor.MoveMode.KeepAnchor)
        format = QTextCharFormat()
        if piece.stream in LOOKS:
            format.setProperty(QTextCharFormat.Property.UserProperty, piece.stream)
        dress(format, piece.stream)
        cursor.insertText(piece.text, format)


def dress(format: QTextCharFormat, stream: str) -> None:
    """Give a format the colours of a stream."""
    palette = theme.current().palette
    ink, ground = LOOKS.get(stream, ("", ""))
    if ink:
        format.setForeground(palette.color(ink))
    if ground:
        format.setBackground(palette.color(ground))


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
            model.prompt_changed.connect(lambda: self.later("prompt", self._show_prompt)),
            model.dispose,
        )
        line = self.prompt.line
        line.submitted.connect(self._submit)
        line.cancelled.connect(self._escape)
        line.older.connect(lambda: line.setText(model.older(line.text())))
        line.newer.connect(lambda: line.setText(model.newer(line.text())))
        line.wordsWanted.connect(self._complete)
        self._show_prompt()
        self._add()

    def focus_prompt(self) -> None:
        """Bring the keys to the prompt."""
        self.prompt.line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _show_prompt(self) -> None:
        self.prompt.set_ready(self._model.ready, self._model.hint)

    def _submit(self, text: str) -> None:
        if self._model.ready:
            self.prompt.line.clear()
            self._model.submit(text)
            bar = self.text.verticalScrollBar()
            bar.setValue(bar.maximum())

    def _escape(self) -> None:
        if self._model.busy:
            self._model.cancel()
        else:
            self.prompt.line.clear()

    def _complete(self, text: str, cursor: int) -> None:
        self._model.complete(text, cursor, lambda words: self.prompt.line.show_words(text, words))

    def _add(self) -> None:
        pieces = self._model.take()
        if not pieces:
            return
        bar = self.text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        self.text.setUpdatesEnabled(False)
        for piece in pieces:
            self.text.add(piece)
        self.text.setUpdatesEnabled(True)
        if at_end:
            bar.setValue(bar.maximum())
            self.text.horizontalScrollBar().setValue(0)

    def _recolor(self) -> None:
        """Text already there keeps its format; only the streams of ``LOOKS`` have colours of their own."""
        block = self.text.document().begin()
        cursor = QTextCursor(self.text.document())
        cursor.beginEditBlock()
        while block.isValid():
            iterator = block.begin()
            while not iterator.atEnd():
                fragment = iterator.fragment()
                format = fragment.charFormat()
                stream = format.property(QTextCharFormat.Property.UserProperty)
                if stream in LOOKS:
                    dress(format, stream)
                    cursor.setPosition(fragment.position())
                    cursor.setPosition(fragment.position() + fragment.length(), QTextCursor.MoveMode.KeepAnchor)
                    cursor.setCharFormat(format)
                iterator += 1
            block = block.next()
        cursor.endEditBlock()
