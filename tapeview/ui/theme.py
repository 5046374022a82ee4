"""Light and dark: the palette in force, fonts, and the one style sheet.

``current()`` is the theme of the application; widgets that paint read ``current().palette`` while painting and
repaint on ``changed``.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from tapeview.ui.palette import DARK, LIGHT, Palette
from tapeview.ui.style import style_sheet

UI_FAMILIES = (
    "Inter",
    "Segoe UI",
    "SF Pro Text",
    ".AppleSystemUIFont",
    "Noto Sans",
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "DejaVu Sans",
    "sans-serif",
)
MONO_FAMILIES = (
    "JetBrains Mono",
    "Cascadia Mono",
    "SF Mono",
    "Menlo",
    "Consolas",
    "Noto Sans Mono",
    "DejaVu Sans Mono",
    "Noto Sans Mono CJK KR",
    "D2Coding",
    "Malgun Gothic",
    "monospace",
)
MODES = ("system", "light", "dark")


class Theme(QObject):
    """The palette in force. ``changed`` is emitted after the application's style has been switched."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.mode = "system"
        self.palette: Palette = LIGHT
        self._applied: Palette | None = None
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    def set_mode(self, mode: str) -> None:
        """``system`` follows the desktop; ``light`` and ``dark`` are kept whatever it says. ValueError for anything
        else.
        """
        if mode not in MODES:
            raise ValueError(f"unknown theme {mode!r}")
        self.mode = mode
        scheme = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(mode, Qt.ColorScheme.Unknown)
        QGuiApplication.styleHints().setColorScheme(scheme)  # native dialogs and window frames follow it too
        self.apply()

    def apply(self) -> None:
        """Bring the application's palette, font and style sheet in line with the mode."""
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        self.palette = {"light": LIGHT, "dark": DARK}.get(self.mode, DARK if dark else LIGHT)
        application = QApplication.instance()
        if self.palette is self._applied or not isinstance(application, QApplication):
            return
        self._applied = self.palette
        application.setPalette(_qt_palette(self.palette))
        application.setFont(ui_font(13))
        application.setStyleSheet(style_sheet(self.palette))
        self.changed.emit()

    def _system_changed(self) -> None:
        if self.mode == "system":
            self.apply()


_theme: Theme | None = None


def current() -> Theme:
    """The application's theme (made on first use; a ``QApplication`` must exist)."""
    global _theme
    application = QApplication.instance()
    if _theme is None or _theme.parent() is not application:
        _theme = Theme(application)
    return _theme


def ui_font(pixels: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The proportional font in a size of device independent pixels."""
    return _font(UI_FAMILIES, pixels, weight)


def mono_font(pixels: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The fixed-width font in a size of device independent pixels."""
    font = _font(MONO_FAMILIES, pixels, weight)
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setFixedPitch(True)
    # "!=" must look as it is typed: no ligatures.
    for feature in ("liga", "calt"):
        font.setFeature(QFont.Tag(feature), 0)
    return font


def _font(families: tuple[str, ...], pixels: float, weight: QFont.Weight) -> QFont:
    font = QFont()
    font.setFamilies(list(families))
    font.setPixelSize(round(pixels))
    font.setWeight(weight)
    return font


def _qt_palette(palette: Palette) -> QPalette:
    roles = {
        QPalette.ColorRole.Window: palette.bg,
        QPalette.ColorRole.WindowText: palette.text,
        QPalette.ColorRole.Base: palette.panel,
        QPalette.ColorRole.AlternateBase: palette.code,
        QPalette.ColorRole.Text: palette.text,
        QPalette.ColorRole.PlaceholderText: palette.faint,
        QPalette.ColorRole.Button: palette.panel,
        QPalette.ColorRole.ButtonText: palette.text,
        QPalette.ColorRole.ToolTipBase: palette.panel,
        QPalette.ColorRole.ToolTipText: palette.text,
        QPalette.ColorRole.Highlight: palette.accent,
        QPalette.ColorRole.HighlightedText: palette.onaccent,
        QPalette.ColorRole.Link: palette.accent,
        QPalette.ColorRole.Mid: palette.line,
    }
    built = QPalette()
    for role, color in roles.items():
        built.setColor(role, color)
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        built.setColor(QPalette.ColorGroup.Disabled, role, palette.faint)
    return built
