"""A quick look at all values of a step together: most steps have nothing wrong, and cost no more than this."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tapeview.trace.query import Recording, Step
from tapeview.trace.records import Stats, Tensor
from tapeview.trace.values import dtype_of

FRACTIONS = ("float", "complex", "bfloat")


class Screen(NamedTuple):
    """Whether all recorded values are finite, and the largest magnitude among them (0.0 without any)."""

    finite: bool
    largest: float


def screened(recording: Recording, step: Step) -> Screen:
    """The quick look. Large values that were kept without statistics are not read for it."""
    inline: dict[str, list[bytes]] = {}
    finite, largest = True, 0.0
    for record in step.records:
        if not isinstance(record, Tensor) or not record.dtype.startswith(FRACTIONS):
            continue
        if record.stats is not None:
            finite &= not (record.stats.nans or record.stats.infs)
            largest = max(largest, magnitude(record.stats))
        elif record.data:
            inline.setdefault(record.dtype, []).append(record.data)
    for dtype, pieces in inline.items():
        kind = dtype_of(dtype)
        data = b"".join(pieces)
        if kind is None or len(data) % kind.itemsize:
            continue
        numbers = np.frombuffer(data, kind)
        if dtype == "bfloat16":
            numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
        finite, largest = _seen(numbers, finite, largest)
    # What the step got from before it: versions of variables that it only reads.
    for tensor in step.consumers:
        stats = None if tensor in step.made_by else stats_of(recording, tensor)
        if stats is not None:
            finite &= not (stats.nans or stats.infs)
            largest = max(largest, magnitude(stats))
    return Screen(finite, largest)


def _seen(numbers: np.ndarray, finite: bool, largest: float) -> tuple[bool, float]:
    with np.errstate(all="ignore"):
        sizes = np.abs(numbers)
        most = float(sizes.max())
        if not np.isfinite(most):
            finite = False
            most = float(sizes.max(initial=0.0, where=np.isfinite(sizes)))
    return finite, max(largest, most)


def stats_of(recording: Recording, tensor: int) -> Stats | None:
    """The statistics of a tensor of floating-point numbers; None for others, and where nothing was kept."""
    try:
        record = recording.tensor(tensor)
    except KeyError:
        return None
    return recording.stats(tensor) if record.dtype.startswith(FRACTIONS) else None


def magnitude(stats: Stats) -> float:
    """The largest magnitude among the finite elements, 0.0 if there are none."""
    found = max(abs(stats.minimum), abs(stats.maximum))
    return found if np.isfinite(found) else 0.0
