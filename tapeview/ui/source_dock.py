"""The Source dock: binds a ``CodeView`` to the source model."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from tapeview.ui.breaks import Breaks
from tapeview.ui.choice import Choice
from tapeview.ui.code_view import CodeView
from tapeview.ui.dock import Dock
from tapeview.ui.text import tr
from tapeview.views.source_model import SourceModel
from tapeview.views.workspace import Reasons


class SourceDock(Dock):
    """The user's files. A click on a line picks its ops one after the other, a double click goes to the first of
    them; left of the numbers a click sets or removes a breakpoint. ``watchWanted`` carries an expression,
    ``runToWanted`` a path and a line; ``noteClicked`` is a click on the message below a line.
    """

    watchWanted = Signal(str)
    runToWanted = Signal(str, int)
    noteClicked = Signal()

    def __init__(self, model: SourceModel, breaks: Breaks) -> None:
        super().__init__("source", tr("Source"))
        self._model, self._breaks = model, breaks
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
        self.code.gutterClicked.connect(model.toggle_breakpoint)
        self.code.menuWanted.connect(self._menu)
        self.code.noteClicked.connect(self.noteClicked)
        self.files.activated.connect(lambda index: model.choose(self.files.itemData(index)))
        self.on_dispose(model.changed.connect(self._changed), model.dispose)
        self._changed(frozenset({"files", "text", "pieces", "mark", "lines", "gutter", "paused", "note"}))

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
        if "gutter" in reasons:
            self.later("gutter", lambda: self.code.set_breakpoints(model.gutter))
        if "paused" in reasons:
            self.later("paused", lambda: self.code.set_paused(model.paused_line))
        if "note" in reasons or "text" in reasons:
            self.later("note", lambda: self.code.set_note(*model.note))
        if "mark" in reasons or "text" in reasons:
            self.later("mark", lambda: self.code.set_mark(model.mark))

    def show_line(self, file: int, line: int) -> None:
        """Bring a line of a file into view and light it."""
        self._model.point_at(file, line)

    def show_path(self, path: str, line: int) -> None:
        """Bring a line of a file, given by its path, into view and light it."""
        self._model.point_at_path(path, line)

    def place(self) -> tuple[str, int] | None:
        """Path and line that keys are about; None without a file or before a line was picked."""
        line, file = self.code.current_line(), self._model.file
        return (file.path, line) if file is not None and line else None

    def files_shown(self) -> list[tuple[str, str]]:
        """Path and title of every file there is."""
        return [(entry.path, entry.title) for entry in self._model.files]

    def toggle_breakpoint(self) -> None:
        """Set or remove a breakpoint on the line that keys are about."""
        place = self.place()
        if place is not None:
            self._model.toggle_breakpoint(place[1])

    def _menu(self, line: int, where: QPoint) -> None:
        model, breaks = self._model, self._breaks
        menu = QMenu(self.code)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        there = model.breakpoints_at(line)
        for one in there:
            title = f" · {one.condition or one.log}" if len(there) > 1 and (one.condition or one.log) else ""
            menu.addAction(tr("Change the breakpoint …") + title, lambda one=one: breaks.edit(one))  # type: ignore[misc]
            words = tr("Switch off") if one.enabled else tr("Switch on")
            switch = menu.addAction(words + title)
            switch.triggered.connect(lambda _=False, one=one: breaks.model.set_enabled(one.id, not one.enabled))
        fresh = model.new_breakpoint(line)
        if there:
            menu.addAction(tr("Remove"), lambda: model.toggle_breakpoint(line))
        else:
            menu.addAction(tr("Stop at this line  F9"), lambda: model.toggle_breakpoint(line))
            menu.addAction(tr("Stop here if …"), lambda: breaks.edit(fresh))
            menu.addAction(tr("Write a line here …"), lambda: breaks.edit_log(fresh))
        only = model.expressions_at(line)
        if len(only) > 1:
            inner = menu.addMenu(tr("Stop only at this expression"))
            for words, one in only:
                inner.addAction(words.replace("&", "&&")).triggered.connect(lambda _=False, one=one: breaks.put(one))
        menu.addSeparator()
        place = model.file.path if model.file is not None else ""
        menu.addAction(tr("Run to this line  Ctrl+Return"), lambda: self.runToWanted.emit(place, line))
        selected = self.code.selected_text().strip()
        if selected and "\n" not in selected:
            shown = selected if len(selected) <= 30 else selected[:29] + "…"
            words = tr("Watch “{expression}”").format(expression=shown)
            menu.addAction(words.replace("&", "&&"), lambda: self.watchWanted.emit(selected))
        menu.popup(where)

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
