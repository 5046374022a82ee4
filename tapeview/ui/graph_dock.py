"""The Graph dock: the picture of the tape, its title line, and the choice of the tape where a step has several."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.choice import Choice
from tapeview.ui.dock import Dock
from tapeview.ui.graph_nodes import measure
from tapeview.ui.graph_view import GraphView
from tapeview.ui.text import tr
from tapeview.ui.trail_bar import DifferencesBar, TrailBar
from tapeview.views.differences_marks import DifferenceMarks
from tapeview.views.graph_marks import GraphMarks
from tapeview.views.graph_model import GraphModel
from tapeview.views.workspace import Reasons

PATIENCE = 150
"""Milliseconds after which a layout being made is spoken of."""


class GraphDock(Dock):
    """Binds a ``GraphView`` to the graph model. ``fit`` and ``zoom`` of ``view`` are what menu commands call."""

    def __init__(
        self, model: GraphModel, marks: GraphMarks | None = None, differing: DifferenceMarks | None = None
    ) -> None:
        super().__init__("graph", tr("Graph"))
        self._model = model
        titles, details = measure()
        model.measure = lambda text, title: (titles if title else details).horizontalAdvance(text)
        self.view = GraphView(model)
        self.tapes = Choice(tr("Tape"))
        self.tapes.hide()
        self.tapes.activated.connect(model.show_tape)
        self.header.add(self.tapes)
        self.fold = QPushButton(tr("Fold"))
        self.fold.setObjectName("chip")
        self.fold.setCheckable(True)
        self.fold.setToolTip(tr("Show calls and turns of loops as one node each"))
        self.fold.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fold.hide()
        self.fold.clicked.connect(lambda: model.fold_all(not model.folded))
        self.header.add(self.fold)
        self.trail = TrailBar(marks) if marks is not None else None
        self.differences = DifferencesBar(differing) if differing is not None else None
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for bar in (self.differences, self.trail):
            if bar is not None:
                column.addWidget(bar)
        column.addWidget(self.view, 1)
        self.set_body(body)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE)
        self._patience.timeout.connect(self._show_notice)
        self.view.notice.pressed.connect(self._notice_pressed)
        self.on_dispose(model.changed.connect(self._changed), model.dispose, self._patience.stop)
        self.view.explained, self.view.differing = marks, differing
        theme.current().changed.connect(self._show_marks)
        for one in (marks, differing):
            if one is not None:
                self.on_dispose(one.changed.connect(lambda: self.later("marks", self._show_marks)), one.dispose)
        self._changed(frozenset({"scene"}))

    def _show_marks(self) -> None:
        for bar in (self.differences, self.trail):
            if bar is not None:
                bar.refresh()
        self.view.show_marks()

    def _changed(self, reasons: Reasons) -> None:
        if "scene" in reasons:
            self.later("scene", self._show_scene)
        elif reasons & {"state", "matches", "texts"}:
            self.later("state", self._show_state)
        if "layout" in reasons:
            self.later("layout", self._show_layout)
        if "reveal" in reasons:
            self.later("reveal", lambda: self.view.reveal(self._model.reveal))

    def _show_scene(self) -> None:
        self.view.show_scene()
        choices = self._model.tapes
        self.tapes.setVisible(bool(choices))
        if choices != tuple(self.tapes.itemText(i) for i in range(self.tapes.count())):
            self.tapes.clear()
            self.tapes.addItems(list(choices))
        self.tapes.setCurrentIndex(min(self._model.tape_number, self.tapes.count() - 1))
        self.fold.setVisible(self._model.can_fold)
        self.fold.setChecked(self._model.folded)
        if self.differences is not None:
            self.differences.refresh()
        self._show_layout()

    def _show_state(self) -> None:
        self.view.show_state()
        if self.differences is not None:
            self.differences.refresh()  # it tells on which side the cursor is

    def _show_layout(self) -> None:
        self.set_note(self._model.title)
        if self._model.laying_out:
            if not self._patience.isActive():
                self._patience.start()
            return
        self._patience.stop()
        if self._model.given_up:
            self._show_notice()
        else:
            self.view.notice.hide()
            self.view.dim(False)
            self.view.update()

    def _show_notice(self) -> None:
        model, notice = self._model, self.view.notice
        if model.laying_out:
            notice.show_text(tr("laying out …"), tr("Cancel"))
        elif model.given_up:
            notice.show_text(tr("This graph was not laid out."), tr("Lay out"))
        else:
            return
        self.view.dim(True)
        notice.move((self.view.width() - notice.width()) // 2, 18)

    def _notice_pressed(self) -> None:
        if self._model.laying_out:
            self._model.cancel()
        else:
            self._model.retry()
