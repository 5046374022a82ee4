"""The Gradient path dock: a bar for every hop of a gradient from the target to a variable, on a logarithmic scale."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.choice import Choice, Tick
from tapeview.ui.dock import Dock
from tapeview.ui.facts import dress
from tapeview.ui.painted_rows import PaintedRows, draw_text
from tapeview.ui.text import tr
from tapeview.views.path_model import PathModel

ROW, HEAD = 22, 20
NORM, FACTOR = 82, 62
"""Widths of the columns with numbers."""
TURN = 22
"""Width of the mark that leads the way through another sender."""


class PathBars(PaintedRows):
    """The stations, one below the other. A click, or Enter, moves the cursor to where that gradient was sent; a click
    on ⇄, or Space, leads the way through another one of several senders.
    """

    def __init__(self, model: PathModel) -> None:
        super().__init__()
        self._model = model
        self.setAccessibleName(tr("Gradient at every hop"))

    def sizeHint(self) -> QSize:
        return QSize(400, HEAD + ROW * len(self._model.rows) + 4)

    def refresh(self) -> None:
        """The model has changed."""
        self.setFixedHeight(self.sizeHint().height())
        current = self._model.current
        if current >= 0:
            self._focused = current
        self._focused = min(self._focused, len(self._model.rows) - 1)
        self.describe()
        self.update()

    def row_rect(self, row: int) -> QRectF:
        """Where a row is."""
        return QRectF(0, HEAD + ROW * row, self.width(), ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        rows, palette = self._model.rows, theme.current().palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), palette.color("panel"))
        if not rows:
            return
        names, senders = self.width() * 0.2, self.width() * 0.27
        left = 30 + names + senders
        room = max(40.0, self.width() - left - NORM - FACTOR - 12)
        self._scale(painter, left, room, len(rows))
        current = self._model.current
        shown = event.rect()
        first, last = max(0, (shown.top() - HEAD) // ROW), max(0, (shown.bottom() - HEAD) // ROW + 1)
        for place, row in enumerate(rows[first:last], first):
            area = self.row_rect(place)
            if place in (current, self._hovered):
                painter.fillRect(area, palette.color("gradbg" if place == current else "hover"))
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.setFont(theme.ui_font(11))
            painter.setPen(palette.color("faint"))
            painter.drawText(QRectF(6, area.top(), 20, ROW), middle | Qt.AlignmentFlag.AlignRight, str(place))
            painter.setFont(theme.mono_font(12))
            painter.setPen(palette.color("text"))
            draw_text(painter, QRectF(34, area.top(), names - 10, ROW), row.name)
            painter.setFont(theme.ui_font(11.5))
            painter.setPen(palette.color("muted"))
            draw_text(
                painter, QRectF(34 + names, area.top(), senders - 10 - (TURN if row.several else 0), ROW), row.sender
            )
            if row.several:
                painter.setPen(palette.color("accent"))
                painter.drawText(QRectF(left - TURN - 4, area.top(), TURN, ROW), Qt.AlignmentFlag.AlignCenter, "⇄")
            self._bar(painter, QRectF(left, area.top() + 5, room, ROW - 10), row.share, row.mark)
            painter.setFont(theme.mono_font(12))
            painter.setPen(palette.color("bad" if row.mark == "bad" else "grad"))
            right = Qt.AlignmentFlag.AlignRight | middle
            painter.drawText(QRectF(left + room, area.top(), NORM, ROW), right, row.norm)
            bold = theme.mono_font(12, QFont.Weight.Bold) if row.mark == "steepest" else theme.mono_font(12)
            painter.setFont(bold)
            painter.setPen(palette.color("text" if row.mark == "steepest" else "muted"))
            painter.drawText(QRectF(left + room + NORM, area.top(), FACTOR, ROW), right, row.factor)
            if row.mark == "steepest":
                painter.drawText(QRectF(self.width() - 13, area.top(), 12, ROW), middle, "◀")
            if self.hasFocus() and place == self._focused:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(palette.color("accent", 0.7), 1))
                painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _scale(self, painter: QPainter, left: float, room: float, rows: int) -> None:
        """Powers of ten above the bars, with thin lines down."""
        palette, model = theme.current().palette, self._model
        painter.setFont(theme.ui_font(10.5))
        decades = model.high - model.low
        apart = max(1, -(-decades * 44 // max(1, int(room))))
        for power in range(model.low, model.high + 1, apart):
            x = left + room * (power - model.low) / decades
            painter.setPen(QPen(palette.color("line"), 1))
            painter.drawLine(round(x), HEAD - 2, round(x), HEAD + ROW * rows)
            painter.setPen(palette.color("muted"))
            text = "1" if power == 0 else f"1e{power}"
            painter.drawText(QRectF(x - 30, 2, 60, HEAD - 4), Qt.AlignmentFlag.AlignCenter, text)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(left + room, 2, NORM, HEAD - 4), right, "‖g‖")
        painter.drawText(QRectF(left + room + NORM, 2, FACTOR, HEAD - 4), right, tr("factor"))

    def _bar(self, painter: QPainter, area: QRectF, share: float, mark: str) -> None:
        """As long as the norm is large; hatched where it is not known, a cross where it is not a number."""
        palette = theme.current().palette
        if mark in ("bad", "unknown"):
            painter.setPen(QPen(palette.color("bad" if mark == "bad" else "none"), 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0, 0, -1, 0), 3, 3)
            painter.setFont(theme.ui_font(10.5))
            painter.drawText(area.adjusted(6, -3, 0, 3), Qt.AlignmentFlag.AlignVCenter, "✕" if mark == "bad" else "?")
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color("grad", 1.0 if mark == "steepest" else 0.62))
        painter.drawRoundedRect(QRectF(area.left(), area.top(), max(2.0, area.width() * share), area.height()), 3, 3)

    def row_at(self, y: float) -> int:
        """The row at a height, -1 for none."""
        row = int((y - HEAD) // ROW)
        return row if y >= HEAD and row < len(self._model.rows) else -1

    def words(self) -> list[str]:
        """What each row says to who does not see it."""
        return [row.words for row in self._model.rows]

    def activate(self, row: int) -> None:
        """Moves the cursor to where that gradient was sent."""
        if row >= 0:
            self._focused = row
            self._model.go(row)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row, left = self.row_at(event.position().y()), 30 + self.width() * 0.47
        if row >= 0 and self._model.rows[row].several and left - TURN - 8 <= event.position().x() <= left:
            self._focused = row
            self._model.turn(row)
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.modifiers():
            self._model.turn(self._focused)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        return self.tell(event) if isinstance(event, QHelpEvent) else super().event(event)


class PathDock(Dock):
    """The choice of the variable, what the way comes to, and its hops."""

    def __init__(self, model: PathModel) -> None:
        super().__init__("path", tr("Gradient path"))
        self._model = model
        self.variables = Choice(tr("To the variable"))
        self.variables.activated.connect(model.choose)
        self.longest = Tick(tr("the longest way"))
        self.longest.setToolTip(
            tr("To the use that got its gradient last: of a recurrent layer's weight the first one")
        )
        self.longest.toggled.connect(model.take_longest)
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setTextFormat(Qt.TextFormat.RichText)
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.verdict.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.bars = PathBars(model)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(8)
        self._to = QLabel(tr("from the target to"))
        row.addWidget(self._to)
        row.addWidget(self.variables)
        row.addWidget(self.longest)
        row.addStretch(1)
        column.addLayout(row)
        # The sentence scrolls with the bars: a dock of a few lines must not grow for it.
        page = QWidget()
        page.setObjectName("dockBody")
        inside = QVBoxLayout(page)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(6)
        inside.addWidget(self.verdict)
        inside.addWidget(self.bars)
        inside.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(page)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(self._scroll, 1)
        self.set_body(body)
        theme.current().changed.connect(self._changed)
        self.on_dispose(model.changed.connect(self._changed), model.dispose)
        self._changed()

    def _changed(self) -> None:
        self.later("all", self.refresh)

    def refresh(self) -> None:
        """Show the model's way."""
        model, palette = self._model, theme.current().palette
        names = [choice.name for choice in model.choices]
        if names != [self.variables.itemText(i) for i in range(self.variables.count())]:
            self.variables.clear()
            self.variables.addItems(names)
        self.variables.setCurrentIndex(model.chosen)
        for widget in (self._to, self.variables, self.longest):
            widget.setVisible(bool(names))
        dress(self._to, f"color: {palette.muted}")
        role = {"ok": palette.ok, "warning": palette.n, "error": palette.bad}.get(model.level, palette.text)
        word = f"<b style='color:{role}'>{escape(model.verdict)}.</b> " if model.verdict else ""
        self.verdict.setText(f"{word}{escape(model.text)}")
        self.bars.refresh()
        current = model.current
        if current >= 0:
            middle = self.bars.y() + round(self.bars.row_rect(current).center().y())
            self._scroll.ensureVisible(0, middle, 0, ROW)
