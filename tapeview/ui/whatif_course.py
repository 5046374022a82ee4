"""The strip's controls of what follows a step: its learning rate, how many steps are followed, and the losses there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QSpinBox, QToolTip, QWidget

from tapeview.ui import theme
from tapeview.ui.facts import dress
from tapeview.ui.painted_rows import draw_text
from tapeview.ui.text import tr
from tapeview.views.whatif import Experiment
from tapeview.views.whatif_course import Course, course_table, course_words, recorded_rate

MOST = 1000
"""So many steps can be followed."""


class CourseLine(QWidget):
    """Two small curves, the loss as it was recorded (dashed) and with the changes, and where they come to."""

    def __init__(self) -> None:
        super().__init__()
        self._course: Course | None = None
        self._words = self._table = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        theme.current().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(210, 56)

    def show_course(self, course: Course, words: str, table: str) -> None:
        """Show losses; ``words`` say the last of them, ``table`` all."""
        self._course, self._words, self._table = course, words, table
        self.setAccessibleName(tr("{name}, step by step").format(name=course.name))
        self.setAccessibleDescription(table)
        self.update()

    @property
    def words(self) -> str:
        """What is written under the curves."""
        return self._words

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._table, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._course is None:
            return
        palette, painter = theme.current().palette, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(5, 5, -5, -20)
        before, after = self._course.lines()
        for points, role, style in (
            (before, "muted", Qt.PenStyle.DashLine),
            (after, "accent", Qt.PenStyle.SolidLine),
        ):
            places = [QPointF(area.left() + x * area.width(), area.bottom() - y * area.height()) for x, y in points]
            painter.setPen(QPen(palette.color(role), 1.6, style))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(places))
            if places and style is Qt.PenStyle.SolidLine:
                painter.setBrush(palette.color(role))
                painter.drawEllipse(places[-1], 2.6, 2.6)
        painter.setFont(theme.ui_font(11))
        painter.setPen(palette.color("muted"))
        low = QRectF(3, self.height() - 17, self.width() - 6, 16)
        draw_text(painter, low, self._words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        painter.end()


class FollowControls(QWidget):
    """Another learning rate, and how many steps more."""

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self._experiment = experiment
        self.rate, self.steps = QLineEdit(), QSpinBox()
        self.rate.setFixedWidth(78)
        self.rate.setFont(theme.mono_font(11.5))
        self.rate.setTextMargins(-3, -4, -3, -4)
        self.rate.setAccessibleName(tr("Learning rate"))
        self.rate.setToolTip(tr("Another learning rate for the updates of this step and of those that follow (Enter)"))
        self.rate.returnPressed.connect(self._rate_typed)
        self.steps.setRange(0, MOST)
        self.steps.setKeyboardTracking(False)
        self.steps.setAccessibleName(tr("Steps to follow"))
        self.steps.setToolTip(tr("Go on for so many training steps with what the updates gave, and compare the loss"))
        self.steps.valueChanged.connect(experiment.follow)
        self._labels = [QLabel(tr("learning rate")), QLabel(tr("follow")), QLabel(tr("more steps"))]
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 0, 0)
        row.setSpacing(5)
        for widget in (self._labels[0], self.rate, self._labels[1], self.steps, self._labels[2]):
            row.addWidget(widget)

    def refresh(self) -> None:
        """Show the experiment."""
        experiment = self._experiment
        for label in self._labels:
            dress(label, f"color: {theme.current().palette.muted}; font-size: 12px;")
        step = experiment.step if experiment.step >= 0 else experiment.cursor_step
        known = recorded_rate(experiment.recording, step)
        self.rate.setPlaceholderText(known or tr("recorded"))
        if not self.rate.hasFocus():
            self.rate.setText(experiment.rate)
        self.steps.blockSignals(True)
        self.steps.setValue(experiment.following)
        self.steps.blockSignals(False)

    def _rate_typed(self) -> None:
        self._experiment.set_rate(self.rate.text())


def show_course(line: CourseLine, experiment: Experiment, course: Course) -> None:
    """Show the losses of an experiment."""
    recording = experiment.recording
    line.show_course(course, course_words(recording, course), course_table(recording, course))
