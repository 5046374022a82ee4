"""The steps that a Writer may still put records into. Tapes of several threads run side by side, each with its step."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tapeview.trace.batch import Batch, Chunk, Part, Versions, variable_row
from tapeview.trace.records import SETUP, Assigned, Variable
from tapeview.trace.schema import CHUNK_TARGET, KEPT

_TAPE, _SITE, _FORWARD, _BACKWARD, _UPDATES, _KEPT = range(1, 7)


class _Open:
    """An open step: its row in the list of steps, and the number of its next chunk."""

    __slots__ = ("row", "seq")

    def __init__(self, row: list[Any]) -> None:
        self.row = row
        self.seq = 0


class GrowingSteps:
    """Open steps and what is counted of them. Not thread-safe: the Writer guards it.

    Attributes:
        newest: the number of the step that began last.
        last_tensor: the newest tensor id.
    """

    def __init__(self) -> None:
        self.newest = SETUP - 1
        self.last_tensor = 0
        self._open: dict[int, _Open] = {}
        self._versions = Versions()

    def begin(self, step: int, about: list[Any], kept: str, beside: Collection[int], batch: Batch) -> None:
        """Begin a step. ``about`` are tape, site, thread and the thread's name. Raises ValueError for an old number."""
        if step <= self.newest:
            raise ValueError(f"step {step} begins after step {self.newest}")
        self.enter(step, batch, beside)
        tape, site, thread, name = about
        self._open[step].row[:] = [step, tape, site, 0, 0, 0, kept, thread, name, self.last_tensor]

    def enter(self, step: int, batch: Batch, beside: Collection[int] = ()) -> None:
        """Make ``step`` open, if it is not yet; only the steps in ``beside`` go on then. Its row will be written."""
        entered = self._open.get(step)
        if entered is None:
            for passed in range(max(self.newest + 1, 0), step):
                batch.steps[passed] = [passed, 0, 0, 0, 0, 0, KEPT[-1], 0, "", self.last_tensor]
            self.newest = step
            entered = _Open([step, 0, 0, 0, 0, 0, KEPT[0], 0, "", self.last_tensor])
            self._open = {other: self._open[other] for other in beside if other in self._open}
            self._open[step] = entered
        batch.steps[step] = entered.row

    def is_over(self, step: int) -> bool:
        """Whether no record of ``step`` may come any more, or none ever could."""
        return step < SETUP or (step <= self.newest and step not in self._open)

    def set_kept(self, step: int, kept: str, batch: Batch) -> None:
        """What is kept of a step that is not over."""
        self.enter(step, batch)
        self._open[step].row[_KEPT] = kept

    def positions(self, step: int) -> int:
        """How many positions an open step has; 0 for another."""
        found = self._open.get(step)
        return sum(found.row[_FORWARD : _UPDATES + 1]) if found is not None else 0

    def take(self, step: int, parts: list[Part], batch: Batch) -> None:
        """Put parts into a step's chunks, and count what is in them.

        Raises ValueError if the step is over or the tensors' ids go back; nothing is taken then.
        """
        if self.is_over(step):
            raise ValueError(f"records of step {step} after those of step {self.newest}")
        newest = self.last_tensor
        for part in parts:
            if part.first:
                if part.first <= newest or part.last < part.first:
                    raise ValueError(f"tensors {part.first} to {part.last} after tensor {newest}")
                newest = part.last
        self.enter(step, batch)
        self.last_tensor = newest
        for part in parts:
            self._take(step, part, batch)

    def let_go(self, batch: Batch) -> None:
        """The batch is about to be written: what comes from now on changes nothing in it."""
        self._versions.flush(batch)
        for step in batch.steps:
            if step in self._open:
                self._open[step].row = list(self._open[step].row)

    def _take(self, step: int, part: Part, batch: Batch) -> None:
        entered = self._open[step]
        row = entered.row
        chunk = batch.chunks[-1] if batch.chunks else None
        if chunk is None or chunk.step != step or chunk.size >= CHUNK_TARGET:
            # Chunks stand in the file in the order in which things happened, also where steps run side by side.
            chunk = Chunk(step, entered.seq)
            batch.chunks.append(chunk)
            entered.seq += 1
        chunk.add(part)
        row[_FORWARD] += part.forward
        row[_BACKWARD] += part.backward
        for record in part.notable:
            if isinstance(record, Assigned):
                row[_UPDATES] += 1
                self._versions.saw(step, record, batch)
            elif isinstance(record, Variable):
                batch.add("variable", variable_row(step, record))
            elif not row[_TAPE]:
                row[_TAPE], row[_SITE] = record.tape, record.site
