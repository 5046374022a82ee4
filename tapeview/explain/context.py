"""One step as explanations need it: dtypes and values of its tensors, names, lines."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from tapeview.explain.code import place
from tapeview.explain.finding import Hop
from tapeview.explain.screen import Screen, screened
from tapeview.trace import names
from tapeview.trace.query import GradientCall, Recording, Step, TapeView
from tapeview.trace.records import SETUP, Assigned, BackwardStep, Op, Source, Stats, Tensor

_SHORT = 40


class Context:
    """Look-ups in one step of a recording."""

    def __init__(self, recording: Recording, step: Step) -> None:
        self.recording, self.step = recording, step
        self._others: dict[int, Tensor] = {}

    @cached_property
    def initial(self) -> frozenset[int]:
        """The versions of variables that were there before the first step."""
        return frozenset(r.tensor for r in self.recording.step(SETUP).records if isinstance(r, Assigned))

    def tensor(self, tensor: int) -> Tensor | None:
        """The record of a tensor, None if it is not in the file."""
        found = self.step.tensors.get(tensor) or self._others.get(tensor)
        if found is None:
            try:
                found = self.recording.tensor(tensor)
            except KeyError:
                return None
            self._others[tensor] = found
        return found

    def floating(self, tensor: int) -> bool:
        """Whether gradients pass through a tensor of this dtype. What is unknown passes."""
        found = self.tensor(tensor)
        return found is None or found.dtype.startswith(("float", "bfloat", "complex"))

    def variable_of(self, tensor: int) -> int:
        """The variable whose version a tensor is, 0 if it is none."""
        found = self.tensor(tensor)
        return found.variable if found is not None else 0

    def stats(self, tensor: int) -> Stats | None:
        """The statistics of a tensor, None if they are unknown."""
        if self.tensor(tensor) is None:
            return None
        return self.recording.stats(tensor)

    def value(self, tensor: int) -> np.ndarray | None:
        """The value of a tensor, None if it was not kept."""
        return self.recording.value(tensor)

    def all_zero(self, tensor: int) -> bool:
        """Whether every element of a tensor is known to be zero."""
        found = self.tensor(tensor)
        stats = self.stats(tensor)
        size = int(np.prod(found.shape)) if found is not None else 0
        return stats is not None and size > 0 and stats.zeros == size

    def line(self, site: int) -> int:
        """The innermost line of a call site, 0 if unknown."""
        return place(self.recording, site)[1]

    def label(self, tensor: int) -> str:
        """What to call a tensor in a sentence."""
        text = names.tensor_label(self.recording, self.step, tensor)
        return text if text and len(text) <= _SHORT else self._in_layer(tensor) or "this value"

    def _in_layer(self, tensor: int) -> str:
        reader = next(iter(self.step.consumers.get(tensor, ())), None)
        layer = self.layer(self.step.ops[reader[0]]) if reader is not None else ""
        return f"the input of {layer}" if layer else ""

    def where(self, op: Op) -> str:
        """An op by its type, with the layer in which it ran: ``MatMul (layer “dense”)``."""
        layer = self.layer(op)
        return f"{op.op} (layer “{layer}”)" if layer else op.op

    def reader(self, tensor: int) -> tuple[Op | None, int, int, str]:
        """Who reads a tensor first: the op (None = none) and the number of its input, the site, and that in words. A
        gradient call reads the upstream gradients that it was given.
        """
        use = next(iter(self.step.consumers.get(tensor, ())), None)
        if use is not None:
            op = self.step.ops[use[0]]
            return op, use[1], op.site, f"the op in line {self.line(op.site)} reads"
        for call in self.step.calls.values():
            if tensor in call.started.seeds:
                line = self.line(call.started.site)
                return None, -1, call.started.site, f"the call in line {line} was given as output_gradients"
        return None, -1, 0, "something reads"

    def layer(self, op: Op) -> str:
        """The innermost layer in which an op ran; "" if it ran in none."""
        layers = [scope.name for scope in self.step.scope_of(op) if scope.kind == "layer"]
        return layers[-1] if layers else ""

    def target_name(self, call: GradientCall, tensor: int) -> str:
        """What the user calls a tensor that is a target of a gradient call; "" if it is none or has no name."""
        if tensor not in call.started.targets:
            return ""
        name = (
            names.series_name(self.recording, "", "target", call.started.site) if len(call.started.targets) == 1 else ""
        )
        return name if name not in ("", "target") and "(" not in name else ""

    def hop(self, op: Op, words: str = "", backward: bool = False) -> Hop:
        """A station of a path at an op."""
        return Hop(op.seq, op.op, op.outputs[0] if op.outputs else 0, self.line(op.site), words, backward)

    def home(self, tape: int) -> tuple[Step, TapeView] | None:
        """The step in which a tape was opened, and the tape; None if that was not kept."""
        here: Step | None = self.step
        while here is not None:
            for view in here.tapes:
                if view.id == tape:
                    return here, view
            here = self._older(here.index, tape)
        return None

    def op_of(self, step: BackwardStep) -> Op | None:
        """The op whose rule was applied, also one of an earlier step; None if it was not kept."""
        found = self.step.ops.get(step.op)
        if found is not None:
            return found
        call = self.step.calls.get(step.call)
        home = self.home(call.started.tape) if call is not None else None
        return home[0].ops.get(step.op) if home is not None else None

    def _older(self, index: int, tape: int) -> Step | None:
        # Tapes count upwards, so a step whose first tape is younger cannot have it.
        for step in range(index - 1, SETUP, -1):
            if 0 < self.recording.step_info(step).tape <= tape:
                return self.recording.step(step)
        return None

    @cached_property
    def screen(self) -> Screen:
        """What a quick look at all values of the step says."""
        return screened(self.recording, self.step)

    @cached_property
    def versions(self) -> dict[int, set[int]]:
        """For each variable the ids of its versions that ops of the step read or that it got here."""
        found: dict[int, set[int]] = {}
        for tensor, variable in self.step.variable_tensors.items():
            found.setdefault(variable, set()).add(tensor)
        for tensor in self.step.consumers:
            variable = self.variable_of(tensor)
            if variable:
                found.setdefault(variable, set()).add(tensor)
        return found


def reached(ops: Iterable[Op], starts: set[int]) -> set[int]:
    """Everything computed from ``starts``, whether gradients pass there or not."""
    found = set(starts)
    for op in ops:
        if not found.isdisjoint(op.inputs):
            found.update(op.outputs)
    return found


def leading(ops: Iterable[Op], ends: set[int]) -> set[int]:
    """Everything that ``ends`` were computed from, with themselves. ``ops`` in the order in which they ran."""
    found = set(ends)
    for op in reversed(list(ops)):
        if not found.isdisjoint(op.outputs):
            found.update(op.inputs)
    return found


def source_name(context: Context, source: Source) -> str:
    """What the user calls the source of a gradient call."""
    variable = context.recording.variables().get(source.variable)
    return names.variable_name(context.recording, variable) if variable else context.label(source.tensor)
