"""How far a training is: epochs, steps per second, what remains."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tapeview.trace.series import Series
from tapeview.views.text import tr

WINDOW = 12
"""The speed is that of the last so many points of the clock: of about three seconds."""


@dataclass(frozen=True, slots=True)
class Progress:
    """``share`` (0…1) and ``remaining`` (seconds) are NaN where it is not known how long the training is; ``speed``
    (steps a second) is NaN where there is no clock yet.
    """

    epoch: int = 0
    epochs: int = 0
    batch: int = 0
    batches: int = 0
    share: float = math.nan
    speed: float = math.nan
    remaining: float = math.nan

    def words(self) -> str:
        """``epoch 3 of 10 · batch 45 of 1562 · 60 steps/s · 2 min left``; "" if nothing is known."""
        parts = []
        if self.epoch:
            many = self.epochs or self.epoch
            parts.append(tr("epoch {epoch} of {epochs}").format(epoch=self.epoch, epochs=many))
        if self.batch and self.batches:
            parts.append(tr("batch {batch} of {batches}").format(batch=self.batch, batches=self.batches))
        if not math.isnan(self.speed):
            digits = 0 if self.speed >= 9.95 else 1 if self.speed >= 0.995 else 2
            parts.append(tr("{speed} steps/s").format(speed=f"{self.speed:.{digits}f}"))
        if not math.isnan(self.remaining):
            parts.append(tr("{time} left").format(time=duration(self.remaining)))
        return " · ".join(parts)

    @property
    def percent(self) -> str:
        """``62 %``; "" where it is not known how long the training is."""
        return "" if math.isnan(self.share) else f"{math.floor(self.share * 100)} %"


def progress_of(series: Mapping[str, Series]) -> Progress:
    """What the series of kind "progress" say; see `trace.series`."""
    epoch, epochs, batches = (round(_last(series.get(name), 0.0)) for name in ("epoch", "epochs", "batches"))
    began = _last_step(series.get("epoch"))
    done = series.get("batch")
    batch, per_batch = 0, 1.0
    if done is not None and len(done.steps):
        # The last point may be that of the epoch before.
        batch = round(float(done.values[-1])) if done.steps[-1] >= began else 0
        if batch:
            per_batch = max(1.0, (int(done.steps[-1]) - began + 1) / batch)
        elif len(done.steps) > 1:
            per_batch = max(1.0, float(done.steps[-1] - done.steps[-2]))
    speed = _speed(series.get("time"))
    share = remaining = math.nan
    if epochs and batches:
        left = max(0, epochs - epoch) * batches + max(0, batches - batch)
        share = 1.0 - left / (epochs * batches)
        remaining = left * per_batch / speed if speed > 0 else math.nan
    elif epochs > 1:
        share = max(0, epoch - 1) / epochs
    return Progress(epoch, epochs, batch, batches, min(max(share, 0.0), 1.0) if share == share else share, speed,
                    remaining)  # fmt: skip


def duration(seconds: float) -> str:
    """``8 s``, ``2 min``, ``1 h 5 min``."""
    if seconds < 90:
        return tr("{n} s").format(n=math.ceil(seconds))
    minutes = math.ceil(seconds / 60)
    if minutes < 90:
        return tr("{n} min").format(n=minutes)
    return tr("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def _last(series: Series | None, otherwise: float) -> float:
    value = float(series.values[-1]) if series is not None and len(series.values) else otherwise
    return value if math.isfinite(value) else otherwise


def _last_step(series: Series | None) -> int:
    return int(series.steps[-1]) if series is not None and len(series.steps) else 0


def _speed(clock: Series | None) -> float:
    if clock is None or len(clock.steps) < 2:
        return math.nan
    steps, times = clock.steps[-WINDOW:], np.asarray(clock.values[-WINDOW:], np.float64)
    passed = float(times[-1] - times[0])
    return float(steps[-1] - steps[0]) / passed if passed > 0 else math.nan
