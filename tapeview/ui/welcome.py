"""The first page: open something, try an example, go on with a recent file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.dock import Elided, caps_font
from tapeview.ui.text import tr
from tapeview.views.examples import Example

WIDTH = 1120


class Tile(QPushButton):
    """A file to click on: its title, and a smaller line below."""

    def __init__(self, title: str, detail: str, path: Path) -> None:
        super().__init__()
        self.setObjectName("tile")
        self.path = path
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(title)
        self.setAccessibleDescription(detail)
        self.setToolTip(str(path))
        self.setFixedHeight(46)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 6)
        column.setSpacing(1)
        self._title, self._detail = Elided(), Elided(Qt.TextElideMode.ElideMiddle)
        self._title.setFont(theme.ui_font(13, QFont.Weight.Medium))
        self._detail.setFont(theme.ui_font(11.5))
        self._detail.setObjectName("tileDetail")
        self._title.set_text(title)
        self._detail.set_text(detail)
        for label in (self._title, self._detail):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(label)


class Welcome(QWidget):
    """``chosen`` carries the path of a file that was clicked."""

    chosen = Signal(Path)

    def __init__(self, examples: Sequence[Example], open_file: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        page = QWidget()
        page.setObjectName("welcomePage")
        outer = QHBoxLayout(page)
        outer.addStretch(1)
        inner = QWidget()
        inner.setMaximumWidth(WIDTH)
        inner.setMinimumWidth(720)
        outer.addWidget(inner, 14)
        outer.addStretch(1)
        column = QVBoxLayout(inner)
        column.setContentsMargins(24, 28, 24, 20)
        column.setSpacing(0)
        column.addStretch(2)
        title = QLabel("tapeview")
        title.setFont(theme.ui_font(30, QFont.Weight.DemiBold))
        line = QLabel(tr("See what the tape recorded, where a gradient comes from, and why it is None."))
        line.setFont(theme.ui_font(14))
        line.setObjectName("muted")
        line.setWordWrap(True)
        column.addWidget(title)
        column.addSpacing(4)
        column.addWidget(line)
        column.addSpacing(22)
        row = QHBoxLayout()
        row.setSpacing(10)
        self.open_button = QPushButton(tr("Open script or recording …"))
        self.open_button.setObjectName("primary")
        self.open_button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.open_button.clicked.connect(lambda: open_file())
        hint = QLabel(tr("Ctrl+O, or drop a .py or .tapeview file here"))
        hint.setObjectName("muted")
        row.addWidget(self.open_button)
        row.addWidget(hint)
        row.addStretch(1)
        column.addLayout(row)
        column.addSpacing(26)
        lists = QHBoxLayout()
        lists.setSpacing(32)
        shelf = QHBoxLayout()
        shelf.setSpacing(16)
        lists.addLayout(shelf, 2)
        recent, self._recent = self._list(tr("Recent files"))
        lists.addWidget(recent, 1)
        column.addLayout(lists)
        column.addStretch(3)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        self.tiles: list[Tile] = []
        self._fill(shelf, examples)
        self.show_recent([])

    def show_recent(self, paths: Sequence[Path]) -> None:
        """Replace the recent files."""
        while self._recent.count() > 1:
            taken = self._recent.takeAt(1)
            widget = taken.widget() if taken is not None else None
            if widget is not None:
                if isinstance(widget, Tile):
                    self.tiles.remove(widget)
                widget.hide()
                widget.deleteLater()
        for path in paths[:6]:
            self._add(self._recent, Tile(path.name, str(path.parent), path))
        if not paths:
            self._say(self._recent, tr("Scripts and recordings you open appear here."))

    def _fill(self, shelf: QHBoxLayout, examples: Sequence[Example]) -> None:
        """Examples below their headings, in two columns: each group goes below what is shorter so far."""
        sides, heights = (QVBoxLayout(), QVBoxLayout()), [0, 0]
        for side in sides:
            side.setSpacing(18)
            shelf.addLayout(side, 1)
        groups = {example.group: [one for one in examples if one.group == example.group] for example in examples}
        for group, several in groups.items():
            box, column = self._list(tr(group) if group else tr("Examples"))
            for example in several:
                self._add(column, Tile(example.title, example.path.name, example.path))
            shorter = heights.index(min(heights))
            heights[shorter] += len(several) + 1
            sides[shorter].addWidget(box)
        if not examples:
            box, column = self._list(tr("Examples"))
            self._say(column, tr("None are installed."))
            sides[0].addWidget(box)
        for side in sides:
            side.addStretch(1)

    def _list(self, title: str) -> tuple[QWidget, QVBoxLayout]:
        """A heading, and the column that goes on below it."""
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.setAlignment(Qt.AlignmentFlag.AlignTop)
        label = QLabel(title)
        label.setObjectName("dockTitleText")
        label.setFont(caps_font())
        column.addWidget(label)
        return box, column

    def _add(self, column: QVBoxLayout, tile: Tile) -> None:
        tile.clicked.connect(lambda: self.chosen.emit(tile.path))
        self.tiles.append(tile)
        column.addWidget(tile)

    def _say(self, column: QVBoxLayout, text: str) -> None:
        label = QLabel(text)
        label.setObjectName("muted")
        label.setWordWrap(True)
        label.setContentsMargins(0, 6, 0, 0)
        column.addWidget(label)
