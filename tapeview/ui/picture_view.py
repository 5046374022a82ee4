"""A picture, as large as fits or zoomed; what takes long is painted in the background and shown when it is there."""

from __future__ import annotations

import threading
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from tapeview.ui import theme
from tapeview.ui.picture_paint import PicturePainter
from tapeview.ui.text import tr
from tapeview.views.background import Background

HEAVY = 12_000
"""Pictures with more points are painted in the background."""
STEP = 1.25
SMALLEST, LARGEST = 0.05, 40.0
MARGIN = 8
PAN = 48


class Placing(NamedTuple):
    """What an image of a picture was painted for: the picture, the scale, the screen, the widget and the corner."""

    picture: int
    scale: float
    ratio: float
    width: int
    height: int
    left: int
    top: int


class PictureView(QWidget):
    """Shows one picture. ``zoomed`` is emitted when the scale has changed."""

    zoomed = Signal()

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self._painter: PicturePainter | None = None
        self._zoom: float | None = None
        self._middle = QPointF(0.5, 0.5)
        self._image = QImage()
        self._shown: Placing | None = None
        self._wanted: Placing | None = None
        self._give_up = threading.Event()
        self._grip: QPointF | None = None
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(60, 40)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Figure"))
        theme.current().changed.connect(self.update)

    def dispose(self) -> None:
        """Give up what is being painted."""
        self._give_up.set()

    # -- what is shown -------------------------------------------------------------------------------------------------

    def show_picture(self, painter: PicturePainter | None, words: str = "") -> None:
        """Show another picture at the same zoom; without one ``words``."""
        self._words = words
        if painter is not self._painter:
            self._painter = painter
            texts = ", ".join(painter.picture.texts[:60]) if painter is not None else ""
            self.setAccessibleDescription(texts)
            self._keep_in_sight()
        self.update()

    @property
    def scale(self) -> float:
        """Points of the window for one pixel of the figure."""
        return self._fitting() if self._zoom is None else self._zoom

    @property
    def fits(self) -> bool:
        """Whether the whole picture is shown, as large as fits."""
        return self._zoom is None

    @property
    def complete(self) -> bool:
        """Whether everything is painted as it should be seen."""
        return self._painter is None or self._shown == self._key()

    def fit(self) -> None:
        """Show the whole picture."""
        self._zoom, self._middle = None, QPointF(0.5, 0.5)
        self._moved()

    def set_zoom(self, scale: float, at: QPointF | None = None) -> None:
        """Show it at a scale, with the place under ``at`` (else the middle) where it is."""
        if self._painter is None:
            return
        scale = max(SMALLEST, min(LARGEST, scale))
        at = QPointF(self.width() / 2, self.height() / 2) if at is None else at
        before, corner = self.scale, self._corner()
        there = (at - corner) / before
        self._zoom = scale
        picture = self._painter.picture
        corner = at - there * scale
        middle = (QPointF(self.width() / 2, self.height() / 2) - corner) / scale
        self._middle = QPointF(middle.x() / picture.width, middle.y() / picture.height)
        self._moved()

    def _moved(self) -> None:
        self._keep_in_sight()
        self.update()
        self.zoomed.emit()

    def _keep_in_sight(self) -> None:
        """The picture does not leave the window farther than needed to look at its edges."""
        if self._painter is None:
            return
        picture, scale = self._painter.picture, self.scale

        def within(middle: float, size: float, room: float) -> float:
            half = room / 2 / max(size, 1e-9)
            return 0.5 if half >= 0.5 else min(max(middle, half), 1 - half)

        self._middle = QPointF(
            within(self._middle.x(), picture.width * scale, self.width()),
            within(self._middle.y(), picture.height * scale, self.height()),
        )

    def _fitting(self) -> float:
        if self._painter is None:
            return 1.0
        picture = self._painter.picture
        wide, high = max(20, self.width() - 2 * MARGIN), max(20, self.height() - 2 * MARGIN)
        return max(1e-3, min(wide / picture.width, high / picture.height))

    def _corner(self) -> QPointF:
        """Where the picture's upper left corner is."""
        if self._painter is None:
            return QPointF()
        picture, scale = self._painter.picture, self.scale
        return QPointF(
            self.width() / 2 - self._middle.x() * picture.width * scale,
            self.height() / 2 - self._middle.y() * picture.height * scale,
        )

    # -- painting ------------------------------------------------------------------------------------------------------

    def _key(self) -> Placing:
        ratio, corner = self.devicePixelRatioF(), self._corner()
        # On whole pixels, so that lines are sharp wherever the picture stands.
        left, top = round(corner.x() * ratio), round(corner.y() * ratio)
        return Placing(id(self._painter), self.scale, ratio, self.width(), self.height(), left, top)

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = theme.current().palette
        painter = QPainter(self)
        painter.fillRect(self.rect(), palette.color("code"))
        if self._painter is None:
            painter.setPen(palette.color("muted"))
            wrap = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
            painter.drawText(QRectF(self.rect()).adjusted(16, 8, -16, -8), int(wrap), self._words)
            painter.end()
            return
        self._prepare()
        picture, scale, corner = self._painter.picture, self.scale, self._corner()
        paper = QRectF(corner.x(), corner.y(), picture.width * scale, picture.height * scale)
        key = self._key()
        if self._shown == key:
            painter.drawImage(QPointF(0, 0), self._image)
        else:
            # Until it is painted: what there was of this picture, stretched, on its paper.
            painter.fillRect(paper, Qt.GlobalColor.white)
            if self._shown is not None and self._shown.picture == key.picture:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                self._paint_stretched(painter, self._shown, corner)
            else:
                painter.setPen(Qt.GlobalColor.darkGray)
                painter.drawText(paper, Qt.AlignmentFlag.AlignCenter, tr("drawing …"))
        painter.setPen(QPen(palette.color("line"), 1))
        painter.drawRect(paper.adjusted(-0.5, -0.5, 0.5, 0.5))
        if self.hasFocus():
            painter.setPen(QPen(palette.color("accent"), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_stretched(self, painter: QPainter, before: Placing, corner: QPointF) -> None:
        factor = self.scale / before.scale
        left, top = corner.x() - before.left / before.ratio * factor, corner.y() - before.top / before.ratio * factor
        size = self._image.deviceIndependentSize() * factor
        painter.drawImage(QRectF(left, top, size.width(), size.height()), self._image)

    def _prepare(self) -> None:
        """Have the image painted, now or in the background."""
        key, drawn = self._key(), self._painter
        if drawn is None or key in (self._shown, self._wanted):
            return
        scale, place = key.scale * key.ratio, QPointF(key.left, key.top)
        size = QSize(round(key.width * key.ratio), round(key.height * key.ratio))
        self._give_up.set()
        give_up = self._give_up = threading.Event()
        if drawn.weight <= HEAVY:
            self._wanted = None
            self._take(key, drawn.part(size, scale, place))
            return
        self._wanted = key

        def done(image: QImage) -> None:
            if self._wanted == key and not give_up.is_set():
                self._wanted = None
                self._take(key, image)
                self.update()

        self._background.submit(lambda: drawn.part(size, scale, place, give_up.is_set), done)

    def _take(self, key: Placing, image: QImage) -> None:
        image.setDevicePixelRatio(key.ratio)
        self._image, self._shown = image, key

    # -- Qt ------------------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(480, 320)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._keep_in_sight()
        if self._zoom is None:
            self.zoomed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y() / 120
        if turns and self._painter is not None:
            self.set_zoom(self.scale * STEP**turns, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._zoom is not None:
            self._grip = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self._pan(event.position() - self._grip)
            self._grip = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._zoom is None:
            self.set_zoom(1.0, event.position())
        else:
            self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {
            Qt.Key.Key_Left: QPointF(PAN, 0),
            Qt.Key.Key_Right: QPointF(-PAN, 0),
            Qt.Key.Key_Up: QPointF(0, PAN),
            Qt.Key.Key_Down: QPointF(0, -PAN),
        }.get(Qt.Key(event.key()))
        if event.text() in ("+", "="):
            self.set_zoom(self.scale * STEP)
        elif event.text() == "-":
            self.set_zoom(self.scale / STEP)
        elif event.text() == "0":
            self.fit()
        elif event.text() == "1":
            self.set_zoom(1.0)
        elif way is not None and self._zoom is not None:
            self._pan(way)
        else:
            super().keyPressEvent(event)

    def _pan(self, by: QPointF) -> None:
        if self._painter is not None:
            picture, scale = self._painter.picture, self.scale
            self._middle -= QPointF(by.x() / picture.width / scale, by.y() / picture.height / scale)
            self._keep_in_sight()
            self.update()
