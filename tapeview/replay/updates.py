"""Updates of variables worked out again: what the script's own ops did with a gradient, and steps of optimizers, by
the optimizer's own code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.op import OPS, execute, execute_many
from tapeview.engine.state import without_tapes
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable
from tapeview.explain.context import Context
from tapeview.explain.questions import Change
from tapeview.keras import optimizers
from tapeview.keras.optimizers.core import Core, Slot
from tapeview.keras.optimizers.telling import GRAPH, LEGACY
from tapeview.replay.attrs import AttributeLost, restored
from tapeview.replay.edits import changed_rate
from tapeview.trace.records import Assigned
from tapeview.trace.update_records import Applied, Outside

DRAWING = ("Random", "Multinomial", "Truncated", "ParameterizedTruncated", "StatelessRandom")
"""How the names of ops begin that draw random numbers: what they drew stands in the recording."""

NOT_TOLD = "the new value came from code whose ops are not recorded"
_OLDER = "the recording was made by an older tapeview, which did not keep what an optimizer's step takes"
_NO_OP = "the new value was made by no recorded op (by NumPy, say)"
_KEEP = "record with --keep-steps all"

Given = Callable[[int], EagerTensor]
"""The tensor that stands for a recorded one. Raises Lost."""


class Lost(Exception):
    """A value cannot be worked out again; the message says why, as a part of a sentence."""


@dataclass
class Updated:
    """What the updates of a step gave.

    Attributes:
        values: the new versions (ids of tensors) of variables.
        lost: the new versions that are not worked out again, and why.
        variables, unknown: the same by variables, as they are at the end of the step.
        slots: what optimizers keep, by the number of the slot, after the step.
        tensors: what else a later step may read of this one and of those worked out again before it: gradients, results
            of ops outside of tapes, small values.
        data: tensors that such a step was given and that no change reaches.
        began: the newest tensor when the first of these steps began, -1 if that is not known.
    """

    values: dict[int, np.ndarray] = field(default_factory=dict)
    lost: dict[int, str] = field(default_factory=dict)
    variables: dict[int, np.ndarray] = field(default_factory=dict)
    unknown: dict[int, str] = field(default_factory=dict)
    slots: dict[int, np.ndarray] = field(default_factory=dict)
    tensors: dict[int, np.ndarray] = field(default_factory=dict)
    data: set[int] = field(default_factory=set)
    began: int = -1

    def earlier(self, tensor: int, made: bool) -> np.ndarray | None:
        """The value of a tensor of an earlier step; None where the recorded one stands. ``made``: an op made it.

        Raises:
            Lost: it was made in a step that was worked out again, and is not held.
        """
        found = self.tensors.get(tensor)
        if found is None and made and tensor > self.began and tensor not in self.data:
            raise Lost("a value of an earlier step, of which it is not known how it changes")
        return found


class Updates:
    """Takes a step's records that are about updates, in their order.

    Args:
        tensor: what stands for a recorded tensor.
        sparse: gradients of rows, by the ids of the tensors that stand for them in the recording.
        rates: changes of the learning rate.
        before: what the updates of the step before gave, if it was worked out again, too.
    """

    def __init__(
        self,
        context: Context,
        tensor: Given,
        sparse: dict[int, Any],
        rates: Sequence[Change] = (),
        before: Updated | None = None,
    ) -> None:
        self._context, self._tensor, self._sparse, self._rates = context, tensor, sparse, rates
        self._pending: dict[int, list[np.ndarray | Lost]] = {}
        self._differentiated: set[int] = set()
        self._coming: dict[int, list[int]] = {}
        for record in context.step.records:
            if isinstance(record, Assigned):
                self._coming.setdefault(record.variable, []).append(record.previous)
        self.lost: dict[int, str] = {}
        self.found = Updated()
        if before is None:
            self.found.began = context.recording.step_info(context.step.index).began
        else:
            self.found.began = before.began
            self.found.slots.update(before.slots)
            self.found.variables.update(before.variables)
            self.found.unknown.update(before.unknown)
            self.found.tensors.update(before.tensors)
            self.found.data.update(before.data)

    def differentiated(self, variable: int) -> None:
        """A gradient call had this variable as a source."""
        self._differentiated.add(variable)

    def outside(self, record: Outside) -> tuple[EagerTensor, ...]:
        """The results of an op that ran outside of every tape; () if they are not known, and `lost` says why."""
        try:
            return self._run(record)
        except Lost as lost:
            self.lost.update(dict.fromkeys(record.outputs, str(lost)))
            return ()

    def slices(self, record: Outside) -> dict[int, EagerTensor]:
        """Tensors of which it becomes known what they are because rows stand for a gradient, or a gradient for rows."""
        (whole,), (rows, numbers) = record.outputs, record.inputs
        known = self._sparse.get(whole)
        if known is not None:
            return {rows: known.values, numbers: known.indices}
        shape = self._context.tensor(whole)
        try:
            size = EagerTensor(np.array(() if shape is None else shape.shape))
            made = self._sparse[whole] = IndexedSlices(self._tensor(rows), self._tensor(numbers), size)
            return {whole: made._densify()}
        except Lost as lost:
            self.lost[whole] = str(lost)
            return {}

    def _run(self, record: Outside) -> tuple[EagerTensor, ...]:
        where = f"{record.op} in line {self._context.line(record.site)}"
        if not record.op:
            raise Lost("too many ops ran since the gradients")
        if record.op.startswith(DRAWING):
            return tuple([self._tensor(one) for one in record.outputs])
        op = OPS.get(record.op)
        if op is None:
            raise Lost(f"{where} is an op of the script's own")
        inputs = tuple([self._tensor(one) for one in record.inputs])
        try:
            attrs = restored(record.attrs)
            return (execute(op, inputs, attrs),) if len(record.outputs) == 1 else execute_many(op, inputs, attrs)
        except AttributeLost as error:
            raise Lost(f"{where} has an argument that a recording does not keep: {error}") from None
        except Exception as error:
            raise Lost(f"{where} cannot be worked out again: {error}") from None

    # -- assigns -------------------------------------------------------------------------------------------------------

    def assigned(self, record: Assigned) -> np.ndarray | None:
        """The new version of a variable; None if it is not worked out again, and ``found.lost`` says why."""
        try:
            return self._assigned(record)
        finally:
            del self._coming[record.variable][:1]

    def _assigned(self, record: Assigned) -> np.ndarray | None:
        if record.how in ("create", "not kept"):
            return None
        try:
            new = self._new(record)
        except Lost as lost:
            self.found.lost[record.tensor] = self.found.unknown[record.variable] = str(lost)
            self.found.variables.pop(record.variable, None)
            return None
        self.found.values[record.tensor] = self.found.variables[record.variable] = new
        self.found.unknown.pop(record.variable, None)
        return new

    def _new(self, record: Assigned) -> np.ndarray:
        waiting = self._pending.get(record.variable)
        if waiting:
            found = waiting.pop(0)
            if isinstance(found, Lost):
                raise found
            return found
        if not record.operand:
            raise Lost(_OLDER if record.gradient else NOT_TOLD)
        operand = self._context.tensor(record.operand)
        made = record.operand != record.tensor and operand is not None and operand.origin not in ("constant", "slot")
        if record.variable in self._differentiated and not made:
            raise Lost(_NO_OP)
        if record.operand == record.tensor:
            value = self._context.value(record.tensor)
            if value is None:
                raise Lost("the value that was assigned was not kept")
            return np.array(value)
        change = self._tensor(record.operand)._array
        if record.how == "assign":
            return change
        old = self._tensor(record.previous)._array
        return np.asarray(old + change if record.how == "assign_add" else old - change)

    # -- optimizers ----------------------------------------------------------------------------------------------------

    def applied(self, record: Applied) -> None:
        """A step of an optimizer: what it gives its variables is what their next assigns give."""
        try:
            found = self._graph_rule(record) if record.family == GRAPH else self._step(record)
        except Lost as lost:
            found = [lost] * len(record.variables)
        except Exception as error:
            found = [Lost(f"{record.rule} cannot be run again: {error}")] * len(record.variables)
        for variable, new in zip(record.variables, found, strict=True):
            self._pending.setdefault(variable, []).append(new)

    def _step(self, record: Applied) -> Sequence[np.ndarray | Lost]:
        config = dict(record.config)
        unshrunk = config.pop("unshrunk", ())
        kind = getattr(optimizers.legacy if record.family == LEGACY else optimizers, record.rule or "-", None)
        if kind is None:
            raise Lost("the optimizer is one of the script's own")
        optimizer: Core = kind(learning_rate=changed_rate(record.rate or 0.0, self._rates), **config)
        known: list[int] = []
        given: list[tuple[Any, ResourceVariable, list[np.ndarray]]] = []
        found: list[np.ndarray | Lost] = []
        for k, variable in enumerate(record.variables):
            try:
                gradient = self._gradient(record.gradients[k])
                slots = [self._slot(*slot, record.rule) for slot in record.slots[k]]
                value = self._value(variable)
            except Lost as lost:
                if optimizer.global_clipnorm is not None:
                    raise Lost(f"the gradients are clipped together, and of one of them: {lost}") from None
                found.append(lost)
                continue
            known.append(k)
            given.append((gradient, ResourceVariable(value, name=f"v{k}"), slots))
            found.append(value)
        if given:
            with without_tapes():
                _make(optimizer, record, given, [known.index(k) for k in unshrunk if k in known])
        for place, (k, (_, changed, _)) in enumerate(zip(known, given, strict=True)):
            found[k] = changed._value._array
            for (number, _), name in zip(record.slots[k], optimizer._slots_used(), strict=True):
                self.found.slots[number] = optimizer._slots[name][place]._value._array
        return found

    def _graph_rule(self, record: Applied) -> Sequence[np.ndarray | Lost]:
        # Loads what builds deferred graphs: a fifth of the time that this package takes to load, and few need it.
        from tapeview.tf1.optimizers import rules

        rule = getattr(rules, record.rule, None)
        if rule is None or not record.rule.isidentifier() or record.rule.startswith("_"):
            raise Lost("the optimizer is one of the script's own")
        variable = ResourceVariable(self._value(record.variables[0]))
        slots = [Slot(self._slot(*slot, record.rule), f"slot{k}") for k, slot in enumerate(record.slots[0])]
        given = [self._gradient(one) for one in record.given]
        if record.rate_at >= 0 and self._rates:
            old = given[record.rate_at]._array
            given[record.rate_at] = EagerTensor(np.asarray(changed_rate(float(old), self._rates), old.dtype))
        with without_tapes():
            rule(variable, *slots, *given, **record.config)
        for (number, _), slot in zip(record.slots[0], slots, strict=True):
            self.found.slots[number] = slot._value._array
        return [variable._value._array]

    def _gradient(self, tensor: int) -> Any:
        if tensor in self._sparse:
            return self._sparse[tensor]
        if not tensor:
            raise Lost("the gradient is not recorded")
        return self._tensor(tensor)

    def _value(self, variable: int) -> np.ndarray:
        """A variable as it is now, to be changed."""
        coming = self._coming.get(variable)
        if not coming:
            raise Lost("its value before the step is not recorded")
        return np.array(self._tensor(coming[0])._array)

    def _slot(self, number: int, tensor: int, rule: str) -> np.ndarray:
        known = self.found.slots.get(number)
        value = known if known is not None else self._context.value(tensor) if tensor else None
        if value is None:
            raise Lost(f"what {rule} keeps of earlier steps was not kept in this one; {_KEEP}")
        return np.array(value)


def _make(
    optimizer: Any, record: Applied, given: Sequence[tuple[Any, ResourceVariable, list[np.ndarray]]],
    unshrunk: Sequence[int],
) -> None:  # fmt: skip
    """Lets an optimizer take the step: it changes the variables and its slots."""
    variables = [variable for _, variable, _ in given]
    if unshrunk:
        optimizer.exclude_from_weight_decay([variables[k] for k in unshrunk])
    if record.family == LEGACY:
        optimizer._meet(variables)
    else:
        optimizer.build(variables)
    for place, (_, _, values) in enumerate(given):
        for name, value in zip(optimizer._slots_used(), values, strict=True):
            optimizer._slots[name][place]._put(value)
    if hasattr(optimizer, "_product"):
        # What Nadam keeps of earlier steps depends on their number only.
        kind = variables[0]._array.dtype.type
        for step in range(record.count):
            optimizer._numbers(kind, kind(0), step + 1)
    optimizer._iterations.assign(record.count)
    optimizer._apply([(gradient, variable) for gradient, variable, _ in given])
