"""The curves themselves, drawn by pyqtgraph. Imported late: pyqtgraph takes longer to load than the rest of the
window.
"""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.legend import curve_pen
from tapeview.views.plots_model import PlotsModel


class WholeSteps(pg.AxisItem):  # type: ignore[misc]
    """An axis of whole numbers from 1 on: there is no step two and a half, and none before the first."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        levels: list[tuple[float, list[float]]] = []
        for spacing, values in super().tickValues(low, high, size):
            ticks = [float(value) for value in values if value >= 1]
            if not levels and spacing >= 5 and low <= 1 <= high:
                ticks.insert(0, 1.0)
            levels.append((spacing, ticks))
        return levels

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        spacings = super().tickSpacing(low, high, size)
        return [spacing for spacing in spacings if spacing[0] >= 1] or [(1.0, 0.0)]


class PlotCanvas(QWidget):
    """Draws a ``PlotsModel``. ``hovered`` carries the place on the axis under the mouse, NaN when it has left;
    ``menuWanted`` the place and the value there of a click with the other button.
    """

    hovered = Signal(float)
    menuWanted = Signal(float, float)

    def __init__(self, model: PlotsModel) -> None:
        super().__init__()
        self._model = model
        self._manual = False
        self._items: dict[str, pg.PlotDataItem] = {}
        self._dots: dict[str, pg.ScatterPlotItem] = {}
        self.plot = pg.PlotWidget(axisItems={"bottom": WholeSteps("bottom")}, enableMenu=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self._item = self.plot.getPlotItem()
        self._view = self._item.getViewBox()
        # Made all the same, and it would outlive the window as a window of its own.
        self._item.ctrlMenu.setParent(self, Qt.WindowType.Popup)
        self._item.hideButtons()
        self._item.setDownsampling(auto=True, mode="peak")
        self._item.setClipToView(True)
        self._item.disableAutoRange()
        self._view.setMouseEnabled(x=True, y=True)
        self._view.setDefaultPadding(0.0)
        self.plot.setFrameShape(self.plot.Shape.NoFrame)
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.here = pg.InfiniteLine(angle=90, movable=False)
        self.cross = pg.InfiniteLine(angle=90, movable=False)
        for line in (self.here, self.cross):
            line.setZValue(20)
            self._item.addItem(line, ignoreBounds=True)
        self.cross.hide()
        scene = self.plot.scene()
        scene.sigMouseMoved.connect(self._mouse_moved)
        scene.sigMouseClicked.connect(self._mouse_clicked)
        self._view.sigRangeChangedManually.connect(self._range_chosen)
        self.plot.viewport().installEventFilter(self)
        self.recolor()

    def recolor(self) -> None:
        """Take the colours of the palette."""
        palette = theme.current().palette
        self.plot.setBackground(palette.color("panel"))
        for name in ("left", "bottom"):
            axis = self._item.getAxis(name)
            axis.setPen(pg.mkPen(palette.color("line")))
            axis.setTextPen(pg.mkPen(palette.color("muted")))
            axis.setTickPen(pg.mkPen(palette.color("line")))
            axis.setTickFont(theme.ui_font(10.5))
            axis.setStyle(tickLength=0, tickTextOffset=6)
        self._item.getAxis("left").setWidth(52)
        self._item.getAxis("left").enableAutoSIPrefix(False)
        self._item.getAxis("bottom").enableAutoSIPrefix(False)
        self._item.getAxis("bottom").setHeight(22)
        self._item.showGrid(x=False, y=True, alpha=0.55)
        ratio = self.devicePixelRatioF()
        self.here.setPen(pg.mkPen(palette.color("text"), width=1.2 * ratio, dash=[3, 3]))
        self.cross.setPen(pg.mkPen(palette.color("faint"), width=ratio))
        self.refresh()

    def refresh(self) -> None:
        """Draw the model's curves."""
        model, palette = self._model, theme.current().palette
        self._item.getAxis("left").setLogMode(x=False, y=model.log)
        known = {curve.key for curve in model.curves}
        for key in [key for key in self._items if key not in known]:
            self._item.removeItem(self._items.pop(key))
            self._item.removeItem(self._dots.pop(key))
        for curve in model.curves:
            item = self._items.get(curve.key)
            if item is None:
                item = self._items[curve.key] = pg.PlotDataItem(connect="finite", antialias=True)
                item.setZValue(10 if curve.kind == "target" else 5)
                self._item.addItem(item)
                self._dots[curve.key] = pg.ScatterPlotItem()
                self._item.addItem(self._dots[curve.key])
            item.setVisible(curve.visible)
            self._dots[curve.key].setVisible(curve.visible)
            if not curve.visible:
                continue
            x, y = model.drawn(curve)
            pen: QPen = curve_pen(palette, curve)
            # The view's scale must not reach the pen; then its width counts in pixels of the screen.
            pen.setCosmetic(True)
            pen.setWidthF(pen.widthF() * self.devicePixelRatioF())
            item.setData(x, y, pen=pen)
            # Points between two gaps have no line to be seen by.
            lonely = lone_points(y)
            self._dots[curve.key].setData(x=x[lonely], y=y[lonely], brush=pg.mkBrush(pen.color()), pen=None, size=6)
        self.show_step()
        if not self._manual:
            self.fit()

    def show_step(self) -> None:
        """Put the line where the cursor is."""
        self.here.setVisible(bool(self._model.curves))
        self.here.setPos(self._model.step + 1)

    def fit(self) -> None:
        """Everything that is shown, with a little room around it."""
        self._manual = False
        lows, highs, last = [], [], 1.0
        for curve in self._model.curves:
            if not curve.visible or not len(curve.x):
                continue
            x, y = self._model.drawn(curve)
            finite = y[np.isfinite(y)]
            last = max(last, float(x[-1]))
            if finite.size:
                lows.append(float(finite.min()))
                highs.append(float(finite.max()))
        low, high = (min(lows), max(highs)) if lows else (0.0, 1.0)
        if not np.isfinite(high - low):
            low, high = low / 4, high / 4
        room = (high - low) * 0.08 or max(abs(high), 1.0) * 0.1
        width = max(last - 1.0, 1.0)
        span = (1.0 - width * 0.012, last + width * 0.012) if last > 1.0 else (0.5, 1.5)
        self._view.setRange(xRange=span, yRange=(low - room, high + room), padding=0)

    def eventFilter(self, watched: object, event: object) -> bool:
        if getattr(event, "type", lambda: None)() == event.Type.Leave:  # type: ignore[attr-defined]
            self.cross.hide()
            self.hovered.emit(float("nan"))
        return False

    def _mouse_moved(self, point: QPointF) -> None:
        inside = self._view.sceneBoundingRect().contains(point) and bool(self._model.curves)
        self.cross.setVisible(inside)
        if inside:
            x = float(self._view.mapSceneToView(point).x())
            self.cross.setPos(round(x))
            self.hovered.emit(x)
        else:
            self.hovered.emit(float("nan"))

    def _mouse_clicked(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        if not self._view.sceneBoundingRect().contains(event.scenePos()):
            return
        if event.button() == Qt.MouseButton.RightButton:
            place = self._view.mapSceneToView(event.scenePos())
            self.menuWanted.emit(float(place.x()), 10.0 ** float(place.y()) if self._model.log else float(place.y()))
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.double():
            self.fit()
        else:
            self._model.go_to(float(self._view.mapSceneToView(event.scenePos()).x()))

    def _range_chosen(self, *_axes: object) -> None:
        self._manual = True


def lone_points(y: np.ndarray) -> np.ndarray:
    """The places of finite values (of a float64 vector) without a finite neighbour."""
    finite = np.isfinite(y)
    left = np.concatenate([[False], finite[:-1]])
    right = np.concatenate([finite[1:], [False]])
    return np.flatnonzero(finite & ~left & ~right)
