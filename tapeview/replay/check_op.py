"""Is the rule of one op right: what it sent to each input, against finite differences of that op alone."""

from __future__ import annotations

import numpy as np

from tapeview.engine.op import OPS, execute, execute_many
from tapeview.engine.tape import GradientTape
from tapeview.engine.tensor import EagerTensor
from tapeview.explain.context import Context
from tapeview.explain.questions import UNKNOWN, Checked, Element
from tapeview.replay.again import Again
from tapeview.replay.alone import alone
from tapeview.replay.attrs import restored, widened
from tapeview.replay.judging import Judged, Looking, judged
from tapeview.replay.rerun import ReplayError
from tapeview.replay.slopes import Forward, Slopes, computing
from tapeview.replay.updates import DRAWING
from tapeview.trace.records import BackwardStep, Op

BEGAN = "What is computed, or the gradient that arrives, is NaN or Inf here: ask first where that began."
_AWAY = "What it computes did not come from this input by ops of the recording: it left to NumPy, or was given."


def inputs_of(context: Context, op: Op, rule: BackwardStep) -> list[int]:
    """The numbers of the inputs to which an op's rule sent something that can be checked.

    Raises:
        ReplayError: there is nothing to check.
    """
    where = f"{op.op} in line {context.line(op.site)}"
    if op.op.startswith(DRAWING):
        raise ReplayError(f"{where} draws random numbers: it has no slope that could be measured")
    found = real_inputs(context, op, rule)
    if not found:
        raise ReplayError(f"{where} sent no real gradient to anything: there is nothing to check")
    return found


def real_inputs(context: Context, op: Op, rule: BackwardStep) -> list[int]:
    """The numbers of the inputs to which an op's rule sent real numbers."""
    found = []
    for number, (tensor, sent) in enumerate(zip(op.inputs, rule.contributions, strict=False)):
        record = context.tensor(tensor)
        if op.op not in OPS and tensor in op.inputs[:number]:
            continue  # what a function of the script's own is given twice is varied at both places
        if sent and record is not None and record.dtype.startswith(("float", "bfloat")) and np.prod(record.shape) > 0:
            found.append(number)
    return found


def check_input(again: Again, op: Op, rule: BackwardStep, number: int, looking: Looking) -> Checked:
    """Checks what an op's rule sent to one of its inputs.

    Raises:
        ReplayError: values are missing, or the op cannot be worked out from what was recorded.
    """
    context = again.context
    size = int(np.prod(again.value(op.inputs[number]).shape))
    found = _own(again, op, rule, number, looking) if op.op not in OPS else _known(again, op, rule, number, looking)
    return Checked(
        input_name(context, op, number),
        rule.call,
        context.line(op.site),
        found.verdict,
        found.worst,
        found.elements,
        size,
        source=number,
        op=op.seq,
        op_type=op.op,
        errors=found.errors,
        why=_AWAY if not found.elements else BEGAN if found.verdict == UNKNOWN else "",
    )


def input_name(context: Context, op: Op, number: int) -> str:
    """What an input of an op is called: by the user, by the op, or by its number."""
    label = context.label(op.inputs[number])
    if label != "this value":
        return label
    names = OPS[op.op].input_names if op.op in OPS else ()
    return names[number] if number < len(names) else f"input {number + 1}"


def _known(again: Again, op: Op, rule: BackwardStep, number: int, looking: Looking) -> Judged:
    """An op of the engine's: its rule is worked out in float64."""
    inputs = [again.value(tensor) for tensor in op.inputs]
    weighted = [(k, again.value(up)) for k, up in enumerate(rule.upstream) if up]
    run = computing(again.context, op)

    def computed(changed: np.ndarray) -> list[np.ndarray]:
        made = run(*inputs[:number], changed, *inputs[number + 1 :])
        return [made[k] for k, _ in weighted]

    slopes = Slopes(computed, inputs[number], [weight for _, weight in weighted])
    sent = _sent(op, inputs, weighted, number, [one.shape for one in run(*inputs)])
    return judged(slopes, _recorded(again, rule, number, inputs[number].shape), sent, looking)


def _sent(
    op: Op, inputs: list[np.ndarray], weighted: list[tuple[int, np.ndarray]], number: int, shapes: list[tuple[int, ...]]
) -> np.ndarray | None:
    """What the rule sends to an input, in float64; ``shapes`` are those of the op's results."""
    attrs = widened(restored(op.attrs))
    given = tuple(EagerTensor(array) for array in inputs)
    with alone(), GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(given[number])
        made: tuple[EagerTensor, ...] = (execute(OPS[op.op], given, attrs),) if len(shapes) == 1 else ()
        if [one._array.shape for one in made] != shapes:
            made = execute_many(OPS[op.op], given, attrs)
        targets = [made[k] for k, _ in weighted]
        found = tape.gradient(targets, given[number], output_gradients=[EagerTensor(one) for _, one in weighted])
    dense = found._densify() if hasattr(found, "_densify") else found
    return dense._array if dense is not None else None


def _own(again: Again, op: Op, rule: BackwardStep, number: int, looking: Looking) -> Judged:
    """An op with a rule of the script's own: what it sent is held against the slope of the ops inside it."""
    context, wide, tensor = again.context, again.wide, op.inputs[number]
    held = set(op.inputs) - {tensor}
    inner = [
        one
        for one in context.step.ops.values()
        if one.seq < op.seq and not (one.call or one.error or one.stopped or one.op == "StopGradient")
        if held.isdisjoint(one.outputs)
    ]
    weighted = [(k, again.value(up)) for k, up in enumerate(rule.upstream) if up]
    inside = wide.own.get(op.seq, ())
    targets = [inside[k] for k, _ in weighted] if inside else []
    forward = Forward(context, inner, wide.values, frozenset({tensor}), targets, wide.own)
    same = [k for k, one in enumerate(op.inputs) if one == tensor]
    parts = [_recorded(again, rule, k, wide.values[tensor].shape) for k in same]
    recorded = sum((one for one in parts if one is not None), np.zeros(wide.values[tensor].shape))
    if not forward.depends:
        index = tuple(int(k) for k in np.unravel_index(int(np.argmax(np.abs(recorded))), recorded.shape))
        return Judged(UNKNOWN, Element(index, float(recorded[index]), None, float("nan")), (), None)
    return judged(Slopes(forward, wide.values[tensor], [w for _, w in weighted]), recorded, None, looking)


def _recorded(again: Again, rule: BackwardStep, number: int, shape: tuple[int, ...]) -> np.ndarray | None:
    found = again.context.value(rule.contributions[number])
    return found if found is not None and found.shape == shape else None
