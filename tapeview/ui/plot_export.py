"""Saving the plots: as a picture, as a drawing, as a table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QPoint, QRect, QSize
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from tapeview.ui import theme
from tapeview.ui.dialogs import tell
from tapeview.ui.text import tr

SHARPNESS = 2
"""Pixels of the picture for each pixel of the window."""


def save_png(widget: QWidget, path: Path) -> bool:
    """Save what a widget shows as a picture; whether that worked."""
    size = widget.size() * SHARPNESS
    image = QImage(size, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SHARPNESS)
    image.fill(theme.current().palette.color("panel"))
    widget.render(image)
    return QImageWriter(str(path), QByteArray(b"png")).write(image)


def save_svg(widget: QWidget, path: Path) -> bool:
    """Save what a widget shows as a drawing of lines and letters; whether that worked."""
    drawing = QBuffer()
    drawing.open(QBuffer.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(drawing)
    generator.setSize(QSize(widget.size()))
    generator.setViewBox(QRect(0, 0, widget.width(), widget.height()))
    generator.setTitle("tapeview")
    painter = QPainter(generator)
    painter.fillRect(widget.rect(), theme.current().palette.color("panel"))
    widget.render(painter, QPoint(0, 0))
    painter.end()
    return _write(path, bytes(drawing.data().data()))


def save_csv(text: str, path: Path) -> bool:
    """Save a table; whether that worked."""
    return _write(path, text.encode())


def _write(path: Path, data: bytes) -> bool:
    try:
        path.write_bytes(data)
    except OSError:
        return False
    return True


def ask_and_save(parent: QWidget, title: str, suffix: str, save: Callable[[Path], bool]) -> None:
    """Ask for a file name and save there; says so if that fails."""
    name, _ = QFileDialog.getSaveFileName(parent, title, f"plots{suffix}", f"{suffix[1:].upper()} (*{suffix})")
    if not name:
        return
    path = Path(name) if Path(name).suffix else Path(name + suffix)
    if not save(path):
        words = tr("{path} cannot be written.").format(path=path)
        tell(parent, tr("That did not work"), words, QMessageBox.Icon.Warning)
