"""Names and values in two columns, and small helpers that keep Qt from working for nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QSizePolicy, QWidget

from tapeview.ui import theme
from tapeview.ui.text import tr

NAME_WIDTH = 102
ROW = 20
Row = tuple[str, str, str]
"""Name, value, palette role or ""."""


def breakable(text: str, longest: int = 24) -> str:
    """``text`` with places to break a line in (zero width spaces) inside of words that are too long for one."""
    words = text.split(" ")
    return " ".join(re.sub(r"([_.,(\[=/]|.{24}(?=\w))", "\\1\u200b", w) if len(w) > longest else w for w in words)


def show_if(widget: QWidget, wanted: bool) -> None:
    """Show or hide a widget, only if it is not so already: each call makes Qt lay out the parent again."""
    if widget.isHidden() == wanted:
        widget.setVisible(wanted)


def dress(widget: QWidget, style: str) -> None:
    """Give a widget a style sheet, only if it has another: parsing one takes longer than drawing the widget."""
    if widget.styleSheet() != style:
        widget.setStyleSheet(style)


def progress_bar() -> QProgressBar:
    """A thin bar that stands in a line of other things."""
    bar = QProgressBar()
    bar.setTextVisible(False)
    bar.setFixedSize(90, 6)
    bar.setAccessibleName(tr("Progress"))
    return bar


class Numbers(QWidget):
    """Short facts, painted in one go: they change with every step."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[Row] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.current().changed.connect(self.update)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Replace the rows."""
        if list(rows) != list(self._rows):
            if len(rows) != len(self._rows):
                self.setFixedHeight(len(rows) * ROW)
            self._rows = rows
            self.setAccessibleDescription(", ".join(f"{name} {value}" for name, value, _ in rows))
            self.update()
        show_if(self, bool(rows))

    def rows(self) -> Sequence[Row]:
        """What is shown."""
        return self._rows

    def sizeHint(self) -> QSize:
        return QSize(200, len(self._rows) * ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, painter = theme.current().palette, QPainter(self)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.ui_font(12))
        painter.setPen(palette.color("muted"))
        for place, (name, _, _) in enumerate(self._rows):
            painter.drawText(QRectF(0, place * ROW, NAME_WIDTH - 6, ROW), middle, name)
        painter.setFont(theme.mono_font(12))
        for place, (_, value, role) in enumerate(self._rows):
            painter.setPen(palette.color(role or "text"))
            painter.drawText(QRectF(NAME_WIDTH, place * ROW, self.width() - NAME_WIDTH, ROW), middle, value)
        painter.end()


class Facts(QWidget):
    """Longer facts: values wrap and can be selected."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnMinimumWidth(0, NAME_WIDTH - 10)
        self._grid.setColumnStretch(1, 1)
        self._labels: list[tuple[QLabel, QLabel]] = []

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Replace the rows."""
        while len(self._labels) < len(rows):
            name, value = QLabel(), QLabel()
            name.setFont(theme.ui_font(12))
            name.setObjectName("muted")
            name.setWordWrap(True)
            value.setFont(theme.mono_font(12))
            value.setWordWrap(True)
            name.setMinimumWidth(1)
            value.setMinimumWidth(1)
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            name.setAlignment(Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(name, len(self._labels), 0)
            self._grid.addWidget(value, len(self._labels), 1)
            self._labels.append((name, value))
        for place, (name, value) in enumerate(self._labels):
            used = place < len(rows)
            show_if(name, used)
            show_if(value, used)
            if used:
                name.setText(rows[place][0])
                value.setText(breakable(rows[place][1]))
        show_if(self, bool(rows))
