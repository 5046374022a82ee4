"""Where a NaN or an Inf began: the first op or rule that made it from healthy inputs, and what it poisoned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tapeview.explain import code
from tapeview.explain.context import Context
from tapeview.explain.elements import responsible
from tapeview.explain.finding import ERROR, NOTE, Finding, Hop
from tapeview.explain.nonfinite_words import words
from tapeview.trace import names
from tapeview.trace.query import Recording, Step
from tapeview.trace.records import Assigned, BackwardStep, Op, Tensor
from tapeview.trace.values import dtype_of

_LONGEST_PATH = 30
_MOST_NAMES = 12


@dataclass(frozen=True)
class Made:
    """How a bad tensor came about. ``parents`` are the bad tensors it came from; with none it begins here."""

    tensor: int
    position: int
    record: Op | BackwardStep | Assigned | Tensor
    op: Op | None
    input: int
    parents: tuple[int, ...]

    @property
    def backward(self) -> bool:
        return isinstance(self.record, BackwardStep)


def explain_nonfinite(context: Context, *, inherited: bool = False) -> Iterator[Finding]:
    """A finding for each place of a step at which NaN or Inf began.

    Args:
        inherited: whether to tell also of variables that were bad before the step, and where that began.
    """
    if healthy(context.recording, context.step):
        return
    found = _made(context)
    children: dict[int, list[int]] = {}
    for made in found.values():
        for parent in made.parents:
            children.setdefault(parent, []).append(made.tensor)
    important = _important(context)
    seen: set[int] = set()
    for made in sorted(found.values(), key=lambda one: (one.position, one.tensor)):
        if made.parents:
            continue
        key = made.op.seq if made.op is not None else -made.tensor
        if key in seen:
            continue
        seen.add(key)
        same = [
            one.tensor
            for one in found.values()
            if not one.parents and made.op is not None and one.op is not None and one.op.seq == key
        ]
        poisoned = sorted(_descendants(same or [made.tensor], children), key=lambda t: found[t].position)
        reached = [tensor for tensor in poisoned if tensor in important]
        if isinstance(made.record, Tensor):
            if made.record.variable and not inherited:
                continue
            if made.record.variable or reached:
                yield from _outside(context, made, found, poisoned, reached, important)
            continue
        # The rule may have begun it where the op's own Inf was left out by a tf.where, and then the rule counts.
        backward = [t for t in same if found[t].backward]
        first = made
        if backward and not made.backward:
            forward = _descendants([made.tensor], children)
            if not any(t in important for t in forward):
                first = found[backward[0]]
        yield _finding(context, first, found, poisoned, reached, important)


def healthy(recording: Recording, step: Step) -> bool:
    """Whether no recorded value of a step has a NaN or an Inf: a quick look at all of them together."""
    inline: dict[str, list[bytes]] = {}
    for record in step.records:
        if not isinstance(record, Tensor):
            continue
        if record.stats is not None:
            if record.stats.nans or record.stats.infs:
                return False
        elif record.data and record.dtype.startswith(("float", "complex", "bfloat")):
            inline.setdefault(record.dtype, []).append(record.data)
    for dtype, pieces in inline.items():
        kind = dtype_of(dtype)
        if kind is None or dtype == "bfloat16":
            continue
        data = b"".join(pieces)
        if len(data) % kind.itemsize == 0 and not np.isfinite(np.frombuffer(data, kind)).all():
            return False
    # What the step got from before it: versions of variables that it only reads.
    return not any(_bad_record(recording, tensor) for tensor in step.consumers if tensor not in step.made_by)


def _bad_record(recording: Recording, tensor: int) -> bool:
    try:
        record = recording.tensor(tensor)
    except KeyError:
        return False
    if not record.dtype.startswith(("float", "complex", "bfloat")):
        return False
    stats = recording.stats(tensor)
    return stats is not None and bool(stats.nans or stats.infs)


def _made(context: Context) -> dict[int, Made]:
    """Every bad tensor of a step, with how it came about."""
    bad: dict[int, bool] = {}

    def is_bad(tensor: int) -> bool:
        if tensor not in bad:
            bad[tensor] = bool(tensor) and _bad_record(context.recording, tensor)
        return bad[tensor]

    found: dict[int, Made] = {}

    def note(tensor: int, position: int, record: Op | BackwardStep | Assigned, op: Op | None, number: int,
             parents: Iterable[int]) -> None:  # fmt: skip
        if tensor in found or not is_bad(tensor):
            return
        from_what = tuple(dict.fromkeys(t for t in parents if t != tensor and is_bad(t)))
        found[tensor] = Made(tensor, position, record, op, number, from_what)
        for parent in from_what:
            given = context.tensor(parent)
            if parent not in found and given is not None:
                found[parent] = Made(parent, -1, given, None, -1, ())

    sums: dict[tuple[int, int], int] = {}
    for position in context.step.positions:
        record = position.record
        if isinstance(record, Op):
            for output in record.outputs:
                note(output, position.index, record, record, -1, record.inputs)
        elif isinstance(record, BackwardStep):
            op = context.step.ops.get(record.op) or _op_elsewhere(context, record)
            inputs = op.inputs if op is not None else ()
            used = _saved(context, op) if op is not None else ()
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
    return found


def _op_elsewhere(context: Context, step: BackwardStep) -> Op | None:
    call = context.step.calls.get(step.call)
    home = context.home(call.started.tape) if call is not None else None
    return home[0].ops.get(step.op) if home is not None else None


def _saved(context: Context, op: Op) -> tuple[int, ...]:
    """The tensors of the forward pass that an op's rules read; all of them if it is not known which."""
    info = context.recording.op_info(op.op)
    if info is None or (not info.saved and not any(info.rules)):
        return (*op.inputs, *op.outputs)
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


def _important(context: Context) -> dict[int, str]:
    """Targets, gradients of sources and new versions of variables, under the user's names."""
    known = context.recording.variables()
    found: dict[int, str] = {}
    for call in context.step.calls.values():
        for target in call.started.targets:
            label = context.label(target)
            found[target] = label if "(" not in label else "the target"
        if call.finished is None:
            continue
        for source, answer in zip(call.started.sources, call.finished.results, strict=False):
            if answer.tensor:
                variable = known.get(source.variable)
                name = (
                    names.variable_name(context.recording, variable)
                    if variable is not None
                    else context.label(source.tensor)
                )
                found.setdefault(answer.tensor, f"the gradient of {name}")
    for position in context.step.positions:
        record = position.record
        if isinstance(record, Assigned) and record.variable in known:
            found[record.tensor] = f"{names.variable_name(context.recording, known[record.variable])} after its update"
    return found


def _descendants(starts: list[int], children: dict[int, list[int]]) -> list[int]:
    found, waiting = dict.fromkeys(starts), list(starts)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found[child] = None
                waiting.append(child)
    return list(found)


def _path(context: Context, first: Made, found: dict[int, Made], reached: list[int]) -> tuple[Hop, ...]:
    """From the beginning to the first important thing that it reached, on a shortest way."""
    if not reached:
        return (_hop(context, first),)
    children: dict[int, list[int]] = {}
    for made in found.values():
        for parent in made.parents:
            children.setdefault(parent, []).append(made.tensor)
    came: dict[int, int] = {first.tensor: 0}
    level = [first.tensor]
    goals = {reached[0]}
    end = first.tensor if first.tensor in goals else 0
    while level and not end:
        after: list[int] = []
        for tensor in level:
            for child in children.get(tensor, ()):
                if child not in came:
                    came[child] = tensor
                    after.append(child)
        end = next((tensor for tensor in after if tensor in goals), 0)
        level = after
    way: list[Hop] = []
    while end:
        way.append(_hop(context, found[end]))
        end = came.get(end, 0)
    return tuple(way[::-1][:_LONGEST_PATH]) or (_hop(context, first),)


def _hop(context: Context, made: Made) -> Hop:
    stats = context.stats(made.tensor)
    how = ""
    if stats is not None:
        how = ", ".join(f"{count} {word}" for count, word in ((stats.nans, "NaN"), (stats.infs, "Inf")) if count)
    if made.op is not None:
        return Hop(made.op.seq, made.op.op, made.tensor, context.line(made.op.site), how, made.backward)
    if isinstance(made.record, Assigned):
        return Hop(0, made.record.how, made.tensor, context.line(made.record.site), how)
    return Hop(0, "given", made.tensor, 0, how)


def _finding(
    context: Context,
    made: Made,
    found: dict[int, Made],
    poisoned: list[int],
    reached: list[int],
    important: dict[int, str],
) -> Finding:
    elements = responsible(context, made)
    op = made.op
    site = op.site if op is not None else made.record.site if isinstance(made.record, Assigned) else 0
    file, line = code.place(context.recording, site)
    masked = (
        made.backward
        and op is not None
        and not any(
            t in important for t in poisoned if not found[t].backward and not isinstance(found[t].record, Assigned)
        )
    )
    subject = important[reached[0]] if reached else context.label(made.tensor)
    cause, text, advice = words(context, made, elements, line, subject, masked and _chosen(context, op))
    return Finding(
        "nonfinite",
        cause,
        ERROR if reached else NOTE,
        context.step.index,
        subject,
        op.seq if op is not None else 0,
        op.op if op is not None else "",
        made.input if made.backward else elements.input,
        site,
        file,
        line,
        made.tensor,
        text,
        advice,
        _path(context, made, found, reached),
        _names(important, reached),
        elements.texts,
        made.backward,
    )


def _chosen(context: Context, op: Op | None) -> bool:
    """Whether the op's result goes into a choice between two: what was left out still gets a gradient of 0."""
    waiting, seen = list(op.outputs) if op is not None else [], set[int]()
    while waiting:
        for seq, _ in context.step.consumers.get(waiting.pop(), ()):
            user = context.step.ops[seq]
            if user.op in ("SelectV2", "Select", "Where"):
                return True
            if seq not in seen and not user.call:
                seen.add(seq)
                waiting += user.outputs
    return False


def _names(important: dict[int, str], reached: list[int]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(important[tensor] for tensor in reached))[:_MOST_NAMES]


def _outside(
    context: Context,
    made: Made,
    found: dict[int, Made],
    poisoned: list[int],
    reached: list[int],
    important: dict[int, str],
) -> Iterator[Finding]:
    """It was bad when the step got it: a constant, data, or a variable."""
    record = made.record
    assert isinstance(record, Tensor)
    name = context.label(made.tensor)
    use = next(iter(context.step.consumers.get(made.tensor, ())), None)
    op = context.step.ops[use[0]] if use is not None else None
    site = op.site if op is not None else 0
    file, line = code.place(context.recording, site)
    stats = context.stats(made.tensor)
    what = "NaN" if stats is not None and stats.nans else "Inf"
    elements = responsible(context, made)
    where = f" ({', '.join(elements.texts)})" if elements.texts else ""
    if record.variable:
        cause, level = "bad before the step", ERROR
        text = f"The variable “{name}” held {what} already when this step began{where}."
        advice = "Look at the earlier step in which it began; nothing in this step made it."
    else:
        made_by = f", the result of {record.made_by} outside every tape" if record.made_by else ""
        cause, level = "bad data", ERROR if reached else NOTE
        text = f"{what} came in with “{name}”{where}{made_by}, which the op in line {line} reads."
        advice = f"Check the data: tf.debugging.check_numerics({name}, …) or np.isfinite, and where it comes from."
    yield Finding(
        "nonfinite",
        cause,
        level,
        context.step.index,
        important[reached[0]] if reached else name,
        op.seq if op is not None else 0,
        op.op if op is not None else "",
        use[1] if use is not None else -1,
        site,
        file,
        line,
        made.tensor,
        text,
        advice,
        _path(context, made, found, reached),
        _names(important, reached),
        elements.texts,
    )
