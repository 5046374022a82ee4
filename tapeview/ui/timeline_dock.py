"""The Timeline dock: two rows, each drawn in one go however many steps there are."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.dock import Dock
from tapeview.ui.text import tr
from tapeview.views.timeline_model import TimelineModel
from tapeview.views.workspace import Reasons

LEFT, RIGHT = 104, 14
LEVELS = ("note", "warning", "error")
STEP_ROW = QRectF(0, 6, 0, 22)
CHIP_ROW = QRectF(0, 35, 0, 20)
HEIGHT = 62
WIDEST_STEP = 10.0
WIDEST_CHIP = 104.0
ROLES = {"forward": ("accentbg", "accent"), "backward": ("gradbg", "grad"), "update": ("watchbg", "watch")}


class TimelineView(QWidget):
    """Paints the timeline; a press or a drag moves the cursor, the wheel too."""

    menuWanted = Signal(int, QPoint)  # for a training step, at a place of the screen

    def __init__(self, model: TimelineModel) -> None:
        super().__init__()
        self._model = model
        self._hover: tuple[str, int] = ("", -1)
        self._dragging = ""
        self._wheel = 0
        self._strips: dict[tuple[str, bool], tuple[tuple[object, ...], QPixmap]] = {}
        self._found: tuple[object, dict[int, str]] = ((), {})
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Timeline"))
        theme.current().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(600, HEIGHT)

    def refresh(self, reasons: Reasons) -> None:
        """Paint again; what did not change is taken from the picture of last time."""
        for key in list(self._strips):
            if key[0] in reasons:
                del self._strips[key]
        self.update()

    # -- where things are ----------------------------------------------------------------------------------------------

    def step_width(self) -> float:
        """Pixels per training step."""
        return min(WIDEST_STEP, self._room() / max(1, self._model.steps))

    def chip_width(self) -> float:
        """Pixels per position."""
        return min(WIDEST_CHIP, self._room() / max(1, len(self._model.chips)))

    def step_at(self, x: float) -> int:
        """The training step at a place, brought into range; -1 if there is none."""
        if not self._model.steps:
            return -1
        return max(0, min(int((x - LEFT) / self.step_width()), self._model.steps - 1))

    def position_at(self, x: float) -> int:
        """The position of the current step at a place, brought into range; -1 if there is none."""
        count = len(self._model.chips)
        return max(0, min(int((x - LEFT) / self.chip_width()), count - 1)) if count else -1

    def _room(self) -> float:
        return max(20.0, self.width() - LEFT - RIGHT)

    def _row_at(self, y: float) -> str:
        return "steps" if y < (STEP_ROW.bottom() + CHIP_ROW.top()) / 2 else "positions"

    # -- painting ------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette = QPainter(self), theme.current().palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), palette.color("panel"))
        painter.setFont(theme.ui_font(11))
        painter.setPen(palette.color("accent" if self.hasFocus() else "muted"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(12, STEP_ROW.top(), LEFT - 16, STEP_ROW.height()), middle, self._model.steps_title)
        painter.drawText(QRectF(12, CHIP_ROW.top(), LEFT - 16, CHIP_ROW.height()), middle, self._model.title)
        if self._model.steps:
            self._paint_steps(painter)
            self._paint_found(painter)
            self._paint_chips(painter)
            self._paint_edge(painter)
        else:
            painter.setPen(palette.color("faint"))
            text = tr("waiting for the first tape …") if self._model.running else tr("nothing recorded yet")
            painter.drawText(QRectF(LEFT, STEP_ROW.top(), 400, STEP_ROW.height()), middle, text)
        painter.end()

    def _paint_steps(self, painter: QPainter) -> None:
        model, palette, width = self._model, theme.current().palette, self.step_width()
        painter.setPen(Qt.PenStyle.NoPen)
        middle = STEP_ROW.center().y()
        done, ahead = palette.color("accent", 0.78), palette.color("accent", 0.28)
        if width < 2.0:
            # One stripe for what lies before the cursor, one for the rest; what was not kept whole is drawn lower.
            self._paint_stripes(painter, width, middle)
        else:
            gap = 0.8 if width < 4 else 1.4

            def ticks(strip: QPainter, later: bool) -> None:
                strip.setPen(Qt.PenStyle.NoPen)
                strip.setBrush(ahead if later else done)
                for step in range(model.steps):
                    height = {"all": 12.0, "small values": 9.0}.get(model.kept(step), 4.0)
                    strip.drawRect(QRectF(step * width, (STEP_ROW.height() - height) / 2, width - gap, height))

            self._paint_strips(painter, "steps", STEP_ROW, LEFT + (model.step + 1) * width - gap / 2, ticks)
        if self._hover[0] == "steps" and self._hover[1] >= 0:
            painter.setBrush(palette.color("text", 0.35))
            x = LEFT + (self._hover[1] + 0.5) * width
            painter.drawRect(QRectF(x - 0.75, STEP_ROW.top() + 1, 1.5, STEP_ROW.height() - 2))
        painter.setBrush(palette.color("text"))
        x = LEFT + (model.step + 0.5) * width
        painter.drawRoundedRect(QRectF(x - 1.25, STEP_ROW.top(), 2.5, STEP_ROW.height()), 1.2, 1.2)

    def _paint_stripes(self, painter: QPainter, width: float, middle: float) -> None:
        model, palette = self._model, theme.current().palette
        start = 0
        heights = {"all": 12.0, "small values": 9.0}
        room = int(self._room())
        per_pixel = max(1.0, model.steps / max(1, room))

        def flush(first: float, last: float, height: float, before: bool) -> None:
            painter.setBrush(palette.color("accent", 0.78 if before else 0.28))
            painter.drawRect(QRectF(LEFT + first * width, middle - height / 2, (last - first) * width, height))

        pixel, run = 0, (heights.get(model.kept(0), 4.0), True)
        while pixel <= room:
            step = int(pixel * per_pixel) if per_pixel > 1 else int(pixel / width)
            if step >= model.steps:
                break
            now = (heights.get(model.kept(step), 4.0), step <= model.step)
            if now != run:
                flush(start, step, *run)
                start, run = step, now
            pixel += 1
        flush(start, model.steps, *run)

    def _places_found(self) -> dict[int, str]:
        """The worst level at each pixel that has one; worked out again only when more was found."""
        model, width = self._model, self.step_width()
        key = (id(model.steps_found), width, len(model.steps_found))
        if self._found[0] != key:
            places: dict[int, str] = {}
            for step in model.steps_found:
                x, worst = int(LEFT + (step + 0.5) * width), model.found(step).worst
                if x not in places or LEVELS.index(worst) > LEVELS.index(places[x]):
                    places[x] = worst
            self._found = key, places
        return self._found[1]

    def _paint_found(self, painter: QPainter) -> None:
        """Below the steps in which something was found: a disc for an error, a triangle for a warning, a ring for a
        note. Of steps that share a pixel the worst counts.
        """
        palette = theme.current().palette
        places = self._places_found()
        y, size = STEP_ROW.bottom() + 2.5, 2.6
        for x, level in places.items():
            role = {"error": "bad", "warning": "n"}.get(level, "muted")
            painter.setPen(QPen(palette.color(role), 1.1))
            painter.setBrush(Qt.BrushStyle.NoBrush if level == "note" else palette.color(role))
            if level == "warning":
                tips = (QPointF(x, y - size), QPointF(x + size, y + size), QPointF(x - size, y + size))
                painter.drawPolygon(QPolygonF(list(tips)))
            else:
                painter.drawEllipse(QPointF(x, y), size, size)

    def _paint_chips(self, painter: QPainter) -> None:
        model, palette, width = self._model, theme.current().palette, self.chip_width()
        if not model.chips:
            painter.setPen(palette.color("faint"))
            area = QRectF(LEFT, CHIP_ROW.top(), 400, CHIP_ROW.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self._model.empty_text)
            return
        if width < 4:
            self._paint_chip_stripes(painter, width)
            return
        gap = 4.0 if width > 40 else 2.0 if width > 12 else 1.0
        radius = 4 if width > 20 else 1.5

        def chips(strip: QPainter, later: bool) -> None:
            strip.setFont(theme.ui_font(11))
            metrics = strip.fontMetrics()
            for place, chip in enumerate(model.chips):
                face, ink = ROLES.get(chip.phase, ROLES["forward"])
                area = QRectF(place * width, 0, width - gap, CHIP_ROW.height())
                strip.setPen(Qt.PenStyle.NoPen)
                if width > 20:
                    strip.setBrush(palette.color(face, 0.55 if later else 1.0))
                else:
                    strip.setBrush(palette.color(ink, 0.22 if later else 0.6))
                strip.drawRoundedRect(area, radius, radius)
                if width > 30:
                    strip.setPen(palette.color(ink, 0.62 if later else 1.0))
                    text = metrics.elidedText(chip.text, Qt.TextElideMode.ElideRight, int(area.width() - 6))
                    strip.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

        self._paint_strips(painter, "chips", CHIP_ROW, LEFT + (model.position + 1) * width - gap / 2, chips)
        row, place = self._hover
        if row == "positions" and 0 <= place < len(model.chips) and place != model.position:
            _, ink = ROLES.get(model.chips[place].phase, ROLES["forward"])
            painter.setPen(QPen(palette.color(ink, 0.7), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            area = QRectF(LEFT + place * width, CHIP_ROW.top(), width - gap, CHIP_ROW.height())
            painter.drawRoundedRect(area, radius, radius)
        _, ink = ROLES.get(model.chips[min(model.position, len(model.chips) - 1)].phase, ROLES["forward"])
        area = QRectF(LEFT + model.position * width, CHIP_ROW.top(), width - gap, CHIP_ROW.height())
        painter.setBrush(Qt.BrushStyle.NoBrush if width > 20 else palette.color(ink))
        painter.setPen(QPen(palette.color(ink), 2))
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)

    def _paint_edge(self, painter: QPainter) -> None:
        """Where the held script stands: a green flag behind its training step, and behind its position."""
        model, palette = self._model, theme.current().palette
        places = []
        if 0 <= model.edge_step < model.steps:
            places.append((STEP_ROW, LEFT + (model.edge_step + 1) * self.step_width()))
        if 0 <= model.edge < len(model.chips):
            width = self.chip_width()
            gap = 4.0 if width > 40 else 2.0 if width > 12 else 1.0
            places.append((CHIP_ROW, LEFT + (model.edge + 1) * width - gap / 2))
        for row, x in places:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color("ok"))
            painter.drawRect(QRectF(x - 1, row.top() - 3, 2, row.height() + 4))
            top = row.top() - 4
            painter.drawPolygon(QPolygonF([QPointF(x - 1, top), QPointF(x + 7, top + 3.5), QPointF(x - 1, top + 7)]))

    def _paint_strips(
        self, painter: QPainter, name: str, row: QRectF, split: float, draw: Callable[[QPainter, bool], None]
    ) -> None:
        """A row up to ``split`` as it looks when it has happened, after it as it looks before that. Both pictures are
        kept: a cursor move only moves the border between them.
        """
        ratio = self.devicePixelRatioF()
        size = QSize(round(self._room()) + 1, round(row.height()))
        now = (size.width(), ratio, theme.current().palette.name)
        for later, left, right in ((False, float(LEFT), split), (True, split, float(self.width() - RIGHT))):
            made, strip = self._strips.get((name, later), ((), QPixmap()))
            if made != now:
                strip = QPixmap(size * ratio)
                strip.setDevicePixelRatio(ratio)
                strip.fill(Qt.GlobalColor.transparent)
                inner = QPainter(strip)
                inner.setRenderHint(QPainter.RenderHint.Antialiasing)
                draw(inner, later)
                inner.end()
                self._strips[name, later] = (now, strip)
            if right > left:
                painter.save()
                painter.setClipRect(QRectF(left, row.top(), right - left, row.height()))
                painter.drawPixmap(QPointF(LEFT, row.top()), strip)
                painter.restore()

    def _paint_chip_stripes(self, painter: QPainter, width: float) -> None:
        model, palette = self._model, theme.current().palette
        painter.setPen(Qt.PenStyle.NoPen)
        for phase, first, stop in model.phases:
            _, ink = ROLES.get(phase, ROLES["forward"])
            middle = max(first, min(model.position + 1, stop))
            for start, end, share in ((first, middle, 0.6), (middle, stop, 0.25)):
                if start < end:
                    painter.setBrush(palette.color(ink, share))
                    area = QRectF(
                        LEFT + start * width, CHIP_ROW.top() + 3, (end - start) * width, CHIP_ROW.height() - 6
                    )
                    painter.drawRect(area)
        painter.setBrush(palette.color("text"))
        x = LEFT + (model.position + 0.5) * width
        painter.drawRoundedRect(QRectF(x - 1.25, CHIP_ROW.top(), 2.5, CHIP_ROW.height()), 1.2, 1.2)

    # -- mouse and keys ------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = self._row_at(event.position().y())
            self._go(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._go(event.position().x())
        hover = self._under(event.position())
        if hover != self._hover:
            self._hover = hover
            self.setCursor(Qt.CursorShape.PointingHandCursor if hover[1] >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging = ""

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = ("", -1)
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        row, step = self._under(QPointF(event.pos()))
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            row, step = "steps", self._model.step
        if row == "steps" and step >= 0:
            self.menuWanted.emit(step, event.globalPos())

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._wheel += event.angleDelta().y() or event.angleDelta().x()
        notches, self._wheel = (
            divmod(abs(self._wheel), 120)[0] * (1 if self._wheel > 0 else -1),
            (abs(self._wheel) % 120 * (1 if self._wheel > 0 else -1)),
        )
        if notches:
            self._model.scroll(-notches, steps=self._row_at(event.position().y()) == "steps")
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
        if event.key() in moves:
            steps = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._model.scroll(moves[Qt.Key(event.key())], steps=steps)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            row, place = self._under(QPointF(event.pos()))
            text = self._model.step_tip(place) if row == "steps" else self._model.position_tip(place)
            QToolTip.showText(event.globalPos(), text if place >= 0 else "", self)
            return True
        return super().event(event)

    def _under(self, point: QPointF) -> tuple[str, int]:
        row = self._row_at(point.y())
        if point.x() < LEFT:
            return row, -1
        if row == "steps":
            inside = point.x() < LEFT + self._model.steps * self.step_width()
            return row, self.step_at(point.x()) if inside else -1
        inside = point.x() < LEFT + len(self._model.chips) * self.chip_width()
        return row, self.position_at(point.x()) if inside else -1

    def _go(self, x: float) -> None:
        if self._dragging == "steps" and self._model.steps:
            self._model.go_step(self.step_at(x))
        elif self._dragging == "positions" and self._model.chips:
            self._model.go_position(self.position_at(x))


class TimelineDock(Dock):
    """Frames the timeline. It has no title of its own: its rows are labelled."""

    def __init__(self, model: TimelineModel) -> None:
        super().__init__("timeline", tr("Timeline"))
        self.view = TimelineView(model)
        body = QWidget()
        body.setFixedHeight(HEIGHT)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        self.set_body(body)
        self.header.hide()
        self.setTitleBarWidget(self._empty)
        self.on_dispose(model.changed.connect(self._changed), model.dispose)

    def fit_title(self) -> None:
        """Never a title strip, except while it floats and needs one to be dragged by."""
        wanted = self.header if self.isFloating() else self._empty
        if self.titleBarWidget() is not wanted:
            self.setTitleBarWidget(wanted)
            wanted.setVisible(True)

    def _changed(self, reasons: Reasons) -> None:
        # One key for each of its reasons: none may be lost while the timeline is out of sight.
        for reason in reasons:
            self.later(reason, lambda reason=reason: self.view.refresh(frozenset({reason})))  # type: ignore[misc]
