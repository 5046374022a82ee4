"""The Differences dock: what is compared, how many rows of each state there are, the rows, and both values of one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QScrollArea, QSplitter, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.choice import Choice
from tapeview.ui.differences_question import Question
from tapeview.ui.differences_rows import ROW, DifferenceHead, DifferenceRows
from tapeview.ui.differences_value import ValuePanel
from tapeview.ui.dock import Dock
from tapeview.ui.facts import dress, show_if
from tapeview.ui.text import tr
from tapeview.views.differences import COMPARE, STATES
from tapeview.views.differences_compare import Comparing
from tapeview.views.differences_model import TOLERANCES, DifferencesModel
from tapeview.views.numbers import number

ROOM_FOR_VALUES = 620
"""From this width on both values stand beside the rows."""


class DifferencesDock(Dock):
    """Binds to the model of the rows and to what is compared."""

    def __init__(self, model: DifferencesModel, comparing: Comparing) -> None:
        super().__init__("differences", tr("Differences"))
        self._model, self._comparing = model, comparing
        self.question = Question(comparing)
        self.rows = DifferenceRows(model)
        self.head = DifferenceHead(model, self.rows)
        self.values = ValuePanel(model)
        self.nothing = QLabel()
        self.nothing.setWordWrap(True)
        self.nothing.setTextFormat(Qt.TextFormat.PlainText)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._on_top: tuple[QWidget, Callable[[], bool]] | None = None
        self._filters = self._make_filters()
        self._scroll = QScrollArea()
        self._scroll.setWidget(self.rows)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table = QWidget()
        inside = QVBoxLayout(table)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self.head)
        inside.addWidget(self._scroll, 1)
        inside.addWidget(self.nothing, 1)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setHandleWidth(1)
        self._split.addWidget(table)
        self._split.addWidget(self.values)
        self._split.setStretchFactor(0, 5)
        self._split.setStretchFactor(1, 3)
        self._split.setChildrenCollapsible(False)
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        top = QWidget()
        lines = QVBoxLayout(top)
        lines.setContentsMargins(12, 7, 12, 5)
        lines.setSpacing(6)
        lines.addWidget(self.question)
        lines.addWidget(self._filters)
        self._column.addWidget(top)
        self._column.addWidget(self._split, 1)
        self.set_body(body)
        self.rows.focus_moved.connect(self._bring_into_view)
        theme.current().changed.connect(self._changed)
        self.on_dispose(
            model.changed.connect(self._changed),
            model.moved.connect(lambda: self.later("row", self._show_row)),
            model.value.changed.connect(lambda: self.later("value", self.values.refresh)),
            comparing.changed.connect(lambda: self.later("question", self._show_question)),
            model.dispose,
            comparing.dispose,
        )
        self._changed()

    def put_on_top(self, widget: QWidget, idle: Callable[[], bool]) -> None:
        """Put a widget of others above everything. While steps are compared it leaves the room to the rows if it is
        ``idle``.
        """
        self._on_top = widget, idle
        self._column.insertWidget(0, widget)

    def fit_top(self) -> None:
        """Show what others put above everything, or leave it out."""
        if self._on_top is not None:
            widget, idle = self._on_top
            shown = self._model.shown
            show_if(widget, shown is None or shown.kind != COMPARE or not idle())

    def _make_filters(self) -> QWidget:
        model, line = self._model, QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        self.chips: dict[str, QPushButton] = {}
        for state in STATES:
            chip = QPushButton()
            chip.setObjectName("chip")
            chip.setCheckable(True)
            chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            chip.setToolTip(tr("List these rows, or leave them out"))
            chip.clicked.connect(lambda checked, state=state: model.list_state(state, checked))
            self.chips[state] = chip
            row.addWidget(chip)
        self.order = Choice(tr("Order"))
        self.order.addItems([tr("as it happened"), tr("largest first")])
        self.order.activated.connect(lambda place: model.sort(place == 1))
        self.tolerance = Choice(tr("Tolerance"))
        self.tolerance.setToolTip(tr("Relative differences up to this are called the same"))
        for one in TOLERANCES:
            words = tr("the same up to {figure}").format(figure=number(one, 1)) if one else tr("the same if equal")
            self.tolerance.addItem(words, one)
        self.tolerance.activated.connect(lambda place: model.tolerate(TOLERANCES[place]))
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Filter"))
        self.search.setAccessibleName(tr("Filter by name, op or line"))
        self.search.setToolTip(tr("List only rows with these words in their name, op or line"))
        self.search.setFixedWidth(120)
        self.search.setTextMargins(-3, -4, -3, -4)
        self.search.setFont(theme.ui_font(11.5))
        self.search.textChanged.connect(model.set_search)
        row.addStretch(1)
        for widget in (self.search, self.order, self.tolerance):
            row.addWidget(widget)
        return line

    # -- what is shown -------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        shown = self._model.shown
        count = len(shown.changes) if shown is not None else 0
        self.setWindowTitle(f"{tr('Differences')} {count}" if shown is not None else tr("Differences"))
        self.later("all", self.refresh)

    def refresh(self) -> None:
        """Show the model's rows."""
        model, palette = self._model, theme.current().palette
        shown = model.shown
        for chip in self.chips.values():
            show_if(chip, False)
        for state in model.chips:
            chip = self.chips[state.state]
            chip.setText(state.text)
            chip.setChecked(state.listed)
            show_if(chip, True)
        show_if(self._filters, shown is not None and bool(shown.rows))
        self.order.setCurrentIndex(int(model.largest_first))
        tolerance = shown.tolerance if shown is not None else TOLERANCES[2]
        self.tolerance.setCurrentIndex(TOLERANCES.index(tolerance) if tolerance in TOLERANCES else -1)
        nothing = model.nothing if shown is not None else model.summary
        self.nothing.setText(nothing)
        dress(self.nothing, f"color: {palette.muted}; font-size: 12px; padding: 8px 40px;")
        show_if(self.nothing, bool(nothing))
        show_if(self._scroll, not nothing)
        show_if(self.head, not nothing)
        self._fit()
        self.fit_top()
        self._show_question()
        self._show_row()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave the values out where there is no room for them, or nothing to see."""
        shown = self._model.shown
        show_if(self.values, shown is not None and bool(shown.rows) and self.width() >= ROOM_FOR_VALUES)
        self.head.update()

    def _show_question(self) -> None:
        shown = self._model.shown
        self.question.refresh()
        show_if(self.question, shown is None or shown.kind == COMPARE or self._comparing.busy)

    def _show_row(self) -> None:
        self.rows.refresh()
        self.head.update()
        self.values.refresh()
        if self._model.at >= 0:
            self._bring_into_view(self._model.at)

    def _bring_into_view(self, row: int) -> None:
        self._scroll.ensureVisible(0, round(self.rows.row_rect(row).center().y()), 0, ROW)
