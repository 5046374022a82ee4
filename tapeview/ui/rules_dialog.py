"""The dialog of the rules: a list of all, and beside it the level and the thresholds of one. It does not block."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from tapeview.ui import theme
from tapeview.ui.choice import Choice
from tapeview.ui.facts import dress, show_if
from tapeview.ui.headed_table import NO_INDEX, RIGHT, HeadedTable, Index
from tapeview.ui.text import tr
from tapeview.views.rules_model import RuleRow, RulesModel, ThresholdRow

TITLE, LEVEL, FOUND = range(3)
SIZE = (900, 600)


class RuleTable(HeadedTable):
    """The rows of the model for Qt."""

    def __init__(self, model: RulesModel) -> None:
        super().__init__((tr("Rule"), tr("Level"), tr("Found")), right={FOUND})
        self._model = model
        self._rows: tuple[RuleRow, ...] = model.rows

    def refresh(self) -> None:
        """Take over the rows, which are always as many."""
        if self._rows != self._model.rows:
            self._rows = self._model.rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, FOUND))

    def row(self, number: int) -> RuleRow:
        return self._rows[number]

    def number(self, name: str) -> int:
        """In which row a rule stands."""
        return next(n for n, row in enumerate(self._rows) if row.name == name)

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row, column = self._rows[index.row()], index.column()
        found = "" if row.found <= 0 else str(row.found)
        if role == Qt.ItemDataRole.DisplayRole:
            return (row.title, row.level_words, found)[column]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return (f"{row.title}, {row.level_words}", row.level_words, found or "0")[column]
        if role == Qt.ItemDataRole.ForegroundRole:
            palette = theme.current().palette
            return palette.color("none" if row.level == "off" else "text" if column == TITLE else "muted")
        if role == Qt.ItemDataRole.FontRole:
            font = theme.ui_font(12.5)
            font.setBold(row.changed and column == TITLE)
            return font
        if role == Qt.ItemDataRole.TextAlignmentRole and column == FOUND:
            return RIGHT
        return None


class ThresholdFields(QWidget):
    """One threshold: its name, its value to edit, what it means and what it is unless changed."""

    def __init__(self, row: ThresholdRow, taken: Callable[[str], str]) -> None:
        super().__init__()
        self.name, self._taken = row.name, taken
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(2, 1)
        self.edit = QLineEdit(row.text)
        self.edit.setFont(theme.mono_font(12.5))
        self.edit.setFixedWidth(110)
        self.edit.setAccessibleName(f"{row.name}: {row.meaning}")
        name = QLabel(row.name)
        name.setBuddy(self.edit)
        self.default = QLabel()
        meaning = QLabel(row.meaning)
        for label in (self.default, meaning):
            label.setObjectName("muted")
        meaning.setWordWrap(True)
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        show_if(self.problem, False)
        grid.addWidget(name, 0, 0)
        grid.addWidget(self.edit, 0, 1)
        grid.addWidget(self.default, 0, 2)
        grid.addWidget(meaning, 1, 0, 1, 3)
        grid.addWidget(self.problem, 2, 0, 1, 3)
        name.setMinimumWidth(70)
        self.edit.editingFinished.connect(self._finished)
        self.show_row(row)

    def show_row(self, row: ThresholdRow) -> None:
        """Show the value, unless somebody is typing another one that cannot be taken."""
        words = tr("default {number}").format(number=row.default)
        self.default.setText(f"{words} · {tr('changed')}" if row.changed else words)
        if not self.problem.text() and self.edit.text() != row.text:
            self.edit.setText(row.text)

    def give_back(self, row: ThresholdRow) -> None:
        """Show the value, whatever was typed."""
        self._complain("")
        self.show_row(row)

    def _finished(self) -> None:
        self._complain(self._taken(self.edit.text()))

    def _complain(self, sentence: str) -> None:
        palette = theme.current().palette
        self.problem.setText(sentence)
        dress(self.problem, f"color: {palette.bad}" if sentence else "")
        show_if(self.problem, bool(sentence))


class RulesDialog(QDialog):
    """Changes hold at once: what was found is found anew while the dialog stays open.

    Args:
        stop: sets a breakpoint by its text form; what is wrong with it, or "".
    """

    def __init__(self, parent: QWidget | None, model: RulesModel, stop: Callable[[str], str]) -> None:
        super().__init__(parent)
        self._model, self._stop, self._shown = model, stop, ""
        self.setWindowTitle(tr("Rules"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE)
        self.rows = RuleTable(model)
        self.table = _table(self.rows)
        self.table.selectionModel().currentRowChanged.connect(self._chosen)
        self.table.installEventFilter(self)
        self.level = Choice(tr("Level"))
        self.level.setObjectName("field")
        self.level.activated.connect(lambda _n: model.set_level(model.chosen, self.level.currentData()))
        self.title, self.fires, self.meaning, self.advice = QLabel(), QLabel(), QLabel(), QLabel()
        self.title.setFont(theme.ui_font(15, theme.ui_font(1).weight().DemiBold))
        self.fields: list[ThresholdFields] = []
        self._thresholds = QVBoxLayout()
        self._thresholds.setSpacing(10)
        self.reset = QPushButton(tr("Back to default"))
        self.reset.clicked.connect(self._give_back)
        self.reset_all = QPushButton(tr("All back to default"))
        self.reset_all.clicked.connect(self._give_all_back)
        self.breakpoint = QPushButton(tr("Stop a script here"))
        self.breakpoint.setToolTip(tr("Sets a breakpoint: the script is held once this rule finds something"))
        self.breakpoint.clicked.connect(self._set_breakpoint)
        self.said, self.progress = QLabel(), QLabel()
        for label in (self.said, self.progress):
            label.setObjectName("muted")
            label.setWordWrap(True)
        self.close_button = QPushButton(tr("Close"))
        self.close_button.setObjectName("primary")
        self.close_button.clicked.connect(self.close)
        for button in (self.reset, self.reset_all, self.breakpoint, self.close_button):
            button.setAutoDefault(False)  # Return in a field takes the number and nothing else
        self._lay_out()
        self._disconnects = [model.changed.connect(self._show)]
        theme.current().changed.connect(self.table.viewport().update)
        self.finished.connect(lambda _result: self.dispose())
        self._show()
        self.table.setFocus()

    def dispose(self) -> None:
        """Let go of the model."""
        while self._disconnects:
            self._disconnects.pop()()
        self._model.dispose()

    def closeEvent(self, event: object) -> None:
        self.dispose()
        super().closeEvent(event)  # type: ignore[arg-type]

    def choose(self, name: str) -> None:
        """Turn to a rule."""
        self._model.choose(name)

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        page = QWidget()
        page.setObjectName("dockBody")
        column = QVBoxLayout(page)
        column.setContentsMargins(18, 14, 18, 14)
        column.setSpacing(9)
        for label in (self.title, self.fires, self.meaning, self.advice):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            column.addWidget(label)
        for label in (self.meaning, self.advice):
            label.setObjectName("muted")
        row = QHBoxLayout()
        words = QLabel(tr("Level"))
        words.setBuddy(self.level)
        row.addWidget(words)
        row.addWidget(self.level)
        row.addStretch(1)
        column.addSpacing(4)
        column.addLayout(row)
        column.addLayout(self._thresholds)
        column.addWidget(self.said)
        column.addStretch(1)
        row = QHBoxLayout()
        row.addWidget(self.reset)
        row.addWidget(self.breakpoint)
        row.addStretch(1)
        column.addLayout(row)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(page)
        body = QHBoxLayout()
        body.setSpacing(1)
        body.addWidget(self.table, 11)
        body.addWidget(scroll, 10)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 10, 16, 12)
        foot.setSpacing(8)
        foot.addWidget(self.progress, 1)
        foot.addWidget(self.reset_all)
        foot.addWidget(self.close_button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(body, 1)
        whole.addLayout(foot)

    def _show(self) -> None:
        model, page = self._model, self._model.page
        self.rows.refresh()
        self.progress.setText(model.progress)
        show_if(self.reset_all, model.any_changed)
        place = self.rows.number(page.name)
        if self.table.currentIndex().row() != place:
            self.table.setCurrentIndex(self.rows.index(place, TITLE))
        if page.name != self._shown:
            self._shown = page.name
            self.said.clear()
            self._begin_page()
        self.level.setCurrentIndex(max(0, self.level.findData(page.level)))
        for field, row in zip(self.fields, page.thresholds, strict=True):
            field.show_row(row)
        show_if(self.said, bool(self.said.text()))
        self.reset.setEnabled(page.changed)

    def _begin_page(self) -> None:
        page = self._model.page
        self.title.setText(page.title)
        self.fires.setText(page.fires)
        self.meaning.setText(page.meaning)
        self.advice.setText(tr("What to do: {advice}").format(advice=page.advice))
        self.level.clear()
        for one in page.levels:
            self.level.addItem(one.words, one.level)
        while self._thresholds.count():
            item = self._thresholds.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.fields = [
            ThresholdFields(row, lambda text, row=row: self._model.set_threshold(page.name, row.name, text))  # type: ignore[misc]
            for row in page.thresholds
        ]
        before: QWidget = self.level
        for field in self.fields:
            self._thresholds.addWidget(field)
            self.setTabOrder(before, field.edit)
            before = field.edit
        self.setTabOrder(before, self.reset)
        show_if(self.breakpoint, bool(page.breakpoint))

    def _chosen(self, index: QModelIndex) -> None:
        if index.isValid():
            self._model.choose(self.rows.row(index.row()).name)

    def _give_back(self) -> None:
        self._model.reset(self._model.chosen)
        self._show_given_back()

    def _give_all_back(self) -> None:
        self._model.reset_all()
        self._show_given_back()

    def _show_given_back(self) -> None:
        for field, row in zip(self.fields, self._model.page.thresholds, strict=True):
            field.give_back(row)

    def _set_breakpoint(self) -> None:
        text = self._model.page.breakpoint
        trouble = self._stop(text)
        self.said.setText(trouble or tr("Breakpoint set: {text}").format(text=text))
        show_if(self.said, True)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
            if by:
                self._model.shift_level(self._model.chosen, by)
                return True
        return False


def _table(rows: RuleTable) -> QTableView:
    table = QTableView()
    table.setModel(rows)
    table.setAccessibleName(tr("Rules; left and right change the level"))
    table.setToolTip(tr("← and → change the level"))
    table.setShowGrid(False)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(27)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    header.setSectionResizeMode(TITLE, QHeaderView.ResizeMode.Stretch)
    header.resizeSection(LEVEL, 170)
    header.resizeSection(FOUND, 62)
    return table
