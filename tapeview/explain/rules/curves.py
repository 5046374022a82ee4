"""Rules on the loss over the steps of a training."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tapeview.explain.rules.rule import Hit, Limits
from tapeview.trace.query import Recording, Series

_FEWEST = 5
"""A curve of fewer points is no training."""


def losses(recording: Recording) -> list[Series]:
    """The targets of gradient calls over the steps: of each name the one with the most points; those of Keras's
    ``fit`` are among them.
    """
    return [one for one in recording.scalars().values() if one.kind == "target" and len(one.values) >= _FEWEST]


def loss_constant(recording: Recording, limits: Limits) -> Iterator[Hit]:
    """The loss is exactly the same in the first steps."""
    count = int(limits["steps"])
    for loss in losses(recording):
        first = loss.values[:count]
        if len(first) == count and np.isfinite(first[0]) and bool((first == first[0]).all()) and first[0] != 0:
            evidence = f"“{loss.name}” is {first[0]:.6g} in each of its first {count} steps."
            yield Hit(int(loss.steps[count - 1]), loss.name, evidence, site=loss.site)


def loss_not_falling(recording: Recording, limits: Limits) -> Iterator[Hit]:
    """The mean of the last steps is not below the mean of the first ones."""
    for loss, first, last in _means(recording, int(limits["window"])):
        if first > 0 and first * (1 - limits["fall"]) < last <= first * (1 + limits["rise"]):
            yield _moved(loss, first, last, limits)


def loss_rising(recording: Recording, limits: Limits) -> Iterator[Hit]:
    """The mean of the last steps is above the mean of the first ones."""
    for loss, first, last in _means(recording, int(limits["window"])):
        if first > 0 and last > first * (1 + limits["rise"]):
            yield _moved(loss, first, last, limits)


def overfitting(recording: Recording, limits: Limits) -> Iterator[Hit]:
    """The loss on validation data grows while the loss on training data falls."""
    epochs = recording.training().get("epoch", {})
    train, valid = epochs.get("loss"), epochs.get("val_loss")
    count = int(limits["epochs"])
    if train is None or valid is None or len(valid.values) <= count or len(train.values) != len(valid.values):
        return
    best = int(np.argmin(valid.values))
    after = len(valid.values) - 1 - best
    rise = valid.values[-1] / valid.values[best] - 1 if valid.values[best] > 0 else 0.0
    if after >= count and rise > limits["rise"] and train.values[-1] < train.values[best]:
        yield Hit(
            int(valid.steps[-1]),
            "val_loss",
            f"“val_loss” was least, {valid.values[best]:.4g}, {after} epochs ago and is {valid.values[-1]:.4g} now, "
            f"{rise:.0%} more (limit {limits['rise']:.0%} and {count} epochs), while “loss” fell from "
            f"{train.values[best]:.4g} to {train.values[-1]:.4g}.",
        )


def _means(recording: Recording, window: int) -> Iterator[tuple[Series, float, float]]:
    for loss in losses(recording):
        if len(loss.values) < 2 * window or bool((loss.values == loss.values[0]).all()):
            continue
        first, last = loss.values[:window], loss.values[-window:]
        if np.isfinite(first).all() and np.isfinite(last).all():
            yield loss, float(first.mean()), float(last.mean())


def _moved(loss: Series, first: float, last: float, limits: Limits) -> Hit:
    window = int(limits["window"])
    change = last / first - 1
    return Hit(
        int(loss.steps[-1]),
        loss.name,
        f"“{loss.name}” was {first:.4g} in the mean over its first {window} steps and is {last:.4g} over the last "
        f"{window}: {change:+.2%} (limits -{limits['fall']:.2%} and +{limits['rise']:.2%}).",
        site=loss.site,
    )
