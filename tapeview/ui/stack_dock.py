"""The Call stack dock: the frames of the held script, the chosen one with its variables."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tapeview.ui import theme
from tapeview.ui.choice import Choice
from tapeview.ui.dock import Dock, Elided
from tapeview.ui.facts import dress, show_if
from tapeview.ui.text import tr
from tapeview.views.stack_model import Local, StackModel

Index = QModelIndex | QPersistentModelIndex
ROW = 23
FRAME, DETAIL = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
"""Item data: the number of a frame (-1: a variable), and what is drawn quietly before a variable's value."""


class StackDelegate(QStyledItemDelegate):
    """A frame: its function, and its place at the right. A variable: its name, then type and shape, then its value."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        palette = theme.current().palette
        area = QRectF(option.rect)
        frame = index.data(FRAME)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, palette.color("accentbg"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, palette.color("hover"))
        left, middle = area.adjusted(12 if index.column() == 0 else 4, 0, -6, 0), Qt.AlignmentFlag.AlignVCenter
        text = str(index.data() or "")
        if isinstance(frame, int) and frame >= 0:
            place = index.column() == 1
            weight = QFont.Weight.Normal if place else QFont.Weight.DemiBold
            painter.setFont(theme.mono_font(11) if place else theme.ui_font(12, weight))
            painter.setPen(palette.color("muted" if place else "text"))
            side = Qt.AlignmentFlag.AlignRight if place else Qt.AlignmentFlag.AlignLeft
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, int(left.width()))
            painter.drawText(left, side | middle, shown)
        elif index.column() == 0:
            painter.setFont(theme.mono_font(12))
            painter.setPen(palette.color("text"))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, int(left.width()))
            painter.drawText(left, middle, shown)
        else:
            self._value(painter, left, str(index.data(DETAIL) or ""), text)
        painter.restore()

    @staticmethod
    def _value(painter: QPainter, area: QRectF, detail: str, text: str) -> None:
        palette, middle = theme.current().palette, Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.ui_font(11))
        painter.setPen(palette.color("muted"))
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(detail, Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(area, middle, shown)
        rest = area.adjusted(metrics.horizontalAdvance(shown) + (9 if shown else 0), 0, 0, 0)
        if rest.width() > 24:
            painter.setFont(theme.mono_font(11.5))
            painter.setPen(palette.color("text"))
            mode = Qt.TextElideMode.ElideRight
            painter.drawText(rest, middle, painter.fontMetrics().elidedText(text, mode, int(rest.width())))


class StackDock(Dock):
    """Binds a tree to the stack model: a click on a frame shows its line and its variables."""

    def __init__(self, model: StackModel) -> None:
        super().__init__("stack", tr("Call stack"))
        self._model = model
        self._shown: object = None
        self.title = Elided()
        self.title.setObjectName("dockNote")
        self.threads = Choice(tr("Thread"))
        self.tree = QTreeWidget()
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setItemDelegate(StackDelegate(self.tree))
        self.tree.setAccessibleName(tr("Call stack and variables"))
        self.tree.setUniformRowHeights(True)
        self.tree.setIndentation(14)
        self.tree.setRootIsDecorated(False)
        self.tree.setMouseTracking(True)
        self.tree.setExpandsOnDoubleClick(False)
        self.tree.setItemsExpandable(False)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        self._nothing = QLabel()
        self._nothing.setObjectName("nothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setWordWrap(True)
        self._nothing.setMargin(16)
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(12, 7, 12, 5)
        column.setSpacing(5)
        column.addWidget(self.title)
        column.addWidget(self.threads, 0, Qt.AlignmentFlag.AlignLeft)
        self._top = top
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(top)
        column.addWidget(self.tree, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(page)
        self.set_body(self._stack)
        self.tree.itemClicked.connect(lambda item, _column: self._pick(item))
        self.tree.itemActivated.connect(lambda item, _column: self._pick(item))
        self.tree.installEventFilter(self)
        self.tree.viewport().installEventFilter(self)
        self.threads.activated.connect(lambda index: model.choose_thread(self.threads.itemData(index)))
        self.visibilityChanged.connect(model.set_wanted)
        theme.current().changed.connect(self.tree.viewport().update)
        self.on_dispose(model.changed.connect(lambda: self.later("all", self.refresh)), model.dispose)
        self.refresh()

    def refresh(self) -> None:
        """Show the model's frames and variables."""
        model = self._model
        self._stack.setCurrentIndex(1 if model.frames else 0)
        self._nothing.setText(model.empty_text)
        failed = model.source == "failure"
        self.title.set_text(model.title)
        dress(self.title, f"color: {theme.current().palette.bad}" if failed else "")
        show_if(self.title, bool(model.title))
        show_if(self.threads, len(model.threads) > 1)
        show_if(self._top, bool(model.title) or len(model.threads) > 1)
        held = [(thread.name or str(thread.thread), thread.thread) for thread in model.threads]
        if held != [(self.threads.itemText(n), self.threads.itemData(n)) for n in range(self.threads.count())]:
            self.threads.clear()
            for name, thread in held:
                self.threads.addItem(name, thread)
        self.threads.setCurrentIndex(self.threads.findData(model.thread))
        now = (model.frames, model.chosen, model.locals, model.more, model.source)
        if now != self._shown:
            self._shown = now
            self._fill()

    def _fill(self) -> None:
        model, bar = self._model, self.tree.verticalScrollBar()
        at = bar.value()
        current = self.tree.currentItem()
        name = current.text(0) if current is not None and current.data(0, FRAME) == -1 else ""
        self.tree.blockSignals(True)
        self.tree.clear()
        for number, frame in enumerate(model.frames):
            item = QTreeWidgetItem(self.tree, [frame.function, frame.place])
            for column in (0, 1):
                item.setData(column, FRAME, number)
            item.setToolTip(0, f"{frame.path}:{frame.line}")
            item.setToolTip(1, f"{frame.path}:{frame.line}")
            item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{frame.function}, {frame.place}")
            if number == model.chosen:
                self._fill_locals(item)
                item.setExpanded(True)
                self.tree.setCurrentItem(item)
                for child in (item.child(place) for place in range(item.childCount())):
                    if name and child is not None and child.text(0) == name:
                        self.tree.setCurrentItem(child)
        self.tree.blockSignals(False)
        bar.setValue(at)

    def _fill_locals(self, item: QTreeWidgetItem) -> None:
        for local in self._model.locals:
            detail = detail_of(local)
            child = QTreeWidgetItem(item, [local.name, local.text])
            for column in (0, 1):
                child.setData(column, FRAME, -1)
                child.setToolTip(column, f"{local.name}: {detail or local.type}\n{local.text}")
            child.setData(1, DETAIL, detail)
            child.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{local.name}, {detail} {local.text}")
        words = ""
        if self._model.more:
            words = tr("and {n} more").format(n=self._model.more)
        elif not self._model.locals and self._model.source == "script":
            words = self._model.locals_text
        if words:
            child = QTreeWidgetItem(item, ["", ""])
            child.setFirstColumnSpanned(True)
            child.setData(0, FRAME, -1)
            child.setText(0, words)

    def _pick(self, item: QTreeWidgetItem) -> None:
        number = item.data(0, FRAME)
        if isinstance(number, int) and number >= 0:
            self._model.choose(number)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.tree.viewport():
            width = self.tree.viewport().width()
            self.tree.setColumnWidth(0, max(90, width * 2 // 5))
            self.tree.setColumnWidth(1, width - self.tree.columnWidth(0))
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            item = self.tree.currentItem()
            if event.matches(QKeySequence.StandardKey.Copy) and item is not None:
                QGuiApplication.clipboard().setText(item.text(1))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and item is not None:
                self._pick(item)
                return True
        return False


def detail_of(local: Local) -> str:
    """Type and shape of a variable, the shape first where it has one: ``float32 (10, 3)``."""
    if local.shape or local.dtype:
        return " ".join(part for part in (local.dtype, local.shape) if part)
    return "" if local.type in ("int", "float", "bool", "str", "NoneType") else local.type
