"""The way of a gradient from the target back to one variable, with its size at every hop."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import msgspec

from tapeview.explain.context import Context
from tapeview.explain.senders import NOT_KEPT, called, norm_of, same
from tapeview.trace.query import GradientCall, Recording, Step
from tapeview.trace.records import BackwardStep, Op

VANISHING, EXPLODING = 1e-7, 1e4
"""A gradient vanishes when its elements are smaller than this in the root mean square, and explodes when its norm is
larger than this."""

ARRIVES, VANISHES, EXPLODES, STOPS, SPOILED, UNKNOWN = (
    "arrives",
    "vanishes",
    "explodes",
    "stops",
    "not finite",
    "unknown",
)

_LONGEST = 5_000
_NONE: frozenset[int] = frozenset()
_AVERAGING = ("Mean", "Sum", "DivNoNan", "RealDiv")


class Sender(msgspec.Struct, frozen=True):
    """An op that sent to a station: ``seq``, type, line and innermost layer. ``share`` is its contribution's part of
    the sum of the norms of all of them (None: not known), ``taken`` whether the way leads through it.
    """

    op: int
    op_name: str
    line: int
    layer: str
    share: float | None
    taken: bool = False


class PathStation(msgspec.Struct, frozen=True):
    """One value on the way, ``name`` to the user, and the gradient there.

    ``op`` is the ``seq`` of the op whose rule sent it (0 at the target), of type ``op_name`` in ``line``, ``layer`` the
    innermost layer around it, ``input`` the number of the op's input that the value is. ``position`` is the place in
    the step at which that rule was applied. ``tensor`` is the gradient, all that came together there, ``norm`` its
    norm, ``mean`` the root mean square of its elements, ``factor`` the norm by that of the station before.
    ``senders`` counts the ops that sent to it; the way leads through the one that sent most, or was asked for.
    ``several`` are these ops, the strongest first, where there are more than one. None: not known.
    """

    name: str
    op: int
    op_name: str
    input: int
    layer: str
    line: int
    position: int
    tensor: int
    norm: float | None
    mean: float | None
    factor: float | None
    senders: int
    bad: bool = False
    several: tuple[Sender, ...] = ()

    @property
    def share(self) -> float | None:
        """What the way's own op sent, as a part of all that was sent here; 1 where nobody else did."""
        return next((one.share for one in self.several if one.taken), 1.0)


class Route(msgspec.Struct, frozen=True):
    """The way to ``subject``, the target first. ``verdict`` is ``"arrives"``, ``"vanishes"``, ``"explodes"``,
    ``"stops"`` (it is zero from some hop on), ``"not finite"`` or ``"unknown"``; ``text`` says it in a sentence,
    ``advice`` what to do. ``steepest`` is the number of the station at which it changes most in that direction (-1:
    none). ``carried`` is the part of the gradient that came along this way, the product of its shares at every hop
    (None: not known).
    """

    subject: str
    step: int
    call: int
    stations: tuple[PathStation, ...]
    verdict: str
    text: str
    advice: str
    steepest: int = -1
    carried: float | None = None


def route(
    recording: Recording, name: str, step: int | None = None, *, longest: bool = False, lines: frozenset[int] = _NONE
) -> Route | None:
    """The way to what the user calls ``name``; None if no gradient came there.

    Args:
        step: where to look; None takes the last step in which one came.
        longest: whether to lead to the use that got its gradient last, not to the one that got most: of a weight that
            is used again and again, in a recurrent network say, to its first use.
        lines: where several ops sent to a value, one in these lines comes before a stronger one.

    Raises:
        IndexError: there is no such step.
    """
    for index in (step,) if step is not None else range(recording.step_count - 1, -1, -1):
        context = Context(recording, recording.step(index))
        for call in reversed(context.step.calls.values()):
            for tensors in called(context, name):
                found = _route(context, call, tensors, name, longest, partial(_in_lines, context, lines))
                if len(found.stations) > 1:
                    return found
    return None


def route_to(
    recording: Recording, step: Step, tensor: int, call: int, name: str, *, longest: bool = False,
    through: frozenset[int] = _NONE,
) -> Route:  # fmt: skip
    """The way to a tensor, or to the variable whose version it is, in one gradient call. It has no stations if no
    gradient came there.

    Args:
        longest: as in `route`.
        through: ops (``seq``) that come before stronger senders.
    """
    context = Context(recording, step)
    return _route(context, step.calls[call], same(context, tensor), name, longest, lambda op: op.seq in through)


def _in_lines(context: Context, lines: frozenset[int], op: Op) -> bool:
    return context.line(op.site) in lines


class _Sent:
    """Who sent what in one call: for each tensor the applications of rules that reached it."""

    def __init__(self, context: Context, call: GradientCall) -> None:
        self.to: dict[int, list[tuple[BackwardStep, Op, int]]] = {}
        self.of: dict[int, BackwardStep] = {}
        for record in call.steps:
            op = context.op_of(record)
            if op is None:
                continue
            for k, tensor in enumerate(op.inputs):
                if k < len(record.contributions) and record.contributions[k]:
                    self.to.setdefault(tensor, []).append((record, op, k))


def _route(
    context: Context,
    call: GradientCall,
    tensors: set[int],
    name: str,
    longest: bool,
    wanted: Callable[[Op], bool],
) -> Route:
    sent = _Sent(context, call)
    at = {id(position.record): position.index for position in context.step.positions}
    stations: list[PathStation] = []
    here, label, gradient = tensors, name, 0
    seen: set[int] = set()
    while len(stations) < _LONGEST:
        arrived = [one for tensor in here for one in sent.to.get(tensor, ())]
        if not arrived or seen.intersection(here):
            break
        seen |= here
        last = max(arrived, key=lambda one: at.get(id(one[0]), -1))
        gradient = gradient or last[0].totals[last[2]]
        record, op, number = (
            last
            if longest and not stations
            else max(arrived, key=lambda one: (wanted(one[1]), _weight(context, _given(one))))
        )
        station = _station(
            context, gradient, label, op, number, _layer(context, op), at.get(id(record), -1), len(arrived)
        )
        stations.append(msgspec.structs.replace(station, several=_several(context, arrived, (record, number))))
        output = max(range(len(op.outputs)), key=lambda k: _weight(context, _part(record.upstream, k)), default=-1)
        if output < 0 or not _part(record.upstream, output):
            break
        gradient, tensor = record.upstream[output], op.outputs[output]
        here, label = {tensor}, context.target_name(call, tensor) or context.label(tensor)
    if stations:
        stations.append(_station(context, gradient, label, None, -1, "", stations[-1].position, 0))
    stations.reverse()
    with_factors = [
        msgspec.structs.replace(one, factor=one.norm / before.norm)
        if before is not None and one.norm is not None and before.norm
        else one
        for before, one in zip((None, *stations), stations, strict=False)
    ]
    return _judged(context, call, name, with_factors)


def _layer(context: Context, op: Op) -> str:
    layers = [scope.name for scope in context.step.scope_of(op) if scope.kind not in ("node", "function")]
    return layers[-1] if layers else ""


def _several(
    context: Context, arrived: list[tuple[BackwardStep, Op, int]], taken: tuple[BackwardStep, int]
) -> tuple[Sender, ...]:
    """Who sent to a station, where several did: the strongest first."""
    if len(arrived) < 2:
        return ()
    norms = [norm_of(context, _given(one)) for one in arrived]
    total = sum(norm or 0.0 for norm in norms)
    known = total > 0 and all(norm is not None for norm in norms)
    found = [
        Sender(op.seq, op.op, context.line(op.site), _layer(context, op), norm / total if known and norm is not None
               else None, record is taken[0] and number == taken[1])
        for (record, op, number), norm in zip(arrived, norms, strict=True)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: -(one.share or 0.0)))


def _given(sent: tuple[BackwardStep, Op, int]) -> int:
    return sent[0].contributions[sent[2]]


def _part(several: tuple[int, ...], number: int) -> int:
    return several[number] if number < len(several) else 0


def _weight(context: Context, tensor: int) -> float:
    """By what the main sender is chosen: what is not finite before all, what is not known last."""
    if not tensor:
        return -2.0
    stats = context.stats(tensor)
    if stats is None:
        return -1.0
    return math.inf if stats.nans or stats.infs else stats.norm


def _station(
    context: Context, gradient: int, name: str, op: Op | None, number: int, layer: str, position: int, senders: int
) -> PathStation:
    norm, stats, record = norm_of(context, gradient), context.stats(gradient), context.tensor(gradient)
    size = math.prod(record.shape) if record is not None else 0
    mean = norm / math.sqrt(size) if norm is not None and size else None
    bad = stats is not None and bool(stats.nans or stats.infs)
    line = context.line(op.site) if op is not None else 0
    seq, kind = (op.seq, op.op) if op is not None else (0, "")
    return PathStation(name, seq, kind, number, layer, line, position, gradient, norm, mean, None, senders, bad)


def _judged(context: Context, call: GradientCall, name: str, stations: list[PathStation]) -> Route:
    end = stations[-1] if stations else None
    known = [one for one in stations if one.factor is not None]
    # That a mean divides by the number of its elements is nobody's doing.
    shrinks = [one for one in known if one.op_name not in _AVERAGING] or known
    drop = min(shrinks, key=lambda one: one.factor or 0.0, default=None)
    rise = max(shrinks, key=lambda one: one.factor or 0.0, default=None)
    verdict, steep, text, advice = UNKNOWN, None, "", ""
    if end is None:
        text = f"No gradient came to “{name}” in this step."
    elif end.bad:
        steep = next(one for one in stations if one.bad)
        verdict = SPOILED
        text = f"The gradient has NaN or Inf from “{steep.name}” on{_by(steep)}."
        advice = "Ask why at that value: the chain leads to the op that made the first one."
    elif end.norm is None:
        text, advice = f"The gradient of “{name}” was not kept in this step.", NOT_KEPT
    elif end.norm == 0.0:
        steep = next(one for one in stations if one.norm == 0.0)
        verdict = STOPS
        text = f"The gradient stops: it is zero from “{steep.name}” on{_by(steep)}, so “{name}” learns nothing."
        advice = "Ask why at that value: a dead ReLU, saturation or a factor of zero are the usual causes."
    elif end.mean is not None and end.mean < VANISHING:
        verdict, steep = VANISHES, drop
        text = (
            f"The gradient vanishes: at “{name}” an element is {end.mean:.2g} on average, below {VANISHING:.0g}, so "
            f"“{name}” hardly moves{_most('The largest drop', drop)}."
        )
        advice = (
            "Each hop multiplies. Try relu in place of sigmoid or tanh, batch normalization, weights that begin larger "
            "(he_normal), or a shortcut around the layers."
        )
    elif end.norm > EXPLODING:
        verdict, steep = EXPLODES, rise
        text = (
            f"The gradient explodes: at “{name}” its norm is {end.norm:.3g}, above {EXPLODING:.0g}, so a step moves "
            f"“{name}” much too far{_most('The largest rise', rise)}."
        )
        advice = (
            "Clip it (tf.clip_by_global_norm), begin with smaller weights, scale the data, or normalize in between."
        )
    else:
        verdict = ARRIVES
        text = (
            f"The gradient arrives: its norm is {end.norm:.3g} at “{name}”, {len(stations) - 1} hops from the target"
            f"{_most('The largest drop', drop)}."
        )
        advice = (
            f"Nothing need be done. Below {VANISHING:.0g} on average it would vanish, above {EXPLODING:.0g} explode."
        )
    place = stations.index(steep) if steep is not None else -1
    shares = [one.share for one in stations]
    carried = math.prod(share or 0.0 for share in shares) if all(share is not None for share in shares) else None
    several = sum(len(one.several) > 1 for one in stations)
    if several and carried is not None:
        hops = "one hop" if several == 1 else f"{several} hops"
        text += f" About {carried:.0%} of it came this way; other ways meet it at {hops}."
    return Route(name, context.step.index, call.started.call, tuple(stations), verdict, text, advice, place, carried)


def _by(station: PathStation) -> str:
    return f", sent by the rule of {station.op_name} in line {station.line}" if station.op else ""


def _most(what: str, station: PathStation | None) -> str:
    if station is None or station.factor is None:
        return ""
    return f". {what} is ×{station.factor:.2g} at {station.op_name} in line {station.line}"
