"""Is this gradient right: the gradients of a recorded step against finite differences, worked out again in float64.

A rule that is wrong gives another derivative than differences do, in float64 too. Where both agree and the recording
has another number, the reason is rounding: float32 carries about seven digits. A rule of the script's own is in no
recording; what it sent is held against the slope of what its function computes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from tapeview.explain.context import leading, reached, source_name
from tapeview.explain.questions import ROUNDED, UNKNOWN, WRONG, Checked, CheckQuestion, Progress
from tapeview.replay.again import Again
from tapeview.replay.check_op import BEGAN, check_input, input_name, inputs_of, real_inputs
from tapeview.replay.edits import Edit, Edits
from tapeview.replay.judging import Looking, judged
from tapeview.replay.rerun import ReplayError, answer_of, rerun
from tapeview.replay.slopes import Computed, Forward, Slopes
from tapeview.trace.records import BackwardStep, Op

_OWN = 20
"""Elements looked at of a rule of the script's own, to know whether it is to blame."""
_AWAY = "On its way a function with a rule of the script's own computes in NumPy, which is in no recording."
_OVERFLOW = "Here it is NaN or Inf, for float32 ends at 3.4e38, beyond which float64 goes: ask where that began."

Part = tuple[str, Callable[[Looking], Checked]]
"""What is checked next, and how."""


def check(
    again: Again,
    question: CheckQuestion,
    tell: Callable[[Progress], object] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Checked]:
    """Checks gradients of a step.

    Args:
        again: the step; whoever asks again saves that it is worked out another time.
        question: which of them, and how many of their elements.
        tell: is told how far it is, and each gradient as soon as it is known.
        stopped: asked before each element; once it says True, what was checked so far is all.

    Raises:
        ReplayError: the step cannot be worked out again, or there is nothing to check.
    """
    parts = _op_parts(again, question) if question.op else _source_parts(again, question)
    found: list[Checked] = []
    until = time.monotonic() + question.seconds
    for number, (name, checked) in enumerate(parts):
        if stopped():
            break
        tell(Progress(number, len(parts), name))
        # What those before left over is for those that come.
        share = (until - time.monotonic()) / (len(parts) - number)
        looking = Looking(question.elements, share, question.seed, stopped, again.rounding)
        try:
            with np.errstate(all="ignore"):
                found.append(checked(looking))
        except ReplayError:
            raise
        except Exception as error:
            raise ReplayError(f"“{name}” cannot be checked: {str(error) or type(error).__name__}") from error
        tell(Progress(number + 1, len(parts), name, found[-1]))
    return found


def _op_parts(again: Again, question: CheckQuestion) -> list[Part]:
    context = again.context
    op = context.step.ops.get(question.op)
    rules = [
        rule
        for call in context.step.calls.values()
        for rule in call.steps
        if rule.op == question.op and question.call in (0, call.started.call)
    ]
    if op is None or not rules:
        name = f"{op.op} in line {context.line(op.site)}" if op is not None else "this op"
        step = context.step.index + 1
        raise ReplayError(f"no gradient of step {step} went through {name}: there is nothing to check")
    return [part for rule in rules for part in _parts_of(again, op, rule, inputs_of(context, op, rule))]


def _parts_of(again: Again, op: Op, rule: BackwardStep, inputs: Sequence[int]) -> list[Part]:
    return [(input_name(again.context, op, k), partial(check_input, again, op, rule, k)) for k in inputs]


def _source_parts(again: Again, question: CheckQuestion) -> list[Part]:
    """The rules of the script's own that a call went through, then its sources."""
    context, parts = again.context, list[Part]()
    for call in context.step.calls:
        if question.call not in (0, call):
            continue
        own = _own_rules(again, call)
        if question.source < 0:
            parts += own
        blame = _Blame(own)
        started = context.step.calls[call].started
        for of, number in again.wide.answers:
            if of == call and question.source in (-1, number) and _real(_either(again, call, number)):
                name = source_name(context, started.sources[number])
                parts.append((name, partial(_check_source, again, call, number, name, blame)))
    if not parts and question.call:
        raise ReplayError("this gradient call gave no gradient that could be checked")
    return parts


def _own_rules(again: Again, call: int) -> list[Part]:
    found: list[Part] = []
    for rule in again.context.step.calls[call].steps:
        op = again.context.step.ops.get(rule.op)
        if op is not None and op.seq in again.wide.own:
            found += _parts_of(again, op, rule, real_inputs(again.context, op, rule))
    return found


class _Blame:
    """Which rules of the script's own are to blame for what a call gave; found out when somebody asks."""

    def __init__(self, own: Sequence[Part]) -> None:
        self._own = own
        self._found: list[Checked] | None = None

    def _checked(self, looking: Looking) -> list[Checked]:
        if self._found is None:
            self._found = [checked(looking._replace(elements=_OWN)) for _, checked in self._own]
        return self._found

    def wrong(self, behind: set[int], looking: Looking) -> tuple[str, ...]:
        """Those among the ops ``behind`` a source that are wrong, as ``cube (line 11)``."""
        found = [one for one in self._checked(looking) if one.verdict == WRONG and one.op in behind]
        return tuple(dict.fromkeys(f"{one.op_type} (line {one.line})" for one in found))

    def unknown(self, behind: set[int], looking: Looking) -> bool:
        """Whether there is one among them that nobody can judge."""
        return any(one.verdict == UNKNOWN and one.op in behind for one in self._checked(looking))


def _recorded(again: Again, call: int, number: int) -> np.ndarray | None:
    sent = answer_of(again.context.step.calls[call], number)
    return again.context.value(sent) if sent else None


def _either(again: Again, call: int, number: int) -> np.ndarray | None:
    """A gradient by the rules; as it was recorded where only a rule of the script's own sends one."""
    found = again.wide.answers[call, number]
    return found if found is not None else _recorded(again, call, number)


def _real(gradient: np.ndarray | None) -> bool:
    return gradient is not None and bool(gradient.size) and gradient.dtype.kind == "f"


def _check_source(again: Again, call: int, number: int, name: str, blame: _Blame, looking: Looking) -> Checked:
    context, wide = again.context, again.wide
    started = context.step.calls[call].started
    source = started.sources[number]
    moved = frozenset(context.versions.get(source.variable, set()) if source.variable else {source.tensor})
    at = next((wide.values[tensor] for tensor in moved if tensor in wide.values), None)
    gradient, recorded = wide.answers[call, number], _recorded(again, call, number)
    if at is None:
        raise ReplayError(f"“{name}” is read by no op of step {context.step.index + 1}")
    seeded = len(started.seeds) == len(started.targets)
    weights = [again.value(seed) for seed in started.seeds] if seeded else [1.0] * len(started.targets)
    slopes = Slopes(_computed(again, call, moved), at, weights)
    if recorded is not None and recorded.shape != at.shape:
        recorded = None
    found = judged(slopes, recorded, gradient, looking)
    verdict, why = found.verdict, ""
    culprits: tuple[str, ...] = ()
    if verdict in (ROUNDED, WRONG):
        forward = [op for op in context.step.ops.values() if not op.call]
        computed = reached(forward, set(moved))
        behind = {op.seq for op in forward if not computed.isdisjoint(op.inputs)}
        culprits = blame.wrong(behind, looking)
        if culprits:
            verdict = WRONG
        elif blame.unknown(behind, looking):
            verdict, why = UNKNOWN, _AWAY
        elif found.worst.recorded is not None and not np.isfinite(found.worst.recorded):
            why = _OVERFLOW
    elif verdict == UNKNOWN:
        why = BEGAN
    return Checked(
        name,
        call,
        context.line(started.site),
        verdict,
        found.worst,
        found.elements,
        at.size,
        culprits,
        source=number,
        errors=found.errors,
        why=why,
    )


def _computed(again: Again, call: int, moved: frozenset[int]) -> Computed:
    """The targets of a call, as a function of one of its sources."""
    context, wide = again.context, again.wide
    started = context.step.calls[call].started
    forward = [op for op in context.step.ops.values() if not (op.call or op.error)]
    passing = [op for op in forward if _passes(op, started.tape)]
    answers = {one.tensor for of in context.step.calls.values() if of.finished for one in of.finished.results}
    if answers.isdisjoint(leading(passing, set(started.targets))):
        return Forward(context, passing, wide.values, moved, started.targets, wide.own)
    # The target is computed from a gradient: the backward pass that made it is worked out again, too.
    stay = [_holding(t, wide.values[t]) for op in forward if op not in passing for t in op.outputs if t in wide.values]

    def computed(changed: np.ndarray) -> list[np.ndarray]:
        again = rerun(context, Edits((*stay, Edit(moved, lambda _: changed))), wide=True)
        return [again.values[tensor] for tensor in started.targets]

    return computed


def _passes(op: Op, tape: int) -> bool:
    """Whether a gradient of a tape passes an op. What it does not pass stays as it is while a source is varied, or the
    quotient would not be the gradient.
    """
    if op.stopped or op.op == "StopGradient" or tape not in op.tapes:
        return False
    return bool(op.on_path >> op.tapes.index(tape) & 1)


def _holding(tensor: int, value: np.ndarray) -> Edit:
    return Edit(frozenset({tensor}), lambda _: value)
