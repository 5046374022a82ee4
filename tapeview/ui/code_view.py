"""Source text, painted: line numbers, breakpoints, colours, the current line and the exact expression, a note below a
line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetricsF,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QToolTip, QWidget

from tapeview.ui import code_gutter, theme
from tapeview.ui.code_text import GAP, LINE_HEIGHT, NOTE_FLAGS, CodeText
from tapeview.ui.facts import breakable
from tapeview.ui.text import tr
from tapeview.views.gutter import GutterMark
from tapeview.views.highlight import Piece
from tapeview.views.source_model import Mark

PHASE_ROLES = {"forward": "accent", "backward": "grad", "update": "watch", "selected": "accent"}


class CodeView(CodeText):
    """Shows lines of code. Signals carry a line number from 1: ``lineClicked``, ``lineActivated`` (double click),
    ``gutterClicked`` (left of the numbers); ``menuWanted`` also where on the screen; ``noteClicked`` carries nothing.
    """

    lineClicked = Signal(int)
    lineActivated = Signal(int)
    gutterClicked = Signal(int)
    menuWanted = Signal(int, QPoint)
    noteClicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark = Mark()
        self._with_ops: frozenset[int] = frozenset()
        self._breakpoints: Mapping[int, GutterMark] = {}
        self._paused = 0
        self._hover = 0
        self._over_gutter = False
        self._caret = 0
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
        self._pieces, self._anchor, self._end, self._hover, self._caret = (), None, None, 0, 0
        self._layouts.clear()
        longest = max(self._lines, key=len)
        self._widest = QFontMetricsF(self._font).horizontalAdvance(longest.replace("\t", "        ")[:2000])
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(0)
        self._fit_note()
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
        if mark.line != self._mark.line:
            self._caret = 0
        self._mark = mark
        if mark.line:
            self.reveal(mark.line)
            self._reveal_columns(mark)
            self._describe()
        self.viewport().update()

    def mark(self) -> Mark:
        return self._mark

    def set_breakpoints(self, marks: Mapping[int, GutterMark]) -> None:
        """Show breakpoints beside these lines (from 1)."""
        if marks != self._breakpoints:
            self._breakpoints = dict(marks)
            self.viewport().update()

    def breakpoints(self) -> Mapping[int, GutterMark]:
        """What is shown beside the lines."""
        return self._breakpoints

    def set_paused(self, line: int) -> None:
        """Show the arrow of the paused line; 0: nowhere."""
        if line != self._paused:
            self._paused = line
            self._describe()
            self.viewport().update()

    def paused(self) -> int:
        """The line with the arrow; 0 if none has it."""
        return self._paused

    def set_note(self, line: int, words: str) -> None:
        """Show a sentence below a line; "" shows none."""
        words = breakable(words)
        if (line, words) != self._note:
            self._note = (line, words)
            self._fit_note()
            if words:
                self.reveal(line)
            self._describe()
            self.viewport().update()

    def current_line(self) -> int:
        """The line keys are about: the one picked last by mouse or arrow keys, else the lit one; 0 without either."""
        return self._caret or self._mark.line

    def set_current_line(self, line: int) -> None:
        """Pick a line; brought into range."""
        self._caret = max(1, min(line, len(self._lines)))
        self.reveal(self._caret)
        self._describe()
        self.viewport().update()

    def expression_rects(self) -> list[QRectF]:
        """Where the lit expression is drawn, in the viewport's coordinates."""
        return [self._span_rect(line, start, end) for line, start, end in self._mark.spans if line <= len(self._lines)]

    # -- painting ------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = theme.current().palette
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = self.viewport().width(), self.viewport().height()
        painter.fillRect(event.rect(), palette.color("code"))
        seen, gutter, mark = self._seen(), self._gutter(), self._mark
        for index in seen:
            line, top = index + 1, self.line_top(index + 1)
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
        self._paint_selection(painter, seen)
        painter.setPen(palette.color("text"))
        left = gutter - self.horizontalScrollBar().value()
        for index in seen:
            layout = self._layout(index)
            top = self.line_top(index + 1)
            layout.draw(painter, QPointF(left, top + (LINE_HEIGHT - layout.boundingRect().height()) / 2))
        painter.setClipping(False)
        for index in seen:
            self._paint_gutter(painter, index + 1, gutter)
        note = self.note_rect()
        if not note.isEmpty():
            code_gutter.paint_note(painter, note, self._note[1], NOTE_FLAGS)
        painter.end()

    def _paint_gutter(self, painter: QPainter, line: int, gutter: float) -> None:
        palette, top, mark = theme.current().palette, self.line_top(line), self._mark
        found = self._breakpoints.get(line)
        if found is not None:
            code_gutter.paint_mark(painter, found, top, LINE_HEIGHT, line == self._paused)
        elif line == self._hover and self._over_gutter:
            code_gutter.paint_hint(painter, top, LINE_HEIGHT)
        if line == self._paused:
            filled = found is not None and found.state == "on" and found.shape != "log"
            code_gutter.paint_arrow(painter, top, LINE_HEIGHT, filled, "bad" if line == self._note[0] else "ok")
        picked = line == self._caret
        if picked and self.hasFocus():
            painter.setPen(QPen(palette.color("accent", 0.7), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            area = QRectF(code_gutter.WIDTH - 1.5, top + 1.5, gutter - GAP - code_gutter.WIDTH + 1, LINE_HEIGHT - 3)
            painter.drawRoundedRect(area, 3, 3)
        painter.setFont(self._small)
        painter.setPen(palette.color("accent" if picked else "text" if line == mark.line else "faint"))
        area = QRectF(0, top, gutter - GAP - 4, LINE_HEIGHT)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(line))
        if line in self._with_ops:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color("accent", 0.55))
            painter.drawRoundedRect(QRectF(gutter - GAP + 1, top + 6, 2.5, LINE_HEIGHT - 12), 1.2, 1.2)

    def _paint_selection(self, painter: QPainter, seen: range) -> None:
        chosen = self._selected()
        if chosen is None:
            return
        (start_line, start), (end_line, end) = chosen
        color = theme.current().palette.color("accent", 0.22)
        for index in range(max(seen.start, start_line - 1), min(seen.stop, end_line)):
            begin = start if index == start_line - 1 else 0
            stop = end if index == end_line - 1 else len(self._lines[index])
            painter.fillRect(self._span_rect(index + 1, begin, stop).adjusted(2, -1, -2, 1), color)

    def _recolor(self) -> None:
        self._layouts.clear()
        self.viewport().update()

    def _describe(self) -> None:
        """Say to those who hear the window what the line is."""
        line = self.current_line()
        if not 1 <= line <= len(self._lines):
            return
        words = [f"{line}: {self._lines[line - 1].strip()}"]
        if line == self._paused:
            words.append(tr("paused here"))
        if line in self._breakpoints:
            words.append(self._breakpoints[line].tip or tr("breakpoint"))
        if line == self._note[0] and self._note[1]:
            words.append(self._note[1])
        self.setAccessibleDescription(", ".join(words))

    # -- mouse and keys ------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            place = self._place(event.position())
            self._dragged = self._in_gutter(event.position())
            self._anchor, self._end = (None if self._dragged else place), None
            self._caret = place[0]
            self._describe()
            self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._anchor is not None:
            self._end = self._place(event.position())
            self._dragged = self._dragged or self._end != self._anchor
        line, gutter = self.line_at(event.position().y()), self._in_gutter(event.position())
        hand = gutter or (line in self._with_ops and not event.buttons()) or self.note_rect().contains(event.position())
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.IBeamCursor)
        if (line, gutter) != (self._hover, self._over_gutter) or event.buttons():
            self._hover, self._over_gutter = line, gutter
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        line = self.line_at(event.position().y())
        if self._in_gutter(event.position()):
            if line and self._anchor is None:
                self.gutterClicked.emit(line)
        elif self._dragged:
            return
        elif self.note_rect().contains(event.position()):
            self.noteClicked.emit()
        elif line:
            self.lineClicked.emit(line)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        line = self.line_at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and line and not self._in_gutter(event.position()):
            self.lineActivated.emit(line)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            line = self.current_line()
            top = self.line_top(line) + LINE_HEIGHT
            place = self.viewport().mapToGlobal(QPoint(round(self._gutter()), round(top)))
        else:
            line, place = self.line_at(event.pos().y()), event.globalPos()
        if 1 <= line <= len(self._lines):
            self._caret = line
            self.viewport().update()
            self.menuWanted.emit(line, place)

    def leaveEvent(self, event: object) -> None:
        self._hover, self._over_gutter = 0, False
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            point = QPointF(event.pos())
            line = self.line_at(point.y())
            tip = ""
            if self._in_gutter(point) and line:
                found = self._breakpoints.get(line)
                tip = found.tip if found is not None else tr("Click to stop at this line  F9")
            elif self.note_rect().contains(point):
                tip = self._note[1]
            QToolTip.showText(event.globalPos(), tip, self.viewport())
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.selected_text())
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._anchor, self._end = (1, 0), (len(self._lines), len(self._lines[-1]))
            self.viewport().update()
        elif event.key() in moves and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.set_current_line(self.current_line() + moves[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and self.current_line():
            self.lineClicked.emit(self.current_line())
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

    def _in_gutter(self, point: QPointF) -> bool:
        return point.x() < self._gutter() - GAP
