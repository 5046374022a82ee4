"""One tensor with the choice of how to look at it, its slices and its statistics."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.facts import Numbers, dress, show_if
from tapeview.ui.tensor_widgets import Bars, Heatmap, MatrixTable, Picture
from tapeview.ui.text import tr
from tapeview.views.tensor_model import MODES, TensorModel


class TensorView(QWidget):
    """Draws a ``TensorModel``."""

    def __init__(self, model: TensorModel, parent: QWidget) -> None:
        super().__init__(parent)  # it shows and hides itself, and without a parent it would be a window
        self._model = model
        self.explained = False
        """Whether something else says why the value is not here."""
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
        self.facts = Numbers()
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
        show_if(self._chips, len(modes) > 1)
        for name, button in self.modes.items():
            show_if(button, name in modes)
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
            show_if(widget, name == mode)
        note = {
            "loading": tr("Reading …"),
            "not kept": tr("The value was not kept in the recording; its statistics were.")
            if model.content.stats is not None
            else tr("The value was not kept in the recording."),
        }.get(model.state, "")
        if model.state == "not kept" and self.explained:
            note = ""  # it is said elsewhere, with what can be done
        if model.state == "ready" and model.content.array is not None and not model.content.array.size:
            note = tr("An empty tensor: it has no elements.")
        self._note.setText(note)
        dress(self._note, f"color: {palette.muted}")
        show_if(self._note, bool(note))
        self.facts.show_rows(model.statistics() if model.state in ("ready", "not kept") else [])
        show_if(self, model.state != "empty")

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
            show_if(label, used)
            show_if(slider, used)
            if used:
                slider.blockSignals(True)
                slider.setRange(0, self._model.shape[axis] - 1)
                slider.setValue(index[axis])
                slider.blockSignals(False)
                label.setText(f"[{index[axis]}] / {self._model.shape[axis]}")
        show_if(self._sliders_box, bool(index) and self._model.state == "ready")
