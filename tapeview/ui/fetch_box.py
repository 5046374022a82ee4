"""What can be done about a value that is not in the recording: a sentence, a button, and a bar while it comes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.facts import dress, show_if
from tapeview.ui.text import tr
from tapeview.views.fetching import Fetching
from tapeview.views.numbers import bytes_text


class FetchBox(QFrame):
    """Binds to a ``Fetching``. It hides itself while nothing is missing."""

    def __init__(self, model: Fetching, parent: QWidget) -> None:
        super().__init__(parent)  # it shows and hides itself, and without a parent it would be a window
        self.setObjectName("fetch")
        self._model = model
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setMinimumWidth(1)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(tr("Progress"))
        self.start, self.cancel = QPushButton(tr("Fetch the value")), QPushButton(tr("Cancel"))
        for button in (self.start, self.cancel):
            button.setObjectName("chip")
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.start.setToolTip(tr("Get it from the script, which still has it in memory"))
        self.start.clicked.connect(model.start)
        self.cancel.clicked.connect(model.cancel)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.start)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        row.addStretch(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(11, 9, 11, 10)
        column.setSpacing(8)
        column.addWidget(self.text)
        column.addLayout(row)
        theme.current().changed.connect(self.refresh)
        self.disconnect_model = model.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the model."""
        model, palette = self._model, theme.current().palette
        running = model.state == "running"
        words = model.text
        if running and model.total:
            words = f"{words}  {bytes_text(model.done)} / {bytes_text(model.total)}"
        self.text.setText(words)
        dress(self.text, f"color: {palette.muted}; font-size: 12px;")
        dress(self, f"#fetch {{ border: 1px dashed {palette.none}; border-radius: 8px; background: transparent; }}")
        # In thousandths: Qt counts in 32 bits, and values may be larger.
        self.bar.setRange(0, 1000 if model.total else 0)
        self.bar.setValue(1000 * model.done // model.total if model.total else 0)
        show_if(self.start, model.state == "offer")
        show_if(self.bar, running)
        show_if(self.cancel, running)
        show_if(self, bool(model.state))
