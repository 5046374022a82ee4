"""The picture of a gradient's errors: a cell for each element, and the scale below it."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from tapeview.ui import theme
from tapeview.ui.text import tr
from tapeview.ui.tile_grid import HEAT_DARK, HEAT_LIGHT
from tapeview.views.check_heat import Cell, Heat, scale_words

LARGEST = 30
"""Cells are at most so wide and high."""
LONGEST = 3
"""Cells are at most so many times wider than high, or higher than wide."""
DOT = 6
"""An element that was looked at among others that were not is painted at least so large."""
SPARSE = 30
"""One cell of so many."""
GAP_FROM = 9
"""From so many pixels on there is a gap between cells."""
NEAR = 8
MOVES = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}


def heat_color(level: float) -> QColor:
    """From the ground (no error) to a full orange: darker on light ground and lighter on dark, so not by hue alone."""
    palette = theme.current().palette
    ink, face = QColor(*(HEAT_DARK if palette.dark else HEAT_LIGHT)[1]), palette.color("panel")
    share = 0.1 + 0.9 * level
    parts = zip((face.red(), face.green(), face.blue()), (ink.red(), ink.green(), ink.blue()), strict=True)
    return QColor(*(round(a + (b - a) * share) for a, b in parts))


def hatch() -> QBrush:
    """What was not looked at."""
    return QBrush(theme.current().palette.color("faint", 0.55), Qt.BrushStyle.BDiagPattern)


class HeatGrid(QWidget):
    """Errors as cells; what was not looked at is hatched, the worst has a ring, the chosen one a frame.

    ``chosen`` carries the cell clicked, ``moved`` the rows and columns of an arrow key; ``hovered`` the cell under the
    pointer or None; ``worst`` and ``entered`` are the keys W and Enter.
    """

    chosen = Signal(object)
    moved = Signal(int, int)
    hovered = Signal(object)
    worst = Signal()
    entered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._heat: Heat | None = None
        self._cell: Cell = (0, 0)
        self._over: Cell | None = None
        self._picture = QPixmap()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(90, 34)
        self.setAccessibleName(tr("Errors by element"))
        theme.current().changed.connect(self._repaint)

    def show_heat(self, heat: Heat | None, cell: Cell, words: str) -> None:
        """Draw a picture; ``words`` are what the chosen cell says."""
        if heat is not self._heat:
            self._heat, self._over = heat, None
            self._repaint()
        self._cell = cell
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 120)

    def rect_of(self, cell: Cell) -> QRectF:
        """Where a cell is painted."""
        wide, high = self._sides()
        gap = 1.0 if min(wide, high) >= GAP_FROM else 0.0
        area = QRectF(2 + cell[1] * wide, 2 + cell[0] * high, wide, high)
        if gap:  # on whole pixels, or some gaps would be gone
            left, top = round(area.left()), round(area.top())
            area = QRectF(left, top, round(area.right()) - left - gap, round(area.bottom()) - top - gap)
        if self._sparse() and min(wide, high) < DOT:
            middle = area.center()
            area = QRectF(middle.x() - DOT / 2, middle.y() - DOT / 2, DOT, DOT)
        return area

    def _sparse(self) -> bool:
        heat = self._heat
        return heat is not None and len(heat.elements) * SPARSE < heat.last

    def _sides(self) -> tuple[float, float]:
        heat = self._heat
        if heat is None:
            return 1.0, 1.0
        wide = min(LARGEST, (self.width() - 4) / heat.columns)
        high = min(LARGEST, (self.height() - 4) / heat.rows)
        # Cells are about square where there is room for that.
        return min(wide, LONGEST * high), min(high, LONGEST * wide)

    def _repaint(self) -> None:
        self._picture = QPixmap()
        self.update()

    def resizeEvent(self, event: object) -> None:
        self._repaint()

    def paintEvent(self, event: QPaintEvent) -> None:
        heat, palette = self._heat, theme.current().palette
        if heat is None:
            return
        if self._picture.isNull():
            self._picture = self._painted(heat)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(palette.color("text"), 1.4))
        painter.drawEllipse(_ring(self.rect_of(heat.worst)))
        for cell, color, width in ((self._over, "muted", 1.2), (self._cell, "accent", 2.0)):
            if cell is not None:
                painter.setPen(QPen(palette.color(color), width))
                painter.drawRect(self.rect_of(cell).adjusted(-1, -1, 1, 1))
        if self.hasFocus():
            painter.setPen(QPen(palette.color("accent", 0.6), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()

    def _painted(self, heat: Heat) -> QPixmap:
        """All cells, which change only with the heat, the size and the theme."""
        scale = self.devicePixelRatioF()
        picture = QPixmap(max(1, round(self.width() * scale)), max(1, round(self.height() * scale)))
        picture.setDevicePixelRatio(scale)
        picture.fill(theme.current().palette.color("panel"))
        painter = QPainter(picture)
        wide, high = self._sides()
        whole, rest = divmod(heat.last, heat.columns)
        ground = [QRectF(2, 2, wide * heat.columns, high * whole)] if whole else []
        ground += [QRectF(2, 2 + high * whole, wide * rest, high)] if rest else []
        painter.setPen(Qt.PenStyle.NoPen)
        if len(heat.levels) < heat.last:
            painter.setBrush(hatch())
            for area in ground:
                painter.drawRect(area)
        outlined = self._sparse() and min(wide, high) < DOT
        painter.setPen(QPen(theme.current().palette.color("muted"), 1) if outlined else Qt.PenStyle.NoPen)
        face = theme.current().palette.color("panel")
        for cell, level in heat.levels.items():
            area = self.rect_of(cell)
            if not outlined and min(wide, high) >= GAP_FROM:
                painter.fillRect(area.adjusted(-1, -1, 1, 1), face)
            painter.setBrush(heat_color(level))
            painter.drawRect(area)
        painter.end()
        return picture

    def cell_at(self, point: QPointF) -> Cell | None:
        """The cell at a place; near an element that was looked at among many that were not, that one."""
        heat = self._heat
        if heat is None:
            return None
        wide, high = self._sides()
        cell = (math.floor((point.y() - 2) / high), math.floor((point.x() - 2) / wide))
        if cell in heat.elements:
            return cell

        def far(one: Cell) -> float:
            middle = self.rect_of(one).center()
            return abs(middle.x() - point.x()) + abs(middle.y() - point.y())

        if min(wide, high) < DOT:
            near = min(heat.elements, key=far, default=None)
            if near is not None and far(near) <= NEAR:
                return near
        inside = 0 <= cell[0] < heat.rows and 0 <= cell[1] < heat.columns
        return cell if inside and cell[0] * heat.columns + cell[1] < heat.last else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position())
        if cell is not None:
            self.chosen.emit(cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def _hover(self, cell: Cell | None) -> None:
        if cell != self._over:
            self._over = cell
            self.hovered.emit(cell)
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in MOVES and not event.modifiers():
            self.moved.emit(*MOVES[key])
        elif key == Qt.Key.Key_W and not event.modifiers():
            self.worst.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.entered.emit()
        else:
            super().keyPressEvent(event)


class HeatScale(QWidget):
    """The colours from no error to a large one, what hatching means, and what the ring does."""

    def __init__(self) -> None:
        super().__init__()
        self._heat: Heat | None = None
        self.setFixedHeight(18)
        theme.current().changed.connect(self.update)

    def show_heat(self, heat: Heat | None) -> None:
        """The scale of a picture."""
        self._heat = heat
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        heat, palette = self._heat, theme.current().palette
        if heat is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.ui_font(10.5))
        metrics, middle = painter.fontMetrics(), Qt.AlignmentFlag.AlignVCenter
        low, high = scale_words(heat)
        left = 2.0

        def say(text: str) -> None:
            nonlocal left
            wide = metrics.horizontalAdvance(text)
            painter.setPen(palette.color("muted"))
            painter.drawText(QRectF(left, 0, wide + 2, 18), middle, text)
            left += wide + 6

        say(low)
        for part in range(12):
            painter.fillRect(QRectF(left + part * 6, 5, 6, 9), heat_color(part / 11))
        left += 78
        say(high)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(palette.color("text"), 1.2))
        left += 6
        painter.drawEllipse(QRectF(left, 4, 10, 10))
        left += 14
        say(tr("worst"))
        if len(heat.levels) < heat.last:
            left += 6
            painter.fillRect(QRectF(left, 4, 16, 10), hatch())
            left += 20
            say(tr("not looked at") if len(heat.elements) < heat.last else tr("no slope"))
        painter.end()


def _ring(area: QRectF) -> QRectF:
    """A circle around a cell, inside of it where that is large."""
    side = max(7.0, min(area.width(), area.height()) * 0.55)
    middle = area.center()
    return QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)
