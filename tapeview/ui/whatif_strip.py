"""The strip above the differences: what is changed in a step, what became of its target, undo, redo and reset."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.choice import Tick
from tapeview.ui.dock import Elided
from tapeview.ui.facts import breakable, dress, progress_bar, show_if
from tapeview.ui.text import tr
from tapeview.ui.whatif_course import CourseLine, FollowControls, show_course
from tapeview.ui.wrapping import Wrapping
from tapeview.views.whatif import Experiment
from tapeview.views.whatif_course import course_of
from tapeview.views.whatif_words import heading, invitation, notice, outcome_words, told

PATIENCE = 250
"""Milliseconds after which work under way is spoken of."""


class Chip(QFrame):
    """One change: a box to switch it off, and a cross to take it away (on the keyboard: Space, Delete)."""

    switched = Signal(bool)
    removed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("change")
        self.tick = Tick()
        self.tick.setToolTip(tr("On or off (Space); Delete takes it away"))
        self.cross = QPushButton("✕")
        self.cross.setObjectName("link")
        self.cross.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.cross.setToolTip(tr("Take this change away (Delete)"))
        self.cross.setCursor(Qt.CursorShape.PointingHandCursor)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 1, 3, 1)
        row.setSpacing(2)
        row.addWidget(self.tick)
        row.addWidget(self.cross)
        self.tick.clicked.connect(self.switched)
        self.cross.clicked.connect(self.removed)

    def show_change(self, words: str, tip: str, on: bool) -> None:
        """Show a change in words, and whether it is on."""
        palette = theme.current().palette
        self.tick.setText(words.replace("&", "&&"))
        self.tick.setAccessibleDescription(tip)
        self.setToolTip(tip)
        self.cross.setAccessibleName(tr("Take away: {change}").format(change=words))
        self.tick.setChecked(on)
        face, edge = (palette.accentbg, palette.accentbg) if on else (palette.panel, palette.line)
        dress(
            self,
            f"#change {{ background: {face}; border: 1px solid {edge}; border-radius: 11px; }}"
            f"QCheckBox {{ font-size: 12px; }} #link {{ color: {palette.muted}; padding: 1px 4px; }}",
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)


class WhatIfStrip(QWidget):
    """Binds to an ``Experiment``. ``begin`` opens the form in which the value that is picked is changed."""

    def __init__(self, experiment: Experiment, begin: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("whatIfStrip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("What if"))
        self._experiment = experiment
        self._verb = ""
        self._told: tuple[object, list[tuple[str, str, bool]]] = (None, [])
        self.outcome, self.heading, self.busy = Elided(), Elided(), Elided()
        for label in (self.outcome, self.busy):
            label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
            label.setMinimumWidth(90)
        self.outcome.setFont(theme.ui_font(17, QFont.Weight.DemiBold))
        self.bar = progress_bar()
        self.begin = self._button(tr("+ What if …"), tr("Change the value that is picked (Ctrl+I)"), begin)
        self.undo = self._button(tr("Undo"), tr("Take the last change back (Ctrl+Z)"), experiment.undo)
        self.redo = self._button(tr("Redo"), tr("Change it again (Ctrl+Shift+Z)"), experiment.redo)
        self.reset = self._button(tr("Reset"), tr("No changes: as it was recorded"), experiment.reset)
        self.cancel = self._button(tr("Cancel"), tr("Stop working the step out"), experiment.cancel)
        self.act = self._button("", "", self._act)
        self.go = self._button("", "", experiment.go_there)
        self.chips: list[Chip] = []
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setMinimumWidth(1)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._changes = QWidget()
        self._flow = Wrapping()
        self._changes.setLayout(self._flow)
        self._flow.addWidget(self.begin)
        self.follow, self.course = FollowControls(experiment), CourseLine()
        self._flow.addWidget(self.follow)
        first, last = QHBoxLayout(), QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.outcome)
        first.addWidget(self.heading, 1)
        for widget in (self.busy, self.bar, self.cancel, self.undo, self.redo, self.reset):
            first.addWidget(widget)
        last.setSpacing(8)
        last.addWidget(self.note, 1)
        last.addWidget(self.act)
        last.addWidget(self.go)
        upper, left = QHBoxLayout(), QVBoxLayout()
        left.setSpacing(6)
        left.addLayout(first)
        left.addWidget(self._changes)
        upper.setSpacing(10)
        upper.addLayout(left, 1)
        upper.addWidget(self.course)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 8, 12, 8)
        rows.setSpacing(6)
        rows.addLayout(upper)
        rows.addLayout(last)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE)
        self._patience.timeout.connect(self._show_busy)
        theme.current().changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the experiment."""
        experiment, palette = self._experiment, theme.current().palette
        dress(self, f"#whatIfStrip {{ background: {palette.panel}; border-bottom: 1px solid {palette.line}; }}")
        working = experiment.state == "working"
        if self.parentWidget() is not None:  # without one it would be a window
            show_if(self, bool(experiment.edits) or experiment.can_undo or not experiment.elsewhere)
        if working and not self._patience.isActive() and self.cancel.isHidden():
            self._patience.start()
        elif not working:
            self._patience.stop()
        if not working or self.cancel.isVisible():
            self._show_busy()
        if not working:  # else the answer before stays until there is another
            outcomes = experiment.outcomes
            self.outcome.set_text(
                "   ".join(f"{o.name}  {outcome_words(o.before)} → {outcome_words(o.after)}" for o in outcomes)
            )
        dress(self.outcome, f"color: {palette.faint if working else palette.text};")
        show_if(self.outcome, bool(self.outcome.whole()))
        self.heading.set_text(heading(experiment, brief=True) if experiment.edits else invitation())
        dress(self.heading, f"color: {palette.muted}; font-size: 12px;")
        self.undo.setEnabled(experiment.can_undo)
        self.redo.setEnabled(experiment.can_redo)
        self.reset.setEnabled(bool(experiment.edits))
        for button in (self.undo, self.redo, self.reset):
            show_if(button, bool(experiment.edits) or experiment.can_undo or experiment.can_redo)
        self._show_chips()
        self._show_note()
        self.follow.refresh()
        show_if(self.follow, experiment.updates)
        if not working:
            course = course_of(experiment.answer)
            show_if(self.course, course is not None)
            if course is not None:
                show_course(self.course, experiment, course)

    def _show_busy(self) -> None:
        experiment = self._experiment
        working, progress = experiment.state == "working", experiment.progress
        words = tr("Working it out …")
        if progress is not None and experiment.following and progress.done > 1:
            words = tr("followed {n} of {count} steps …").format(n=progress.done - 2, count=progress.of - 2)
        self.busy.set_text(words)
        self.bar.setRange(0, progress.of if progress is not None and progress.of > 1 else 0)
        self.bar.setValue(progress.done if progress is not None else 0)
        palette = theme.current().palette
        dress(self.busy, f"color: {palette.muted}; font-size: 11px;")
        for widget in (self.busy, self.bar, self.cancel):
            show_if(widget, working)

    def _show_chips(self) -> None:
        if self._told[0] is not self._experiment.edits:  # recorded values are read for it
            self._told = self._experiment.edits, told(self._experiment)
        several = self._told[1]
        while len(self.chips) < len(several):
            number, chip = len(self.chips), Chip()
            chip.switched.connect(lambda on, number=number: self._experiment.switch(number, on))
            chip.removed.connect(lambda number=number: self._experiment.remove(number))
            self.chips.append(chip)
            self._flow.insert(number, chip)
        for number, chip in enumerate(self.chips):
            show_if(chip, number < len(several))
            if number < len(several):
                chip.show_change(*several[number])

    def _show_note(self) -> None:
        experiment, palette = self._experiment, theme.current().palette
        say = notice(experiment)
        marks = {"error": "✕ ", "warning": "⚠ "}
        self.note.setText(breakable(marks.get(say.level, "") + say.text if say.text else ""))
        role = {"error": palette.bad, "warning": palette.n}.get(say.level, palette.muted)
        dress(self.note, f"color: {role}; font-size: 12px;")
        self._verb = say.act
        self.act.setText(say.verb)
        self.go.setText(say.back)
        show_if(self.note, bool(say.text))
        show_if(self.act, bool(say.verb))
        show_if(self.go, bool(say.back))

    def _act(self) -> None:
        if self._verb == "again":
            self._experiment.again()
        elif self._verb == "apply_here":
            self._experiment.apply_here()

    def _button(self, text: str, tip: str, run: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName("chip")
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: run())
        return button
