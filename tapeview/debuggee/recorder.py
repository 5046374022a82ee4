"""The recorder: receives the engine's events and gets them into the recording.

The script's threads only append to a queue; a writer thread translates and commits every 50 ms. If the queue grows
faster than it can be written, the script's thread helps, so memory stays bounded.
"""

from __future__ import annotations

import re
import threading
import time
import traceback
from types import TracebackType
from typing import Any

from tapeview.debuggee.adapters.engine import OUTPUT, PASSING, EngineTranslator, attach, detach, weight
from tapeview.debuggee.adapters.keeping import Keeper
from tapeview.debuggee.gate import Gate
from tapeview.trace.records import Failure
from tapeview.trace.store import RecordingError, Writer

COMMIT_EVERY = 0.05
RETRY_EVERY = 1.0
BACKLOG = 40_000
SLOW = 0.25
"""If more events than this had to be written at once, or if it took more seconds, the script's own thread helps ..."""
HELP_AT = 64
"""... whenever so many wait, ..."""
HELP_AT_BYTES = 128 << 20
"""... or tensors that hold so much memory only because they wait."""
_DROPPED_BACKLOG = 100_000

Event = tuple[Any, ...]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class Recorder:
    """Owned by the script's process; all methods may be called from any thread.

    Attributes:
        trouble: one sentence if the recording can not be written at present, else None. The script is never disturbed.
        committed: (steps, forward ops, bytes) that are surely in the file.
    """

    def __init__(self, writer: Writer, gate: Gate | None = None, keeper: Keeper | None = None) -> None:
        self._writer = writer
        self._gate = gate or Gate()
        self._translator = EngineTranslator(writer, keeper)
        self._events: list[Event] = []
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._finished = False
        self._listening = False
        self._behind = False
        self._waiting = 0
        self._retry_at = 0.0
        self.trouble: str | None = None
        self.committed: tuple[int, int, int] = (0, 0, 0)

    @property
    def bytes_written(self) -> int:
        """What the recording weighs so far."""
        return self._writer.bytes_written

    def counts(self) -> tuple[int, int]:
        """(steps, forward ops) seen so far."""
        return self._translator.steps, self._translator.ops

    def start(self) -> None:
        """Listens to the engine and starts the writer thread."""
        if self._gate.on_hold is None:
            self._gate.on_hold = self.flush
        self._gate.on_guard = self._choose_sink
        self._listening = True
        self._choose_sink()
        self._thread = threading.Thread(target=self._run, name="tapeview recorder", daemon=True)
        self._thread.start()

    def _choose_sink(self) -> None:
        """While the script runs freely an event costs one append; only when something may hold it back, more."""
        if self._listening:
            attach(self._guarded if self._behind or self._gate.guarded else self._events.append)

    def _guarded(self, event: Event) -> None:
        self._events.append(event)
        if event[0] in PASSING:
            gate = self._gate
            gate.passed += 1
            if gate.passed >= gate.stop_at:
                gate.wait()
            if self._behind:
                self._waiting += weight(event)
                if len(self._events) > HELP_AT or self._waiting > HELP_AT_BYTES:
                    self._help()

    def _help(self) -> None:
        if self.trouble is None:
            with self._lock:
                self._drain()
        elif len(self._events) > _DROPPED_BACKLOG:
            # Nothing can be written and memory is finite: the oldest events go, and `trouble` says so.
            del self._events[: _DROPPED_BACKLOG // 2]

    def _run(self) -> None:
        while not self._wake.wait(COMMIT_EVERY):
            self.flush()

    def flush(self) -> None:
        """Everything that happened so far is in the file when this returns (unless ``trouble`` says why not)."""
        with self._lock:
            if self._finished:
                return
            if self.trouble is not None and time.monotonic() < self._retry_at:
                return
            self._drain()
            self._commit()

    def _drain(self) -> None:
        events = self._events
        count = len(events)
        if not count:
            return
        # Other threads may append meanwhile: each of these two steps is atomic.
        batch = events[:count]
        del events[:count]
        self._waiting = 0
        began = time.monotonic()
        try:
            self._translator.translate(batch)
        except RecordingError as error:
            self._troubled(str(error))
        except Exception as error:  # our bug must not end the script's run
            self._troubled(f"tapeview could not record a part of this run: {type(error).__name__}: {error}")
            self._note_own_failure()
        # Values wait in memory until they are written: a script that makes them faster than that has to help.
        behind = count > BACKLOG or time.monotonic() - began > SLOW
        if behind != self._behind:
            self._behind = behind
            self._choose_sink()

    def _note_own_failure(self) -> None:
        text = traceback.format_exc()
        self._writer.add_failure(
            Failure("recorder", "tapeview", text.strip().splitlines()[-1], text, 0, self._translator.step)
        )

    def _commit(self) -> None:
        reached = (*self.counts(), self.bytes_written)
        try:
            self._writer.commit()
            self.trouble = None
            self.committed = reached
        except RecordingError as error:
            self._troubled(str(error))

    def _troubled(self, sentence: str) -> None:
        self.trouble = sentence
        self._retry_at = time.monotonic() + RETRY_EVERY

    def output(self, stream: str, text: str) -> None:
        """Keeps a piece of the script's output, in its place among the ops."""
        self._events.append((OUTPUT, stream, text, time.time()))

    def failure(self, exc_info: ExcInfo) -> None:
        """Keeps the exception that ended the script."""
        kind, error, trace = exc_info
        with self._lock:
            if self._finished:
                return
            self._drain()
            text = "".join(traceback.format_exception(kind, error, trace))
            site = self._translator.site_of_traceback(trace)
            message = _message(error)
            named = re.search(r"\[Op:(\w+)\]", message)
            self._writer.add_failure(
                Failure(
                    "script", kind.__name__, message, text, site, self._translator.step, named.group(1) if named else ""
                )
            )

    def finish(self, how: str, exit: int | None) -> None:
        """Writes what is left and closes the recording. Further calls do nothing."""
        self._listening = False
        detach()
        self._wake.set()
        with self._lock:
            if self._finished:
                return
            self._drain()
            reached = (*self.counts(), self.bytes_written)
            try:
                self._writer.finish(how, exit)
                self.committed = reached
            except RecordingError as error:
                self._troubled(str(error))
            self._finished = True
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(5)

    def abandon(self) -> None:
        """In a forked child: stop listening, without touching a lock or a file that belong to the parent."""
        self._listening = False
        detach()
        self._finished = True
        self._lock = threading.RLock()
        self._events = []


def _message(error: BaseException) -> Any:
    if isinstance(error, SyntaxError):
        return f"{error.msg} (line {error.lineno} of {error.filename})"
    return str(error)
