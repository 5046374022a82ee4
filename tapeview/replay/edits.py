"""What is changed in a step before it is worked out again: changes as data, what they do to arrays, and how they are
written on a command line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tapeview.explain.context import Context
from tapeview.explain.questions import BLOCK, NOISE, RATE, RATE_TIMES, SCALE, SET, ZERO, Change
from tapeview.explain.senders import called
from tapeview.replay.rates import factors, has_optimizer, rate_of

_PLACE = re.compile(r"(?P<name>.+?)\s*(?P<index>\[[-\d,\s]+\])?")


class EditError(ValueError):
    """An edit does not say what to change, or cannot be made; the message is one sentence for the user."""


@dataclass(frozen=True)
class Edit:
    """The values of some tensors (versions of one variable, or one tensor) go through ``change``: an array in, a new
    one of the same shape and type out.
    """

    tensors: frozenset[int]
    change: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Edits:
    """All that is changed: values, the ops (their ``seq``) whose gradient rules pass nothing on, and learning rates;
    ``words`` say what is done.
    """

    values: tuple[Edit, ...] = ()
    blocked: frozenset[int] = frozenset()
    rates: tuple[Change, ...] = ()
    words: str = "nothing changed"


def edits(context: Context, changes: Sequence[Change]) -> Edits:
    """All changes together.

    Raises:
        EditError: a change does not fit the step.
    """
    several = [_edit(context, one) for one in changes if one.how in (SET, SCALE, ZERO, NOISE)]
    off = frozenset(seq for one in changes if one.how == BLOCK for seq in one.ops)
    rates = tuple(one for one in changes if one.how in (RATE, RATE_TIMES))
    several += rates_in(context, rates)
    return Edits(tuple(several), off, rates, ", ".join(one.words for one in changes) or Edits.words)


def rates_in(context: Context, rates: Sequence[Change], needed: bool = True) -> tuple[Edit, ...]:
    """What changes of the learning rate do to values: where no optimizer but the script's own ops make the updates, the
    rate is a number that a gradient is multiplied with. If they are not ``needed`` there need be no such number.

    Raises:
        EditError: it cannot be told which number that is.
    """
    if not rates or has_optimizer(context) or not (needed or factors(context)):
        return ()
    tensors, why = rate_of(context)
    if not tensors:
        raise EditError(why)

    def edit(tensor: int) -> Edit:
        # The rate that was recorded counts: what stands in its place may come changed from the step before.
        recorded = context.value(tensor)
        number = 0.0 if recorded is None else float(recorded.ravel()[0])
        rate = float(np.copysign(changed_rate(abs(number), rates), number))
        return Edit(frozenset({tensor}), lambda array: np.full_like(array, rate))

    return tuple([edit(tensor) for tensor in tensors])


def changed_rate(rate: float, rates: Sequence[Change]) -> float:
    """A learning rate after changes."""
    for change in rates:
        value = float(change.value) if not isinstance(change.value, list) else rate
        rate = value if change.how == RATE else rate * value
    return rate


def rate(text: str) -> Change:
    """``0.5``: the learning rate; ``x0.1``: times what it was. Raises EditError."""
    number = text.strip().lstrip("xX*×")
    try:
        value = float(number)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise EditError(f"“{text}” is no learning rate: write a number, as 0.5, or a factor, as x0.1")
    return Change(RATE if number == text.strip() else RATE_TIMES, "learning rate", value=value)


def _edit(context: Context, change: Change) -> Edit:
    """What a change does to arrays: it computes on the elements it is about and leaves shape and type as they are."""
    shape = _shape(context, change)
    place = change.index or ...
    try:
        part = np.zeros(shape, np.bool_)[place]
        value = np.asarray(change.value, np.float64)
        np.broadcast_to(value if change.how == SET else 0.0, np.shape(part))
    except (IndexError, ValueError, TypeError):
        raise EditError(f"“{change.words}” does not fit: “{change.name}” has the shape {shape}") from None

    def computed(array: np.ndarray) -> np.ndarray:
        changed, old = array.copy(), array[place]
        if change.how == SET:
            changed[place] = value
        elif change.how == NOISE:
            drawn = np.random.default_rng(change.seed).normal(0.0, float(value), np.shape(old))
            changed[place] = np.asarray(old + drawn).astype(array.dtype)
        else:
            changed[place] = np.asarray(old * (value if change.how == SCALE else 0)).astype(array.dtype)
        return changed

    return Edit(frozenset(change.tensors), computed)


def assign(context: Context, text: str) -> Change:
    """``w=3``, ``w[0,2]=3`` or ``w=[1.0, 2.0]``: a new value, for all elements or for one.

    Raises:
        EditError: nothing has that name, or the value does not fit.
    """
    left, sign, right = text.partition("=")
    try:
        value = np.asarray(ast.literal_eval(right.strip()), np.float64).tolist() if sign else None
    except (ValueError, SyntaxError, TypeError):
        value = None
    if value is None:
        raise EditError(f"“{text}” sets nothing: write NAME=VALUE or NAME[INDEX]=VALUE with a number or a list")
    return _about(context, SET, left, value)


def scale(context: Context, text: str) -> Change:
    """``w=2``: all elements times 2. Raises EditError."""
    return _about(context, SCALE, *_number(text, "NAME=FACTOR"))


def zero(context: Context, name: str) -> Change:
    """All elements are zero. Raises EditError."""
    return _about(context, ZERO, name)


def noise(context: Context, text: str) -> Change:
    """``w=0.1``: normal noise of that standard deviation is added, the same each time. Raises EditError."""
    return _about(context, NOISE, *_number(text, "NAME=DEVIATION"))


def blocked(context: Context, name: str) -> Change:
    """The gradient rules of the forward ops of a type (``Tanh``), or of those that made what goes by a name, pass
    nothing on. Raises EditError.
    """
    return Change(BLOCK, name, ops=ops_called(context, name))


def ops_called(context: Context, name: str) -> tuple[int, ...]:
    """The forward ops (their ``seq``) of a type, or those that made what goes by a name. Raises EditError."""
    ops = [op for op in context.step.ops.values() if not op.call]
    found = [op.seq for op in ops if op.op == name]
    if not found:
        tensors = {tensor for several in called(context, name) for tensor in several}
        found = [op.seq for op in ops if not tensors.isdisjoint(op.outputs)]
    if not found:
        raise EditError(f"no op of step {context.step.index + 1} is a “{name}” or makes what goes by that name")
    return tuple(found)


def _about(context: Context, how: str, text: str, value: float | list[Any] = 0.0) -> Change:
    name, index = _place(text)
    found = {tensor for several in called(context, name) for tensor in several}
    if not found:
        raise EditError(f"nothing in step {context.step.index + 1} goes by the name “{name}”")
    change = Change(how, name, tuple(sorted(found)), index=index, value=value)
    _edit(context, change)
    return change


def _place(text: str) -> tuple[str, tuple[int, ...]]:
    found = _PLACE.fullmatch(text.strip())
    if found is None:
        raise EditError(f"“{text}” names nothing")
    index = ast.literal_eval(f"({found['index'][1:-1]},)") if found["index"] else ()
    return found["name"], index


def _number(text: str, form: str) -> tuple[str, float]:
    name, _, right = text.rpartition("=")
    try:
        return name.strip(), float(right)
    except ValueError:
        raise EditError(f"“{text}” has no number: write {form}") from None


def _shape(context: Context, change: Change) -> tuple[int, ...]:
    shapes = {record.shape for tensor in change.tensors if (record := context.tensor(tensor)) is not None}
    if not shapes:
        raise EditError(f"“{change.words}” changes nothing: step {context.step.index + 1} has no such value")
    if len(shapes) > 1:
        raise EditError("several values of different shapes go by this name: change one that has a name of its own")
    return shapes.pop()
