"""The frame of every dock: a small upper-case title with a note at its right, and updates only while it can be seen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QMainWindow, QSizePolicy, QWidget

from tapeview.ui import theme
from tapeview.ui.facts import dress
from tapeview.ui.turns import Turns

TITLE_HEIGHT = 30


def caps_font(pixels: float = 11) -> QFont:
    """The font of dock titles."""
    font = theme.ui_font(pixels, QFont.Weight.DemiBold)
    font.setCapitalization(QFont.Capitalization.AllUppercase)
    font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 106)
    return font


class Elided(QLabel):
    """A label that gives way: its text is shortened with an ellipsis, and the whole is its tool tip."""

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self._mode, self._whole = mode, ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def set_text(self, text: str) -> None:
        if text != self._whole:
            self._whole = text
            self.setAccessibleName(text)
            self._fit()

    def whole(self) -> str:
        """The text before it was shortened."""
        return self._whole

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._whole) + 2, metrics.height())

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, self._mode, max(0, self.width()))
        self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")


class Header(QWidget):
    """A title strip: name at the left, then widgets, a note at the right."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName("dockTitle")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(TITLE_HEIGHT)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(12, 0, 12, 0)
        self.row.setSpacing(8)
        label = QLabel(title)
        label.setObjectName("dockTitleText")
        label.setFont(caps_font())
        self._label = label
        self.note = Elided(Qt.TextElideMode.ElideMiddle)
        self.note.setObjectName("dockNote")
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.row.addWidget(label)
        self.row.addWidget(self.note, 1)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), TITLE_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        # A dock gives its title strip the height of this hint and looks at nothing else.
        return QSize(60, TITLE_HEIGHT)

    def set_active(self, active: bool) -> None:
        """Show whether the keys go here."""
        dress(self._label, f"color: {theme.current().palette.accent}" if active else "")

    def add(self, widget: QWidget) -> None:
        """Put a widget at the right end."""
        self.row.addWidget(widget)


class Dock(QDockWidget):
    """A dock that repaints what changed when it is looked at.

    Subclasses give their body to ``set_body`` and call ``later(key, function)`` when their model changed: at once if
    the dock can
    be seen, else once when it comes into view.
    """

    def __init__(self, id: str, title: str) -> None:
        super().__init__(title)
        self.setObjectName(id)
        self.setAccessibleName(title)
        self.header = Header(title)
        self._empty = QWidget(self)
        self._empty.hide()
        self._seen = False
        self.turns: Turns | None = None
        self.setTitleBarWidget(self.header)
        self._waiting: dict[str, Callable[[], None]] = {}
        self._disposals: list[Callable[[], None]] = []
        self._note = ""
        self.visibilityChanged.connect(self._visibility_changed)
        self.topLevelChanged.connect(lambda _floating: self.fit_title())

    def set_body(self, body: QWidget) -> None:
        body.setObjectName(body.objectName() or "dockBody")
        self.setWidget(body)

    def set_note(self, note: str) -> None:
        """The words at the right end of the title."""
        self.header.note.set_text(note)

    def later(self, key: str, update: Callable[[], None]) -> None:
        """Run ``update`` now (while a script runs, in the dock's turn) if the dock can be seen, else when it is (only
        the last one of each key)."""
        if not self._seen:
            self._waiting[key] = update
        elif self.turns is None or not self.turns.puts(self, key, update):
            update()

    def on_dispose(self, *functions: Callable[[], None]) -> None:
        """Run these when the window closes."""
        self._disposals.extend(functions)

    def dispose(self) -> None:
        """Let go of the models."""
        while self._disposals:
            self._disposals.pop()()
        self._waiting.clear()
        if self.turns is not None:
            self.turns.forget(self)

    def fit_title(self) -> None:
        """In a group of tabs the tab is the title, so the strip goes."""
        window = self.parent()
        tabbed = isinstance(window, QMainWindow) and not self.isFloating() and bool(window.tabifiedDockWidgets(self))
        wanted = self._empty if tabbed else self.header
        if self.titleBarWidget() is not wanted:
            self.setTitleBarWidget(wanted)
            wanted.setVisible(True)

    def _visibility_changed(self, visible: bool) -> None:
        # isVisible() is no help: Qt keeps the docks of the tabs behind visible, far outside of the window.
        self._seen = visible
        body = self.widget()
        if body.isEnabled() != visible:
            body.setEnabled(visible)  # else the Tab key would go to what nobody can see
        if visible:
            waiting, self._waiting = self._waiting, {}
            for update in waiting.values():
                update()
