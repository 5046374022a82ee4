"""The style sheet: every colour of it comes from the palette."""

# ruff: noqa: E501 -- one rule per line reads best here
from __future__ import annotations

from string import Template

from tapeview.ui.palette import Palette

_TEMPLATE = Template("""
* { outline: 0; }
QMainWindow, QDialog { background: $bg; }
QWidget { color: $text; }
QToolTip { background: $panel; color: $text; border: 1px solid $line; padding: 5px 7px; }

#menuStrip { background: $bg; }
QMenuBar { background: $bg; color: $muted; border: 0; padding: 2px 8px; font-size: 13px; }
QMenuBar::item { background: transparent; padding: 5px 9px; border-radius: 5px; }
QMenuBar::item:selected { background: $hover; color: $text; }
QMenu { background: $panel; border: 1px solid $line; border-radius: 8px; padding: 5px; }
QMenu::item { padding: 6px 28px 6px 12px; border-radius: 5px; }
QMenu::item:selected { background: $accentbg; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: 5px 8px; }
QMenu::icon { padding-left: 8px; }

#toolbar { background: $panel; padding: 0; margin: 0; spacing: 0; border-top: 1px solid $line; border-bottom: 1px solid $line; }
#toolbar QToolButton { border: 0; border-radius: 7px; padding: 0 9px; min-height: 30px; font-weight: 500; background: transparent; }
#toolbar QToolButton:hover { background: $hover; }
#toolbar QToolButton:pressed { background: $accentbg; }
#toolbar QToolButton:disabled { color: $faint; }
#toolbar QToolButton:focus { border: 1px solid $accent; }
#toolbar QToolButton#primary { background: $accent; color: $onaccent; font-weight: 600; }
#toolbar QToolButton#primary:disabled { background: $accentbg; color: $faint; }
#toolbarSeparator { background: $line; }
#positionText { font-weight: 500; }

QLineEdit { background: $bg; border: 1px solid $line; border-radius: 7px; padding: 5px 9px; selection-background-color: $accent; selection-color: $onaccent; }
QLineEdit:focus { border: 1px solid $accent; }
QMainWindow::separator { background: $line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QDockWidget { color: $muted; }
#dockTitle { background: $panel; border-bottom: 1px solid $line; }
#dockTitleText { color: $muted; font-size: 11px; font-weight: 600; }
#dockNote { color: $muted; font-size: 11px; }
#dockBody { background: $panel; }
QDialogButtonBox, QMessageBox { dialogbuttonbox-buttons-have-icons: 0; }
QTabBar { background: $panel; }
QTabBar::tab { background: transparent; color: $muted; border: 0; border-bottom: 2px solid transparent; padding: 6px 1px 5px 1px; margin: 0 18px 0 0; font-size: 12px; }
QTabBar#dockTabs::tab { font-size: 11px; padding: 8px 1px 6px 1px; margin: 0 9px; }
QTabBar#dockTabs { border-bottom: 1px solid $line; }
QTabBar#dockTabs::tab:first { margin-left: 12px; }
QMainWindow#workbench { background: $line; }
QTabBar::tab:selected { color: $text; font-weight: 600; border-bottom: 2px solid $accent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected:focus { color: $accent; }
QTabBar::tab:disabled { color: $faint; }
QTabWidget::pane { border: 0; border-top: 1px solid $line; }

QAbstractScrollArea { background: $panel; border: 0; }
QAbstractScrollArea::corner { background: transparent; border: 0; }
QTableView, QListView, QTreeView { background: $panel; alternate-background-color: $code; border: 0; gridline-color: $line; selection-background-color: $accentbg; selection-color: $text; }
QTableView::item { padding: 0 7px; border: 0; border-bottom: 1px solid $line; }
QHeaderView { background: $panel; border: 0; }
QHeaderView::section { background: $panel; color: $muted; border: 0; border-bottom: 1px solid $line; padding: 4px 7px; font-size: 11px; font-weight: 500; }
QTableCornerButton::section { background: $panel; border: 0; }
QPlainTextEdit, QTextEdit, QTextBrowser { background: $code; border: 0; selection-background-color: $accentbg; selection-color: $text; }

CodeView, ConsoleText { background: $code; }
QScrollBar:vertical { background: transparent; width: 11px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 11px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 3px; margin: 3px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QPushButton { background: $panel; border: 1px solid $line; border-radius: 7px; padding: 6px 14px; font-weight: 500; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $accentbg; }
QPushButton:focus { border: 1px solid $accent; }
QPushButton:disabled { color: $faint; }
QPushButton#primary { background: $accent; border: 1px solid $accent; color: $onaccent; font-weight: 600; }
QPushButton#link { background: transparent; border: 0; color: $accent; padding: 2px 4px; text-align: left; }
QPushButton#chip { border-radius: 10px; padding: 2px 10px; min-height: 15px; max-height: 15px; font-size: 11px; color: $muted; }
QPushButton#chip:disabled { color: $faint; }
QPushButton#chip:checked { background: $accentbg; color: $accent; border: 1px solid $accentbg; }
QComboBox { background: $panel; border: 1px solid $line; border-radius: 6px; padding: 1px 18px 1px 8px; font-size: 11px; min-height: 18px; }
QComboBox#field { font-size: 13px; min-height: 20px; border-radius: 7px; padding: 4px 20px 4px 9px; }
QComboBox:focus { border: 1px solid $accent; }
QComboBox::drop-down { border: 0; width: 16px; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $line; padding: 4px; selection-background-color: $accentbg; selection-color: $text; }
QSpinBox { background: $panel; border: 1px solid $line; border-radius: 6px; padding: 1px; font-size: 11px; min-height: 18px; selection-background-color: $accent; selection-color: $onaccent; }
QSpinBox QLineEdit { background: transparent; border: 0; border-radius: 0; padding: 0 6px; }
QSpinBox::up-button, QSpinBox::down-button { width: 0; }
QSpinBox:focus { border: 1px solid $accent; }
QProgressBar { background: $line; border: 0; border-radius: 3px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QSlider::groove:horizontal { background: $line; height: 4px; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; height: 4px; border-radius: 2px; }
QSlider::handle:horizontal { background: $panel; border: 2px solid $accent; width: 9px; height: 9px; margin: -5px 0; border-radius: 6px; }
QPushButton#chip:focus { border: 1px solid $accent; }
QCheckBox { spacing: 7px; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $faint; border-radius: 4px; background: $panel; }
QCheckBox::indicator:checked { background: $accent; border: 1px solid $accent; }
QCheckBox::indicator:focus { border: 1px solid $accent; }

#welcome, #welcomePage { background: $bg; }
#muted { color: $muted; }
#tileDetail { color: $muted; }
QPushButton#tile { border: 1px solid $line; border-radius: 8px; background: $panel; text-align: left; }
QPushButton#tile:hover { border: 1px solid $accent; background: $panel; }
QPushButton#tile:focus { border: 1px solid $accent; }
#nothing { color: $faint; font-size: 12px; }
#promptBox { background: $code; border-top: 1px solid $line; }
QLineEdit#prompt { background: transparent; border: 0; border-radius: 0; padding: 0; }
QLineEdit#prompt { placeholder-text-color: $muted; }
QLineEdit#prompt:read-only { color: $faint; }
QListView#completions { border: 1px solid $line; padding: 3px; }
QTreeView::item { padding: 0; border: 0; }
QStatusBar { background: $panel; border-top: 1px solid $line; color: $muted; font-size: 11px; min-height: 24px; }
QStatusBar::item { border: 0; }
QStatusBar QLabel { color: $muted; font-size: 11px; }
QStatusBar QPushButton#link { color: $muted; font-size: 11px; font-weight: 400; padding: 1px 6px; border-radius: 5px; }
QStatusBar QPushButton#link:hover { color: $text; background: $hover; }
QStatusBar QPushButton#link:focus { border: 1px solid $accent; }
""")


def style_sheet(palette: Palette) -> str:
    """The whole application's style sheet in the colours of ``palette``."""
    roles = {name: getattr(palette, name) for name in palette.__slots__ if name not in ("name", "series")}
    return _TEMPLATE.substitute(roles)
