"""Everything that lives as long as the script does: recorder, streams, gate, control channel, and how they end.

However the script ends, `Session.finish` runs once and before the process is gone: at the end of the interpreter, in
``os._exit``, on SIGTERM and SIGHUP, and when the debugger says `Stop`. What no process can survive (SIGKILL, a crash
in native code) costs the records since the last commit.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn, Protocol

from tapeview.debuggee.control import Control
from tapeview.debuggee.gate import Gate
from tapeview.debuggee.progress import Progress
from tapeview.debuggee.tee import Tee
from tapeview.protocol import Status

STOPPED_EXIT = 128 + 15
INTERRUPTED_EXIT = 128 + 2


class Recording(Protocol):
    """What a session needs of the recorder. All of it may be called from any thread."""

    def start(self) -> None: ...
    def output(self, stream: str, text: str) -> None: ...
    def finish(self, how: str, exit: int | None) -> None: ...
    def abandon(self) -> None: ...
    def counts(self) -> tuple[int, int]: ...
    @property
    def bytes_written(self) -> int: ...
    @property
    def trouble(self) -> str | None: ...
    @property
    def committed(self) -> tuple[int, int, int]: ...


class Session:
    """Owned by the main thread of the script's process.

    Attributes:
        how: how the script ended, as far as is known; goes into the recording at the end.
        exit: its exit code.
        interrupted: the script ended with an unhandled KeyboardInterrupt.
    """

    def __init__(self, recorder: Recording, gate: Gate) -> None:
        self.recorder = recorder
        self.gate = gate
        self.how = "failed"
        self.exit = 1
        self.interrupted = False
        self._tees: list[Tee] = []
        self._control: Control | None = None
        self._progress: Progress | None = None
        self._signals: list[int] = []
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._finished = False
        self._hard_exit: Callable[[int], NoReturn] = os._exit

    def start(self, *, forgiving: bool, progress: str = "") -> None:
        """Starts the recorder and takes hold of streams, signals and exits. Call it on the main thread.

        Args:
            forgiving: whether the script goes on when its terminal has gone (it was started by a window).
            progress: what the progress line calls the script; "" for no progress line.
        """
        if progress and sys.stderr is not None and sys.stderr.isatty():
            self._progress = Progress(sys.stderr.buffer, self._amounts, progress)
            self._progress.start()
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            curtain = self._progress if stream is not None and stream.isatty() else None
            tee = Tee(name, self.recorder.output, forgiving=forgiving, curtain=curtain)
            tee.install()
            self._tees.append(tee)
        atexit.register(self._at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)
        os._exit = self._exit_hard
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, self._on_signal)
                self._signals.append(number)
        self.recorder.start()

    def attach(
        self, control: Callable[[Callable[[], Status], Callable[[], None], Callable[[], None]], Control]
    ) -> None:
        """Starts the channel that ``control(status, on_stop, on_gone)`` makes."""
        self._control = control(self.status, self.stop, self.gate.run)
        self.gate.on_change = self._control.wake
        self._control.start()

    def status(self) -> Status:
        """How the script is now. Callable from any thread."""
        steps, ops, size = self.recorder.committed
        return Status(
            state="paused" if self.gate.holding else "running",
            steps=steps,
            ops=ops,
            bytes=size,
            trouble=self.recorder.trouble,
        )

    def stop(self) -> None:
        """Closes the recording and ends the process at once. Called on a thread that is not the script's.

        The script is not unwound: one that catches everything, or is deep in native code, must end as well.
        Returns only if the process is ending already.
        """
        # Not under the lock: whoever holds it may be waiting for the very thread that calls this.
        if not self._finished and self.finish("stopped", STOPPED_EXIT):
            self._hard_exit(STOPPED_EXIT)

    def finish(self, how: str, exit: int | None) -> bool:
        """Closes recording and channel. The first call does it and returns True; others wait for it, and return
        False."""
        with self._lock:
            if self._finished or os.getpid() != self._pid:
                return False
            self._finished = True
            self.gate.open_for_good()
            if self._progress is not None:
                self._progress.finish()
            # A terminal that nobody reads can block a flush for ever; the recording must be closed all the same.
            flush = threading.Thread(target=self._flush, daemon=True)
            with contextlib.suppress(RuntimeError):
                flush.start()
                flush.join(1.0)
            self.recorder.finish(how, exit)
            if self._control is not None:
                self._control.finish(how, exit)
            return True

    def _flush(self) -> None:
        for tee in self._tees:
            tee.flush()

    def _amounts(self) -> tuple[int, int, int]:
        steps, ops = self.recorder.counts()
        return steps, ops, self.recorder.bytes_written

    def _at_exit(self) -> None:
        # Registered first, so called last: what the script's own exit handlers did is in the recording.
        if os.getpid() != self._pid:
            return
        self.finish(self.how, self.exit)
        if self.interrupted and os.name == "posix":
            # As python ends after an unhandled KeyboardInterrupt, so that a shell loop around it ends, too.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)

    def _exit_hard(self, status: int) -> NoReturn:
        """Stands in for ``os._exit``."""
        if os.getpid() == self._pid:
            self.finish("exited", status)
        self._hard_exit(status)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # The handler interrupts the main thread anywhere, also inside the recorder: another thread has to close it.
        threading.Thread(target=self.stop, name="tapeview stop", daemon=True).start()

    def _after_fork(self) -> None:
        """In a forked child: it is another program with the same terminal; the recording belongs to the parent."""
        self._lock = threading.RLock()
        for number in self._signals:
            if signal.getsignal(number) == self._on_signal:
                signal.signal(number, signal.SIG_DFL)
        for tee in self._tees:
            tee.buffer.silence()
        if self._progress is not None:
            self._progress.abandon()
        if self._control is not None:
            self._control.abandon()
        self.gate.abandon()
        self.recorder.abandon()
