"""The legend of the plots: one entry per series with its colour, line and current value; a click shows or hides it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from tapeview.ui import theme
from tapeview.ui.palette import Palette
from tapeview.ui.text import tr
from tapeview.views.curves import Curve

ROW = 22
SWATCH = 18
GAP = 18
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def curve_pen(palette: Palette, curve: Curve) -> QPen:
    """Colour, width and dashes of a series: no two of the first 24 look the same even without colour."""
    color = QColor(palette.series[curve.color % len(palette.series)])
    pen = QPen(color, 2.2 if curve.kind in ("target", "epoch") else 1.7)
    if curve.run:
        pen.setDashPattern([5.0, 3.0])
        pen.setWidthF(1.5)
        return pen
    styles = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DashDotLine, Qt.PenStyle.DotLine)
    pen.setStyle(styles[(curve.color // len(palette.series)) % len(styles)])
    return pen


class Legend(QWidget):
    """Wraps its entries into rows; where there are more than fit, the wheel and the arrow keys bring up the others.
    ``toggled`` carries a series' key, ``alone`` that of a click with Ctrl: only this one.
    """

    toggled = Signal(str)
    alone = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[tuple[Curve, str]] = []
        self._areas: list[QRectF] = []
        self._current = 0
        self._hover = -1
        self._rows = 1
        self._most = 2
        self._first = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Series"))
        self.setToolTip(tr("A click shows or hides a series, with Ctrl it shows only this one."))
        self.setFixedHeight(ROW)
        theme.current().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(100, self.height())

    def show_entries(self, entries: list[tuple[Curve, str]]) -> None:
        """(series, its value as text) pairs."""
        self._entries = entries
        self._current = max(0, min(self._current, len(entries) - 1))
        self._lay_out()
        shown = [f"{curve.label} {value}" for curve, value in entries if curve.visible]
        self.setAccessibleDescription(", ".join(shown))
        self.update()

    def set_rows(self, most: int) -> None:
        """How many rows can be seen at a time."""
        if most != self._most:
            self._most = most
            self._lay_out()

    def resizeEvent(self, event: object) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        names, values = QFontMetricsF(self._name_font()), QFontMetricsF(theme.mono_font(11.5))
        self._areas, x, row = [], 0.0, 0
        for curve, value in self._entries:
            # Room for the longest value there can be, so that entries do not dance while it changes.
            width = SWATCH + 6 + names.horizontalAdvance(curve.label) + 6
            width += max(values.horizontalAdvance(value), values.horizontalAdvance("-0.00000")) if curve.visible else 0
            if x and x + width > self.width():
                x, row = 0.0, row + 1
            self._areas.append(QRectF(x, row * ROW, width, ROW))
            x += width + GAP
        self._rows = row + 1
        self._first = max(0, min(self._first, self._rows - self._most))
        height = ROW * min(self._most, self._rows)
        if height != self.height():
            self.setFixedHeight(height)

    @staticmethod
    def _name_font() -> QFont:
        return theme.ui_font(11.5, QFont.Weight.DemiBold)

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, painter = theme.current().palette, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        below = self._rows - self._first - self._most
        if below > 0 or self._first:
            arrows = ("▴" if self._first else "") + ("▾" if below > 0 else "")
            painter.setPen(palette.color("muted"))
            painter.setFont(theme.ui_font(11))
            painter.drawText(QRectF(0, self.height() - ROW, self.width(), ROW), RIGHT, arrows)
        painter.translate(0, -self._first * ROW)
        for place, ((curve, value), area) in enumerate(zip(self._entries, self._areas, strict=False)):
            pen = curve_pen(palette, curve)
            middle = area.center().y()
            if place == self._hover or (self.hasFocus() and place == self._current):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(palette.color("hover"))
                painter.drawRoundedRect(area.adjusted(-5, 1, 5, -1), 5, 5)
            color = pen.color() if curve.visible else palette.color("faint")
            pen.setColor(color)
            painter.setPen(pen)
            if curve.visible:
                painter.drawLine(QPointF(area.left(), middle), QPointF(area.left() + SWATCH, middle))
            else:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(color, 1.2))
                painter.drawEllipse(QPointF(area.left() + SWATCH / 2, middle), 3, 3)
            painter.setPen(color)
            painter.setFont(self._name_font())
            left = area.left() + SWATCH + 6
            painter.drawText(QRectF(left, area.top(), area.width(), ROW), Qt.AlignmentFlag.AlignVCenter, curve.label)
            if curve.visible:
                left += painter.fontMetrics().horizontalAdvance(curve.label) + 6
                painter.setFont(theme.mono_font(11.5))
                painter.drawText(QRectF(left, area.top(), area.width(), ROW), Qt.AlignmentFlag.AlignVCenter, value)
        painter.end()

    def _at(self, point: QPointF) -> int:
        point = QPointF(point.x(), point.y() + self._first * ROW)
        return next((place for place, area in enumerate(self._areas) if area.contains(point)), -1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hover = self._at(event.position())
        if hover != self._hover:
            self._hover = hover
            self.setCursor(Qt.CursorShape.PointingHandCursor if hover >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._scroll_to(self._first - (1 if event.angleDelta().y() > 0 else -1))
        event.accept()

    def _scroll_to(self, row: int) -> None:
        self._first = max(0, min(row, self._rows - self._most))
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._hover = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._at(event.position())
        if place >= 0:
            self._current = place
            only = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            (self.alone if only else self.toggled).emit(self._entries[place][0].key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
        if event.key() in moves and self._entries:
            self._current = (self._current + moves[Qt.Key(event.key())]) % len(self._entries)
            row = round(self._areas[self._current].top() / ROW)
            self._scroll_to(min(row, max(self._first, row - self._most + 1)))
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return) and self._entries:
            self.toggled.emit(self._entries[self._current][0].key)
        else:
            super().keyPressEvent(event)
