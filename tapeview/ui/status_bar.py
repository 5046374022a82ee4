"""The status bar: how the script stands, in colour, shape and words, and facts about the recording."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStatusBar, QWidget

from tapeview.ui import theme
from tapeview.ui.dock import Elided
from tapeview.ui.facts import dress
from tapeview.ui.text import tr
from tapeview.views.status_model import StatusModel


class StateMark(QWidget):
    """A dot, ring, square, cross or two bars (``pause``) in the colour of a palette role."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(12, 12)
        self._mark, self._role = "dot", "muted"

    def show_mark(self, mark: str, role: str) -> None:
        self._mark, self._role = mark, role
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = theme.current().palette.color(self._role)
        area = QRectF(2, 2, 8, 8)
        if self._mark == "dot":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(area)
        elif self._mark == "ring":
            painter.setPen(QPen(color, 2))
            painter.drawEllipse(area)
        elif self._mark == "pause":
            painter.fillRect(QRectF(2.5, 2, 2.5, 8), color)
            painter.fillRect(QRectF(7, 2, 2.5, 8), color)
        elif self._mark == "square":
            painter.fillRect(area.adjusted(0.5, 0.5, -0.5, -0.5), color)
        else:
            painter.setPen(QPen(color, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(QPointF(3, 3), QPointF(9, 9))
            painter.drawLine(QPointF(9, 3), QPointF(3, 9))
        painter.end()


class StatusBar(QStatusBar):
    """Binds its labels to the status model."""

    def __init__(self, model: StatusModel) -> None:
        super().__init__()
        self.model = model
        self.setSizeGripEnabled(False)
        self.mark, self.state, self.facts = StateMark(), QLabel(), Elided()
        self.theme = QPushButton()
        self.theme.setObjectName("link")
        self.theme.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.theme.setToolTip(tr("Switch between light and dark"))
        self.theme.setCursor(Qt.CursorShape.PointingHandCursor)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(12, 0, 8, 0)
        row.setSpacing(6)
        row.addWidget(self.mark)
        row.addWidget(self.state)
        row.addSpacing(16)
        row.addWidget(self.facts, 1)
        row.addWidget(self.theme)
        self.addWidget(body, 1)
        self._disconnect = model.changed.connect(self.refresh)
        theme.current().changed.connect(self.refresh)
        self.refresh()

    def dispose(self) -> None:
        """Let go of the model."""
        self._disconnect()
        self.model.dispose()

    def refresh(self) -> None:
        """Show the model."""
        model, palette = self.model, theme.current().palette
        self.mark.show_mark(model.state_mark, model.state_role)
        metrics = QFontMetrics(self.state.font())
        self.state.setText(metrics.elidedText(model.state_text, Qt.TextElideMode.ElideRight, 620))
        self.state.setToolTip(model.state_text)
        dress(self.state, f"color: {getattr(palette, model.state_role)}")
        self.facts.set_text("      ".join(model.facts))
        self.theme.setText(tr("dark") if palette.dark else tr("light"))
