"""What the Plots dock shows: every scalar series of the recording, and of watches, against the training step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tapeview.trace.query import Series
from tapeview.views.numbers import number
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.watch_model import WatchCurve, WatchModel
from tapeview.views.workspace import Reasons, Workspace

SMOOTHING = (0.0, 0.3, 0.6, 0.9, 0.97)
SHOWN_AT_FIRST = 6
FEW = 0.02
"""A series with less than this part of the longest one's points starts switched off."""


@dataclass(slots=True)
class Curve:
    """One series. ``x`` is the training step counted from 1, ``y`` the value as recorded (float64, may hold NaN and
    Inf).
    """

    key: str
    name: str
    kind: str
    color: int
    visible: bool
    x: np.ndarray
    y: np.ndarray


class PlotsModel:
    """``curves`` with their settings. ``changed`` carries some of ``data``, ``curves`` (which there are, which are
    shown), ``scale``, ``cursor``.
    """

    def __init__(self, workspace: Workspace, watches: WatchModel | None = None) -> None:
        self.changed: Signal[Reasons] = Signal()
        self._workspace = workspace
        self._watches = watches
        self.curves: list[Curve] = []
        self.log = False
        self.smoothing = 0.0
        self._toggled: dict[str, bool] = {}
        self._log_chosen = False
        self.step = 0
        self._disconnects = [workspace.changed.connect(self._workspace_changed)]
        if watches is not None:
            self._disconnects.append(watches.plotted.connect(self._watches_changed))
        self._workspace_changed(frozenset({"recording", "data", "cursor"}))

    def dispose(self) -> None:
        """Stop listening."""
        for disconnect in self._disconnects:
            disconnect()

    @property
    def running(self) -> bool:
        return self._workspace.state == "running"

    @property
    def summary(self) -> str:
        words = [
            tr("log") if self.log else "",
            tr("smoothing {value}").format(value=self.smoothing) if self.smoothing else "",
        ]
        count = sum(curve.visible for curve in self.curves)
        words.append(tr("{shown} of {count} series").format(shown=count, count=len(self.curves)) if self.curves else "")
        return " · ".join(word for word in words if word)

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def set_log(self, log: bool) -> None:
        """A logarithmic value axis; values that are not positive are left out of it."""
        self._log_chosen = True
        if log != self.log:
            self.log = log
            self.changed.emit(frozenset({"scale", "data"}))

    def set_smoothing(self, smoothing: float) -> None:
        """The weight of the past in an exponential moving average, from 0 (off) to below 1. ValueError outside."""
        if not 0 <= smoothing < 1:
            raise ValueError("smoothing must be at least 0 and less than 1")
        if smoothing != self.smoothing:
            self.smoothing = smoothing
            self.changed.emit(frozenset({"scale", "data"}))

    def toggle(self, key: str) -> None:
        """Show or hide a series. An unknown key changes nothing."""
        for curve in self.curves:
            if curve.key == key:
                curve.visible = self._toggled[key] = not curve.visible
                self.changed.emit(frozenset({"curves"}))

    def go_to(self, x: float) -> None:
        """Move the cursor to the training step nearest to a place on the axis."""
        if self._workspace.step_count and np.isfinite(x):
            step = max(0, min(round(x) - 1, self._workspace.step_count - 1))
            self._workspace.move_to(step, self._workspace.cursor.position)

    # -- what is drawn -------------------------------------------------------------------------------------------------

    def drawn(self, curve: Curve) -> tuple[np.ndarray, np.ndarray]:
        """x and y as they are drawn: smoothed, then (with ``log``) their decimal logarithm; NaN where nothing can be
        drawn.
        """
        y = smooth(curve.y, self.smoothing) if self.smoothing else curve.y
        with np.errstate(all="ignore"):
            y = np.where(y > 0, np.log10(np.where(y > 0, y, 1.0)), np.nan) if self.log else y
        return curve.x, np.where(np.isfinite(y), y, np.nan)

    def reading(self, curve: Curve, x: float) -> str:
        """The value of a series at the training step nearest to ``x``, as text; "–" before its first point."""
        if not len(curve.x) or not np.isfinite(x):
            return "–"
        index = int(np.searchsorted(curve.x, round(x), side="right")) - 1
        return "–" if index < 0 else number(float(curve.y[index]))

    def near(self, x: float, value: float) -> Curve | None:
        """The visible series that is nearest to ``value`` at the training step nearest to ``x``, as the axis counts
        nearness; None if there is none there.
        """
        best, least = None, np.inf
        for curve in self.curves:
            index = int(np.searchsorted(curve.x, round(x), side="right")) - 1
            if not curve.visible or index < 0:
                continue
            there = float(curve.y[index])
            with np.errstate(all="ignore"):
                away = abs(np.log(there / value)) if self.log and there * value > 0 else abs(there - value)
            if away < least:
                best, least = curve, away
        return best

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _workspace_changed(self, reasons: Reasons) -> None:
        changed = set()
        if "recording" in reasons:
            self._toggled.clear()
            self._log_chosen = False
        if reasons & {"recording", "data"}:
            changed |= self._read()
        if self._workspace.cursor.step != self.step or "recording" in reasons:
            self.step = self._workspace.cursor.step
            changed.add("cursor")
        if changed:
            self.changed.emit(frozenset(changed))

    def _watches_changed(self) -> None:
        self.changed.emit(frozenset(self._read()))

    def _read(self) -> set[str]:
        recording = self._workspace.recording
        series = list(recording.scalars().items()) if recording is not None else []
        longest = max((len(one.steps) for _, one in series), default=0)
        series.sort(key=lambda entry: _rank(entry[1], longest))
        watched = self._watches.curves if self._watches is not None else ()
        before = [curve.key for curve in self.curves]
        changed = {"data"}
        self.curves = [self._curve(key, one, place, longest) for place, (key, one) in enumerate(series)]
        # Behind the others, so that none of these changes its colour when one is watched.
        self.curves += [self._watched(one, place) for place, one in enumerate(watched, len(self.curves))]
        if before != [curve.key for curve in self.curves]:
            changed.add("curves")
        if not self._log_chosen:
            shown = [curve.y for curve in self.curves if curve.visible]
            log = worth_log(shown)
            # A scale that jumps to and fro while the script runs is worse than the wrong one: it only ever switches on,
            # and off when something turns up that it cannot show.
            keep = self.log and bool(shown) and not any(bool((y <= 0).any()) for y in shown)
            if log != self.log and not keep:
                self.log = log
                changed.add("scale")
        return changed

    def _curve(self, key: str, series: Series, place: int, longest: int) -> Curve:
        x = np.asarray(series.steps, dtype=np.float64) + 1.0
        y = np.asarray(series.values, dtype=np.float64)
        # What a variable was before the first step belongs to no step; it counts where there is nothing else.
        if len(x) and x[-1] >= 1:
            start = int(np.searchsorted(x, 1.0))
            x, y = x[start:], y[start:]
        else:
            x, y = np.maximum(x[-1:], 1.0), y[-1:]
        visible = self._toggled.get(key, place < SHOWN_AT_FIRST and len(x) >= FEW * longest)
        return Curve(key, series.name, series.kind, place, visible, x, y)

    def _watched(self, one: WatchCurve, place: int) -> Curve:
        key = f"watch {one.name}"
        x = one.steps.astype(np.float64) + 1.0
        return Curve(key, one.name, "watch", place, self._toggled.get(key, True), x, one.values)


def _rank(series: Series, longest: int) -> tuple[int, int]:
    """Where a series stands: the long ones first, and among those of about the same length the targets.

    Coarse on purpose: one series is always a point ahead of another while a script runs, and none may change its
    place and colour for that.
    """
    count = len(series.steps)
    length = 0 if count * 2 >= longest else 1 if count >= FEW * longest else 2
    return length, {"target": 0, "logged": 1, "variable": 2}.get(series.kind, 3)


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


BLOCK = 64


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
