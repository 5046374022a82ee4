"""Who sent a gradient: where several ops read a value, the contribution of each of them to its gradient."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from tapeview.explain.context import Context
from tapeview.trace import names
from tapeview.trace.query import GradientCall, Recording, Step
from tapeview.trace.records import BackwardStep, Tensor

NOT_KEPT = (
    "Not all of these values were kept in this step; record with --keep-steps all, and --keep-values SIZE for tensors "
    "beyond 4M, to have them."
)


class Contribution(msgspec.Struct, frozen=True):
    """What one op sent. ``op`` is its ``seq`` (0 = the gradient that the call began with) and ``input`` the number of
    its input that reads the value; ``position`` is the place in the step at which its rule was applied. ``norm`` is
    Euclidean. ``share`` is the norm's part of the sum of all contributions' norms, ``cosine`` that of the angle
    between the contribution and the whole gradient: 1 along it, 0 across, -1 against it. ``running`` is the norm of
    the sum after it was added. None: not known.
    """

    position: int
    op: int
    op_name: str
    input: int
    line: int
    name: str
    tensor: int
    norm: float | None
    share: float | None
    cosine: float | None
    total: int
    running: float | None


class FanOut(msgspec.Struct, frozen=True):
    """The contributions to the gradient of ``subject`` in gradient call ``call``, in the order in which they came.
    ``tensor`` is their sum and ``norm`` its norm (None: not known). ``note`` tells what is not known, and why.
    """

    subject: str
    step: int
    call: int
    tensor: int
    norm: float | None
    contributions: tuple[Contribution, ...]
    note: str = ""


def fan_out(recording: Recording, step: Step, tensor: int, call: int) -> FanOut:
    """Who sent the gradient of a tensor, or of the variable whose version it is, in one gradient call."""
    context = Context(recording, step)
    return fan_out_of(context, step.calls[call], same(context, tensor), context.label(tensor))


def same(context: Context, tensor: int) -> set[int]:
    """The tensors whose gradients are one: the versions of a variable, else the tensor alone."""
    variable = context.variable_of(tensor)
    return {tensor} | context.versions.get(variable, set()) if variable else {tensor}


def fan_out_of(context: Context, call: GradientCall, tensors: set[int], subject: str) -> FanOut:
    """Who sent the gradient of some tensors, whose gradients are added up."""
    found: list[Contribution] = []
    kept = True
    started = call.started
    for seed, target in zip(started.seeds, started.targets, strict=False):
        if target in tensors and seed:
            place = context.line(started.site)
            norm = norm_of(context, seed)
            found.append(Contribution(-1, 0, "", -1, place, "", seed, norm, None, None, seed, norm))
    for position, record in _sent(context, call, tensors):
        op = context.op_of(record)
        for k, tensor in enumerate(op.inputs if op is not None else ()):
            if op is None or tensor not in tensors or k >= len(record.contributions) or not record.contributions[k]:
                continue
            total = record.totals[k] if k < len(record.totals) else 0
            label = names.tensor_label(context.recording, context.step, op.outputs[0]) if op.outputs else ""
            found.append(
                Contribution(
                    position,
                    op.seq,
                    op.op,
                    k,
                    context.line(op.site),
                    "" if label == op.op else label,
                    record.contributions[k],
                    norm_of(context, record.contributions[k]),
                    None,
                    None,
                    total,
                    norm_of(context, total),
                )
            )
    total = found[-1].total if found else 0
    whole = context.value(total) if total else None
    sum_of_norms = sum(one.norm or 0.0 for one in found)
    told = []
    for one in found:
        cosine = _cosine(context.value(one.tensor), whole) if len(found) > 1 else 1.0
        share = one.norm / sum_of_norms if one.norm is not None and sum_of_norms > 0 else None
        kept &= one.norm is not None and (
            len(found) == 1 or (whole is not None and context.value(one.tensor) is not None)
        )
        told.append(msgspec.structs.replace(one, share=share if kept or share is not None else None, cosine=cosine))
    return FanOut(
        subject,
        context.step.index,
        started.call,
        total,
        norm_of(context, total),
        tuple(told),
        "" if kept else NOT_KEPT,
    )


def gradients(recording: Recording, name: str, step: int | None = None) -> list[FanOut]:
    """Who sent the gradient of what the user calls ``name``, for each gradient call that reached it.

    Args:
        step: where to look; None takes the last step in which there is such a gradient.

    Raises:
        IndexError: there is no such step.
    """
    for index in (step,) if step is not None else range(recording.step_count - 1, -1, -1):
        context = Context(recording, recording.step(index))
        found = []
        for call in context.step.calls.values():
            for tensors in called(context, name):
                told = fan_out_of(context, call, tensors, name)
                if told.contributions:
                    found.append(told)
        if found:
            return found
    return []


def called(context: Context, name: str) -> list[set[int]]:
    """What a step has under a name: the versions of a variable, or tensors that go by it; the exact name first, else
    paths that end with it.
    """
    recording, step = context.recording, context.step
    known = {variable: names.variable_name(recording, one) for variable, one in recording.variables().items()}
    exact = {variable for variable, text in known.items() if text == name}
    ending = {variable for variable, text in known.items() if text.endswith(f"/{name}")}
    for several in (exact, ending):
        found = [context.versions[variable] for variable in several if variable in context.versions]
        if found:
            return found
    made = [t for op in step.ops.values() if not op.call for t in op.outputs]
    given = [r.id for r in step.records if isinstance(r, Tensor) and r.origin in ("constant", "outside")]
    return [{t} for t in (*made, *given) if names.tensor_label(recording, step, t) == name]


def norm_of(context: Context, tensor: int) -> float | None:
    """The Euclidean norm of a tensor; None if it is not known or not finite."""
    stats = context.stats(tensor) if tensor else None
    if stats is None or stats.nans or stats.infs or not np.isfinite(stats.norm):
        return None
    return stats.norm


def _cosine(part: np.ndarray | None, whole: np.ndarray | None) -> float | None:
    if part is None or whole is None or part.shape != whole.shape or part.dtype.kind != "f":
        return None
    with np.errstate(all="ignore"):
        a, b = part.reshape(-1).astype(np.float64), whole.reshape(-1).astype(np.float64)
        a, b = (one / (np.abs(one).max() or 1.0) for one in (a, b)) if a.size else (a, b)
        length = float(np.linalg.norm(a) * np.linalg.norm(b))
        found = float(a @ b) / length if length > 0 else float("nan")
    return max(-1.0, min(1.0, found)) if np.isfinite(found) else None


def _sent(context: Context, call: GradientCall, tensors: set[int]) -> Iterator[tuple[int, BackwardStep]]:
    """The applied rules that may have sent to these tensors, each with its position."""
    step, home = context.step, context.home(call.started.tape)
    if home is None or home[0] is not step:  # who reads them is known in the step of the tape
        places = [place for several in step.backward_of_op.values() for place in several]
    else:
        readers = {seq for tensor in tensors for seq, _ in step.consumers.get(tensor, ())}
        places = [place for seq in readers for place in step.backward_of_op.get(seq, ())]
    for place in sorted(places):
        record = step.positions[place].record
        if isinstance(record, BackwardStep) and record.call == call.started.call:
            yield place, record
