"""The picture of the tape: draws the graph and turns mouse and keys into verbs of the model.

It decides nothing: what a click leads to is the model's affair.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication

from tapeview.ui import theme
from tapeview.ui.graph_canvas import GraphCanvas
from tapeview.ui.graph_menu import Offer, menu_for
from tapeview.ui.graph_nodes import plus_centre
from tapeview.ui.graph_overlays import HoverCard, Legend, Minimap, Notice
from tapeview.ui.graph_tags import TITLE_ZOOM
from tapeview.ui.text import tr
from tapeview.views.graph_model import GraphModel
from tapeview.views.graph_scene import Scene

CARD_DELAY = 350
"""Milliseconds for which the mouse rests before the card comes."""
ZOOM_STEP = 1.2
KEY_PAN = 80.0


class GraphView(GraphCanvas):
    """Shows a ``GraphModel``. The dock tells it when the model changed, with ``show_scene`` and ``show_state``."""

    zoomed = Signal(float)

    def __init__(self, model: GraphModel) -> None:
        super().__init__(model)
        self.setObjectName("graphView")
        self.setAccessibleName(tr("Graph of the tape"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 120)
        self.legend, self.minimap = Legend(self), Minimap(self)
        self.card, self.notice = HoverCard(self), Notice(self)
        self.offer: Offer | None = None
        self._pressed: QPointF | None = None
        self._dragging = False
        self._fitted = True
        self._current = -1
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(CARD_DELAY)
        self._rest.timeout.connect(self._show_card)
        self.minimap.moved.connect(self._look_at)
        theme.current().changed.connect(self._recolor)
        self.legend.hide()
        self.minimap.hide()

    def show_marks(self) -> None:
        """What explanations or differences put on the graph has changed."""
        self._show_legend()
        self._place_overlays()
        self.update()

    # -- what is shown -----------------------------------------------------------------------------------------------

    def show_scene(self) -> None:
        """Take over the model's scene. Zoom and place stay if it has the same layout."""
        scene, before = self._model.scene, self._scene
        self._hide_card()
        self._hovered = -1
        if scene is not before:
            self._scene = scene
            self._make_painters()
            self._show_legend()
            if scene is not None and (before is None or before.layout is not scene.layout):
                left, top, right, bottom = scene.bounds
                self.camera.bounds = QRectF(left, top, right - left, bottom - top)
                self._open(before)
            self._place_overlays()
        self.show_state()

    def _show_legend(self) -> None:
        marks = self.differing.legend if self.differing is not None else ()
        self.legend.set_entries((*self._model.legend, *marks))

    def show_state(self) -> None:
        """The cursor, the selection or the matches have changed."""
        state = self._model.state if self._scene is not None else None
        current = state.current if state is not None else -1
        if state is not None and current >= 0 and current != self._current and self._pressed is None:
            self.reveal(current)
        if current != self._current:
            self._current = current
            if QAccessible.isActive():  # somebody listens
                self.setAccessibleDescription(self._model.describe(current))
                QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        if self.card.isVisible():
            self._show_card()
        self._refresh_minimap()
        self._update_state(state)

    def reveal(self, node: int) -> None:
        """Bring a node into view."""
        if self._scene is not None and 0 <= node < len(self._scene.faces) and self.camera.reveal(self._rect(node)):
            self._moved(by_user=False)

    def fit(self) -> None:
        """Show the whole graph."""
        self.camera.fit()
        self._moved(by_user=False)
        self._fitted = True

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Magnify around a place of the view (default: its middle)."""
        self.camera.zoom(factor, at if at is not None else QRectF(self.rect()).center())
        self._moved()

    # -- mouse -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed, self._dragging = event.position(), event.button() == Qt.MouseButton.MiddleButton
            self._hide_card()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            self._hover(self.node_at(event.position()))
            return
        moved = event.position() - self._pressed
        if not self._dragging and moved.manhattanLength() >= QApplication.startDragDistance():
            self._dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if self._dragging:
            self.camera.pan(moved.x(), moved.y())
            self._pressed = event.position()
            self._moved()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, dragging = self._pressed, self._dragging
        self._pressed, self._dragging = None, False
        self.unsetCursor()
        if pressed is None or dragging or event.button() != Qt.MouseButton.LeftButton:
            return
        if self._on_badge(event.position()):
            return
        node = self.node_at(event.position())
        if self._on_plus(node, event.position()):
            self._model.unfold(node)
        else:
            self._model.select(node)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        node = self.node_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and node >= 0:
            self._model.activate(node)

    def wheelEvent(self, event: QWheelEvent) -> None:
        pixels, angle = event.pixelDelta(), event.angleDelta()
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        # Fingers on a touch pad push the picture around; a wheel, and Ctrl with either, zooms.
        if not pixels.isNull() and event.phase() != Qt.ScrollPhase.NoScrollPhase and not control:
            self.camera.pan(pixels.x(), pixels.y())
            self._moved()
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.camera.pan((angle.y() or angle.x()) * 0.6, 0.0)
            self._moved()
        elif angle.y():
            self.zoom(ZOOM_STEP ** (angle.y() / 120), event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom(1.0 + event.value(), event.position())
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        node, place = self.node_at(QPointF(event.pos())), event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self._focus() >= 0:
            node = self._focus()
            place = self.mapToGlobal(self.node_rect(node).center().toPoint())
        menu_for(self, self._model, node, self.fit, self.centre_current, self.offer).popup(place)

    # -- keys --------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        arrows = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if key in arrows and modifiers == Qt.KeyboardModifier.ShiftModifier:
            dx, dy = arrows[Qt.Key(key)]
            self.camera.pan(-dx * KEY_PAN, -dy * KEY_PAN)
            self._moved()
        elif key in arrows and not modifiers:
            self._step(*arrows[Qt.Key(key)])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(ZOOM_STEP)
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            self.zoom(1 / ZOOM_STEP)
        elif key == Qt.Key.Key_0 and control:
            self.fit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not modifiers:
            self._model.activate(self._focus())
        elif key == Qt.Key.Key_Space and not modifiers:
            self._toggle_fold()
        elif key == Qt.Key.Key_Escape and (self._model.selected >= 0 or self._model.laying_out):
            if self._model.laying_out:
                self._model.cancel()
            else:
                self._model.select(-1)
        else:
            super().keyPressEvent(event)

    def _step(self, dx: int, dy: int) -> None:
        if self._scene is None or not self._scene.faces:
            return
        start = self._focus()
        node = 0 if start < 0 else self._scene.neighbour(start, dx, dy)
        self._model.select(node)
        self.reveal(node)
        self.setAccessibleDescription(self._model.describe(node))

    def _toggle_fold(self) -> None:
        node = self._focus()
        if self._scene is not None and node in self._scene.graph.groups:
            self._model.unfold(node)
        elif node >= 0:
            self._model.fold(node)

    def _focus(self) -> int:
        """The node that keys are about: the picked one, else the current one."""
        return self._model.selected if self._model.selected >= 0 else self._current

    # -- inner -------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        middle = self.camera.visible().center()
        first = self.camera.view.width() <= 1
        self.camera.view = QRectF(self.rect()).size()
        if first or self._fitted:
            self._open(None)
        else:
            self.camera.centre_on(middle)
        self._place_overlays()

    def _open(self, before: Scene | None) -> None:
        state = self._model.state
        focus = self._rect(state.current if state is not None and state.current >= 0 else 0)
        self._current = state.current if state is not None else -1
        self.camera.open_at(focus)
        self._fitted = True
        self._refresh_minimap()
        self.zoomed.emit(self.camera.scale)

    def _moved(self, by_user: bool = True) -> None:
        if by_user:
            self._fitted = False
        self._hide_card()
        self._refresh_minimap()
        self.zoomed.emit(self.camera.scale)
        self.update()

    def _look_at(self, place: QPointF) -> None:
        self.camera.centre_on(place)
        self.camera.keep()
        self._moved()

    def centre_current(self) -> None:
        """Bring the current op to the middle."""
        if self._scene is not None and 0 <= self._current < len(self._scene.faces):
            self._look_at(self._rect(self._current).center())

    def _on_badge(self, place: QPointF) -> bool:
        """Look at what was found where there is a badge; False if there is none."""
        if self.explained is None or self._trails is None:
            return False
        spot = self.camera.to_scene(place)
        badges = self.explained.shown.badges
        found = (n for n in badges if self._trails.badge_box(self._drawn(n), self.camera.scale).contains(spot))
        node = next(found, -1)
        return node >= 0 and self.explained.look_at(node)

    def _on_plus(self, node: int, place: QPointF) -> bool:
        if self._scene is None or node not in self._scene.graph.groups or self.camera.scale < TITLE_ZOOM:
            return False
        away = self.camera.to_scene(place) - plus_centre(self._drawn(node))
        return max(abs(away.x()), abs(away.y())) <= 9.0

    def _hover(self, node: int) -> None:
        if node == self._hovered:
            return
        self._hovered = node
        self._hide_card()
        if node >= 0:
            self._rest.start()
        self.setCursor(Qt.CursorShape.PointingHandCursor if node >= 0 else Qt.CursorShape.ArrowCursor)
        self.update()

    def _show_card(self) -> None:
        card = self._model.card(self._hovered) if self._hovered >= 0 else None
        if self.explained is not None:
            card = self.explained.card(card, self._hovered)
        if self.differing is not None:
            card = self.differing.card(card, self._hovered)
        if card is None:
            self._hide_card()
        else:
            self.card.show_card(card, self.node_rect(self._hovered))

    def _hide_card(self) -> None:
        self._rest.stop()
        self.card.hide()

    def _refresh_minimap(self) -> None:
        wanted = self._scene if self._scene is not None and len(self._scene.faces) > 1 and self.width() >= 320 else None
        if self._fitted and self.camera.visible().contains(self.camera.bounds):
            # Where all is seen the overview says nothing new: it must not cover anything then.
            wanted = None if self._covers(QRectF(self.minimap.geometry())) else wanted
        state = self._model.state if wanted is not None else None
        self.minimap.set_view(wanted, state, self.camera.visible())

    def _place_overlays(self) -> None:
        self.minimap.move(self.width() - self.minimap.width() - 16, 16)
        size = self.legend.size_when(True)
        if not self.legend.chosen:
            # It makes room for the graph by itself until the user has decided.
            area = QRectF(16, self.height() - size.height() - 16, size.width(), size.height())
            trail = any(marks is not None and marks.bar is not None for marks in (self.explained, self.differing))
            self.legend.set_open(area.top() >= 8 and not trail and not self._covers(area))
        self.legend.adjustSize()
        self.legend.setVisible(self._scene is not None and self.height() >= self.legend.height() + 24)
        self.legend.move(16, self.height() - self.legend.height() - 16)
        self.notice.adjustSize()
        self.notice.move((self.width() - self.notice.width()) // 2, 18)

    def _recolor(self) -> None:
        self._make_painters()
        self.minimap.recolor()
        self.update()

    def hideEvent(self, event: object) -> None:
        self._hide_card()
