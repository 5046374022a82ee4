"""One tensor with the choice of how to look at it, its slices and its statistics."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.facts import Numbers, dress, show_if
from tapeview.ui.tensor_widgets import Bars, Heatmap, MatrixTable, Picture
from tapeview.ui.text import tr
from tapeview.ui.tile_grid import ClassBars, TileGrid
from tapeview.views.tensor_model import MODES, TensorModel


class TensorView(QWidget):
    """Draws a ``TensorModel``. ``changeWanted``: somebody double-clicked an element."""

    changeWanted = Signal()

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
        names = {
            "tiles": tr("Tiles"),
            "classes": tr("Classes"),
            "heatmap": tr("Heatmap"),
            "table": tr("Table"),
            "image": tr("Image"),
            "histogram": tr("Histogram"),
        }
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
        self.tiles, self.classes = TileGrid(), ClassBars()
        self.heatmap.picked.connect(lambda row, column: model.pick(row, column, toggle=True))
        self.table.picked.connect(model.pick)
        self.heatmap.doubleClicked.connect(self.changeWanted)
        self.table.doubleClicked.connect(lambda _index: self.changeWanted.emit())
        self.caption = QLabel()
        self.caption.setObjectName("dockNote")
        self.caption.setWordWrap(True)
        self.own_scale = QPushButton(tr("Each its own scale"))
        self.own_scale.setObjectName("chip")
        self.own_scale.setCheckable(True)
        self.own_scale.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.own_scale.setToolTip(tr("Shades from the smallest to the largest value of each tile, rather than of all"))
        self.own_scale.clicked.connect(model.set_own_scale)
        self._legend = QWidget()
        legend = QHBoxLayout(self._legend)
        legend.setContentsMargins(0, 0, 0, 0)
        legend.addWidget(self.caption, 1)
        legend.addWidget(self.own_scale)
        self._note = QLabel()
        self._note.setWordWrap(True)
        self.facts = Numbers()
        self._sliders_box = QWidget()
        self._sliders_grid = QGridLayout(self._sliders_box)
        self._sliders_grid.setContentsMargins(0, 0, 0, 0)
        self._sliders: list[tuple[QLabel, QSlider]] = []
        column.addWidget(self._chips)
        column.addWidget(self._sliders_box)
        column.addWidget(self._legend)
        for widget in (self.tiles, self.classes, self.heatmap, self.table, self.picture, self.bars):
            column.addWidget(widget)
        column.addWidget(self._note)
        column.addWidget(self.facts)
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
        caption = ""
        if mode == "tiles":
            tiles = model.tiles()
            self.tiles.show_tiles(tiles)
            caption = model.tiles_text(tiles) if tiles is not None else ""
            self.own_scale.setChecked(model.own_scale)
        elif mode == "classes":
            self.classes.show_rows(model.class_rows())
            caption = model.class_text()
        elif mode == "heatmap":
            self.heatmap.show_matrix(model.matrix(), model.picked_place)
        elif mode == "table":
            self.table.show_matrix(model.matrix())
        elif mode == "image":
            self.picture.show_pixels(model.image())
        elif mode == "histogram":
            self.bars.show_histogram(model.content.histogram, "grad" if model.role == "gradient" else "accent")
        self.caption.setText(caption)
        show_if(self._legend, bool(caption))
        show_if(self.own_scale, mode == "tiles")
        for name, widget in (
            ("tiles", self.tiles),
            ("classes", self.classes),
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
        wanted = self._model.sliders
        while len(self._sliders) < len(wanted):
            axis = len(self._sliders)
            label, slider = QLabel(), QSlider(Qt.Orientation.Horizontal)
            label.setFont(theme.mono_font(11))
            slider.valueChanged.connect(lambda value, axis=axis: self._model.choose(axis, value))
            self._sliders_grid.addWidget(label, axis, 0)
            self._sliders_grid.addWidget(slider, axis, 1)
            self._sliders.append((label, slider))
        for axis, (label, slider) in enumerate(self._sliders):
            used = axis < len(wanted)
            show_if(label, used)
            show_if(slider, used)
            if used:
                slider.blockSignals(True)
                slider.setRange(0, wanted[axis].count - 1)
                slider.setValue(wanted[axis].value)
                slider.setAccessibleName(wanted[axis].name)
                slider.blockSignals(False)
                label.setText(wanted[axis].text)
        show_if(self._sliders_box, bool(wanted))
