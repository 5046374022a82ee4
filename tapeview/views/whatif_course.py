"""How the loss goes on behind a step that was changed, and with which learning rate that step was updated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tapeview.explain.questions import Loss, WhatIf
from tapeview.trace.query import Recording
from tapeview.views.numbers import number
from tapeview.views.runs import step_name
from tapeview.views.text import tr

STEEP = 30.0
"""From this ratio of the largest loss to the smallest on, the scale is logarithmic."""


@dataclass(frozen=True, slots=True)
class Course:
    """The losses of a step and of those that follow it, without and with the changes, in the order of steps."""

    name: str
    points: tuple[Loss, ...]

    @property
    def last(self) -> Loss:
        """That of the last step."""
        return self.points[-1]

    def lines(self) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """The curves without and with the changes, as (x, y) from 0 to 1, y upwards, without what is not finite."""
        before = [one.before for one in self.points]
        after = [one.after for one in self.points]
        values = np.asarray([before, after], np.float64)
        finite = values[np.isfinite(values)]
        if not finite.size:
            return [], []
        if finite.min() > 0 and finite.max() / finite.min() > STEEP:
            with np.errstate(all="ignore"):
                values = np.log(values)
            finite = np.log(finite)
        low, high = float(finite.min()), float(finite.max())
        first, last = self.points[0].step, self.points[-1].step
        found: list[list[tuple[float, float]]] = [[], []]
        for place, row in enumerate(values.tolist()):
            for one, value in zip(self.points, row, strict=True):
                if math.isfinite(value):
                    height = (value - low) / (high - low) if high > low else 0.5
                    found[place].append(((one.step - first) / max(1, last - first), height))
        return found[0], found[1]


def course_of(answer: WhatIf | None) -> Course | None:
    """How the loss goes on, if steps were followed; of several losses that which comes last in a step."""
    if answer is None:
        return None
    here = [one.name for one in answer.losses if one.step == answer.step]
    points = tuple(one for one in answer.losses if here and one.name == here[-1])
    points = points[:1] + tuple(one for before, one in pairwise(points) if one.step > before.step)
    return Course(here[-1], points) if len(points) > 1 else None


def course_words(recording: Recording | None, course: Course) -> str:
    """The last loss: ``step 22: 20.1 → 24.9``."""
    last = course.last
    return tr("{step}: {before} → {after}").format(
        step=step_name(recording, last.step), before=number(last.before, 4), after=number(last.after, 4)
    )


def course_table(recording: Recording | None, course: Course) -> str:
    """All losses, a line each."""
    return "\n".join(course_words(recording, Course(course.name, (one,))) for one in course.points)


def recorded_rate(recording: Recording | None, step: int) -> str:
    """The learning rate with which an optimizer updated in a step; "" if that is not known or there are several."""
    found = set[float]()
    for series in (recording.training().get("rate", {}) if recording is not None and step >= 0 else {}).values():
        place = int(np.searchsorted(series.steps, step))
        if place < len(series.steps) and series.steps[place] == step:
            found.add(float(series.values[place]))
    return f"{found.pop():.6g}" if len(found) == 1 else ""
