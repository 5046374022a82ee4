"""One tensor to look at: as a table, a heatmap, an image, tiles, class probabilities or a histogram, with its
statistics.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tapeview.trace.records import Stats
from tapeview.views.background import Background, Immediate
from tapeview.views.classes import ClassRow, class_rows, right
from tapeview.views.numbers import item, number
from tapeview.views.signal import Signal
from tapeview.views.tensor_content import PLAIN, Content, Meaning, load
from tapeview.views.tensors import is_bad
from tapeview.views.text import tr
from tapeview.views.tiles import MOST, Tiles, slices, tile_count, tiles_note, tiles_of

WIDEST = 1024
"""Heatmaps are thinned to at most this many cells along either side."""
SMALLEST_IMAGE = 8
MODES = ("tiles", "classes", "heatmap", "table", "image", "histogram")


@dataclass(frozen=True, slots=True)
class Slider:
    """A choice of one among ``count``; ``text`` says which one is chosen, ``name`` of what."""

    name: str
    value: int
    count: int
    text: str


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
        self.meaning = PLAIN
        self.own_scale = False
        """Whether each tile has shades of its own, rather than all the same."""
        self._wanted: dict[str, str] = {}
        self._at = self._page = 0
        self._index: tuple[int, ...] = ()
        self.picked: tuple[int, ...] | None = None
        """The element that the user picked; None for none."""
        self._token: object = None
        self._next = PLAIN

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def show(
        self,
        token: object,
        read: Callable[[], np.ndarray | None],
        stats: Callable[[], Stats | None],
        role: str = "value",
        *,
        quick: bool = True,
        meaning: Meaning = PLAIN,
    ) -> None:
        """Show another tensor. ``token`` names it: the same token is not read again. ``quick`` reads at once, else in
        the background. ``meaning`` belongs to the token.
        """
        if token == self._token and role == self.role:
            return
        self._token, self.role, self._next, self.picked = token, role, meaning, None
        if quick:
            self._loaded(token, load(read, stats, meaning))
            return
        self.state = "loading"
        self.changed.emit()
        self._background.submit(lambda: load(read, stats, meaning), lambda content: self._loaded(token, content))

    def clear(self) -> None:
        """Show nothing."""
        if self.state != "empty":
            self.state, self.content, self.shape, self._token, self._index = "empty", Content(None, None), (), None, ()
            self.picked = None
            self.changed.emit()

    def forget(self) -> None:
        """Whatever is shown next is read again: there may be a value now."""
        self._token = None

    def choose_mode(self, mode: str) -> None:
        """How to look at it. ValueError for an unknown mode."""
        if mode not in MODES:
            raise ValueError(f"unknown mode {mode!r}")
        if mode != self._wanted.get(self._family):
            self._wanted[self._family] = mode
            self._fit_index()
            self.changed.emit()

    def set_own_scale(self, own_scale: bool) -> None:
        """Whether each tile has shades of its own, or all have the same."""
        if own_scale != self.own_scale:
            self.own_scale = own_scale
            self.changed.emit()

    def choose(self, slider: int, value: int) -> None:
        """Set one of ``sliders``; a value out of range changes nothing."""
        if not 0 <= slider < len(self.sliders) or not 0 <= value < self.sliders[slider].count:
            return
        if self.mode not in ("tiles", "classes"):
            self.choose_index(slider, value)
            return
        paging = self.mode == "tiles" and (slider == 1 or slices(self.shape, self.meaning.layout) == 1)
        before = self._at, self._page
        if paging:
            self._page = value
        else:
            self._at = value
        if before != (self._at, self._page):
            self.changed.emit()

    def choose_index(self, axis: int, index: int) -> None:
        """Which slice along a leading axis is shown."""
        if 0 <= axis < len(self._index) and 0 <= index < self.shape[axis] and index != self._index[axis]:
            self._index = (*self._index[:axis], index, *self._index[axis + 1 :])
            self.changed.emit()

    def pick(self, row: int, column: int, *, toggle: bool = False) -> None:
        """Pick the element that stands in a place of `matrix`; out of it, or with ``toggle`` once more: none."""
        rows, columns = self.matrix().shape
        index: tuple[int, ...] | None = None
        if 0 <= row < rows and 0 <= column < columns:
            index = (*self._index, row, column)[-len(self.shape) :] if self.shape else ()
        if toggle and index == self.picked:
            index = None
        if index != self.picked:
            self.picked = index
            self.changed.emit()

    # -- what is drawn -------------------------------------------------------------------------------------------------

    @property
    def picked_place(self) -> tuple[int, int] | None:
        """Where the element that is picked stands in `matrix`; None if it does not."""
        if self.picked is None or self.picked[: len(self._index)] != self._index:
            return None
        row, column = (0, 0, *self.picked)[-2:] if len(self.shape) > 1 else (0, *self.picked, 0)[:2]
        return row, column

    @property
    def modes(self) -> tuple[str, ...]:
        """The ways in which this tensor can be shown."""
        array = self.content.array
        if self.state != "ready" or array is None or array.size <= 1:
            return ()
        if array.dtype.kind not in "iufcb":
            return ("table",)
        modes = ["heatmap", "table"]
        if self.meaning.layout:
            modes.insert(0, "tiles")
        elif self.content.shares is not None:
            modes.insert(0, "classes")
        elif image_axes(array.shape):
            modes.append("image")
        if self.content.histogram is not None:
            modes.append("histogram")
        return tuple(modes)

    @property
    def mode(self) -> str:
        """The mode in force; "" where there is nothing to draw."""
        modes, wanted = self.modes, self._wanted.get(self._family, "")
        return wanted if wanted in modes else modes[0] if modes else ""

    @property
    def _family(self) -> str:
        """The mode is remembered apart for tensors that have a way of their own to be looked at."""
        return self.meaning.layout or ("classes" if self.content.shares is not None else "")

    @property
    def sliders(self) -> list[Slider]:
        """What can be chosen in the mode in force."""
        if self.state != "ready":
            return []
        if self.mode == "classes" and self.content.shares is not None:
            count = len(self.content.shares)
            return [Slider(tr("sample"), self._at, count, f"{self._at} / {count}")] if count > 1 else []
        if self.mode != "tiles":
            words = tr("index along axis {axis}")
            return [
                Slider(words.format(axis=axis), at, self.shape[axis], f"[{at}] / {self.shape[axis]}")
                for axis, at in enumerate(self._index)
            ]
        layout = self.meaning.layout
        count, pages = slices(self.shape, layout), -(-tile_count(self.shape, layout) // MOST)
        name = tr("input channel") if layout == "filters" else tr("sample")
        found = [Slider(name, self._at, count, f"{name} {self._at} / {count}")] if count > 1 else []
        if pages > 1:
            found.append(
                Slider(tr("page"), self._page, pages, tr("page {n} / {count}").format(n=self._page + 1, count=pages))
            )
        return found

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

    def tiles(self) -> Tiles | None:
        """What mode ``tiles`` draws."""
        array, layout = self.content.array, self.meaning.layout
        if array is None or not layout or array.ndim != 4 or array.dtype.kind not in "iufb":
            return None
        return tiles_of(array, layout, self._at, self._page * MOST, self.own_scale)

    def tiles_text(self, tiles: Tiles) -> str:
        """Which tiles these are, in a few words."""
        return tiles_note(tiles, self.meaning.layout)

    def class_rows(self) -> list[ClassRow]:
        """What mode ``classes`` lists: the most probable classes of a sample, and its label."""
        shares = self.content.shares
        return [] if shares is None else class_rows(shares, self._labels, self._at)

    def class_text(self) -> str:
        """How many samples are right, and whether the probabilities were made here."""
        shares, labels, words = self.content.shares, self._labels, []
        if shares is not None and labels is not None:
            count = tr("{right} of {count} samples right").format(right=right(shares, labels), count=len(shares))
            words.append(count)
        if self.meaning.logits:
            words.append(tr("softmax of these scores"))
        return " · ".join(words)

    @property
    def _labels(self) -> np.ndarray | None:
        labels, shares = self.content.labels, self.content.shares
        return labels if labels is not None and shares is not None and len(labels) == len(shares) else None

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
        self.content, self.meaning = content, self._next
        array = content.array
        self.state = "not kept" if array is None else "ready"
        before, self.shape = self.shape, () if array is None else array.shape
        if self.shape != before:
            self._index = ()
        if array is not None:
            # The same sample of the next layer, as far as there is one.
            of = array.shape[0] if content.shares is not None else slices(self.shape, self.meaning.layout)
            self._at, self._page = min(self._at, of - 1), self._page if self.shape == before else 0
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
