"""What the Watches dock shows: expressions and their values at the cursor, also back in time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from tapeview.protocol import Evaluated
from tapeview.trace.query import Recording
from tapeview.views.background import Background, Immediate
from tapeview.views.expression import Expression, ExpressionError, Value
from tapeview.views.named_values import Heavy, Lookup, name_words
from tapeview.views.script_store import ScriptStore
from tapeview.views.signal import Signal
from tapeview.views.tensors import label_of
from tapeview.views.text import tr
from tapeview.views.value_words import as_number, of_repr, short
from tapeview.views.watch_series import SeriesWorker, points
from tapeview.views.workspace import ALIVE, Cursor, Reasons, Workspace

MOST = 200
QUICK = 1 << 18
"""Expressions over at most so many elements are worked out at once, ..."""
SLOW = 0.02
"""... unless that took more seconds before; those are worked out in the background."""


class WatchRow(NamedTuple):
    """An expression with its value in words; ``detail`` is its dtype and shape, ``tip`` more about it.

    ``status``: "value" (of the recording), "earlier" (the name has no value yet in this step, so that of the step
    before), "script" (the paused script was asked), "waiting" (for its answer), "error", or "none" (there is no
    recording). ``tensor`` is the tensor's id where the expression is a mere name, else 0.
    """

    id: int
    text: str
    value: str = ""
    detail: str = ""
    status: str = "none"
    bad: bool = False
    plotted: bool = False
    can_plot: bool = False
    tip: str = ""
    tensor: int = 0


class WatchCurve(NamedTuple):
    """A plotted watch: ``steps`` (int64, from 0) and ``values`` (float64)."""

    name: str
    steps: np.ndarray
    values: np.ndarray


@dataclass(frozen=True, slots=True)
class _Watch:
    id: int
    text: str
    plotted: bool
    expression: Expression | None
    error: str = ""


class _Found(NamedTuple):
    """What the recording knows of a watch; ``elsewhere``: the paused script may know better."""

    known: bool = False
    value: Value = None
    error: str = ""
    elsewhere: bool = False
    tensor: int = 0
    coming: bool = False


class WatchModel:
    """``rows`` in the user's order. ``changed`` after they changed; ``plotted`` after the curves did, or their points.

    The expressions are kept with the script from one run to the next.
    """

    def __init__(
        self, workspace: Workspace, background: Background | None = None, store: ScriptStore | None = None
    ) -> None:
        self.changed: Signal[()] = Signal()
        self.plotted: Signal[()] = Signal()
        self._workspace = workspace
        self._store = store or ScriptStore("watches")
        self._watches: list[_Watch] = []
        self._script: object = None
        self._last = 0
        self._wanted = True
        self._stale = True
        self._background = background or Immediate()
        self._worker = SeriesWorker(self._background, self.plotted.emit)
        self._slow: set[str] = set()
        self._worked: dict[str, tuple[object, _Found]] = {}
        self._working: set[str] = set()
        self._reading = False
        self._answers: dict[str, Evaluated] = {}
        self._answered_for: object = None
        self._waiting: set[str] = set()
        self.rows: tuple[WatchRow, ...] = ()
        self._disconnect = workspace.changed.connect(self._workspace_changed)
        self._workspace_changed(frozenset({"recording"}))

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        self._disconnect()

    # -- what is shown -------------------------------------------------------------------------------------------------

    @property
    def empty_text(self) -> str:
        """What to say while there are none."""
        return tr(
            "Type an expression, such as loss, w[0] or y_pred - y: its value at the cursor is shown, at any step."
        )

    @property
    def curves(self) -> tuple[WatchCurve, ...]:
        """The plotted ones that have a point."""
        found = []
        for watch in self._watches:
            one = self._worker.series.get(watch.id)
            if one is not None and one.steps:
                found.append(WatchCurve(watch.text, *points(one)))
        return tuple(curve for curve in found if len(curve.steps))

    @property
    def busy(self) -> bool:
        """Whether curves are still being worked out."""
        return self._worker.busy

    def words(self) -> tuple[str, ...]:
        """Names that have a value in the step shown, for completion."""
        recording = self._workspace.recording
        return () if recording is None else name_words(recording, self._workspace.cursor.step)

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def set_wanted(self, wanted: bool) -> None:
        """Whether somebody looks: while nobody does, only curves are worked out."""
        self._wanted = wanted
        if wanted and self._stale:
            self._read()

    def add(self, text: str, *, plotted: bool = False) -> int:
        """Watch an expression; one that cannot be understood here is shown with what is wrong. Returns its id, 0 for an
        empty text or if there are too many.
        """
        text = text.strip()
        if not text or len(self._watches) >= MOST:
            return 0
        there = next((watch.id for watch in self._watches if watch.text == text), 0)
        if not there:
            self._last += 1
            there = self._last
            self._watches.append(_watch(there, text, plotted))
        elif plotted:
            self.set_plotted(there, True)
        self._edited()
        return there

    def add_tensor(self, tensor: int) -> int:
        """Watch a tensor of the step shown under the user's name for it. Returns 0 if it has none."""
        step, recording = self._workspace.step, self._workspace.recording
        if step is None or recording is None:
            return 0
        text = label_of(recording, step, tensor)
        with contextlib.suppress(ExpressionError):
            Expression(text).value(Lookup(recording, *self._workspace.cursor))
            return self.add(text)
        return 0

    def change(self, id: int, text: str) -> None:
        """Watch another expression in the same place; an empty one removes it."""
        if not text.strip():
            self.remove([id])
            return
        self._watches = [_watch(id, text.strip(), one.plotted) if one.id == id else one for one in self._watches]
        self._edited()

    def remove(self, ids: Iterable[int]) -> None:
        """Watch some no longer."""
        gone = set(ids)
        self._watches = [one for one in self._watches if one.id not in gone]
        self._edited()

    def move(self, id: int, place: int) -> None:
        """Put one at another place of the list."""
        moved = [one for one in self._watches if one.id == id]
        rest = [one for one in self._watches if one.id != id]
        self._watches = rest[:place] + moved + rest[place:]
        self._edited()

    def set_plotted(self, id: int, plotted: bool) -> None:
        """Draw its values over the training steps, or no longer."""
        self._watches = [replace(one, plotted=plotted) if one.id == id else one for one in self._watches]
        self._edited()

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _edited(self) -> None:
        script = self._workspace.script
        if script is not None:
            # That they cannot be kept is no reason not to show them.
            with contextlib.suppress(OSError):
                self._store.write(script, [[one.text, one.plotted] for one in self._watches])
        self._plot()
        self._read()

    def _workspace_changed(self, reasons: Reasons) -> None:
        workspace = self._workspace
        if "recording" in reasons and workspace.script != self._script:
            self._script = workspace.script
            self._load()
        if reasons & {"recording", "values"}:
            self._worked.clear()
        if reasons & {"recording", "data", "state"}:
            self._follow()
        if reasons & {"recording", "cursor", "data", "state", "stop", "frame", "values"}:
            self._read()

    def _load(self) -> None:
        items = self._store.read(self._workspace.script) if self._workspace.script is not None else []
        sound = [one for one in items if isinstance(one, list) and len(one) == 2 and isinstance(one[0], str)]
        self._watches = []
        for text, plotted in sound[:MOST]:
            self._last += 1
            self._watches.append(_watch(self._last, text, bool(plotted)))
        self._plot()

    def _plot(self) -> None:
        before = list(self._worker.series)
        wanted = {one.id: one.expression for one in self._watches if one.plotted and one.expression is not None}
        for id in before:
            if id not in wanted:
                self._worker.remove(id)
        for id, expression in wanted.items():
            self._worker.add(id, expression)
        if before or wanted:
            self.plotted.emit()

    def _follow(self) -> None:
        workspace = self._workspace
        growing = workspace.state in ALIVE
        self._worker.follow(workspace.recording, max(0, workspace.step_count - int(growing)))

    def _read(self) -> None:
        self._stale = not self._wanted
        if self._stale:
            return
        self._reading = True
        looked = [(watch, self._look(watch)) for watch in self._watches]
        self._reading = False
        self._ask([watch.text for watch, found in looked if found.elsewhere])
        rows = tuple(self._row(watch, found) for watch, found in looked)
        if rows != self.rows:
            self.rows = rows
            self.changed.emit()

    def _look(self, watch: _Watch) -> _Found:
        """What the recording knows."""
        recording = self._workspace.recording
        if watch.expression is None:
            return _Found(error=watch.error)
        if recording is None or not self._workspace.step_count:
            return _Found(elsewhere=True)
        cursor = self._workspace.cursor
        if watch.text not in self._slow:
            began = time.perf_counter()
            try:
                return _found(watch.expression, Lookup(recording, *cursor, most=QUICK))
            except Heavy:
                self._slow.add(watch.text)
            finally:
                if time.perf_counter() - began > SLOW:
                    self._slow.add(watch.text)
        return self._later(watch.text, watch.expression, recording, cursor)

    def _later(self, text: str, expression: Expression, recording: Recording, cursor: Cursor) -> _Found:
        """Work it out in the background; until that is done there is nothing."""
        key = id(recording), cursor
        if self._worked.get(text, (None,))[0] != key and text not in self._working:
            self._working.add(text)

            def done(found: _Found) -> None:
                self._working.discard(text)
                self._worked[text] = key, found
                if not self._reading:
                    self._read()

            self._background.submit(lambda: _found(expression, Lookup(recording, *cursor)), done)
        of, found = self._worked.get(text, (None, _Found()))
        return found if of == key else _Found(coming=True)

    def _row(self, watch: _Watch, found: _Found) -> WatchRow:
        row = WatchRow(watch.id, watch.text, plotted=watch.plotted)
        answer = self._answers.get(watch.text) if self._answered_for == self._stop() else None
        if found.known and (answer is None or answer.error):
            words, detail, bad = short(found.value)
            return row._replace(
                value=words,
                detail=detail,
                status="earlier" if found.elsewhere else "value",
                bad=bad,
                can_plot=as_number(found.value) is not None,
                tip=tr("of the training step before") if found.elsewhere else "",
                tensor=found.tensor,
            )
        if answer is not None and not answer.error:
            bad = answer.number is not None and not np.isfinite(answer.number)
            words, detail = of_repr(answer.text, answer.number)
            return row._replace(value=words, detail=detail, status="script", bad=bad, tip=tr("from the paused script"))
        if watch.text in self._waiting or found.coming:
            return row._replace(value="…", status="waiting")
        error = answer.error if answer is not None else found.error
        return row._replace(value=error, status="error", tip=error) if error else row

    def _stop(self) -> object:
        """What answers of the script hold for; None where it is not asked."""
        workspace = self._workspace
        if not workspace.at_edge or workspace.live is None or workspace.stopped is None:
            return None
        return id(workspace.live), workspace.stopped.serial, workspace.thread, workspace.frame

    def _ask(self, texts: list[str]) -> None:
        """Ask the paused script what the recording cannot answer; one round of questions at a time."""
        live, stop, workspace = self._workspace.live, self._stop(), self._workspace
        if live is None or stop is None or self._waiting:
            return
        if self._answered_for != stop:
            self._answered_for, self._answers = stop, {}
        self._waiting = {text for text in texts if text not in self._answers}
        for text in self._waiting.copy():
            live.evaluate(text, self._taker(text, stop), frame=workspace.frame, thread=workspace.thread)

    def _taker(self, text: str, stop: object) -> Callable[[Evaluated | None], None]:
        def take(answer: Evaluated | None) -> None:
            self._waiting.discard(text)
            if stop == self._answered_for:
                self._answers[text] = answer or Evaluated(0, error=tr("The script does not answer."))
            if not self._waiting:
                self._read()

        return take


def _watch(id: int, text: str, plotted: bool) -> _Watch:
    try:
        return _Watch(id, text, plotted, Expression(text))
    except ExpressionError as error:
        return _Watch(id, text, plotted, None, str(error))


def _found(expression: Expression, lookup: Lookup) -> _Found:
    """What the recording knows. Raises Heavy if the lookup does."""
    try:
        value = expression.value(lookup, Heavy)
    except ExpressionError as problem:
        return _Found(error=str(problem), elsewhere=problem.elsewhere)
    tensor = lookup.tensors[0] if expression.names == (expression.text,) and lookup.tensors else 0
    return _Found(True, value, tensor=tensor, elsewhere=lookup.earlier)
