"""What updates of variables are computed from: steps of optimizers, and ops that ran outside of every tape."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tapeview.debuggee.adapters.plain import NO_ATTRS, plain_data
from tapeview.debuggee.adapters.sites import Sites
from tapeview.debuggee.adapters.tensors import Tensors, new_id
from tapeview.engine import observe
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.op import Op
from tapeview.engine.tensor import EagerTensor
from tapeview.trace.update_records import SLICES, Applied, Outside

_MOST_BYTES = 64 << 20
"""Results of ops outside of tapes are held up to so many bytes, until it is known whether an update needs them."""

Event = observe.Event


class _Ran:
    """The ops that a thread ran outside of tapes since its step before the present one began, by their outputs.

    Attributes:
        lost, lost_before: some of them were not told of, or let go.
    """

    __slots__ = ("before", "lost", "lost_before", "now", "weight")

    def __init__(self) -> None:
        self.now: dict[int, tuple[int, Event]] = {}
        self.before: dict[int, tuple[int, Event]] = {}
        self.weight = 0
        self.lost = self.lost_before = False

    def begin(self) -> None:
        self.before, self.now, self.weight = self.now, {}, 0
        self.lost_before, self.lost = self.lost, False

    def lose(self) -> None:
        self.before, self.now, self.weight, self.lost = {}, {}, 0, True


class Updates:
    """Puts the records of these into ``records``. ``introduce`` tells the recording of an op type."""

    def __init__(
        self, sites: Sites, tensors: Tensors, records: list[Any], introduce: Callable[[str, Op | None, int], None]
    ) -> None:
        self._site = sites.id_of
        self._tensors = tensors
        self._records = records
        self._introduce = introduce
        self._ran: dict[int, _Ran] = {}
        self._number = 0
        tensors.trace = self.trace

    def begin_step(self, thread: int) -> None:
        """A thread begins a step."""
        ran = self._ran.get(thread)
        if ran is not None:
            ran.begin()

    def outside(self, event: Event) -> None:
        """An op ran outside of every tape. Whether anything needs it turns out later."""
        ran = self._ran.get(event[6])
        if ran is None:
            ran = self._ran[event[6]] = _Ran()
        self._number += 1
        for out in event[3]:
            ran.now[id(out)] = self._number, event
            ran.weight += out._array.nbytes
        if event[1] is None or ran.weight > _MOST_BYTES:
            ran.lose()

    def operand(self, operand: Any, how: str, version: int) -> int:
        """The id of what was assigned, added or subtracted; ``version``, that of the variable's new value, where a
        value was assigned that no op made; 0 where it is not known.
        """
        if operand.__class__ is not EagerTensor:
            return 0
        if operand._origin is None and how == "assign":
            return version
        self.trace(operand)
        return self._known(operand)

    def applied(self, event: Event) -> None:
        """An optimizer is about to change variables."""
        _, family, rule, config, count, rate, pairs, slots, given, rate_at, _ = event
        variables = tuple([self._tensors.variable(v) for _, v in pairs])
        gradients = tuple([self._given(g) for g, _ in pairs])
        known = tuple([tuple([self._slot(slot, value) for slot, value in several]) for several in slots])
        others = tuple([self._given(t) for t in given])
        plain = plain_data(config)
        self._records.append(Applied(family, rule, plain, count, rate, variables, gradients, known, others, rate_at))

    def trace(self, tensor: EagerTensor, whole: bool = False) -> None:
        """Writes the ops outside of tapes that a tensor was made by, as far as they are known, if they lead back to a
        variable or to something that a tape recorded: what they make of data is data. ``whole``: the tensor's value is
        written though it be large.
        """
        if tensor._uid >= self._tensors.first_id or not self._ran:
            return
        events: dict[int, Event] = {}
        depends = False
        left = [tensor]
        while left:
            one = left.pop()
            number, event = self._entry(one)
            if event is None:
                depends = depends or _leads_back(one, self._tensors.first_id)
            elif number not in events:
                events[number] = event
                left += event[2]
        if depends:
            for number in sorted(events):
                self._write(events[number], tensor if whole else None)
        elif tensor._origin.__class__ is Op and any(ran.lost or ran.lost_before for ran in self._ran.values()):
            self._records.append(Outside("", (), (self._tensors.made_outside(tensor),), {}, 0))

    def _entry(self, tensor: EagerTensor) -> tuple[int, Event | None]:
        key = id(tensor)
        for ran in self._ran.values():
            found = ran.now.get(key) or ran.before.get(key)
            if found is not None and any(out is tensor for out in found[1][3]):
                return found
        return 0, None

    def _write(self, event: Event, whole: EagerTensor | None) -> None:
        _, op, inputs, outputs, attrs, site, _ = event
        if all(out._uid >= self._tensors.first_id for out in outputs):
            return
        self._introduce(op.name, op, len(inputs))
        ids = tuple([self._known(t) for t in inputs])
        write = self._tensors
        made = tuple([write.made_outside(t) if t is whole else write.plain(t, "outside", True) for t in outputs])
        plain = plain_data(attrs) if attrs else NO_ATTRS
        self._records.append(Outside(op.name, ids, made, plain, self._site(site)))

    def _known(self, tensor: EagerTensor) -> int:
        if _is_slot(tensor):
            return self._tensors.plain(tensor, "slot")
        return self._tensors.known_or_outside(tensor)

    def _given(self, value: Any) -> int:
        if value.__class__ is IndexedSlices:
            self.trace(value.values)
            return self.slices(value, "outside")
        if not isinstance(value, EagerTensor):
            return 0
        self.trace(value)
        return self._known(value)

    def slices(self, slices: IndexedSlices, origin: str) -> int:
        """The id of what stands for rows; it is told of which rows, and that they are of ``origin``."""
        tensors = self._tensors
        whole = tensors.gradient(slices)
        if slices.__dict__.get("_told", 0) != whole:
            slices.__dict__["_told"] = whole
            rows = tensors.plain(slices.values, origin, small=True)
            numbers = tensors.known_or_outside(slices.indices)
            if rows != whole:
                self._records.append(Outside(SLICES, (rows, numbers), (whole,), {}, 0))
        return whole

    def _slot(self, slot: Any, value: EagerTensor | None) -> tuple[int, int]:
        if slot._number < self._tensors.first_id:
            slot._number = new_id()
        return slot._number, 0 if value is None else self._tensors.plain(value, "slot")


def weights(event: Event) -> Iterable[EagerTensor]:
    """The tensors that live longer because one of the events of updates is held."""
    if event[0] == observe.OUTSIDE:
        return event[3]  # type: ignore[no-any-return]
    return [value for several in event[7] for _, value in several if value is not None]


def _leads_back(tensor: EagerTensor, first: int) -> bool:
    """Whether another value could stand here if another one stood in a step: it is a variable's, or was recorded."""
    origin = tensor._origin
    return origin is not None and not _is_slot(tensor) and (origin.__class__ is not Op or tensor._uid >= first)


def _is_slot(tensor: EagerTensor) -> bool:
    origin = tensor._origin
    return origin is not None and origin.__class__ is not Op and not origin._announced
