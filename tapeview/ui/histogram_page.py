"""The histograms page of the Plots dock: steps × values as shades, and the histogram at the cursor beside it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from tapeview.ui import theme
from tapeview.ui.choice import Choice
from tapeview.ui.dock import Elided
from tapeview.ui.facts import show_if
from tapeview.ui.text import tr
from tapeview.views.histograms_model import HistogramsModel
from tapeview.views.numbers import number
from tapeview.views.spread import KINDS, Spread

LEFT, BOTTOM, TOP, GAP, SIDE = 58, 20, 6, 14, 150
ROLES = {"weights": "watch", "gradients": "grad", "activations": "accent"}
CENTRE = Qt.AlignmentFlag.AlignCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class SpreadView(QWidget):
    """Paints a `Spread`: the darker, the more elements. ``clicked`` carries a training step (from 0)."""

    clicked = Signal(int)

    def __init__(self, model: HistogramsModel) -> None:
        super().__init__()
        self._model = model
        self.setMinimumHeight(60)
        self.setAccessibleName(tr("Histograms over the training steps"))
        theme.current().changed.connect(self.update)

    def _area(self) -> QRectF:
        """Where the shades are."""
        side = SIDE if self.width() > 420 else 0
        return QRectF(LEFT, TOP, max(10, self.width() - LEFT - side - GAP), max(10, self.height() - TOP - BOTTOM))

    def _span(self, spread: Spread) -> tuple[float, float]:
        """The first and the last step of the axis, counted from 0."""
        first, last = float(spread.steps[0]), float(max(spread.steps[-1], self._model.step))
        return (first, last) if last > first else (first - 0.5, first + 0.5)

    def _step_at(self, x: float) -> int:
        spread = self._model.spread
        if spread is None:
            return -1
        first, last = self._span(spread)
        area = self._area()
        return (
            round(first + (x - area.left()) / area.width() * (last - first)) if area.left() <= x <= area.right() else -1
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        step = self._step_at(event.position().x())
        if step >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(step)

    def event(self, event: QEvent) -> bool:
        spread = self._model.spread
        if isinstance(event, QHelpEvent) and spread is not None:
            step, area = self._step_at(event.pos().x()), self._area()
            bins = len(spread.edges) - 1
            row = int((area.bottom() - event.pos().y()) / area.height() * bins)
            if step >= 0 and 0 <= row < bins:
                column = spread.column(step)
                low, high = (number(float(edge), 3) for edge in spread.edges[row : row + 2])
                words = tr("step {step}: {share:.1%} between {low} and {high}").format(
                    step=int(spread.steps[column]) + 1,
                    share=float(spread.counts[column, row] / max(1, spread.counts[column].sum())), low=low, high=high
                )  # fmt: skip
                QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        model, palette = self._model, theme.current().palette
        spread = model.spread
        if spread is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area, ink = self._area(), palette.color(ROLES[model.kind])
        painter.drawImage(area, self._image(spread, int(area.width() * self.devicePixelRatioF()), ink))
        painter.setPen(QPen(palette.color("line"), 1))
        painter.drawRect(area)
        self._paint_axes(painter, spread, area)
        first, last = self._span(spread)
        x = area.left() + (model.step - first) / (last - first) * area.width()
        if area.left() - 1 <= x <= area.right() + 1:
            painter.setPen(QPen(palette.color("text"), 1.2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        if self.width() > 420:
            self._paint_bars(painter, spread, area, ink)
        painter.end()

    def _image(self, spread: Spread, width: int, ink: QColor) -> QImage:
        """One pixel wide columns, each with the shades of the last step that is not behind it."""
        first, last = self._span(spread)
        at = np.linspace(first, last, max(2, width))
        columns = np.clip(np.searchsorted(spread.steps, at + 1e-9, side="right") - 1, 0, None)
        most = np.maximum(1, spread.counts.max(axis=1, keepdims=True))
        known = at - spread.steps[columns] <= spread.reach()
        shade = (np.sqrt(spread.counts / most)[columns] * known[:, None]).T[::-1, :, None].astype(np.float32)
        panel = theme.current().palette.color("panel")
        face = np.array([panel.red(), panel.green(), panel.blue()], np.float32)
        color = np.array([ink.red(), ink.green(), ink.blue()], np.float32)
        pixels = np.ascontiguousarray((face + (color - face) * shade * 0.92).astype(np.uint8))
        rows, wide = pixels.shape[:2]
        return QImage(pixels.tobytes(), wide, rows, wide * 3, QImage.Format.Format_RGB888).copy()

    def _paint_axes(self, painter: QPainter, spread: Spread, area: QRectF) -> None:
        palette = theme.current().palette
        low, high = float(spread.edges[0]), float(spread.edges[-1])
        painter.setFont(theme.ui_font(10.5))
        painter.setPen(palette.color("muted"))
        painter.drawText(QRectF(0, area.top() - 2, LEFT - 7, 14), RIGHT, number(high, 3))
        painter.drawText(QRectF(0, area.bottom() - 12, LEFT - 7, 14), RIGHT, number(low, 3))
        if low < 0 < high:
            y = area.bottom() + low / (high - low) * area.height()
            if area.top() + 18 < y < area.bottom() - 18:
                painter.drawText(QRectF(0, y - 7, LEFT - 7, 14), RIGHT, "0")
            painter.setPen(QPen(palette.color("muted", 0.5), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(palette.color("muted"))
        first, last = self._span(spread)
        below = QRectF(area.left(), area.bottom() + 3, area.width(), 15)
        if spread.steps[-1] > spread.steps[0] or last - first > 1:
            middle = round((first + last) / 2)
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft, tr("step {step}").format(step=round(first) + 1))
            if area.width() > 260 and last - first >= 4:
                painter.drawText(below, CENTRE, str(middle + 1))
            painter.drawText(below, Qt.AlignmentFlag.AlignRight, str(round(last) + 1))
        else:
            painter.drawText(below, CENTRE, tr("step {step}").format(step=int(spread.steps[0]) + 1))

    def _paint_bars(self, painter: QPainter, spread: Spread, area: QRectF, ink: QColor) -> None:
        found = self._model.at_cursor()
        if found is None:
            return
        step, counts = found
        palette, left = theme.current().palette, area.right() + GAP
        room, most, height = self.width() - left - 10, max(1, int(counts.max())), area.height() / len(counts)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        for place, count in enumerate(counts.tolist()):
            if count:
                bottom = area.bottom() - place * height
                painter.drawRect(
                    QRectF(left, bottom - height + 0.3, max(1.0, count / most * room), max(0.8, height - 0.6))
                )
        painter.setPen(QPen(palette.color("line"), 1))
        painter.drawLine(QPointF(left, area.top()), QPointF(left, area.bottom()))
        painter.setPen(palette.color("muted"))
        painter.drawText(QRectF(left, area.bottom() + 3, room, 15), Qt.AlignmentFlag.AlignLeft,
                         tr("step {step}").format(step=step + 1))  # fmt: skip


class HistogramPage(QWidget):
    """Binds the choice of what is shown, and the picture, to a ``HistogramsModel``."""

    def __init__(self, model: HistogramsModel) -> None:
        super().__init__()
        self._model = model
        self._seen = False
        names = {"weights": tr("Weights"), "gradients": tr("Gradients"), "activations": tr("Activations")}
        row = QHBoxLayout()
        row.setContentsMargins(14, 2, 12, 0)
        row.setSpacing(5)
        self._group = QButtonGroup(self)
        self.kinds: dict[str, QPushButton] = {}
        for kind in KINDS:
            chip = QPushButton(names[kind])
            chip.setObjectName("chip")
            chip.setCheckable(True)
            chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            chip.clicked.connect(lambda _checked=False, kind=kind: model.choose_kind(kind))
            self._group.addButton(chip)
            self.kinds[kind] = chip
            row.addWidget(chip)
        self.choice = Choice(tr("What is shown"))
        self.choice.setMinimumContentsLength(12)
        self.choice.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.choice.setMaxVisibleItems(24)
        self.note = Elided()
        self.note.setObjectName("dockNote")
        self.stop = QPushButton(tr("Stop"))
        self.stop.setObjectName("chip")
        self.stop.clicked.connect(model.cancel)
        row.addSpacing(6)
        row.addWidget(self.choice)
        row.addWidget(self.note, 1)
        row.addWidget(self.stop)
        self.view = SpreadView(model)
        self._nothing = QLabel()
        self._nothing.setObjectName("nothing")
        self._nothing.setAlignment(CENTRE)
        self._nothing.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        column.addWidget(self._nothing, 1)
        self.choice.activated.connect(lambda place: model.choose(model.choices[place][0]))
        self.view.clicked.connect(model.go_to)
        self._disconnect = model.changed.connect(self._changed)
        self.refresh()

    def set_seen(self, seen: bool) -> None:
        """Whether this page is the one that is shown."""
        self._seen = seen
        self._model.look(seen)
        if seen:
            self.refresh()

    def dispose(self) -> None:
        """Let go of the model."""
        self._disconnect()
        self._model.dispose()

    def csv(self) -> str:
        """What is shown, as a table."""
        return self._model.csv()

    def _changed(self) -> None:
        if self._seen:
            self.refresh()

    def refresh(self) -> None:
        """Show the model."""
        model = self._model
        for kind, chip in self.kinds.items():
            chip.setChecked(kind == model.kind)
        labels = [label for _, label in model.choices]
        if labels != [self.choice.itemText(place) for place in range(self.choice.count())]:
            self.choice.clear()
            self.choice.addItems(labels)
        chosen = next((place for place, (subject, _) in enumerate(model.choices) if subject == model.subject), -1)
        if self.choice.currentIndex() != chosen:
            self.choice.setCurrentIndex(chosen)
        show_if(self.choice, bool(labels))
        show_if(self.stop, model.busy)
        empty = model.spread is None
        self.note.set_text("" if empty else model.note)
        self._nothing.setText(model.note if empty else "")
        show_if(self.view, not empty)
        show_if(self._nothing, empty)
        self.view.update()
