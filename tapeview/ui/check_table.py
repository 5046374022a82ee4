"""The table of gradients that were checked."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from tapeview.ui import theme
from tapeview.ui.headed_table import NO_INDEX, HeadedTable, Index
from tapeview.ui.text import tr
from tapeview.views.check_results import CheckResults
from tapeview.views.check_words import ROLES, Row

COLUMNS = ("name", "text", "worst", "recorded", "by_rules", "by_differences", "error", "looked")
WIDTHS = {
    "name": 110, "text": 130, "worst": 92, "recorded": 106, "by_rules": 106, "by_differences": 106, "error": 84,
    "looked": 138,
}  # fmt: skip
FEWER = (COLUMNS, COLUMNS[:-1], (*COLUMNS[:3], "error", "looked"), (*COLUMNS[:3], "error"), COLUMNS[:3])
"""What is shown, the first of these for which there is room."""
LEAST_NAME = 90
NUMERIC = {COLUMNS.index(name) for name in ("recorded", "by_rules", "by_differences", "error", "looked")}
ROW = 24


class CheckTable(HeadedTable):
    """The results as a table for Qt."""

    def __init__(self, results: CheckResults) -> None:
        super().__init__(
            (
                tr("gradient of"), tr("verdict"), tr("furthest off"), tr("recorded"), tr("by the rules"),
                tr("by differences"), tr("rel. error"), tr("elements"),
            ),
            right=NUMERIC,
            tips=(
                tr("The source of the gradient, or the input that the op’s rule sends it to"),
                tr("What it comes to"),
                tr("The element that is furthest off; a click goes to its op and line"),
                tr("As the script had it, in float32 if that is its type"),
                tr("By the gradient rules, worked out again in float64"),
                tr("By finite differences in float64: the target a tiny step above and below"),
                tr("How far apart these are, relative to the largest of them"),
                tr("How many elements were looked at"),
            ),
        )  # fmt: skip
        self._results = results
        self._rows: tuple[Row, ...] = results.rows

    def refresh(self) -> None:
        """Take over the rows; new ones at the end leave the others as they are."""
        rows = self._results.rows
        if len(rows) > len(self._rows) and rows[: len(self._rows)] == self._rows:
            self.beginInsertRows(NO_INDEX, len(self._rows), len(rows) - 1)
            self._rows = rows
            self.endInsertRows()
        elif rows != self._rows:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], COLUMNS[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return getattr(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.spoken if column == "name" else getattr(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.side(index.column())
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._color(row, column)
        if role == Qt.ItemDataRole.FontRole:
            if column == "text":
                return theme.ui_font(12, QFont.Weight.DemiBold)
            if column == "worst":
                font = theme.mono_font(11.5)
                font.setUnderline(True)
                return font
        return None

    def _color(self, row: Row, column: str) -> object:
        roles = {"text": ROLES.get(row.verdict, "text"), "worst": "accent", "recorded": "grad", "looked": "muted"}
        return theme.current().palette.color(roles.get(column, "text"))


class CheckTableView(QTableView):
    """The table; ``gone`` is emitted by a click on what is furthest off, by a double click and by Enter."""

    gone = Signal()

    def __init__(self, results: CheckResults) -> None:
        super().__init__()
        self._results = results
        self.rows = CheckTable(results)
        self.setModel(self.rows)
        self.setAccessibleName(tr("Gradients that were checked"))
        self.setFont(theme.mono_font(11.5))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        for place, column in enumerate(COLUMNS):
            header.resizeSection(place, WIDTHS[column])
        self.selectionModel().currentRowChanged.connect(self._row_chosen)
        self.clicked.connect(self._clicked)
        self.doubleClicked.connect(lambda _index: self.gone.emit())
        self.entered.connect(self._point)
        theme.current().changed.connect(self.viewport().update)

    def refresh(self) -> None:
        """Show the results, and which of them is looked at."""
        self.rows.refresh()
        selection, row = self.selectionModel(), self._results.row
        selection.blockSignals(True)
        if 0 <= row < self.rows.rowCount():
            index = self.rows.index(row, 0)
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            selection.setCurrentIndex(index, flags)
            self.scrollTo(index)
            self.setAccessibleDescription(self._results.rows[row].spoken)
        else:
            selection.clear()
        selection.blockSignals(False)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.viewport().width() - LEAST_NAME
        shown = next((some for some in FEWER if sum(WIDTHS[one] for one in some[1:]) <= room), FEWER[-1])
        for place, column in enumerate(COLUMNS):
            if self.isColumnHidden(place) == (column in shown):
                self.setColumnHidden(place, column not in shown)
        rest = room - sum(WIDTHS[one] for one in shown[1:])
        self.horizontalHeader().resizeSection(0, LEAST_NAME + max(0, rest))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.gone.emit()
        else:
            super().keyPressEvent(event)

    def _row_chosen(self, current: QModelIndex) -> None:
        if current.isValid():
            self._results.look_at(current.row())

    def _clicked(self, index: QModelIndex) -> None:
        if COLUMNS[index.column()] == "worst":
            self.gone.emit()

    def _point(self, index: QModelIndex) -> None:
        hand = COLUMNS[index.column()] == "worst"
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
