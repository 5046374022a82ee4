"""Painting many marks. A scatter of 100,000 is a few stamps that are put down 100,000 times."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QTransform

from tapeview.trace.picture import Marks, Pen, colors, matrices, pairs, points_of
from tapeview.ui.picture_shapes import color_of, path_of, pen_of, snapped

MOST_MARKS = 5_000_000
_STAMPS_FROM = 400
_PHASES = 4
"""A stamp is made for so many places inside a pixel, across and down."""
_LARGEST_STAMP = 96
_BETWEEN_LOOKS = 2_000


class MarksPainter:
    """Marks as they are painted at one scale."""

    def __init__(self, marks: Marks, scale: float) -> None:
        self._marks, self._scale = marks, scale
        self._shapes = [points_of(shape) for shape in marks.shapes] or [(np.zeros(0, np.uint8), np.zeros((0, 2)))]
        self._turns = matrices(marks.turns).astype(np.float64)
        self._fills, self._strokes = colors(marks.fills), colors(marks.strokes)
        self._pens = marks.pens or (Pen(0.0),)
        self._plain: dict[int, QPainterPath] = {}
        self._paths: dict[tuple[int, int], QPainterPath] = {}

    def paint(self, painter: QPainter, left: float, top: float, given_up: Callable[[], bool]) -> None:
        """Paint them, with the picture's corner at (``left``, ``top``), where they can be seen."""
        marks, scale = self._marks, self._scale
        count = min(marks.count, MOST_MARKS)
        places = pairs(marks.places).astype(np.float64)
        if count <= 0 or not len(places):
            return
        if len(places) < count:
            places = np.resize(places, (count, 2))
        places = places[:count] * scale + (left, top)
        which = np.flatnonzero(np.isfinite(places).all(axis=1))
        # Whatever is farther away than a shape can reach need not be looked at.
        reach = self._reach()
        width, height = painter.device().width(), painter.device().height()
        x, y = places[which, 0], places[which, 1]
        which = which[(x > -reach) & (x < width + reach) & (y > -reach) & (y < height + reach)]
        looks = self._looks(which)
        kinds, look = np.unique(looks, axis=0, return_inverse=True)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, marks.smooth)
        stamped = len(which) >= _STAMPS_FROM and len(kinds) * _PHASES * _PHASES * 2 <= len(which)
        if stamped and reach <= _LARGEST_STAMP / 2 and not marks.snap:
            self._stamp(painter, places[which], kinds, look.reshape(-1), math.ceil(reach) + 2, given_up)
        else:
            self._draw(painter, places[which], kinds, look.reshape(-1), given_up)

    def _looks(self, which: np.ndarray) -> np.ndarray:
        """For each mark its shape, its matrix, its fill, its stroke (as one number) and its pen; -1 is none."""
        fills, strokes = _numbers(self._fills), _numbers(self._strokes)
        shapes, turns, pens = len(self._shapes), len(self._turns), len(self._pens)
        return np.stack(
            [
                which % shapes,
                which % turns if turns else np.full(len(which), -1),
                fills[which % len(fills)] if len(fills) else np.full(len(which), -1),
                strokes[which % len(strokes)] if len(strokes) else np.full(len(which), -1),
                which % pens,
            ],
            axis=1,
        )

    def _reach(self) -> float:
        """How far from its place a mark can be seen, in pixels of the screen."""
        far = max((float(np.abs(points).max()) for _, points in self._shapes if len(points)), default=0.0)
        if len(self._turns):
            far = far * float(np.abs(self._turns[:, :4]).max()) * 2 + float(np.abs(self._turns[:, 4:]).max())
        pen = max(pen.width for pen in self._pens)
        return (far * 1.42 + pen) * self._scale + 2

    def _path(self, shape: int, turn: int) -> QPainterPath:
        key = shape, turn
        found = self._paths.get(key)
        if found is None:
            kinds, points = self._shapes[shape]
            if self._marks.snap and turn < 0:
                width = max(1.0, self._pens[0].width * self._scale)
                found = path_of(kinds, snapped(points * self._scale, width))
            else:
                matrix = QTransform(*self._turns[turn].tolist()) if turn >= 0 else QTransform()
                if shape not in self._plain:
                    self._plain[shape] = path_of(kinds, points)
                found = (matrix * QTransform.fromScale(self._scale, self._scale)).map(self._plain[shape])
            if len(self._paths) < 10_000:
                self._paths[key] = found
        return found

    def _tools(self, kind: np.ndarray) -> tuple[QPainterPath, QColor | None, QPen | None]:
        shape, turn, fill, stroke, pen = (int(number) for number in kind)
        outline = self._pens[pen]
        return (
            self._path(shape, turn),
            color_of(_four(fill)) if fill > 0 else None,
            pen_of(outline, _four(stroke), self._scale) if stroke > 0 and outline.width > 0 else None,
        )

    def _draw(
        self,
        painter: QPainter,
        places: np.ndarray,
        kinds: np.ndarray,
        look: np.ndarray,
        given_up: Callable[[], bool],
    ) -> None:
        if self._marks.snap:
            places = np.rint(places)
        last = -1
        x = y = 0.0
        path = QPainterPath()
        for done, (number, (px, py)) in enumerate(zip(look.tolist(), places.tolist(), strict=True)):
            if number != last:
                last = number
                path, fill, pen = self._tools(kinds[number])
                painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
                painter.setPen(pen if pen is not None else Qt.PenStyle.NoPen)
            painter.translate(px - x, py - y)
            x, y = px, py
            painter.drawPath(path)
            if not done % _BETWEEN_LOOKS and given_up():
                break
        painter.resetTransform()

    def _stamp(
        self,
        painter: QPainter,
        places: np.ndarray,
        kinds: np.ndarray,
        look: np.ndarray,
        middle: int,
        given_up: Callable[[], bool],
    ) -> None:
        whole = np.floor(places)
        phases = np.floor((places - whole) * _PHASES).astype(np.int64)
        which = (look * _PHASES + phases[:, 0]) * _PHASES + phases[:, 1]
        corners = (whole - middle).astype(np.int64)
        stamps: dict[int, QImage] = {}
        put = painter.drawImage
        for done, (number, (x, y)) in enumerate(zip(which.tolist(), corners.tolist(), strict=True)):
            stamp = stamps.get(number)
            if stamp is None:
                kind, phase = divmod(number, _PHASES * _PHASES)
                across, down = divmod(phase, _PHASES)
                shift = QPointF(middle + (across + 0.5) / _PHASES, middle + (down + 0.5) / _PHASES)
                stamp = stamps[number] = self._image(kinds[kind], shift, 2 * middle + 1)
            put(x, y, stamp)
            if not done % _BETWEEN_LOOKS and given_up():
                return

    def _image(self, kind: np.ndarray, shift: QPointF, side: int) -> QImage:
        image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        path, fill, pen = self._tools(kind)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self._marks.smooth)
        painter.translate(shift)
        painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
        painter.setPen(pen if pen is not None else Qt.PenStyle.NoPen)
        painter.drawPath(path)
        painter.end()
        return image


def _numbers(colors: np.ndarray) -> np.ndarray:
    """Colours as numbers; -1 for those that cannot be seen."""
    parts = colors.astype(np.int64)
    number = ((parts[:, 0] * 256 + parts[:, 1]) * 256 + parts[:, 2]) * 256 + parts[:, 3]
    return np.where(parts[:, 3] > 0, number, -1)


def _four(number: int) -> bytes:
    return number.to_bytes(4, "big")
