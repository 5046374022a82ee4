"""Rows that a widget paints itself, with what all such rows have in common: the pointer, the arrow keys, Enter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget


class PaintedRows(QWidget):
    """A subclass paints the rows and says where they are, what they say and what a click or Enter does."""

    def __init__(self) -> None:
        super().__init__()
        self._focused = self._hovered = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def row_at(self, y: float) -> int:
        """The row at a height, -1 for none."""
        raise LookupError("rows are the subclass's")

    def words(self) -> list[str]:
        """What each row says to who does not see it."""
        raise LookupError("rows are the subclass's")

    def activate(self, row: int) -> None:
        """A row was clicked, or Enter pressed on it; -1 for none."""
        raise LookupError("rows are the subclass's")

    def count(self) -> int:
        """How many rows there are."""
        return len(self.words())

    def said(self, row: int) -> str:
        """What a row says to who does not see it."""
        return self.words()[row]

    def tell(self, event: QHelpEvent) -> bool:
        """Shows all that the row under the pointer says as its tip, for a subclass whose rows may be shortened."""
        row = self.row_at(event.pos().y())
        QToolTip.showText(event.globalPos(), self.said(row) if row >= 0 else "", self)
        return True

    def describe(self) -> None:
        """Tell assistive programs the row with the focus."""
        self.setAccessibleDescription(self.said(self._focused) if 0 <= self._focused < self.count() else "")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.activate(self.row_at(event.position().y()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = self.row_at(event.position().y())
        if row != self._hovered:
            self._hovered = row
            self.setCursor(Qt.CursorShape.PointingHandCursor if row >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event.key() in moves and not event.modifiers():
            self._focused = max(0, min(self._focused + moves[Qt.Key(event.key())], self.count() - 1))
            self.describe()
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.activate(self._focused)
        else:
            super().keyPressEvent(event)


def draw_text(
    painter: QPainter,
    area: QRectF,
    words: str,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignVCenter,
    mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> None:
    """Draw a text that is shortened where there is no room for it."""
    fitted = painter.fontMetrics().elidedText(words, mode, int(area.width()))
    painter.drawText(area, align, fitted)
