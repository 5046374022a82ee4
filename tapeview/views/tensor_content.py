"""What is worked out from a tensor's bytes, once, before it is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from tapeview.trace.records import Stats
from tapeview.views.classes import probabilities

BINS = 40


@dataclass(frozen=True, slots=True)
class Histogram:
    """``counts`` (int64) per bin between ``edges`` (float64, one more)."""

    counts: np.ndarray
    edges: np.ndarray


@dataclass(frozen=True, slots=True)
class Content:
    """What was worked out from a tensor's bytes. ``array`` is None if it was not kept."""

    array: np.ndarray | None
    stats: Stats | None
    std: float = math.nan
    histogram: Histogram | None = None
    shares: np.ndarray | None = None
    """Class probabilities (samples, classes), if that is what it holds."""
    labels: np.ndarray | None = None
    """The class (int64) of each sample, if it is known."""


class Meaning(NamedTuple):
    """What is known of a tensor besides its elements: a layout of `tiles`, and what it is compared with."""

    layout: str = ""
    logits: bool = False
    labels: Callable[[], np.ndarray | None] | None = None


PLAIN = Meaning()
"""Nothing is known but the elements."""


def load(read: Callable[[], np.ndarray | None], stats: Callable[[], Stats | None], meaning: Meaning = PLAIN) -> Content:
    """Read a tensor and measure it."""
    content = _measured(read(), stats)
    shares = None if content.array is None else probabilities(content.array, meaning.logits)
    if shares is None:
        return content
    return replace(content, shares=shares, labels=meaning.labels() if meaning.labels is not None else None)


def _measured(array: np.ndarray | None, stats: Callable[[], Stats | None]) -> Content:
    if array is None or array.dtype.kind not in "iufcb":
        return Content(array, stats())
    values = np.abs(array) if array.dtype.kind == "c" else array
    flat = values.reshape(-1).astype(np.float64)
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        return Content(array, stats())
    low, high = float(flat.min()), float(flat.max())
    histogram = None
    if flat.size > 1 and math.isfinite(high - low):
        width = high - low if high > low else max(abs(low), 1.0) * 1e-3
        edges = (
            np.linspace(low, low + width, BINS + 1) if high > low else np.linspace(low - width, low + width, BINS + 1)
        )
        if np.all(np.diff(edges) > 0):
            counts, edges = np.histogram(flat, bins=edges)
            histogram = Histogram(counts, edges)
    with np.errstate(all="ignore"):
        return Content(array, stats(), float(flat.std()), histogram)
