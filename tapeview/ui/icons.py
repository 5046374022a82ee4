"""Icons drawn by code, in the palette's colours, sharp at every scale: no font glyph and no image file is needed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from tapeview.ui import theme

Draw = Callable[[QPainter, QColor], None]


def _stroke(painter: QPainter, color: QColor, *lines: tuple[tuple[float, float], ...], width: float = 1.7) -> None:
    pen = QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for line in lines:
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in line]))


def _fill(painter: QPainter, color: QColor, *points: tuple[float, float]) -> None:
    painter.setPen(QPen(color, 1.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))


def _run(p: QPainter, c: QColor) -> None:
    _fill(p, c, (5, 3.5), (12.5, 8), (5, 12.5))


def _stop(p: QPainter, c: QColor) -> None:
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(c)
    p.drawRoundedRect(QRectF(4, 4, 8, 8), 1.4, 1.4)


def _restart(p: QPainter, c: QColor) -> None:
    p.setPen(QPen(c, 1.7, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawArc(QRectF(3.2, 3.2, 9.6, 9.6), 40 * 16, 290 * 16)
    _fill(p, c, (13.4, 2.6), (13.4, 6.4), (9.9, 5.6))


def _search(p: QPainter, c: QColor) -> None:
    p.setPen(QPen(c, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawEllipse(QRectF(3, 3, 7.5, 7.5))
    p.drawLine(QPointF(9.7, 9.7), QPointF(13, 13))


def _file(p: QPainter, c: QColor) -> None:
    path = QPainterPath(QPointF(4, 2.5))
    for x, y in ((9.5, 2.5), (12.5, 5.5), (12.5, 13.5), (4, 13.5)):
        path.lineTo(x, y)
    path.closeSubpath()
    p.setPen(QPen(c, 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawPath(path)
    p.drawPolyline(QPolygonF([QPointF(9.2, 2.8), QPointF(9.2, 5.8), QPointF(12.2, 5.8)]))


def _error(p: QPainter, c: QColor) -> None:
    p.setPen(QPen(c, 1.5))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawEllipse(QRectF(2.5, 2.5, 11, 11))
    _stroke(p, c, ((8, 5), (8, 8.6)), ((8, 11), (8, 11.05)))


def _breakpoint(p: QPainter, c: QColor) -> None:
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(c)
    p.drawEllipse(QRectF(4, 4, 8, 8))


def _lines(*lines: tuple[tuple[float, float], ...]) -> Draw:
    return lambda p, c: _stroke(p, c, *lines)


_DRAW: dict[str, Draw] = {
    "run": _run,
    "stop": _stop,
    "restart": _restart,
    "pause": _lines(((5.5, 4), (5.5, 12)), ((10.5, 4), (10.5, 12))),
    "start_paused": _lines(((4, 4), (4, 12)), ((8, 4), (13, 8), (8, 12), (8, 4))),
    "first": _lines(((3.5, 4), (3.5, 12)), ((8, 4), (8, 12)), ((12.5, 4), (8.5, 8), (12.5, 12))),
    "last": _lines(((12.5, 4), (12.5, 12)), ((8, 4), (8, 12)), ((3.5, 4), (7.5, 8), (3.5, 12))),
    "phase_start": _lines(((3.5, 3.8), (3.5, 12.2)), ((13, 8), (6.5, 8)), ((9.2, 5), (6.2, 8), (9.2, 11))),
    "phase_end": _lines(((12.5, 3.8), (12.5, 12.2)), ((3, 8), (9.5, 8)), ((6.8, 5), (9.8, 8), (6.8, 11))),
    "back": _lines(((9.8, 3.8), (5.6, 8), (9.8, 12.2))),
    "forward": _lines(((6.2, 3.8), (10.4, 8), (6.2, 12.2))),
    "previous_step": _lines(((8, 3.8), (3.8, 8), (8, 12.2)), ((12.6, 3.8), (8.4, 8), (12.6, 12.2))),
    "next_step": _lines(((3.4, 3.8), (7.6, 8), (3.4, 12.2)), ((8, 3.8), (12.2, 8), (8, 12.2))),
    "fit": _lines(
        ((3, 6), (3, 3), (6, 3)),
        ((10, 3), (13, 3), (13, 6)),
        ((13, 10), (13, 13), (10, 13)),
        ((6, 13), (3, 13), (3, 10)),
    ),
    "down": _lines(((4.5, 6.2), (8, 9.8), (11.5, 6.2))),
    "close": _lines(((4.5, 4.5), (11.5, 11.5)), ((11.5, 4.5), (4.5, 11.5))),
    "float": _lines(
        ((5, 3.5), (12.5, 3.5), (12.5, 11)), ((3.5, 5.5), (10.5, 5.5), (10.5, 12.5), (3.5, 12.5), (3.5, 5.5))
    ),
    "live_edge": _lines(((3, 8), (10, 8)), ((7, 5), (10, 8), (7, 11)), ((13, 3.5), (13, 12.5))),
    "tick": _lines(((3.5, 8.5), (6.8, 11.8), (12.5, 4.8))),
    "pencil": _lines(((3, 13), (3.8, 9.8), (10.6, 3), (13, 5.4), (6.2, 12.2), (3, 13)), ((9.2, 4.4), (11.6, 6.8))),
    "add": _lines(((8, 3.5), (8, 12.5)), ((3.5, 8), (12.5, 8))),
    "remove": _lines(((3.5, 8), (12.5, 8))),
    "breakpoint": _breakpoint,
    "search": _search,
    "file": _file,
    "error": _error,
}
NAMES = tuple(_DRAW)


class _Engine(QIconEngine):
    """Paints on demand, so that an icon is sharp at any scale factor."""

    def __init__(self, draw: Draw, normal: str, disabled: str) -> None:
        super().__init__()
        self._draw, self._normal, self._disabled = draw, normal, disabled

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(rect.topLeft())
        painter.scale(rect.width() / 16, rect.height() / 16)
        self._draw(painter, QColor(self._disabled if mode == QIcon.Mode.Disabled else self._normal))
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _Engine(self._draw, self._normal, self._disabled)


def icon(name: str, role: str = "text") -> QIcon:
    """The icon called ``name`` in the colour of a palette role. KeyError for an unknown name."""
    palette = theme.current().palette
    return QIcon(_Engine(_DRAW[name], palette.color(role).name(), palette.faint))
