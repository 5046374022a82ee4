"""Where the lines of a source text stand: heights, columns, scroll bars. Only what can be seen is laid out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QResizeEvent, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from tapeview.ui import code_gutter, theme
from tapeview.views.highlight import Piece
from tapeview.views.source_model import Mark

LINE_HEIGHT = 20
TOP = 6
GAP = 12
NOTE_LINES = 4
"""A note below a line is as high as its words need, but not higher than so many lines of them."""
NOTE_FLAGS = Qt.TextFlag.TextWordWrap


class CodeText(QAbstractScrollArea):
    """Lines of code without anything painted: the part of ``CodeView`` that knows geometry."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[str] = [""]
        self._pieces: Sequence[Sequence[Piece]] = ()
        self._layouts: OrderedDict[int, QTextLayout] = OrderedDict()
        self._font = theme.mono_font(12)
        self._small = theme.mono_font(11)
        self._widest = 0.0
        self._note: tuple[int, str] = (0, "")
        self._note_height = 0

    # -- lines ---------------------------------------------------------------------------------------------------------

    def line_at(self, y: float) -> int:
        """The line (from 1) at a height of the viewport; 0 outside the text and on the note below a line."""
        place = y + self.verticalScrollBar().value() - TOP
        line = int(place // LINE_HEIGHT) + 1
        after = self._note[0]
        if self._note_height and line > after:
            if place < after * LINE_HEIGHT + self._note_height:
                return 0
            line = int((place - self._note_height) // LINE_HEIGHT) + 1
        return line if 1 <= line <= len(self._lines) else 0

    def line_top(self, line: int) -> float:
        """Where a line (from 1) begins, in the viewport's coordinates."""
        return self._place_of(line) - self.verticalScrollBar().value()

    def reveal(self, line: int) -> None:
        """Bring a line into view; one that is out of sight goes a third down from the top."""
        bar, height = self.verticalScrollBar(), self.viewport().height()
        top = self._place_of(line)
        room = 3 * LINE_HEIGHT + (self._note_height if line == self._note[0] else 0)
        if not bar.value() + LINE_HEIGHT <= top <= bar.value() + height - room:
            bar.setValue(max(0, top - height // 3))

    def note_rect(self) -> QRectF:
        """Where the note below a line is, in the viewport's coordinates; empty without a note."""
        line = self._note[0]
        if not self._note_height or not 1 <= line <= len(self._lines):
            return QRectF()
        left = self._gutter() - 6
        top = self.line_top(line) + LINE_HEIGHT + 1
        return QRectF(left, top, max(40.0, self.viewport().width() - left - 10), self._note_height - 5)

    def _place_of(self, line: int) -> int:
        return TOP + (line - 1) * LINE_HEIGHT + (self._note_height if line > self._note[0] else 0)

    def _seen(self) -> range:
        """The places (from 0) of the lines that can be seen."""
        height = self.viewport().height()
        offset = self.verticalScrollBar().value()
        first = max(0, (offset - TOP - self._note_height) // LINE_HEIGHT)
        return range(first, max(first, min(len(self._lines), (offset + height - TOP) // LINE_HEIGHT + 1)))

    def _fit_note(self) -> None:
        line, words = self._note
        before = self._note_height
        if not words or not 1 <= line <= len(self._lines):
            self._note_height = 0
        else:
            metrics = QFontMetricsF(theme.ui_font(12))
            width = max(40, round(self.viewport().width() - self._gutter() - 23))
            area = metrics.boundingRect(QRect(0, 0, width, 10_000), NOTE_FLAGS, words)
            most = NOTE_LINES * metrics.lineSpacing()
            self._note_height = round(min(area.height(), most)) + 15
        if self._note_height != before:
            self._fit_bars()

    # -- columns -------------------------------------------------------------------------------------------------------

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
        x0, x1 = self._column_x(line - 1, start), self._column_x(line - 1, end)
        return QRectF(left + x0 - 2, self.line_top(line) + 1.5, max(3.0, x1 - x0 + 4), LINE_HEIGHT - 3)

    def _gutter(self) -> float:
        digits = max(3, len(str(len(self._lines))))
        return code_gutter.WIDTH + digits * QFontMetricsF(self._small).horizontalAdvance("0") + GAP + 4

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

    def _place(self, point: QPointF) -> tuple[int, int]:
        """Line and column (in characters) nearest to a point of the viewport."""
        line = self.line_at(point.y())
        if not line:
            line = self._note[0] if self.note_rect().contains(point) else 1 if point.y() < TOP else len(self._lines)
        layout = self._layout(line - 1).lineAt(0)
        x = point.x() + self.horizontalScrollBar().value() - self._gutter()
        return line, int(layout.xToCursor(x)) if layout.isValid() else 0

    # -- scroll bars ---------------------------------------------------------------------------------------------------

    def _fit_bars(self) -> None:
        page = self.viewport().size()
        total = TOP * 2 + len(self._lines) * LINE_HEIGHT + self._note_height
        self.verticalScrollBar().setRange(0, max(0, total - page.height()))
        self.verticalScrollBar().setPageStep(page.height())
        self.verticalScrollBar().setSingleStep(LINE_HEIGHT * 3)
        self.horizontalScrollBar().setRange(0, max(0, round(self._gutter() + self._widest + 24) - page.width()))
        self.horizontalScrollBar().setPageStep(page.width())
        self.horizontalScrollBar().setSingleStep(24)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_note()
        self._fit_bars()
