"""The Variables dock."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPoint, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QMenu,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from tapeview.ui import theme
from tapeview.ui.dock import Dock
from tapeview.ui.headed_table import LEFT, NO_INDEX, RIGHT, HeadedTable, Index
from tapeview.ui.text import tr
from tapeview.views.numbers import shorter
from tapeview.views.variables_model import VariableRow, VariablesModel

NAME, SHAPE, NUMBERS = 78, 50, (76, 70, 76)
"""The least room for a name, for a shape, and for a value, a norm and a change without an ellipsis."""
TIGHT = 64, 54, 66
SHAPE_FROM, WIDE = 350, 480


class VariableTable(HeadedTable):
    """The variables as a table for Qt."""

    def __init__(self, model: VariablesModel) -> None:
        super().__init__((tr("name"), tr("shape"), tr("value"), tr("‖grad‖"), tr("Δ")), right=range(2, 5))
        self._model = model
        self._rows: tuple[VariableRow, ...] = ()

    def refresh(self) -> None:
        """Take the rows from the view-model; the same number of rows keeps scroll position and selection."""
        rows = self._model.rows
        if len(rows) != len(self._rows):
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
        elif rows != self._rows:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self._headings) - 1))

    def row(self, index: int) -> VariableRow:
        return self._rows[index]

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return (row.name, row.shape, row.value, row.gradient, row.delta)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.tip
        if role == Qt.ItemDataRole.AccessibleTextRole and column == 0:
            return f"{row.name}, {row.mark}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.FontRole and section in self._right:
            return theme.mono_font(11)
        return super().headerData(section, orientation, role)


class VariableDelegate(QStyledItemDelegate):
    """Paints a row: a blue square for watched (empty: later), a dashed empty one for unwatched, a dashed circle: not
    trainable.
    """

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        palette = theme.current().palette
        table = index.model()
        if not isinstance(table, VariableTable):
            return
        row, column = table.row(index.row()), index.column()
        area = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, palette.color("accentbg"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, palette.color("hover"))
        painter.setPen(QPen(palette.color("line"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        inner = area.adjusted(7, 0, -7, 0)
        quiet = row.mark not in ("watched", "later")
        if column == 0:
            self._paint_name(painter, inner, row, quiet)
        else:
            painter.setFont(theme.ui_font(12) if column == 1 else theme.mono_font(11.5))
            painter.setPen(palette.color(self._role(row, column, quiet)))
            text = (row.name, row.shape, row.value, row.gradient, row.delta)[column]
            metrics, room = painter.fontMetrics(), int(inner.width())
            if column == 3 and metrics.horizontalAdvance(text) > room:
                text = text.split(" · ")[0]  # "None" alone rather than with half of its reason
            forms = shorter(text) if column >= 2 else [text]
            cut = Qt.TextElideMode.ElideRight
            shown = next((form for form in forms if metrics.elidedText(form, cut, room) == form), "")
            painter.drawText(inner, LEFT if column == 1 else RIGHT, shown or metrics.elidedText(text, cut, room))
        painter.restore()

    def _role(self, row: VariableRow, column: int, quiet: bool) -> str:
        if column == 3:
            return {"value": "grad", "bad": "bad", "none": "none", "next": "faint"}.get(row.gradient_kind, "faint")
        if column == 2 and row.value_bad:
            return "bad"
        return "none" if quiet else "text"

    def _paint_name(self, painter: QPainter, area: QRectF, row: VariableRow, quiet: bool) -> None:
        palette = theme.current().palette
        middle = area.center().y()
        box = QRectF(area.left() + 0.75, middle - 4.75, 9.5, 9.5)
        if not quiet:
            painter.setPen(QPen(palette.color("watch"), 1.5))
            painter.setBrush(palette.color("watch" if row.mark == "watched" else "panel"))
            painter.drawRoundedRect(box, 3, 3)
        else:
            pen = QPen(palette.color("none"), 1.4, Qt.PenStyle.CustomDashLine)
            pen.setDashPattern([1.8, 1.4])
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            radius = 5 if row.mark == "not trainable" else 3
            painter.drawRoundedRect(box, radius, radius)
        painter.setFont(theme.ui_font(12, QFont.Weight.Normal if quiet else QFont.Weight.DemiBold))
        painter.setPen(palette.color("none" if quiet else "text"))
        metrics = painter.fontMetrics()
        left = area.left() + 17
        name = fitted_name(row.label or row.name, metrics, int(area.right() - left))
        painter.drawText(QRectF(left, area.top(), area.right() - left, area.height()), LEFT, name)
        used = metrics.horizontalAdvance(name) + 7
        room = area.right() - left - used
        if row.note and room > 30:
            font = theme.ui_font(11)
            font.setItalic(True)
            painter.setFont(font)
            painter.setPen(palette.color("none" if quiet else "muted"))
            note = painter.fontMetrics().elidedText(row.note, Qt.TextElideMode.ElideRight, int(room))
            painter.drawText(QRectF(left + used, area.top(), room, area.height()), LEFT, note)


def fitted_name(name: str, metrics: QFontMetrics, room: int) -> str:
    """A name in ``room`` pixels. Of a path the layer gives way (``conv2…/kernel``) before the kind does."""
    whole = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
    if "/" not in name or whole == name:
        return whole
    layer, kind = name.rsplit("/", 1)
    left = room - metrics.horizontalAdvance("/" + kind) - 1
    if left < metrics.horizontalAdvance("mm…"):
        return metrics.elidedText(name, Qt.TextElideMode.ElideLeft, room)
    return metrics.elidedText(layer, Qt.TextElideMode.ElideMiddle, left) + "/" + kind


class ColumnsThatFit(QTableView):
    """Shares its width among the columns: the narrower it is, the sooner the shape goes."""

    paths = False
    """Whether the names are paths, which need more room than the numbers do."""

    def set_paths(self, paths: bool) -> None:
        if paths != self.paths:
            self.paths = paths
            self._share()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        width, header = self.viewport().width(), self.horizontalHeader()
        shape = 0 if width < SHAPE_FROM else SHAPE
        self.setColumnHidden(1, not shape)
        numbers = [round(least * max(1.0, width / WIDE)) for least in (TIGHT if self.paths else NUMBERS)]
        name = max(NAME, width - shape - sum(numbers))
        rest = width - shape - name
        shares = [name, shape, *(round(rest * one / sum(numbers)) for one in numbers[:2])]
        for column, share in enumerate((*shares, width - sum(shares))):
            header.resizeSection(column, share)


class VariablesDock(Dock):
    """Every variable; a click selects it."""

    def __init__(self, model: VariablesModel) -> None:
        super().__init__("variables", tr("Variables"))
        self._model = model
        self.offer: Callable[[QMenu, str], None] | None = None
        """Adds to a menu what others offer for a variable."""
        self.table = ColumnsThatFit()
        self.rows = VariableTable(model)
        self.table.setModel(self.rows)
        self.table.setItemDelegate(VariableDelegate(self.table))
        self.table.setAccessibleName(tr("Variables"))
        self.table.setShowGrid(False)
        self.table.setMouseTracking(True)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(26)
        header = self.table.horizontalHeader()
        header.setMinimumSectionSize(24)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._menu)
        self._nothing = QLabel(tr("No variable yet."))
        self._nothing.setObjectName("nothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(self.table)
        self.set_body(self._stack)
        selection = self.table.selectionModel()
        selection.currentRowChanged.connect(self._row_chosen)
        self.table.clicked.connect(lambda index: model.pick(index.row()))
        self.on_dispose(model.changed.connect(lambda: self.later("all", self.refresh)), model.dispose)
        self.refresh()

    def refresh(self) -> None:
        """Show the model's rows."""
        model = self._model
        self._stack.setCurrentIndex(1 if model.rows else 0)
        self.rows.refresh()
        self.table.set_paths(any("/" in row.label for row in model.rows))
        self.set_note(model.summary)
        selection = self.table.selectionModel()
        selection.blockSignals(True)
        if model.selected >= 0:
            self.table.selectRow(model.selected)
        else:
            self.table.clearSelection()
            self.table.setCurrentIndex(NO_INDEX)
        selection.blockSignals(False)
        self.table.viewport().update()

    def _menu(self, place: QPoint) -> None:
        index = self.table.indexAt(place)
        if not index.isValid() or self.offer is None:
            return
        self._model.pick(index.row())
        menu = QMenu(self.table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.offer(menu, self.rows.row(index.row()).name)
        menu.popup(self.table.viewport().mapToGlobal(place))

    def _row_chosen(self, current: QModelIndex) -> None:
        if current.isValid() and self.table.hasFocus():
            self._model.pick(current.row())
