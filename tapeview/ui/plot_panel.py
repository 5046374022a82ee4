"""One plot, drawn by pyqtgraph. Imported late: pyqtgraph takes longer to load than the rest of the window."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPicture, QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.facts import dress, show_if
from tapeview.ui.legend import curve_pen
from tapeview.views.curves import Curve, thin
from tapeview.views.plot_pages import Panel

CROWD = 12
"""With more curves than this each gets half the points."""
ROUGH = 12.0
"""A curve that goes up and down the plot more often than this is drawn one pixel thin: stroking a broad line that
crosses itself all the time took Qt a second for 2,000 points, the thin one takes 3 ms.
"""
SPARE = 0.08
"""What part of the plot is left free for what is still to come."""
DOTS = 200
FAINT = 6
"""Lines of the grid with less alpha (of 255) than this are left out."""
AXIS = 52
TITLE = 20
"""Pixels that a plot's title takes."""


class Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis whose lines are filled rectangles, without those that are too faint to be seen. pyqtgraph replays a
    picture, in every frame: each of a hundred lines takes Qt 80 µs, as it is half transparent, and a rectangle 1 µs.
    """

    picture: QPicture | None
    _specs: tuple[Any, list[tuple[QPen, pg.Point, pg.Point]], Any] | None = None

    def paint(self, painter: QPainter, option: object, widget: object) -> None:
        painter.save()
        if self.picture is None:  # something has changed
            painter.setFont(self.style["tickFont"] or painter.font())
            self._specs = self.generateDrawSpecs(painter)
            self.picture = QPicture()  # which says that nothing has changed since
        if self._specs is not None:
            axis, lines, texts = self._specs
            pixel = 1.0 / painter.device().devicePixelRatioF()
            for pen, begin, end in lines:
                color = pen.color()
                if color.alpha() >= FAINT:
                    corner = QPointF(begin.x() - pixel / 2, begin.y() - pixel / 2)  # the pixels that a line would have
                    size = QSizeF(end.x() - begin.x() + pixel, end.y() - begin.y() + pixel)
                    painter.fillRect(QRectF(corner, size), color)
            self.drawPicture(painter, axis, [], texts)
        painter.restore()


class WholeSteps(Axis):
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


class TimedPlot(pg.PlotWidget):  # type: ignore[misc]
    """A plot that knows how long painting took (``took``, in seconds): live updates leave room for it."""

    took = 0.0

    def paintEvent(self, event: QPaintEvent) -> None:
        began = time.perf_counter()
        super().paintEvent(event)
        self.took = time.perf_counter() - began


class PlotPanel(QWidget):
    """Draws curves over the training steps.

    ``hovered`` carries the step under the mouse, NaN when it has left; ``clicked`` the place on the axis of a click,
    ``doubled`` comes with a double click; ``menuWanted`` carries place and value of a click with the other button (the
    value as the axis counts, so its logarithm on a logarithmic one); ``zoomed`` comes when the user chose a part,
    ``resized`` when the plot has another size.
    """

    hovered = Signal(float)
    clicked = Signal(float)
    doubled = Signal()
    menuWanted = Signal(float, float)
    zoomed = Signal()
    resized = Signal()

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self.panel = panel
        self.items: dict[str, pg.PlotDataItem] = {}
        self._dots: dict[str, pg.ScatterPlotItem] = {}
        self._extent: tuple[float, float, float] | None = None
        self._log = False
        self.plot = TimedPlot(axisItems={"left": Axis("left"), "bottom": WholeSteps("bottom")}, enableMenu=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self._item = self.plot.getPlotItem()
        self.view = self._item.getViewBox()
        # Made all the same, and it would outlive the window as a window of its own.
        self._item.ctrlMenu.setParent(self, Qt.WindowType.Popup)
        self._item.hideButtons()
        self._item.setDownsampling(auto=True, mode="peak")
        self._item.setClipToView(True)
        self._item.disableAutoRange()
        self.view.setMouseEnabled(x=True, y=True)
        self.view.setDefaultPadding(0.0)
        self.plot.setFrameShape(self.plot.Shape.NoFrame)
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.here = pg.InfiniteLine(angle=90, movable=False)
        self.cross = pg.InfiniteLine(angle=90, movable=False)
        self.guide = pg.InfiniteLine(angle=0, movable=False)
        for line in (self.here, self.cross, self.guide):
            line.setZValue(20)
            self._item.addItem(line, ignoreBounds=True)
        self.cross.hide()
        self.title = QLabel(panel.title, self)
        self.title.setToolTip(panel.note)
        self.title.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not panel.note)
        self.title.setFont(theme.ui_font(10.5))
        show_if(self.title, bool(panel.title))
        scene = self.plot.scene()
        scene.sigMouseMoved.connect(self._mouse_moved)
        scene.sigMouseClicked.connect(self._mouse_clicked)
        self.view.sigRangeChangedManually.connect(lambda *_: self.zoomed.emit())
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
        self._item.getAxis("left").setWidth(AXIS)
        self._item.getAxis("left").enableAutoSIPrefix(False)
        self._item.getAxis("bottom").enableAutoSIPrefix(False)
        self._item.getAxis("bottom").setHeight(22)
        self._item.showGrid(x=False, y=True, alpha=0.55)
        ratio = self.devicePixelRatioF()
        self.here.setPen(pg.mkPen(palette.color("text"), width=1.2 * ratio, dash=[3, 3]))
        self.cross.setPen(pg.mkPen(palette.color("faint"), width=ratio))
        self.guide.setPen(pg.mkPen(palette.color("watch"), width=1.2 * ratio, dash=[6, 4]))
        dress(self.title, f"color: {palette.muted}; background: {palette.panel}; padding: 0 4px;")
        self.title.adjustSize()

    def draw(self, drawn: list[tuple[Curve, np.ndarray, np.ndarray]], log: bool, whole: bool) -> None:
        """Draw curves at these places (NaN: gaps); ``log``: the values are decimal logarithms; ``whole``: with every
        point.
        """
        palette, ratio = theme.current().palette, self.devicePixelRatioF()
        if log != self._log:
            self._log = log
            self._item.getAxis("left").setLogMode(x=False, y=log)  # which makes it draw its numbers anew
        guide = self.panel.guide
        self.guide.setVisible(not math.isnan(guide) and (not log or guide > 0))
        self.guide.setPos(math.log10(guide) if log and guide > 0 else 0.0 if math.isnan(guide) else guide)
        known = {curve.key for curve, _, _ in drawn}
        for key in [key for key in self.items if key not in known]:
            self._item.removeItem(self.items.pop(key))
            self._item.removeItem(self._dots.pop(key))
        low, high, last = math.inf, -math.inf, 1.0
        # As many points as can be told apart; all of them where somebody looks closer.
        points = max(200, self.plot.width() * (1 if sum(curve.visible for curve, _, _ in drawn) > CROWD else 2))
        for curve, x, y in drawn:
            item = self.items.get(curve.key)
            if item is None:
                item = self.items[curve.key] = pg.PlotDataItem(connect="finite", antialias=True)
                item.setZValue(10 if curve.kind in ("target", "epoch") else 5)
                self._item.addItem(item)
                self._dots[curve.key] = pg.ScatterPlotItem()
                self._item.addItem(self._dots[curve.key])
            item.setVisible(curve.visible)
            self._dots[curve.key].setVisible(curve.visible)
            if not curve.visible:
                continue
            finite = y[np.isfinite(y)]
            last = max(last, float(x[-1]) if len(x) else 1.0)
            if finite.size:
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
            pen: QPen = curve_pen(palette, curve)
            # The view's scale must not reach the pen; then its width counts in pixels of the screen.
            pen.setCosmetic(True)
            shown = (x, y) if whole else thin(x, y, points)
            rough = roughness(shown[1]) > ROUGH
            pen.setWidthF(1.0 if rough else pen.widthF() * ratio)
            item.opts["antialias"] = item.curve.opts["antialias"] = not rough
            # Points between two gaps have no line to be seen by.
            dots = np.arange(len(y)) if curve.dotted and len(y) <= DOTS else lone_points(y)
            item.setData(*shown, pen=pen)
            self._dots[curve.key].setData(x=x[dots], y=y[dots], brush=pg.mkBrush(pen.color()), pen=None, size=6)
        self._extent = (low, high, last) if low <= high else (0.0, 1.0, last)

    def extent(self) -> float:
        """The last training step that has a point."""
        return self._extent[2] if self._extent is not None else 1.0

    def fit(self, last: float, growing: bool = False) -> None:
        """Show everything up to step ``last``, with a little room around it; while there is more to come (``growing``)
        with room for that, so that the axes, whose numbers take longest to draw, stay as they are for some time.
        """
        low, high, _ = self._extent or (0.0, 1.0, 1.0)
        if not np.isfinite(high - low):
            low, high = low / 4, high / 4
        room = (high - low) * 0.08 or max(abs(high), 1.0) * 0.1
        width = max(last - 1.0, 1.0)
        span = (1.0 - width * 0.012, last + width * 0.012) if last > 1.0 else (0.5, 1.5)
        # Room for the title, which stands where many curves begin.
        above = (high - low) * TITLE / max(60.0, self.view.height() - TITLE) if self.panel.title else 0.0
        needed = (low - room, high + max(room, above))
        if growing:
            if self._is_roomy(span, needed):
                return
            more = (needed[1] - needed[0]) * SPARE / 2
            span, needed = (span[0], span[1] + width * SPARE), (needed[0] - more, needed[1] + more)
        self.view.setRange(xRange=span, yRange=needed, padding=0)
        self.view.prepareForPaint()  # else it does so while it is painted, and then all is painted once more

    def _is_roomy(self, span: tuple[float, float], needed: tuple[float, float]) -> bool:
        """Whether what is shown holds these ranges and not much more."""
        (left, right), (bottom, top) = self.view.viewRange()
        if right < span[1] or bottom > needed[0] or top < needed[1]:
            return False
        much = 1 + 2 * SPARE
        return bool(right - left <= (span[1] - span[0]) * much and top - bottom <= (needed[1] - needed[0]) * much)

    def show_cross(self, x: float) -> None:
        """Put the line under the mouse at a step; NaN: away with it."""
        self.cross.setVisible(not math.isnan(x))
        if not math.isnan(x):
            self.cross.setPos(x)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.title.move(AXIS + 8, 1)
        self.resized.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.hovered.emit(math.nan)
        return False

    def _mouse_moved(self, point: QPointF) -> None:
        inside = self.view.sceneBoundingRect().contains(point) and bool(self.items)
        self.hovered.emit(float(round(self.view.mapSceneToView(point).x())) if inside else math.nan)

    def _mouse_clicked(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        if not self.view.sceneBoundingRect().contains(event.scenePos()):
            return
        place = self.view.mapSceneToView(event.scenePos())
        if event.button() == Qt.MouseButton.RightButton:
            self.menuWanted.emit(float(place.x()), float(place.y()))
        elif event.button() == Qt.MouseButton.LeftButton:
            if event.double():
                self.doubled.emit()
            else:
                self.clicked.emit(float(place.x()))


def roughness(y: np.ndarray) -> float:
    """How often a line through these values (float64; NaN: gaps) goes through their whole range, up or down."""
    finite = y[np.isfinite(y)]
    if finite.size < 3:
        return 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        span = float(finite.max()) - float(finite.min())
        way = float(np.abs(np.diff(finite)).sum())
    return way / span if 0 < span < math.inf and way < math.inf else 0.0


def lone_points(y: np.ndarray) -> np.ndarray:
    """The places of finite values (of a float64 vector) without a finite neighbour."""
    finite = np.isfinite(y)
    left = np.concatenate([[False], finite[:-1]])
    right = np.concatenate([finite[1:], [False]])
    return np.flatnonzero(finite & ~left & ~right)
