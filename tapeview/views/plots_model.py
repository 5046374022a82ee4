"""What the Plots dock shows: the series of the recording, of watches and of other recordings against the training
step, in pages.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tapeview.trace.series import USERS
from tapeview.views.background import Background
from tapeview.views.curves import Curve, as_csv, smooth, worth_log
from tapeview.views.numbers import number
from tapeview.views.overlaid_runs import OverlaidRuns
from tapeview.views.plot_pages import PAGES, Entry, Panel, curves_of, entries_of, page_title, panel_of
from tapeview.views.signal import Signal
from tapeview.views.spread import countable
from tapeview.views.text import tr
from tapeview.views.watch_model import WatchCurve, WatchModel
from tapeview.views.workspace import Reasons, Workspace

SMOOTHING = (0.0, 0.3, 0.6, 0.9, 0.97)
ALWAYS_LOG = ("gradients", "updates")
AS_IT_IS = ("epoch", "rate")
"""Kinds that smoothing leaves alone: a mean already, or steps that must stay steps."""


class PlotsModel:
    """``curves`` of the pages shown, with their settings. ``changed`` carries some of ``data``, ``curves`` (which there
    are, which are shown), ``scale``, ``cursor``, ``pages`` (which there are, which are shown). ``overlaid`` are the
    other recordings.
    """

    def __init__(
        self, workspace: Workspace, watches: WatchModel | None = None, background: Background | None = None
    ) -> None:
        self.changed: Signal[Reasons] = Signal()
        self._workspace = workspace
        self._watches = watches
        self.curves: list[Curve] = []
        self.pages: tuple[str, ...] = ()
        self.shown: tuple[str, ...] = ("curves",)
        self.overlaid = OverlaidRuns(background)
        self.smoothing = 0.0
        self._log: dict[str, bool] = {}
        self._log_chosen: set[str] = set()
        self._toggled: dict[str, bool] = {}
        self._trained = self._chosen = False
        self.step = 0
        self._was_running = False
        self._disconnects = [workspace.changed.connect(self._workspace_changed)]
        self._disconnects.append(self.overlaid.changed.connect(self._runs_changed))
        if watches is not None:
            self._disconnects.append(watches.plotted.connect(self._watches_changed))
        self._workspace_changed(frozenset({"recording", "data", "cursor"}))

    def dispose(self) -> None:
        """Stop listening."""
        for disconnect in self._disconnects:
            disconnect()
        self.overlaid.clear()

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return self._workspace.state == "running" or self.overlaid.growing

    @property
    def summary(self) -> str:
        if self.shown == ("histograms",):
            return ""
        words = [
            tr("log") if self.log else "",
            tr("smoothing {value}").format(value=self.smoothing) if self.smoothing else "",
        ]
        count = sum(curve.visible for curve in self.curves)
        words.append(tr("{shown} of {count} series").format(shown=count, count=len(self.curves)) if self.curves else "")
        return " · ".join(word for word in words if word)

    @property
    def log(self) -> bool:
        """Whether the plots have a logarithmic value axis, as far as they can."""
        return any(self._log.get(panel, False) for panel in self._scaled())

    @property
    def panels(self) -> list[Panel]:
        """The plots that are shown, side by side."""
        keys = dict.fromkeys(curve.panel for curve in self.curves if curve.visible)
        keys = keys or dict.fromkeys(curve.panel for curve in self.curves[:1])
        return [panel_of(key) for key in keys]

    def title(self, page: str) -> str:
        """A page's name."""
        return page_title(page, self._trained)

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def choose_page(self, page: str, *, beside: bool = False) -> None:
        """Show a page; ``beside`` adds it to those that are shown, or takes it away again. One that is not there
        changes nothing.
        """
        if page not in self.pages:
            return
        self._chosen = True
        shown: tuple[str, ...] = (page,)
        if beside and "histograms" not in (page, *self.shown):
            shown = tuple(one for one in self.shown if one != page)
            shown = (*shown, page) if page not in self.shown else shown or (page,)
        if shown != self.shown:
            self.shown = shown
            self._read()
            self.changed.emit(frozenset({"pages", "curves", "data", "scale"}))

    def set_log(self, log: bool) -> None:
        """A logarithmic value axis; values that are not positive are left out of it."""
        before = dict(self._log)
        for panel in self._scaled():
            self._log_chosen.add(panel)
            self._log[panel] = log
        if before != self._log:
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

    def only(self, key: str) -> None:
        """Show this series alone; if it is alone already, all of them."""
        alone = [curve.key for curve in self.curves if curve.visible] == [key]
        if any(curve.key == key for curve in self.curves):
            for curve in self.curves:
                curve.visible = self._toggled[curve.key] = alone or curve.key == key
            self.changed.emit(frozenset({"curves"}))

    def go_to(self, x: float) -> None:
        """Move the cursor to the training step nearest to a place on the axis."""
        if self._workspace.step_count and np.isfinite(x):
            step = max(0, min(round(x) - 1, self._workspace.step_count - 1))
            self._workspace.move_to(step, self._workspace.cursor.position)

    def add_run(self, path: Path) -> None:
        """Draw another recording's series over these, once they are read; see `overlaid`."""
        recording = self._workspace.recording
        self.overlaid.add(path, recording.path.absolute() if recording is not None else None)

    # -- what is drawn -------------------------------------------------------------------------------------------------

    def log_in(self, panel: str) -> bool:
        """Whether a plot has a logarithmic value axis."""
        return self._log.get(panel, False)

    def drawn(self, curve: Curve) -> tuple[np.ndarray, np.ndarray]:
        """x and y as they are drawn: smoothed, then (with ``log``) their decimal logarithm; NaN where nothing can be
        drawn.
        """
        y = smooth(curve.y, self.smoothing) if self.smoothing and curve.kind not in AS_IT_IS else curve.y
        with np.errstate(all="ignore"):
            y = np.where(y > 0, np.log10(np.where(y > 0, y, 1.0)), np.nan) if self.log_in(curve.panel) else y
        return curve.x, np.where(np.isfinite(y), y, np.nan)

    def reading(self, curve: Curve, x: float) -> str:
        """The value of a series at the training step nearest to ``x``, as text; "–" before its first point."""
        if not len(curve.x) or not np.isfinite(x):
            return "–"
        index = int(np.searchsorted(curve.x, round(x), side="right")) - 1
        return "–" if index < 0 else number(float(curve.y[index]))

    def near(self, x: float, value: float, panel: str | None = None) -> Curve | None:
        """The visible series that is nearest to ``value`` at the training step nearest to ``x``, as the axis counts
        nearness; None if there is none there. Only series of the script's own numbers count, as one can stop at them.
        """
        best, least = None, np.inf
        for curve in self.curves:
            index = int(np.searchsorted(curve.x, round(x), side="right")) - 1
            if not curve.visible or index < 0 or curve.run or curve.kind not in (*USERS, "watch"):
                continue
            if panel is not None and curve.panel != panel:
                continue
            there = float(curve.y[index])
            with np.errstate(all="ignore"):
                log = self.log_in(curve.panel) and there * value > 0
                away = abs(np.log(there / value)) if log else abs(there - value)
            if away < least:
                best, least = curve, away
        return best

    def csv(self) -> str:
        """The series that are shown as a table."""
        return as_csv([curve for curve in self.curves if curve.visible])

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _workspace_changed(self, reasons: Reasons) -> None:
        changed = set()
        if "recording" in reasons:
            self._chosen = False
            self._toggled.clear()
            self._log_chosen.clear()
            self._log.clear()
            self.overlaid.clear()
        if reasons & {"recording", "data"}:
            changed |= self._read()
        if self.running != self._was_running:
            self._was_running = self.running
            changed.add("scale")  # there is no more to come, or again
        if self._workspace.cursor.step != self.step or "recording" in reasons:
            self.step = self._workspace.cursor.step
            changed.add("cursor")
        if changed:
            self.changed.emit(frozenset(changed))

    def _runs_changed(self) -> None:
        self._was_running = self.running
        self.changed.emit(frozenset({*self._read(), "pages", "scale"}))

    def _watches_changed(self) -> None:
        self.changed.emit(frozenset(self._read()))

    def _read(self) -> set[str]:
        recording = self._workspace.recording
        entries = entries_of(recording) if recording is not None else {}
        watched = self._watches.curves if self._watches is not None else ()
        there = {*entries, *(page for run in self.overlaid.runs for page in run.entries)}
        there |= {"curves"} if watched else set()
        if recording is not None and recording.step_count and any(map(countable, recording.variables().values())):
            there.add("histograms")
        pages = tuple(page for page in PAGES if page in there)
        trained = any(one.kind in ("metric", "epoch") for one in entries.get("curves", ()))
        before, changed = [curve.key for curve in self.curves], {"data"}
        if (pages, trained) != (self.pages, self._trained):
            self.pages, self._trained = pages, trained
            changed.add("pages")
        # Until somebody chooses, the first page is shown, whichever has something first.
        shown = tuple(page for page in self.shown if page in pages) if self._chosen else ()
        shown = shown or (pages or ("curves",))[:1]
        if shown != self.shown:
            self.shown = shown
            changed.add("pages")
        self.curves = [curve for page in self.shown for curve in self._page(page, entries.get(page, []), watched)]
        if before != [curve.key for curve in self.curves]:
            changed.add("curves")
        for panel in self._scaled():
            if panel not in self._log_chosen and self._choose_log(panel):
                changed.add("scale")
        return changed

    def _page(self, page: str, entries: list[Entry], watched: tuple[WatchCurve, ...] | list[WatchCurve]) -> list[Curve]:
        curves = curves_of(entries, self._toggled)
        if page == "curves":
            # Behind the others, so that none of these changes its colour when one is watched.
            panel = curves[0].panel if curves else "curves"
            curves += [self._watched(one, place, panel) for place, one in enumerate(watched, len(curves))]
        own = {(curve.kind, curve.name): curve for curve in curves}
        for run in self.overlaid.runs:
            for curve in curves_of(run.entries.get(page, []), {}):
                like = own.get((curve.kind, curve.name))
                curve.key, curve.run = f"{run.path} {curve.key}", run.name
                if like is not None:
                    curve.color, curve.visible, curve.panel = like.color, like.visible, like.panel
                curve.visible = self._toggled.get(curve.key, curve.visible)
                curves.append(curve)
        return curves

    def _scaled(self) -> list[str]:
        """The plots whose value axis can be logarithmic: an accuracy beside a loss stays as it is."""
        keys = list(dict.fromkeys(curve.panel for curve in self.curves)) or ["curves"]
        return [key for key in keys if key != "metrics" or len(keys) == 1]

    def _choose_log(self, panel: str) -> bool:
        """Set a plot's value axis to what shows most; whether it was another."""
        shown = [curve.y for curve in self.curves if curve.visible and curve.panel == panel]
        before = self._log.get(panel, False)
        if panel in ALWAYS_LOG:
            log = any(bool((y > 0).any()) for y in shown)
        else:
            # A scale that jumps to and fro while the script runs is worse than the wrong one: it only ever switches on,
            # and off when something turns up that it cannot show.
            keep = before and bool(shown) and not any(bool((y <= 0).any()) for y in shown)
            log = keep or worth_log(shown)
        self._log[panel] = log
        return log != before

    def _watched(self, one: WatchCurve, place: int, panel: str) -> Curve:
        key = f"watch {one.name}"
        x = one.steps.astype(np.float64) + 1.0
        return Curve(key, one.name, "watch", place, self._toggled.get(key, True), x, one.values, panel)
