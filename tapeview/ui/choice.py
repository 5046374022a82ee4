"""A small combo box with an arrow drawn by us: style sheets can only show pictures there."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QStyle, QStyleOptionButton

from tapeview.ui.icons import icon


class Tick(QCheckBox):
    """A check box that can be seen on a dark ground: style sheets can only show pictures there."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.isChecked():
            option = QStyleOptionButton()
            self.initStyleOption(option)
            area = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
            painter = QPainter(self)
            icon("tick", "onaccent").paint(painter, area.adjusted(1, 1, -1, -1))
            painter.end()


class Choice(QComboBox):
    """Opens like any combo box; takes the focus only through Tab, so that keys go on stepping after a choice."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        side = 12
        area = QRect(self.width() - side - 5, (self.height() - side) // 2, side, side)
        icon("down", "muted" if self.isEnabled() else "faint").paint(painter, area)
        painter.end()
