"""Who sent a gradient, as the Inspector's tables show it: one table for each value that several ops read."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from tapeview.explain import FanOut, fan_out
from tapeview.trace.query import Recording, Step
from tapeview.views.background import Background, Immediate
from tapeview.views.numbers import number
from tapeview.views.tensors import record_of
from tapeview.views.text import tr

QUICK = 65_536
"""Values of at most this many elements in all are compared at once, larger ones in the background."""
REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class SenderRow:
    """One sender. ``share`` is from 0 to 1 (-1: not known), ``cosine`` from -1 to 1 (NaN: not known). ``later``: its
    rule has not been applied at the cursor yet. ``position`` is where it is (-1: before the first).
    """

    name: str
    norm: str
    share: float
    share_text: str
    cosine: float
    cosine_text: str
    running: str
    later: bool
    position: int

    @property
    def words(self) -> str:
        """All of it, for those who hear the window."""
        return ", ".join((self.name, f"‖·‖ {self.norm}", self.share_text, self.cosine_text, self.running))


@dataclass(frozen=True, slots=True)
class Senders:
    """A table: its heading, what it means, its rows, and what is not known."""

    title: str
    text: str
    rows: tuple[SenderRow, ...]
    note: str = ""


class SenderTables:
    """Makes the tables and remembers what they are made of. ``told`` is called when one that was not known is."""

    def __init__(self, background: Background | None, told: Callable[[], object]) -> None:
        self._background, self._told = background or Immediate(), told
        self._known: OrderedDict[tuple[int, int, int], tuple[Step, FanOut]] = OrderedDict()
        self._waiting: set[tuple[int, int, int]] = set()

    def clear(self) -> None:
        """Forget everything: another recording is looked at, or values have come."""
        self._known.clear()
        self._waiting.clear()

    def tables(
        self, recording: Recording, step: Step, position: int, wanted: tuple[tuple[int, int], ...]
    ) -> tuple[Senders, ...]:
        """The tables for some (tensor, gradient call) pairs as they stand at a position; those that are not known yet
        are left out.
        """
        found = []
        for tensor, call in wanted:
            known = self._fan(recording, step, tensor, call)
            if known is not None and len(known.contributions) > 1:
                found.append(_table(known, position))
        return tuple(found)

    def _fan(self, recording: Recording, step: Step, tensor: int, call: int) -> FanOut | None:
        key = (id(step), tensor, call)
        known = self._known.get(key)
        if known is not None and known[0] is step:
            return known[1]
        if key in self._waiting:
            return None
        record = record_of(recording, tensor)
        size = math.prod(record.shape) if record is not None else 0
        senders = len(step.consumers.get(tensor, ()))
        if size * (senders + 1) <= QUICK:
            self._remember(key, step, fan_out(recording, step, tensor, call))
            return self._known[key][1]
        self._waiting.add(key)

        def done(fan: FanOut) -> None:
            if key in self._waiting:
                self._waiting.discard(key)
                self._remember(key, step, fan)
                self._told()

        self._background.submit(lambda: fan_out(recording, step, tensor, call), done)
        return self._known[key][1] if key in self._known else None

    def _remember(self, key: tuple[int, int, int], step: Step, fan: FanOut) -> None:
        self._known[key] = step, fan
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _table(fan: FanOut, position: int) -> Senders:
    rows = []
    for one in fan.contributions:
        name = tr("{op}, line {line}").format(op=one.op_name, line=one.line) if one.line else one.op_name
        cosine = one.cosine if one.cosine is not None else math.nan
        rows.append(
            SenderRow(
                name if one.op else tr("the call itself"),
                number(one.norm, 3) if one.norm is not None else "?",
                one.share if one.share is not None else -1.0,
                f"{one.share * 100:.0f} %" if one.share is not None else "?",
                cosine,
                "cos ?" if math.isnan(cosine) else f"cos {cosine:+.2f}",
                f"Σ {number(one.running, 3) if one.running is not None else '?'}",
                one.position > position,
                one.position,
            )
        )
    done = sum(not row.later for row in rows)
    title = tr("Who sent the gradient of “{name}”?").format(name=fan.subject)
    text = tr(
        "It is read {n} times, so {n} gradients meet there and are added up; {done} have come. The bar is the share "
        "of all norms, cos the direction, 1 along the whole gradient, −1 against it, Σ the sum so far."
    ).format(n=len(rows), done=done if done < len(rows) else tr("all"))
    return Senders(title, text, tuple(rows), fan.note)
