"""The progress bar of ``fit``, ``evaluate`` and ``predict``, and what ``fit`` tells about how far it is."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable
from typing import Any

from tapeview.engine.log import measure, measure_all

_WIDTH = 30


class Progbar:
    """``keras.utils.Progbar``: a bar that is drawn over itself, with the means of what it is told.

    Args:
        target: the number of steps, None if it is not known.
        verbose: 0 nothing, 1 the bar, 2 one line at the end.
        interval: seconds between two drawings.
        stateful_metrics: names of numbers that are means already.
    """

    def __init__(
        self, target: int | None, width: int = _WIDTH, verbose: int = 1, interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None, unit_name: str = "step",
    ) -> None:  # fmt: skip
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self.stateful_metrics = set(stateful_metrics or ())
        self._drawn = 0
        self._seen = 0
        self._values: dict[str, list[float]] = {}
        self._start = self._epoch_start = time.time()
        self._last = 0.0
        self._after_first: float | None = None

    def update(self, current: int, values: Any = None, finalize: bool | None = None) -> None:
        """``current`` steps are done; ``values`` are (name, number) of the last one."""
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            if name in self.stateful_metrics:
                self._values[name] = [value, 1]
            else:
                steps = max(current - self._seen, 1)
                total, seen = self._values.get(name, (0, 0))
                self._values[name] = [total + value * steps, seen + steps]
        self._seen = current
        now = time.time()
        if self.verbose == 1:
            if now - self._last < self.interval and not finalize:
                return
            self._draw(current, now, finalize)
        elif self.verbose == 2 and finalize:
            self._tell(current, now)
        self._last = now

    def add(self, n: int, values: Any = None) -> None:
        """``n`` more steps are done."""
        self.update(self._seen + n, values)

    def _draw(self, current: int, now: float, finalize: bool) -> None:
        before = self._drawn
        text = "\b" * before + "\r"
        if self.target is None:
            bar = f"{current:7d}/Unknown"
        else:
            digits = int(math.log10(self.target)) + 1 if self.target else 1
            bar = f"{current:{digits}d}/{self.target} ["
            full = int(self.width * current / self.target) if self.target else self.width
            if full > 0:
                bar += "=" * (full - 1) + (">" if current < self.target else "=")
            bar += "." * (self.width - full) + "]"
        each = self._per_step(current, now)
        if self.target is None or finalize:
            info = f" - {now - self._start:.0f}s{_duration(each, self.unit_name)}"
        else:
            info = f" - ETA: {_clock(each * (self.target - current))}"
        info += self._numbers(abs)
        self._drawn = len(bar) + len(info)
        info += " " * max(before - self._drawn, 0)
        _write(text + bar + info + ("\n" if finalize else ""))

    def _tell(self, current: int, now: float) -> None:
        target = self.target or 1
        took = now - self._epoch_start
        digits = int(math.log10(target)) + 1
        text = f"{current:{digits}d}/{target} - {now - self._start:.0f}s{self._numbers(lambda v: v)}"
        text += f" -{_duration(took, 'epoch')} -{_duration(took / target, self.unit_name)}\n"
        self._epoch_start = now
        _write(text)

    def _numbers(self, size: Any) -> str:
        text = ""
        for name, (total, count) in self._values.items():
            mean = total / max(1, count)
            text += f" - {name}: {mean:.4f}" if size(mean) > 1e-3 else f" - {name}: {mean:.4e}"
        return text

    def _per_step(self, current: int, now: float) -> float:
        if not current:
            return 0.0
        if self._after_first is not None and current > 1:
            each = (now - self._after_first) / (current - 1)
        else:
            each = (now - self._start) / current
        if current == 1:
            self._after_first = now
        return each


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _duration(seconds: float, unit: str) -> str:
    if seconds >= 1 or seconds == 0:
        return f" {seconds:.0f}s/{unit}"
    if seconds >= 1e-3:
        return f" {seconds * 1e3:.0f}ms/{unit}"
    return f" {seconds * 1e6:.0f}us/{unit}"


def _clock(seconds: float) -> str:
    if seconds > 3600:
        return f"{int(seconds // 3600)}:{int(seconds % 3600 // 60):02d}:{int(seconds % 60):02d}"
    if seconds > 60:
        return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
    return f"{int(seconds)}s"


class Progress:
    """Draws the bar as a callback of ``fit``, ``evaluate`` or ``predict``. Of epochs it also tells who observes the
    training: numbers after each batch and at the end, and how far it is."""

    def __init__(self, model: Any, verbose: int, epochs: int, steps: int | None) -> None:
        self.model = model
        self.verbose = verbose
        self.epochs = epochs
        self.target = steps
        self.seen = 0
        self.epoch: int | None = None
        self.bar: Progbar | None = None

    def begin(self, epoch: int | None = None) -> None:
        """An epoch, or a test, begins."""
        self.seen = 0
        self.epoch = epoch
        self.bar = None
        if epoch is not None and self.verbose and self.epochs > 1:
            print(f"Epoch {epoch + 1}/{self.epochs}")
        self._made()

    def _made(self) -> Progbar:
        names = {m.name for m in self.model.metrics}
        if self.bar is None:
            self.bar = Progbar(self.target, verbose=self.verbose, stateful_metrics=names)
        self.bar.stateful_metrics |= names
        return self.bar

    def batch(self, step: int, logs: dict[str, Any]) -> None:
        """A batch is done."""
        self.seen = step + 1
        if self.epoch is not None:
            self._measure(logs)
        if self.verbose == 1:
            self._made().update(self.seen, list(logs.items()), finalize=False)

    def _measure(self, logs: dict[str, Any]) -> None:
        """Tells of a batch of training. What holds for the whole epoch stands at its first step."""
        if self.seen == 1:
            whole = {"epoch": (self.epoch or 0) + 1, "epochs": self.epochs}
            measure_all("progress", whole if self.target is None else {**whole, "batches": self.target})
        measure("progress", "batch", self.seen)
        measure_all("metric", logs)

    def end(self, logs: dict[str, Any]) -> None:
        """The epoch, or the test, is done."""
        if self.epoch is not None:
            measure_all("epoch", logs)
        if not self.verbose:
            if self.target is None:
                self.target = self.seen
            return
        bar = self._made()
        if self.target is None:
            self.target = bar.target = self.seen
        bar.update(self.target, list(logs.items()), finalize=True)
