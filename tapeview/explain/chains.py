"""How something wrong spread through a step: each tensor that has it, and the tensors it came from.

What counts as wrong (NaN, huge, all zero) is a function of a tensor; the rest is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from tapeview.explain.context import Context, source_name
from tapeview.explain.finding import Hop
from tapeview.trace import names
from tapeview.trace.records import Assigned, BackwardStep, Op, Tensor

_LONGEST_PATH = 30
_MOST_NAMES = 12


@dataclass(frozen=True)
class Made:
    """How a wrong tensor came about. ``parents`` are the wrong tensors it came from; with none it begins here."""

    tensor: int
    position: int
    record: Op | BackwardStep | Assigned | Tensor
    op: Op | None
    input: int
    parents: tuple[int, ...]

    @property
    def backward(self) -> bool:
        return isinstance(self.record, BackwardStep)


@dataclass(frozen=True)
class Beginning:
    """A place at which it began. ``same`` are the tensors that began at that op, ``poisoned`` all that it got into, in
    the order in which they were made, ``reached`` those of them that a user cares about.
    """

    made: Made
    same: tuple[int, ...]
    poisoned: tuple[int, ...]
    reached: tuple[int, ...]


class Chains:
    """Every wrong tensor of a step, with how it came about.

    Args:
        wrong: whether a tensor has what is looked for; asked at most once for each.
        words: what to say of it at a station of a path, such as ``3 NaN``.
    """

    def __init__(self, context: Context, wrong: Callable[[int], bool], words: Callable[[int], str]) -> None:
        self.context, self._wrong, self._words = context, wrong, words
        self._known: dict[int, bool] = {}
        self.made: dict[int, Made] = {}
        self._follow()

    def is_wrong(self, tensor: int) -> bool:
        """Whether a tensor has what is looked for."""
        if tensor not in self._known:
            self._known[tensor] = bool(tensor) and self._wrong(tensor)
        return self._known[tensor]

    @cached_property
    def children(self) -> dict[int, list[int]]:
        """For each wrong tensor those that came from it."""
        found: dict[int, list[int]] = {}
        for made in self.made.values():
            for parent in made.parents:
                found.setdefault(parent, []).append(made.tensor)
        return found

    def beginnings(self, important: dict[int, str]) -> Iterator[Beginning]:
        """The places at which it began, in the order in which they were passed; one for each op."""
        seen: set[int] = set()
        for made in sorted(self.made.values(), key=lambda one: (one.position, one.tensor)):
            key = made.op.seq if made.op is not None else -made.tensor
            if made.parents or key in seen:
                continue
            seen.add(key)
            yield self.beginning(made, important)

    def beginning(self, made: Made, important: dict[int, str]) -> Beginning:
        """One of them."""
        op = made.op
        same = [
            one.tensor
            for one in self.made.values()
            if not one.parents and op is not None and one.op is not None and one.op.seq == op.seq
        ]
        poisoned = sorted(self.descendants(same or [made.tensor]), key=lambda t: self.made[t].position)
        reached = [tensor for tensor in poisoned if tensor in important]
        return Beginning(made, tuple(same), tuple(poisoned), tuple(reached))

    def descendants(self, starts: list[int]) -> list[int]:
        """What came from some tensors, with themselves."""
        found, waiting = dict.fromkeys(starts), list(starts)
        while waiting:
            for child in self.children.get(waiting.pop(), ()):
                if child not in found:
                    found[child] = None
                    waiting.append(child)
        return list(found)

    def root(self, tensor: int) -> Made:
        """Where what a tensor has began, on a shortest way back. KeyError if it does not have it."""
        seen, level = {tensor}, [self.made[tensor]]
        while True:
            for made in level:
                if not made.parents:
                    return made
            after = dict.fromkeys(parent for made in level for parent in made.parents if parent not in seen)
            if not after:
                return level[0]
            seen.update(after)
            level = [self.made[parent] for parent in after]

    def path(self, first: Made, goal: int) -> tuple[Hop, ...]:
        """From a beginning to one of the tensors that it reached, on a shortest way."""
        came: dict[int, int] = {first.tensor: 0}
        level = [first.tensor]
        while level and goal not in came:
            after: list[int] = []
            for tensor in level:
                for child in self.children.get(tensor, ()):
                    if child not in came:
                        came[child] = tensor
                        after.append(child)
            level = after
        way: list[Hop] = []
        end = goal if goal in came else first.tensor
        while end:
            hop = self.hop(self.made[end])
            # What a rule sent and the sum it was added to are one station, and a sum that was wrong before is none.
            again = bool(way) and bool(hop.op) and (way[-1].op, way[-1].backward) == (hop.op, hop.backward)
            if not again and (end == goal or not self._only_added(self.made[end])):
                way.append(hop)
            end = came[end]
        return tuple(way[::-1][:_LONGEST_PATH])

    def _only_added(self, made: Made) -> bool:
        """Whether a sum of contributions was wrong before a rule added its own, which is not."""
        record = made.record
        if not isinstance(record, BackwardStep) or made.tensor in record.contributions or not made.parents:
            return False
        return not any(self.is_wrong(sent) for sent in record.contributions)

    def hop(self, made: Made) -> Hop:
        """A tensor as a station of a path."""
        words = self._words(made.tensor)
        if made.op is not None:
            return Hop(made.op.seq, made.op.op, made.tensor, self.context.line(made.op.site), words, made.backward)
        if isinstance(made.record, Assigned):
            return Hop(0, made.record.how, made.tensor, self.context.line(made.record.site), words)
        return Hop(0, "given", made.tensor, 0, words)

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _note(
        self,
        tensor: int,
        position: int,
        record: Op | BackwardStep | Assigned,
        op: Op | None,
        number: int,
        parents: Iterable[int],
    ) -> None:
        if tensor in self.made or not self.is_wrong(tensor):
            return
        from_what = tuple(dict.fromkeys(t for t in parents if t != tensor and self.is_wrong(t)))
        self.made[tensor] = Made(tensor, position, record, op, number, from_what)
        for parent in from_what:
            given = self.context.tensor(parent)
            if parent not in self.made and given is not None:
                self.made[parent] = Made(parent, -1, given, None, -1, ())

    def _follow(self) -> None:
        context, note = self.context, self._note
        sums: dict[tuple[int, int], int] = {}
        by_rules: dict[int, list[tuple[int, Op]]] = {}
        for position in context.step.positions:
            record = position.record
            if isinstance(record, Op):
                if record.call:
                    by_rules.setdefault(record.call, []).append((position.index, record))
                    continue
                for output in record.outputs:
                    note(output, position.index, record, record, -1, record.inputs)
            elif isinstance(record, BackwardStep):
                op = context.op_of(record)
                self._inside(by_rules.pop(record.call, []), record, op)
                inputs = op.inputs if op is not None else ()
                used = saved(context, op) if op is not None else ()
                for k, sent in enumerate(record.contributions):
                    note(sent, position.index, record, op, k, (*record.upstream, *used))
                for k, sent in enumerate(record.contributions):
                    total = record.totals[k] if k < len(record.totals) else 0
                    key = (record.call, inputs[k]) if k < len(inputs) else (0, 0)
                    note(total, position.index, record, op, k, (sent, sums.get(key, 0), *record.contributions))
                    if total:
                        sums[key] = total
            else:
                before = [record.previous, record.gradient]
                if not record.gradient:
                    before += _gradients_of(context, record.variable)
                note(record.tensor, position.index, record, None, -1, before)
        for left in by_rules.values():
            for index, op in left:
                for output in op.outputs:
                    note(output, index, op, op, -1, op.inputs)

    def _inside(self, ran: list[tuple[int, Op]], step: BackwardStep, op: Op | None) -> None:
        """What a rule's own ops made, where a tape recorded them, counts as made by the rule."""
        wrong = next((k for k, sent in enumerate(step.contributions) if self.is_wrong(sent)), 0)
        for index, inner in ran:
            for output in inner.outputs:
                sent = step.contributions.index(output) if output in step.contributions else wrong
                self._note(output, index, step, op, sent, inner.inputs)


def saved(context: Context, op: Op) -> tuple[int, ...]:
    """The tensors of the forward pass that an op's rules read; all of them if it is not known which."""
    info = context.recording.op_info(op.op)
    if info is None or (not info.saved and not any(info.rules)):
        return (*op.inputs, *op.outputs)
    if any("the other operands" in rule for rule in info.rules):
        return op.inputs
    used = [t for name, t in zip(info.inputs, op.inputs, strict=False) if name in info.saved]
    return (*used, *(op.outputs if "output" in info.saved else ()))


def _gradients_of(context: Context, variable: int) -> list[int]:
    return [
        answer.tensor
        for call in context.step.calls.values()
        if call.finished is not None
        for source, answer in zip(call.started.sources, call.finished.results, strict=False)
        if source.variable == variable and answer.tensor
    ]


def important(context: Context) -> dict[int, str]:
    """Targets, what a session fetched, gradients of sources and new versions of variables, under the user's names."""
    known = context.recording.variables()
    found: dict[int, str] = {}
    run = context.step.run
    for result in run.finished.results if run is not None and run.finished is not None else ():
        if result.tensor:
            found[result.tensor] = context.label(result.tensor)
    for call in context.step.calls.values():
        for target in call.started.targets:
            label = context.target_name(call, target) or context.label(target)
            found[target] = label if "(" not in label else "the target"
        if call.finished is None:
            continue
        for source, answer in zip(call.started.sources, call.finished.results, strict=False):
            if answer.tensor and answer.tensor not in call.started.targets:
                found[answer.tensor] = f"the gradient of {source_name(context, source)}"
    for position in context.step.positions:
        record = position.record
        if isinstance(record, Assigned) and record.variable in known:
            name = names.variable_name(context.recording, known[record.variable])
            found[record.tensor] = name if record.how == "create" else f"{name} after its update"
    return found


def several(important: dict[int, str], reached: Iterable[int]) -> tuple[str, ...]:
    """The names of what was reached, each once, the first few."""
    return tuple(dict.fromkeys(important[tensor] for tensor in reached))[:_MOST_NAMES]
