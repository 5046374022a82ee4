"""What an expression was worked out to, in words."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from tapeview.trace.values import statistics
from tapeview.views.numbers import brief, number, shape_text
from tapeview.views.tensors import FEW

SHOWN = 200
"""Elements of an array that are written out in full."""
LONGEST = 4000
_TENSOR = re.compile(
    r"<tf\.(?:Tensor|Variable).*?shape=(\(.*?\)),? dtype=(\w+), numpy=\s*(?:array\()?(.*?)(?:,\s*dtype=\w+)?\)?>?$",
    re.S,
)


def short(value: Any) -> tuple[str, str, bool]:
    """A value in a few words, its dtype and shape ("" for what is no array), and whether it holds NaN or Inf."""
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        stats = statistics(array) if array.dtype.kind in "biufc" else None
        bad = stats is not None and bool(stats.nans or stats.infs)
        words = brief(array, stats) if array.size <= FEW or stats is not None else f"{array.size} × {array.dtype}"
        return words, f"{array.dtype.name} {shape_text(array.shape)}", bad
    if isinstance(value, list | tuple):
        words = ", ".join(short(one)[0] for one in value[:FEW]) + (" …" if len(value) > FEW else "")
        return (
            (f"[{words}]" if isinstance(value, list) else f"({words})"),
            "",
            any(short(one)[2] for one in value[:FEW]),
        )
    if isinstance(value, dict):
        words = ", ".join(f"{key}: {short(one)[0]}" for key, one in list(value.items())[:FEW])
        return "{" + words + (" …}" if len(value) > FEW else "}"), "", False
    return str(value)[:LONGEST], "", isinstance(value, float) and not np.isfinite(value)


def of_repr(text: str, single: float | None = None) -> tuple[str, str]:
    """What Python writes of a value as `short` would say it, and its dtype and shape where it is a tensor; ``single``
    is the value where it is one number."""
    tensor = _TENSOR.match(text)
    shape, dtype, inside = tensor.groups() if tensor is not None else ("", "", text)
    detail = f"{dtype} {shape}" if tensor is not None else ""
    if single is not None and re.fullmatch(r"True|False|-?\d+", inside) is None:
        return number(single), detail
    return " ".join(inside.split())[:LONGEST], detail


def long(value: Any) -> str:
    """A value as a console shows it: large arrays with their middle left out."""
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        text = np.array2string(array, separator=", ", threshold=SHOWN, edgeitems=3)
        words = f"{array.dtype.name} {shape_text(array.shape)}"
        return (f"{text}  {words}" if "\n" not in text else f"{text}\n{words}")[:LONGEST]
    if isinstance(value, list | tuple):
        items = ", ".join(long(one) for one in value[:20]) + (", …" if len(value) > 20 else "")
        return (f"[{items}]" if isinstance(value, list) else f"({items})")[:LONGEST]
    if isinstance(value, dict):
        items = ", ".join(f"{key!r}: {long(one)}" for key, one in list(value.items())[:20])
        return ("{" + items + "}")[:LONGEST]
    return repr(value)[:LONGEST]


def as_number(value: Any) -> float | None:
    """The one number that a value is; None if it is none."""
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        return float(array.reshape(-1)[0]) if array.size == 1 and array.dtype.kind in "biuf" else None
    return float(value) if isinstance(value, bool | int | float) else None
