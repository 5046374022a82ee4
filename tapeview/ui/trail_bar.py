"""The line above the graph that names the finding looked at, with arrows to go through the stops of its trail."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.dock import Elided
from tapeview.ui.facts import dress, show_if
from tapeview.ui.text import tr
from tapeview.views.graph_marks import Bar, GraphMarks


class TrailBar(QWidget):
    """Stands above the graph while a finding is looked at."""

    def __init__(self, marks: GraphMarks) -> None:
        super().__init__()
        self.setObjectName("trailBar")
        self.setAccessibleName(tr("Path of the finding"))
        self._marks = marks
        self.title, self.words = Elided(), Elided()
        self.title.setFont(theme.ui_font(12, theme.ui_font(1).weight().DemiBold))
        self.words.setFont(theme.ui_font(12))
        self.back, self.on, self.close_button = (QPushButton(text) for text in ("◀", "▶", "✕"))
        for button, name in (
            (self.back, tr("Back along the path (Ctrl+Shift+F8)")),
            (self.on, tr("On along the path (Ctrl+F8)")),
            (self.close_button, tr("Show no path")),
        ):
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
        for button in (self.back, self.on, self.close_button):
            row.addWidget(button)
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
