"""Class probabilities with the labels that they are compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tapeview.trace.query import Recording, Step
from tapeview.views.tensors import record_of, value_of

CROSS_ENTROPIES = ("SparseSoftmaxCrossEntropyWithLogits", "SoftmaxCrossEntropyWithLogits")
ALIKE = ("Reshape", "Identity", "Cast")
"""Ops behind which logits are still the same logits."""
MOST_CLASSES = 1000
ROWS = 10
"""Classes listed: the most probable ones, and the label."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The tensor of labels with which class probabilities are compared (0: unknown); ``logits`` says that the
    probabilities are yet to be made from them by a softmax.
    """

    labels: int = 0
    logits: bool = False


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of a sample. ``label`` and ``predicted`` say whether it is these."""

    index: int
    share: float
    label: bool
    predicted: bool


def compared(recording: Recording, step: Step, tensor: int) -> Compared:
    """What a tensor of scores (samples, classes) is compared with in its step."""
    record = record_of(recording, tensor)
    if record is None or len(record.shape) != 2 or not 2 <= record.shape[1] <= MOST_CLASSES:
        return Compared()
    for op in step.ops.values():
        if op.op not in CROSS_ENTROPIES or len(op.inputs) < 2 or op.call:
            continue
        scores = record_of(recording, op.inputs[0])
        if scores is None or scores.shape != record.shape:
            continue
        same, made = {op.inputs[0]}, step.ops.get(step.made_by.get(op.inputs[0], -1))
        while made is not None and made.op in ALIKE and made.inputs and made.inputs[0] not in same:
            same.add(made.inputs[0])
            made = step.ops.get(step.made_by.get(made.inputs[0], -1))
        return Compared(op.inputs[1], tensor in same)
    return Compared()


def probabilities(array: np.ndarray, logits: bool) -> np.ndarray | None:
    """Class probabilities (samples, classes) float64 in an array; None if they are not there. ``logits`` are made into
    probabilities.
    """
    if array.ndim != 2 or not len(array) or not 2 <= array.shape[1] <= MOST_CLASSES or array.dtype.kind != "f":
        return None
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        return None
    if logits:
        values = np.exp(values - values.max(axis=1, keepdims=True))
        return np.asarray(values / values.sum(axis=1, keepdims=True))
    sums = values.sum(axis=1)
    return values if bool((values >= 0).all()) and bool((np.abs(sums - 1) < 1e-3).all()) else None


def labels_in(recording: Recording, tensor: int, shape: tuple[int, ...]) -> np.ndarray | None:
    """The class (int64) of each sample; None if it is not known. One-hot labels count by their largest element."""
    array = value_of(recording, tensor) if tensor else None
    if array is None or array.dtype.kind not in "iuf":
        return None
    if array.shape == shape:
        return np.asarray(array.argmax(axis=1), np.int64)
    flat = array.reshape(-1)
    if flat.size != shape[0] or (flat.dtype.kind == "f" and not np.isfinite(flat).all()):
        return None
    return np.asarray(flat, np.int64)


def class_rows(shares: np.ndarray, labels: np.ndarray | None, sample: int) -> list[ClassRow]:
    """The classes of one sample that are listed, the most probable one first."""
    row = shares[sample]
    order = np.argsort(-row, kind="stable")
    label = int(labels[sample]) if labels is not None else -1
    best = int(order[0])
    chosen = order[:ROWS].tolist()
    if 0 <= label < len(row) and label not in chosen:
        chosen[-1] = label
    return [ClassRow(index, float(row[index]), index == label, index == best) for index in chosen]


def right(shares: np.ndarray, labels: np.ndarray) -> int:
    """How many samples have their label as the most probable class."""
    return int((shares.argmax(axis=1) == labels).sum())
