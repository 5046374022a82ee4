"""Draws differences onto the graph: nodes that changed, came or went, and gradients that changed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from tapeview.ui import theme
from tapeview.ui.graph_edges import curve_of
from tapeview.ui.graph_trail import READABLE
from tapeview.ui.icons import icon
from tapeview.ui.palette import Palette
from tapeview.views.differences_marks import Mark, Painted
from tapeview.views.differences_model import SIGNS
from tapeview.views.graph_scene import Scene

ROLES = {"changed": "diff", "new": "ok", "gone": "muted"}
MANY = 150
"""With more marks in view than this only signs are written, without figures."""


class DifferencePainter:
    """Draws over the nodes and edges of one scene, in scene coordinates."""

    def __init__(self, palette: Palette, scene: Scene) -> None:
        self.palette, self.scene = palette, scene
        self._font = theme.ui_font(11, QFont.Weight.DemiBold)
        self._metrics = QFontMetricsF(self._font)
        self._paths: dict[int, QPainterPath] = {}

    def paint(
        self, painter: QPainter, painted: Painted, visible: QRectF, zoom: float, box: Callable[[int], QRectF]
    ) -> None:
        """What is in view. ``box`` is where a node is drawn."""
        if not painted.nodes and not painted.edges and not painted.touched:
            return
        area = (visible.left() - 60, visible.top() - 30, visible.right() + 60, visible.bottom() + 30)
        thin = max(1.0, 0.7 / zoom)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for edge in self.scene.edges_in(area).tolist():
            if edge in painted.edges:
                self._edge(painter, edge, painted.edges[edge], thin)
        nodes = [node for node in self.scene.nodes_in(area).tolist() if node in painted.nodes]
        painter.setFont(self._font)
        for node in nodes:
            self._node(painter, box(node), painted.nodes[node], node == painted.at, thin)
        if zoom >= READABLE:
            for node in nodes:
                self._chip(painter, box(node), painted.nodes[node], len(nodes) <= MANY)
        for node in painted.touched:
            self._pencil(painter, box(node), zoom)

    def _edge(self, painter: QPainter, edge: int, strength: float, thin: float) -> None:
        """A broad band with gaps under the gradient that runs back along the edge."""
        if edge not in self._paths:
            self._paths[edge] = curve_of(self.scene.curve(edge), self.scene.offset(edge))
        pen = QPen(self.palette.color("diff", 0.5), (3.0 + 6.0 * strength) * thin)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([1.2, 0.5])
        painter.setPen(pen)
        painter.drawPath(self._paths[edge])

    def _node(self, painter: QPainter, rect: QRectF, mark: Mark, current: bool, thin: float) -> None:
        """A frame around the node: broad for a large change, double for what is new, dashed for what is gone."""
        palette, role = self.palette, ROLES[mark.state]
        width = (1.2 + 3.6 * mark.strength) * thin if mark.state == "changed" else 2.0 * thin
        away = 2.5 + width / 2
        frame = rect.adjusted(-away, -away, away, away)
        pen = QPen(palette.color(role, 0.85), width)
        if mark.state == "gone":
            pen.setDashPattern([2.4, 2.0])
        painter.setPen(pen)
        painter.drawRoundedRect(frame, 8 + away, 8 + away)
        if mark.state == "new":
            outer = frame.adjusted(-3.4 * thin, -3.4 * thin, 3.4 * thin, 3.4 * thin)
            painter.setPen(QPen(palette.color(role, 0.85), 1.0 * thin))
            painter.drawRoundedRect(outer, 11 + away, 11 + away)
        if current:
            painter.setPen(QPen(palette.color("accent"), 1.6 * thin, Qt.PenStyle.DotLine))
            away = width + 4 * thin
            painter.drawRoundedRect(frame.adjusted(-away, -away, away, away), 13 + away, 13 + away)

    def _chip(self, painter: QPainter, rect: QRectF, mark: Mark, figures: bool) -> None:
        """At the upper right corner: the sign, and how much."""
        palette = self.palette
        words = mark.words if figures else SIGNS[mark.state]
        wide = max(18.0, self._metrics.horizontalAdvance(words) + 12)
        chip = QRectF(rect.right() - wide + 12, rect.top() - 15, wide, 17)
        painter.setPen(QPen(palette.color("panel"), 1.2))
        painter.setBrush(palette.color(ROLES[mark.state]))
        painter.drawRoundedRect(chip, 8.5, 8.5)
        painter.setPen(palette.color("panel"))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _pencil(self, painter: QPainter, rect: QRectF, zoom: float) -> None:
        """At the lower right corner of what somebody changed."""
        size = max(9.0, 6.0 / zoom)
        disc = QRectF(rect.right() - size, rect.bottom() - size, 2 * size, 2 * size)
        draw_pencil(painter, self.palette, disc)


def draw_pencil(painter: QPainter, palette: Palette, disc: QRectF) -> None:
    """A pencil in a disc."""
    painter.setPen(QPen(palette.color("panel"), disc.width() / 14))
    painter.setBrush(palette.color("accent"))
    painter.drawEllipse(disc)
    inside = disc.width() * 0.2
    icon("pencil", "onaccent").paint(painter, disc.adjusted(inside, inside, -inside, -inside).toAlignedRect())
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_sample(painter: QPainter, palette: Palette, sample: str, box: QRectF) -> bool:
    """What the legend has beside its words; False if this sample is not about differences."""
    if sample == "touched":
        draw_pencil(painter, palette, QRectF(box.center().x() - 8, box.center().y() - 8, 16, 16))
        return True
    if sample not in ("changed", "new", "gone", "changed gradient"):
        return False
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if sample == "changed gradient":
        pen = QPen(palette.color("diff", 0.5), 5.0)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([1.2, 0.5])
        painter.setPen(pen)
        painter.drawLine(QPointF(box.left(), box.center().y()), QPointF(box.right(), box.center().y()))
        return True
    pen = QPen(palette.color(ROLES[sample]), 3.0 if sample == "changed" else 1.6)
    if sample == "gone":
        pen.setDashPattern([2.0, 1.6])
    painter.setPen(pen)
    painter.drawRoundedRect(box, 4, 4)
    if sample == "new":
        painter.setPen(QPen(palette.color("ok"), 1.0))
        painter.drawRoundedRect(box.adjusted(3, 3, -3, -3), 2, 2)
    return True
