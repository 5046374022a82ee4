"""Paints a `Picture`, at any size and on any thread.

Everything is painted in the pixels of what is painted on: so lines along the axes can be moved onto whole pixels, and
pens, whose width is in pixels of the figure, need no scaled painter.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QImage, QImageReader, QPainter, QPainterPath, QTransform

from tapeview.trace.picture import CLOSE, LINE, MOVE, Hatch, Image, Marks, Path, Pen, Picture, Shape, points_of
from tapeview.ui.picture_marks import MarksPainter
from tapeview.ui.picture_shapes import color_of, path_of, pen_of, snapped

STRETCH = 64
"""Lines are stroked so many points at a time: the outline of a long one that crosses itself takes Qt seconds."""

_LARGEST_TILE = 4_000
_LARGEST_SIDE = 20_000


def _never() -> bool:
    return False


class PicturePainter:
    """A picture that can be painted many times, by any thread."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.weight = _weight(picture)
        """About how many points there are to paint."""
        self._lock = threading.Lock()
        self._paths: dict[int, tuple[np.ndarray, np.ndarray, QPainterPath]] = {}
        self._images: dict[int, QImage] = {}

    def image(self, scale: float, given_up: Callable[[], bool] = _never) -> QImage:
        """The whole picture on white paper, so many pixels for one of the figure. Null if that is too large."""
        width, height = math.ceil(self.picture.width * scale - 1e-6), math.ceil(self.picture.height * scale - 1e-6)
        return self.part(QSize(max(1, width), max(1, height)), scale, QPointF(0, 0), given_up)

    def part(self, size: QSize, scale: float, corner: QPointF, given_up: Callable[[], bool] = _never) -> QImage:
        """What is seen through a window of ``size``, with the picture's upper left corner at ``corner``."""
        if max(size.width(), size.height()) > _LARGEST_SIDE:
            return QImage()
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        if image.isNull():
            return image
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        paper = QRectF(corner.x(), corner.y(), self.picture.width * scale, self.picture.height * scale)
        try:
            painter.fillRect(paper, Qt.GlobalColor.white)
            painter.setClipRect(paper)
            with self._lock:
                self.paint(painter, scale, corner, given_up)
        finally:
            painter.end()
        return image

    def paint(self, painter: QPainter, scale: float, corner: QPointF, given_up: Callable[[], bool] = _never) -> None:
        """Paint everything; stops early, with a part of it painted, once ``given_up`` says so."""
        last = -1
        painter.save()
        for number, item in enumerate(self.picture.items):
            if given_up():
                break
            if item.clip != last:
                last = item.clip
                painter.restore()
                painter.save()
                self._clip(painter, last, scale, corner)
            match item:
                case Path():
                    self._path(painter, number, item, scale, corner)
                case Marks():
                    MarksPainter(item, scale).paint(painter, corner.x(), corner.y(), given_up)
                case Image():
                    self._image(painter, number, item, scale, corner)
        painter.restore()

    def _clip(self, painter: QPainter, clip: int, scale: float, corner: QPointF) -> None:
        if not 0 <= clip < len(self.picture.clips):
            return
        found = self.picture.clips[clip]
        within = Qt.ClipOperation.IntersectClip
        if found.box is not None and all(map(math.isfinite, found.box)):
            left, top, width, height = found.box
            x, y = corner.x() + left * scale, corner.y() + top * scale
            edges = round(x), round(y), round(x + width * scale), round(y + height * scale)
            if max(map(abs, edges)) < 1 << 30:
                # The frame around the axes lies half outside: its pixels are the clip's, too.
                painter.setClipRect(QRect(edges[0], edges[1], edges[2] - edges[0] + 1, edges[3] - edges[1] + 1), within)
        if found.shape is not None:
            painter.setClipPath(_placed(scale, corner).map(_path_of(found.shape)), within)

    def _path(self, painter: QPainter, number: int, item: Path, scale: float, corner: QPointF) -> None:
        if number not in self._paths:
            kinds, points = points_of(item.shape)
            self._paths[number] = kinds, points, path_of(kinds, points)
        kinds, points, plain = self._paths[number]
        if not len(kinds):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, item.smooth)
        drawn = len(item.stroke) == 4 and item.pen.width > 0
        width = max(item.pen.width * scale, 1.0) if drawn else 0.0
        if item.snap:
            path = path_of(kinds, snapped(points * scale + (corner.x(), corner.y()), width))
        else:
            path = _placed(scale, corner).map(plain)
        if len(item.fill) == 4:
            painter.fillPath(path, color_of(item.fill))
        if item.hatch is not None:
            _hatch(painter, path, item.hatch, scale, corner)
        if not drawn:
            return
        if len(kinds) <= STRETCH or item.snap:
            painter.strokePath(path, pen_of(item.pen, item.stroke, scale))
        else:
            _stroke_long(painter, kinds, points, item, scale, corner)

    def _image(self, painter: QPainter, number: int, item: Image, scale: float, corner: QPointF) -> None:
        if number not in self._images:
            self._images[number] = _png(item.png)
        image = self._images[number]
        if image.isNull() or not all(map(math.isfinite, item.matrix)):
            return
        a, b, c, d, _, _ = item.matrix
        across, down = math.hypot(a, b) * scale, math.hypot(c, d) * scale
        matrix = QTransform(*item.matrix) * _placed(scale, corner)
        if across < 0.5 and down < 0.5:
            # Qt looks at four pixels for each; what is made much smaller needs all of them.
            small = QSize(max(1, round(image.width() * across)), max(1, round(image.height() * down)))
            less = image.scaled(small, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
            matrix = QTransform.fromScale(image.width() / small.width(), image.height() / small.height()) * matrix
            image = less
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, item.smooth or across < 1.0)
        painter.setOpacity(min(1.0, max(0.0, item.alpha)))
        painter.setTransform(matrix)
        painter.drawImage(0, 0, image)
        painter.restore()


def _weight(picture: Picture) -> int:
    total = 0
    for item in picture.items:
        match item:
            case Path():
                total += len(item.shape.kinds)
            case Marks():
                total += 8 * min(item.count, 1 << 30) + sum(len(shape.kinds) for shape in item.shapes)
            case Image():
                total += len(item.png) // 64
    return total


def _png(data: bytes) -> QImage:
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    return QImageReader(buffer, QByteArray(b"png")).read()


def _placed(scale: float, corner: QPointF) -> QTransform:
    return QTransform(scale, 0.0, 0.0, scale, corner.x(), corner.y())


def _path_of(shape: Shape) -> QPainterPath:
    return path_of(*points_of(shape))


def _stroke_long(
    painter: QPainter, kinds: np.ndarray, points: np.ndarray, item: Path, scale: float, corner: QPointF
) -> None:
    """Stroke a line stretch by stretch. Where it can be seen through, its stretches must not add up where they meet."""
    see_through = item.stroke[3] < 255
    target, page = painter, None
    if see_through:
        device = painter.device()
        page = QImage(device.width(), device.height(), QImage.Format.Format_ARGB32_Premultiplied)
        page.fill(Qt.GlobalColor.transparent)
        target = QPainter(page)
        target.setRenderHint(QPainter.RenderHint.Antialiasing, item.smooth)
    color = item.stroke[:3] + b"\xff" if see_through else item.stroke
    for some_kinds, some_points, phase in _stretches(kinds, points, bool(item.pen.dashes)):
        path = _placed(scale, corner).map(path_of(some_kinds, some_points))
        target.strokePath(path, pen_of(item.pen, color, scale, phase))
    if page is not None:
        target.end()
        painter.save()
        painter.setOpacity(item.stroke[3] / 255)
        painter.drawImage(0, 0, page)
        painter.restore()


def _stretches(kinds: np.ndarray, points: np.ndarray, dashed: bool) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """A line in stretches that each begin where the one before ended, and how long the line was until there."""
    places = points.astype(np.float64)
    starts = np.maximum.accumulate(np.where(kinds == MOVE, np.arange(len(kinds)), 0))
    closes = kinds == CLOSE
    places[closes] = places[starts[closes]]
    kinds = np.where(closes, LINE, kinds).astype(np.uint8)
    steps = np.zeros(len(kinds))
    if dashed:
        steps[1:] = np.where(kinds[1:] == MOVE, 0.0, np.hypot(*np.diff(places, axis=0).T))
    run = np.cumsum(steps)
    run -= run[starts]
    found = []
    first = 0
    while first < len(kinds):
        last = min(first + STRETCH, len(kinds))
        # A curve is not cut in its middle.
        while last < len(kinds) and kinds[last] not in (MOVE, LINE):
            last += 1
        begin = first if kinds[first] == MOVE else first - 1
        part = kinds[begin:last].copy()
        part[0] = MOVE
        found.append((part, places[begin:last], float(run[begin])))
        first = last
    return found


def _hatch(painter: QPainter, path: QPainterPath, hatch: Hatch, scale: float, corner: QPointF) -> None:
    """Lines over the inside of a path, with a brush made of one tile."""
    side = hatch.size * scale
    if not 1.0 < side < _LARGEST_TILE or len(hatch.color) != 4:
        return
    pixels = math.ceil(side)
    tile = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
    tile.fill(Qt.GlobalColor.transparent)
    brush = QPainter(tile)
    brush.setRenderHint(QPainter.RenderHint.Antialiasing)
    brush.setPen(pen_of(Pen(hatch.width), hatch.color, scale))
    # What is drawn with more than lines (dots, stars) is filled as well.
    brush.setBrush(color_of(hatch.color))
    size = pixels / hatch.size
    brush.drawPath(QTransform.fromScale(size, size).map(_path_of(hatch.shape)))
    brush.end()
    lines = QBrush(tile)
    lines.setTransform(QTransform(side / pixels, 0.0, 0.0, side / pixels, corner.x(), corner.y()))
    painter.fillPath(path, lines)
