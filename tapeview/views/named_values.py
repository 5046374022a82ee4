"""What the user's names stand for at a place of a recording."""

from __future__ import annotations

import ast
import math
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary, ref

from tapeview.trace import names
from tapeview.trace.query import GradientCall, Recording, Step
from tapeview.trace.records import SETUP, Op, SourceGradient
from tapeview.views.expression import ExpressionError, Value
from tapeview.views.tensors import record_of, value_of
from tapeview.views.text import tr

STEPS_KEPT = 64

Shape = Any
"""A tensor's id (0: None), or a list or dict of such."""


@dataclass(slots=True)
class _Names:
    """The names of a step: for each the positions at which it got a value, ascending, and what it got there."""

    places: dict[str, list[int]] = field(default_factory=dict)
    values: dict[str, list[Shape]] = field(default_factory=dict)
    given: dict[str, int] = field(default_factory=dict)
    """What ops of the step read that nothing in the recording made, by the name it has there."""

    def add(self, name: str, position: int, value: Shape) -> None:
        if name:
            self.places.setdefault(name, []).append(position)
            self.values.setdefault(name, []).append(value)

    def at(self, name: str, position: int) -> Shape | None:
        places = self.places.get(name, ())
        index = bisect_right(places, position) - 1
        return self.values[name][index] if index >= 0 else None


@dataclass(slots=True)
class _Known:
    """What was read off the sources of a recording: names are those of call sites, whatever the step."""

    results: dict[tuple[int, int], str] = field(default_factory=dict)
    operands: dict[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)
    steps: dict[int, tuple[ref[Step], _Names]] = field(default_factory=dict)


_known: WeakKeyDictionary[Recording, _Known] = WeakKeyDictionary()


class Heavy(Exception):
    """What an expression needs is so much that it is not worked out while somebody waits."""


class Lookup:
    """Gives the values of names as they are when the event at a position has just happened.

    A name that has no value in the step so far has, unless ``strict``, the one it had at the end of the step before.
    ``earlier`` tells whether that was needed for one of the names asked for; ``tensors`` are the ids of what they were.
    ``most`` is how many elements may be read in all (None: any number).
    """

    def __init__(
        self, recording: Recording, step: int, position: int, *, strict: bool = False, most: int | None = None
    ) -> None:
        self._recording, self._step, self._position, self._strict = recording, step, position, strict
        self._left = most
        self.earlier = False
        self.tensors: list[int] = []

    def __call__(self, name: str) -> Value:
        """The value of a name.

        Raises:
            KeyError: nothing of that name was recorded.
            ExpressionError: it was, but its value was not kept.
            Heavy: more than ``most`` elements would be read.
        """
        found = self._in_step(name, self._step, self._position)
        if found is None and not self._strict:
            for step in dict.fromkeys((self._step - 1, SETUP)):
                found = self._in_step(name, step, -1) if SETUP <= step < self._step else None
                if found is not None:
                    self.earlier = True
                    break
        if found is None:
            raise KeyError(name)
        return self._read(name, found)

    def _in_step(self, name: str, number: int, position: int) -> Shape | None:
        try:
            step = self._recording.step(number)
        except IndexError:
            return None
        last = len(step.positions) - 1
        position = last if position < 0 else min(position, last)
        named = _names_of(self._recording, step)
        found = named.at(name, position)
        if found is not None:
            return found
        for state in self._recording.variables_at(number, max(0, position)):
            if state.name == name and state.tensor:
                return state.tensor
        return named.given.get(name)

    def _read(self, name: str, found: Shape) -> Value:
        if isinstance(found, list):
            return [self._read(f"{name}[{place}]", one) for place, one in enumerate(found)]
        if isinstance(found, dict):
            return {key: self._read(f"{name}[{key!r}]", one) for key, one in found.items()}
        if not found:
            return None
        self.tensors.append(found)
        record = record_of(self._recording, found) if self._left is not None else None
        if self._left is not None and record is not None:
            self._left -= math.prod(record.shape)
            if self._left < 0:
                raise Heavy
        value = value_of(self._recording, found)
        if value is None:
            raise ExpressionError(tr("The value of “{name}” was not kept.").format(name=name), elsewhere=True)
        return value


def name_words(recording: Recording, step: int) -> tuple[str, ...]:
    """The names that have a value in a step, for completion."""
    try:
        here = recording.step(step)
    except IndexError:
        return ()
    named = _names_of(recording, here)
    variables = (state.name for state in recording.variables_at(step, max(0, len(here.positions) - 1)))
    words = {*named.places, *named.given, *variables}
    return tuple(sorted(word for word in words if word.isidentifier()))


def _names_of(recording: Recording, step: Step) -> _Names:
    known = _known.setdefault(recording, _Known())
    of, found = known.steps.get(step.index, (None, None))
    if found is None or of is None or of() is not step:  # a step that has grown is another object
        found = _read_names(recording, known, step)
        if len(known.steps) >= STEPS_KEPT:
            known.steps.clear()
        known.steps[step.index] = ref(step), found
    return found


def _read_names(recording: Recording, known: _Known, step: Step) -> _Names:
    named = _Names()
    answers = _answers(step)
    for position in step.positions:
        if isinstance(position.record, Op) and not position.record.call:
            _add_op(recording, known, named, step, position.record, position.index)
        while answers and answers[0][1] <= position.index:
            _add_gradients(recording, named, *answers.pop(0))
    for call, index in answers:
        _add_gradients(recording, named, call, index)
    return named


def _add_op(recording: Recording, known: _Known, named: _Names, step: Step, op: Op, position: int) -> None:
    several = len(op.outputs) > 1
    if not _is_intermediate(step, op):
        for number, tensor in enumerate(op.outputs):
            key = (op.site, number if several else -1)
            name = known.results.get(key)
            if name is None:
                name = names.result_name(recording, op.site, number if several else None)
                known.results[key] = name
            named.add(name, position, tensor)
    given = [tensor not in step.made_by and tensor not in step.variable_tensors for tensor in op.inputs]
    if any(given):
        count = (op.site, len(op.inputs))
        operands = known.operands.get(count)
        if operands is None:
            operands = known.operands[count] = names.operand_names(recording, *count)
        for tensor, text, is_given in zip(op.inputs, operands, given, strict=True):
            if is_given and text.isidentifier():
                named.given[text] = tensor


def _is_intermediate(step: Step, op: Op) -> bool:
    """Whether the op is an inner part of one call: the next one was called from there, too, and reads its result."""
    following = step.ops.get(op.seq + 1)
    return (
        following is not None
        and op.site != 0
        and following.site == op.site
        and following.op != op.op
        and any(output in following.inputs for output in op.outputs)
    )


def _answers(step: Step) -> list[tuple[GradientCall, int]]:
    """The gradient calls that have returned, each with the last position before that."""
    ends = {id(record): at for at, record in step.changes}
    found = []
    for call in step.calls.values():
        at = ends.get(id(call.finished)) if call.finished is not None else None
        if at is not None:
            found.append((call, bisect_right(step.positions, at, key=lambda position: position.at) - 1))
    return sorted(found, key=lambda one: one[1])


def _add_gradients(recording: Recording, named: _Names, call: GradientCall, position: int) -> None:
    assert call.finished is not None
    site, results = call.started.site, call.finished.results
    whole = names.result_name(recording, site)
    if whole:
        named.add(whole, position, _structure([source.key for source in call.started.sources], results))
        return
    for number, answer in enumerate(results):
        named.add(names.result_name(recording, site, number), position, answer.tensor)


def _structure(keys: list[str], results: tuple[SourceGradient, ...]) -> Shape:
    """The answers in the structure in which the script got them, where that is flat; else a list."""
    tensors = [answer.tensor for answer in results]
    if len(keys) == 1 and not keys[0]:
        return tensors[0] if tensors else 0
    try:
        items = [ast.literal_eval(key[1:-1]) for key in keys]
    except (ValueError, SyntaxError):
        return tensors
    if len(items) == len(tensors) and all(isinstance(item, str) for item in items):
        return dict(zip(items, tensors, strict=True))
    return tensors
