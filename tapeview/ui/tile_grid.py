"""Tiles of a tensor side by side, and class probabilities as bars: each is one painted widget."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from tapeview.ui import theme
from tapeview.ui.text import tr
from tapeview.views.classes import ClassRow
from tapeview.views.numbers import number
from tapeview.views.tiles import Tiles

GAP = 3
HIGHEST = 420
"""A grid takes at most this height; tiles become smaller rather than that one has to scroll for long."""
LARGEST, SMALLEST = 96, 8
ROW = 21
HEAT_LIGHT = ((0, 114, 178), (213, 94, 0))
HEAT_DARK = ((44, 140, 205), (226, 112, 24))


def rgb(color: QColor) -> tuple[int, int, int]:
    """A colour's parts."""
    return color.red(), color.green(), color.blue()


def heat_colors(shades: np.ndarray) -> np.ndarray:
    """uint8 colours (…, 3) of shades from -1 (blue) to 1 (orange); what is NaN is red."""
    palette = theme.current().palette
    negative, positive = HEAT_DARK if palette.dark else HEAT_LIGHT
    bad = np.isnan(shades)
    strength = np.nan_to_num(np.abs(shades))[..., None] * 0.9 + 0.04
    face = np.array(rgb(palette.color("panel")), np.float32)
    ink = np.where((shades > 0)[..., None], np.array(positive, np.float32), np.array(negative, np.float32))
    colors = face + (ink - face) * strength
    colors[bad] = rgb(palette.color("bad"))
    return np.ascontiguousarray(colors.astype(np.uint8))


class TileGrid(QWidget):
    """Tiles in rows, as large as fits, enlarged without smoothing."""

    def __init__(self) -> None:
        super().__init__()
        self._tiles: Tiles | None = None
        self._image = QImage()
        self._side = (0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_tiles(self, tiles: Tiles | None) -> None:
        """Draw tiles."""
        self._tiles = tiles
        if tiles is not None:
            if tiles.pixels is not None:
                pixels = tiles.pixels
            elif tiles.signed:
                assert tiles.shades is not None
                pixels = heat_colors(tiles.shades)
            else:
                assert tiles.shades is not None
                grey = np.nan_to_num(tiles.shades * 255.0).astype(np.uint8)
                pixels = np.repeat(grey[..., None], 3, axis=3)
                pixels[np.isnan(tiles.shades)] = rgb(theme.current().palette.color("bad"))
            count, height, width, channels = pixels.shape
            format = QImage.Format.Format_RGBA8888 if channels == 4 else QImage.Format.Format_RGB888
            data = np.ascontiguousarray(pixels).tobytes()
            self._image = QImage(data, width, count * height, width * channels, format).copy()
            self._side = (width, height)
            self.setAccessibleDescription(f"{count} × {height} × {width}")
        self._fit()
        self.update()

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def _fit(self) -> None:
        height = self._layout()[3]
        if height != self.height():
            self.setFixedHeight(height)

    def _layout(self) -> tuple[int, float, float, int]:
        """Columns, width and height of a tile, height of all."""
        tiles = self._tiles
        if tiles is None or not tiles.shown:
            return 1, 1.0, 1.0, 1
        width, height = self._side
        room, shape = max(40, self.width()), height / width
        columns = 1
        while True:
            wide = (room + GAP) / columns - GAP
            wide = min(wide, LARGEST * max(1.0, width / max(width, height)))
            if wide >= 2 * width:
                wide = wide // width * width  # each element as many pixels as any other
            rows = -(-tiles.shown // columns)
            high = wide * shape
            total = rows * (high + GAP) - GAP
            if (total <= HIGHEST and (wide + GAP) * columns - GAP <= room + 0.5) or wide <= SMALLEST:
                return columns, wide, high, max(1, math.ceil(total))
            columns += 1

    def _area(self, place: int) -> QRectF:
        columns, wide, high, _ = self._layout()
        row, column = divmod(place, columns)
        return QRectF(column * (wide + GAP), row * (high + GAP), wide, high)

    def paintEvent(self, event: QPaintEvent) -> None:
        tiles = self._tiles
        if tiles is None:
            return
        painter, (width, height) = QPainter(self), self._side
        columns, wide, high, _ = self._layout()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, wide < width)
        painter.setPen(QPen(theme.current().palette.color("line"), 1))
        for place in range(tiles.shown):
            row, column = divmod(place, columns)
            area = QRectF(column * (wide + GAP), row * (high + GAP), wide, high)
            painter.drawImage(area, self._image, QRectF(0, place * height, width, height))
        painter.end()

    def event(self, event: QEvent) -> bool:
        tiles = self._tiles
        if isinstance(event, QHelpEvent) and tiles is not None:
            for place in range(tiles.shown):
                if self._area(place).contains(event.pos().toPointF()):
                    low, high = (number(float(value), 4) for value in tiles.ranges[place])
                    words = tr("number {n}: {low} … {high}").format(n=tiles.first + place, low=low, high=high)
                    QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)


class ClassBars(QWidget):
    """Probabilities of classes as bars, the label's marked by a tick and a frame."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[ClassRow] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.current().changed.connect(self.update)

    def show_rows(self, rows: list[ClassRow]) -> None:
        """Replace the list."""
        self._rows = rows
        if self.height() != len(rows) * ROW:
            self.setFixedHeight(max(1, len(rows) * ROW))
        self.setAccessibleDescription(
            ", ".join(
                tr("class {index}: {share}").format(index=row.index, share=percent(row.share))
                + (f" ({tr('label')})" if row.label else "")
                for row in rows[:3]
            )
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, painter = theme.current().palette, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.mono_font(11.5))
        metrics = painter.fontMetrics()
        left = max((metrics.horizontalAdvance(str(row.index)) for row in self._rows), default=0) + 10
        right = metrics.horizontalAdvance("99.9 %") + 8
        mark = metrics.horizontalAdvance("✓ " + tr("label")) + 8
        room = max(20, self.width() - left - right - mark)
        for place, row in enumerate(self._rows):
            area = QRectF(0, place * ROW, self.width(), ROW)
            painter.setPen(palette.color("text" if row.predicted or row.label else "muted"))
            painter.drawText(QRectF(0, area.top(), left - 8, ROW), RIGHT, str(row.index))
            track = QRectF(left, area.top() + 5, room, ROW - 10)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color("line", 0.5))
            painter.drawRoundedRect(track, 3, 3)
            painter.setBrush(palette.color("watch" if row.label else "accent" if row.predicted else "faint"))
            painter.drawRoundedRect(QRectF(track.left(), track.top(), max(2.0, room * row.share), track.height()), 3, 3)
            painter.setPen(palette.color("text"))
            painter.drawText(QRectF(left + room + 2, area.top(), right - 4, ROW), RIGHT, percent(row.share))
            if row.label:
                words = f"✓ {tr('label')}" if row.predicted else f"  {tr('label')}"
                painter.setPen(palette.color("watch"))
                painter.drawText(QRectF(left + room + right + 6, area.top(), mark, ROW), LEFT, words)
        painter.end()


RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def percent(share: float) -> str:
    """``97.1 %``; so small a share that it would be none is ``<0.1 %``."""
    return "<0.1 %" if 0 < share < 0.0005 else f"{share * 100:.1f} %"
