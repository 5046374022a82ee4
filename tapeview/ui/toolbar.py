"""The tool bar: run and step buttons, the position in words, the search field."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QToolBar, QWidget

from tapeview.ui import theme
from tapeview.ui.commands import Commands
from tapeview.ui.dock import Elided
from tapeview.ui.facts import dress, show_if
from tapeview.ui.text import tr
from tapeview.views.places import phase_name
from tapeview.views.runs import run_words, step_name
from tapeview.views.threads import thread_of
from tapeview.views.workspace import Reasons, Workspace

LEADS = {"previous_step": -1, "next_step": 1}
NAMED_FROM = 1400
"""From this width on the step buttons have texts."""
LONGEST_THREAD = 12
LONGEST_RUN = 26
"""Characters of a thread's name beside the step."""
CHIPS = {"forward": ("accentbg", "accent"), "backward": ("gradbg", "grad"), "update": ("watchbg", "watch")}
FIELD_KEYS = {Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Escape}


class SearchField(QLineEdit):
    """Finds nodes of the graph and lines of the source. Return goes to the next match, with Shift to the one before,
    Escape ends it.
    """

    next = Signal(int)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("search")
        self.setPlaceholderText(tr("Search nodes, ops, lines  Ctrl+F"))
        self.setAccessibleName(tr("Search"))
        self.setClearButtonEnabled(False)
        self.setFixedWidth(230)
        self.setFont(theme.ui_font(12.5))
        self.count = QLabel(self)
        self.count.setObjectName("dockNote")
        self.count.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_count(self, text: str) -> None:
        """``2 of 5`` at the right end of the field."""
        self.count.setText(text)
        self.count.adjustSize()
        self.setTextMargins(0, 0, self.count.width() + 4 if text else 0, 0)
        self._place()

    def resizeEvent(self, event: object) -> None:
        self._place()

    def _place(self) -> None:
        self.count.move(self.width() - self.count.width() - 9, (self.height() - self.count.height()) // 2)

    def event(self, event: QEvent) -> bool:
        # While somebody types, these keys belong to the field and not to the commands.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in FIELD_KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.next.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        else:
            super().keyPressEvent(event)


class PositionLabel(QWidget):
    """``step 142 of 501 · [forward] 7 of 12 · Mul → y_pred`` with the phase in a coloured chip."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 8, 0)
        row.setSpacing(8)
        self.step, self.chip, self.what = QLabel(), QLabel(), Elided()
        self.step.setObjectName("muted")
        self.what.setFont(theme.ui_font(13, QFont.Weight.Medium))
        self.what.setObjectName("positionText")
        self.chip.setFixedHeight(22)
        for label in (self.step, self.chip):
            label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row.addWidget(self.step)
        row.addWidget(self.chip, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.what, 1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(120)
        theme.current().changed.connect(self.refresh)
        self.refresh()

    def text(self) -> str:
        """The whole position as one text."""
        return self._workspace.position_text()

    def refresh(self) -> None:
        label, palette = self._workspace.label(), theme.current().palette
        show_if(self.chip, label is not None)
        self.setAccessibleName(self.text())
        if label is None:
            self.step.clear()
            self.what.set_text(self.text())
            return
        recording = self._workspace.recording
        run = run_words(recording, self._workspace.cursor.step)
        where = f"{_cut(run)} ·" if run else tr("step {step} of {steps} ·").format(step=label.step, steps=label.steps)
        thread = thread_of(recording, self._workspace.cursor.step) if recording is not None else ""
        self.step.setText(f"{where} {_short(thread)} ·" if thread else where)
        self.chip.setText(phase_name(label.phase))
        face, ink = CHIPS.get(label.phase, CHIPS["forward"])
        dress(
            self.chip,
            f"background: {getattr(palette, face)}; color: {getattr(palette, ink)};"
            "border-radius: 11px; padding: 0 9px; font-size: 11px; font-weight: 600;",
        )
        count = tr("{number} of {count}").format(number=label.number, count=label.count)
        target = f" → {label.target}" if label.target else ""
        self.what.set_text(f"{count} · {label.title}{target}")


def _short(name: str) -> str:
    """A thread's name with its end kept: pools number their threads there."""
    return name if len(name) <= LONGEST_THREAD else f"…{name[1 - LONGEST_THREAD :]}"


def _cut(words: str) -> str:
    """A run with what it was asked for, as much of it as there is room for."""
    return words if len(words) <= LONGEST_RUN else f"{words[: LONGEST_RUN - 1]}…"


class ToolBar(QToolBar):
    """The one tool bar. It does not move."""

    def __init__(self, commands: Commands, workspace: Workspace) -> None:
        super().__init__(tr("Tool bar"))
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._workspace, self._commands = workspace, commands
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(12, 7, 12, 7)
        row.setSpacing(4)
        groups = (
            ("run", "pause", "stop", "restart"),
            ("phase_start", "back", "forward", "phase_end"),
            ("previous_step", "next_step"),
        )
        self.buttons = {}
        for place, group in enumerate(groups):
            if place:
                row.addWidget(self._separator())
            for id in group:
                run = id == "run"
                button = commands.button(
                    id,
                    name="primary" if run else "",
                    role="onaccent" if run else "text",
                    text=self._run_text if run else (lambda id=id: self._leads_to(id)) if id in LEADS else None,  # type: ignore[misc]
                )
                if id in ("forward", "next_step"):
                    button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # its arrow points away from its text
                if run:
                    # As wide as its longer text, so that nothing dances.
                    button.setMinimumWidth(button.fontMetrics().horizontalAdvance(f"{tr('Continue')}  F5") + 50)
                self.buttons[id] = button
                row.addWidget(button)
        row.addWidget(self._separator())
        self.position = PositionLabel(workspace)
        row.addWidget(self.position, 1)
        self.search = SearchField()
        row.addWidget(self.search)
        self.addWidget(body)
        self._body = body
        self._disconnect = workspace.changed.connect(self._workspace_changed)

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        self._disconnect()

    @staticmethod
    def _separator() -> QWidget:
        box = QWidget()
        box.setFixedSize(13, 22)
        line = QWidget(box)
        line.setObjectName("toolbarSeparator")
        line.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        line.setGeometry(6, 0, 1, 22)
        return box

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        arrangement = self.layout()
        if event.type() in (QEvent.Type.Polish, QEvent.Type.StyleChange) and arrangement is not None:
            arrangement.setContentsMargins(0, 0, 0, 0)  # each style has margins of its own
        return done

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._name_steps()

    def _workspace_changed(self, reasons: Reasons) -> None:
        self.position.refresh()
        self._name_steps()

    def _name_steps(self) -> None:
        """Write on the step buttons where they lead, if the position has enough room without it."""
        count = self._workspace.step_count
        wide = self.width() >= NAMED_FROM and count > 1
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if wide else Qt.ToolButtonStyle.ToolButtonIconOnly
        longest = tr("step {step}").format(step=count)
        for id in LEADS:
            button = self.buttons[id]
            if button.toolButtonStyle() != style:
                button.setToolButtonStyle(style)
            # The widest text there can be, so that nothing dances.
            least = button.fontMetrics().horizontalAdvance(longest) + 44 if wide else 0
            if button.minimumWidth() != least:
                button.setMinimumWidth(least)
            if button.text() != self._leads_to(id):
                button.setText(self._leads_to(id))

    def _run_text(self) -> str:
        words = tr("Continue") if self._workspace.state == "paused" else tr("Run")
        return f"{words}  F5"

    def _leads_to(self, id: str) -> str:
        target = self._workspace.cursor.step + LEADS[id]
        if 0 <= target < self._workspace.step_count:
            return step_name(self._workspace.recording, target)
        return tr("step {step}").format(step="–")
