"""What a recording's steps tell about None, zero and NaN, found out in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

from tapeview.explain import Finding, Gathered, explain_step
from tapeview.trace.query import Recording, Step
from tapeview.views.background import Background
from tapeview.views.text import tr

CHUNK = 10
"""Steps looked at in one go, so that the work can be given up."""


class Located(NamedTuple):
    """A finding with the position in its step at which it happens."""

    finding: Finding
    position: int


class Explained:
    """Keeps the findings up to date with a recording that may grow. ``told`` is called after some were found."""

    def __init__(self, background: Background, told: Callable[[], object]) -> None:
        self._background = background
        self._told = told
        self._recording: Recording | None = None
        self._until = 0
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._gathered = Gathered()
        self._positions: dict[tuple[int, int, bool], int] = {}
        self._next = 0
        self._busy = False
        self._round = object()

    @property
    def busy(self) -> bool:
        """Whether steps are being looked at."""
        return self._busy

    def findings(self) -> list[Located]:
        """What was found so far, the newest step first."""
        found = reversed(self._gathered.findings())
        return [Located(one, self._positions.get((one.step, one.op, one.backward), 0)) for one in found]

    def follow(self, recording: Recording | None, until: int) -> None:
        """Steps below ``until`` of this recording are complete. Another recording begins anew."""
        if recording is not self._recording:
            self._recording = recording
            self._begin_anew()
        self._until = until
        self._go_on()

    def _go_on(self) -> None:
        recording, this = self._recording, self._round
        if self._busy or recording is None or self._next >= self._until:
            return
        steps = range(self._next, self._until)[:CHUNK]
        self._busy = True

        def job() -> list[tuple[Finding, int]]:
            found: list[tuple[Finding, int]] = []
            for step in steps:
                if this is not self._round:
                    break
                found += [
                    (one, _position(recording.step(step), one)) for one in explain_step(recording, step, alone=False)
                ]
            return found

        def done(found: list[tuple[Finding, int]]) -> None:
            if this is not self._round:
                return
            self._busy = False
            self._next = steps[-1] + 1
            for one, position in found:
                self._positions.setdefault((one.step, one.op, one.backward), position)
            self._gathered.add([one for one, _ in found])
            if found:
                self._told()
            self._go_on()

        self._background.submit(job, done)


def _position(step: Step, finding: Finding) -> int:
    """Where in its step a finding happens: at the op, or where its rule was applied; else at the end."""
    backward = step.backward_of_op.get(finding.op, ())
    if finding.backward and backward:
        return backward[0]
    return step.position_of_op.get(finding.op, max(0, len(step.positions) - 1))


def title(finding: Finding) -> str:
    """The heading of a finding."""
    words = {
        "none": tr("The gradient of {subject} is None: {cause}"),
        "zero": tr("The gradient of {subject} is zero: {cause}"),
        "nonfinite": tr("{subject} is not finite: {cause}"),
    }[finding.kind]
    return words.format(subject=finding.subject, cause=finding.cause)


def message(finding: Finding) -> str:
    """Text, advice, the way it took and what it reached."""
    parts = [finding.text, finding.advice]
    if len(finding.path) > 1:
        hops = [f"{hop.name} ({hop.line})" if hop.line else hop.name for hop in finding.path]
        parts.append(tr("Path (with lines): {hops}").format(hops=" → ".join(hops)))
    if finding.poisoned:
        parts.append(tr("Reached: {names}").format(names=", ".join(finding.poisoned)))
    return "\n".join(parts)


def where(recording: Recording, finding: Finding) -> str:
    """``train.py, line 9 · step 3``, with how many more steps have the same."""
    name = PurePath(recording.source(finding.file).path).name if finding.file else ""
    step = tr("step {step}").format(step=finding.step + 1)
    if finding.steps > 1:
        step = tr("step {step} and {more} more").format(step=finding.step + 1, more=finding.steps - 1)
    if not name or not finding.line:
        return step
    return tr("{file}, line {line}").format(file=name, line=finding.line) + f" · {step}"
