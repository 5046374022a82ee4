"""Reading tensors of a recording that may not hold them: never raises, says so instead."""

from __future__ import annotations

import math
from weakref import WeakKeyDictionary

import numpy as np

from tapeview.trace import names
from tapeview.trace.query import Recording, Step
from tapeview.trace.records import Stats, Tensor
from tapeview.views.numbers import brief, number, shape_text, stats_brief
from tapeview.views.text import tr

REMEMBERED = 4096
_measured: WeakKeyDictionary[Recording, dict[int, Stats]] = WeakKeyDictionary()
"""Several docks ask for the same tensors at every move of the cursor, and a value never changes."""

FEW = 4
"""Tensors of at most this many elements are written out."""


def record_of(recording: Recording, tensor: int) -> Tensor | None:
    """A tensor's record; None if it was not kept."""
    try:
        return recording.tensor(tensor)
    except KeyError:
        return None


def value_of(recording: Recording, tensor: int) -> np.ndarray | None:
    """A tensor's value; None if it was not kept."""
    try:
        return recording.value(tensor)
    except KeyError:
        return None


def stats_of(recording: Recording, tensor: int) -> Stats | None:
    """A tensor's statistics; None if neither they nor its value were kept."""
    known = _measured.setdefault(recording, {})
    found = known.get(tensor)
    if found is None:
        try:
            found = recording.stats(tensor)
        except KeyError:
            return None
        if found is not None:
            if len(known) >= REMEMBERED:
                known.clear()
            known[tensor] = found
    return found


def label_of(recording: Recording, step: Step, tensor: int) -> str:
    """The user's name for a tensor of a step; where there is none, what it is."""
    name = names.tensor_label(recording, step, tensor)
    if name:
        return name
    record = record_of(recording, tensor)
    if record is None:
        return tr("a tensor")
    return tr("a constant") if record.origin == "constant" else f"{record.dtype} {shape_text(record.shape)}"


def is_bad(stats: Stats | None) -> bool:
    """Whether there is a NaN or an infinity among what was measured."""
    return stats is not None and bool(stats.nans or stats.infs)


def tensor_words(recording: Recording, tensor: int) -> tuple[str, str, bool]:
    """Shape, value in a few words, and whether it holds NaN or Inf. The shape is "" if nothing is known of the
    tensor.
    """
    record = record_of(recording, tensor)
    if record is None:
        return "", tr("not kept"), False
    stats = stats_of(recording, tensor)
    if math.prod(record.shape) <= FEW or record.data is not None:
        array = value_of(recording, tensor)
        if array is not None:
            return shape_text(record.shape), brief(array, stats), is_bad(stats)
    return shape_text(record.shape), stats_brief(stats) if stats is not None else tr("not kept"), is_bad(stats)


def norm_words(recording: Recording, tensor: int, digits: int = 4) -> tuple[str, bool]:
    """The norm of a tensor as text, and whether it holds NaN or Inf (then that is the text)."""
    stats = stats_of(recording, tensor)
    if stats is None:
        return tr("not kept"), False
    if is_bad(stats):
        return "NaN" if stats.nans else "Inf", True
    return number(stats.norm, digits), False
