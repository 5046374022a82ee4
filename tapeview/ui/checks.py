"""Gradient checks in the window: their dock, their card in the Inspector, and what menus offer."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMainWindow, QMenu, QPushButton

from tapeview.trace.records import BackwardStep
from tapeview.ui import theme
from tapeview.ui.background import QtBackground
from tapeview.ui.check_dock import CheckDock
from tapeview.ui.dock import Dock
from tapeview.ui.facts import breakable, dress, show_if
from tapeview.ui.text import tr
from tapeview.views.check_model import CheckModel
from tapeview.views.check_words import ROLES, verdict_text
from tapeview.views.inspector_model import InspectorModel
from tapeview.views.replayer import Replayer
from tapeview.views.workspace import Workspace


class CheckCard(QFrame):
    """On the Inspector's gradient tab: a link that checks what is shown there, and what the check came to."""

    def __init__(self, model: CheckModel, inspector: InspectorModel) -> None:
        super().__init__()
        self.setObjectName("checkCard")
        self._model, self._inspector = model, inspector
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setMinimumWidth(1)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        self.link = QPushButton(tr("check"))
        self.link.setObjectName("link")
        self.link.setToolTip(tr("Compare it with finite differences, in float64"))
        self.link.setAccessibleName(tr("Check this gradient"))
        self.link.setCursor(Qt.CursorShape.PointingHandCursor)
        self.link.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.link.clicked.connect(model.show_here)
        row = QHBoxLayout(self)
        row.setContentsMargins(11, 7, 8, 7)
        row.addWidget(self.label, 1)
        row.addWidget(self.link, 0, Qt.AlignmentFlag.AlignTop)
        theme.current().changed.connect(self.refresh)
        self._disconnects = (
            model.changed.connect(lambda _reasons: self.refresh()),
            inspector.changed.connect(self.refresh),
        )
        self.refresh()

    def dispose(self) -> None:
        """Let go of the models."""
        for disconnect in self._disconnects:
            disconnect()

    def refresh(self) -> None:
        """Show what is known of the gradient that the Inspector shows."""
        inspector, palette = self._inspector, theme.current().palette
        there = inspector.tab == "gradient" and any(entry.status in ("value", "next") for entry in inspector.entries)
        show_if(self, there)
        if self.isHidden():
            return
        verdict, words = self._model.verdict_here()
        if self._model.running:
            title, words = tr("Is this gradient right?"), self._model.progress_text
        elif verdict:
            color = getattr(palette, ROLES.get(verdict, "text"))
            mark = f"<span style='color:{color}'>{escape(verdict_text(verdict))}</span>"
            title = tr("Gradient check: {verdict}").format(verdict=mark)
        else:
            title = tr("Is this gradient right?")
        text = f"<div style='font-size:12px; font-weight:600'>{title}</div>"
        if words:
            text += f"<div style='font-size:12px; color:{palette.muted}'>{escape(breakable(words))}</div>"
        self.label.setText(text)
        self.link.setText(tr("details") if verdict and not self._model.running else tr("check"))
        show_if(self.link, not self._model.running)
        dress(self, f"#checkCard {{ border: 1px solid {palette.line}; border-radius: 8px; background: transparent; }}")


class Checks:
    """Makes the model with its dock, which stays hidden until somebody asks for a check."""

    def __init__(self, bench: QMainWindow, workspace: Workspace, bring_up: Callable[[Dock], object]) -> None:
        # Threads of its own: a question waits for its answer, and others must not wait for that.
        self._background = QtBackground(bench, 1)
        self._workspace = workspace
        self.model = CheckModel(workspace, self._background, Replayer)
        self.dock = CheckDock(self.model)
        self.dock.on_dispose(self.model.wanted.connect(lambda: bring_up(self.dock)))

    def card(self, inspector: InspectorModel) -> CheckCard:
        """A card for the Inspector."""
        card = CheckCard(self.model, inspector)
        self.dock.on_dispose(card.dispose)
        return card

    def dispose(self) -> None:
        """Wait for what runs; the model has been disposed of by its dock."""
        self._background.close()

    # -- what menus offer ----------------------------------------------------------------------------------------------

    def offer_op(self, menu: QMenu) -> None:
        """For the op that is selected."""
        menu.addAction(tr("Check this op’s gradient"), self.model.check_here)

    def offer_position(self, menu: QMenu, position: int) -> None:
        """For the op whose rule was applied at a position of the cursor's step."""
        step = self._workspace.step
        record = step.positions[position].record if step is not None and position < len(step.positions) else None
        if isinstance(record, BackwardStep):
            op = record.op
            menu.addAction(tr("Check this op’s gradient"), lambda: self.model.check_op(op))

    def offer_variable(self, menu: QMenu) -> None:
        """For the variable that is selected."""
        menu.addAction(tr("Check its gradient"), self.model.check_here)
