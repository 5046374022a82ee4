"""The pages of the Plots dock: which series of a recording stand on which, in which plots, in which order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tapeview.trace.query import Recording
from tapeview.trace.series import Series
from tapeview.views.curves import Curve
from tapeview.views.short_names import short_names
from tapeview.views.text import tr

PAGES = ("curves", "gradients", "updates", "variables", "rate", "histograms")
KIND_PAGES = {"gradient": "gradients", "update": "updates", "rate": "rate"}
SHOWN_AT_FIRST = 6
MANY_VARIABLES = 6
"""With more scalar variables than this they have a page of their own."""
FEW = 0.02
"""A series with less than this part of the longest one's points starts switched off."""
MANY_POINTS = 10
ORDER = ("target", "fetched", "logged", "variable")
USUAL_UPDATE = 1e-3
RATES = ("lr", "learning_rate")
"""What callbacks call the learning rate among the metrics of an epoch."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot. ``guide`` is a value at which a line is drawn (NaN: none), ``note`` says what it means."""

    key: str
    page: str
    title: str
    guide: float = math.nan
    note: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A series on its page."""

    key: str
    name: str
    kind: str
    page: str
    panel: str
    steps: np.ndarray
    values: np.ndarray


def page_title(page: str, trained: bool) -> str:
    """A page's name; ``trained``: whether there are metrics of a training."""
    return {
        "curves": tr("Loss & metrics") if trained else tr("Curves"),
        "gradients": tr("Gradients"),
        "updates": tr("Updates"),
        "variables": tr("Variables"),
        "rate": tr("Learning rate"),
        "histograms": tr("Histograms"),
    }[page]


def panel_of(key: str) -> Panel:
    """The plot with a key."""
    note = tr(
        "How much one update changes a variable: ‖Δw‖ / ‖w‖. Around 0.001 (dashed) is usual; far above it training "
        "tends to be unstable, far below it slow."
    )
    return {
        "loss": Panel("loss", "curves", tr("loss")),
        "metrics": Panel("metrics", "curves", tr("metrics")),
        "gradients": Panel("gradients", "gradients", tr("norm of the gradient")),
        "updates": Panel("updates", "updates", tr("‖Δw‖ / ‖w‖ · dashed: 0.001, the usual size"), USUAL_UPDATE, note),
        "variables": Panel("variables", "variables", ""),
        "rate": Panel("rate", "rate", ""),
    }.get(key, Panel("curves", "curves", ""))


def entries_of(recording: Recording) -> dict[str, list[Entry]]:
    """The series of each page that has any, in the order in which they are shown."""
    scalars, training = recording.scalars(), recording.training()
    per_batch, per_epoch = training.get("metric", {}), training.get("epoch", {})
    pages: dict[str, list[Entry]] = {}
    trained = bool(per_batch or per_epoch)
    measured = [one for one in (*per_batch.values(), *per_epoch.values()) if one.name not in RATES]
    split = any("loss" in one.name for one in measured) and any("loss" not in one.name for one in measured)

    def add(page: str, panel: str, key: str, name: str, series: Series) -> None:
        x = np.asarray(series.steps, dtype=np.int64)
        pages.setdefault(page, []).append(Entry(key, name, series.kind, page, panel, x, series.values))

    def measure(name: str) -> str:
        return "curves" if not split else "loss" if "loss" in name else "metrics"

    for name, series in per_batch.items():
        add("curves", measure(name), f"metric {name}", name, series)
    for name, series in per_epoch.items():
        shown = name if name not in per_batch else tr("{name}, epoch").format(name=name)
        if name in RATES:
            add("rate", "rate", f"epoch {name}", shown, series)
        else:
            add("curves", measure(name), f"epoch {name}", shown, series)
    # Variables have a point more than what is trained, and those of several graphs or models have them all.
    made = [len(one.steps) for one in scalars.values() if one.kind != "variable"]
    longest = max(made or [len(one.steps) for one in scalars.values()], default=0)
    ranked = sorted(scalars.items(), key=lambda entry: _rank(entry[1], longest))
    variables = sum(series.kind == "variable" for series in scalars.values())
    apart = trained or variables > MANY_VARIABLES
    for name, series in ranked:
        if series.kind == "variable" and apart:
            add("variables", "variables", name, name, series)
        else:
            shown = tr("{name}, batch").format(name=name) if name in per_batch or name in per_epoch else name
            add("curves", "loss" if split else "curves", name, shown, series)
    for kind, page in KIND_PAGES.items():
        known = training.get(kind, {})
        for (name, series), short in zip(known.items(), short_names(list(known)), strict=True):
            add(page, page, f"{kind} {name}", short, series)
    return {page: pages[page] for page in PAGES if page in pages}


def curves_of(entries: Sequence[Entry], toggled: Mapping[str, bool]) -> list[Curve]:
    """The curves of one page; ``toggled`` is what the user showed or hid by key."""
    longest = max((len(entry.steps) for entry in entries if entry.kind != "epoch"), default=0)
    metrics = any(entry.kind in ("metric", "epoch") for entry in entries)
    curves = []
    for place, entry in enumerate(entries):
        x = entry.steps.astype(np.float64) + 1.0
        y = np.asarray(entry.values, dtype=np.float64)
        # What a variable was before the first step belongs to no step; it counts where there is nothing else.
        if len(x) and x[-1] >= 1:
            start = int(np.searchsorted(x, 1.0))
            x, y = x[start:], y[start:]
        else:
            x, y = np.maximum(x[-1:], 1.0), y[-1:]
        first = place < SHOWN_AT_FIRST + (4 if entry.page in ("gradients", "updates") else 0)
        if entry.kind in ("metric", "epoch"):
            first = place < 2 * SHOWN_AT_FIRST
        elif metrics:
            first = False  # the metrics have it already
        visible = toggled.get(entry.key, first and (entry.kind == "epoch" or len(x) >= least(longest)))
        curves.append(Curve(entry.key, entry.name, entry.kind, place, visible, x, y, entry.panel))
    return curves


def least(longest: int) -> float:
    """How many points a series needs to be shown at first: a single one beside long curves says little."""
    return max(FEW * longest, 2.0 if longest >= MANY_POINTS else 0.0)


def _rank(series: Series, longest: int) -> tuple[int, int]:
    """Where a series stands: the long ones first, and among those of about the same length the targets.

    Coarse on purpose: one series is always a point ahead of another while a script runs, and none may change its
    place and colour for that.
    """
    count = len(series.steps)
    length = 0 if count * 2 >= longest else 1 if count >= least(longest) else 2
    return length, ORDER.index(series.kind) if series.kind in ORDER else len(ORDER)
