"""Both values of the row looked at, and what lies between them, read in the background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tapeview.explain.compare import GONE, NEW, Difference
from tapeview.trace import values
from tapeview.trace.records import Stats
from tapeview.views.background import Background
from tapeview.views.differences import Differences, Shown
from tapeview.views.numbers import item, number, shape_text
from tapeview.views.signal import Signal
from tapeview.views.tensor_content import Meaning
from tapeview.views.tensor_model import TensorModel
from tapeview.views.text import tr
from tapeview.views.tiles import layout_of
from tapeview.views.workspace import Reasons

QUICK = 100_000
"""Tensors with fewer elements are measured at once."""
BEFORE, AFTER, APART = "before", "after", "difference"


@dataclass(frozen=True, slots=True)
class Both:
    """What was read: values (None if not known) and statistics of both sides and of what lies between them."""

    values: tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]
    stats: tuple[Stats | None, Stats | None, Stats | None]


class DifferenceValue:
    """``both`` are the values of the row looked at (None while they are read), ``tensor`` shows the one that is
    ``chosen``. ``changed`` after any of it may have changed. Nothing is read before somebody looks with ``load``.
    """

    def __init__(self, differences: Differences, background: Background) -> None:
        self.changed: Signal[()] = Signal()
        self.both: Both | None = None
        self.chosen = APART
        self.tensor = TensorModel(background)
        self._differences, self._background = differences, background
        self._token: object = None
        self._disconnect = differences.changed.connect(self._differences_changed)

    def dispose(self) -> None:
        """Stop listening."""
        self._disconnect()
        self._token = None

    @property
    def row(self) -> Difference | None:
        """The row looked at."""
        shown = self._differences.shown
        return shown.row if shown is not None else None

    @property
    def sides(self) -> tuple[str, str]:
        """What both sides are called."""
        shown = self._differences.shown
        return shown.sides if shown is not None else ("", "")

    @property
    def busy(self) -> bool:
        """Whether the values are being read."""
        return self._token is not None and self.both is None

    @property
    def choices(self) -> tuple[str, ...]:
        """Which of the values there are to look at."""
        if self.both is None:
            return ()
        names = (BEFORE, AFTER, APART)
        return tuple(name for name, value in zip(names, self.both.values, strict=True) if value is not None)

    def choose(self, name: str) -> None:
        """Look at the value before, after, or at the difference."""
        if name != self.chosen:
            self.chosen = name
            self._show()
            self.changed.emit()

    def load(self) -> None:
        """Read the values of the row looked at, unless they are here."""
        shown, row = self._differences.shown, self.row
        token = (shown.values, row) if shown is not None and row is not None else None
        if token == self._token:
            return
        self._token, self.both = token, None
        if shown is None or row is None:
            self.tensor.clear()
            return

        def done(both: Both) -> None:
            if token == self._token:
                self.both = both
                self._show()
                self.changed.emit()

        self._background.submit(lambda: _read(shown, row), done)
        if self.both is None:
            self.tensor.clear()
            self.changed.emit()

    def facts(self) -> list[tuple[str, str, str]]:
        """(name, before, after) of the row looked at."""
        both, row = self.both, self.row
        if both is None or row is None:
            return []
        first, second = both.values[:2]
        single = [value.size == 1 for value in (first, second) if value is not None]
        rows = []
        if single and all(single):
            rows.append((tr("value"), _single(first), _single(second)))
        shapes = [shape_text(value.shape) if value is not None else "" for value in (first, second)]
        if any(shapes):
            rows.append((tr("shape"), shapes[0], shapes[1]))
        if single and all(single):
            return rows
        names = (tr("norm ‖·‖"), tr("mean"), tr("min"), tr("max"), tr("NaN / Inf / 0"))
        first_told, second_told = (_told(one) for one in both.stats[:2])
        rows += [row for row in zip(names, first_told, second_told, strict=True) if any(row[1:])]
        bad = any(one is not None and (one.nans or one.infs) for one in both.stats[:2])
        return rows if bad else [row for row in rows if row[0] != names[-1]]

    def _show(self) -> None:
        both = self.both
        if both is None:
            return
        choices = self.choices
        chosen = self.chosen if self.chosen in choices else choices[0] if choices else ""
        if not chosen:
            self.tensor.clear()
            return
        place = (BEFORE, AFTER, APART).index(chosen)
        value, stats = both.values[place], both.stats[place]
        role = "gradient" if self.row is not None and self.row.phase == "backward" else "value"
        recording = self._differences.recording
        layout = layout_of(recording, value.shape) if recording is not None and value is not None else ""
        # The token holds what it is about, so no other may be taken for it.
        self.tensor.show(
            (self._token, chosen),
            lambda: value,
            lambda: stats,
            role,
            quick=_size(value) < QUICK,
            meaning=Meaning(layout),
        )

    def _differences_changed(self, reasons: Reasons) -> None:
        self.changed.emit()


def _read(shown: Shown, row: Difference) -> Both:
    here = (row.state != NEW, row.state != GONE)
    pair = [shown.values(row, side) if shown.values is not None and here[side] else None for side in (0, 1)]
    stats: list[Stats | None] = []
    for side, value in enumerate(pair):
        if shown.stats is not None and here[side]:
            stats.append(shown.stats(row, side))
        else:
            stats.append(_measured(value))
    apart = _apart(*pair)
    return Both((pair[0], pair[1], apart), (stats[0], stats[1], _measured(apart)))


def _measured(value: np.ndarray | None) -> Stats | None:
    return values.statistics(value) if value is not None else None


def _apart(first: np.ndarray | None, second: np.ndarray | None) -> np.ndarray | None:
    """After minus before; None where that has no meaning."""
    if first is None or second is None or first.shape != second.shape:
        return None
    if {first.dtype.kind, second.dtype.kind} - set("iufcb"):
        return None
    wide = np.complex128 if "c" in (first.dtype.kind, second.dtype.kind) else np.float64
    with np.errstate(all="ignore"):
        apart = second.astype(wide) - first.astype(wide)
    return apart.astype(np.result_type(first, second)) if first.dtype.kind == "f" else apart


def _told(stats: Stats | None) -> tuple[str, str, str, str, str]:
    if stats is None:
        return ("",) * 5
    figures = (number(one) for one in (stats.norm, stats.mean, stats.minimum, stats.maximum))
    norm, mean, low, high = figures
    return norm, mean, low, high, f"{stats.nans} / {stats.infs} / {stats.zeros}"


def _size(value: np.ndarray | None) -> int:
    return value.size if value is not None else 0


def _single(value: np.ndarray | None) -> str:
    return item(value.reshape(-1)[0], 7) if value is not None and value.size == 1 else ""
