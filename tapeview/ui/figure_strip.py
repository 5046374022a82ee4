"""The script's figures in small, one below the other."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from tapeview.ui import theme
from tapeview.ui.text import tr
from tapeview.views.figures_model import FiguresModel, History

SMALL = QSize(76, 57)
WIDTH = 208
_PICTURE = Qt.ItemDataRole.UserRole


class FigureStrip(QListWidget):
    """A row for each figure, with its newest picture."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Figures"))
        self.setFont(theme.ui_font(12))
        self.setIconSize(SMALL)
        self.setFixedWidth(WIDTH)
        self.setUniformItemSizes(True)
        self.setWordWrap(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)

    def show_figures(self, model: FiguresModel, load: Callable[[int], None]) -> None:
        """Show a model's figures. ``load`` is asked once for each picture that is not here; see `put`."""
        self.blockSignals(True)
        while self.count() > len(model.figures):
            self.takeItem(self.count() - 1)
        for place, history in enumerate(model.figures):
            if place >= self.count():
                fresh = QListWidgetItem()
                fresh.setSizeHint(QSize(WIDTH - 14, SMALL.height() + 12))
                self.addItem(fresh)
            item = self.item(place)
            text = _text(model, history)
            if item.text() != text:
                item.setText(text)
                item.setToolTip(text)
            picture = history.entries[-1].picture
            if item.data(_PICTURE) != picture:
                item.setData(_PICTURE, picture)
                if item.icon().isNull():
                    item.setIcon(_blank())
                load(picture)
        if model.history is not None:
            self.setCurrentRow(model.figures.index(model.history))
            self.scrollToItem(self.currentItem())
        self.blockSignals(False)

    def put(self, picture: int, small: QImage) -> None:
        """A picture in small has come."""
        rows = [self.item(row) for row in range(self.count())]
        wanted = [item for item in rows if item.data(_PICTURE) == picture]
        if wanted:
            made = _framed(small)
            for item in wanted:
                item.setIcon(made)

    def forget(self) -> None:
        """All pictures are to be had anew. Nobody has chosen another figure."""
        self.blockSignals(True)
        self.clear()
        self.blockSignals(False)


def _text(model: FiguresModel, history: History) -> str:
    count = len(history.entries)
    number = tr("{count} ×").format(count=count) if count > 1 else ""
    return "\n".join(part for part in (model.name(history), model.title(history), number) if part)


def _blank() -> QIcon:
    pixmap = QPixmap(SMALL)
    pixmap.fill(theme.current().palette.color("line"))
    return QIcon(pixmap)


def _framed(small: QImage) -> QIcon:
    """A small picture in the middle of a box of always the same size."""
    ratio = small.devicePixelRatio() if not small.isNull() else 1.0
    pixmap = QPixmap(SMALL * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    size = small.deviceIndependentSize()
    left, top = (SMALL.width() - size.width()) / 2, (SMALL.height() - size.height()) / 2
    painter.drawImage(int(left), int(top), small)
    painter.setPen(QPen(theme.current().palette.color("line"), 1))
    painter.drawRect(int(left), int(top), int(size.width()) - 1, int(size.height()) - 1)
    painter.end()
    made = QIcon()
    # The same when chosen: Qt would tint it.
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        made.addPixmap(pixmap, mode)
    return made
