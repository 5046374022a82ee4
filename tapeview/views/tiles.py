"""Filters, feature maps and batches of pictures as tiles: which part of a tensor each shows, and in which shades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tapeview.trace.query import Recording
from tapeview.views.text import tr

MOST = 64
"""Tiles shown at a time."""
LARGEST = 128
"""Tiles are thinned to at most this many pixels along either side."""
LAYOUTS = ("filters", "maps", "pictures")
COLORS = (1, 3, 4)
"""Numbers of channels that make a picture."""


@dataclass(frozen=True, slots=True)
class Tiles:
    """``shades`` (tiles, height, width) float32 from -1 to 1 where ``signed``, else from 0 to 1, NaN where a value is
    not finite; or ``pixels`` (tiles, height, width, 3 or 4) uint8. ``first`` of ``count`` is the number of the first
    one. ``ranges`` (tiles, 2) float64 are the smallest and largest finite value of each.
    """

    shades: np.ndarray | None
    pixels: np.ndarray | None
    signed: bool
    first: int
    count: int
    ranges: np.ndarray

    @property
    def shown(self) -> int:
        return len(self.ranges)


def layout_of(recording: Recording, shape: tuple[int, ...]) -> str:
    """How a tensor of this shape makes tiles: one of ``LAYOUTS``, "" if it does not.

    What has the shape of a 4-D variable (its gradient, its update) is taken as filters like it.
    """
    if len(shape) != 4 or 0 in shape:
        return ""
    if any(variable.shape == shape for variable in recording.variables().values()):
        return "filters" if shape[0] * shape[1] > 1 else ""
    if min(shape[1:3]) < 2:
        return ""
    return "pictures" if shape[3] in COLORS and min(shape[1:3]) >= 8 else "maps"


def tile_count(shape: tuple[int, ...], layout: str) -> int:
    """How many tiles there are of one slice."""
    return shape[0] if layout == "pictures" else shape[3]


def slices(shape: tuple[int, ...], layout: str) -> int:
    """Of how many slices one is chosen: input channels of filters, samples of feature maps."""
    return shape[2] if layout == "filters" else shape[0] if layout == "maps" else 1


def tiles_of(array: np.ndarray, layout: str, at: int, first: int, own_scale: bool) -> Tiles:
    """Up to ``MOST`` tiles of a slice from number ``first`` on; with ``own_scale`` each in shades of its own."""
    count = tile_count(array.shape, layout)
    first = max(0, min(first, count - 1))
    if layout == "pictures":
        return _pictures(_thinned(array[first : first + MOST], 1), first, count, own_scale)
    part = array[:, :, at, first : first + MOST] if layout == "filters" else array[at, :, :, first : first + MOST]
    values = _thinned(np.moveaxis(part, -1, 0), 1).astype(np.float32)
    ranges = _ranges(values)
    low, high = _limits(ranges, own_scale)
    signed = bool((ranges[:, 0] < 0).any())
    top = np.maximum(np.abs(low), np.abs(high)) if signed else high
    with np.errstate(all="ignore"):
        shades = np.where(top[:, None, None] > 0, values / top[:, None, None], np.where(np.isnan(values), np.nan, 0.0))
    shades = np.where(np.isfinite(values), shades, np.nan).astype(np.float32)
    return Tiles(shades, None, signed, first, count, ranges)


def tiles_note(tiles: Tiles, layout: str) -> str:
    """``showing 64 of 512 filters``."""
    what = {"filters": tr("filters"), "maps": tr("feature maps"), "pictures": tr("pictures")}[layout]
    if tiles.shown < tiles.count:
        words = tr("showing {first}–{last} of {count} {what}")
        last = tiles.first + tiles.shown
        return words.format(first=tiles.first + 1, last=last, count=tiles.count, what=what)
    return tr("{count} {what}").format(count=tiles.count, what=what)


def _thinned(array: np.ndarray, axis: int) -> np.ndarray:
    step = max(1, -(-max(array.shape[axis : axis + 2]) // LARGEST))
    return array[:, ::step, ::step]


def _ranges(values: np.ndarray) -> np.ndarray:
    flat = values.reshape(len(values), -1)
    finite = np.isfinite(flat)
    low = np.where(finite, flat, np.inf).min(axis=1)
    high = np.where(finite, flat, -np.inf).max(axis=1)
    none = ~finite.any(axis=1)
    return np.stack([np.where(none, 0.0, low), np.where(none, 0.0, high)], axis=1).astype(np.float64)


def _limits(ranges: np.ndarray, own_scale: bool) -> tuple[np.ndarray, np.ndarray]:
    if own_scale:
        return ranges[:, 0], ranges[:, 1]
    return np.full(len(ranges), ranges[:, 0].min()), np.full(len(ranges), ranges[:, 1].max())


def _pictures(part: np.ndarray, first: int, count: int, own_scale: bool) -> Tiles:
    """Unsigned bytes are taken as they are, numbers in 0…1 are scaled by 255, others from smallest to largest."""
    values = part.astype(np.float32)
    ranges = _ranges(values)
    if part.dtype != np.uint8:
        low, high = _limits(ranges, own_scale)
        if not own_scale and low[0] >= 0 and high[0] <= 1:
            low, high = np.zeros_like(low), np.ones_like(high)
        room = np.where(high > low, high - low, 1.0)[:, None, None, None]
        values = np.nan_to_num((values - low[:, None, None, None]) / room, nan=0.0, posinf=1.0, neginf=0.0) * 255.0
    pixels = np.clip(values, 0, 255).astype(np.uint8)
    pixels = np.repeat(pixels, 3, axis=3) if pixels.shape[3] == 1 else pixels
    return Tiles(None, np.ascontiguousarray(pixels), False, first, count, ranges)
