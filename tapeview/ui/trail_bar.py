"""The line above the graph that names the finding looked at, with arrows to go through the stops of its trail."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.dock import Elided
from tapeview.ui.facts import dress
from tapeview.ui.graph_overlays import draw_sheet
from tapeview.ui.text import tr
from tapeview.views.graph_marks import Bar, GraphMarks

WIDEST = 560


class TrailBar(QWidget):
    """Stands over the graph while a finding is looked at."""

    def __init__(self, parent: QWidget, marks: GraphMarks) -> None:
        super().__init__(parent)
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

    def refresh(self, room: int) -> None:
        """Show what the model says, in at most ``room`` pixels."""
        bar = self._marks.bar
        if bar is None:
            self.hide()
            return
        self._show(bar)
        wanted = max(self.title.sizeHint().width(), self.words.sizeHint().width()) + 150
        self.resize(max(160, min(wanted, WIDEST, room)), self.sizeHint().height())
        self.show()
        self.raise_()

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
        painter = QPainter(self)
        draw_sheet(painter, self, theme.current().palette, 0.97)
