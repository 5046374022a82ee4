"""The Figures dock: the script's figures in small, the one looked at in large, and its history."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QMessageBox,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from tapeview.trace.records import Figure
from tapeview.ui import theme
from tapeview.ui.dialogs import tell
from tapeview.ui.dock import Dock, Elided
from tapeview.ui.facts import dress, show_if
from tapeview.ui.figure_strip import SMALL, FigureStrip
from tapeview.ui.icons import icon
from tapeview.ui.picture_paint import PicturePainter
from tapeview.ui.picture_view import STEP, PictureView
from tapeview.ui.text import tr
from tapeview.views.background import Background
from tapeview.views.figures_model import FiguresModel
from tapeview.views.picture_svg import svg

SHARPNESS = 2.0
"""Pixels of a saved or copied picture for each pixel of the figure."""
_PICTURES_KEPT = 12


class FiguresDock(Dock):
    """Binds them to a ``FiguresModel``."""

    def __init__(self, model: FiguresModel, background: Background) -> None:
        super().__init__("figures", tr("Figures"))
        self._model, self._background = model, background
        self._painters: OrderedDict[int, PicturePainter | None] = OrderedDict()
        self._loading: set[int] = set()
        self._serial = model.serial
        self.strip = FigureStrip()
        self.view = PictureView(background)
        self.back = self._button("back", tr("Before this (Left)"), lambda: model.step(-1))
        self.forward = self._button("forward", tr("After this (Right)"), lambda: model.step(1))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(tr("How the figure looked over time"))
        self.slider.setFixedWidth(100)
        self.words = Elided()
        self.words.setObjectName("dockNote")
        self.follow = self._chip(tr("Follow the cursor"), tr("The figure as it was at the cursor's training step"))
        self.follow.setCheckable(True)
        self.follow.clicked.connect(model.follow)
        self.smaller = self._button("remove", tr("Smaller (−)"), lambda: self.view.set_zoom(self.view.scale / STEP))
        self.larger = self._button("add", tr("Larger (+)"), lambda: self.view.set_zoom(self.view.scale * STEP))
        self.percent = self._chip("100 %", tr("Pixel for pixel (1)"), lambda: self.view.set_zoom(1.0))
        self.fit = self._button("fit", tr("As large as fits (0)"), self.view.fit)
        self.more = self._chip(tr("More") + " ▾", tr("Save, copy, where it was drawn"), self._show_more)
        self._put_together()
        self.strip.currentRowChanged.connect(self._chosen)
        self.strip.installEventFilter(self)
        self.view.installEventFilter(self)
        self.slider.valueChanged.connect(self._slid)
        self.view.zoomed.connect(self._show_zoom)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self)
        copy.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        copy.activated.connect(self.copy)
        self.visibilityChanged.connect(model.look)
        theme.current().changed.connect(self._recolor)
        self.on_dispose(model.changed.connect(self._changed), model.dispose, self.view.dispose)
        self._changed()

    def _put_together(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(10, 4, 8, 4)
        bar.setSpacing(5)
        for widget in (self.back, self.slider, self.forward):
            bar.addWidget(widget)
        bar.addSpacing(3)
        bar.addWidget(self.words, 1)
        bar.addWidget(self.follow)
        bar.addSpacing(4)
        for widget in (self.smaller, self.percent, self.larger, self.fit, self.more):
            bar.addWidget(widget)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        self._bar = QWidget()
        self._bar.setLayout(bar)
        right.addWidget(self._bar)
        right.addWidget(self.view, 1)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        row.addWidget(self.strip)
        row.addLayout(right, 1)
        body = QWidget()
        body.setLayout(row)
        self.set_body(body)

    def _button(self, name: str, tip: str, do: Callable[[], object]) -> QPushButton:
        button = QPushButton()
        button.setObjectName("chip")
        button.setProperty("drawn", name)
        button.setFixedWidth(30)
        dress(button, "padding: 2px 0")
        button.setIcon(icon(name))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: do())
        return button

    @staticmethod
    def _chip(text: str, tip: str, do: Callable[[], object] | None = None) -> QPushButton:
        chip = QPushButton(text)
        chip.setObjectName("chip")
        chip.setToolTip(tip)
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if do is not None:
            chip.clicked.connect(lambda _checked=False: do())
        return chip

    # -- what is shown -------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        count = self._model.unseen
        title = tr("Figures")
        # Not by colour: the number of what nobody has looked at yet.
        self.setWindowTitle(tr("{title} ({count} new)").format(title=title, count=count) if count else title)
        self.later("figures", self._show)

    def _show(self) -> None:
        model = self._model
        if self._serial != model.serial:
            self._serial = model.serial
            self._painters.clear()
            self.strip.forget()
            self._loading.clear()
            self.view.fit()
        entry, history = model.entry, model.history
        self.strip.show_figures(model, self._load)
        count = len(history.entries) if history is not None else 0
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, count - 1))
        self.slider.setValue(max(0, model.place))
        self.slider.blockSignals(False)
        several = count > 1
        for widget in (self.back, self.forward, self.slider):
            show_if(widget, several)
        self.back.setEnabled(model.place > 0)
        self.forward.setEnabled(0 <= model.place < count - 1)
        show_if(self._bar, history is not None)
        show_if(self.strip, len(model.figures) > 1)
        self.follow.setChecked(model.following)
        words = model.words
        self.words.set_text(words)
        self.set_note(words)
        if entry is None:
            nothing = tr("What the script draws with matplotlib is shown here, with the training step it belongs to.")
            self.view.show_picture(None, words if history is not None else nothing)
        else:
            self._show_entry(entry)
        for widget in (self.smaller, self.larger, self.percent, self.fit, self.more):
            widget.setEnabled(entry is not None)
        self._show_zoom()

    def _show_entry(self, entry: Figure) -> None:
        if entry.picture in self._painters:
            self._painters.move_to_end(entry.picture)
            painter = self._painters[entry.picture]
            gone = tr("This figure is not in the recording, or damaged.")
            self.view.show_picture(painter, gone)
        else:
            self._load(entry.picture)

    def _load(self, id: int) -> None:
        """Read a picture and paint it in small, in the background."""
        if id in self._loading:
            return
        self._loading.add(id)
        model, ratio, recording = self._model, self.devicePixelRatioF(), self._model.serial

        def job() -> tuple[PicturePainter | None, QImage]:
            picture = model.picture(id)
            if picture is None:
                return None, QImage()
            painter = PicturePainter(picture)
            scale = min(SMALL.width() / picture.width, SMALL.height() / picture.height) * ratio
            return painter, painter.image(scale)

        def done(found: tuple[PicturePainter | None, QImage]) -> None:
            if recording == model.serial:
                self._loading.discard(id)
                self._take(id, *found)

        self._background.submit(job, done)

    def _take(self, id: int, painter: PicturePainter | None, small: QImage) -> None:
        self._painters[id] = painter
        small.setDevicePixelRatio(self.devicePixelRatioF())
        self.strip.put(id, small)
        shown = self._model.entry
        while len(self._painters) > _PICTURES_KEPT:
            oldest = next(iter(self._painters))
            if shown is not None and oldest == shown.picture:
                self._painters.move_to_end(oldest)
                continue
            del self._painters[oldest]
        self.later("figures", self._show)

    def _show_zoom(self) -> None:
        self.percent.setText(f"{self.view.scale * 100:.0f} %")

    def _recolor(self) -> None:
        for button in self.findChildren(QPushButton):
            name = button.property("drawn")
            if name:
                button.setIcon(icon(name))
        self.strip.forget()
        self.later("figures", self._show)

    # -- what can be done ----------------------------------------------------------------------------------------------

    def _chosen(self, row: int) -> None:
        if 0 <= row < len(self._model.figures):
            self._model.choose(self._model.figures[row].id)

    def _slid(self, place: int) -> None:
        self._model.show_entry(place)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key, fits = event.key(), self.view.fits
            if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and (watched is self.strip or fits):
                self._model.step(1 if key == Qt.Key.Key_Right else -1)
                return True
            if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and watched is self.view and fits:
                self._model.turn(1 if key == Qt.Key.Key_Down else -1)
                return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def more_menu(self) -> QMenu:
        """Saving, copying, where it was drawn, a window of its own."""
        model, menu = self._model, QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Show the line that drew it"), model.go_to_line).setEnabled(model.has_line)
        menu.addAction(tr("Go to the training step at which it was drawn"), model.go_to_step).setEnabled(model.has_step)
        menu.addSeparator()
        menu.addAction(tr("Save as PNG …"), lambda: self._save(".png"))
        menu.addAction(tr("Save as SVG …"), lambda: self._save(".svg"))
        menu.addSeparator()
        menu.addAction(tr("Copy"), self.copy)
        menu.addSeparator()
        words = tr("Put back into the window") if self.isFloating() else tr("A window of its own")
        menu.addAction(words, self.turn_window)
        return menu

    def _show_more(self) -> None:
        self.more_menu().popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def turn_window(self) -> None:
        """Make the dock a window of its own, or put it back."""
        self.setFloating(not self.isFloating())
        if self.isFloating():
            self.resize(900, 640)

    def copy(self) -> None:
        """Put what is shown onto the clipboard, as an image."""
        painter = self._painter()
        if painter is not None:
            # Data made in Python may outlive the interpreter on the clipboard, which ends the program with a crash.
            QGuiApplication.clipboard().setImage(painter.image(SHARPNESS))

    def save(self, path: Path) -> bool:
        """Write what is shown as a .png or .svg; whether that worked."""
        painter = self._painter()
        if painter is None:
            return False
        if path.suffix.lower() == ".svg":
            try:
                path.write_text(svg(painter.picture, self._file_name()), encoding="utf-8")
            except OSError:
                return False
            return True
        image = painter.image(SHARPNESS)
        return not image.isNull() and QImageWriter(str(path)).write(image)

    def _painter(self) -> PicturePainter | None:
        entry = self._model.entry
        return None if entry is None else self._painters.get(entry.picture)

    def _file_name(self) -> str:
        history = self._model.history
        return "" if history is None else self._model.name(history)

    def _save(self, suffix: str) -> None:
        entry = self._model.entry
        if entry is None:
            return
        stem = (
            "".join(sign if sign.isalnum() or sign in " -_" else "_" for sign in self._file_name()).strip() or "figure"
        )
        kinds = f"{suffix[1:].upper()} (*{suffix})"
        name, _ = QFileDialog.getSaveFileName(self, tr("Save the figure"), f"{stem}{suffix}", kinds)
        if not name:
            return
        path = Path(name) if Path(name).suffix.lower() == suffix else Path(name + suffix)
        if not self.save(path):
            words = tr("{path} cannot be written.").format(path=path)
            tell(self, tr("That did not work"), words, QMessageBox.Icon.Warning)
