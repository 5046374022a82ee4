"""The Plots dock: pages, legend and settings above the curves."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtGui import QCursor, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tapeview.ui import pace, theme
from tapeview.ui.choice import Choice
from tapeview.ui.dialogs import tell
from tapeview.ui.dock import Dock
from tapeview.ui.facts import show_if
from tapeview.ui.histogram_page import HistogramPage
from tapeview.ui.legend import Legend
from tapeview.ui.text import tr
from tapeview.views.histograms_model import HistogramsModel
from tapeview.views.plot_pages import PAGES
from tapeview.views.plots_model import SMOOTHING, PlotsModel
from tapeview.views.workspace import Reasons

if TYPE_CHECKING:
    from tapeview.ui.plot_canvas import PlotCanvas

LOW = 270
"""Below this height the legend has one row only: the curves need the room."""
MOST_REST = 2000
"""Milliseconds after which new points are drawn in any case."""
EVERY = 1000
"""Milliseconds between two looks at another recording that grows."""
SHARE = 4
"""Drawing new points takes at most one part in this many of the window's time."""


class PlotsDock(Dock):
    """Live curves. ``load`` brings the canvas in: the window calls it after its first paint."""

    def __init__(self, model: PlotsModel, histograms: HistogramsModel | None = None) -> None:
        super().__init__("plots", tr("Plots"))
        self._model = model
        self.canvas: PlotCanvas | None = None
        self._at = math.nan
        self.offer: Callable[[QMenu, str, float, int], None] | None = None
        """Adds to a menu what others offer for a curve, a value and a training step."""
        self.legend = Legend()
        self.pages = {page: self._chip() for page in PAGES}
        self.log = self._chip(tr("Log"), tr("Logarithmic value axis"))
        self.more = self._chip(tr("More") + " ▾", tr("Compare, export, zoom"))
        self.more.setCheckable(False)
        self.smoothing = Choice(tr("Smoothing"))
        for value in SMOOTHING:
            text = tr("smoothing {value}").format(value=value) if value else tr("no smoothing")
            self.smoothing.addItem(text, value)
        self._chips = QWidget()
        self._chips.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        chips = QHBoxLayout(self._chips)
        chips.setContentsMargins(0, 0, 0, 0)
        chips.setSpacing(5)
        for page, chip in self.pages.items():
            chip.clicked.connect(lambda _checked=False, page=page: self._choose(page))
            chips.addWidget(chip)
        chips.addStretch(1)
        self._row = row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._chips, 1, Qt.AlignmentFlag.AlignTop)
        self._beside = QVBoxLayout()
        row.addLayout(self._beside)
        for widget in (self.log, self.smoothing, self.more):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        self._below = QVBoxLayout()
        head = QVBoxLayout()
        head.setContentsMargins(14, 7, 12, 0)
        head.setSpacing(3)
        head.addLayout(row)
        head.addLayout(self._below)
        self._beside.addWidget(self.legend, 0, Qt.AlignmentFlag.AlignTop)
        self._nothing = QLabel(tr("The loss and every scalar variable are plotted here while the script runs."))
        self._nothing.setObjectName("nothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setWordWrap(True)
        self._plots = QWidget()
        self._column = QVBoxLayout(self._plots)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addStretch(1)
        self.histograms = HistogramPage(histograms) if histograms is not None else None
        self._bodies = QStackedWidget()
        self._bodies.addWidget(self._plots)
        if self.histograms is not None:
            self._bodies.addWidget(self.histograms)
        self._page = QWidget()
        column = QVBoxLayout(self._page)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self._bodies, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(self._page)
        self.set_body(self._stack)
        self.legend.toggled.connect(model.toggle)
        self.legend.alone.connect(model.only)
        self.log.clicked.connect(model.set_log)
        self.more.clicked.connect(self._show_more)
        self.smoothing.activated.connect(lambda place: model.set_smoothing(self.smoothing.itemData(place)))
        self._late = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._rested)
        self._growing = QTimer(self)
        self._growing.setInterval(EVERY)
        self._growing.timeout.connect(model.overlaid.look)
        theme.current().changed.connect(self._recolor)
        self.on_dispose(model.changed.connect(self._changed), model.dispose, self._rest.stop, self._growing.stop)
        self.on_dispose(model.overlaid.refused.connect(self._refused))
        if self.histograms is not None:
            self.on_dispose(self.histograms.dispose)
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
        pace.settled()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.legend.set_rows(1 if self.height() < LOW else 2)

    @staticmethod
    def _chip(text: str = "", tip: str = "") -> QPushButton:
        chip = QPushButton(text)
        chip.setObjectName("chip")
        chip.setCheckable(True)
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.setToolTip(tip)
        return chip

    # -- what is shown -------------------------------------------------------------------------------------------------

    def _changed(self, reasons: Reasons) -> None:
        if self._model.overlaid.growing != self._growing.isActive():
            (self._growing.stop if self._growing.isActive() else self._growing.start)()
        if reasons & {"curves", "scale", "pages"}:
            self.later("curves", self._show_curves)
        elif "data" in reasons and self._rest.isActive():
            self._late = True
        elif "data" in reasons:
            self.later("data", self._show_data)
        if "cursor" in reasons:
            self.later("cursor", self._show_cursor)

    def _show_curves(self) -> None:
        model = self._model
        self._stack.setCurrentIndex(1 if model.curves or model.pages else 0)
        several = len(model.pages) > 1
        for page, chip in self.pages.items():
            show_if(chip, page in model.pages)
            chip.setChecked(page in model.shown)
            chip.setText(model.title(page).replace("&", "&&"))
        show_if(self._chips, several)
        place = self._below if several else self._beside
        if place.indexOf(self.legend) < 0:
            (self._beside if several else self._below).removeWidget(self.legend)
            place.addWidget(self.legend, 0, Qt.AlignmentFlag.AlignTop)
        self._row.setStretch(1, 0 if several else 1)
        plots = model.shown != ("histograms",)
        for widget in (self.legend, self.log, self.smoothing):
            show_if(widget, plots)
        self._bodies.setCurrentIndex(0 if plots or self.histograms is None else 1)
        if self.histograms is not None:
            self.histograms.set_seen(not plots)
        self.log.setChecked(model.log)
        self.smoothing.setCurrentIndex(max(0, self.smoothing.findData(model.smoothing)))
        self._show_data()

    def _show_data(self) -> None:
        clock = QElapsedTimer()
        clock.start()
        self.set_note(self._model.summary)
        if self.canvas is not None:
            self.canvas.refresh()
        self._show_values()
        # What comes in the meantime is drawn with it.
        busy = clock.elapsed() + (self.canvas.took * 1000 if self.canvas is not None else 0)
        if busy > 4:
            self._rest.start(min(MOST_REST, round(busy * (SHARE - 1))))

    def _rested(self) -> None:
        if self._late:
            self._late = False
            with self.turns.taken() if self.turns is not None else nullcontext():
                self.later("data", self._show_data)

    def _show_cursor(self) -> None:
        if self.canvas is not None:
            self.canvas.show_step()
        self._show_values()

    def _show_values(self) -> None:
        model = self._model
        x = model.step + 1 if math.isnan(self._at) else self._at
        self.legend.show_entries([(curve, model.reading(curve, x)) for curve in model.curves])

    def _hovered(self, x: float) -> None:
        self._at = x
        self._show_values()

    def _recolor(self) -> None:
        if self.canvas is not None:
            self.canvas.recolor()

    # -- what can be done ----------------------------------------------------------------------------------------------

    def _choose(self, page: str) -> None:
        beside = bool(QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier)
        self._model.choose_page(page, beside=beside)
        for one, chip in self.pages.items():
            chip.setChecked(one in self._model.shown)  # a click on the page that is shown changes nothing

    def _menu(self, x: float, value: float, panel: str) -> None:
        """For the visible curve nearest to the value there."""
        if self.offer is None:
            return
        near, step = self._model.near(x, value, panel), max(0, round(x) - 1)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.offer(menu, near.name if near is not None else "", value, step)
        menu.popup(QCursor.pos())

    def more_menu(self) -> QMenu:
        """Comparing, exporting, pages side by side."""
        model, menu = self._model, QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        plots = model.shown != ("histograms",)
        pages = [page for page in model.pages if page != "histograms"]
        if plots and len(pages) > 1:
            beside = menu.addMenu(tr("Side by side"))
            for page in pages:
                action = beside.addAction(model.title(page))
                action.setCheckable(True)
                action.setChecked(page in model.shown)
                action.triggered.connect(lambda _checked=False, page=page: model.choose_page(page, beside=True))
        menu.addAction(tr("Compare with a recording …"), self._compare)
        for run in model.overlaid.runs:
            words = tr("Remove “{name}”").format(name=run.name).replace("&", "&&")
            menu.addAction(words).triggered.connect(lambda _=False, path=run.path: model.overlaid.remove(path))
        if plots:
            menu.addSeparator()
            menu.addAction(tr("Show everything"), self._fit).setEnabled(self.canvas is not None and self.canvas.manual)
        menu.addSeparator()
        menu.addAction(tr("Export as PNG …"), lambda: self._export(".png"))
        menu.addAction(tr("Export as SVG …"), lambda: self._export(".svg"))
        menu.addAction(tr("Export as CSV …"), lambda: self._export(".csv"))
        return menu

    def _show_more(self) -> None:
        self.more_menu().popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _fit(self) -> None:
        if self.canvas is not None:
            self.canvas.manual = False
            self.canvas.refresh()

    def _compare(self) -> None:
        title = tr("Draw the curves of another recording over these")
        name, _ = QFileDialog.getOpenFileName(self, title, "", tr("Recordings") + " (*.tapeview)")
        if name:
            self._model.add_run(Path(name))

    def _refused(self, problem: str) -> None:
        tell(self, tr("That did not work"), problem, QMessageBox.Icon.Warning)

    def _export(self, suffix: str) -> None:
        from tapeview.ui import plot_export

        if self._model.shown == ("histograms",) and self.histograms is not None:
            shown: QWidget = self.histograms
            table = self.histograms.csv
        else:
            shown, table = self._page, self._model.csv
        title = tr("Export the plots")
        if suffix == ".csv":
            plot_export.ask_and_save(self, title, suffix, lambda path: plot_export.save_csv(table(), path))
        else:
            save = plot_export.save_png if suffix == ".png" else plot_export.save_svg
            plot_export.ask_and_save(self, title, suffix, lambda path: save(shown, path))
