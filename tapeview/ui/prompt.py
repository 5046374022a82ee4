"""The line at the foot of the console where an expression is typed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLabel, QLineEdit, QListView, QWidget

from tapeview.ui import theme
from tapeview.ui.facts import dress
from tapeview.ui.text import tr

_NAME = re.compile(r"[\w.]*$")
SIGN = "›"
HEIGHT = 34
OWN_KEYS = {Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Escape}


class PromptLine(QLineEdit):
    """``submitted`` carries an expression, ``wordsWanted`` text and cursor place; ``older`` and ``newer`` walk through
    the history; ``cancelled`` is Escape.
    """

    submitted = Signal(str)
    wordsWanted = Signal(str, int)
    older = Signal()
    newer = Signal()
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("prompt")
        self.setFont(theme.mono_font(12))
        self.setFrame(False)
        self.setAccessibleName(tr("Expression to evaluate"))
        self._words = QStringListModel(self)
        self.popup = QListView()
        self._completer = QCompleter(self._words, self)
        self._completer.setPopup(self.popup)
        self._completer.setWidget(self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseSensitive)
        self._completer.activated.connect(self._complete)
        self.popup.setObjectName("completions")
        self.popup.setFont(theme.mono_font(12))
        self.textEdited.connect(self._narrow)

    def show_words(self, text: str, words: Sequence[str]) -> None:
        """Offer ``words`` for the one that ends at the cursor, if ``text`` is still what is there; a single one is
        taken at once, and what all of them begin with.
        """
        if text != self.text() or not words or not self.hasFocus():
            return
        typed = self._typed(words)
        common = _common(words)
        if len(words) == 1 or len(common) > len(typed):
            self._complete(words[0] if len(words) == 1 else common)
        if len(words) > 1:
            self._words.setStringList(list(words))
            self._popup()

    def offered(self) -> list[str]:
        """The words that are being offered."""
        return self._words.stringList() if self.popup.isVisible() else []

    def event(self, event: QEvent) -> bool:
        # While somebody types, these keys belong to the line and not to the commands.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in OWN_KEYS:
            event.accept()
            return True
        tab = event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab
        if tab and self.text().strip():
            self.wordsWanted.emit(self.text(), self.cursorPosition())
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if self.popup.isVisible() and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            event.ignore()  # the popup's
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.text().strip():
                self.submitted.emit(self.text())
        elif key == Qt.Key.Key_Up:
            self.older.emit()
        elif key == Qt.Key.Key_Down:
            self.newer.emit()
        elif key == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)

    def _typed(self, words: Sequence[str]) -> str:
        """What stands at the cursor for one of ``words``: a name with its dots, or what comes after the last dot."""
        found = _NAME.search(self.text()[: self.cursorPosition()])
        dotted = found.group() if found is not None else ""
        return dotted if any(word.startswith(dotted) for word in words) else dotted.rpartition(".")[2]

    def _complete(self, word: str) -> None:
        text, at, typed = self.text(), self.cursorPosition(), self._typed([word])
        self.setText(text[: at - len(typed)] + word + text[at:])
        self.setCursorPosition(at - len(typed) + len(word))

    def _popup(self) -> None:
        self._completer.setCompletionPrefix(self._typed(self._words.stringList()))
        wide = max(self.popup.sizeHintForColumn(0), 120) + 30
        area = self.cursorRect()
        area.setSize(QSize(wide, area.height()))
        self._completer.complete(area)
        self.popup.setCurrentIndex(self._completer.completionModel().index(0, 0))

    def _narrow(self) -> None:
        if not self.popup.isVisible():
            return
        if self._typed(self._words.stringList()):
            self._popup()
        else:
            self.popup.hide()


class Prompt(QWidget):
    """The sign and the line. ``set_ready`` opens or closes it; closed, its placeholder says why."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("promptBox")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self.sign, self.line = QLabel(SIGN), PromptLine()
        self.sign.setFont(theme.mono_font(14))
        row = QHBoxLayout(self)
        row.setContentsMargins(11, 0, 8, 0)
        row.setSpacing(6)
        row.addWidget(self.sign)
        row.addWidget(self.line, 1)
        self._ready = False
        theme.current().changed.connect(self._recolor)
        self.set_ready(False, "")

    def set_ready(self, ready: bool, placeholder: str) -> None:
        """Whether something can be evaluated, and what stands in the empty line."""
        self._ready = ready
        self.line.setReadOnly(not ready)
        self.line.setFocusPolicy(Qt.FocusPolicy.StrongFocus if ready else Qt.FocusPolicy.ClickFocus)
        self.line.setPlaceholderText(placeholder)
        self.line.setToolTip("" if ready else placeholder)
        self.line.setAccessibleDescription(placeholder)
        self._recolor()

    def _recolor(self) -> None:
        palette = theme.current().palette
        dress(self.sign, f"color: {palette.accent if self._ready else palette.faint}; background: transparent;")


def _common(words: Sequence[str]) -> str:
    """What all of ``words`` begin with."""
    first, last = min(words), max(words)
    for place, letter in enumerate(first):
        if place >= len(last) or last[place] != letter:
            return first[:place]
    return first
