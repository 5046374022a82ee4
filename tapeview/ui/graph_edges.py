"""Draws the edges of the graph, all of them in one go, and the gradients that run back along them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from tapeview.ui import theme
from tapeview.ui.graph_nodes import between
from tapeview.ui.palette import Palette
from tapeview.views.graph_scene import Scene
from tapeview.views.graph_state import State

CURVE_ZOOM = 0.16
"""Smaller than this an edge is a straight line."""
DENSE = 300
"""With more edges in view than this they are drawn as hairlines."""
MANY_LABELS = 80
"""With more gradients in view than this only those that move are labelled."""
LABEL_ZOOM, ALL_LABELS_ZOOM = 0.42, 0.66


class EdgePainter:
    """Draws into a painter that is already in scene coordinates. Paths are made when first seen."""

    def __init__(self, palette: Palette, scene: Scene) -> None:
        self.palette, self.scene = palette, scene
        self._paths: dict[int, QPainterPath] = {}
        self._back: dict[int, QPainterPath] = {}
        self._font = theme.ui_font(11, QFont.Weight.DemiBold)
        self._metrics = QFontMetricsF(self._font)
        self._ends = scene.edge_ends
        self._dense = False
        self._all_labels = True
        # Opaque, for an arrow's head lies on its line.
        self._pale = between(palette.color("panel"), palette.color("faint"), 0.45)
        self._earlier = between(palette.color("panel"), palette.color("grad"), 0.74)
        self._later = between(palette.color("panel"), palette.color("grad"), 0.6)

    def look_at(self, state: State, visible: QRectF) -> None:
        """Choose how fine to draw, for all that is in view, before parts of it are painted."""
        shown = self.scene.edges_in((visible.left(), visible.top(), visible.right(), visible.bottom()))
        # Wide smooth lines cost up to a millisecond each on a large screen: a thicket of them is drawn with hairlines.
        self._dense = len(shown) > DENSE
        self._all_labels = int(np.count_nonzero(~np.isnan(state.norms[shown]))) <= MANY_LABELS

    def paint(self, painter: QPainter, state: State, visible: QRectF, zoom: float) -> None:
        area = (visible.left(), visible.top(), visible.right(), visible.bottom())
        shown = self.scene.edges_in(area)
        if not len(shown):
            return
        if zoom < CURVE_ZOOM:
            self._lines(painter, state, shown, zoom)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not self._dense)
        self._curves(painter, state, shown)
        self._gradients(painter, state, shown, zoom)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def paint_labels(self, painter: QPainter, state: State, visible: QRectF, zoom: float) -> None:
        """The norms beside the gradients: over the nodes, so that nothing hides them."""
        if zoom < LABEL_ZOOM or not state.call:
            return
        area = (visible.left(), visible.top(), visible.right(), visible.bottom())
        painter.setFont(self._font)
        shown = self.scene.edges_in(area)
        passed = shown[~np.isnan(state.norms[shown])]
        some = zoom >= ALL_LABELS_ZOOM and self._all_labels
        for edge in (int(e) for e in passed):
            if state.running[edge] or some:
                self._label(painter, state, edge)

    # -- far ---------------------------------------------------------------------------------------------------------

    def _lines(self, painter: QPainter, state: State, shown: np.ndarray, zoom: float) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        carries = ~np.isnan(state.norms)
        groups = (
            (shown[~carries[shown]], self._pale, 0.0),
            (shown[carries[shown] & (state.bad_edges[shown] == 0)], self._earlier, 0.0),
            (shown[carries[shown] & (state.bad_edges[shown] > 0)], self.palette.color("bad"), 2.0 / zoom),
        )
        for edges, color, width in groups:
            if len(edges):
                painter.setPen(QPen(color, width))
                painter.drawLines([QLineF(*ends) for ends in self._ends[edges].tolist()])
        painter.restore()

    # -- near --------------------------------------------------------------------------------------------------------

    def _curves(self, painter: QPainter, state: State, shown: np.ndarray) -> None:
        palette = self.palette
        edges = self.scene.graph.edges
        lit, done = palette.color("muted"), palette.color("faint")
        heads: dict[str, QPainterPath] = {}
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for edge in (int(e) for e in shown):
            if state.lit[edge]:
                role, color, width = "lit", lit, 2.0
            elif state.executed[edges[edge].target]:
                role, color, width = "done", done, 1.3
            else:
                role, color, width = "ahead", self._pale, 1.1
            pen = QPen(color, 0 if self._dense and role != "lit" else width)
            if self.scene.dashed[edge] and not self._dense:
                pen.setDashPattern([3.2, 2.6])
            painter.setPen(pen)
            painter.drawPath(self._path(edge))
            _arrow(heads.setdefault(role, QPainterPath()), QPointF(*self._ends[edge, 2:]), 1.0, 7.0)
        painter.setPen(Qt.PenStyle.NoPen)
        for role, path in heads.items():
            color = {"lit": lit, "done": done, "ahead": self._pale}[role]
            painter.fillPath(path, color)

    def _gradients(self, painter: QPainter, state: State, shown: np.ndarray, zoom: float) -> None:
        if not state.call:
            return
        palette = self.palette
        for edge in (int(e) for e in shown):
            if np.isnan(state.norms[edge]):
                if state.coming[edge]:
                    pen = QPen(self._later, 1.6)
                    pen.setDashPattern([1.3, 2.6])
                    self._arrow_back(painter, edge, pen, 6.5)
                continue
            width = 1.4 + 3.6 * float(state.weights[edge])
            pen = QPen(palette.color("grad") if state.running[edge] else self._earlier, width)
            if self._dense and not state.running[edge]:
                pen.setWidthF(0.0)
            if state.bad_edges[edge]:
                pen.setColor(palette.color("bad"))
                pen.setDashPattern([2.0, 1.2])
            elif state.norms[edge] == 0.0:
                pen.setDashPattern([0.8, 3.0])
            self._arrow_back(painter, edge, pen, 6.5 + width * 1.5)
            if state.bad_edges[edge]:
                self._cross(painter, edge, zoom)

    def _arrow_back(self, painter: QPainter, edge: int, pen: QPen, size: float) -> None:
        """A gradient: beside its edge, from the bottom up."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawPath(self._path_back(edge))
        x, y = self._ends[edge, :2]
        head = QPainterPath()
        _arrow(head, QPointF(x + self.scene.offset(edge), y + 1), -1.0, size)
        painter.fillPath(head, pen.color())

    def _cross(self, painter: QPainter, edge: int, zoom: float) -> None:
        x, y = self.scene.point_on(edge, 0.5)
        x += self.scene.offset(edge)
        arm = max(5.0, 4.0 / zoom)
        painter.setPen(QPen(self.palette.color("bad"), arm / 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QLineF(x - arm, y - arm, x + arm, y + arm))
        painter.drawLine(QLineF(x - arm, y + arm, x + arm, y - arm))

    def _label(self, painter: QPainter, state: State, edge: int) -> None:
        palette, running = self.palette, bool(state.running[edge])
        text = state.norm_text(edge)
        if running:
            text = f"‖g‖ {text}"
        x, y = self.scene.point_on(edge, 0.5)
        x += self.scene.offset(edge) + 8
        lean = self._ends[edge, 2] - self._ends[edge, 0]
        if abs(lean) > 24:  # beside a leaning line there is room above one end of it and below the other
            x, y = x - 4, y - 10 if lean > 0 else y + 10
        box = QRectF(x - 2, y - 8, self._metrics.horizontalAdvance(text) + 6, 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color("panel", 0.82))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(palette.color("bad" if state.bad_edges[edge] else "grad", 1.0 if running else 0.85))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    # -- inner -------------------------------------------------------------------------------------------------------

    def _path(self, edge: int) -> QPainterPath:
        if edge not in self._paths:
            self._paths[edge] = curve_of(self.scene.curve(edge), shorten=5.0)
        return self._paths[edge]

    def _path_back(self, edge: int) -> QPainterPath:
        if edge not in self._back:
            points = self.scene.curve(edge).copy()
            points[0, 1] += 7.0  # the line ends inside the arrow's head
            self._back[edge] = curve_of(points, self.scene.offset(edge))
        return self._back[edge]


def curve_of(points: np.ndarray, shift: float = 0.0, shorten: float = 0.0) -> QPainterPath:
    """An edge through such points as a path: moved to the right, and its end to the top."""
    path = QPainterPath()
    flat = points.tolist()
    flat[-1][1] -= shorten
    path.moveTo(flat[0][0] + shift, flat[0][1])
    for a, b, c in zip(flat[1::3], flat[2::3], flat[3::3], strict=True):
        path.cubicTo(a[0] + shift, a[1], b[0] + shift, b[1], c[0] + shift, c[1])
    return path


def _arrow(path: QPainterPath, tip: QPointF, direction: float, size: float) -> None:
    """A triangle with this tip, pointing down (1) or up (-1)."""
    back, half = tip.y() - direction * size, size * 0.56
    path.addPolygon(QPolygonF([tip, QPointF(tip.x() - half, back), QPointF(tip.x() + half, back)]))
    path.closeSubpath()
