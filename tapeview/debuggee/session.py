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
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

from tapeview import protocol
from tapeview.breakpoints import Breakpoint
from tapeview.debuggee import frames, unwatched
from tapeview.debuggee.breakpoints import checker_of
from tapeview.debuggee.busy import seconds_outside
from tapeview.debuggee.control import Control
from tapeview.debuggee.door import Door, DoorError
from tapeview.debuggee.errands import last_line
from tapeview.debuggee.gate import Gate
from tapeview.debuggee.orders import Orders
from tapeview.debuggee.progress import Progress
from tapeview.debuggee.recorder import Recorder
from tapeview.debuggee.stops import Halt
from tapeview.debuggee.tee import Tee
from tapeview.protocol import Held, Status, Stop

STOPPED_EXIT = 128 + 15
INTERRUPTED_EXIT = 128 + 2
BREAKPOINT_EXIT = 3
"""Exit code of a run that nobody watches and that has come to a breakpoint."""
PATIENCE = 2.0
"""Seconds that a script waits for its debugger's first order."""

LINGER = 5.0
"""Seconds for which the process stays when a copy of the recording makes no headway at its end."""


class Session:
    """Owned by the main thread of the script's process.

    Attributes:
        how: how the script ended, as far as is known; goes into the recording at the end.
        exit: its exit code.
        interrupted: the script ended with an unhandled KeyboardInterrupt.
    """

    def __init__(self, recorder: Recorder, gate: Gate) -> None:
        self.recorder = recorder
        self.gate = gate
        self.orders = Orders(recorder, gate)
        recorder.stops.checker = checker_of(recorder, gate, self._say)
        self.how = "failed"
        self.exit = 1
        self.interrupted = False
        self._tees: list[Tee] = []
        self._control: Control | None = None
        self._unwatched: Sequence[Breakpoint] = ()
        self._breakpoints: dict[int, str] = {}
        self._ordered = threading.Event()
        self._attaching = threading.Lock()
        self._waits = False
        self.on_finish: Callable[[], None] = _nothing
        """Called before the recording is closed, on any thread."""
        self.door: Door | None = None
        """Where windows come in while the script runs: from the beginning if it waits for one, else once the window
        that started it has gone."""
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

    @property
    def connected(self) -> bool:
        """Whether a debugger is there."""
        return self._control is not None and self._control.alive

    def attach(
        self,
        channel: socket.socket,
        reader: protocol.Reader | None = None,
        waiting: Sequence[protocol.Message] = (),
    ) -> None:
        """Serves a debugger from now on; see `control.Control` for the arguments. One that is there gives place to it:
        it may have lost its connection without a sign. The script stays as it is, running or held."""
        with self._attaching:
            if self._control is not None:
                self._control.give_place()
            self._control = Control(channel, self, reader, waiting)
            self.gate.on_change = self._control.wake
            if self._finished:
                channel.close()
            else:
                self._control.start()

    def break_at(self, breakpoints: Sequence[Breakpoint]) -> None:
        """Sets breakpoints for a run that nobody watches: where the first one would stop it, it ends."""
        self._unwatched = breakpoints
        self._breakpoints = unwatched.names_of(breakpoints)
        self.recorder.stops.set_breakpoints(breakpoints)
        self.gate.on_change = self._end_at_breakpoint

    def _end_at_breakpoint(self) -> None:
        """Called on the thread that stopped, when everything up to there is in the recording."""
        stopped = self.recorder.stops.stopped
        if stopped is None or stopped.reason != "breakpoint" or stopped.thread != threading.get_ident():
            return
        with self._lock:  # of several threads that come here one ends the run
            if self._finished:
                return
            name = self._breakpoints.get(stopped.breakpoint, "")
            self.recorder.broke(name, stopped.text, stopped.step, sys._getframe())
            if self.finish("breakpoint", BREAKPOINT_EXIT):
                self._hard_exit(BREAKPOINT_EXIT)

    def wait_for_window(self) -> None:
        """Holds the script before its first line until a window that came through the door lets it run."""
        self._waits = True
        self.gate.pause()

    def await_orders(self, patience: float = PATIENCE) -> None:
        """Waits for the debugger's first order, and where that is to pause, holds the script before its first line.
        Called on the main thread, right before the script runs."""
        if self.connected:
            self._ordered.wait(patience)
        if self.gate.closed:
            self.recorder.hold(Halt("start"))
        self._waits = False

    def post_mortem(self, error: BaseException) -> None:
        """The script has raised: waits for a debugger that wants to look at it. Called on the main thread."""
        halt = self.recorder.stops.checker.raised(error)
        if halt is not None and self._breakpoints and not self.connected:
            name = self._breakpoints.get(halt.breakpoint, "")
            self.recorder.broke(name, halt.text, self.recorder.begun() - 1, error.__traceback__)
            self.how, self.exit = "breakpoint", BREAKPOINT_EXIT
            return
        places = frames.of_traceback(error.__traceback__)
        if not places or not self._is_watched():
            return
        self.orders.failed = places
        try:
            self.gate.pause()
            if not self._is_watched():
                self.gate.run()
            self.recorder.hold(Halt("failed", last_line(error, 500), op=self.recorder.failed_op))
        finally:
            self.orders.failed = None

    def _is_watched(self) -> bool:
        return self.connected and self.orders.post_mortem

    # ---- what the channel's thread calls

    def status(self) -> Status:
        """How the script is now. Callable from any thread."""
        self.orders.tick()
        steps, ops, size = self.recorder.committed
        held = self.gate.held()
        if not self.gate.closed:
            state, held = "running", []
        elif held:
            state = "paused" if self.orders.failed is None else "failed"
        else:
            state = "pausing"
        stops = self.recorder.stops
        return Status(
            state=state,
            steps=steps,
            ops=ops,
            bytes=size,
            trouble=self.recorder.trouble or stops.trouble or None,
            idle=0 if held else seconds_outside(self.recorder.idle()),
            stopped=stops.stopped if held else None,
            held=tuple([Held(thread, name) for thread, name in held]),
            hits=stops.hits(),
        )

    def take(self, message: protocol.Message, control: Control) -> None:
        """Does what a debugger asks for."""
        if isinstance(message, Stop):
            self.stop()
            return
        self.orders.take(message, control)
        self._ordered.set()

    def gone(self, control: Control) -> None:
        """The debugger is not there any more: the script goes on without it, and another one can come.

        A script that waits for a window goes on waiting, unless that one has said that it goes."""
        if control.displaced:
            return
        self.orders.forget(go_on=control.left or not self._waits)
        self._ordered.set()
        if self.door is not None:
            with contextlib.suppress(DoorError):
                self.door.open(self.attach)

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
            if self._progress is not None:
                self._progress.finish()
            # A terminal that nobody reads can block a flush for ever; the recording must be closed all the same.
            flush = threading.Thread(target=self._flush, args=(how,), daemon=True)
            with contextlib.suppress(RuntimeError):
                flush.start()
                flush.join(1.0)
            self.on_finish()
            self.recorder.stops.close()
            self.recorder.finish(how, exit)
            # Only now: what threads that were held would do next does not belong into the recording.
            self.gate.open_for_good()
            if self._control is not None:
                self._control.finish(how, exit)
            if self.door is not None:
                self.door.finish(LINGER)
                self.recorder.close()
            return True

    def _flush(self, how: str) -> None:
        for tee in self._tees:
            tee.flush()
        if self._unwatched and not self.connected:
            for line in unwatched.verdict(self._unwatched, self.recorder.stops.hits(), how):
                self.tell(f"{line}\n")

    def _say(self, text: str) -> None:
        """What a breakpoint logs: into the recording, and where nobody watches, to the terminal."""
        self.recorder.output("log", text)
        if self._breakpoints and not self.connected:
            self.tell(text)

    def tell(self, text: str) -> None:
        """Says something of tapeview's own on stderr; it does not get into the recording."""
        for tee in self._tees:
            if tee.name == "stderr":
                tee.tell(text)

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
        if self.door is not None:
            self.door.abandon()
        self.gate.abandon()
        self.recorder.abandon()


def _nothing() -> None:
    """Stands where nobody has anything to do."""
