"""One tensor with the choice of how to look at it, its slices and its statistics."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.tensor_widgets import Bars, Heatmap, MatrixTable, Picture
from tapeview.ui.text import tr
from tapeview.views.tensor_model import MODES, TensorModel


class Facts(QWidget):
    """Names and values in two columns."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnMinimumWidth(0, 92)
        self._grid.setColumnStretch(1, 1)
        self._labels: list[tuple[QLabel, QLabel]] = []

    def show_rows(self, rows: list[tuple[str, str, str]]) -> None:
        """(name, value, palette role or "") rows."""
        palette = theme.current().palette
        while len(self._labels) < len(rows):
            name, value = QLabel(), QLabel()
            name.setFont(theme.ui_font(12))
            value.setFont(theme.mono_font(12))
            value.setWordWrap(True)
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            name.setAlignment(Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(name, len(self._labels), 0)
            self._grid.addWidget(value, len(self._labels), 1)
            self._labels.append((name, value))
        for place, (name, value) in enumerate(self._labels):
            used = place < len(rows)
            name.setVisible(used)
            value.setVisible(used)
            if used:
                name.setText(rows[place][0])
                value.setText(rows[place][1])
                name.setStyleSheet(f"color: {palette.muted}")
                value.setStyleSheet(f"color: {getattr(palette, rows[place][2] or 'text')}")
        self.setVisible(bool(rows))


class TensorView(QWidget):
    """Draws a ``TensorModel``."""

    def __init__(self, model: TensorModel) -> None:
        super().__init__()
        self._model = model
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._chips = QWidget()
        chips = QHBoxLayout(self._chips)
        chips.setContentsMargins(0, 0, 0, 0)
        chips.setSpacing(5)
        names = {"heatmap": tr("Heatmap"), "table": tr("Table"), "image": tr("Image"), "histogram": tr("Histogram")}
        self._group = QButtonGroup(self)
        self.modes: dict[str, QPushButton] = {}
        for mode in MODES:
            button = QPushButton(names[mode])
            button.setObjectName("chip")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked=False, mode=mode: model.choose_mode(mode))
            self._group.addButton(button)
            self.modes[mode] = button
            chips.addWidget(button)
        chips.addStretch(1)
        self.heatmap, self.table, self.picture, self.bars = Heatmap(), MatrixTable(), Picture(), Bars()
        self._note = QLabel()
        self._note.setWordWrap(True)
        self.facts = Facts()
        self._sliders_box = QWidget()
        self._sliders_grid = QGridLayout(self._sliders_box)
        self._sliders_grid.setContentsMargins(0, 0, 0, 0)
        self._sliders: list[tuple[QLabel, QSlider]] = []
        column.addWidget(self._chips)
        column.addWidget(self._sliders_box)
        for widget in (self.heatmap, self.table, self.picture, self.bars, self._note, self.facts):
            column.addWidget(widget)
        self.disconnect_model = model.changed.connect(self.refresh)
        theme.current().changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        model, palette = self._model, theme.current().palette
        mode, modes = model.mode, model.modes
        self._chips.setVisible(len(modes) > 1)
        for name, button in self.modes.items():
            button.setVisible(name in modes)
            button.setChecked(name == mode)
        self._show_sliders()
        if mode == "heatmap":
            self.heatmap.show_matrix(model.matrix())
        elif mode == "table":
            self.table.show_matrix(model.matrix())
        elif mode == "image":
            self.picture.show_pixels(model.image())
        elif mode == "histogram":
            self.bars.show_histogram(model.content.histogram, "grad" if model.role == "gradient" else "accent")
        for name, widget in (
            ("heatmap", self.heatmap),
            ("table", self.table),
            ("image", self.picture),
            ("histogram", self.bars),
        ):
            widget.setVisible(name == mode)
        note = {
            "loading": tr("Reading …"),
            "not kept": tr("The value was not kept in the recording; its statistics were.")
            if model.content.stats is not None
            else tr("The value was not kept in the recording."),
        }.get(model.state, "")
        if model.state == "ready" and not modes:
            note = tr("An empty tensor: it has no elements.")
        self._note.setText(note)
        self._note.setStyleSheet(f"color: {palette.muted}")
        self._note.setVisible(bool(note))
        self.facts.show_rows(model.statistics() if model.state in ("ready", "not kept") else [])
        self.setVisible(model.state != "empty")

    def _show_sliders(self) -> None:
        index = self._model.index
        while len(self._sliders) < len(index):
            axis = len(self._sliders)
            label, slider = QLabel(), QSlider(Qt.Orientation.Horizontal)
            label.setFont(theme.mono_font(11))
            slider.setAccessibleName(tr("Index along axis {axis}").format(axis=axis))
            slider.valueChanged.connect(lambda value, axis=axis: self._model.choose_index(axis, value))
            self._sliders_grid.addWidget(label, axis, 0)
            self._sliders_grid.addWidget(slider, axis, 1)
            self._sliders.append((label, slider))
        for axis, (label, slider) in enumerate(self._sliders):
            used = axis < len(index)
            label.setVisible(used)
            slider.setVisible(used)
            if used:
                slider.blockSignals(True)
                slider.setRange(0, self._model.shape[axis] - 1)
                slider.setValue(index[axis])
                slider.blockSignals(False)
                label.setText(f"[{index[axis]}] / {self._model.shape[axis]}")
        self._sliders_box.setVisible(bool(index) and self._model.state == "ready")
