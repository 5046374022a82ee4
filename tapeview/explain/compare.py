"""What changed between two steps, of one recording or of two: ops that came or went, values, gradients, updates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import msgspec
import numpy as np

from tapeview.explain.alignment import aligned
from tapeview.explain.context import Context, source_name
from tapeview.trace import names
from tapeview.trace.query import Recording
from tapeview.trace.records import Assigned, BackwardStep, Op, Stats

SAME, CHANGED, GONE, NEW, UNKNOWN = "same", "changed", "gone", "new", "unknown"
DIFFERENT = (CHANGED, GONE, NEW)
"""The states that are a difference."""

TOLERANCE = 1e-5
"""Relative differences up to this are called the same unless another one is given: what another order of additions in
float32 explains."""

Pair = tuple[int, int]
Values = tuple[np.ndarray | None, np.ndarray | None]


class Difference(msgspec.Struct, frozen=True):
    """One event of either step. ``phase`` is ``"input"`` (what the first op that reads it was given from outside the
    step), ``"forward"``, ``"backward"`` or ``"update"``; ``first`` and ``second`` are the places of it in the steps'
    positions (-1 = not there). ``state`` is ``"same"``, ``"changed"``, ``"gone"`` (only
    in the first), ``"new"`` (only in the second) or ``"unknown"`` (values were not kept).

    ``difference`` is the largest |a - b| over the elements divided by the largest |a| or |b|: 0 = equal, 2 = opposite;
    infinite for other shapes and where only one is finite; None if not known. ``norms`` are Euclidean, None if not
    known, ``tensors`` the results. ``exact`` tells whether elements were compared, and not only statistics; ``why``
    says in words why a difference is infinite.
    """

    phase: str
    name: str
    op: str
    line: int
    state: str
    first: int
    second: int
    difference: float | None
    norms: tuple[float | None, float | None]
    tensors: tuple[int, int]
    exact: bool = True
    why: str = ""


class Comparison(msgspec.Struct, frozen=True):
    """All events of two steps, in the order in which they happened; ``first_difference`` is the place in ``rows`` of
    the first that is not the same and not unknown, -1 if there is none.
    """

    steps: Pair
    rows: tuple[Difference, ...]
    first_difference: int

    def counts(self) -> dict[str, int]:
        """How many rows there are of each state."""
        return {state: sum(row.state == state for row in self.rows) for state in (SAME, CHANGED, GONE, NEW, UNKNOWN)}


class _Event(msgspec.Struct, frozen=True):
    """What happened at a position. ``key`` is equal for events that may be matched."""

    key: tuple[str, ...]
    phase: str
    name: str
    op: str
    line: int
    position: int
    tensor: int


def compare(
    first: Recording,
    step: int,
    second: Recording,
    other: int,
    *,
    tolerance: float = TOLERANCE,
    stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[float], object] = lambda share: None,
) -> Comparison:
    """What is different in step ``other`` of the second recording from ``step`` of the first, which may be the same.

    Args:
        tolerance: relative differences up to this are the same.
        stopped: asked before each row; once it says True, the rows so far are all.
        progress: told before each row which share of the work is done, from 0 to 1.

    Raises:
        IndexError: there is no such step.
    """
    a, b = Context(first, first.step(step)), Context(second, second.step(other))
    rows: list[Difference] = []
    ours, theirs = list(_events(a)), list(_events(b))
    pairs = list(aligned([one.key for one in ours], [one.key for one in theirs]))
    for number, (i, j) in enumerate(pairs):
        if stopped():
            break
        progress(number / len(pairs))
        rows.append(_row(a, b, ours[i] if i >= 0 else None, theirs[j] if j >= 0 else None, tolerance))
    found = (n for n, row in enumerate(rows) if row.state in DIFFERENT)
    return Comparison((step, other), tuple(rows), next(found, -1))


def judged(rows: Sequence[Difference], tolerance: float) -> tuple[Difference, ...]:
    """The same rows with another tolerance."""
    found = []
    for row in rows:
        if row.state in (SAME, CHANGED) and row.difference is not None:
            state = CHANGED if row.difference > tolerance else SAME
            row = row if row.state == state else msgspec.structs.replace(row, state=state)
        found.append(row)
    return tuple(found)


def _events(context: Context) -> Iterator[_Event]:
    variables = {k: names.variable_name(context.recording, v) for k, v in context.recording.variables().items()}
    given = set[int]()
    for position in context.step.positions:
        record = position.record
        if isinstance(record, Op):
            for tensor in record.inputs if not record.call else ():
                if tensor not in context.step.made_by and tensor not in given:
                    given.add(tensor)
                    name = context.label(tensor)
                    kind = "variable" if context.variable_of(tensor) else "constant"
                    line = context.line(record.site)
                    yield _Event(("input", name), "input", name, kind, line, position.index, tensor)
            tensor = record.outputs[0] if record.outputs else 0
            name = context.label(tensor) if tensor and not record.call else record.op
            phase = "backward" if record.call else "forward"
            line = context.line(record.site)
            yield _Event((phase, record.op, name), phase, name, record.op, line, position.index, tensor)
        elif isinstance(record, Assigned):
            name = variables.get(record.variable, "")
            line = context.line(record.site)
            yield _Event(("update", name), "update", name, record.how, line, position.index, record.tensor)
        else:
            yield from _rule(context, record, position.index)
    yield from _answers(context)


def _rule(context: Context, record: BackwardStep, position: int) -> Iterator[_Event]:
    op = context.op_of(record)
    for k, tensor in enumerate(record.contributions):
        if tensor and op is not None and k < len(op.inputs):
            name = f"∂ {context.label(op.inputs[k])}"
            key = ("rule", op.op, str(k), name)
            yield _Event(key, "backward", name, op.op, context.line(op.site), position, tensor)


def _answers(context: Context) -> Iterator[_Event]:
    """The gradients that calls returned; each is there when the last rule of its call was applied."""
    positions = context.step.positions
    ends = {one.record.call: one.index for one in positions if isinstance(one.record, BackwardStep)}
    for id, call in context.step.calls.items():
        if call.finished is None:
            continue
        last = ends.get(id, len(positions) - 1)
        line = context.line(call.started.site)
        for source, answer in zip(call.started.sources, call.finished.results, strict=False):
            name = f"gradient of {source_name(context, source)}"
            yield _Event(("answer", name), "backward", name, call.started.kind, line, last, answer.tensor)


def _row(a: Context, b: Context, ours: _Event | None, theirs: _Event | None, tolerance: float) -> Difference:
    event = theirs or ours
    assert event is not None
    tensors = (ours.tensor if ours else 0, theirs.tensor if theirs else 0)
    values = (_value(a, tensors[0]), _value(b, tensors[1]))
    norms = (_norm(a, tensors[0], values[0]), _norm(b, tensors[1], values[1]))
    difference, exact, why = None, True, ""
    if ours is None or theirs is None:
        state = NEW if ours is None else GONE
    elif not tensors[0] or not tensors[1]:
        # A gradient that is None on one side only is a change that no number measures.
        state, difference = (SAME, 0.0) if tensors[0] == tensors[1] else (CHANGED, math.inf)
        why = "None in one of them" if tensors[0] != tensors[1] else ""
    else:
        difference, exact, why = _apart(a, b, tensors, values)
        state = UNKNOWN if difference is None else CHANGED if difference > tolerance else SAME
    return Difference(
        event.phase,
        event.name,
        event.op,
        event.line,
        state,
        ours.position if ours else -1,
        theirs.position if theirs else -1,
        difference,
        norms,
        tensors,
        exact,
        why,
    )


def _apart(a: Context, b: Context, tensors: Pair, values: Values) -> tuple[float | None, bool, str]:
    """The relative difference of two tensors, whether their elements were compared, and why it is infinite."""
    ours, theirs = a.tensor(tensors[0]), b.tensor(tensors[1])
    if ours is not None and theirs is not None and ours.shape != theirs.shape:
        return math.inf, True, f"shape {ours.shape} and {theirs.shape}"
    x, y = values
    found = relative(x, y) if x is not None and y is not None else None
    if found is not None and math.isfinite(found):
        return found, True, ""
    s, t = a.stats(tensors[0]), b.stats(tensors[1])
    if s is not None and t is not None and (s.nans, s.infs) != (t.nans, t.infs):
        return math.inf, found is not None, f"{_bad(s)} and {_bad(t)}"
    if found is not None:
        return found, True, "texts that differ" if s is None else "elements that are not finite"
    if s is None or t is None:
        return None, False, ""
    several = [(s.minimum, t.minimum), (s.maximum, t.maximum), (s.mean, t.mean), (s.norm, t.norm)]
    known = [(one, two) for one, two in several if math.isfinite(one) and math.isfinite(two)]
    return max((relative(np.asarray(one), np.asarray(two)) for one, two in known), default=0.0), False, ""


def _bad(stats: Stats) -> str:
    words = [f"{count} {word}" for count, word in ((stats.nans, "NaN"), (stats.infs, "Inf")) if count]
    return ", ".join(words) or "all finite"


def relative(x: np.ndarray, y: np.ndarray) -> float:
    """The largest |x - y| divided by the largest |x| or |y|, of two arrays of one shape; infinite where one has a NaN
    or an infinity that the other has not, or where they are texts that differ.
    """
    if x.dtype.kind not in "fciub" or y.dtype.kind not in "fciub":
        return 0.0 if bool(np.array_equal(x, y)) else math.inf
    wide = np.complex128 if "c" in x.dtype.kind + y.dtype.kind else np.float64
    p, q = x.astype(wide), y.astype(wide)
    finite = np.isfinite(p) & np.isfinite(q)
    if not finite.all():
        if not bool(np.array_equal(p[~finite], q[~finite], equal_nan=True)):
            return math.inf
        p, q = p[finite], q[finite]
    if not p.size:
        return 0.0
    with np.errstate(all="ignore"):
        largest = max(float(np.abs(p).max()), float(np.abs(q).max()))
        return float(np.abs(p - q).max()) / largest if largest > 0 else 0.0


def _value(context: Context, tensor: int) -> np.ndarray | None:
    return context.value(tensor) if tensor else None


def length(value: np.ndarray) -> float:
    """The Euclidean norm of numbers, added up in double precision."""
    with np.errstate(all="ignore"):
        wide = np.complex128 if value.dtype.kind == "c" else np.float64
        return float(np.linalg.norm(value.reshape(-1).astype(wide)))


def _norm(context: Context, tensor: int, value: np.ndarray | None) -> float | None:
    record = context.tensor(tensor) if tensor else None
    if record is None:
        return None
    if record.stats is not None or value is None or value.dtype.kind != "f":
        stats = context.stats(tensor)
        norm = stats.norm if stats is not None else math.nan
    else:
        # A small one: the other figures of its statistics would take longer than everything else.
        norm = length(value)
    return norm if math.isfinite(norm) else None
