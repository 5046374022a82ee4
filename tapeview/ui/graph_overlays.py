"""What floats over the graph: legend, overview, the card under the mouse, and the notice while a layout is made."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.graph_differences import draw_sample
from tapeview.ui.palette import Palette
from tapeview.ui.text import tr
from tapeview.views.graph_card import Card, Entry
from tapeview.views.graph_scene import Scene
from tapeview.views.graph_state import State


def _sheet(painter: QPainter, widget: QWidget, palette: Palette, alpha: float = 0.94) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(palette.color("line"), 1))
    painter.setBrush(palette.color("panel", alpha))
    painter.drawRoundedRect(QRectF(widget.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)


class Legend(QWidget):
    """What the marks mean. A click on its title, Space or Enter folds it."""

    ROW, TOP = 20, 26

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("graphLegend")
        self.setAccessibleName(tr("Legend"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.open = True
        self.chosen = False
        """Whether the user decided that it is open or folded."""
        self._entries: tuple[Entry, ...] = ()

    def set_entries(self, entries: tuple[Entry, ...]) -> None:
        if entries != self._entries:
            self._entries = entries
            self.setAccessibleDescription(", ".join(entry.text for entry in entries))
            self.setVisible(bool(entries))
            self.adjustSize()
            self.update()

    def toggle(self) -> None:
        """Fold or open, as the user wants it."""
        self.chosen = True
        self.set_open(not self.open)

    def set_open(self, open: bool) -> None:
        """Fold or open; the lower edge stays where it is."""
        self.open = open
        bottom = self.geometry().bottom()
        self.adjustSize()
        self.move(self.x(), bottom - self.height() + 1)
        self.update()

    def sizeHint(self) -> QSize:
        return self.size_when(self.open)

    def size_when(self, open: bool) -> QSize:
        """How large it is when open or folded."""
        metrics = QFontMetrics(theme.ui_font(11))
        title = metrics.horizontalAdvance(tr("Legend")) + 44
        if not open:
            return QSize(title, self.TOP)
        widest = max((metrics.horizontalAdvance(entry.text) for entry in self._entries), default=0)
        return QSize(max(widest + 54, title), self.TOP + self.ROW * len(self._entries) + 6)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and (event.position().y() < self.TOP or not self.open):
            self.toggle()
        event.accept()

    def keyPressEvent(self, event: object) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):  # type: ignore[attr-defined]
            self.toggle()
        else:
            event.ignore()  # type: ignore[attr-defined]

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = theme.current().palette
        painter = QPainter(self)
        _sheet(painter, self, palette)
        painter.setFont(theme.ui_font(11))
        painter.setPen(palette.color("accent" if self.hasFocus() else "muted"))
        painter.drawText(QRectF(12, 0, self.width() - 30, self.TOP), Qt.AlignmentFlag.AlignVCenter, tr("Legend"))
        x, y = self.width() - 15.0, self.TOP / 2
        tip = 2.0 if self.open else -2.0
        painter.setPen(QPen(palette.color("muted"), 1.4))
        painter.drawPolyline([QPointF(x - 4, y - tip), QPointF(x, y + tip), QPointF(x + 4, y - tip)])
        if not self.open:
            return
        for number, entry in enumerate(self._entries):
            middle = self.TOP + self.ROW * number + 9.0
            self._sample(painter, palette, entry.sample, QRectF(12, middle - 6, 20, 12))
            painter.setFont(theme.ui_font(11))
            painter.setPen(palette.color("muted"))
            area = QRectF(42, middle - 10, self.width() - 46, 20)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, entry.text)

    @staticmethod
    def _sample(painter: QPainter, p: Palette, sample: str, box: QRectF) -> None:
        looks: dict[str, tuple[str, str, float, list[float], float]] = {
            "watched": ("watchbg", "watch", 1.6, [], 4),
            "unwatched": ("panel", "none", 1.4, [2.4, 1.8], 4),
            "constant": ("const", "none", 1.2, [2.4, 1.8], 6),
            "outside": ("panel", "none", 1.5, [0.6, 1.8], 6),
            "op": ("op", "faint", 1.2, [], 2.5),
            "faint": ("panel", "none", 1.3, [0.8, 2.0], 2.5),
            "rule": ("gradbg", "faint", 1.2, [], 2.5),
            "failed": ("badbg", "bad", 2.0, [], 2.5),
            "group": ("op", "faint", 1.2, [], 2.5),
            "current": ("gradbg", "grad", 2.4, [], 3),
            "target": ("op", "grad", 1.3, [], 2.5),
            "placeholder": ("panel", "watch", 1.5, [], 6),
            "fed": ("panel", "watch", 1.2, [], 6),
            "fetched": ("panel", "ok", 1.2, [], 6),
        }
        if sample in looks:
            fill, line, width, dash, radius = looks[sample]
            pen = QPen(p.color(line), width)
            if dash:
                pen.setDashPattern(dash)
            painter.setPen(pen)
            painter.setBrush(p.color(fill))
            if sample == "group":
                painter.drawRoundedRect(box.translated(2, -2), radius, radius)
            painter.drawRoundedRect(box, radius, radius)
            if sample == "rule":
                painter.setPen(QPen(p.color("grad"), 2))
                painter.drawLine(QLineF(box.left() + 3, box.top() + 3, box.left() + 3, box.bottom() - 3))
        elif draw_sample(painter, p, sample, box):
            pass
        elif sample == "control":
            painter.setPen(QPen(p.color("faint"), 1.4, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(box.left(), box.center().y(), box.right(), box.center().y()))
        elif sample == "gradient":
            y = box.center().y()
            painter.setPen(QPen(p.color("grad"), 2.4))
            painter.drawLine(QLineF(box.left() + 6, y, box.right(), y))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(p.color("grad"))
            painter.drawPolygon(
                [QPointF(box.left(), y), QPointF(box.left() + 7, y - 4), QPointF(box.left() + 7, y + 4)]
            )
        else:
            painter.setFont(theme.ui_font(12))
            painter.setPen(p.color("bad" if sample == "bad" else "text"))
            painter.drawText(box.adjusted(-4, -4, 4, 4), Qt.AlignmentFlag.AlignCenter, "✕" if sample == "bad" else "∅")

    def focusInEvent(self, event: object) -> None:
        self.update()

    def focusOutEvent(self, event: object) -> None:
        self.update()


class Minimap(QWidget):
    """The whole graph in small, with a frame around what is seen. A click or a drag goes there."""

    moved = Signal(QPointF)
    """A place in the scene that the user wants in the middle."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("graphMinimap")
        self.setAccessibleName(tr("Overview of the graph"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.resize(108, 80)
        self._scene: Scene | None = None
        self._state: State | None = None
        self._seen = QRectF()
        self._picture: QPixmap | None = None

    def set_view(self, scene: Scene | None, state: State | None, seen: QRectF) -> None:
        if scene is not self._scene:
            self._picture = None
        self._scene, self._state, self._seen = scene, state, seen
        self.setVisible(scene is not None)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        self._picture = None

    def recolor(self) -> None:
        """Draw anew in the theme's colours."""
        self._picture = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = theme.current().palette
        scene = self._scene
        if scene is None:
            return
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = self._draw(scene, palette, ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        if self._state is not None and self._state.current >= 0:
            spot = self._map(QRectF(*_sides(scene, self._state.current)))
            grow_x, grow_y = max(0.0, 5 - spot.width()) / 2, max(0.0, 4 - spot.height()) / 2
            painter.fillRect(spot.adjusted(-grow_x, -grow_y, grow_x, grow_y), palette.color("grad"))
        frame = self._map(self._seen) & QRectF(self.rect()).adjusted(2.5, 2.5, -2.5, -2.5)
        painter.setPen(QPen(palette.color("accent"), 1.2))
        painter.setBrush(palette.color("accent", 0.05))
        painter.drawRect(frame)

    def _draw(self, scene: Scene, palette: Palette, ratio: float) -> QPixmap:
        """What stays the same while the cursor moves."""
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        _sheet(painter, self, palette)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color("faint"))
        boxes = [self._map(QRectF(*_sides(scene, node))) for node in range(len(scene.faces))]
        painter.drawRects([QRectF(b.left(), b.top(), max(b.width(), 1.0), max(b.height(), 0.7)) for b in boxes])
        painter.end()
        return picture

    def _scales(self) -> tuple[float, float]:
        assert self._scene is not None
        left, top, right, bottom = self._scene.bounds
        across = (self.width() - 20) / max(right - left, 1.0)
        down = (self.height() - 14) / max(bottom - top, 1.0)
        even = min(across, down, 0.13)
        # A long thin tape would be a hair: let it be up to eight times as wide as it is.
        stretch = 8 if even < 0.03 else 1
        return min(across, even * stretch), min(down, even * stretch)

    def _map(self, rect: QRectF) -> QRectF:
        assert self._scene is not None
        left, top, right, bottom = self._scene.bounds
        across, down = self._scales()
        x = self.width() / 2 + (rect.left() - (left + right) / 2) * across
        y = self.height() / 2 + (rect.top() - (top + bottom) / 2) * down
        return QRectF(x, y, rect.width() * across, rect.height() * down)

    def _go(self, event: QMouseEvent) -> None:
        if self._scene is None:
            return
        left, top, right, bottom = self._scene.bounds
        across, down = self._scales()
        x = (event.position().x() - self.width() / 2) / across + (left + right) / 2
        y = (event.position().y() - self.height() / 2) / down + (top + bottom) / 2
        self.moved.emit(QPointF(x, y))
        event.accept()


class HoverCard(QFrame):
    """What there is to tell about the node under the mouse. Lets the mouse through."""

    WIDTH = 300

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("graphCard")
        self._host = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        self._title, self._subtitle = QLabel(), QLabel()
        self._title.setFont(theme.ui_font(14, theme.ui_font(1).weight().DemiBold))
        for label in (self._title, self._subtitle):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(10)
        self._rows.setVerticalSpacing(3)
        self._rows.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 10, 13, 11)
        column.setSpacing(3)
        column.addWidget(self._title)
        column.addWidget(self._subtitle)
        column.addSpacing(4)
        column.addLayout(self._rows)

    def show_card(self, card: Card, beside: QRectF) -> None:
        """Show ``card`` near a rectangle of the view without covering it."""
        palette = theme.current().palette
        self._title.setText(card.title)
        self._subtitle.setText(card.subtitle)
        self._subtitle.setVisible(bool(card.subtitle))
        self._subtitle.setStyleSheet(f"color: {palette.muted}")
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, row in enumerate(card.rows):
            label, text = QLabel(row.label), QLabel(row.text)
            label.setStyleSheet(f"color: {palette.muted}")
            color = {"grad": palette.grad, "bad": palette.bad}.get(row.role, palette.text)
            text.setStyleSheet(f"color: {color}")
            for one in (label, text):
                one.setTextFormat(Qt.TextFormat.PlainText)
                one.setFont(theme.ui_font(12))
            text.setFont(theme.mono_font(12) if row.role in ("code", "grad", "bad") else theme.ui_font(12))
            text.setWordWrap(True)
            self._rows.addWidget(label, number, 0, Qt.AlignmentFlag.AlignTop)
            self._rows.addWidget(text, number, 1, Qt.AlignmentFlag.AlignTop)
        self.setFixedWidth(min(self.WIDTH, max(120, self._host.width() - 16)))
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.resize(self.width(), layout.totalHeightForWidth(self.width()))
        self.move(self._place(beside))
        self.show()
        self.raise_()

    def _place(self, beside: QRectF) -> QPoint:
        area = self._host.rect()
        x = beside.right() + 14
        if x + self.width() > area.right() - 8:
            x = beside.left() - 14 - self.width()
        y = beside.top() - 4
        if x < 8:
            x = min(max(beside.center().x() - self.width() / 2, 8.0), area.right() - 8.0 - self.width())
            y = beside.bottom() + 10
            if y + self.height() > area.bottom() - 8:
                y = beside.top() - 10 - self.height()
        return QPoint(round(x), round(min(max(y, 8.0), max(8.0, area.bottom() - 8.0 - self.height()))))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        _sheet(painter, self, theme.current().palette, 0.98)


class Notice(QWidget):
    """A line of text with a button: a layout is being made, or was given up."""

    pressed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("graphNotice")
        self._text, self._button = QLabel(), QPushButton()
        self._button.setObjectName("graphNoticeButton")
        self._button.clicked.connect(self.pressed)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 10, 8)
        row.setSpacing(12)
        row.addWidget(self._text)
        row.addWidget(self._button)
        self.hide()

    def show_text(self, text: str, button: str) -> None:
        self._text.setText(text)
        self._button.setText(button)
        self.adjustSize()
        self.show()
        self.raise_()

    def texts(self) -> Sequence[str]:
        """What it says: text and button."""
        return self._text.text(), self._button.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        _sheet(painter, self, theme.current().palette, 0.98)


def _sides(scene: Scene, node: int) -> tuple[float, float, float, float]:
    left, top, right, bottom = scene.boxes[node].tolist()
    return left, top, right - left, bottom - top
