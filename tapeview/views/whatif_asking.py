"""Questions about a what-if, put in the background: the newest one counts, and values behind it come when wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tapeview.explain.context import Context
from tapeview.explain.questions import (
    Answer,
    Cancelled,
    Progress,
    Value,
    ValueQuestion,
    WhatIf,
    WhatIfQuestion,
)
from tapeview.trace.query import Recording
from tapeview.views.background import Reporting
from tapeview.views.replayer import Asker
from tapeview.views.signal import Signal
from tapeview.views.tensors import value_of

PAUSE = 0.12
"""Seconds for which a question waits for a newer one before it is worked on."""
REMEMBERED = 64
"""Values behind the changes that are kept at hand."""
MOST_TARGETS = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """The target of a gradient call: as it was recorded and as it is with the changes (None: not known)."""

    name: str
    before: np.ndarray | None
    after: np.ndarray | None


class Asking:
    """One question at a time, the newest; a newer one gives the one before up.

    ``answered`` carries the answer and what became of the targets, ``progressed`` how far it is, ``valued`` nothing: a
    value that `value` was asked for has come.
    """

    def __init__(self, background: Reporting, make: Callable[[Path], Asker], pause: float = PAUSE) -> None:
        self.answered: Signal[Answer, tuple[Outcome, ...]] = Signal()
        self.progressed: Signal[Progress] = Signal()
        self.valued: Signal[()] = Signal()
        self._background, self._make, self._pause = background, make, pause
        self._asker: Asker | None = None
        self._recording: Recording | None = None
        self._question: WhatIfQuestion | None = None
        self._round = 0
        self._stop = threading.Event()
        self._busy = self._warming = False
        self._values: dict[int, np.ndarray | None] = {}
        self._wanted: list[int] = []

    def warm(self, recording: Recording, step: int) -> None:
        """Somebody is about to ask about a step: what every answer begins with is worked out while they type."""
        if self._busy or self._question is not None:
            return
        if recording is not self._recording:
            self.close()
        self._recording = recording
        asker, self._busy, self._warming = self._asked(recording), True, True

        def done(_: Answer) -> None:
            self._busy = self._warming = False
            self._begin()

        self._background.submit(lambda: asker.ask(WhatIfQuestion(step, ())), done)

    def ask(self, recording: Recording, question: WhatIfQuestion) -> None:
        """Ask; what was asked before is given up."""
        self.cancel()
        if recording is not self._recording:
            self.close()
        self._recording, self._question = recording, question
        self._begin()

    def cancel(self) -> None:
        """Give up what was asked."""
        self._round += 1
        self._question = None
        self._stop.set()
        self._stop = threading.Event()
        self._values, self._wanted = {}, []
        if self._asker is not None and not self._warming:
            self._asker.cancel()

    def close(self) -> None:
        """Give up what was asked, and let the recording go."""
        self.cancel()
        asker, self._asker, self._recording = self._asker, None, None
        if asker is not None:
            asker.close()

    def value(self, tensor: int) -> np.ndarray | None:
        """A tensor's value behind the changes; None if there is none, or not yet: ``valued`` tells when."""
        if self._question is not None and tensor not in self._values and tensor not in self._wanted:
            self._wanted.append(tensor)
            self._fetch()
        return self._values.get(tensor)

    def values(self, tensor: int, after: bool) -> np.ndarray | None:
        """A tensor's value as it was recorded, or behind the changes; None if there is none. A job for the background:
        it waits.
        """
        asker, question, recording = self._asker, self._question, self._recording
        if asker is None or question is None or recording is None or not tensor:
            return None
        kept = None if after else value_of(recording, tensor)
        return kept if kept is not None else _value(asker, ValueQuestion(question, tensor, after))

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        question, recording = self._question, self._recording
        if self._busy or question is None or recording is None:
            return
        asker, self._busy = self._asked(recording), True
        stop, pause, this = self._stop, self._pause, self._round

        def news(progress: Progress) -> None:
            if this == self._round:
                self.progressed.emit(progress)

        def job() -> tuple[Answer, tuple[Outcome, ...]]:
            if stop.wait(pause):
                return Cancelled(), ()
            answer = asker.ask(question, lambda progress: self._background.tell(lambda: news(progress)))
            return answer, _outcomes(recording, asker, question) if isinstance(answer, WhatIf) else ()

        def done(found: tuple[Answer, tuple[Outcome, ...]]) -> None:
            if self._over(this):
                self.answered.emit(*found)

        self._background.submit(job, done)

    def _asked(self, recording: Recording) -> Asker:
        if self._asker is None:
            self._asker = self._make(recording.path)
        return self._asker

    def _fetch(self) -> None:
        """Ask for the values that are wanted, one after the other."""
        asker, question, this = self._asker, self._question, self._round
        if self._busy or not self._wanted or asker is None or question is None:
            return
        tensor, self._busy = self._wanted[0], True

        def done(value: np.ndarray | None) -> None:
            if self._over(this):
                self._wanted.remove(tensor)
                while len(self._values) >= REMEMBERED:
                    self._values.pop(next(iter(self._values)))
                self._values[tensor] = value
                self.valued.emit()
                self._fetch()

        self._background.submit(lambda: _value(asker, ValueQuestion(question, tensor)), done)

    def _over(self, this: int) -> bool:
        """A job is done: whether anybody still wants to know. If not, what is wanted now has its turn."""
        self._busy = False
        if this != self._round:
            self._begin()
            return False
        return True


def _value(asker: Asker, question: ValueQuestion) -> np.ndarray | None:
    answer = asker.ask(question)
    return answer.array if isinstance(answer, Value) else None


def _outcomes(recording: Recording, asker: Asker, question: WhatIfQuestion) -> tuple[Outcome, ...]:
    """What the gradient calls of the step differentiate, before and after; the last one first."""
    context, found = Context(recording, recording.step(question.step)), dict[int, Outcome]()
    for call in reversed(context.step.calls.values()):
        for tensor in call.started.targets if call.started.kind == "gradient" else ():
            if tensor not in found and len(found) < MOST_TARGETS:
                after = _value(asker, ValueQuestion(question, tensor))
                name = context.target_name(call, tensor) or context.label(tensor)
                found[tensor] = Outcome(name, value_of(recording, tensor), after)
    return tuple(found.values())
