"""One tensor to look at: as a table, a heatmap, an image or a histogram, with its statistics."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tapeview.trace.records import Stats
from tapeview.views.background import Background, Immediate
from tapeview.views.numbers import item, number
from tapeview.views.signal import Signal
from tapeview.views.tensors import is_bad
from tapeview.views.text import tr

BINS = 40
WIDEST = 1024
"""Heatmaps are thinned to at most this many cells along either side."""
SMALLEST_IMAGE = 8
MODES = ("heatmap", "table", "image", "histogram")


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


def load(read: Callable[[], np.ndarray | None], stats: Callable[[], Stats | None]) -> Content:
    """Read a tensor and measure it."""
    array = read()
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


class TensorModel:
    """The tensor shown and how it is looked at.

    ``state`` is ``empty``, ``loading``, ``ready`` or ``not kept``. ``role`` colours it: ``value`` or ``gradient``.
    ``changed`` after
    anything changed. The mode the user chose is kept for every tensor that can be shown so.
    """

    def __init__(self, background: Background | None = None) -> None:
        self.changed: Signal[()] = Signal()
        self._background = background or Immediate()
        self.state = "empty"
        self.role = "value"
        self.content = Content(None, None)
        self.shape: tuple[int, ...] = ()
        self._wanted = "heatmap"
        self._index: tuple[int, ...] = ()
        self._token: object = None

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def show(
        self,
        token: object,
        read: Callable[[], np.ndarray | None],
        stats: Callable[[], Stats | None],
        role: str = "value",
        *,
        quick: bool = True,
    ) -> None:
        """Show another tensor. ``token`` names it: the same token is not read again. ``quick`` reads at once, else in
        the background.
        """
        if token == self._token and role == self.role:
            return
        self._token, self.role = token, role
        if quick:
            self._loaded(token, load(read, stats))
            return
        self.state = "loading"
        self.changed.emit()
        self._background.submit(lambda: load(read, stats), lambda content: self._loaded(token, content))

    def clear(self) -> None:
        """Show nothing."""
        if self.state != "empty":
            self.state, self.content, self.shape, self._token, self._index = "empty", Content(None, None), (), None, ()
            self.changed.emit()

    def forget(self) -> None:
        """Whatever is shown next is read again: there may be a value now."""
        self._token = None

    def choose_mode(self, mode: str) -> None:
        """How to look at it. ValueError for an unknown mode."""
        if mode not in MODES:
            raise ValueError(f"unknown mode {mode!r}")
        if mode != self._wanted:
            self._wanted = mode
            self._fit_index()
            self.changed.emit()

    def choose_index(self, axis: int, index: int) -> None:
        """Which slice along a leading axis is shown."""
        if 0 <= axis < len(self._index) and 0 <= index < self.shape[axis] and index != self._index[axis]:
            self._index = (*self._index[:axis], index, *self._index[axis + 1 :])
            self.changed.emit()

    # -- what is drawn -------------------------------------------------------------------------------------------------

    @property
    def modes(self) -> tuple[str, ...]:
        """The ways in which this tensor can be shown."""
        array = self.content.array
        if self.state != "ready" or array is None or array.size <= 1:
            return ()
        if array.dtype.kind not in "iufcb":
            return ("table",)
        modes = ["heatmap", "table"]
        if image_axes(array.shape):
            modes.append("image")
        if self.content.histogram is not None:
            modes.append("histogram")
        return tuple(modes)

    @property
    def mode(self) -> str:
        """The mode in force; "" where there is nothing to draw."""
        modes = self.modes
        return self._wanted if self._wanted in modes else modes[0] if modes else ""

    @property
    def index(self) -> tuple[int, ...]:
        """The position along each leading axis that a slider chooses."""
        return self._index

    @property
    def slice_text(self) -> str:
        """``[3, 0, :, :]``; "" where the whole tensor is shown."""
        if not self._index:
            return ""
        rest = len(self.shape) - len(self._index)
        return "[" + ", ".join([str(i) for i in self._index] + [":"] * rest) + "]"

    def matrix(self) -> np.ndarray:
        """The slice shown, 2-D, as it is in the tensor (a vector is one row)."""
        array = self.content.array
        if array is None:
            return np.zeros((0, 0))
        part = array[self._index] if self._index and self.mode != "image" else array
        while part.ndim > 2:
            part = part[0]
        return part.reshape(1, -1) if part.ndim < 2 else part

    def image(self) -> np.ndarray:
        """The slice shown as uint8 pixels (H, W, 3) or (H, W, 4)."""
        array = self.content.array
        axes = image_axes(self.shape)
        if array is None or not axes:
            return np.zeros((0, 0, 3), np.uint8)
        return pixels(array[self._index] if self._index else array, axes == "hwc")

    def statistics(self) -> list[tuple[str, str, str]]:
        """(name, value, palette role) rows; roles mark bad news."""
        stats, array = self.content.stats, self.content.array
        if array is not None and array.size == 1:
            role = "bad" if is_bad(stats) else "grad" if self.role == "gradient" else ""
            value = array.reshape(-1)[0]
            text = item(value) if role == "bad" else str(value)  # as many digits as its type has
            return [(tr("value"), text, role), (tr("dtype"), array.dtype.name, "")]
        if stats is None:
            return []
        rows = [(tr("mean"), number(stats.mean), "")]
        if not math.isnan(self.content.std):
            rows.append((tr("std"), number(self.content.std), ""))
        rows.append((tr("norm ‖·‖"), number(stats.norm), "grad" if self.role == "gradient" else ""))
        rows.append((tr("min / max"), f"{number(stats.minimum)} / {number(stats.maximum)}", ""))
        bad = "bad" if stats.nans or stats.infs else ""
        rows.append((tr("NaN / Inf / 0"), f"{stats.nans} / {stats.infs} / {stats.zeros}", bad))
        return rows

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _loaded(self, token: object, content: Content) -> None:
        if token != self._token:
            return
        self.content = content
        array = content.array
        self.state = "not kept" if array is None else "ready"
        before, self.shape = self.shape, () if array is None else array.shape
        if self.shape != before:
            self._index = ()
        self._fit_index()
        self.changed.emit()

    def _fit_index(self) -> None:
        axes = image_axes(self.shape) if self.mode == "image" else ""
        free = len(self.shape) - (len(axes) if axes else 2)
        if len(self._index) != max(0, free):
            self._index = (*self._index, *(0,) * max(0, free))[: max(0, free)]


def image_axes(shape: tuple[int, ...]) -> str:
    """``hwc`` or ``hw``: how the last axes of a shape make an image; "" where they do not."""
    if len(shape) >= 3 and shape[-1] in (1, 3, 4) and min(shape[-3:-1]) >= SMALLEST_IMAGE:
        return "hwc"
    if len(shape) >= 2 and min(shape[-2:]) >= SMALLEST_IMAGE:
        return "hw"
    return ""


def pixels(part: np.ndarray, channels: bool) -> np.ndarray:
    """(H, W) or (H, W, 1|3|4) numbers as uint8 pixels (H, W, 3) or (H, W, 4).

    Unsigned bytes are taken as they are, numbers in 0…1 are scaled by 255, all others from their smallest to their
    largest.
    """
    while part.ndim > (3 if channels else 2):
        part = part[0]
    step = max(1, -(-max(part.shape[:2]) // WIDEST))
    part = part[::step, ::step]
    if part.dtype == np.uint8:
        scaled = part
    else:
        values = (np.abs(part) if part.dtype.kind == "c" else part).astype(np.float64)
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        if not (low >= 0.0 and high <= 1.0):
            values = (values - low) / (high - low) if high > low else np.zeros_like(values)
        scaled = np.nan_to_num(np.clip(values, 0.0, 1.0) * 255.0).astype(np.uint8)
    if not channels:
        scaled = scaled[..., None]
    return np.ascontiguousarray(np.repeat(scaled, 3, axis=2) if scaled.shape[2] == 1 else scaled)


def heat_scale(matrix: np.ndarray) -> np.ndarray:
    """The strength of each cell's colour, float32 from -1 (most negative) to 1; NaN where a cell is not finite."""
    values = np.abs(matrix) if matrix.dtype.kind == "c" else matrix
    values = values.astype(np.float64 if values.itemsize > 4 else np.float32)
    finite = np.isfinite(values)
    largest = float(np.abs(values[finite]).max()) if finite.any() else 0.0
    with np.errstate(all="ignore"):
        scaled = values / largest if largest > 0 else np.zeros_like(values)
    return np.where(finite, scaled, np.nan).astype(np.float32)
