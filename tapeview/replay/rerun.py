"""Works a recorded step out again on the engine: forward pass, backward passes and updates, with or without changes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tapeview.engine.ops  # noqa: F401  fills OPS
from tapeview.engine import observe
from tapeview.engine.op import OPS, execute, execute_many
from tapeview.engine.state import without_tapes
from tapeview.engine.tape import GradientTape
from tapeview.engine.tensor import EagerTensor
from tapeview.explain.context import Context
from tapeview.replay.alone import alone
from tapeview.replay.attrs import AttributeLost, restored, widened, widened_array
from tapeview.replay.edits import Edits
from tapeview.replay.updates import DRAWING, Lost, Updated, Updates
from tapeview.trace.query import GradientCall
from tapeview.trace.records import (
    INLINE_BYTES,
    Assigned,
    BackwardStep,
    GradientFinished,
    GradientStarted,
    Op,
    Record,
    TapeClosed,
    TapeOpened,
    Watched,
)
from tapeview.trace.update_records import SLICES, Applied, Outside

_NOTHING = Edits()


class ReplayError(Exception):
    """A step cannot be worked out again; the message is one sentence for the user. ``missing`` are the names of values
    that were not kept, if that is why.
    """

    def __init__(self, message: str, missing: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.missing = tuple(missing)


@dataclass
class Outcome:
    """What came out, by the ids of the recorded tensors: ``values`` of the forward pass with what it was given,
    ``gradients`` sent by each rule and added up at each input (None = nothing is sent), and ``answers`` of the gradient
    calls as (call, number of the source). ``own`` are the ops (their ``seq``) that have a gradient rule of the script's
    own (``tf.custom_gradient``), which no recording has, each with the tensors inside it whose values it gives back:
    here the ops inside it are differentiated in its place. ``updated`` are the new versions of variables, which stand
    in ``values``, too; ``unsure`` are versions that are not worked out again and that ops of the step read all the
    same.
    """

    values: dict[int, np.ndarray] = field(default_factory=dict)
    gradients: dict[int, np.ndarray | None] = field(default_factory=dict)
    own: dict[int, tuple[int, ...]] = field(default_factory=dict)
    answers: dict[tuple[int, int], np.ndarray | None] = field(default_factory=dict)
    updated: Updated = field(default_factory=Updated)
    unsure: set[int] = field(default_factory=set)


def missing(context: Context) -> list[str]:
    """The names of what the step was given and of which no value was kept."""
    made = context.step.made_by
    given = {t for op in context.step.ops.values() if not op.call for t in op.inputs if t not in made}
    return sorted({context.label(tensor) for tensor in given if context.value(tensor) is None})


def rerun(context: Context, edits: Edits = _NOTHING, *, wide: bool = False, before: Updated | None = None) -> Outcome:
    """Works the step out again, with changes.

    Args:
        wide: in float64, and without the updates.
        before: what the updates of the step before it gave, in the place of what was recorded.

    Raises:
        ReplayError: a value that the step was given was not kept, or an op cannot be worked out from what was recorded,
            or depends on an update of the step before it that was not worked out again.
    """
    lost = missing(context)
    if lost:
        names = ", ".join(f"“{name}”" for name in lost[:5]) + (f" and {len(lost) - 5} more" if lost[5:] else "")
        raise ReplayError(
            f"step {context.step.index + 1} cannot be worked out again: of {names} no value was kept; record with "
            "--keep-steps all and a larger --keep-values",
            lost,
        )
    with alone() as heard:
        return _Rerun(context, edits, wide, heard, before).run()


def answer_of(call: GradientCall, number: int) -> int:
    """The tensor that a gradient call returned for the source with this number, 0 if it returned none."""
    finished = call.finished
    return finished.results[number].tensor if finished is not None and number < len(finished.results) else 0


class _Rerun:
    def __init__(self, context: Context, edits: Edits, wide: bool, heard: list[Any], before: Updated | None) -> None:
        self.context, self.edits, self.wide, self.heard, self.before = context, edits, wide, heard, before
        self.tensors: dict[int, EagerTensor] = {}
        self.tapes: dict[int, GradientTape] = {}
        self.watched: dict[int, set[int]] = {}
        self.sequence: dict[int, int] = {}
        finished = [call.finished for call in context.step.calls.values() if call.finished is not None]
        self.answers = {result.tensor for one in finished for result in one.results}
        self.sparse: dict[int, Any] = {}
        self.updates = Updates(context, self._for_update, self.sparse, edits.rates, before)
        self.outcome = Outcome(updated=self.updates.found)

    def run(self) -> Outcome:
        with ExitStack() as opened:
            for record in self.context.step.records:
                if isinstance(record, TapeOpened):
                    tape = self.tapes.setdefault(record.tape, GradientTape(True, False))
                    if not tape._recording:
                        opened.callback(tape.__exit__)
                        tape.__enter__()
                elif isinstance(record, TapeClosed) and record.tape in self.tapes:
                    self.tapes[record.tape].__exit__()
                elif isinstance(record, Watched):
                    self._watch(record)
                elif isinstance(record, Op) and not record.call and not record.error:
                    self._op(record)
                elif isinstance(record, GradientStarted):
                    self._gradient(self.context.step.calls[record.call])
                elif not self.wide:
                    self._update(record)
        if self.wide:
            return self.outcome
        variables = self.outcome.updated.variables
        for tensor, known in self.tensors.items():
            variable = self.context.variable_of(tensor)
            if variable and variable not in self.outcome.updated.unknown:
                variables.setdefault(variable, known._array)
        for tensor, value in self.outcome.values.items():
            if tensor not in self.outcome.updated.data and (tensor in self.answers or value.nbytes <= INLINE_BYTES):
                self.outcome.updated.tensors[tensor] = value
        return self.outcome

    def _update(self, record: Record) -> None:
        if isinstance(record, Outside) and record.op == SLICES:
            with without_tapes():
                self.tensors.update(self.updates.slices(record))
        elif isinstance(record, Outside):
            with without_tapes():
                made = self.updates.outside(record)
            for tensor, out in zip(record.outputs, made, strict=False):
                self.tensors[tensor] = self._changed(tensor, out)
                self.outcome.updated.tensors[tensor] = self.tensors[tensor]._array
        elif isinstance(record, Applied):
            self.updates.applied(record)
        elif isinstance(record, Assigned):
            new = self.updates.assigned(record)
            if new is not None:
                # A change of a variable is one of its value before the step.
                exactly = Edits(tuple(edit for edit in self.edits.values if edit.tensors == {record.tensor}))
                known = self.tensors[record.tensor] = self._changed(record.tensor, EagerTensor(new), exactly)
                found = self.outcome.updated
                found.values[record.tensor] = found.variables[record.variable] = known._array
                self.outcome.values[record.tensor] = known._array

    def _for_update(self, tensor: int) -> EagerTensor:
        """What an update is worked out from. Raises Lost."""
        known = self.tensors.get(tensor)
        if known is not None:
            return known
        record, why = self.context.tensor(tensor), self._why_lost(tensor)
        if why or record is None:
            raise Lost(why or "what it is computed from is not recorded")
        if record.origin == "op" and tensor in self.context.step.tensors:
            raise Lost(
                f"it depends on a {'gradient' if tensor in self.answers else 'value'} that is not worked out again"
            )
        if record.origin == "slot" and self.before is not None and record.shape:
            raise Lost("it depends on what an optimizer of the script's own keeps")
        try:
            return self._tensor(tensor)
        except ReplayError as error:
            raise Lost(str(error)) from None

    def _why_lost(self, tensor: int) -> str:
        found = self.updates.lost.get(tensor) or self.updates.found.lost.get(tensor)
        if not found and self.before is not None:
            found = self.before.unknown.get(self.context.variable_of(tensor))
        return found or ""

    def _watch(self, record: Watched) -> None:
        if record.variable:
            self.watched.setdefault(record.variable, set()).add(record.tape)
        elif record.tape in self.tapes:
            self.tapes[record.tape].watch(self._tensor(record.tensor))

    def _tensor(self, tensor: int) -> EagerTensor:
        """What the step was given, or computed so far."""
        known = self.tensors.get(tensor)
        if known is None:
            array = self._kind(np.array(self._given(tensor)))
            known = EagerTensor(array)
            changed = self.tensors[tensor] = self._changed(tensor, known)
            self.outcome.values[tensor] = changed._array
            if changed._array is not array:
                self.outcome.updated.data.discard(tensor)
                self.outcome.updated.tensors[tensor] = changed._array
            known = changed
        for tape in self.watched.get(self.context.variable_of(tensor), ()):
            if tape in self.tapes and self.tapes[tape]._recording and not self.tapes[tape]._paused:
                self.tapes[tape].watch(known)
        return known

    def _given(self, tensor: int) -> np.ndarray:
        """What the step was given."""
        why = self._why_lost(tensor) if not self.wide else ""
        if why and self.before is not None:
            here, name = self.context.step.index + 1, self.context.label(tensor)
            raise ReplayError(
                f"step {here} cannot be worked out again: it reads “{name}”, whose update is not known: {why}"
            )
        if why:
            self.outcome.unsure.add(tensor)
        value = self._carried(tensor) if self.before is not None else None
        if value is None:
            self.outcome.updated.data.add(tensor)
            value = self.context.value(tensor)
        if value is None:
            raise ReplayError(f"of “{self.context.label(tensor)}” no value was kept")
        return value

    def _carried(self, tensor: int) -> np.ndarray | None:
        """What stands in the place of a recorded value because of the steps before; None if nothing does."""
        record = self.context.tensor(tensor)
        if self.before is None or record is None or tensor in self.context.step.tensors:
            return None
        if record.variable:
            return self.before.variables.get(record.variable)
        try:
            return self.before.earlier(tensor, record.origin in ("op", "outside"))
        except Lost as lost:
            here = self.context.step.index + 1
            raise ReplayError(f"step {here} cannot be worked out again: it reads {lost}") from None

    def _kind(self, value: np.ndarray) -> np.ndarray:
        return widened_array(value) if self.wide else value

    def _changed(self, tensor: int, made: EagerTensor, edits: Edits | None = None) -> EagerTensor:
        """What stands in a tensor's place. A value that an op made is replaced behind the op: its rule goes by what the
        op itself computed.
        """
        several = [edit for edit in (edits or self.edits).values if tensor in edit.tensors]
        if not several:
            return made
        if made._origin is not None:
            made = execute(OPS["Identity"], (made,))
        for edit in several:
            made._array = np.asarray(edit.change(made._array))
        return made

    def _op(self, record: Op) -> None:
        inputs = tuple([self._tensor(tensor) for tensor in record.inputs])
        if record.op.startswith(DRAWING):
            for tensor in record.outputs:
                self._tensor(tensor)  # the numbers that were drawn
            return
        made = self._silently(record, inputs) if record.stopped or record.seq in self.edits.blocked else None
        made = made or self._made(record, inputs)
        if len(made) != len(record.outputs):
            raise ReplayError(f"{record.op} in line {self.context.line(record.site)} gave another number of results")
        for tensor, out in zip(record.outputs, made, strict=True):
            self.tensors[tensor] = self._changed(tensor, out)
            self.outcome.values[tensor] = self.tensors[tensor]._array

    def _silently(self, record: Op, inputs: tuple[EagerTensor, ...]) -> tuple[EagerTensor, ...]:
        with without_tapes():
            return self._made(record, inputs)

    def _made(self, record: Op, inputs: tuple[EagerTensor, ...]) -> tuple[EagerTensor, ...]:
        where = f"{record.op} in line {self.context.line(record.site)}"
        op = OPS.get(record.op)
        if op is None:
            return self._own(record, where)
        try:
            attrs = restored(record.attrs)
        except AttributeLost as error:
            raise ReplayError(f"{where} has an argument that a recording does not keep: {error}") from None
        first = self.context.tensor(record.outputs[0]) if record.outputs else None
        try:
            if self.wide:
                attrs = widened(attrs)
            if len(record.outputs) == 1:
                made: tuple[EagerTensor, ...] = (execute(op, inputs, attrs),)
                if first is not None and made[0]._array.shape != first.shape and not self.edits.values:
                    made = execute_many(op, inputs, attrs)
            else:
                made = execute_many(op, inputs, attrs)
        except Exception as error:
            raise ReplayError(f"{where} cannot be worked out again: {error}") from error
        for heard in reversed(self.heard):
            if heard[0] == observe.OP:
                self.sequence[heard[1]] = record.seq
                break
        return made

    def _own(self, record: Op, where: str) -> tuple[EagerTensor, ...]:
        """The results of a function with a rule of the script's own: they have the values of tensors inside it."""
        recorded = [self.context.value(tensor) for tensor in record.outputs]
        inner = [next((t for t in reversed(self.tensors) if self._equal(t, value)), None) for value in recorded]
        found = tuple(one for one in inner if one is not None)
        if len(found) == len(inner):
            self.outcome.own[record.seq] = found
            return tuple(execute(OPS["Identity"], (self.tensors[one],)) for one in found)
        kept = [one for one in recorded if one is not None]
        if self.edits.values or len(kept) < len(recorded):
            raise ReplayError(f"{where} is an op of the script's own: a recording does not have its code")
        self.outcome.own[record.seq] = ()
        return tuple(EagerTensor(self._kind(np.array(one))) for one in kept)

    def _equal(self, tensor: int, value: np.ndarray | None) -> bool:
        other = self.context.value(tensor)
        if value is None or other is None or other.shape != value.shape or other.dtype != value.dtype:
            return False
        return bool(np.array_equal(other, value, equal_nan=other.dtype.kind in "fc"))

    def _gradient(self, call: GradientCall) -> None:
        started = call.started
        tape = self.tapes.get(started.tape)
        if started.kind != "gradient" or tape is None or call.finished is None or call.finished.error:
            return
        targets = [self._tensor(tensor) for tensor in started.targets]
        seeds = [self._seed(tensor) for tensor in started.seeds]
        sources: list[list[EagerTensor]] = []
        for source in started.sources:
            versions = self.context.versions.get(source.variable, set()) if source.variable else {source.tensor}
            sources.append([self.tensors[t] for t in sorted(versions) if t in self.tensors])
        flat = [tensor for several in sources for tensor in several]
        del self.heard[:]
        try:
            given = seeds if len(seeds) == len(targets) else None
            found = iter(tape.gradient(targets, flat, output_gradients=given)) if flat else iter(())
        except Exception as error:
            raise ReplayError(f"the gradient of line {self.context.line(started.site)}: {error}") from error
        for number, several in enumerate(sources):
            parts = [one for one in (next(found) for _ in several) if one is not None]
            dense = [one._densify() if hasattr(one, "_densify") else one for one in parts]
            total = sum((one._array for one in dense[1:]), dense[0]._array) if dense else None
            self.outcome.answers[started.call, number] = total
            self._answered(call.finished, number, dense, total)
            self.updates.differentiated(started.sources[number].variable)
            if len(parts) == 1 and parts[0] is not dense[0] and number < len(call.finished.results):
                self.sparse[call.finished.results[number].tensor] = parts[0]
        self._rules(call.steps)

    def _seed(self, tensor: int) -> EagerTensor:
        known = self.tensors.get(tensor)
        if known is not None:
            return known
        value = self.context.value(tensor)
        if value is None:
            raise ReplayError("of an upstream gradient that the script gave no value was kept")
        return EagerTensor(self._kind(np.array(value)))

    def _answered(
        self, finished: GradientFinished, number: int, dense: list[EagerTensor], total: np.ndarray | None
    ) -> None:
        if number < len(finished.results) and finished.results[number].tensor and total is not None:
            tensor = finished.results[number].tensor
            # With one part it is the very tensor that a tape around this one follows.
            self.tensors[tensor] = dense[0] if len(dense) == 1 else EagerTensor(total)
            self.outcome.gradients[tensor] = self.outcome.values[tensor] = total

    def _rules(self, recorded: tuple[BackwardStep, ...]) -> None:
        """What each rule sent, beside what it sent when the script ran."""
        sent: dict[int, list[Any]] = {}
        for heard in self.heard:
            if heard[0] == observe.BACKWARD:
                sent.setdefault(self.sequence.get(heard[2], 0), []).append(heard)
        for step in recorded:
            several = sent.get(step.op)
            now = several.pop(0) if several else None
            for place, ids in ((4, step.contributions), (5, step.totals)):
                for k, tensor in enumerate(ids):
                    if tensor and tensor not in self.outcome.gradients:
                        one: Any = now[place][k] if now is not None and k < len(now[place]) else None
                        if hasattr(one, "_densify"):
                            one = one._densify()
                        self.outcome.gradients[tensor] = one._array if one is not None else None
