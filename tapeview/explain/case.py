"""One source that got no gradient, with everything that is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tapeview.explain.context import Context, leading, reached
from tapeview.trace.query import GradientCall, Step, TapeView
from tapeview.trace.records import BackwardStep, GradientStarted, Op, Source, SourceGradient, Variable, Watched


def left_out(context: Context, call: GradientCall, source: Source, answer: SourceGradient) -> bool:
    """Whether no gradient came to a source, whatever stands in its place: None, zeros that were asked for, or those
    that ``batch_jacobian`` gives.
    """
    if answer.reason or not answer.tensor:
        return True
    if call.started.kind != "batch_jacobian" or not context.all_zero(answer.tensor):
        return False
    for step in call.steps:
        op = context.op_of(step)
        for tensor, sent in zip(op.inputs if op is not None else (), step.contributions, strict=False):
            if sent and (
                context.variable_of(tensor) == source.variable if source.variable else tensor == source.tensor
            ):
                return False
    return True


Edge = tuple[Op | None, int]
"""An op and the number of one of its inputs; (None, -1) where no op is known."""


@dataclass(frozen=True)
class Break:
    """Where a path breaks. ``line`` is set where no op ran at that place, ``extra`` is a name or an op for the text."""

    cause: str
    op: Op | None = None
    input: int = -1
    site: int = 0
    line: int = 0
    tensor: int = 0
    extra: str = ""
    file: int = 0


@dataclass(frozen=True)
class Case:
    """``name`` is what the user calls the source and ``text`` what stands in the call; ``own`` are the ops of the tape,
    ``ops`` all of its step; ``starts`` are the source's tensors. ``of_gradient``: the target is itself a gradient.
    ``owners`` is what stands in the sources of the call, such as the model whose weights they are.
    """

    context: Context
    started: GradientStarted
    answer: SourceGradient
    source: Source
    variable: Variable | None
    name: str
    text: str
    tape: TapeView | None
    home: Step
    ops: list[Op]
    own: list[Op]
    starts: set[int]
    watch: Watched | None
    of_gradient: bool
    owners: frozenset[str] = frozenset()

    @cached_property
    def goes(self) -> set[int]:
        """Everything that the tape's ops computed from the source."""
        return reached(self.own, self.starts)

    @cached_property
    def leads(self) -> set[int]:
        """Everything that the target was computed from, as far as the tape knows."""
        return leading(self.own, set(self.started.targets))

    @cached_property
    def made(self) -> dict[int, Op]:
        """For each tensor the op of the tape that made it."""
        return {output: op for op in self.own for output in op.outputs}

    def loose_ends(self) -> set[int]:
        """The tensors from which the target was computed and which no op of the tape made."""
        return {tensor for tensor in self.leads if tensor and tensor not in self.made}

    def mentioned(self, words: frozenset[str]) -> bool:
        """Whether the source is among the names of a piece of the script."""
        return bool({self.name, self.text} & words)

    def belongs(self, words: frozenset[str]) -> bool:
        """Whether the source, or what it is part of, is among the names of a piece of the script."""
        return self.mentioned(words) or bool(self.owners & words)

    def first_use(self) -> Edge:
        """The first op of the tape that reads the source."""
        for op in self.own:
            for number, tensor in enumerate(op.inputs):
                if tensor in self.starts:
                    return op, number
        return None, -1

    def use_of(self, tensor: int) -> Edge:
        """The first op of the tape, on a way to the target, that reads a tensor."""
        for op in self.own:
            if tensor in op.inputs and not self.leads.isdisjoint(op.outputs):
                return op, op.inputs.index(tensor)
        return None, -1

    def rules_of(self, op: Op) -> list[BackwardStep]:
        """The applications of an op's rule in this gradient call."""
        call = self.context.step.calls[self.started.call]
        return [step for step in call.steps if step.op == op.seq]

    def watched_after(self, op: Op | None) -> bool:
        """Whether an explicit watch came after an op had read the source."""
        if op is None or self.watch is None or self.watch.automatic:
            return False
        for record in self.home.records:
            if record is self.watch:
                return False
            if record is op:
                return True
        return False
