"""Draws the nodes of the graph, all of them in one go: shape, line and colour tell the state, never colour alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from tapeview.ui import theme
from tapeview.ui.graph_tags import SHAPE_ZOOM, TITLE_ZOOM, Tags
from tapeview.ui.palette import Palette
from tapeview.ui.text import tr
from tapeview.views.graph_scene import Scene
from tapeview.views.graph_state import State

DETAIL_ZOOM = 0.6
"""Smaller than this a detail cannot be read and is left out."""
FADED = 0.42

RADIUS = {"op": 6.0, "rule": 6.0, "failed": 6.0, "group": 6.0, "watched": 9.0, "unwatched": 9.0, "variable": 9.0}
"""Corner radius by style; what is not listed is a pill."""
ROLES = ("none", "faint", "muted", "watch", "grad", "bad")
"""The colours of far nodes, those to be drawn on top last."""


def title_font(strong: bool = False) -> QFont:
    return theme.ui_font(13, QFont.Weight.Bold if strong else QFont.Weight.DemiBold)


def detail_font() -> QFont:
    return theme.ui_font(11)


def measure() -> tuple[QFontMetricsF, QFontMetricsF]:
    """Metrics of titles and of details."""
    return QFontMetricsF(title_font()), QFontMetricsF(detail_font())


@dataclass(frozen=True, slots=True)
class Marks:
    """What is marked beyond the state: the node under the mouse, the picked one and those related to it, the matches
    of a search."""

    hovered: int = -1
    selected: int = -1
    related: tuple[int, ...] = ()
    matches: tuple[int, ...] = ()
    match: int = -1


@dataclass(frozen=True, slots=True)
class _Ink:
    """How one node is drawn."""

    fill: QColor
    line: QPen
    title: QColor
    detail: QColor


class NodePainter:
    """Draws the nodes of one scene into a painter that is already in scene coordinates."""

    def __init__(self, palette: Palette, scene: Scene) -> None:
        self.palette, self.scene = palette, scene
        styles = {"watched": "watch", "op": "faint", "rule": "grad", "group": "muted", "failed": "bad"}
        styles["variable"] = "watch"
        self._roles = np.array([ROLES.index(styles.get(face.style, "none")) for face in scene.faces], np.intp)
        self.title, self.strong, self.detail = title_font(), title_font(strong=True), detail_font()
        self.title_metrics, self.strong_metrics = QFontMetricsF(self.title), QFontMetricsF(self.strong)
        self.detail_metrics = QFontMetricsF(self.detail)
        self._tags = Tags(palette, self.detail)
        self._inks: dict[tuple[str, bool, bool], _Ink] = {}
        self._elided: dict[tuple[str, int, int], str] = {}

    def paint(self, painter: QPainter, state: State, marks: Marks, visible: QRectF, zoom: float) -> None:
        scene = self.scene
        area = (visible.left() - 30, visible.top() - 30, visible.right() + 30, visible.bottom() + 30)
        shown = scene.nodes_in(area)
        if zoom < SHAPE_ZOOM:
            self._blocks(painter, scene, state, shown, zoom)
        else:
            last = [n for n in (state.current, marks.hovered) if n >= 0]
            for node in (*(int(n) for n in shown if n not in last), *(n for n in last if n in shown)):
                self._node(painter, scene, state, node, zoom)
        self._rings(painter, state, marks, zoom)
        self._small_marks(painter, scene, state, shown, zoom)

    # -- near --------------------------------------------------------------------------------------------------------

    def _node(self, painter: QPainter, scene: Scene, state: State, node: int, zoom: float) -> None:
        face = scene.faces[node]
        rect = _rect(scene, node)
        current = node == state.current
        faded = not state.executed[node] and not current
        if state.phase == "backward" and state.call and state.silent[node]:
            faded |= not current and not scene.faint[node]  # what is off the path is grey already
        absent = bool(state.absent[node])
        faded &= not absent  # what takes no part is grey already
        ink = self._ink("absent" if absent else face.style, bool(scene.faint[node]), bool(scene.targets[node]))
        if faded:
            painter.setOpacity(FADED)
        if current:
            rect = self.grown(state, node)
        radius = RADIUS.get(face.style, rect.height() / 2)
        if face.style == "group":
            painter.setPen(ink.line)
            painter.setBrush(ink.fill)
            for back in (6.0, 3.0):
                painter.drawRoundedRect(rect.translated(back, -back), radius, radius)
        if current:
            failed = face.style == "failed"
            line = QPen(self.palette.color("bad" if failed else "grad"), 2.6)
            if face.style in ("unwatched", "constant", "outside"):
                line.setStyle(ink.line.style())
            painter.setPen(line)
            painter.setBrush(self.palette.color("badbg" if failed else "gradbg"))
            radius = max(radius, 8.0)
        else:
            painter.setPen(ink.line)
            painter.setBrush(ink.fill)
        painter.drawRoundedRect(rect, radius, radius)
        if face.style == "rule":
            self._rule_bar(painter, rect, "none" if absent else "grad")
        elif face.style == "failed":
            self._tags.bad(painter, rect, zoom)
        if zoom >= TITLE_ZOOM:
            self._texts(painter, scene, state, node, rect, ink, current, zoom)
        if faded:
            painter.setOpacity(1.0)
        if face.opens and zoom >= TITLE_ZOOM:
            self._plus(painter, rect)

    def _texts(
        self,
        painter: QPainter,
        scene: Scene,
        state: State,
        node: int,
        rect: QRectF,
        ink: _Ink,
        current: bool,
        zoom: float,
    ) -> None:
        face = scene.faces[node]
        left, width = rect.left() + 9, rect.width() - 18
        if face.opens:
            width -= 16
        font, metrics = (self.strong, self.strong_metrics) if current else (self.title, self.title_metrics)
        both = zoom >= DETAIL_ZOOM
        title = QRectF(left, rect.center().y() - (17 if both else 9), width, 18)
        painter.setFont(font)
        painter.setPen(self.palette.color("text") if current else ink.title)
        text = self._fit(face.title, metrics, width, 0)
        if face.style == "rule":
            text = self._fit(f"∇ {face.title}", metrics, width, 0)
        painter.drawText(title, Qt.AlignmentFlag.AlignCenter, text)
        if not both:
            return
        caption = current and bool(state.caption)
        words = scene.detail(node, state)
        dot = "" if caption else face.dot
        painter.setFont(self.detail)
        color = self.palette.color("grad") if caption else ink.detail
        text = self._fit(words, self.detail_metrics, width - (11 if dot else 0), 1)
        line = QRectF(left, rect.center().y() + 1, width, 15)
        if dot:
            whole = self.detail_metrics.horizontalAdvance(text) + 11
            start = max(left, rect.center().x() - whole / 2)
            painter.setPen(QPen(color, 1.4))
            painter.setBrush(color if dot == "filled" else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(start + 3.4, line.center().y() + 0.4), 2.9, 2.9)
            painter.setPen(color)
            line.setLeft(start + 11)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        else:
            painter.setPen(color)
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)

    def _rule_bar(self, painter: QPainter, rect: QRectF, role: str) -> None:
        """The mark of an op that ran as part of a gradient."""
        painter.setPen(QPen(self.palette.color(role), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QLineF(rect.left() + 4, rect.top() + 7, rect.left() + 4, rect.bottom() - 7))

    def _plus(self, painter: QPainter, rect: QRectF) -> None:
        middle = plus_centre(rect)
        painter.setPen(QPen(self.palette.color("accent"), 1.4))
        painter.setBrush(self.palette.color("panel"))
        painter.drawEllipse(middle, 7, 7)
        painter.drawLine(QLineF(middle.x() - 3.5, middle.y(), middle.x() + 3.5, middle.y()))
        painter.drawLine(QLineF(middle.x(), middle.y() - 3.5, middle.x(), middle.y() + 3.5))

    # -- far ---------------------------------------------------------------------------------------------------------

    def _blocks(self, painter: QPainter, scene: Scene, state: State, shown: np.ndarray, zoom: float) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        sides = scene.boxes[shown]
        sizes = sides[:, 2:] - sides[:, :2]
        least = 1.6 / zoom
        thin = np.maximum(least - sizes[:, 1], 0.0)
        rects = np.column_stack([sides[:, 0], sides[:, 1] - thin / 2, sizes[:, 0], sizes[:, 1] + thin])
        roles = np.where(state.passed[shown], ROLES.index("grad"), self._roles[shown])
        executed = state.executed[shown]
        for number, role in enumerate(ROLES):
            for done in (False, True):
                some = rects[(roles == number) & (executed == done)]
                if len(some):
                    share = 0.9 if done else 0.4
                    painter.setBrush(between(self.palette.color("panel"), self.palette.color(role), share))
                    painter.drawRects([QRectF(*rect) for rect in some.tolist()])
        painter.restore()
        if state.current >= 0:
            rect = _rect(scene, state.current)
            least = 7 / zoom
            grow_x, grow_y = max(0.0, least - rect.width()) / 2, max(0.0, least - rect.height()) / 2
            painter.setPen(QPen(self.palette.color("panel"), 1.5 / zoom))
            painter.setBrush(self.palette.color("grad"))
            painter.drawRect(rect.adjusted(-grow_x, -grow_y, grow_x, grow_y))

    # -- marks -------------------------------------------------------------------------------------------------------

    def grown(self, state: State, node: int) -> QRectF:
        """Where a node is drawn: the current one is larger, so that its second line fits."""
        rect = _rect(self.scene, node)
        if node != state.current:
            return rect
        room = 46 if self.scene.faces[node].opens else 26
        more = max(3.0, (self.detail_metrics.horizontalAdvance(state.caption) + room - rect.width()) / 2)
        return rect.adjusted(-more, -4, more, 4)

    def _rings(self, painter: QPainter, state: State, marks: Marks, zoom: float) -> None:
        count = len(self.scene.faces)
        unit = max(1.0, 0.7 / zoom)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for node in marks.matches:
            if node < count:
                dash = Qt.PenStyle.SolidLine if node == marks.match else Qt.PenStyle.DotLine
                painter.setPen(QPen(self.palette.color("n"), (3.0 if node == marks.match else 2.4) * unit, dash))
                self._ring(painter, state, node, 6 * unit)
        self._related(painter, state, marks, unit)
        if 0 <= marks.hovered < count and marks.hovered != marks.selected:
            painter.setPen(QPen(self.palette.color("accent", 0.35), 2 * unit))
            self._ring(painter, state, marks.hovered, 3.5 * unit)
        if 0 <= marks.selected < count:
            painter.setPen(QPen(self.palette.color("accent"), 2 * unit))
            self._ring(painter, state, marks.selected, 4.5 * unit)

    def _related(self, painter: QPainter, state: State, marks: Marks, unit: float) -> None:
        """From the picked node to those that make its gradient, or whose gradient it makes."""
        if not 0 <= marks.selected < len(self.scene.faces):
            return
        painter.setPen(QPen(self.palette.color("grad"), 1.6 * unit, Qt.PenStyle.DashLine))
        start = _rect(self.scene, marks.selected)
        for node in marks.related:
            rect = _rect(self.scene, node)
            if rect.left() < start.right() and rect.right() > start.left():
                upper, lower = sorted((start, rect), key=QRectF.top)
                x = max(upper.left(), lower.left()) + 14  # beside the edge that may be there
                painter.drawLine(QLineF(x, upper.bottom(), x, lower.top()))
            else:
                side = 1 if rect.center().x() >= start.center().x() else -1
                first = QPointF(start.center().x() + side * start.width() / 2, start.center().y())
                last = QPointF(rect.center().x() - side * rect.width() / 2, rect.center().y())
                painter.drawLine(QLineF(first, last))
            self._ring(painter, state, node, 4.5 * unit)

    def _ring(self, painter: QPainter, state: State, node: int, away: float) -> None:
        rect = self.grown(state, node).adjusted(-away, -away, away, away)
        radius = RADIUS.get(self.scene.faces[node].style, rect.height() / 2) + away
        painter.drawRoundedRect(rect, radius, radius)

    def _small_marks(self, painter: QPainter, scene: Scene, state: State, shown: np.ndarray, zoom: float) -> None:
        for node in shown[scene.none[shown]]:
            self._tags.none(painter, _rect(scene, int(node)), zoom)
        for node in shown[state.bad[shown]]:
            self._tags.bad(painter, _rect(scene, int(node)), zoom)
        for node in shown[scene.fed[shown]]:
            at = _rect(scene, int(node)).topLeft() + QPointF(12, 0)
            self._tags.word(painter, tr("fed"), at, "watch", zoom)
        for node in shown[scene.fetched[shown]]:
            at = _rect(scene, int(node)).bottomRight() + QPointF(10, 5)
            self._tags.word(painter, tr("fetched"), at, "ok", zoom, from_right=True)

    # -- inner -------------------------------------------------------------------------------------------------------

    def _ink(self, style: str, faint: bool, target: bool) -> _Ink:
        found = self._inks.get((style, faint, target))
        if found is None:
            found = self._inks[style, faint, target] = self._mix(style, faint, target)
        return found

    def _mix(self, style: str, faint: bool, target: bool) -> _Ink:
        p = self.palette
        dash = [3.0, 2.4]
        if style == "absent":
            pen, fill, title, detail = QPen(p.color("none"), 1.3), "panel", "muted", "none"
            pen.setDashPattern([0.8, 2.6])
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        elif style in ("watched", "variable"):
            pen, fill, title, detail = QPen(p.color("watch"), 1.8), "watchbg", "text", "watch"
        elif style == "unwatched":
            pen, fill, title, detail = QPen(p.color("none"), 1.5), "panel", "muted", "muted"
            pen.setDashPattern(dash)
        elif style == "placeholder":
            pen, fill, title, detail = QPen(p.color("watch"), 1.5), "panel", "text", "muted"
        elif style == "constant":
            pen, fill, title, detail = QPen(p.color("none"), 1.2), "const", "muted", "none"
            pen.setDashPattern(dash)
        elif style == "outside":
            pen, fill, title, detail = QPen(p.color("none"), 1.6), "panel", "muted", "none"
            pen.setDashPattern([0.6, 2.4])
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        elif style == "failed":
            pen, fill, title, detail = QPen(p.color("bad"), 2.2), "badbg", "bad", "bad"
        elif faint:
            pen, fill, title, detail = QPen(p.color("none"), 1.4), "panel", "none", "none"
            pen.setDashPattern([0.8, 2.6])
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        else:
            rule = style == "rule"
            pen = QPen(between(p.color("line"), p.color("faint"), 0.45), 1.4)
            fill, title, detail = ("gradbg" if rule else "op"), "text", "muted"
        if target:
            pen.setColor(p.color("grad"))
            pen.setWidthF(1.6)
        return _Ink(p.color(fill), pen, p.color(title), p.color(detail))

    def _fit(self, text: str, metrics: QFontMetricsF, width: float, kind: int) -> str:
        key = (text, int(width), kind)
        found = self._elided.get(key)
        if found is None:
            if len(self._elided) > 20_000:
                self._elided.clear()
            mode = Qt.TextElideMode.ElideRight if kind == 0 else Qt.TextElideMode.ElideMiddle
            found = self._elided[key] = metrics.elidedText(text, mode, width + 1)
        return found


def plus_centre(rect: QRectF) -> QPointF:
    """Where a folded group has its button."""
    return QPointF(rect.right() - 13, rect.center().y())


def _rect(scene: Scene, node: int) -> QRectF:
    left, top, right, bottom = scene.boxes[node]
    return QRectF(left, top, right - left, bottom - top)


def between(a: QColor, b: QColor, share: float) -> QColor:
    """A colour on the way from ``a`` (0) to ``b`` (1)."""
    return QColor.fromRgbF(
        a.redF() + (b.redF() - a.redF()) * share,
        a.greenF() + (b.greenF() - a.greenF()) * share,
        a.blueF() + (b.blueF() - a.blueF()) * share,
    )
