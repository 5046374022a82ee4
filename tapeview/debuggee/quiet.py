"""Keeps NumPy's warnings about the engine's own arithmetic out of a script's output.

TensorFlow says nothing at log(0). A filter does not outlast a script that sets filters of its own (``simplefilter(
"always")``), so what is about to be shown or collected is looked at.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import tapeview

_ENGINE = os.path.join(os.path.dirname(os.path.abspath(tapeview.__file__)), "engine", "")


def install() -> None:
    """Does so from now on, for the whole process."""
    show: Any = getattr(warnings, "_showwarnmsg", None)
    if show is None or hasattr(show, "tapeview"):
        return

    def showwarnmsg(message: Any) -> None:
        if not (issubclass(message.category, RuntimeWarning) and str(message.filename).startswith(_ENGINE)):
            show(message)

    showwarnmsg.tapeview = True  # type: ignore[attr-defined]
    warnings._showwarnmsg = showwarnmsg  # type: ignore[attr-defined]
