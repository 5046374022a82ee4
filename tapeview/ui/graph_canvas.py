"""The surface the graph is painted on: all edges as one item, all nodes as one item, only what is in view.

A move of the cursor repaints only what it changed.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget

from tapeview.ui import theme
from tapeview.ui.graph_camera import Camera
from tapeview.ui.graph_differences import DifferencePainter
from tapeview.ui.graph_edges import EdgePainter
from tapeview.ui.graph_nodes import Marks, NodePainter
from tapeview.ui.graph_trail import TrailPainter
from tapeview.views.differences_marks import DifferenceMarks
from tapeview.views.graph_marks import GraphMarks
from tapeview.views.graph_model import GraphModel
from tapeview.views.graph_scene import Scene
from tapeview.views.graph_state import State, differences

MANY = 60
"""With more changes than this everything is repainted."""
PIECES = 12
GROWTH = 60.0
"""By how much the current node may be wider than its box, on each side."""


class GraphCanvas(QWidget):
    """Paints the model's scene as the camera sees it. Keeps the scene last shown while the model makes another."""

    def __init__(self, model: GraphModel) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.camera = Camera()
        self._model = model
        self._scene: Scene | None = None
        self._nodes: NodePainter | None = None
        self._edges: EdgePainter | None = None
        self._trails: TrailPainter | None = None
        self.explained: GraphMarks | None = None
        """What explanations put on the graph."""
        self._changes: DifferencePainter | None = None
        self.differing: DifferenceMarks | None = None
        """What differences put on it."""
        self._painted: State | None = None
        self._marks = Marks()
        self._hovered = -1
        self._dimmed = False

    def dim(self, dimmed: bool) -> None:
        """Show that this is not the tape at the cursor, whose picture is still being made."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.update()

    def node_at(self, place: QPointF) -> int:
        """The node under a place of the view; -1 if there is none."""
        if self._scene is None:
            return -1
        spot = self.camera.to_scene(place)
        painted = self._painted
        if painted is not None and painted.current >= 0 and self._drawn(painted.current).contains(spot):
            return painted.current
        return self._scene.node_at(spot.x(), spot.y(), 3.0 / self.camera.scale)

    def node_rect(self, node: int) -> QRectF:
        """Where a node is in the view."""
        rect = self._rect(node)
        return QRectF(self.camera.to_view(rect.topLeft()), self.camera.to_view(rect.bottomRight()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.current().palette.color("panel"))
        scene, nodes, edges = self._scene, self._nodes, self._edges
        state = self._model.state if scene is not None and self._model.scene is scene else None
        self._painted = state
        if scene is None or state is None or nodes is None or edges is None:
            self._paint_empty(painter)
            return
        camera = self.camera
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        if self._dimmed:
            painter.setOpacity(0.35)
        marks = self._marks = self._marks_now()
        edges.look_at(state, camera.visible())
        pieces = list(event.region())  # type: ignore[call-overload]
        for piece in pieces if len(pieces) <= PIECES else [event.rect()]:
            painter.save()
            painter.setClipRect(piece)
            painter.scale(camera.scale, camera.scale)
            painter.translate(-camera.origin)
            first, last = camera.to_scene(QPointF(piece.topLeft())), camera.to_scene(QPointF(piece.bottomRight()))
            visible = QRectF(first, last).adjusted(0, 0, 1 / camera.scale, 1 / camera.scale)
            edges.paint(painter, state, visible, camera.scale)
            nodes.paint(painter, state, marks, visible, camera.scale)
            if self._changes is not None and self.differing is not None:
                self._changes.paint(painter, self.differing.painted, visible, camera.scale, self._drawn)
            if self._trails is not None and self.explained is not None:
                self._trails.paint(painter, self.explained.shown, camera.scale, self._drawn)
            edges.paint_labels(painter, state, visible, camera.scale)
            painter.restore()

    def _update_state(self, state: State | None) -> None:
        """Repaint what a move of the cursor has changed."""
        scene, before = self._scene, self._painted
        if scene is None or state is None or before is None or len(before.executed) != len(state.executed):
            self.update()
            return
        nodes, edges = differences(before, state)
        edges = np.union1d(edges, scene.reads(nodes))
        if before.call != state.call or len(nodes) + len(edges) > MANY or self._marks_now() != self._marks:
            self.update()
            return
        region = QRegion()
        for node in nodes.tolist():
            aside = 24 + GROWTH * self.camera.scale
            region += self.node_rect(node).adjusted(-aside, -24, aside, 24).toAlignedRect()
        for edge in edges.tolist():
            left, top, right, bottom = scene.edge_box(edge)
            first, last = self.camera.to_view(QPointF(left, top)), self.camera.to_view(QPointF(right, bottom))
            region += QRectF(first, last).adjusted(-16, -16, 90 * max(1.0, self.camera.scale), 16).toAlignedRect()
        self.update(region)

    def _paint_empty(self, painter: QPainter) -> None:
        text = self._model.empty_text
        if not text or self._model.laying_out:
            return
        palette = theme.current().palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QRectF(self.rect()).center()
        painter.setPen(palette.color("line"))
        painter.setBrush(palette.color("const", 0.6))
        for x, y in ((-46, -64), (46, -64), (0, -26)):
            painter.drawRoundedRect(QRectF(middle.x() + x - 30, middle.y() + y - 11, 60, 22), 6, 6)
        painter.setPen(palette.color("faint"))
        for x in (-46, 46):
            painter.drawLine(QPointF(middle.x() + x, middle.y() - 53), QPointF(middle.x() + x / 5, middle.y() - 37))
        painter.setPen(palette.color("muted"))
        painter.setFont(theme.ui_font(13))
        area = QRectF(16, middle.y() + 4, self.width() - 32, 60)
        painter.drawText(area, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, text)

    def _covers(self, area: QRectF) -> bool:
        """Whether there are nodes under a part of the view."""
        if self._scene is None:
            return False
        first, last = self.camera.to_scene(area.topLeft()), self.camera.to_scene(area.bottomRight())
        return bool(len(self._scene.nodes_in((first.x(), first.y(), last.x(), last.y()))))

    def _rect(self, node: int) -> QRectF:
        if self._scene is None or not 0 <= node < len(self._scene.faces):
            return QRectF()
        left, top, right, bottom = self._scene.boxes[node].tolist()
        return QRectF(left, top, right - left, bottom - top)

    def _drawn(self, node: int) -> QRectF:
        """Where a node was painted, in the scene."""
        if self._nodes is None or self._painted is None or self._scene is not self._nodes.scene:
            return self._rect(node)
        return self._nodes.grown(self._painted, node)

    def _match(self) -> int:
        model = self._model
        return model.matches[model.match] if 0 <= model.match < len(model.matches) else -1

    def _marks_now(self) -> Marks:
        selected = self._model.selected
        related = self._scene.related(selected) if self._scene is not None else ()
        return Marks(self._hovered, selected, related, self._model.matches, self._match())

    def _make_painters(self) -> None:
        scene, palette = self._scene, theme.current().palette
        self._painted = None  # it is of another scene
        self._nodes = None if scene is None else NodePainter(palette, scene)
        self._edges = None if scene is None else EdgePainter(palette, scene)
        self._trails = None if scene is None else TrailPainter(palette, scene)
        self._changes = None if scene is None else DifferencePainter(palette, scene)
