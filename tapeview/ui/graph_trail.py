"""Draws what explanations put on the graph: the trail of a finding with its numbered stops, and badges on nodes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from tapeview.ui import theme
from tapeview.ui.graph_edges import curve_of
from tapeview.ui.palette import Palette
from tapeview.views.graph_marks import Badge, Shown
from tapeview.views.graph_scene import Scene

READABLE = 0.42
"""Smaller than this, texts on the trail could not be read and are left out."""
DISC = 9.0


class TrailPainter:
    """Draws over the nodes and edges of one scene, in scene coordinates."""

    def __init__(self, palette: Palette, scene: Scene) -> None:
        self.palette, self.scene = palette, scene
        self._font = theme.ui_font(11, QFont.Weight.DemiBold)
        self._metrics = QFontMetricsF(self._font)

    def paint(self, painter: QPainter, shown: Shown, zoom: float, box: Callable[[int], QRectF]) -> None:
        """All of it: there is never much, whatever the size of the graph. ``box`` is where a node is drawn."""
        count = len(self.scene.faces)
        painter.setFont(self._font)
        if shown.kind:
            self._edges(painter, shown, zoom)
            for node in shown.poisoned:
                self._poisoned(painter, box(node), zoom)
            for node, text in shown.stops:
                self._stop(painter, box(node), text, node == shown.current, zoom)
        for node, badge in shown.badges.items():
            if node < count:
                self._badge(painter, self.badge_box(box(node), zoom), badge, zoom)

    @staticmethod
    def badge_box(node: QRectF, zoom: float) -> QRectF:
        """Where the badge of a node that is drawn there is."""
        size = max(9.0, 5.0 / zoom)
        return QRectF(node.left() - size * 0.4, node.bottom() - size, 2 * size, 2 * size)

    # -- edges ---------------------------------------------------------------------------------------------------------

    def _edges(self, painter: QPainter, shown: Shown, zoom: float) -> None:
        palette = self.palette
        role = "accent" if shown.kind == "none" else "bad"
        thin = max(1.0, 0.8 / zoom)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(palette.color(role, 0.6), 5.0 * thin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        for edge in shown.taken:
            painter.drawPath(curve_of(self.scene.curve(edge)))
        pen = QPen(palette.color("none"), 3.0 * thin)
        pen.setDashPattern([1.6, 2.2])
        painter.setPen(pen)
        for edge in shown.missed:
            painter.drawPath(curve_of(self.scene.curve(edge)))
        if shown.cut >= 0:
            self._cut(painter, shown, zoom)

    def _cut(self, painter: QPainter, shown: Shown, zoom: float) -> None:
        palette, thin = self.palette, max(1.0, 0.8 / zoom)
        pen = QPen(palette.color("bad"), 3.4 * thin)
        pen.setDashPattern([1.2, 1.2])
        painter.setPen(pen)
        painter.drawPath(curve_of(self.scene.curve(shown.cut)))
        x, y = self.scene.point_on(shown.cut, 0.5)
        radius = max(10.0, 6.0 / zoom)
        painter.setPen(QPen(palette.color("bad"), radius / 5))
        painter.setBrush(palette.color("panel"))
        painter.drawEllipse(QPointF(x, y), radius, radius)
        arm = radius * 0.48
        painter.setPen(QPen(palette.color("bad"), radius / 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QLineF(x - arm, y - arm, x + arm, y + arm))
        painter.drawLine(QLineF(x - arm, y + arm, x + arm, y - arm))
        if zoom < READABLE:
            return
        box = QRectF(x + radius + 6, y - 11, self._metrics.horizontalAdvance(shown.cut_words) + 18, 22)
        painter.setPen(QPen(palette.color("bad"), 1.2))
        painter.setBrush(palette.color("panel", 0.94))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(palette.color("bad"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown.cut_words)

    # -- nodes ---------------------------------------------------------------------------------------------------------

    def _poisoned(self, painter: QPainter, node: QRectF, zoom: float) -> None:
        away = 5.0 * max(1.0, 0.7 / zoom)
        pen = QPen(self.palette.color("bad"), 1.6 * max(1.0, 0.7 / zoom))
        pen.setDashPattern([1.0, 2.0])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(node.adjusted(-away, -away, away, away), 9, 9)

    def _stop(self, painter: QPainter, rect: QRectF, text: str, current: bool, zoom: float) -> None:
        palette, size = self.palette, max(DISC, 5.0 / zoom)
        wide = max(2 * size, self._metrics.horizontalAdvance(text) + 10) if zoom >= READABLE else 2 * size
        disc = QRectF(rect.left() - wide - 5, rect.center().y() - size, wide, 2 * size)
        painter.setPen(QPen(palette.color("panel"), 1.5))
        painter.setBrush(palette.color("accent"))
        painter.drawRoundedRect(disc, size, size)
        if current:
            painter.setPen(QPen(palette.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(disc.adjusted(-4, -4, 4, 4), size + 4, size + 4)
        if zoom >= READABLE:
            painter.setPen(palette.color("onaccent"))
            painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, text)

    def _badge(self, painter: QPainter, box: QRectF, badge: Badge, zoom: float) -> None:
        """A circle for an error, a triangle for a warning, both with an exclamation mark; a hollow circle with an i
        for a note."""
        palette = self.palette
        role = {"error": "bad", "warning": "n"}.get(badge.level, "muted")
        painter.setPen(QPen(palette.color("panel" if role != "muted" else "muted"), box.width() / 14))
        painter.setBrush(palette.color("panel" if role == "muted" else role))
        if badge.level == "warning":
            tip = QPointF(box.center().x(), box.top())
            painter.drawPolygon(QPolygonF([tip, box.bottomRight(), box.bottomLeft()]))
        else:
            painter.drawEllipse(box)
        if zoom < READABLE:
            return
        painter.setPen(palette.color("muted" if role == "muted" else "panel"))
        low = box.adjusted(0, 4, 0, 1) if badge.level == "warning" else box
        painter.drawText(low, Qt.AlignmentFlag.AlignCenter, "i" if role == "muted" else "!")
        if badge.count > 1:
            painter.setPen(palette.color(role))
            more = QRectF(box.right() + 1, box.top() + 2, 30, box.height())
            painter.drawText(more, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, f"×{badge.count}")
