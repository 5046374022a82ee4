"""What can be changed in a recorded step: the subjects of changes, and changes from and to what somebody types."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from tapeview.explain.context import Context
from tapeview.explain.questions import BLOCK, NOISE, RATE, SCALE, SET, ZERO, Change
from tapeview.trace.query import Recording, Step
from tapeview.trace.records import Assigned
from tapeview.views.numbers import brief, item, number, shape_text
from tapeview.views.runs import step_name
from tapeview.views.tensors import label_of, record_of, stats_of, value_of
from tapeview.views.text import tr

_INDEX = re.compile(r"\[?\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*,?\s*\]?")
_NUMBERS = "fiub"


@dataclass(frozen=True, slots=True)
class Subject:
    """A value that may be changed. ``tensors`` are its ids (the versions of a variable that the step reads, or one),
    ``ops`` (their ``seq``) what made it if that has a gradient rule, and ``op`` the type of that.
    """

    step: int
    name: str
    tensors: tuple[int, ...]
    shape: tuple[int, ...]
    dtype: str
    ops: tuple[int, ...] = ()
    op: str = ""

    @property
    def size(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)


def subject_of(recording: Recording, step: Step, tensor: int) -> Subject | str:
    """What is changed when the user points at a tensor; a sentence if it cannot be."""
    record = record_of(recording, tensor)
    if record is None:
        return tr("Nothing is known of this value, so it cannot be changed.")
    name = label_of(recording, step, tensor)
    if np.dtype(record.dtype).kind not in _NUMBERS if _plain(record.dtype) else record.dtype != "bfloat16":
        return tr("“{name}” holds no real numbers ({dtype}): only these can be changed here.").format(
            name=name, dtype=record.dtype
        )
    made = step.ops.get(step.made_by.get(tensor, 0))
    if made is not None and made.call:
        return _of_a_rule()
    if made is not None:
        info = recording.op_info(made.op)
        ruled = info is not None and any(info.rules)
        return Subject(
            step.index, name, (tensor,), record.shape, record.dtype, (made.seq,) if ruled else (), made.op
        )  # fmt: skip
    if record.variable:
        tensors = versions(Context(recording, step), record.variable)
    else:
        tensors = (tensor,) if tensor in step.consumers else ()
    if not tensors:
        if record.origin == "op":
            return _of_a_rule()
        return tr("Nothing in {step} reads “{name}”, so changing it would change nothing there.").format(
            step=step_name(recording, step.index), name=name
        )
    return Subject(step.index, name, tensors, record.shape, record.dtype)


def _of_a_rule() -> str:
    return tr(
        "A gradient is worked out from the values of the forward pass. Change one of these, or switch off the gradient "
        "rule of an op, and see what becomes of it."
    )


def _plain(dtype: str) -> bool:
    try:
        np.dtype(dtype)
    except TypeError:
        return False
    return True


def versions(context: Context, variable: int) -> tuple[int, ...]:
    """The versions of a variable that a step reads and did not make itself: what an update made of them follows."""
    step = context.step
    made = {position.record.tensor for position in step.positions if isinstance(position.record, Assigned)}
    found = [t for t in sorted(context.versions.get(variable, ())) if t in step.consumers]
    return tuple(t for t in found if t not in made) or tuple(found)


def element(recording: Recording, subject: Subject, index: tuple[int, ...]) -> str:
    """What was recorded, as one writes it: a number, or with an index that element; "" if that is not one number."""
    array = value_of(recording, subject.tensors[0])
    if array is None or (array.size != 1 and not index):
        return ""
    try:
        value = array[index] if index else array.reshape(-1)[0]
    except IndexError:
        return ""
    if np.ndim(value):
        return ""
    return str(int(value)) if array.dtype.kind == "b" else str(value)


def recorded(recording: Recording, subject: Subject) -> str:
    """What was recorded, in a few words."""
    array = value_of(recording, subject.tensors[0])
    return tr("not kept") if array is None else brief(array, stats_of(recording, subject.tensors[0]))


# -- from and to text --------------------------------------------------------------------------------------------------


def change_of(subject: Subject, how: str, value: str = "", place: str = "") -> Change | str:
    """The change that somebody has typed: what is done, with which number, to which element ("" for all of them). A
    sentence if it does not fit.
    """
    if how == BLOCK:
        return Change(BLOCK, subject.name, ops=subject.ops)
    index: tuple[int, ...] = ()
    if place.strip():
        index = index_of(place)
        fits = len(index) <= len(subject.shape) and all(
            -side <= at < side for at, side in zip(index, subject.shape, strict=False)
        )
        if not index or not fits:
            return tr("There is no element [{place}] in the shape {shape}.").format(
                place=place.strip().strip("[]"), shape=shape_text(subject.shape)
            )
        index = tuple(at % side for at, side in zip(index, subject.shape, strict=False))
    given = 0.0 if how == ZERO else _number(value)
    if given is None:
        return tr("“{text}” is no number.").format(text=value.strip()) if value.strip() else tr("Type a number.")
    if how == NOISE and given < 0:
        return tr("A standard deviation is not negative.")
    return Change(how, subject.name, subject.tensors, index=index, value=given)


def index_of(place: str) -> tuple[int, ...]:
    """The element that somebody has typed, ``0, 2`` or ``[0, 2]``; () if that is none."""
    found = _INDEX.fullmatch(place.strip())
    return tuple(int(one) for one in found[1].split(",")) if found else ()


def rate_of(value: str) -> Change | str:
    """The change of the learning rate that somebody has typed; a sentence if it is no number."""
    given = _number(value)
    if given is None or not math.isfinite(given):
        return tr("“{text}” is no number.").format(text=value.strip()) if value.strip() else tr("Type a number.")
    return Change(RATE, "", value=given)


def _number(text: str) -> float | None:
    try:
        return float(text.strip().replace("−", "-"))
    except ValueError:
        return None


def change_words(change: Change) -> str:
    """A change in a few words: ``w × 2``, ``w[0, 2] = 3.5``."""
    # “(2 * x) = 3” is no equation, and “2 * x × 3” no product of three.
    name = f"({change.name})" if " " in change.name else change.name
    place = f"{name}[{', '.join(map(str, change.index))}]" if change.index else name
    words = {
        SET: "{place} = {value}",
        SCALE: "{place} × {value}",
        ZERO: "{place} = 0",
        NOISE: tr("{place} + noise {value}"),
        BLOCK: tr("no gradient through {place}"),
        RATE: tr("learning rate {value}"),
    }[change.how]
    return words.format(place=place, value=_amount(change.value))


def _amount(value: float | list[Any]) -> str:
    if isinstance(value, list):
        return brief(np.asarray(value))
    return number(value)


def change_tip(recording: Recording, change: Change) -> str:
    """A change with what stood there: for a tool tip."""
    if not change.tensors:
        return change_words(change)
    array = value_of(recording, change.tensors[0])
    if array is None:
        return change_words(change)
    try:
        part = np.asarray(array[change.index] if change.index else array)
    except IndexError:
        return change_words(change)
    was = (
        item(part[()])
        if part.ndim == 0
        else brief(part, None if change.index else stats_of(recording, change.tensors[0]))
    )
    return tr("{change}; recorded: {value}").format(change=change_words(change), value=was)
