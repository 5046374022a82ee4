"""The plots of the pages that are shown, side by side, with one axis of steps and one crosshair. Imported late, as
pyqtgraph is.
"""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from tapeview.ui.plot_panel import PlotPanel
from tapeview.views.plot_pages import Panel
from tapeview.views.plots_model import PlotsModel


class PlotCanvas(QWidget):
    """Draws a ``PlotsModel``. ``hovered`` carries the place on the axis under the mouse, NaN when it has left;
    ``menuWanted`` the place, the value there and the plot of a click with the other button.
    """

    hovered = Signal(float)
    menuWanted = Signal(float, float, str)

    def __init__(self, model: PlotsModel) -> None:
        super().__init__()
        self._model = model
        self.manual = False
        """Whether the user chose what part is shown."""
        self.panels: dict[str, PlotPanel] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(10)
        self.recolor()

    def recolor(self) -> None:
        """Take the colours of the palette."""
        for panel in self.panels.values():
            panel.recolor()
        self.refresh()

    def refresh(self) -> None:
        """Draw the model's curves."""
        model = self._model
        wanted = {panel.key: panel for panel in model.panels}
        if list(wanted) != list(self.panels):
            self._arrange(wanted)
        for key, panel in self.panels.items():
            curves = [curve for curve in model.curves if curve.panel == key]
            drawn = [(curve, *(model.drawn(curve) if curve.visible else (curve.x, curve.y))) for curve in curves]
            panel.draw(drawn, model.log_in(key), self.manual)
        self.show_step()
        if not self.manual:
            self.fit()

    @property
    def took(self) -> float:
        """The seconds that painting took the last time."""
        return sum(panel.plot.took for panel in self.panels.values())

    def show_step(self) -> None:
        """Put the line where the cursor is."""
        for panel in self.panels.values():
            panel.here.setVisible(bool(self._model.curves))
            panel.here.setPos(self._model.step + 1)

    def fit(self) -> None:
        """Everything that is shown."""
        self.manual = False
        last = max((panel.extent() for panel in self.panels.values()), default=1.0)
        for panel in self.panels.values():
            panel.fit(last, self._model.running)

    def _arrange(self, wanted: dict[str, Panel]) -> None:
        for key in [key for key in self.panels if key not in wanted]:
            gone = self.panels.pop(key)
            self._row.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for key, shown in wanted.items():
            panel = self.panels.pop(key, None) or self._make(shown)
            self.panels[key] = panel
            self._row.removeWidget(panel)
            self._row.addWidget(panel, 1)
        self.manual = False

    def _make(self, shown: Panel) -> PlotPanel:
        panel = PlotPanel(shown)
        panel.hovered.connect(self._hover)
        panel.clicked.connect(self._model.go_to)
        panel.doubled.connect(self.fit)
        panel.resized.connect(self._resized)
        panel.menuWanted.connect(lambda x, y: self._menu(x, y, shown.key))
        panel.zoomed.connect(lambda: self._zoomed(panel))
        return panel

    def _resized(self) -> None:
        if not self.manual:
            self.fit()

    def _hover(self, x: float) -> None:
        for panel in self.panels.values():
            panel.show_cross(x)
        self.hovered.emit(x)

    def _menu(self, x: float, y: float, key: str) -> None:
        value = 10.0 ** min(y, 308.0) if self._model.log_in(key) else y
        self.menuWanted.emit(x, value if math.isfinite(value) else 0.0, key)

    def _zoomed(self, source: PlotPanel) -> None:
        span = source.view.viewRange()[0]
        for panel in self.panels.values():
            if panel is not source:
                panel.view.setRange(xRange=span, padding=0)
        if not self.manual:
            self.manual = True
            self.refresh()  # with every point
