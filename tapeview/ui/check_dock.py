"""The Gradient check dock: what is checked, what came out of it, and the errors element by element."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tapeview.ui import theme
from tapeview.ui.check_heatmap import HeatGrid, HeatScale
from tapeview.ui.check_table import CheckTableView
from tapeview.ui.choice import Choice
from tapeview.ui.dock import Dock, Elided
from tapeview.ui.facts import breakable, dress, progress_bar, show_if
from tapeview.ui.text import tr
from tapeview.views.check_heat import Cell
from tapeview.views.check_model import CheckModel
from tapeview.views.check_words import ROLES, looked_text
from tapeview.views.workspace import Reasons

WIDE, HIGH = 720, 250
"""From so many pixels on the parts stand beside each other, or below each other."""


class Parts(QWidget):
    """Table, sentences and errors: all beside each other where it is wide and low, the sentences below the table where
    it is wide and high, and all below each other where it is narrow.
    """

    def __init__(self, table: QWidget, said: QWidget, errors: QWidget) -> None:
        super().__init__()
        self.left = QWidget()
        self._left = QBoxLayout(QBoxLayout.Direction.TopToBottom, self.left)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._left.addWidget(table, 3)
        self._left.addWidget(said, 2)
        self._box.addWidget(self.left, 2)
        self._box.addWidget(errors, 1)
        for box in (self._left, self._box):
            box.setContentsMargins(0, 0, 0, 0)
        self._left.setSpacing(10)
        self._box.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._box.setSpacing(14)

    def heightForWidth(self, width: int) -> int:
        # The sentences scroll on their own, so the parts need not be as high as these would like.
        return self.minimumSizeHint().height()

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 80) if self.width() >= WIDE else QSize(220, 440)

    def resizeEvent(self, event: QResizeEvent) -> None:
        beside = QBoxLayout.Direction.LeftToRight
        wide, low = event.size().width() >= WIDE, event.size().height() < HIGH
        for box, wanted in ((self._box, wide), (self._left, wide and low)):
            direction = beside if wanted else QBoxLayout.Direction.TopToBottom
            if box.direction() != direction:
                box.setDirection(direction)
                self.updateGeometry()


class Said(QWidget):
    """Sentences that can be scrolled, and links below them."""

    def __init__(self, *links: QPushButton) -> None:
        super().__init__()
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setMinimumWidth(1)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        self.label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.label.setObjectName("dockBody")
        self.label.setFont(theme.ui_font(12))
        scroll = QScrollArea()
        scroll.setWidget(self.label)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setMinimumHeight(34)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(scroll, 1)
        for link in links:
            column.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)


class CheckDock(Dock):
    """Binds the widgets to the model."""

    def __init__(self, model: CheckModel) -> None:
        super().__init__("check", tr("Gradient check"))
        self._model, self._results = model, model.results
        self.targets, self.amounts = Choice(tr("What is checked")), Choice(tr("How many elements are looked at"))
        for choice, least, most in ((self.targets, 10, 280), (self.amounts, 8, 176)):
            choice.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            choice.setMinimumContentsLength(least)
            choice.setMaximumWidth(most)
            choice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.targets.activated.connect(model.choose)
        self.amounts.addItems(model.amounts())
        self.amounts.setToolTip(tr("More elements take longer: each needs two forward passes"))
        self.amounts.activated.connect(model.choose_amount)
        self.start, self.cancel = self._chip(tr("Check"), model.check), self._chip(tr("Cancel"), model.cancel)
        self.bar = progress_bar()
        self.heading = Elided()
        self.heading.setObjectName("dockNote")
        head = QHBoxLayout()
        head.setSpacing(8)
        for widget, stretch in (
            (self.targets, 5), (self.amounts, 3), (self.start, 0), (self.cancel, 0), (self.bar, 0), (self.heading, 8)
        ):  # fmt: skip
            head.addWidget(widget, stretch)
        self.table = CheckTableView(self._results)
        self.table.gone.connect(model.go)
        self.go, self.definition = QPushButton(), QPushButton()
        for link, verb in ((self.go, model.go), (self.definition, model.go_to_definition)):
            link.setObjectName("link")
            link.setCursor(Qt.CursorShape.PointingHandCursor)
            link.clicked.connect(verb)
        self.said = Said(self.go, self.definition)
        self._right = self._errors()
        self.parts = Parts(self.table, self.said, self._right)
        # Below each other they are scrolled: docks must not grow because this one comes up.
        scroll = QScrollArea()
        scroll.setWidget(self.parts)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.parts.setObjectName("dockBody")
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(scroll, 1)
        self.set_body(page)
        theme.current().changed.connect(self._recolor)
        self.on_dispose(model.changed.connect(self._changed), model.dispose)
        self._changed(frozenset({"targets", "state", "rows", "row", "cell"}))

    def _chip(self, text: str, verb: object) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName("chip")
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(verb)
        return button

    def _errors(self) -> QWidget:
        results = self._results
        self.relative = self._chip(tr("Relative"), lambda: results.measure(True))
        self.absolute = self._chip(tr("Difference"), lambda: results.measure(False))
        self.relative.setToolTip(tr("Errors relative to the numbers themselves"))
        self.absolute.setToolTip(tr("How far the numbers are apart"))
        chips = QHBoxLayout()
        chips.setSpacing(5)
        self.axes = Elided()
        self.axes.setObjectName("dockNote")
        for button in (self.relative, self.absolute):
            button.setCheckable(True)
            chips.addWidget(button)
        chips.addWidget(self.axes, 1)
        self.grid, self.scale = HeatGrid(), HeatScale()
        self.grid.chosen.connect(results.look_at_cell)
        self.grid.moved.connect(results.move_cell)
        self.grid.worst.connect(results.look_at_worst)
        self.grid.entered.connect(self._model.go)
        self.grid.hovered.connect(self._hovered)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setMinimumWidth(1)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.words.setFont(theme.ui_font(11))
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(chips)
        column.addWidget(self.grid, 1)
        column.addWidget(self.scale)
        column.addWidget(self.words)
        return box

    # -- what the model says -------------------------------------------------------------------------------------------

    def _changed(self, reasons: Reasons) -> None:
        if "rows" in reasons:
            self.set_note(self._results.summary)
        updates = {
            "targets": self._show_targets,
            "row": self._show_row,
            "cell": self._show_cell,
        }
        for reason, update in updates.items():
            if reason in reasons:
                self.later(reason, update)
        if reasons != {"cell"}:
            self.later("state", self._show_state)

    def _recolor(self) -> None:
        self._changed(frozenset({"row", "cell"}))

    def _show_targets(self) -> None:
        model = self._model
        names = [one.name for one in model.targets]
        if names != [self.targets.itemText(place) for place in range(self.targets.count())]:
            self.targets.clear()
            for place, name in enumerate(names):
                self.targets.addItem(name)
                self.targets.setItemData(place, name, Qt.ItemDataRole.ToolTipRole)
        self.targets.setCurrentIndex(model.target)
        self.targets.setToolTip(self.targets.currentText())
        self.amounts.setCurrentIndex(model.amount)

    def _show_state(self) -> None:
        model, palette, results = self._model, theme.current().palette, self._results
        running, progress = model.running, model.progress
        for widget in (self.targets, self.amounts):
            show_if(widget, bool(model.targets))
        show_if(self.start, bool(model.targets) and not running)
        self.start.setEnabled(model.can_check)
        show_if(self.cancel, running)
        show_if(self.bar, running)
        self.bar.setRange(0, progress.of if progress is not None else 0)
        self.bar.setValue(progress.done if progress is not None else 0)
        heading = [model.progress_text] if running else [results.summary, model.cancelled_text, model.heading]
        self.heading.set_text(" · ".join(part for part in heading if part))
        found = results.current
        show_if(self.table, bool(results.rows))
        show_if(self._right, bool(results.rows))
        show_if(self.go, found is not None)
        self.go.setText(model.go_text)
        self.definition.setText(model.definition_text)
        show_if(self.definition, bool(model.definition_text))
        role = ROLES.get(found.verdict, "text") if found is not None else "bad" if model.state == "refused" else "muted"
        first, colon, rest = model.text.partition(":")
        color = getattr(palette, role)
        text = f"<b style='color:{color}'>{escape(first)}{colon}</b>{escape(breakable(rest))}"
        self.said.label.setText(
            text if found is not None else f"<span style='color:{color}'>{escape(model.text)}</span>"
        )

    def _show_row(self) -> None:
        self.table.refresh()
        self.relative.setChecked(self._results.relative)
        self.absolute.setChecked(not self._results.relative)
        heat = self._results.heat
        found = self._results.current
        words = [tr("{n} looked at").format(n=looked_text(found)), heat.axes] if heat and found is not None else []
        self.axes.set_text(" · ".join(word for word in words if word))
        self.scale.show_heat(heat)

    def _show_cell(self) -> None:
        words = self._results.element_words()
        self.grid.show_heat(self._results.heat, self._results.cell, words)
        self._say(words)

    def _hovered(self, cell: Cell | None) -> None:
        self._say(self._results.element_words(cell))

    def _say(self, words: str) -> None:
        self.words.setText(breakable(words))
        dress(self.words, f"color: {theme.current().palette.muted}")
