"""The Breakpoints dock: what the script stops at, as a table with a switch in each row."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPoint,
    Qt,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from tapeview.ui import code_gutter, theme
from tapeview.ui.breaks import Breaks
from tapeview.ui.dock import Dock
from tapeview.ui.facts import show_if
from tapeview.ui.headed_table import NO_INDEX, RIGHT, HeadedTable, Index
from tapeview.ui.text import tr
from tapeview.views.breakpoints_model import BreakpointRow, BreakpointsModel
from tapeview.views.gutter import GutterMark

ON, WHAT, CONDITION, HITS = range(4)


class BreakpointTable(HeadedTable):
    """The breakpoints as a table for Qt."""

    def __init__(self, model: BreakpointsModel) -> None:
        super().__init__(("", tr("stops at"), tr("only if"), tr("hits")), right={HITS})
        self._model = model
        self._rows: tuple[BreakpointRow, ...] = ()

    def refresh(self) -> None:
        """Take the rows from the view-model; the same breakpoints keep scroll position and selection."""
        rows = self._model.rows
        if [row.id for row in rows] != [row.id for row in self._rows]:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
        elif rows != self._rows:
            self._rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, HITS))

    def row(self, index: int) -> BreakpointRow:
        return self._rows[index]

    def row_of(self, id: int) -> int:
        """The place of a breakpoint; -1 if it is not there."""
        return next((place for place, row in enumerate(self._rows) if row.id == id), -1)

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == ON else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.CheckStateRole and column == ON:
            return Qt.CheckState.Checked if row.enabled else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.DisplayRole:
            return ("", row.words, row.condition, row.hits)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.text}\n{row.error}".strip()
        if role == Qt.ItemDataRole.AccessibleTextRole:
            on = tr("on") if row.enabled else tr("off")
            words = (f"{row.words}, {on}", row.words, row.condition or tr("always"), row.hits or "0")[column]
            return f"{words}, {row.error}" if row.error and column == WHAT else words
        palette = theme.current().palette
        if role == Qt.ItemDataRole.ForegroundRole:
            if not row.enabled:
                return palette.color("none")
            if row.error:
                return palette.color("n")
            return palette.color("text" if column == WHAT else "muted")
        if role == Qt.ItemDataRole.FontRole:
            if column == CONDITION:
                return theme.mono_font(11.5)
            font = theme.ui_font(12)
            font.setBold(row.here and column == WHAT)
            return font
        if role == Qt.ItemDataRole.TextAlignmentRole and column == HITS:
            return RIGHT
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not 0 <= index.row() < len(self._rows):
            return False
        row = self._rows[index.row()]
        self._model.set_enabled(row.id, not row.enabled)
        return True


class MarkDelegate(QStyledItemDelegate):
    """A row's switch is the mark that stands beside the source: filled is on, hollow is off. A click turns it."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        table, palette, area = index.model(), theme.current().palette, option.rect
        if not isinstance(table, BreakpointTable):
            return
        row = table.row(index.row())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, palette.color("accentbg"))
        painter.setPen(palette.color("line"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        state = "off" if not row.enabled else "error" if row.error else "on"
        painter.translate(area.center().x() + 1 - code_gutter.MIDDLE, 0)
        code_gutter.paint_mark(painter, GutterMark(state, row.shape), area.top(), area.height(), False)
        painter.restore()

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        released = event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent)
        if released and event.button() == Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            return model.setData(index, None, Qt.ItemDataRole.CheckStateRole)
        return event.type() == QEvent.Type.MouseButtonDblClick


class BreakpointsDock(Dock):
    """A switch per row; double click or Return goes there or changes it, Space switches, Delete removes."""

    def __init__(self, model: BreakpointsModel, breaks: Breaks) -> None:
        super().__init__("breakpoints", tr("Breakpoints"))
        self._model, self._breaks = model, breaks
        self.rows = BreakpointTable(model)
        self.table = QTableView()
        self.table.setModel(self.rows)
        self.table.setItemDelegateForColumn(ON, MarkDelegate(self.table))
        self.table.setAccessibleName(tr("Breakpoints"))
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._menu)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(26)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(28)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(WHAT, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(CONDITION, QHeaderView.ResizeMode.Interactive)
        for section, width in ((ON, 32), (CONDITION, 150), (HITS, 56)):
            header.resizeSection(section, width)
        self.add = QPushButton(tr("New …"))
        self.all = QPushButton()
        self.clear = QPushButton(tr("Remove all"))
        self.note = QLabel()
        self.note.setObjectName("dockNote")
        row = QHBoxLayout()
        row.setContentsMargins(12, 7, 12, 6)
        row.setSpacing(6)
        for button in (self.add, self.all, self.clear):
            button.setObjectName("chip")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        row.addWidget(self.note, 1)
        self._nothing = QLabel()
        self._nothing.setObjectName("nothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setWordWrap(True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(self.table)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        self.set_body(body)
        self.add.clicked.connect(lambda: self._breaks.edit())
        self.all.clicked.connect(lambda: model.set_all_enabled(not model.any_enabled))
        self.clear.clicked.connect(model.remove_all)
        self.table.doubleClicked.connect(self._activate)
        self.table.installEventFilter(self)
        theme.current().changed.connect(self.table.viewport().update)
        self.on_dispose(model.changed.connect(self._changed), model.dispose)
        self._changed()

    def focus(self) -> None:
        """Bring the keys here."""
        (self.table if self._model.rows else self.add).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def refresh(self) -> None:
        """Show the model's rows."""
        model = self._model
        self.rows.refresh()
        self._stack.setCurrentIndex(1 if model.rows else 0)
        self._nothing.setText(model.empty_text)
        self.all.setText(tr("Switch all off") if model.any_enabled else tr("Switch all on"))
        show_if(self.all, bool(model.rows))
        show_if(self.clear, bool(model.rows))
        self.note.setText(model.trouble)

    def _changed(self) -> None:
        count = len(self._model.rows)
        self.setWindowTitle(f"{tr('Breakpoints')} {count}" if count else tr("Breakpoints"))
        self.later("all", self.refresh)

    def _chosen(self) -> list[int]:
        return [self.rows.row(index.row()).id for index in self.table.selectionModel().selectedRows()]

    def _activate(self, index: QModelIndex) -> None:
        if not index.isValid() or index.column() == ON:
            return
        row = self.rows.row(index.row())
        if row.line:
            self._model.go_to(row.id)
        else:
            self._edit(row.id)

    def _edit(self, id: int) -> None:
        breakpoint = self._model.get(id)
        if breakpoint is not None:
            self._breaks.edit(breakpoint)

    def _menu(self, place: QPoint) -> None:
        index = self.table.indexAt(place)
        if not index.isValid():
            return
        row = self.rows.row(index.row())
        menu = QMenu(self.table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if row.line:
            menu.addAction(tr("Go to its line"), lambda: self._model.go_to(row.id))
        menu.addAction(tr("Change …"), lambda: self._edit(row.id))
        words = tr("Switch off") if row.enabled else tr("Switch on")
        menu.addAction(words, lambda: self._model.set_enabled(row.id, not row.enabled))
        menu.addSeparator()
        menu.addAction(tr("Remove"), lambda: self._model.remove(self._chosen() or [row.id]))
        menu.popup(self.table.viewport().mapToGlobal(place))

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        index = self.table.currentIndex()
        if event.key() == Qt.Key.Key_Delete:
            self._model.remove(self._chosen())
        elif event.key() == Qt.Key.Key_Space and index.isValid():
            row = self.rows.row(index.row())
            self._model.set_enabled(row.id, not row.enabled)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and index.isValid():
            self._activate(self.rows.index(index.row(), WHAT))
        elif event.key() == Qt.Key.Key_F2 and index.isValid():
            self._edit(self.rows.row(index.row()).id)
        else:
            return False
        return True
