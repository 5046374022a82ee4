"""A process that answers questions about a recording by working its steps out again.

Questions come on stdin, answers go to stdout, as `tapeview.explain.questions` writes them; the end of stdin ends it.
Nothing that happens here reaches whoever asked except as an answer: what cannot be answered is refused in a sentence.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec
import numpy as np

from tapeview.explain.context import Context
from tapeview.explain.questions import (
    Answer,
    CheckQuestion,
    Checks,
    GiveUp,
    Message,
    Progress,
    Question,
    Refusal,
    Value,
    ValueQuestion,
    WhatIf,
    WhatIfQuestion,
    receive,
    send,
)
from tapeview.replay.again import Again
from tapeview.replay.check import check
from tapeview.replay.edits import EditError, edits
from tapeview.replay.rerun import Outcome, ReplayError, rerun
from tapeview.replay.whatif import what_if
from tapeview.trace import values
from tapeview.trace.query import Recording, RecordingError

_THERE = "; the script still runs and may have them: look at them in the window, which fetches them, and ask again"
_QUESTIONS = msgspec.msgpack.Decoder(Question | GiveUp)


class Answers:
    """Answers questions about one recording, and remembers what it had to work out for the last ones.

    ``tell`` gets progress on the way; ``stopped`` is asked now and then, and once it says True nobody wants the answer.
    """

    def __init__(self, path: Path, tell: Callable[[Progress], object], stopped: Callable[[], bool]) -> None:
        self._path, self._tell, self._stopped = path, tell, stopped
        self._recording: Recording | None = None
        self._file: tuple[int, int] | None = None
        self._again: Again | None = None
        self._last: tuple[WhatIfQuestion, Again, WhatIf, Outcome] | None = None

    def close(self) -> None:
        """Lets go of the file."""
        if self._recording is not None:
            self._recording.close()
        self._recording = self._again = self._last = None

    def answer(self, question: Question) -> Answer:
        """The answer. Whatever goes wrong is a Refusal."""
        try:
            match question:
                case WhatIfQuestion():
                    return self._what_if(question)[2]
                case CheckQuestion():
                    return self._check(question)
                case ValueQuestion():
                    return self._value(question)
        except ReplayError as error:
            there = self._recording is not None and self._recording.state == "running"
            return Refusal(f"{error}{_THERE if error.missing and there else ''}", error.missing)
        except (EditError, RecordingError) as error:
            return Refusal(str(error))
        except MemoryError:
            return Refusal("the memory does not suffice to work this step out again")
        except Exception as error:
            return Refusal(f"this step cannot be worked out again: {str(error) or type(error).__name__}")

    def _step(self, step: int) -> Again:
        """The step, in the recording as it is now: it may have grown, or another run may have taken its place."""
        try:
            found = self._path.stat()
        except OSError as error:
            raise RecordingError(f"{self._path} cannot be read: {error.strerror}") from error
        if self._recording is None or self._file != (found.st_dev, found.st_ino):
            self.close()
            self._recording, self._file = Recording.open(self._path), (found.st_dev, found.st_ino)
        self._recording.refresh()
        try:
            here = self._recording.step(step)
        except IndexError:
            count = self._recording.step_count
            raise RecordingError(f"there is no step {step + 1}: the recording has {count} steps") from None
        if self._again is None or self._again.context.step is not here:
            self._again = Again(Context(self._recording, here))
        return self._again

    def _what_if(self, question: WhatIfQuestion) -> tuple[WhatIfQuestion, Again, WhatIf, Outcome]:
        again = self._step(question.step)
        if self._last is None or self._last[0] != question or self._last[1] is not again:
            changes = edits(again.context, question.changes)
            parts = 2 + question.following
            self._tell(Progress(0, parts, changes.words))
            before = again.narrow
            self._tell(Progress(1, parts, changes.words))
            after = rerun(again.context, changes)
            found = what_if(
                again.context,
                changes,
                before,
                after,
                following=question.following,
                told=lambda done: self._tell(Progress(2 + done, parts, changes.words)),
                stopped=self._stopped,
            )
            self._last = question, again, found, after
        return self._last

    def _value(self, question: ValueQuestion) -> Answer:
        _, again, _, after = self._what_if(question.about)
        outcome = after if question.after else again.narrow
        tensor = question.tensor
        known = next((one for one in (outcome.gradients, outcome.values) if tensor in one), outcome.updated.values)
        array = known.get(tensor)
        name = again.context.label(tensor)
        if array is None:
            return Refusal(f"“{name}” has no value here: it is None, or no part of what is worked out again")
        dtype = array.dtype.str if array.dtype.kind in "SU" else array.dtype.name
        if values.dtype_of(dtype) is None:
            return Refusal(f"“{name}” cannot be shown: its elements are of the type {dtype}")
        return Value(values.to_bytes(array), dtype, array.shape)

    def _check(self, question: CheckQuestion) -> Checks:
        return Checks(question.step, tuple(check(self._step(question.step), question, self._tell, self._stopped)))


def serve(path: Path, questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answers until there are no more questions."""
    waiting: queue.SimpleQueue[Question | Refusal | None] = queue.SimpleQueue()
    ended, unwanted = threading.Event(), threading.Event()

    def read() -> None:
        while (data := receive(questions)) is not None:
            try:
                question = _QUESTIONS.decode(data)
            except msgspec.MsgspecError as error:
                waiting.put(Refusal(f"this question is not understood: {error}"))
                continue
            if isinstance(question, GiveUp):
                unwanted.set()
            else:
                waiting.put(question)
        # Whoever asked is gone: what is being worked out is for nobody.
        ended.set()
        waiting.put(None)

    def tell(message: Message) -> None:
        # Nobody may be there to read it, and a pipe that is full would hold this process up for good.
        if not ended.is_set():
            with suppress(OSError):
                send(answers, message)

    threading.Thread(target=read, name="questions", daemon=True).start()
    known = Answers(path, tell, lambda: unwanted.is_set() or ended.is_set())
    try:
        while (question := waiting.get()) is not None:
            # What was given up came before; whoever gives this one up just now ends this process if it takes long.
            unwanted.clear()
            with np.errstate(all="ignore"):
                tell(question if isinstance(question, Refusal) else known.answer(question))
    finally:
        known.close()


def main() -> None:
    """Serves the recording that ``sys.argv`` names on this process's stdin and stdout."""
    # Ctrl+C in a terminal is meant for the window; when that ends, stdin ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    # What is printed on the way is no answer.
    os.dup2(2, 1)
    serve(Path(sys.argv[1]), sys.stdin.buffer, answers)
