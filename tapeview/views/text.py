"""Texts of the view-models, translated without the view-models knowing Qt: the window installs a translator."""

from __future__ import annotations

from collections.abc import Callable

_translate: Callable[[str], str] | None = None


def install_translator(translate: Callable[[str], str] | None) -> None:
    """Let ``translate`` turn every English text of ``tr`` into the user's language (None: leave them as they are)."""
    global _translate
    _translate = translate


def tr(text: str) -> str:
    """The user's wording of an English text. Placeholders are filled by the caller after translation (``tr("{n}
    ops").format(n=3)``).
    """
    return text if _translate is None else _translate(text)
