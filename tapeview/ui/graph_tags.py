"""Small marks on the edges of nodes: a word, a missing gradient, what is not finite."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from tapeview.ui.palette import Palette

TITLE_ZOOM = 0.42
"""Smaller than this a title cannot be read and is left out."""
SHAPE_ZOOM = 0.16
"""Smaller than this a node is a plain block."""


class Tags:
    """Draws them in scene coordinates."""

    def __init__(self, palette: Palette, font: QFont) -> None:
        self._palette, self._font = palette, font
        self._metrics = QFontMetricsF(font)

    def none(self, painter: QPainter, rect: QRectF, zoom: float) -> None:
        """The gradient that was asked for is None; from far away a crossed circle."""
        if zoom < TITLE_ZOOM:
            if zoom >= SHAPE_ZOOM:
                painter.setPen(QPen(self._palette.color("muted"), 2))
                painter.setBrush(self._palette.color("panel"))
                painter.drawEllipse(rect.topRight(), 9, 9)
                painter.drawLine(QLineF(rect.right() - 8, rect.top() + 8, rect.right() + 8, rect.top() - 8))
            return
        self._pill(painter, "∅ None", rect.topRight() + QPointF(12, -1), "muted", 18, from_right=True)

    def word(
        self, painter: QPainter, text: str, at: QPointF, role: str, zoom: float, *, from_right: bool = False
    ) -> None:
        """A word that begins (or ends) at a place; from far away a dot."""
        if zoom >= TITLE_ZOOM:
            self._pill(painter, text, at, role, 16, from_right=from_right)
        elif zoom >= SHAPE_ZOOM:
            painter.setPen(QPen(self._palette.color(role), 1.3))
            painter.setBrush(self._palette.color("panel"))
            painter.drawEllipse(at, 6, 6)

    def bad(self, painter: QPainter, rect: QRectF, zoom: float) -> None:
        """The value holds NaN or Inf, or there is none because the op raised."""
        size = max(8.0, 5.0 / zoom)
        middle = rect.topLeft() + QPointF(1, 1)
        painter.setPen(QPen(self._palette.color("panel"), size / 6))
        painter.setBrush(self._palette.color("bad"))
        painter.drawEllipse(middle, size, size)
        arm = size * 0.42
        painter.setPen(QPen(self._palette.color("panel"), size / 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        x, y = middle.x(), middle.y()
        painter.drawLine(QLineF(x - arm, y - arm, x + arm, y + arm))
        painter.drawLine(QLineF(x - arm, y + arm, x + arm, y - arm))

    def _pill(self, painter: QPainter, text: str, at: QPointF, role: str, height: float, *, from_right: bool) -> None:
        width = self._metrics.horizontalAdvance(text) + 14
        pill = QRectF(at.x() - (width if from_right else 0.0), at.y() - height / 2, width, height)
        painter.setPen(QPen(self._palette.color(role), 1.2))
        painter.setBrush(self._palette.color("panel"))
        painter.drawRoundedRect(pill, height / 2, height / 2)
        painter.setFont(self._font)
        painter.setPen(self._palette.color("text"))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
