"""The one way to a text of the window: translated by Qt, in one context for the whole program."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from tapeview.views import text as view_text

CONTEXT = "tapeview"


def tr(text: str) -> str:
    """The user's wording of an English text."""
    return QCoreApplication.translate(CONTEXT, text)


def install() -> None:
    """Let the view-models' texts be translated too."""
    view_text.install_translator(tr)
