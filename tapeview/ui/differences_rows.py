"""The rows of the Differences dock, painted by the widget itself: of ten thousand only those in view."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from tapeview.ui import theme
from tapeview.ui.painted_rows import PaintedRows, draw_text
from tapeview.ui.text import tr
from tapeview.views.differences_model import HIGH, DifferencesModel, Row

ROW, HEAD = 22, 20
ROLES = {"changed": "diff", "new": "ok", "gone": "muted", "unknown": "muted", "same": "faint"}
MIDDLE = Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
SIGN, NORM, ARROW, FIGURE, SAID = 34, 78, 20, 66, 104
WIDE = 760
"""From this width on the state stands there as a word, too, and not only as a sign."""


class Columns(NamedTuple):
    """Where the columns begin, and ``end`` the last one. ``said`` is as wide as its word needs, or nothing."""

    name: float
    where: float
    before: float
    after: float
    bar: float
    figure: float
    said: float
    end: float


def columns(width: int) -> Columns:
    """For a table that is so wide."""
    said = SAID if width >= WIDE else 0
    room = max(160.0, width - SIGN - 2 * NORM - ARROW - FIGURE - said - 22)
    name, where = room * 0.36, room * 0.36
    before = SIGN + name + where
    after = before + NORM + ARROW
    bar = after + NORM + 16
    end = width - 6.0
    return Columns(SIGN, SIGN + name, before, after, bar, end - said - FIGURE, end - said, end)


class DifferenceRows(PaintedRows):
    """One row below the other. A click, or Enter, goes to where it happened. ``focus_moved`` carries the row that has
    the focus now."""

    focus_moved = Signal(int)

    def __init__(self, model: DifferencesModel) -> None:
        super().__init__()
        self._model = model
        self.setAccessibleName(tr("Differences"))

    def sizeHint(self) -> QSize:
        return QSize(400, ROW * self.count())

    def refresh(self) -> None:
        """The model has changed."""
        if self.height() != ROW * self.count():
            self.setFixedHeight(ROW * self.count())
        self._hovered = -1
        at = self._model.at
        self._focused = at if at >= 0 else min(max(self._focused, 0), self.count() - 1)
        self.describe()
        self.update()

    def row_rect(self, row: int) -> QRectF:
        """Where a row is."""
        return QRectF(0, ROW * row, self.width(), ROW)

    def count(self) -> int:
        return len(self._model.order)

    def said(self, row: int) -> str:
        return self._model.row(self._model.order[row]).words

    def row_at(self, y: float) -> int:
        """The row at a height, -1 for none."""
        row = int(y // ROW)
        return row if 0 <= row < self.count() else -1

    def activate(self, row: int) -> None:
        """Goes to where the row happened."""
        if row >= 0:
            self._focused = row
            self._model.look_at(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self._focused
        super().keyPressEvent(event)
        if self._focused != before:
            self.focus_moved.emit(self._focused)

    def event(self, event: QEvent) -> bool:
        return self.tell(event) if isinstance(event, QHelpEvent) else super().event(event)

    # -- painting ------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, painter, order = theme.current().palette, QPainter(self), self._model.order
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), palette.color("panel"))
        places = columns(self.width())
        at = self._model.at
        first, last = event.rect().top() // ROW, event.rect().bottom() // ROW
        for place in range(max(0, first), min(last + 1, len(order))):
            area = self.row_rect(place)
            if place in (at, self._hovered):
                painter.fillRect(area, palette.color("accentbg" if place == at else "hover"))
            self._row(painter, area, places, self._model.row(order[place]))
            if self.hasFocus() and place == self._focused:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(palette.color("accent", 0.7), 1))
                painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()

    def _row(self, painter: QPainter, area: QRectF, places: Columns, row: Row) -> None:
        palette, top = theme.current().palette, area.top()
        role = ROLES[row.state]
        if row.first:
            self._flag(painter, top)
        painter.setFont(theme.mono_font(13))
        painter.setPen(palette.color(role))
        painter.drawText(QRectF(14, top, SIGN - 18, ROW), Qt.AlignmentFlag.AlignCenter, row.sign)
        painter.setFont(theme.mono_font(12))
        painter.setPen(palette.color("text"))
        # Of long names the end tells more: batch_normalization/gamma.
        area = QRectF(places.name, top, places.where - places.name - 10, ROW)
        draw_text(painter, area, row.name, MIDDLE, Qt.TextElideMode.ElideMiddle)
        painter.setFont(theme.ui_font(11.5))
        painter.setPen(palette.color("muted"))
        draw_text(painter, QRectF(places.where, top, places.before - places.where - 8, ROW), row.where)
        painter.setFont(theme.mono_font(12))
        painter.setPen(palette.color("grad" if row.gradient else "text"))
        painter.drawText(QRectF(places.before, top, NORM, ROW), RIGHT, row.before or "–")
        painter.drawText(QRectF(places.after, top, NORM, ROW), RIGHT, row.after or "–")
        painter.setPen(palette.color("faint"))
        painter.drawText(QRectF(places.after - ARROW, top, ARROW, ROW), Qt.AlignmentFlag.AlignCenter, "→")
        if row.share >= 0:
            room = places.figure - places.bar - 4
            self._bar(painter, QRectF(places.bar, top + 6, room, ROW - 12), row)
        painter.setPen(palette.color(role if row.state != "same" else "muted"))
        painter.setFont(theme.mono_font(12))
        if row.figure:
            painter.drawText(QRectF(places.figure, top, FIGURE, ROW), RIGHT, row.figure)
        painter.setFont(theme.ui_font(11.5))
        if places.said < places.end:
            draw_text(painter, QRectF(places.said + 12, top, places.end - places.said - 12, ROW), row.said)
        elif not row.figure:
            # The word stands in place of bar and figure, of which there are none.
            area = QRectF(places.bar, top, places.end - places.bar, ROW)
            draw_text(painter, area, row.said, RIGHT)

    @staticmethod
    def _flag(painter: QPainter, top: float) -> None:
        """The first difference wears a small pennant."""
        palette = theme.current().palette
        painter.setPen(QPen(palette.color("accent"), 1.4))
        painter.drawLine(QPointF(6, top + 5), QPointF(6, top + ROW - 4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color("accent"))
        painter.drawPolygon(QPolygonF([QPointF(6, top + 4), QPointF(14, top + 8), QPointF(6, top + 12)]))

    @staticmethod
    def _bar(painter: QPainter, area: QRectF, row: Row) -> None:
        """As long as the difference is large; hatched where no number tells how large."""
        palette = theme.current().palette
        if area.width() < 8:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color("const"))
        painter.drawRoundedRect(area, 3, 3)
        filled = QRectF(area.left(), area.top(), max(3.0, area.width() * row.share), area.height())
        painter.setBrush(palette.color("diff", 0.3 if row.figure == "∞" else 0.75))
        painter.drawRoundedRect(filled, 3, 3)
        if row.figure == "∞":
            painter.setPen(QPen(palette.color("diff"), 1.2))
            painter.save()
            painter.setClipRect(filled)
            x = filled.left() - filled.height()
            while x < filled.right():
                painter.drawLine(QPointF(x, filled.bottom()), QPointF(x + filled.height(), filled.top()))
                x += 6
            painter.restore()


class DifferenceHead(QWidget):
    """What stands above the columns, with the powers of ten above the bars."""

    def __init__(self, model: DifferencesModel, rows: DifferenceRows) -> None:
        super().__init__()
        self._model, self._rows = model, rows
        self.setFixedHeight(HEAD)

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, painter = theme.current().palette, QPainter(self)
        painter.fillRect(self.rect(), palette.color("panel"))
        places = columns(self._rows.width())
        painter.setFont(theme.ui_font(10.5))
        painter.setPen(palette.color("muted"))
        painter.drawText(QRectF(places.name, 0, 200, HEAD), MIDDLE, tr("what"))
        painter.drawText(QRectF(places.where, 0, 200, HEAD), MIDDLE, tr("op · line"))
        painter.drawText(QRectF(places.before, 0, NORM, HEAD), RIGHT, tr("‖·‖ before"))
        painter.drawText(QRectF(places.after, 0, NORM, HEAD), RIGHT, tr("after"))
        room = places.figure - places.bar - 4
        low = self._model.low
        decades = -low
        apart = max(1, -(-decades * 40 // max(1, int(room))))
        for power in range(low, 1, apart) if room >= 60 else ():
            x = places.bar + room * (power - low) / (HIGH - low)
            if power == low:
                continue  # the head of the column before stands there
            words = "1" if power == 0 else f"1e{power}"
            painter.drawText(QRectF(x - 24, 0, 48, HEAD), Qt.AlignmentFlag.AlignCenter, words)
        painter.drawText(QRectF(places.figure - 10, 0, FIGURE + 10, HEAD), RIGHT, tr("difference"))
        painter.setPen(QPen(palette.color("line"), 1))
        painter.drawLine(0, HEAD - 1, self.width(), HEAD - 1)
        painter.end()
