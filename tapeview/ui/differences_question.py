"""The line of the Differences dock that asks: which step of which recording is compared with which."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from tapeview.ui import theme
from tapeview.ui.choice import Choice
from tapeview.ui.facts import dress, progress_bar, show_if
from tapeview.ui.text import tr
from tapeview.views.differences_compare import Comparing

LONGEST = 22
"""Names of recordings are cut to so many letters."""


class Question(QWidget):
    """Binds to a ``Comparing``."""

    def __init__(self, model: Comparing) -> None:
        super().__init__()
        self._model = model
        self.steps: list[QSpinBox] = []
        self.recordings: list[Choice] = []
        self.swap = QPushButton("⇄")
        self.swap.setToolTip(tr("Change both sides around"))
        self.run = QPushButton(tr("Compare"))
        self.run.setToolTip(tr("Which ops came or went, which values are different?"))
        self.cancel = QPushButton(tr("Cancel"))
        for button, name in (
            (self.swap, tr("Change both sides around")),
            (self.run, tr("Compare")),
            (self.cancel, tr("Cancel")),
        ):
            button.setObjectName("chip")
            button.setAccessibleName(name)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.swap.clicked.connect(model.swap)
        self.run.clicked.connect(model.run)
        self.cancel.clicked.connect(model.cancel)
        self.progress = progress_bar()
        self.progress.setRange(0, 1000)
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for side in (0, 1):
            if side:
                row.addWidget(self.swap)
            self._add_side(row, side)
        for widget in (self.run, self.progress, self.cancel):
            row.addWidget(widget)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addLayout(row)
        column.addWidget(self.problem)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)

    def _add_side(self, row: QHBoxLayout, side: int) -> None:
        names = (tr("First step"), tr("Second step")), (tr("Recording of the first"), tr("Recording of the second"))
        step, recording = QSpinBox(), Choice(names[1][side])
        step.setAccessibleName(names[0][side])
        step.setKeyboardTracking(False)
        step.lineEdit().setTextMargins(5, 0, 5, 0)
        step.valueChanged.connect(lambda value: self._model.choose_step(side, value - 1))
        recording.activated.connect(lambda place: self._choose(side, place))
        row.addWidget(step)
        row.addWidget(recording)
        self.steps.append(step)
        self.recordings.append(recording)

    def refresh(self) -> None:
        """Show the model."""
        model, palette = self._model, theme.current().palette
        texts = [tr("of this recording")]
        if model.other_name:
            name = model.other_name
            texts.append(tr("of {name}").format(name=name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"))
        texts.append(tr("of another recording …"))
        for side, (step, recording) in enumerate(zip(self.steps, self.recordings, strict=True)):
            step.blockSignals(True)
            step.setRange(1, max(1, model.steps(side)))
            step.setValue(model.sides[side].step + 1)
            step.blockSignals(False)
            step.setPrefix(f"{model.step_word} ")
            widest = step.prefix() + str(max(100, model.steps(side)))
            step.setMinimumWidth(step.fontMetrics().horizontalAdvance(widest) + 22)
            step.setToolTip(tr("1 to {n}").format(n=max(1, model.steps(side))))
            if texts != [recording.itemText(n) for n in range(recording.count())]:
                recording.clear()
                recording.addItems(texts)
            recording.setCurrentIndex(1 if model.sides[side].other else 0)
            recording.setToolTip(model.other_name if model.sides[side].other else "")
        self.run.setEnabled(model.can_run)
        show_if(self.run, not model.busy)
        show_if(self.cancel, model.busy)
        show_if(self.progress, model.busy)
        self.progress.setValue(round(1000 * model.share))
        self.problem.setText(model.problem)
        dress(self.problem, f"color: {palette.bad}; font-size: 12px;")
        show_if(self.problem, bool(model.problem))

    def _choose(self, side: int, place: int) -> None:
        if place < self.recordings[side].count() - 1:
            self._model.choose_recording(side, other=place == 1)
            return
        self.recordings[side].setCurrentIndex(1 if self._model.sides[side].other else 0)
        title = tr("Compare with a step of another recording")
        name, _ = QFileDialog.getOpenFileName(self, title, "", tr("Recordings") + " (*.tapeview)")
        if name:
            self._model.open_other(side, Path(name))
