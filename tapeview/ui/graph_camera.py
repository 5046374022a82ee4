"""Where one looks at the graph from: zoom and place."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF

SMALLEST, LARGEST = 0.004, 4.0
FIT_LARGEST = 1.25
"""Fitting never magnifies more than this."""
READABLE = 0.5
"""Below this zoom nobody can read the nodes, so an opening graph starts larger and shows a part."""
COMFORTABLE = 0.78
"""The least zoom at which a graph opens that cannot be shown whole."""
MARGIN = 28.0


class Camera:
    """Maps scene to view: ``view = (scene - origin) * scale``. Sizes are in device independent pixels."""

    def __init__(self) -> None:
        self.scale = 1.0
        self.origin = QPointF(0.0, 0.0)
        self.view = QSizeF(1.0, 1.0)
        self.bounds = QRectF()

    def to_view(self, point: QPointF) -> QPointF:
        return QPointF((point.x() - self.origin.x()) * self.scale, (point.y() - self.origin.y()) * self.scale)

    def to_scene(self, point: QPointF) -> QPointF:
        return QPointF(point.x() / self.scale + self.origin.x(), point.y() / self.scale + self.origin.y())

    def visible(self) -> QRectF:
        """The part of the scene that is seen."""
        return QRectF(self.origin, QSizeF(self.view.width() / self.scale, self.view.height() / self.scale))

    def fit_scale(self) -> float:
        """The zoom at which everything is seen."""
        width, height = max(self.bounds.width(), 1.0), max(self.bounds.height(), 1.0)
        across = max(self.view.width() - 2 * MARGIN, 16.0) / width
        down = max(self.view.height() - 2 * MARGIN, 16.0) / height
        return max(SMALLEST, min(across, down, FIT_LARGEST))

    def fit(self) -> None:
        """Show everything."""
        self.scale = self.fit_scale()
        self.centre_on(self.bounds.center())

    def open_at(self, focus: QRectF) -> None:
        """Show everything if it can be read then, else the surroundings of ``focus`` at a readable size."""
        if self.fit_scale() >= READABLE:
            self.fit()
            return
        across = max(self.view.width() - 2 * MARGIN, 16.0) / max(self.bounds.width(), 1.0)
        self.scale = min(max(across, COMFORTABLE), 0.9)
        seen_width, seen_height = self.view.width() / self.scale, self.view.height() / self.scale
        x = self.bounds.center().x() if seen_width >= self.bounds.width() else focus.center().x()
        top = min(
            max(focus.center().y() - seen_height * 0.4, self.bounds.top() - MARGIN / self.scale),
            self.bounds.bottom() + MARGIN / self.scale - seen_height,
        )
        self.origin = QPointF(x - seen_width / 2, top)

    def centre_on(self, point: QPointF) -> None:
        self.origin = QPointF(
            point.x() - self.view.width() / self.scale / 2, point.y() - self.view.height() / self.scale / 2
        )

    def zoom(self, factor: float, at: QPointF) -> None:
        """Zoom so that what is under ``at`` (in the view) stays there."""
        before = self.to_scene(at)
        smallest = min(SMALLEST if self.bounds.isEmpty() else self.fit_scale() * 0.5, 1.0)
        self.scale = min(max(self.scale * factor, smallest), LARGEST)
        self.origin = QPointF(before.x() - at.x() / self.scale, before.y() - at.y() / self.scale)
        self.keep()

    def pan(self, dx: float, dy: float) -> None:
        """Move what is seen by so many pixels of the view."""
        self.origin = QPointF(self.origin.x() - dx / self.scale, self.origin.y() - dy / self.scale)
        self.keep()

    def reveal(self, rect: QRectF) -> bool:
        """Move as little as needed to see ``rect`` with some room around it; tells whether it had to move."""
        room_x = min(60.0, self.view.width() / 6) / self.scale
        room_y = min(60.0, self.view.height() / 6) / self.scale
        wanted, seen = rect.adjusted(-room_x, -room_y, room_x, room_y), self.visible()
        if seen.contains(rect) and not rect.isEmpty():
            return False
        if not seen.adjusted(-seen.width(), -seen.height(), seen.width(), seen.height()).intersects(rect):
            self.centre_on(rect.center())
            self.settle()
            return True
        dx = max(0.0, wanted.right() - seen.right()) or min(0.0, wanted.left() - seen.left())
        dy = max(0.0, wanted.bottom() - seen.bottom()) or min(0.0, wanted.top() - seen.top())
        self.origin = QPointF(self.origin.x() + dx, self.origin.y() + dy)
        return True

    def settle(self) -> None:
        """Show no more emptiness at the rim of the graph than a margin."""
        seen, rim = self.visible(), MARGIN / self.scale
        area = self.bounds.adjusted(-rim, -rim, rim, rim)
        x, y = self.origin.x(), self.origin.y()
        if area.width() > seen.width():
            x = min(max(x, area.left()), area.right() - seen.width())
        if area.height() > seen.height():
            y = min(max(y, area.top()), area.bottom() - seen.height())
        self.origin = QPointF(x, y)

    def keep(self) -> None:
        """Leave a piece of the graph in view, wherever one drags."""
        if self.bounds.isEmpty():
            return
        seen = self.visible()
        dx, dy = min(80 / self.scale, seen.width() / 3), min(60 / self.scale, seen.height() / 3)
        x = min(max(self.origin.x(), self.bounds.left() - seen.width() + dx), self.bounds.right() - dx)
        y = min(max(self.origin.y(), self.bounds.top() - seen.height() + dy), self.bounds.bottom() - dy)
        self.origin = QPointF(x, y)
