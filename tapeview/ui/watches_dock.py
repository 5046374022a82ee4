"""The Watches dock: expressions, their values at the cursor, and a small curve of those that are numbers."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import (
    QEvent,
    QPoint,
    QPointF,
    QRectF,
    QStringListModel,
    Qt,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCompleter,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from tapeview.ui import theme
from tapeview.ui.dock import Dock
from tapeview.ui.headed_table import NO_INDEX, HeadedTable, Index
from tapeview.ui.text import tr
from tapeview.views.watch_model import WatchCurve, WatchModel, WatchRow

TEXT, VALUE, CURVE = range(3)
OWN_KEYS = {Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Escape}
MOST_POINTS = 120
"""A spark is thinned to so many points."""


class WatchTable(HeadedTable):
    """The watches as a table for Qt. An expression can be edited in place."""

    def __init__(self, model: WatchModel) -> None:
        super().__init__((tr("expression"), tr("value"), tr("course")))
        self._model = model
        self._rows: tuple[WatchRow, ...] = ()
        self._curves: dict[str, WatchCurve] = {}

    def refresh(self) -> None:
        """Take rows and curves from the view-model; the same expressions keep scroll position and selection."""
        rows = self._model.rows
        self._curves = {curve.name: curve for curve in self._model.curves}
        if [row.id for row in rows] != [row.id for row in self._rows]:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
        elif rows:
            self._rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, CURVE))

    def row(self, index: int) -> WatchRow:
        return self._rows[index]

    def curve(self, row: WatchRow) -> WatchCurve | None:
        """The curve of a row; None if it has none."""
        return self._curves.get(row.text) if row.plotted else None

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == TEXT else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return (row.text, row.value, "")[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (row.text, f"{row.detail} {row.value}".strip(), row.tip) if part)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return (row.text, f"{row.detail} {row.value} {row.tip}".strip(), tr("curve") if row.plotted else "")[column]
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or not 0 <= index.row() < len(self._rows):
            return False
        self._model.change(self._rows[index.row()].id, str(value))
        return True


class WatchDelegate(QStyledItemDelegate):
    """Expression and value in the fixed-width font, dtype and shape quiet before the value; a spark."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        palette, table = theme.current().palette, index.model()
        if not isinstance(table, WatchTable):
            return
        row, area = table.row(index.row()), QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, palette.color("accentbg"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, palette.color("hover"))
        painter.setPen(QPen(palette.color("line"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        inner, middle = area.adjusted(7, 0, -5, 0), Qt.AlignmentFlag.AlignVCenter
        if index.column() == CURVE:
            curve = table.curve(row)
            if curve is not None:
                paint_spark(painter, inner.adjusted(0, 5, 0, -5), curve.values)
        elif index.column() == TEXT:
            painter.setFont(theme.mono_font(12))
            painter.setPen(palette.color("text"))
            shown = painter.fontMetrics().elidedText(row.text, Qt.TextElideMode.ElideMiddle, int(inner.width()))
            painter.drawText(inner, middle, shown)
        else:
            self._value(painter, inner, row)
        painter.restore()

    @staticmethod
    def _value(painter: QPainter, area: QRectF, row: WatchRow) -> None:
        palette, middle, right = theme.current().palette, Qt.AlignmentFlag.AlignVCenter, Qt.TextElideMode.ElideRight
        error = row.status == "error"
        painter.setFont(theme.ui_font(11.5) if error else theme.mono_font(11.5))
        role = "bad" if row.bad else "muted" if error or row.status in ("earlier", "waiting", "none") else "text"
        painter.setPen(palette.color(role))
        metrics = painter.fontMetrics()
        value = metrics.elidedText(row.value, right, int(area.width()))
        painter.drawText(area, middle, value)
        rest = area.adjusted(metrics.horizontalAdvance(value) + 9, 0, 0, 0)
        if row.detail and rest.width() > 40:
            painter.setFont(theme.ui_font(11))
            painter.setPen(palette.color("muted"))
            painter.drawText(rest, middle, painter.fontMetrics().elidedText(row.detail, right, int(rest.width())))


def paint_spark(painter: QPainter, area: QRectF, values: np.ndarray) -> None:
    """Draw a course of numbers (float64) into a small area; gaps where they are not finite, a dot at the last one."""
    palette = theme.current().palette
    every = max(1, len(values) // MOST_POINTS)
    thin = np.concatenate([values[:-1:every], values[-1:]]) if len(values) else values
    finite = thin[np.isfinite(thin)]
    if not finite.size:
        return
    low, high = float(finite.min()), float(finite.max())
    span = high - low
    x = np.linspace(area.left(), area.right() - 3, len(thin)) if len(thin) > 1 else np.array([area.right() - 3])
    y = area.bottom() - (thin - low) / span * area.height() if span > 0 else np.full(len(thin), area.center().y())
    painter.setPen(QPen(palette.color("accent"), 1.3))
    run: list[QPointF] = []
    for left, top in (*zip(x.tolist(), y.tolist(), strict=True), (0.0, float("nan"))):
        if np.isfinite(top):
            run.append(QPointF(left, top))
        elif run:
            painter.drawPolyline(QPolygonF(run))
            run = []
    if np.isfinite(y[-1]):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color("accent"))
        painter.drawEllipse(QPointF(float(x[-1]), float(y[-1])), 2.2, 2.2)


class WatchField(QLineEdit):
    """Where an expression to watch is typed."""

    def __init__(self, model: WatchModel) -> None:
        super().__init__()
        self._model = model
        self.setFont(theme.mono_font(12))
        self.setPlaceholderText(tr("Add an expression, such as loss"))
        self.setAccessibleName(tr("Expression to watch"))
        self._words = QStringListModel(self)
        completer = QCompleter(self._words, self)
        popup = QListView()
        popup.setObjectName("completions")
        completer.setPopup(popup)
        self.setCompleter(completer)
        self.returnPressed.connect(self._take)

    def event(self, event: QEvent) -> bool:
        # While somebody types, these keys belong to the field and not to the commands.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in OWN_KEYS:
            event.accept()
            return True
        if event.type() == QEvent.Type.FocusIn:
            self._words.setStringList(list(self._model.words()))
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
        else:
            super().keyPressEvent(event)

    def _take(self) -> None:
        if self._model.add(self.text(), plotted=True):
            self.clear()


class WatchesDock(Dock):
    """A field to add an expression, and the table. Delete removes a row, F2 or a double click changes it."""

    def __init__(self, model: WatchModel) -> None:
        super().__init__("watches", tr("Watches"))
        self._model = model
        self.field = WatchField(model)
        self.rows = WatchTable(model)
        self.table = QTableView()
        self.table.setModel(self.rows)
        self.table.setItemDelegate(WatchDelegate(self.table))
        self.table.setAccessibleName(tr("Watches"))
        self.table.setShowGrid(False)
        self.table.setMouseTracking(True)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._menu)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(26)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._nothing = QLabel()
        self._nothing.setObjectName("nothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setWordWrap(True)
        self._nothing.setMargin(16)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(self.table)
        top = QWidget()
        inner = QVBoxLayout(top)
        inner.setContentsMargins(10, 7, 10, 7)
        inner.addWidget(self.field)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(top)
        column.addWidget(self._stack, 1)
        self.set_body(body)
        self.table.installEventFilter(self)
        self.table.viewport().installEventFilter(self)
        self.visibilityChanged.connect(model.set_wanted)
        theme.current().changed.connect(self.table.viewport().update)
        self.on_dispose(
            model.changed.connect(lambda: self.later("all", self.refresh)),
            model.plotted.connect(lambda: self.later("all", self.refresh)),
            model.dispose,
        )
        self.refresh()

    def refresh(self) -> None:
        """Show the model's rows."""
        self.rows.refresh()
        self._stack.setCurrentIndex(1 if self._model.rows else 0)
        self._nothing.setText(self._model.empty_text)

    def watch(self, text: str) -> None:
        """Add an expression."""
        self._model.add(text, plotted=True)

    def _chosen(self) -> list[int]:
        return [self.rows.row(index.row()).id for index in self.table.selectionModel().selectedRows()]

    def _menu(self, place: QPoint) -> None:
        index = self.table.indexAt(place)
        if not index.isValid():
            return
        row = self.rows.row(index.row())
        menu = QMenu(self.table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Change"), lambda: self.table.edit(self.rows.index(index.row(), TEXT)))
        words = tr("Without its course") if row.plotted else tr("Show its course")
        menu.addAction(words, lambda: self._model.set_plotted(row.id, not row.plotted))
        menu.addAction(tr("Remove"), lambda: self._model.remove(self._chosen() or [row.id]))
        menu.popup(self.table.viewport().mapToGlobal(place))

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.table.viewport():
            width = self.table.viewport().width()
            text, curve = width * 2 // 5, min(90, width // 5)
            for column, share in ((TEXT, text), (VALUE, width - text - curve), (CURVE, curve)):
                self.table.setColumnWidth(column, share)
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._chosen():
            if event.key() == Qt.Key.Key_Delete:
                self._model.remove(self._chosen())
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
                self.table.edit(self.rows.index(self.table.currentIndex().row(), TEXT))
                return True
        return False
