"""Numbers, shapes and arrays as short texts."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from tapeview.trace.records import Stats


def number(value: float | int | complex | bool | str, digits: int = 5) -> str:
    """A number in at most ``digits`` significant digits: ``7.6481``, ``1.2e-05``, ``NaN``, ``-Inf``."""
    if isinstance(value, str | bool):
        return str(value)
    if isinstance(value, complex):
        return f"{value:.{digits}g}"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**12 else f"{value:.{digits}g}"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    return f"{value:.{digits}g}"


def signed(value: float, digits: int = 4) -> str:
    """A change: always with its sign."""
    text = number(value, digits)
    return text if text[:1] in "-N" else f"+{text}"


def shorter(text: str) -> list[str]:
    """A number written by ``number`` or ``signed``, then rounded to ever fewer digits behind the point, so that it need
    not be cut where it says how large it is; so with a norm (``‖·‖ 1.234``, ``‖1.2e-05‖``). Anything else is itself
    only.
    """
    if text.startswith("‖·‖ "):
        forms = shorter(text[4:])
        return [f"‖·‖ {form}" for form in forms] + [f"‖{form}‖" for form in forms]
    if text.startswith("‖") and text.endswith("‖"):
        forms = shorter(text[1:-1])
        if re.fullmatch(r"0\.00\d+|\d\S*e-\d+", forms[0]):
            forms.append(f"{float(forms[0]):.0e}".replace("e-0", "e-"))
        return [f"‖{form}‖" for form in forms]
    parts = re.fullmatch(r"([+-]?\d+)\.(\d+)(e[+-]?\d+)?", text)
    if parts is None:
        return [text]
    value, plus, kind = float(text), "+" if text[0] == "+" else "", "e" if parts[3] else "f"
    forms = [f"{value:{plus}.{count}{kind}}" for count in range(len(parts[2]) - 1, -1, -1)]
    return [text, *(form for form in forms if parts[3] or float(form))]


def shape_text(shape: tuple[int, ...]) -> str:
    """``()``, ``(10,)``, ``(64, 3)``."""
    return str(tuple(shape))


def item(value: Any, digits: int = 5) -> str:
    """One element of an array as text, whatever its type."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return number(value, digits) if isinstance(value, int | float | complex | bool | str) else str(value)


def brief(array: np.ndarray, stats: Stats | None = None) -> str:
    """An array in a few words: a scalar, up to four elements, ``0.1 × 10`` if all are equal, else its norm."""
    if array.ndim == 0:
        return item(array[()])
    if array.size == 0:
        return "[]"
    if array.size <= 4:
        return np.array2string(array, separator=", ", formatter={"all": lambda x: item(x, 4)}).replace("\n", "")
    flat = array.reshape(-1)
    if bool(np.all(flat == flat[0])):
        return f"{item(flat[0])} × {array.size}"
    return stats_brief(stats) if stats is not None else f"{array.size} × {array.dtype}"


def stats_brief(stats: Stats) -> str:
    """Statistics in a few words, with the bad news first."""
    words = []
    if stats.nans:
        words.append(f"{stats.nans} NaN")
    if stats.infs:
        words.append(f"{stats.infs} Inf")
    if not math.isnan(stats.norm):
        words.append(f"‖·‖ {number(stats.norm, 4)}")
    return " · ".join(words)


def bytes_text(count: int) -> str:
    """``812 B``, ``1.2 MB``."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
