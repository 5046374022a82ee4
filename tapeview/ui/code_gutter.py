"""What stands at the left of the source beside the line numbers: breakpoints and the arrow of the paused line."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from tapeview.ui import theme
from tapeview.ui.palette import Palette
from tapeview.views.gutter import GutterMark

WIDTH = 20
"""Pixels at the left of the line numbers for the marks."""
MIDDLE, RADIUS = 10.5, 5.2


def paint_mark(painter: QPainter, mark: GutterMark, top: float, height: float, paused: bool) -> None:
    """Draw a breakpoint in the row that begins at ``top``. Filled: on; hollow: off; dotted: no op ran there; a
    triangle with ``!``: its condition raised; a diamond writes a line instead of stopping; ``=`` has a condition.
    """
    palette, middle = theme.current().palette, QPointF(MIDDLE, top + height / 2)
    role = "n" if mark.state == "error" else "bad"
    pen = QPen(palette.color(role), 1.5)
    if mark.state == "idle":
        pen.setStyle(Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([1.6, 1.3])
    filled = mark.state in ("on", "error")
    painter.setPen(pen)
    painter.setBrush(palette.color(role) if filled else palette.color("code"))
    if mark.state == "error":
        tall = RADIUS + 1.2
        corners = ((0.0, -tall), (tall, tall - 1.4), (-tall, tall - 1.4))
        painter.drawPolygon(QPolygonF([middle + QPointF(x, y) for x, y in corners]))
        _exclaim(painter, middle, palette)
    elif mark.shape == "log":
        wide = RADIUS + 0.8
        painter.drawPolygon(
            QPolygonF([middle + QPointF(x, y) for x, y in ((0, -wide), (wide, 0), (0, wide), (-wide, 0))])
        )
    else:
        painter.drawEllipse(middle, RADIUS, RADIUS)
        if mark.shape == "condition" and not paused:
            painter.setPen(QPen(palette.color("code") if filled else palette.color(role), 1.4))
            for y in (-1.5, 1.5):
                painter.drawLine(QLineF(middle.x() - 2.4, middle.y() + y, middle.x() + 2.4, middle.y() + y))
    if mark.state == "off":
        painter.setPen(QPen(palette.color(role, 0.8), 1.3))
        painter.drawLine(QLineF(middle.x() - 3.4, middle.y() + 3.4, middle.x() + 3.4, middle.y() - 3.4))


def paint_arrow(painter: QPainter, top: float, height: float, over_mark: bool, role: str) -> None:
    """Draw the arrow of the paused line; on top of a breakpoint it is small and light."""
    palette, y = theme.current().palette, top + height / 2
    points: tuple[tuple[float, float], ...]
    if over_mark:
        points = ((MIDDLE - 2.2, y - 3.0), (MIDDLE + 3.2, y), (MIDDLE - 2.2, y + 3.0))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color("code"))
    else:
        points = (
            (4.0, y - 3.2),
            (9.5, y - 3.2),
            (9.5, y - 6.0),
            (16.2, y),
            (9.5, y + 6.0),
            (9.5, y + 3.2),
            (4.0, y + 3.2),
        )
        join = Qt.PenJoinStyle.RoundJoin
        painter.setPen(QPen(palette.color(role), 1.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, join))
        painter.setBrush(palette.color(role))
    painter.drawPolygon(QPolygonF([QPointF(x, height_) for x, height_ in points]))


def paint_hint(painter: QPainter, top: float, height: float) -> None:
    """Draw where a click would set a breakpoint."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.current().palette.color("bad", 0.35))
    painter.drawEllipse(QPointF(MIDDLE, top + height / 2), RADIUS, RADIUS)


def paint_note(painter: QPainter, area: QRectF, text: str, flags: Qt.TextFlag) -> None:
    """Draw a sentence in a box below a line."""
    palette = theme.current().palette
    painter.setPen(QPen(palette.color("bad", 0.55), 1))
    painter.setBrush(palette.color("badbg"))
    painter.drawRoundedRect(area, 4, 4)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(palette.color("bad"))
    painter.drawRect(QRectF(area.left(), area.top() + 1, 3, area.height() - 2))
    painter.setPen(palette.color("bad"))
    painter.setFont(theme.ui_font(12))
    painter.drawText(area.adjusted(11, 5, -8, -5), flags, text)


def _exclaim(painter: QPainter, middle: QPointF, palette: Palette) -> None:
    painter.setPen(QPen(palette.color("code"), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QLineF(middle.x(), middle.y() - 2.2, middle.x(), middle.y() + 1.0))
    painter.drawPoint(QPointF(middle.x(), middle.y() + 3.4))
