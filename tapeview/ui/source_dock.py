"""The Source dock: binds a ``CodeView`` to the source model."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tapeview.ui.choice import Choice
from tapeview.ui.code_view import CodeView
from tapeview.ui.dock import Dock
from tapeview.ui.text import tr
from tapeview.views.source_model import SourceModel
from tapeview.views.workspace import Reasons


class SourceDock(Dock):
    """The user's files. A click on a line picks its ops one after the other, a double click goes to the first of
    them.
    """

    def __init__(self, model: SourceModel) -> None:
        super().__init__("source", tr("Source"))
        self._model = model
        self.code = CodeView()
        self.code.setAccessibleName(tr("Source text"))
        self.files = Choice(tr("File"))
        self.header.add(self.files)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.code)
        self.set_body(body)
        self.code.lineClicked.connect(model.pick_line)
        self.code.lineActivated.connect(model.go_to_line)
        self.files.activated.connect(lambda index: model.choose(self.files.itemData(index)))
        self.on_dispose(model.changed.connect(self._changed), model.dispose)
        self._changed(frozenset({"files", "text", "pieces", "mark", "lines"}))

    def _changed(self, reasons: Reasons) -> None:
        model = self._model
        if "files" in reasons:
            self.later("files", self._show_files)
        if "text" in reasons:
            self.later("text", lambda: self.code.set_text(model.text))
        if "pieces" in reasons or "text" in reasons:
            self.later("pieces", lambda: self.code.set_pieces(model.pieces))
        if "lines" in reasons:
            self.later("lines", lambda: self.code.set_lines_with_ops(model.op_lines))
        if "mark" in reasons or "text" in reasons:
            self.later("mark", lambda: self.code.set_mark(model.mark))

    def show_line(self, file: int, line: int) -> None:
        """Bring a line of a file into view and light it."""
        self._model.point_at(file, line)

    def _show_files(self) -> None:
        model, several = self._model, len(self._model.files) > 1
        self.files.setVisible(several)
        self.files.clear()
        for entry in model.files:
            self.files.addItem(entry.title, entry.id)
            self.files.setItemData(self.files.count() - 1, entry.path, Qt.ItemDataRole.ToolTipRole)
        if model.file is not None:
            self.files.setCurrentIndex(self.files.findData(model.file.id))
        self.set_note("" if several or model.file is None else model.file.title)
