"""Both values of the row looked at, one beside the other, and the tensor that lies between them."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.facts import breakable, dress, show_if
from tapeview.ui.painted_rows import draw_text
from tapeview.ui.tensor_view import TensorView
from tapeview.ui.text import tr
from tapeview.views.differences_model import DifferencesModel, detail
from tapeview.views.differences_value import AFTER, APART, BEFORE, DifferenceValue

ROW, NAME = 19, 78


class Beside(QWidget):
    """Facts of both sides in two columns."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[str, str, str]] = []
        self._heads = ("", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_rows(self, heads: tuple[str, str], rows: list[tuple[str, str, str]]) -> None:
        """Replace the rows; ``heads`` stand above the columns."""
        self._heads, self._rows = heads, rows
        self.setFixedHeight(ROW * (len(rows) + 1) if rows else 0)
        self.setAccessibleDescription(", ".join(f"{name} {a}, {b}" for name, a, b in rows))
        show_if(self, bool(rows))
        self.update()

    def rows(self) -> list[tuple[str, str, str]]:
        """What is shown."""
        return self._rows

    def sizeHint(self) -> QSize:
        return QSize(240, ROW * (len(self._rows) + 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, painter = theme.current().palette, QPainter(self)
        half = (self.width() - NAME) / 2
        painter.setFont(theme.ui_font(11))
        painter.setPen(palette.color("muted"))
        plain = tr("before"), tr("after")
        for side, name in enumerate(self._heads):
            head = f"{plain[side]}: {name}"
            if painter.fontMetrics().horizontalAdvance(head) > half - 8:
                head = plain[side]
            draw_text(painter, QRectF(NAME + side * half, 0, half - 8, ROW), head)
        for place, (name, *told) in enumerate(self._rows, 1):
            painter.setFont(theme.ui_font(12))
            painter.setPen(palette.color("muted"))
            draw_text(painter, QRectF(0, ROW * place, NAME - 6, ROW), name)
            painter.setFont(theme.mono_font(12))
            if told[0] == told[1] and painter.fontMetrics().horizontalAdvance(told[0]) > half - 8:
                painter.setPen(palette.color("text"))
                draw_text(painter, QRectF(NAME, ROW * place, 2 * half - 8, ROW), told[0])
                continue
            for side, words in enumerate(told):
                painter.setPen(palette.color("text" if words else "faint"))
                area = QRectF(NAME + side * half, ROW * place, half - 8, ROW)
                draw_text(painter, area, words or "–")
        painter.end()


class ValuePanel(QScrollArea):
    """The row looked at in words, facts of both sides, and a tensor: before, after, or what lies between."""

    def __init__(self, model: DifferencesModel) -> None:
        super().__init__()
        self._model = model
        value: DifferenceValue = model.value
        self._value = value
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        page.setObjectName("dockBody")
        self.title, self.detail, self.note = QLabel(), QLabel(), QLabel()
        for label in (self.title, self.detail, self.note):
            label.setWordWrap(True)
            label.setMinimumWidth(1)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.title.setTextFormat(Qt.TextFormat.RichText)
        for label in (self.detail, self.note):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setObjectName("muted")
            label.setFont(theme.ui_font(12))
        self.beside = Beside()
        self._chips = QWidget()
        chips = QHBoxLayout(self._chips)
        chips.setContentsMargins(0, 0, 0, 0)
        chips.setSpacing(5)
        names = {BEFORE: tr("Before"), AFTER: tr("After"), APART: tr("After − before")}
        self.choices: dict[str, QPushButton] = {}
        for choice, name in names.items():
            button = QPushButton(name)
            button.setObjectName("chip")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked=False, choice=choice: value.choose(choice))
            self.choices[choice] = button
            chips.addWidget(button)
        chips.addStretch(1)
        self.tensor = TensorView(value.tensor, page)
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 6, 10, 8)
        column.setSpacing(7)
        for widget in (self.title, self.detail, self.beside, self._chips, self.tensor, self.note):
            column.addWidget(widget)
        column.addStretch(1)
        self.setWidget(page)
        self.setMinimumWidth(200)

    def refresh(self) -> None:
        """Show the row looked at; without one what was found at all."""
        model, value = self._model, self._value
        value.load()
        row, shown = value.row, model.shown
        if row is None or shown is None:
            self.title.setText("")
            self.detail.setText(model.summary if shown is not None and shown.changes else "")
            self.note.setText(tr("F7 goes to the first difference, then from one to the next.") if shown else "")
        else:
            words = model.row(shown.at)
            state = f"<b>{escape(words.sign)} {escape(breakable(words.name))}</b>"
            where = words.where.removeprefix(f"{words.name} · ")
            self.title.setText(f"{state} · {escape(where)} · {escape(words.said)}")
            self.detail.setText(detail(row))
            self.note.setText(tr("Reading …") if value.busy else "" if value.choices else tr("There is no value."))
        self.beside.show_rows(value.sides, value.facts())
        choices = value.choices
        chosen = value.chosen if value.chosen in choices else choices[0] if choices else ""
        for name, button in self.choices.items():
            show_if(button, name in choices)
            button.setChecked(name == chosen)
        scalar = bool(value.both and all(one is None or one.size == 1 for one in value.both.values))
        show_if(self._chips, len(choices) > 1 and not scalar)
        show_if(self.tensor, bool(choices) and not scalar)
        dress(self.note, f"color: {theme.current().palette.muted}")
        for label in (self.title, self.detail, self.note):
            show_if(label, bool(label.text()))
