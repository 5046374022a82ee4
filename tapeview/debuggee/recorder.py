"""The recorder: receives the engine's events and gets them into the recording.

The script's threads only append to a queue; a writer thread translates and commits every 50 ms. If the queue grows
faster than it can be written, the script's thread helps, so memory stays bounded.
"""

from __future__ import annotations

import re
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from tapeview.debuggee.adapters.aside import CHANGING, assigned_to, op_of
from tapeview.debuggee.adapters.engine import EngineTranslator
from tapeview.debuggee.adapters.events import TAPE_OPENED
from tapeview.debuggee.adapters.fetching import fetch
from tapeview.debuggee.adapters.keeping import Keeper
from tapeview.debuggee.adapters.listening import PASSING, attach, detach, weight
from tapeview.debuggee.adapters.points import OUTPUT
from tapeview.debuggee.adapters.shelf import Shelf
from tapeview.debuggee.gate import Gate
from tapeview.debuggee.stops import Halt, Stops
from tapeview.trace.records import SETUP, Failure
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
        failed_op: the ``seq`` of the op at which the script raised; 0 as long as there is none.
    """

    def __init__(
        self,
        writer: Writer,
        gate: Gate | None = None,
        keeper: Keeper | None = None,
        stops: Stops | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        self._writer = writer
        self._keeper = keeper or Keeper()
        self._gate = gate or Gate()
        self.stops = stops or Stops(self._gate)
        self._muted: dict[int, list[Event]] = {}
        self._look: Callable[[], None] | None = None
        self._active_at = time.monotonic()
        self._translator = EngineTranslator(writer, self._keeper, shelf)
        self._events: list[Event] = []
        self._lock = threading.RLock()
        self._choosing = threading.RLock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._finished = False
        self._listening = False
        self._behind = False
        self._waiting = 0
        self._retry_at = 0.0
        self.failed_op = 0
        self.trouble: str | None = None
        self.committed: tuple[int, int, int] = (0, 0, 0)

    @property
    def path(self) -> Path:
        """The file of the recording."""
        return self._writer.path

    @property
    def bytes_written(self) -> int:
        """What the recording weighs so far."""
        return self._writer.bytes_written

    def counts(self) -> tuple[int, int]:
        """(steps, forward ops) seen so far."""
        return self._translator.steps, self._translator.ops

    def start(self) -> None:
        """Listens to the engine and starts the writer thread."""
        self._gate.on_guard = self.stops.on_checks = self._choose_sink
        self._listening = True
        self._choose_sink()
        self._thread = threading.Thread(target=self._run, name="tapeview recorder", daemon=True)
        self._thread.start()

    def _choose_sink(self) -> None:
        """While the script runs freely an event costs one append; only when something may hold it back, more."""
        # Two threads at once could each see half of what has changed, and the later one undo a pause.
        with self._choosing:
            self._translator.keep_all = self._gate.guarded
            if self._listening:
                guarded = self._behind or self._gate.guarded or self.stops.checks or self._muted or self._look
                attach(self._guarded if guarded else self._events.append)

    def _guarded(self, event: Event) -> None:
        if self._muted:
            kept = self._muted.get(threading.get_ident())
            if kept is not None:
                if event[0] in CHANGING:
                    kept.append(event)
                return
        if event[0] == TAPE_OPENED and self._look is not None:
            self.look()
        self._events.append(event)
        kind = event[0]
        check = self.stops.checks.get(kind)
        halt = self.stops.asked(check, event) if check is not None else None
        if kind in PASSING:
            gate = self._gate
            gate.passed += 1
            if self._behind:
                self._waiting += weight(event)
                if len(self._events) > HELP_AT or self._waiting > HELP_AT_BYTES:
                    self._help()
            if gate.passed >= gate.stop_at:
                self.hold(halt, event)
        elif halt is not None:
            self.hold(halt, event)

    def hold(self, halt: Halt | None = None, event: Event | None = None) -> None:
        """Waits on this thread, with everything committed, until the gate opens. Returns at once if it is open.

        ``halt`` says why; without it the gate was found closed. ``event`` is what has just happened.
        """
        self.look()
        place = self._settle()
        self.stops.note(halt, place, op_of(event) if event is not None else 0)
        self._gate.wait()
        while self._gate.closed:
            # It opened and closed before this thread could move.
            self.stops.note(None, place, op_of(event) if event is not None else 0)
            self._gate.wait()

    def _settle(self) -> tuple[int, int]:
        """Commits everything that happened so far; returns the step and position at which the recording then ends."""
        with self._lock:
            if self._finished:
                return SETUP, -1
            self._drain()
            try:
                # Of a step that was thinned out nothing but points was written so far.
                self._translator.promote()
            except Exception as error:  # our bug must not end the script's run
                self._troubled(f"tapeview could not record a part of this run: {type(error).__name__}: {error}")
                self._note_own_failure()
            self.flush()
            return self._translator.place()

    def look_out(self, look: Callable[[], None]) -> None:
        """``look`` is called once, on the main thread, right before that opens a tape or is held."""
        if self._look is None and not self._finished:
            self._look = look
            self._choose_sink()

    def look(self) -> None:
        """Calls what `look_out` was given, if this is the main thread. What it does is not recorded."""
        if self._look is not None and threading.current_thread() is threading.main_thread():
            look, self._look = self._look, None
            with self.muted():
                look()

    def keep(self, write: Callable[[Writer, int, int], None]) -> None:
        """Calls ``write`` with the writer and the place (step, position) at which this thread is, unless the recording
        is closed."""
        with self._lock:
            if not self._finished:
                self._drain()
                write(self._writer, *self._translator.place())

    def site_of(self, frame: FrameType | None) -> int:
        """The id of the call site at which a frame of this thread is; 0 if no code of the user's is there."""
        with self._lock:
            return 0 if self._finished else self._translator.site_of_frame(frame)

    @contextmanager
    def muted(self) -> Iterator[list[str]]:
        """What this thread does in the block is not recorded. Yields names of variables that were assigned to
        nevertheless, complete when the block has ended."""
        assigned: list[str] = []
        self.mute()
        self._choose_sink()
        try:
            yield assigned
        finally:
            kept = self.unmute()
            self._choose_sink()
            assigned += assigned_to(kept)

    def mute(self) -> None:
        """What this thread does is not recorded until `unmute`. Only for who is called by a check: elsewhere the
        events may not come by here at all; see `muted`."""
        self._muted[threading.get_ident()] = []

    def unmute(self) -> list[Event]:
        """The end of `mute`; returns what was not recorded."""
        kept = self._muted.pop(threading.get_ident())
        if not self.stops.checks:
            self._choose_sink()
        return kept

    def fetch(
        self, tensors: Sequence[int], tell: Callable[[int, int], None], given_up: Callable[[], bool]
    ) -> tuple[int, int, dict[int, str]]:
        """Writes the bytes of tensors that are still in memory; may take long, so call it on a thread of its own.

        ``tell`` hears (bytes written, bytes in all), and after ``given_up`` says True nothing more is written. Returns
        both numbers and for each tensor that could not be had one sentence why.
        """
        self.flush()
        return fetch(self._writer, self._keeper, self._translator.shelf, tensors, tell, given_up)

    def idle(self) -> float:
        """For how many seconds nothing of the engine has been recorded."""
        return time.monotonic() - self._active_at

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
        if any(event[0] != OUTPUT for event in batch):
            self._active_at = began
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
        self._events.append((OUTPUT, stream, text, time.time(), threading.get_ident()))

    def failure(self, exc_info: ExcInfo, whole: TracebackType | None = None) -> None:
        """Keeps the exception that ended the script, and the op at which it was raised. ``whole`` is the traceback with
        tapeview's own frames in it."""
        kind, error, trace = exc_info
        with self._lock:
            if self._finished:
                return
            self._drain()
            try:
                self.failed_op = self._translator.failing(error, whole or trace)
            except Exception:  # our bug must not hide the script's
                self._note_own_failure()
            text = "".join(traceback.format_exception(kind, error, trace))
            site = self._translator.site_of_traceback(trace)
            message = _message(error)
            named = re.search(r"\[Op:(\w+)\]", message)
            self._writer.add_failure(
                Failure(
                    "script", kind.__name__, message, text, site, self._translator.step, named.group(1) if named else ""
                )
            )

    def begun(self) -> int:
        """How many steps were begun, those included of which nothing was written yet."""
        with self._lock:
            self._drain()
            return self._translator.steps

    def broke(self, breakpoint: str, text: str, step: int, site_of: TracebackType | FrameType | None) -> None:
        """Keeps at which breakpoint, and why and where, a run ended that nobody watches."""
        with self._lock:
            if self._finished:
                return
            self._drain()
            of_running = isinstance(site_of, FrameType)
            translator = self._translator
            site = translator.site_of_frame(site_of) if of_running else translator.site_of_traceback(site_of)
            self._writer.add_failure(Failure("breakpoint", breakpoint, text, "", site, step))

    def finish(self, how: str, exit: int | None) -> None:
        """Writes what is left and closes the recording. Further calls do nothing."""
        with self._choosing:
            self._listening = False
            detach()
        self._wake.set()
        with self._lock:
            if self._finished:
                return
            self._drain()
            self._write_rest()
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

    def close(self) -> None:
        """Lets go of the file, once nobody of this process reads it any more; leaves nothing beside it."""
        self._writer.close()

    def _write_rest(self) -> None:
        try:
            self._translator.end()
        except Exception as error:  # our bug must not keep the recording open
            self._troubled(f"tapeview could not record the end of this run: {type(error).__name__}: {error}")
            self._note_own_failure()

    def abandon(self) -> None:
        """In a forked child: stop listening, without touching a lock or a file that belong to the parent."""
        self._listening = False
        detach()
        self._finished = True
        self._lock = threading.RLock()
        self._choosing = threading.RLock()
        self._events = []
        self._muted = {}
        self._look = None
        self.stops.abandon()


def _message(error: BaseException) -> Any:
    if isinstance(error, SyntaxError):
        return f"{error.msg} (line {error.lineno} of {error.filename})"
    return str(error)
