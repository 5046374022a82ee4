"""One series as it is plotted, and what is worked out from its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BLOCK = 64


@dataclass(slots=True)
class Curve:
    """One series. ``x`` is the training step counted from 1, ``y`` the value as recorded (float64, may hold NaN and
    Inf).

    ``panel`` names the plot in which it is drawn; ``run`` the recording it is from, "" for the one that is looked at.
    """

    key: str
    name: str
    kind: str
    color: int
    visible: bool
    x: np.ndarray
    y: np.ndarray
    panel: str = ""
    run: str = ""

    @property
    def dotted(self) -> bool:
        """Whether its points are so far apart that each is drawn."""
        return self.kind == "epoch"

    @property
    def label(self) -> str:
        """Its name, and that of its run."""
        return f"{self.name} · {self.run}" if self.run else self.name


def worth_log(values: list[np.ndarray]) -> bool:
    """Whether a logarithmic axis shows more: all series positive, and one spans more than two decades."""
    wide = False
    for y in values:
        finite = y[np.isfinite(y)]
        if finite.size < 2:
            continue
        low, high = float(finite.min()), float(finite.max())
        if low <= 0:
            return False
        wide = wide or high / low > 100
    return wide


def smooth(y: np.ndarray, weight: float) -> np.ndarray:
    """The exponential moving average of a float64 vector, corrected for its start; what is not finite stays as it is.

    Worked out in blocks, as one cumulative sum each: a loop over 100,000 values would take longer than a frame.
    """
    finite = np.isfinite(y)
    values = y[finite]
    out = y.copy()
    if not values.size or weight == 0.0:
        return out
    blocks = np.zeros((-(-values.size // BLOCK), BLOCK))
    blocks.reshape(-1)[: values.size] = values
    powers = weight ** np.arange(BLOCK, dtype=np.float64)
    inside = (1 - weight) * np.cumsum(blocks / powers, axis=1) * powers
    carry = np.zeros(len(blocks))
    for index in range(1, len(blocks)):
        carry[index] = inside[index - 1, -1] + carry[index - 1] * weight**BLOCK
    averages = (inside + carry[:, None] * powers * weight).reshape(-1)[: values.size]
    out[finite] = averages / (1 - weight ** np.arange(1, values.size + 1, dtype=np.float64))
    return out


def thin(x: np.ndarray, y: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of at most about ``most`` points that look the same: of each stretch the smallest and the largest.

    A gap (NaN) inside of a stretch is lost, one that fills a stretch stays.
    """
    if len(x) <= most:
        return x, y
    width = -(-2 * len(x) // most)
    count = len(x) // width
    rest = count * width
    block = y[:rest].reshape(count, width)
    finite = np.isfinite(block)
    rows = np.arange(count)
    low = np.where(finite, block, np.inf).argmin(axis=1)
    high = np.where(finite, block, -np.inf).argmax(axis=1)
    at = np.sort(np.stack([low, high], axis=1) + (rows * width)[:, None], axis=1).reshape(-1)
    at = np.concatenate([at, np.arange(rest, len(x))])
    return x[at], y[at]


def as_csv(curves: Sequence[Curve]) -> str:
    """Curves as a table: one row for each training step that has a point, one column for each curve."""
    steps = np.unique(np.concatenate([curve.x for curve in curves])) if curves else np.zeros(0)
    names = ["step", *(curve.label for curve in curves)]
    quoted = ['"' + name.replace('"', '""') + '"' if set(name) & set('",\n') else name for name in names]
    lines = [",".join(quoted)]
    columns = []
    for curve in curves:
        texts = [""] * len(steps)
        for place, value in zip(np.searchsorted(steps, curve.x).tolist(), curve.y.tolist(), strict=True):
            texts[place] = repr(value)
        columns.append(texts)
    lines += [",".join(row) for row in zip([f"{step:.0f}" for step in steps], *columns, strict=True)]
    return "\n".join(lines) + "\n"
