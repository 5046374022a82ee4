"""The lines above the graph that name what is painted on it, with arrows to go from one place of it to the next."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.dock import Elided
from tapeview.ui.facts import dress, show_if
from tapeview.ui.text import tr
from tapeview.views.differences_marks import DifferenceMarks
from tapeview.views.graph_marks import Bar


class Marks(Protocol):
    """What is painted on the graph, and how to go through it."""

    @property
    def bar(self) -> Bar | None: ...

    def go(self, by: int) -> None: ...

    def leave(self) -> None: ...


class Words(NamedTuple):
    """What the bar and its buttons are called."""

    name: str
    back: str
    on: str
    close: str


class TrailBar(QWidget):
    """Stands above the graph while something is painted on it: by default the trail of a finding."""

    def __init__(self, marks: Marks, words: Words | None = None) -> None:
        super().__init__()
        words = words or Words(
            tr("Path of the finding"),
            tr("Back along the path (Ctrl+Shift+F8)"),
            tr("On along the path (Ctrl+F8)"),
            tr("Show no path"),
        )
        self.setObjectName("trailBar")
        self.setAccessibleName(words.name)
        self._marks = marks
        self.title, self.words = Elided(), Elided()
        self.title.setFont(theme.ui_font(12, theme.ui_font(1).weight().DemiBold))
        self.words.setFont(theme.ui_font(12))
        self.back, self.on, self.close_button = (QPushButton(text) for text in ("◀", "▶", "✕"))
        for button, name in ((self.back, words.back), (self.on, words.on), (self.close_button, words.close)):
            button.setObjectName("chip")
            button.setToolTip(name)
            button.setAccessibleName(name)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.back.clicked.connect(lambda: marks.go(-1))
        self.on.clicked.connect(lambda: marks.go(1))
        self.close_button.clicked.connect(marks.leave)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(6)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addWidget(self.words)
        row.addLayout(column, 1)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(6)
        row.addLayout(self.buttons)
        for button in (self.back, self.on, self.close_button):
            self.buttons.addWidget(button)
        self.hide()

    def refresh(self) -> None:
        """Show what the model says."""
        bar = self._marks.bar
        if bar is not None:
            self._show(bar)
        show_if(self, bar is not None)

    def _show(self, bar: Bar) -> None:
        palette = theme.current().palette
        self.title.set_text(bar.title)
        place = tr("{n} of {count}").format(n=bar.stop, count=bar.stops) if bar.stop else ""
        self.words.set_text(" · ".join(part for part in (place, bar.words) if part))
        dress(self.words, f"color: {palette.muted}")
        self.words.setVisible(bool(self.words.whole()))
        self.back.setEnabled(bar.stop > 1)
        self.on.setEnabled(bar.stop < bar.stops)

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, painter = theme.current().palette, QPainter(self)
        painter.fillRect(self.rect(), palette.color("panel"))
        painter.setPen(QPen(palette.color("line"), 1))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        painter.end()


class DifferencesBar(TrailBar):
    """Names the differences that are painted on the graph, and leads to the other of the two steps."""

    def __init__(self, marks: DifferenceMarks) -> None:
        super().__init__(
            marks,
            Words(
                tr("Differences"),
                tr("Previous difference (Shift+F7)"),
                tr("First or next difference (F7)"),
                tr("Show no differences (Esc)"),
            ),
        )
        self._differing = marks
        self.turn = QPushButton()
        self.turn.setObjectName("chip")
        self.turn.setToolTip(tr("The same place in the other step"))
        self.turn.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.turn.clicked.connect(marks.turn)
        self.buttons.insertWidget(0, self.turn)

    def _show(self, bar: Bar) -> None:
        super()._show(bar)
        words = self._differing.turn_words
        self.turn.setText(words)
        show_if(self.turn, bool(words))
