"""What the Variables dock shows: every variable as it is at the cursor."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tapeview.trace.query import Recording, VariableState
from tapeview.views.numbers import brief, number, shape_text, signed, stats_brief
from tapeview.views.reasons import reason_word
from tapeview.views.short_names import short_names
from tapeview.views.signal import Signal
from tapeview.views.tensors import FEW, is_bad, norm_words, record_of, stats_of, value_of
from tapeview.views.text import tr
from tapeview.views.workspace import Reasons, Workspace

SMALL = 1024
"""Variables of at most this many elements are compared with their version before on the spot."""


@dataclass(frozen=True, slots=True)
class VariableRow:
    """One variable in words. ``mark`` is ``watched``, ``later`` (a tape of this step will watch it), ``unwatched`` or
    ``not trainable``; ``gradient_kind`` is
    ``value``, ``none``
    (the gradient is ``None``), ``bad`` (it holds NaN or Inf), ``next`` (not computed yet) or ``""`` (nobody asks for
    one)."""

    id: int
    name: str
    mark: str
    note: str
    shape: str
    value: str
    value_bad: bool
    gradient: str
    gradient_kind: str
    delta: str
    tip: str
    label: str = ""
    """The name without what all begin with (``conv2d/kernel``)."""


class VariablesModel:
    """``rows`` in the order in which the variables were made, but those that this step leaves alone come last;
    ``summary`` for the dock's title. ``changed`` after
    either changed.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.changed: Signal[()] = Signal()
        self._workspace = workspace
        self.rows: tuple[VariableRow, ...] = ()
        self.selected = -1
        self._disconnect = workspace.changed.connect(self._workspace_changed)
        self._workspace_changed(frozenset({"recording"}))

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        self._disconnect()

    @property
    def summary(self) -> str:
        if not self.rows:
            return ""
        watched = sum(row.mark in ("watched", "later") for row in self.rows)
        words = [tr("{count} watched").format(count=watched)]
        if watched < len(self.rows):
            words.append(tr("{count} unwatched").format(count=len(self.rows) - watched))
        return " · ".join(words)

    def pick(self, row: int) -> None:
        """Select the variable in a row; out of range selects nothing."""
        if 0 <= row < len(self.rows):
            self._workspace.select("variable", self.rows[row].id)

    def _workspace_changed(self, reasons: Reasons) -> None:
        rows = self.rows
        if reasons & {"recording", "cursor", "data"}:
            rows = self._rows()
        selection = self._workspace.selection
        chosen = selection.id if selection.kind == "variable" else None
        selected = next((index for index, row in enumerate(rows) if row.id == chosen), -1)
        if rows != self.rows or selected != self.selected:
            self.rows, self.selected = rows, selected
            self.changed.emit()

    def _rows(self) -> tuple[VariableRow, ...]:
        workspace = self._workspace
        if workspace.recording is None or workspace.step is None:
            return ()
        cursor = workspace.cursor
        asked, watched = self._asked(), workspace.step.watched_variables
        states = sorted(
            workspace.recording.variables_at(cursor.step, cursor.position),
            key=lambda state: not (state.used or state.variable.id in watched or state.variable.id in asked),
        )
        labels = short_names([state.name for state in states])
        return tuple(
            _row(
                workspace.recording,
                state,
                state.variable.id in asked,
                not state.watched and state.variable.id in watched,
                label,
            )
            for state, label in zip(states, labels, strict=True)
        )

    def _asked(self) -> set[int]:
        """The variables whose gradient some call of this step asks for."""
        step = self._workspace.step
        if step is None:
            return set()
        return {source.variable for call in step.calls.values() for source in call.started.sources if source.variable}


def _row(recording: Recording, state: VariableState, asked: bool, later: bool, label: str) -> VariableRow:
    variable = state.variable
    if later:
        mark, note = "later", tr("watched when it is read")
    elif state.watched:
        mark, note = "watched", "" if variable.trainable else tr("watched by hand")
    elif not variable.trainable:
        mark, note = "not trainable", tr("not trainable")
    else:
        mark, note = "unwatched", tr("unwatched") if state.used else tr("not used")
    value, bad = _value(recording, state.tensor)
    gradient, kind = _gradient(recording, state, asked)
    shape = shape_text(variable.shape)
    tip = f"{state.name} · {variable.dtype} {shape} · {_mark_text(mark)} · " + tr("version {version}").format(
        version=state.version
    )
    return VariableRow(
        variable.id, state.name, mark, note, shape, value, bad, gradient, kind, _delta(recording, state), tip, label
    )


def _mark_text(mark: str) -> str:
    return {
        "watched": tr("watched"),
        "later": tr("not watched yet"),
        "unwatched": tr("unwatched"),
        "not trainable": tr("not trainable"),
    }[mark]


def _value(recording: Recording, tensor: int) -> tuple[str, bool]:
    record, stats = record_of(recording, tensor), stats_of(recording, tensor)
    if record is not None and math.prod(record.shape) <= FEW:
        array = value_of(recording, tensor)
        if array is not None:
            return brief(array), is_bad(stats)
    return (stats_brief(stats) if stats is not None else tr("not kept")), is_bad(stats)


def _gradient(recording: Recording, state: VariableState, asked: bool) -> tuple[str, str]:
    answer = state.gradient
    if answer is None:
        return (tr("next"), "next") if asked else ("–", "")
    if not answer.tensor:
        return f"None · {reason_word(answer.reason)}" if answer.reason else "None", "none"
    text, bad = norm_words(recording, answer.tensor, 3)
    return text, "bad" if bad else "value"


def _delta(recording: Recording, state: VariableState) -> str:
    """The last update: the difference of a scalar, the norm of the difference of anything larger that is at hand."""
    if not state.previous or math.prod(state.variable.shape) > SMALL:
        return "–"
    after, before = value_of(recording, state.tensor), value_of(recording, state.previous)
    if after is None or before is None or after.shape != before.shape or after.dtype.kind not in "iufc":
        return "–"
    with np.errstate(all="ignore"):
        change = after.astype(np.complex128 if after.dtype.kind == "c" else np.float64) - before
        if change.ndim == 0 and change.dtype.kind == "f":
            return signed(float(change), 3)
        return f"‖{number(float(np.linalg.norm(change.reshape(-1))), 3)}‖"
