"""Source text, painted: line numbers, colours, the current line and the exact expression. Only what can be seen is
laid out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from tapeview.ui import theme
from tapeview.views.highlight import Piece
from tapeview.views.source_model import Mark

LINE_HEIGHT = 20
TOP = 6
GAP = 12
PHASE_ROLES = {"forward": "accent", "backward": "grad", "update": "watch", "selected": "accent"}


class CodeView(QAbstractScrollArea):
    """Shows lines of code. ``lineClicked`` and ``lineActivated`` (double click) carry a line number from 1."""

    lineClicked = Signal(int)
    lineActivated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[str] = [""]
        self._pieces: Sequence[Sequence[Piece]] = ()
        self._mark = Mark()
        self._with_ops: frozenset[int] = frozenset()
        self._layouts: OrderedDict[int, QTextLayout] = OrderedDict()
        self._font = theme.mono_font(12)
        self._small = theme.mono_font(11)
        self._widest = 0.0
        self._hover = 0
        self._anchor: tuple[int, int] | None = None
        self._end: tuple[int, int] | None = None
        self._dragged = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        theme.current().changed.connect(self._recolor)

    # -- what is shown -------------------------------------------------------------------------------------------------

    def set_text(self, text: str) -> None:
        self._lines = text.split("\n")
        self._pieces, self._anchor, self._end, self._hover = (), None, None, 0
        self._layouts.clear()
        longest = max(self._lines, key=len)
        self._widest = QFontMetricsF(self._font).horizontalAdvance(longest.replace("\t", "        ")[:2000])
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(0)
        self._fit_bars()
        self.viewport().update()

    def set_pieces(self, pieces: Sequence[Sequence[Piece]]) -> None:
        self._pieces = pieces
        self._layouts.clear()
        self.viewport().update()

    def set_lines_with_ops(self, lines: frozenset[int]) -> None:
        self._with_ops = lines
        self.viewport().update()

    def set_mark(self, mark: Mark) -> None:
        """Light a line and an expression, and bring them into view."""
        self._mark = mark
        if mark.line:
            self.reveal(mark.line)
            self._reveal_columns(mark)
            words = self._lines[mark.line - 1].strip() if mark.line <= len(self._lines) else ""
            self.setAccessibleDescription(f"{mark.line}: {words}")
        self.viewport().update()

    def mark(self) -> Mark:
        return self._mark

    def reveal(self, line: int) -> None:
        """Bring a line into view; one that is out of sight goes a third down from the top."""
        bar, height = self.verticalScrollBar(), self.viewport().height()
        top = TOP + (line - 1) * LINE_HEIGHT
        if not bar.value() + LINE_HEIGHT <= top <= bar.value() + height - 3 * LINE_HEIGHT:
            bar.setValue(max(0, top - height // 3))

    def expression_rects(self) -> list[QRectF]:
        """Where the lit expression is drawn, in the viewport's coordinates."""
        return [self._span_rect(line, start, end) for line, start, end in self._mark.spans if line <= len(self._lines)]

    def line_at(self, y: float) -> int:
        """The line (from 1) at a height of the viewport; 0 outside the text."""
        line = int((y + self.verticalScrollBar().value() - TOP) // LINE_HEIGHT) + 1
        return line if 1 <= line <= len(self._lines) else 0

    # -- painting ------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = theme.current().palette
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = self.viewport().width(), self.viewport().height()
        painter.fillRect(event.rect(), palette.color("code"))
        offset = self.verticalScrollBar().value()
        first = max(0, (offset - TOP) // LINE_HEIGHT)
        last = min(len(self._lines), (offset + height - TOP) // LINE_HEIGHT + 1)
        gutter = self._gutter()
        mark = self._mark
        for index in range(first, last):
            line, top = index + 1, TOP + index * LINE_HEIGHT - offset
            if line == mark.line:
                painter.fillRect(QRectF(0, top, width, LINE_HEIGHT), palette.color("hl"))
            elif line in mark.callers:
                painter.fillRect(QRectF(0, top, width, LINE_HEIGHT), palette.color("hl", 0.4))
            elif line == self._hover and line in self._with_ops:
                painter.fillRect(QRectF(0, top, width, LINE_HEIGHT), palette.color("hover"))
        painter.setClipRect(QRectF(gutter - 4, 0, width, height))
        role = PHASE_ROLES.get(mark.phase, "accent")
        for rect in self.expression_rects():
            painter.setBrush(palette.color("gradbg" if role == "grad" else f"{role}bg"))
            painter.setPen(QPen(palette.color(role), 1.5))
            painter.drawRoundedRect(rect, 4, 4)
        self._paint_selection(painter, first, last)
        painter.setPen(palette.color("text"))
        left = gutter - self.horizontalScrollBar().value()
        for index in range(first, last):
            layout = self._layout(index)
            top = TOP + index * LINE_HEIGHT - offset
            layout.draw(painter, QPointF(left, top + (LINE_HEIGHT - layout.boundingRect().height()) / 2))
        painter.setClipping(False)
        painter.setFont(self._small)
        for index in range(first, last):
            line, top = index + 1, TOP + index * LINE_HEIGHT - offset
            painter.setPen(palette.color("text" if line == mark.line else "faint"))
            area = QRectF(0, top, gutter - GAP - 4, LINE_HEIGHT)
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(line))
            if line in self._with_ops:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(palette.color("accent", 0.55))
                painter.drawRoundedRect(QRectF(gutter - GAP + 1, top + 6, 2.5, LINE_HEIGHT - 12), 1.2, 1.2)
        painter.end()

    def _paint_selection(self, painter: QPainter, first: int, last: int) -> None:
        chosen = self._selected()
        if chosen is None:
            return
        (start_line, start), (end_line, end) = chosen
        color = theme.current().palette.color("accent", 0.22)
        for index in range(max(first, start_line - 1), min(last, end_line)):
            begin = start if index == start_line - 1 else 0
            stop = end if index == end_line - 1 else len(self._lines[index])
            painter.fillRect(self._span_rect(index + 1, begin, stop).adjusted(2, -1, -2, 1), color)

    def _layout(self, index: int) -> QTextLayout:
        layout = self._layouts.get(index)
        if layout is not None:
            self._layouts.move_to_end(index)
            return layout
        layout = QTextLayout(self._lines[index], self._font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        option.setTabStopDistance(QFontMetricsF(self._font).horizontalAdvance(" ") * 8)
        layout.setTextOption(option)
        palette = theme.current().palette
        ranges = []
        for start, length, role in self._pieces[index] if index < len(self._pieces) else ():
            part = QTextLayout.FormatRange()
            part.start, part.length = start, length
            format = QTextCharFormat()
            format.setForeground(QColor(getattr(palette, role)))
            part.format = format
            ranges.append(part)
        layout.setFormats(ranges)
        layout.beginLayout()
        line = layout.createLine()
        if line.isValid():
            line.setLineWidth(1e7)
            line.setPosition(QPointF(0, 0))
        layout.endLayout()
        self._layouts[index] = layout
        while len(self._layouts) > 400:
            self._layouts.popitem(last=False)
        return layout

    def _column_x(self, index: int, column: int) -> float:
        line = self._layout(index).lineAt(0)
        if not line.isValid():
            return 0.0
        found = line.cursorToX(min(column, len(self._lines[index])))
        return float(found[0] if isinstance(found, tuple) else found)  # type: ignore[arg-type]

    def _span_rect(self, line: int, start: int, end: int) -> QRectF:
        left = self._gutter() - self.horizontalScrollBar().value()
        top = TOP + (line - 1) * LINE_HEIGHT - self.verticalScrollBar().value()
        x0, x1 = self._column_x(line - 1, start), self._column_x(line - 1, end)
        return QRectF(left + x0 - 2, top + 1.5, max(3.0, x1 - x0 + 4), LINE_HEIGHT - 3)

    def _gutter(self) -> float:
        digits = max(3, len(str(len(self._lines))))
        return 12 + digits * QFontMetricsF(self._small).horizontalAdvance("0") + GAP + 4

    def _reveal_columns(self, mark: Mark) -> None:
        if not mark.spans or mark.spans[0].line > len(self._lines):
            return
        line, start, end = mark.spans[0]
        bar, room = self.horizontalScrollBar(), self.viewport().width() - self._gutter() - 12
        x0, x1 = self._column_x(line - 1, start), self._column_x(line - 1, end)
        if x0 <= room * 0.75:
            bar.setValue(0)  # the beginnings of lines are worth more than the end of an expression
        elif x0 < bar.value() or min(x1, x0 + room) > bar.value() + room:
            bar.setValue(round(max(0.0, min(x0 - 24, x1 - room))))

    def _fit_bars(self) -> None:
        page = self.viewport().size()
        total = TOP * 2 + len(self._lines) * LINE_HEIGHT
        self.verticalScrollBar().setRange(0, max(0, total - page.height()))
        self.verticalScrollBar().setPageStep(page.height())
        self.verticalScrollBar().setSingleStep(LINE_HEIGHT * 3)
        self.horizontalScrollBar().setRange(0, max(0, round(self._gutter() + self._widest + 24) - page.width()))
        self.horizontalScrollBar().setPageStep(page.width())
        self.horizontalScrollBar().setSingleStep(24)

    def _recolor(self) -> None:
        self._layouts.clear()
        self.viewport().update()

    # -- mouse and keys ------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_bars()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._anchor, self._end, self._dragged = self._place(event.position()), None, False
            self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._anchor is not None:
            self._end = self._place(event.position())
            self._dragged = self._dragged or self._end != self._anchor
        line = self.line_at(event.position().y())
        hand = line in self._with_ops and not event.buttons()
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.IBeamCursor)
        if line != self._hover or event.buttons():
            self._hover = line
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        line = self.line_at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and not self._dragged and line:
            self.lineClicked.emit(line)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        line = self.line_at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and line:
            self.lineActivated.emit(line)

    def leaveEvent(self, event: object) -> None:
        self._hover = 0
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.selected_text())
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._anchor, self._end = (1, 0), (len(self._lines), len(self._lines[-1]))
            self.viewport().update()
        else:
            super().keyPressEvent(event)

    def selected_text(self) -> str:
        chosen = self._selected()
        if chosen is None:
            return ""
        (first, start), (last, end) = chosen
        if first == last:
            return self._lines[first - 1][start:end]
        middle = self._lines[first : last - 1]
        return "\n".join([self._lines[first - 1][start:], *middle, self._lines[last - 1][:end]])

    def _selected(self) -> tuple[tuple[int, int], tuple[int, int]] | None:
        if self._anchor is None or self._end is None or self._anchor == self._end:
            return None
        return min(self._anchor, self._end), max(self._anchor, self._end)

    def _place(self, point: QPointF) -> tuple[int, int]:
        line = int((point.y() + self.verticalScrollBar().value() - TOP) // LINE_HEIGHT) + 1
        line = max(1, min(line, len(self._lines)))
        layout = self._layout(line - 1).lineAt(0)
        x = point.x() + self.horizontalScrollBar().value() - self._gutter()
        return line, int(layout.xToCursor(x)) if layout.isValid() else 0
