"""What is changed in a step before it is worked out again."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tapeview.explain.context import Context
from tapeview.explain.senders import called

_PLACE = re.compile(r"(?P<name>.+?)\s*(?P<index>\[[-\d,\s]+\])?")


class EditError(ValueError):
    """An edit does not say what to change, or cannot be made; the message is one sentence for the user."""


@dataclass(frozen=True)
class Edit:
    """The values of some tensors (versions of one variable, or one tensor) go through ``change``: an array in, a new
    one of the same shape and type out. ``words`` says what is done.
    """

    tensors: frozenset[int]
    change: Callable[[np.ndarray], np.ndarray]
    words: str


@dataclass(frozen=True)
class Edits:
    """All that is changed: values, and the ops (their ``seq``) whose gradient rules pass nothing on."""

    values: tuple[Edit, ...] = ()
    blocked: frozenset[int] = frozenset()

    @property
    def words(self) -> str:
        """What is done, in words."""
        parts = [edit.words for edit in self.values]
        if self.blocked:
            parts.append(f"{len(self.blocked)} rule{'s' if len(self.blocked) > 1 else ''} switched off")
        return ", ".join(parts) or "nothing changed"


def assign(context: Context, text: str) -> Edit:
    """``w=3``, ``w[0,2]=3`` or ``w=[1.0, 2.0]``: a new value, for all elements or for one.

    Raises:
        EditError: nothing has that name, or the value does not fit.
    """
    left, sign, right = text.partition("=")
    try:
        value = np.asarray(ast.literal_eval(right.strip()), np.float64) if sign else None
    except (ValueError, SyntaxError, TypeError):
        value = None
    if value is None:
        raise EditError(f"“{text}” sets nothing: write NAME=VALUE or NAME[INDEX]=VALUE with a number or a list")
    name, index = _place(left)
    tensors = _named(context, name)
    shape = _shape(context, tensors)
    try:
        place = np.zeros(shape)[index] if index else np.zeros(shape)
        np.broadcast_to(value, np.shape(place))
    except (IndexError, ValueError):
        raise EditError(f"“{text}” does not fit: “{name}” has the shape {shape}") from None

    def change(array: np.ndarray) -> np.ndarray:
        changed = array.copy()
        changed[index or ...] = value
        return changed

    return Edit(tensors, change, text.strip())


def scale(context: Context, text: str) -> Edit:
    """``w=2``: all elements times 2. Raises EditError."""
    name, factor = _number(text, "NAME=FACTOR")
    return Edit(_named(context, name), lambda array: (array * factor).astype(array.dtype), f"{name} times {factor:g}")


def zero(context: Context, name: str) -> Edit:
    """All elements are zero. Raises EditError."""
    return Edit(_named(context, name), np.zeros_like, f"{name} zero")


def noise(context: Context, text: str, seed: int = 0) -> Edit:
    """``w=0.1``: normal noise of that standard deviation is added, the same each time. Raises EditError."""
    name, deviation = _number(text, "NAME=DEVIATION")

    def change(array: np.ndarray) -> np.ndarray:
        drawn = np.random.default_rng(seed).normal(0.0, deviation, array.shape)
        return np.asarray(array + drawn).astype(array.dtype)

    return Edit(_named(context, name), change, f"{name} with noise of {deviation:g}")


def blocked(context: Context, name: str) -> frozenset[int]:
    """The forward ops of a type (``Tanh``), or those that made what goes by a name. Raises EditError."""
    ops = [op for op in context.step.ops.values() if not op.call]
    found = {op.seq for op in ops if op.op == name}
    if not found:
        tensors = {tensor for several in called(context, name) for tensor in several}
        found = {op.seq for op in ops if not tensors.isdisjoint(op.outputs)}
    if not found:
        raise EditError(f"no op of step {context.step.index + 1} is a “{name}” or makes what goes by that name")
    return frozenset(found)


def combined(values: Sequence[Edit], off: Sequence[frozenset[int]]) -> Edits:
    """All of them together."""
    return Edits(tuple(values), frozenset[int]().union(*off))


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


def _named(context: Context, name: str) -> frozenset[int]:
    found = {tensor for several in called(context, name) for tensor in several}
    if not found:
        raise EditError(f"nothing in step {context.step.index + 1} goes by the name “{name}”")
    return frozenset(found)


def _shape(context: Context, tensors: frozenset[int]) -> tuple[int, ...]:
    shapes = {record.shape for tensor in tensors if (record := context.tensor(tensor)) is not None}
    if len(shapes) != 1:
        raise EditError("several values of different shapes go by this name: change one that has a name of its own")
    return shapes.pop()
