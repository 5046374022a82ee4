"""The state of every variable at a place of the cursor."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from tapeview.trace.database import Database
from tapeview.trace.decode import read
from tapeview.trace.records import (
    SETUP,
    Assigned,
    GradientFinished,
    SourceGradient,
    Variable,
    Watched,
)
from tapeview.trace.step import Step

_ENTRIES = msgspec.msgpack.Decoder(list[tuple[int, int, int, int, int]])
_VARIABLE = msgspec.msgpack.Decoder(Variable)
_STATES_CACHED = 8
_COMPLETE_TRIED = 50
"""While tapes of several threads are open, a complete row may hold only what came after a step began."""


@dataclass(frozen=True, slots=True)
class VariableState:
    """A variable as it is at one place.

    ``tensor`` is the id of the tensor it holds, ``previous`` of the one before its last update (0 = none or unknown),
    ``updated_step`` the step of that update or of its creation. ``watched`` and ``automatic`` say whether a tape of
    this step watches it by now, and whether only because it was read. ``used`` says whether any op of this step reads
    it. ``gradient`` is the last gradient that was found for it in this step so far.
    """

    variable: Variable
    name: str
    tensor: int
    version: int
    previous: int
    watched: bool
    automatic: bool
    used: bool
    gradient: SourceGradient | None
    updated_step: int


@dataclass(slots=True)
class Now:
    """The newest version of a variable where we are: its number, its tensor, the one before, the step it came in."""

    version: int = 0
    tensor: int = 0
    previous: int = 0
    step: int = SETUP


class Variables:
    """All variables of a recording and the versions they had when each step began."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.created: dict[int, tuple[int, Variable]] = {}
        """For each variable's id, the step in which it was created and its record."""
        self._last_row = -1
        self._before: OrderedDict[int, dict[int, Now]] = OrderedDict()

    def refresh(self) -> None:
        """Take in the variables that were created since."""
        sql = "SELECT id, step, record FROM variable WHERE id > ? ORDER BY id"
        for row, step, data in self._database.scan(sql, (self._last_row,), "the list of variables"):
            self._last_row = row
            record = read(_VARIABLE, data)
            if record is None or not isinstance(step, int):
                self._database.warn(f"variable {row} is damaged")
            else:
                self.created[record.id] = (step, record)

    def before(self, step: int, began: int) -> dict[int, Now]:
        """What every variable was when ``step`` began, with tensor ``began`` as the newest (-1: not known). Not to be
        changed."""
        if step not in self._before:
            self._before[step] = self._read_before(step, began)
            while len(self._before) > _STATES_CACHED:
                self._before.popitem(last=False)
        self._before.move_to_end(step)
        return self._before[step]

    def _read_before(self, step: int, began: int) -> dict[int, Now]:
        what = f"the variables before step {step}"
        complete = (
            "SELECT step, id FROM version WHERE step < ? AND complete = 1 ORDER BY step DESC, id DESC "
            f"LIMIT {_COMPLETE_TRIED}"
        )
        for since, first in self._database.readable(complete, (step,), what):
            now = self._replayed(step, began, since, first, what)
            if now is not None:
                return now
        return self._replayed(step, began, SETUP - 1, 0, what) or {}

    def _replayed(self, step: int, began: int, since: int, first: int, what: str) -> dict[int, Now] | None:
        """The versions from a row on; None if that row knows of a variable only what came too late."""
        versions = "SELECT data FROM version WHERE step >= ? AND step < ? AND id >= ? ORDER BY step, id"
        now: dict[int, Now] = {}
        for (data,) in self._database.readable(versions, (since, step, first), what):
            for variable, version, tensor, previous, updated in read(_ENTRIES, data) or ():
                # Of steps that ran beside it, what came later does not count.
                if not 0 <= began < tensor:
                    if updated < step:
                        now[variable] = Now(version, tensor, previous, updated)
                elif updated < step and first and version and variable not in now:
                    return None
        return now


def variable_states(
    created: dict[int, tuple[int, Variable]],
    before: dict[int, Now],
    step: Step,
    position: int,
    name: Callable[[Variable], str],
) -> Sequence[VariableState]:
    """The variables that exist at ``position`` of ``step``, in the order of their creation.

    A variable whose name a variable of a later step has taken over is left out, unless this step uses it: a script that
    makes a new ``w`` in every round has one ``w``.
    """
    at, until = _reach(step, position)
    now = dict(before)
    watched: dict[int, bool] = {}
    gradients: dict[int, SourceGradient] = {}
    born: set[int] = set()
    for place, record in step.changes:
        if place > until:
            break
        if isinstance(record, GradientFinished):
            call = step.calls.get(record.call)
            sources = call.started.sources if call else ()
            gradients.update(
                (source.variable, result)
                for source, result in zip(sources, record.results, strict=False)
                if source.variable
            )
        elif place > at:
            continue
        elif isinstance(record, Assigned):
            now[record.variable] = Now(record.version, record.tensor, record.previous, step.index)
        elif isinstance(record, Watched):
            watched[record.variable] = watched.get(record.variable, True) and record.automatic
        else:
            born.add(record.id)
    used = _used(step, before)
    here = [
        (since, variable, name(variable))
        for since, variable in created.values()
        if since < step.index or variable.id in born
    ]
    newest: dict[str, int] = {}
    for since, _, called in here:
        newest[called] = max(since, newest.get(called, since))
    states = []
    for since, variable, called in here:
        reads, by_tape = variable.id in used, variable.id in watched
        if since < newest[called] and not reads and not by_tape:
            continue
        is_now = now.get(variable.id, Now(step=since))
        states.append(
            VariableState(
                variable,
                called,
                is_now.tensor,
                is_now.version,
                is_now.previous,
                by_tape,
                by_tape and watched[variable.id],
                reads,
                gradients.get(variable.id),
                is_now.step,
            )
        )
    return states


def _reach(step: Step, position: int) -> tuple[int, int]:
    """The place in the records of the last event that happened, and of the last record that belongs to it.

    What a gradient call found comes right after its last rule and belongs to it.
    """
    positions = step.positions
    last = len(step.records) - 1
    if not positions:
        return last, last
    if position < 0:
        return positions[0].at - 1, positions[0].at - 1
    if position >= len(positions) - 1:
        return last, last
    return positions[position].at, positions[position + 1].at - 1


def _used(step: Step, before: dict[int, Now]) -> set[int]:
    """The ids of the variables that any op of the step reads."""
    holds: dict[int, int] = {now.tensor: variable for variable, now in before.items()}
    holds.update(step.variable_tensors)
    holds.update((record.tensor, record.variable) for _, record in step.changes if isinstance(record, Assigned))
    return {variable for tensor, variable in holds.items() if tensor and tensor in step.consumers}
