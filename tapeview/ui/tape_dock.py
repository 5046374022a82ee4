"""The Tape dock: the positions of the step as a table."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QMenu, QTableView, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.choice import Choice
from tapeview.ui.dock import Dock
from tapeview.ui.facts import show_if
from tapeview.ui.headed_table import NO_INDEX, HeadedTable, Index
from tapeview.ui.text import tr
from tapeview.views.tape_model import COLUMNS, TapeModel
from tapeview.views.workspace import Reasons

NUMERIC = {COLUMNS.index(name) for name in ("number", "value", "gradient", "line")}
WIDTHS = {
    "number": 48, "phase_text": 80, "op": 112, "name": 160, "inputs": 140,
    "shape": 92, "value": 116, "gradient": 92, "line": 48,
}  # fmt: skip
PHASES = {"forward": "accent", "backward": "grad", "update": "watch"}


class TapeTable(HeadedTable):
    """The tape as a table for Qt; a cell is worked out when it is looked at."""

    def __init__(self, model: TapeModel) -> None:
        super().__init__(model.headers(), right=NUMERIC)
        self._model = model
        self._count = model.count

    def reset(self) -> None:
        """The rows have changed."""
        self.beginResetModel()
        self._count = self._model.count
        self.endResetModel()

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or not 0 <= index.row() < min(self._count, self._model.count):
            return None
        column = COLUMNS[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.side(index.column())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return getattr(self._model.row(index.row()), column)
        if role == Qt.ItemDataRole.ForegroundRole:
            row, palette = self._model.row(index.row()), theme.current().palette
            if column == "phase_text":
                return palette.color(PHASES.get(row.phase, "text"))
            if row.bad and column in ("value", "gradient"):
                return palette.color("bad")
            if column == "gradient":
                return palette.color("none" if row.gradient == "None" else "grad")
            return palette.color("muted") if column in ("number", "line", "shape", "inputs") else None
        return None


class TapeDock(Dock):
    """Follows the cursor; a click moves it."""

    def __init__(self, model: TapeModel) -> None:
        super().__init__("tape", tr("Tape"))
        self._model = model
        self.offer: Callable[[QMenu, str, str], None] | None = None
        """Adds to a menu what others offer for a row: its op and its name."""
        self.rows = TapeTable(model)
        self.table = QTableView()
        self.table.setModel(self.rows)
        self.table.setAccessibleName(tr("Tape"))
        self.table.setFont(theme.mono_font(11.5))
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(False)
        for place, column in enumerate(COLUMNS):
            header.resizeSection(place, WIDTHS[column])
        header.setSectionResizeMode(COLUMNS.index("name"), QHeaderView.ResizeMode.Stretch)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._menu)
        self.threads = Choice(tr("Thread"))
        self.threads.setToolTip(tr("The thread that opened the tape; choosing one goes to its nearest step"))
        self.threads.activated.connect(lambda place: self._model.go_thread(self.threads.itemData(place)))
        # In the body: a dock among tabs has no title strip.
        self.thread_row = QWidget()
        line = QHBoxLayout(self.thread_row)
        line.setContentsMargins(12, 6, 12, 2)
        line.addWidget(self.threads)
        line.addStretch(1)
        body = QWidget()
        rows = QVBoxLayout(body)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.thread_row)
        rows.addWidget(self.table, 1)
        self.set_body(body)
        self.table.selectionModel().currentRowChanged.connect(self._row_chosen)
        theme.current().changed.connect(self.table.viewport().update)
        self.on_dispose(model.changed.connect(self._changed), model.dispose)
        self._changed(frozenset({"rows", "current", "threads"}))

    def _changed(self, reasons: Reasons) -> None:
        if "rows" in reasons:
            self.later("rows", self.rows.reset)
            self.set_note(self._model.summary)
        if "threads" in reasons:
            self._show_threads()
        self.later("current", self._show_current)

    def _show_threads(self) -> None:
        threads = self._model.threads
        if [self.threads.itemData(place) for place in range(self.threads.count())] != [one.thread for one in threads]:
            self.threads.clear()
            for one in threads:
                self.threads.addItem(one.name, one.thread)
        place = next((place for place, one in enumerate(threads) if one.thread == self._model.thread), -1)
        self.threads.setCurrentIndex(place)
        show_if(self.thread_row, bool(threads))

    def _show_current(self) -> None:
        selection, current = self.table.selectionModel(), self._model.current
        selection.blockSignals(True)
        if 0 <= current < self.rows.rowCount():
            index = self.rows.index(current, 0)
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            selection.setCurrentIndex(index, flags)
            self.table.scrollTo(index)
        else:
            selection.clear()
        selection.blockSignals(False)
        self.table.viewport().update()

    def _menu(self, place: QPoint) -> None:
        index = self.table.indexAt(place)
        if not index.isValid() or self.offer is None:
            return
        self._model.pick(index.row())
        row = self._model.row(index.row())
        menu = QMenu(self.table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        forward = row.phase == "forward"
        self.offer(menu, row.op if forward else "", row.name if forward else "")
        menu.popup(self.table.viewport().mapToGlobal(place))

    def _row_chosen(self, current: QModelIndex) -> None:
        if current.isValid():
            self._model.pick(current.row())
