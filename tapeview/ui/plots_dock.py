"""The Plots dock: legend and settings above the curves."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.choice import Choice
from tapeview.ui.dock import Dock
from tapeview.ui.legend import Legend
from tapeview.ui.text import tr
from tapeview.views.plots_model import SMOOTHING, PlotsModel
from tapeview.views.workspace import Reasons

if TYPE_CHECKING:
    from tapeview.ui.plot_canvas import PlotCanvas


class PlotsDock(Dock):
    """Live curves. ``load`` brings the canvas in: the window calls it after its first paint."""

    def __init__(self, model: PlotsModel) -> None:
        super().__init__("plots", tr("Plots"))
        self._model = model
        self.canvas: PlotCanvas | None = None
        self._at = math.nan
        self.offer: Callable[[QMenu, str, float, int], None] | None = None
        """Adds to a menu what others offer for a curve, a value and a training step."""
        self.legend = Legend()
        self.log = QPushButton(tr("Log"))
        self.log.setObjectName("chip")
        self.log.setCheckable(True)
        self.log.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.log.setToolTip(tr("Logarithmic value axis"))
        self.smoothing = Choice(tr("Smoothing"))
        for value in SMOOTHING:
            text = tr("smoothing {value}").format(value=value) if value else tr("no smoothing")
            self.smoothing.addItem(text, value)
        row = QHBoxLayout()
        row.setContentsMargins(14, 7, 12, 0)
        row.setSpacing(8)
        row.addWidget(self.legend, 1, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.log, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.smoothing, 0, Qt.AlignmentFlag.AlignTop)
        self._nothing = QLabel(tr("The loss and every scalar variable are plotted here while the script runs."))
        self._nothing.setObjectName("nothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setWordWrap(True)
        self._page = QWidget()
        self._column = QVBoxLayout(self._page)
        self._column.setContentsMargins(0, 0, 0, 4)
        self._column.setSpacing(2)
        self._column.addLayout(row)
        self._column.addStretch(1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(self._page)
        self.set_body(self._stack)
        self.legend.toggled.connect(model.toggle)
        self.log.clicked.connect(model.set_log)
        self.smoothing.activated.connect(lambda place: model.set_smoothing(self.smoothing.itemData(place)))
        theme.current().changed.connect(self._recolor)
        self.on_dispose(model.changed.connect(self._changed), model.dispose)
        self._changed(frozenset({"data", "curves", "scale", "cursor"}))

    def load(self) -> None:
        """Import pyqtgraph and draw. Not in another thread: while it copies Qt's classes, Qt must rest."""
        if self.canvas is not None:
            return
        from tapeview.ui.plot_canvas import PlotCanvas

        canvas = PlotCanvas(self._model)
        canvas.hovered.connect(self._hovered)
        canvas.menuWanted.connect(self._menu)
        self._column.takeAt(self._column.count() - 1)
        self._column.addWidget(canvas, 1)
        self.canvas = canvas

    def _changed(self, reasons: Reasons) -> None:
        if reasons & {"data", "curves", "scale"}:
            self.later("curves", self._show_curves)
        if "cursor" in reasons:
            self.later("cursor", self._show_cursor)

    def _show_curves(self) -> None:
        model = self._model
        self._stack.setCurrentIndex(1 if model.curves else 0)
        self.log.setChecked(model.log)
        self.smoothing.setCurrentIndex(max(0, self.smoothing.findData(model.smoothing)))
        self.set_note(model.summary)
        if self.canvas is not None:
            self.canvas.refresh()
        self._show_values()

    def _show_cursor(self) -> None:
        if self.canvas is not None:
            self.canvas.show_step()
        self._show_values()

    def _menu(self, x: float, value: float) -> None:
        """For the visible curve nearest to the value there."""
        if self.offer is None:
            return
        near, step = self._model.near(x, value), max(0, round(x) - 1)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.offer(menu, near.name if near is not None else "", value, step)
        menu.popup(QCursor.pos())

    def _hovered(self, x: float) -> None:
        self._at = x
        self._show_values()

    def _show_values(self) -> None:
        model = self._model
        x = model.step + 1 if math.isnan(self._at) else self._at
        self.legend.show_entries([(curve, model.reading(curve, x)) for curve in model.curves])

    def _recolor(self) -> None:
        if self.canvas is not None:
            self.canvas.recolor()
