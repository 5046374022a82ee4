"""The Inspector's table of who sent a gradient: norm, share of all, direction, and the sum as it grows."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QMenu, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.facts import breakable, show_if
from tapeview.ui.painted_rows import PaintedRows
from tapeview.ui.text import tr
from tapeview.views.senders import SenderRow, Senders

ROW = 40


class SenderRows(PaintedRows):
    """The senders, two lines each. ``chosen`` carries the position of the one clicked."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[SenderRow, ...] = ()
        self.offer: Callable[[QMenu, int], None] | None = None
        """Adds to a menu what others offer for the op that sent at a position."""
        theme.current().changed.connect(self.update)

    def show_rows(self, rows: tuple[SenderRow, ...], name: str) -> None:
        """Replace the rows."""
        self._rows = rows
        self._focused = min(max(self._focused, 0), len(rows) - 1)
        self.setFixedHeight(ROW * len(rows))
        self.setAccessibleName(name)
        self.describe()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, ROW * len(self._rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette = QPainter(self), theme.current().palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for place, row in enumerate(self._rows):
            area = QRectF(0, ROW * place, self.width(), ROW)
            painter.setOpacity(1.0)
            if place == self._hovered:
                painter.fillRect(area, palette.color("hover"))
            painter.setOpacity(0.5 if row.later else 1.0)
            upper = QRectF(4, area.top() + 2, area.width() - 8, 18)
            lower = QRectF(4, area.top() + 20, area.width() - 8, 16)
            painter.setFont(theme.mono_font(12))
            painter.setPen(palette.color("grad"))
            wide = painter.fontMetrics().horizontalAdvance(row.norm)
            painter.drawText(upper, right, row.norm)
            painter.setFont(theme.ui_font(12))
            painter.setPen(palette.color("text"))
            room = int(upper.width()) - wide - 10
            name = painter.fontMetrics().elidedText(row.name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(upper, middle, name)
            bar = QRectF(lower.left(), lower.top() + 4, lower.width() * 0.26, 7)
            self._share(painter, bar, row)
            painter.setFont(theme.ui_font(11))
            painter.setPen(palette.color("muted"))
            painter.drawText(QRectF(bar.right() + 6, lower.top(), 44, 16), middle, row.share_text)
            against = row.cosine < 0
            painter.setPen(palette.color("bad" if against else "muted"))
            painter.drawText(QRectF(bar.right() + 44, lower.top(), 110, 16), middle, row.cosine_text)
            painter.setPen(palette.color("muted"))
            running = tr("later") if row.later else row.running
            painter.drawText(lower, right, running)
            painter.setOpacity(1.0)
            painter.setPen(QPen(palette.color("line"), 1))
            painter.drawLine(area.bottomLeft(), area.bottomRight())
            if self.hasFocus() and place == self._focused:
                painter.setPen(QPen(palette.color("accent", 0.6), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        painter.end()

    @staticmethod
    def _share(painter: QPainter, area: QRectF, row: SenderRow) -> None:
        palette = theme.current().palette
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color("const"))
        painter.drawRoundedRect(area, 3, 3)
        if row.share >= 0:
            painter.setBrush(palette.color("grad", 0.75))
            painter.drawRoundedRect(
                QRectF(area.left(), area.top(), max(2.0, area.width() * row.share), area.height()), 3, 3
            )

    def row_at(self, y: float) -> int:
        """The row at a height, -1 for none."""
        row = int(y // ROW)
        return row if 0 <= row < len(self._rows) else -1

    def words(self) -> list[str]:
        """What each row says to who does not see it."""
        return [row.words for row in self._rows]

    def activate(self, row: int) -> None:
        """Tells where the row's gradient was sent."""
        if 0 <= row < len(self._rows) and self._rows[row].position >= 0:
            self._focused = row
            self.chosen.emit(self._rows[row].position)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        row = self._focused if by_key else self.row_at(event.pos().y())
        if not 0 <= row < len(self._rows) or self._rows[row].position < 0 or self.offer is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Move the cursor here"), lambda: self.activate(row))
        self.offer(menu, self._rows[row].position)
        menu.popup(self.mapToGlobal(QPoint(20, ROW * row + ROW // 2)) if by_key else event.globalPos())


class SendersTable(QWidget):
    """One table with its heading and, below it, what is not known. ``chosen`` carries a position."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.heading, self.note = QLabel(), QLabel()
        for label in (self.heading, self.note):
            label.setWordWrap(True)
            label.setMinimumWidth(1)
            label.setTextFormat(Qt.TextFormat.RichText)
        self.rows = SenderRows()
        self.rows.chosen.connect(self.chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        for widget in (self.heading, self.rows, self.note):
            column.addWidget(widget)

    def show_senders(self, senders: Senders) -> None:
        """Replace the table."""
        muted = theme.current().palette.muted
        self.heading.setText(
            f"<div style='font-size:12px; font-weight:600'>{escape(breakable(senders.title))}</div>"
            f"<div style='font-size:12px; color:{muted}'>{escape(breakable(senders.text))}</div>"
        )
        self.rows.show_rows(senders.rows, senders.title)
        self.note.setText(f"<span style='font-size:12px; color:{muted}'>{escape(breakable(senders.note))}</span>")
        show_if(self.note, bool(senders.note))
