"""Pictures of one tensor: heatmap, table, image, histogram. Each is one painted widget; what is drawn comes from the
model.
"""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHeaderView, QSizePolicy, QTableView, QToolTip, QWidget

from tapeview.ui import theme
from tapeview.ui.tile_grid import HEAT_DARK, HEAT_LIGHT, heat_colors
from tapeview.views.numbers import item, number
from tapeview.views.tensor_content import Histogram
from tapeview.views.tensor_model import WIDEST, heat_scale

Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
CELL = 24
TEXT_WIDTH = 38


class Heatmap(QWidget):
    """Numbers as colours, blue below zero and orange above, with the numbers written into cells that are wide enough.

    A vector longer than a row goes on in the next one. ``picked`` carries row and column in the array of the cell that
    was clicked; ``doubleClicked`` comes after it.
    """

    picked = Signal(int, int)
    doubleClicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._steps = [1, 1]
        self._picked: tuple[int, int] | None = None
        self._matrix = np.zeros((0, 0))
        self._scale = np.zeros((0, 0), np.float32)
        self._vector = False
        self._texts: list[list[str]] = []
        self._columns = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.current().changed.connect(self.update)

    def show_matrix(self, matrix: np.ndarray, picked: tuple[int, int] | None = None) -> None:
        """Draw a 2-D array of numbers, with a frame around the cell picked; a single row is taken as a vector."""
        steps = self._steps = [max(1, -(-side // WIDEST)) for side in matrix.shape]
        matrix = matrix[:: steps[0], :: steps[1]]
        self._picked = None if picked is None else (picked[0] // steps[0], picked[1] // steps[1])
        self._matrix, self._vector, self._texts = matrix, matrix.shape[0] == 1, []
        self._scale = heat_scale(matrix)
        self.updateGeometry()
        self.setFixedHeight(self._height(max(self.width(), 120)))
        self.setAccessibleDescription(f"{matrix.shape[0]} × {matrix.shape[1]}")
        self.update()

    def resizeEvent(self, event: object) -> None:
        height = self._height(self.width())
        if height != self.height():
            self.setFixedHeight(height)

    def _grid(self, width: int) -> tuple[int, int]:
        """Rows and columns of cells as drawn."""
        rows, columns = self._matrix.shape
        if not rows or not columns:
            return 0, 0
        if self._vector and columns * TEXT_WIDTH > width:
            fit = max(1, min(10, width // TEXT_WIDTH)) if columns <= 100 else max(1, width // 8)
            return -(-columns // fit), fit
        return rows, columns

    def _height(self, width: int) -> int:
        rows, columns = self._grid(width)
        if not rows:
            return 0
        cell_width = width / columns
        if self._texted(cell_width, rows * columns):
            return rows * CELL
        if self._vector:
            return max(CELL, min(rows * 8, 360))
        return max(CELL, min(round(rows * min(cell_width, CELL)), 360))

    def _texted(self, cell_width: float, cells: int) -> bool:
        return cell_width >= TEXT_WIDTH - 6 and cells <= 400

    def paintEvent(self, event: QPaintEvent) -> None:
        rows, columns = self._grid(self.width())
        if not rows:
            return
        painter = QPainter(self)
        width, height = self.width() / columns, self.height() / rows
        if self._texted(width, rows * columns):
            self._paint_cells(painter, rows, columns, width, height)
        else:
            painter.drawImage(QRectF(0, 0, self.width(), self.height()), self._image(rows, columns))
            painter.setPen(QPen(theme.current().palette.color("line"), 1))
            painter.drawRect(QRectF(0.5, 0.5, self.width() - 1, self.height() - 1))
        if self._picked is not None:
            place = self._picked[0] * self._matrix.shape[1] + self._picked[1]
            row, column = divmod(place, columns)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.current().palette.color("accent"), 2))
            cell = QRectF(column * width, row * height, max(width - 2, 5), max(height - 2, 5))
            painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), 3, 3)
        painter.end()

    def _paint_cells(self, painter: QPainter, rows: int, columns: int, width: float, height: float) -> None:
        palette = theme.current().palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.mono_font(10))
        negative, positive = HEAT_DARK if palette.dark else HEAT_LIGHT
        flat, scale = self._matrix.reshape(-1), self._scale.reshape(-1)
        bold = theme.mono_font(10)
        bold.setBold(True)
        for place in range(min(flat.size, rows * columns)):
            row, column = divmod(place, columns)
            cell = QRectF(column * width, row * height, width - 2, height - 2)
            strength = float(scale[place])
            painter.setPen(Qt.PenStyle.NoPen)
            if math.isnan(strength):
                painter.setBrush(palette.color("badbg"))
                painter.drawRoundedRect(cell, 3, 3)
                painter.setPen(QPen(palette.color("bad"), 1.2))
                painter.drawRoundedRect(cell.adjusted(0.6, 0.6, -0.6, -0.6), 3, 3)
                painter.setFont(bold)
            else:
                painter.setBrush(QColor(*(positive if strength > 0 else negative), round(255 * (0.1 + 0.75 *
                abs(strength)))
                                        if strength else 18))  # fmt: skip
                painter.drawRoundedRect(cell, 3, 3)
                painter.setPen(palette.color("text"))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, fitted(flat[place], width - 4))
            if math.isnan(strength):
                painter.setFont(theme.mono_font(10))

    def _image(self, rows: int, columns: int) -> QImage:
        cells = np.zeros(rows * columns, np.float32)
        cells[: self._scale.size] = self._scale.reshape(-1)
        pixels = heat_colors(cells.reshape(rows, columns))
        return QImage(pixels.tobytes(), columns, rows, columns * 3, QImage.Format.Format_RGB888)

    def _place_at(self, at: QPointF) -> int:
        """The cell at a point, as a place in the flat array; -1 for none."""
        rows, columns = self._grid(self.width())
        if not rows or not self.height():
            return -1
        row, column = int(at.y() / self.height() * rows), int(at.x() / self.width() * columns)
        place = row * columns + column
        return place if 0 <= column < columns and 0 <= place < self._matrix.size else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        if place >= 0:
            row, column = divmod(place, self._matrix.shape[1])
            self.picked.emit(row * self._steps[0], column * self._steps[1])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._picked is None:
            self.mousePressEvent(event)  # it was picked already, and the first click took that back
        self.doubleClicked.emit()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            place = self._place_at(QPointF(event.pos()))
            if place >= 0:
                row, column = divmod(place, self._matrix.shape[1])
                row, column = row * self._steps[0], column * self._steps[1]
                where = f"[{column}]" if self._vector else f"[{row}, {column}]"
                QToolTip.showText(event.globalPos(), f"{where}  {item(self._matrix.reshape(-1)[place], 9)}", self)
            return True
        return super().event(event)


def fitted(value: np.generic, width: float) -> str:
    """A number in as many digits as fit into ``width`` at the size of a cell."""
    room = max(3, int(width / 6.1))
    for digits in (5, 4, 3, 2, 1):
        text = item(value, digits)
        if len(text) <= room:
            return text
    return text


class MatrixModel(QAbstractTableModel):
    """A 2-D array as a table. Cells are made into text when they are looked at."""

    def __init__(self) -> None:
        super().__init__()
        self._matrix = np.zeros((0, 0))

    def show_matrix(self, matrix: np.ndarray) -> None:
        """Replace the array."""
        self.beginResetModel()
        self._matrix = matrix.reshape(-1, 1) if matrix.shape[0] == 1 and matrix.shape[1] > 1 else matrix
        self.endResetModel()

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else int(self._matrix.shape[0])

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else int(self._matrix.shape[1])

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return item(self._matrix[index.row(), index.column()], 6 if role == Qt.ItemDataRole.DisplayRole else 17)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole:
            value = self._matrix[index.row(), index.column()]
            if value.dtype.kind in "fc" and not np.isfinite(value):
                return theme.current().palette.color("bad")
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return str(section) if role == Qt.ItemDataRole.DisplayRole else None


class MatrixTable(QTableView):
    """A table of numbers that is as high as it needs to be, up to a limit. ``picked`` carries row and column in the
    array of the cell that the user went to.
    """

    picked = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._vector = False
        self.numbers = MatrixModel()
        self.setModel(self.numbers)
        self.setFont(theme.mono_font(11))
        self.setShowGrid(False)
        self.verticalHeader().setDefaultSectionSize(22)
        self.verticalHeader().setMinimumWidth(30)
        self.horizontalHeader().setDefaultSectionSize(78)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self._shown: np.ndarray | None = None
        self.clicked.connect(self._went)

    def show_matrix(self, matrix: np.ndarray) -> None:
        """Replace the array."""
        shown = self._shown
        if shown is not None and shown.__array_interface__ == matrix.__array_interface__:
            return  # the same view of the same array: the cell that the user went to stays
        self._shown, self._vector = matrix, matrix.shape[0] == 1 and matrix.shape[1] > 1
        self.numbers.show_matrix(matrix)
        self.setFixedHeight(min(300, 22 * self.numbers.rowCount() + 42))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.currentIndex()
        super().keyPressEvent(event)
        if self.currentIndex() != before:  # what gets the focus only has a current cell that nobody went to
            self._went(self.currentIndex())

    def _went(self, current: QModelIndex) -> None:
        if current.isValid():
            self.picked.emit(*((0, current.row()) if self._vector else (current.row(), current.column())))

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())


class Picture(QWidget):
    """Pixels, enlarged without smoothing and centred."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_pixels(self, pixels: np.ndarray) -> None:
        """Draw uint8 pixels (H, W, 3) or (H, W, 4)."""
        height, width, channels = pixels.shape
        format = QImage.Format.Format_RGBA8888 if channels == 4 else QImage.Format.Format_RGB888
        self._image = QImage(pixels.tobytes(), width, height, width * channels, format).copy()
        self.setFixedHeight(self._target().height() + 2)
        self.update()

    def resizeEvent(self, event: object) -> None:
        height = self._target().height() + 2
        if height != self.height() and not self._image.isNull():
            self.setFixedHeight(height)

    def _target(self) -> QRect:
        if self._image.isNull():
            return QRect()
        scale = min((max(40, self.width()) - 2) / self._image.width(), 280 / self._image.height())
        scale = math.floor(scale) if scale >= 2 else scale
        width, height = max(1, round(self._image.width() * scale)), max(1, round(self._image.height() * scale))
        return QRect(max(0, (self.width() - width) // 2), 1, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        target = self._target()
        smooth = target.width() < self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(target, self._image)
        painter.setPen(QPen(theme.current().palette.color("line"), 1))
        painter.drawRect(target.adjusted(-1, -1, 0, 0))
        painter.end()


class Bars(QWidget):
    """A histogram."""

    def __init__(self) -> None:
        super().__init__()
        self._histogram: Histogram | None = None
        self._role = "accent"
        self.setFixedHeight(132)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.current().changed.connect(self.update)

    def show_histogram(self, histogram: Histogram | None, role: str) -> None:
        """Draw a histogram in the colour of a palette role."""
        self._histogram, self._role = histogram, role
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        histogram = self._histogram
        if histogram is None:
            return
        palette, painter = theme.current().palette, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most, count = int(histogram.counts.max()), len(histogram.counts)
        width, bottom = self.width() / count, self.height() - 18
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(self._role, 0.75))
        for place, value in enumerate(histogram.counts.tolist()):
            if value:
                height = max(1.5, value / most * (bottom - 8))
                painter.drawRect(QRectF(place * width, bottom - height, max(1.0, width - 1), height))
        low, high = float(histogram.edges[0]), float(histogram.edges[-1])
        painter.setPen(QPen(palette.color("line"), 1))
        painter.drawLine(QPointF(0, bottom + 0.5), QPointF(self.width(), bottom + 0.5))
        painter.setFont(theme.mono_font(10))
        area = QRectF(0, bottom + 2, self.width(), 16)
        if low < 0 < high:
            zero = -low / (high - low) * self.width()
            painter.setPen(QPen(palette.color("muted"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(zero, 4), QPointF(zero, bottom))
            if 60 < zero < self.width() - 60:
                painter.setPen(palette.color("muted"))
                painter.drawText(QRectF(zero - 20, bottom + 2, 40, 16), Qt.AlignmentFlag.AlignCenter, "0")
        painter.setPen(palette.color("muted"))
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft, number(low, 4))
        painter.drawText(area, Qt.AlignmentFlag.AlignRight, number(high, 4))
        painter.drawText(QRectF(0, 0, self.width(), 14), Qt.AlignmentFlag.AlignRight, f"max {most}")
        painter.end()
