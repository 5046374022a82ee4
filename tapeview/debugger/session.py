"""A script being run and recorded: the debugger's side of it, without a window."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal

from tapeview import protocol
from tapeview.debugger import recordings
from tapeview.debugger.listener import Listener
from tapeview.debugger.process import Process, command
from tapeview.protocol import Committed, Finished, Status, Stop

State = Literal["ready", "starting", "running", "finished", "failed", "stopped", "killed"]

ENDED: frozenset[State] = frozenset({"finished", "failed", "stopped", "killed"})

_PERIOD = 0.05
_STOP_EXITS = (128 + 15, -15)


class SessionError(Exception):
    """A script could not be started; the text is one sentence for the user."""


class LiveSession:
    """Runs a script in a process of its own and follows it until it has ended. A session runs once.

    Attributes may be read from any thread. A background thread changes them and then calls ``on_change``, which must
    return soon and must not call `wait` or `close`.

    Attributes:
        state: "ready", "starting" (the process exists), "running" (it has said hello), then how it ended: "finished",
            "failed" (an exception, another exit code than 0, or it could not run at all), "stopped", "killed" (by a
            signal).
        exit: the exit code once it has ended; minus the signal's number if a signal ended it.
        status: the newest `Status`.
        message: one sentence on how it ended, or "" while it runs and if it simply finished.
        recording: the file it writes.
    """

    def __init__(
        self,
        script: str | Path,
        argv: Sequence[str] = (),
        *,
        module: bool = False,
        recording: Path | None = None,
        python: str = sys.executable,
        cwd: str | Path | None = None,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        """Prepares a run of ``script`` (with ``module``: of that module). Nothing happens before `start`.

        Without ``recording`` the file gets a name in `recordings.folder`, when the script is started.
        """
        self.script = str(script)
        self.argv = tuple(argv)
        self.module = module
        self.recording: Path | None = recording
        self.on_change = on_change
        self.state: State = "ready"
        self.exit: int | None = None
        self.message = ""
        self.status = Status(state="running", steps=0, ops=0, bytes=0)
        self._python = python
        self._cwd = str(cwd) if cwd is not None else None
        self._process: Process | None = None
        self._listener: Listener | None = None
        self._channel: socket.socket | None = None
        self._reader = protocol.Reader()
        self._farewell: Finished | None = None
        self._selector = selectors.DefaultSelector()
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.setblocking(False)
        self._wake_in.setblocking(False)
        self._grace: float | None = None
        self._deadline: float | None = None
        self._killed_by_us = False
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The number of the script's process; None before it was started."""
        return self._process.pid if self._process is not None else None

    @property
    def ended(self) -> bool:
        """Whether it has run and ended."""
        return self.state in ENDED

    def start(self) -> None:
        """Starts the script's process and returns.

        Raises:
            SessionError: there is no such script, the recording or the process cannot be made, or it was started
            before.
        """
        if self._thread is not None or self._over.is_set():
            raise SessionError("this session was started before: make a new one to run the script again")
        script = Path(self._cwd or ".", self.script)
        if not self.module and not script.is_file():
            raise SessionError(
                f"there is no file {str(script)!r}: it may have been moved or renamed since it was opened"
            )
        try:
            if self.recording is None:
                self.recording = recordings.new_path(self.script)
            self._listener = Listener(self._selector)
            self._selector.register(self._wake_out, selectors.EVENT_READ)
            options = ["--control", str(self._listener.port)]
            line = command(
                self._python, self.recording.absolute(), self.script, self.argv, module=self.module, options=options
            )
            environment = {**os.environ, protocol.TOKEN_VARIABLE: self._listener.token}
            self._process = Process(line, environment, self._cwd)
        except OSError as error:
            self._release()
            self._drop_empty_recording()
            raise SessionError(f"cannot start {self.script}: {error}") from error
        self.state = "starting"
        self._thread = threading.Thread(target=self._follow, name="tapeview session", daemon=True)
        self._thread.start()

    def stop(self, grace: float = 2.0) -> None:
        """Asks the script to close its recording and end; kills it, and what it started, after ``grace`` seconds.

        Returns at once and may be called again, e.g. with a shorter grace. Does nothing if the script does not run.
        """
        with self._lock:
            self._grace = grace
        self._wake()

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the script has ended. Returns False if it has not within ``timeout`` seconds, or was never
        started."""
        return self._thread is not None and self._over.wait(timeout)

    def close(self, grace: float = 1.0) -> None:
        """Stops the script if it runs, waits for its end and lets go of everything. May be called twice."""
        thread = self._thread
        if thread is None:
            self._release()
            self._over.set()
            return
        self.on_change = None
        if not self._over.is_set():
            self.stop(grace)
        thread.join(grace + 5.0)

    def __enter__(self) -> LiveSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---- everything below runs on the background thread

    def _follow(self) -> None:
        process = self._process
        assert process is not None
        try:
            while not process.ended():
                for key, _ in self._selector.select(_PERIOD):
                    self._on_ready(key.fileobj)
                self._pursue_stop(process)
            self._drain()
        finally:
            self._conclude(process)

    def _on_ready(self, ready: object) -> None:
        if ready is self._wake_out:
            with contextlib.suppress(BlockingIOError):
                self._wake_out.recv(4096)
        elif ready is self._channel:
            self._receive()
        elif self._listener is not None and self._listener.owns(ready):
            welcome = self._listener.handle(ready)
            if welcome is not None:
                self._channel, self._reader, messages = welcome
                self._selector.register(self._channel, selectors.EVENT_READ)
                self._listener.close()
                self._listener = None
                self.state = "running"
                self._changed()
                self._take(messages)

    def _receive(self) -> bool:
        """Takes what has arrived. Returns False when nothing more will come."""
        if self._channel is None:
            return False
        try:
            data = self._channel.recv(65536)
            if data:
                self._take(self._reader.feed(data))
                return True
        except BlockingIOError:
            return False
        except (OSError, protocol.ProtocolError):
            pass
        self._hang_up()
        return False

    def _take(self, messages: Sequence[protocol.Message]) -> None:
        for message in messages:
            match message:
                case Status():
                    self.status = message
                case Committed(steps=steps, ops=ops, bytes=size):
                    before = self.status
                    self.status = Status(before.state, steps, ops, size, before.trouble)
                case Finished():
                    self._farewell = message
                case _:
                    raise protocol.ProtocolError("the script's process sent a message out of place")
        if messages:
            self._changed()

    def _pursue_stop(self, process: Process) -> None:
        with self._lock:
            grace, self._grace = self._grace, None
        if grace is not None:
            first = self._deadline is None
            self._deadline = min(time.monotonic() + grace, self._deadline or float("inf"))
            if first and not self._send(Stop()):
                process.terminate()
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self._killed_by_us = True
            process.kill()

    def _send(self, message: protocol.FromDebugger) -> bool:
        if self._channel is None:
            return False
        try:
            # Orders are a few bytes and few; a buffer that cannot take one belongs to a process that does not listen.
            self._channel.send(protocol.encode(message))
        except OSError:
            return False
        return True

    def _drain(self) -> None:
        """Reads what the process said last."""
        for key, _ in self._selector.select(0):
            if key.fileobj is not self._wake_out:
                self._on_ready(key.fileobj)
        while self._receive():
            pass

    def _conclude(self, process: Process) -> None:
        farewell = self._farewell
        if farewell is None or self._deadline is not None:
            # It was stopped or it died: nobody is left who looks after what it started.
            process.kill()
        code = process.reap()
        self.exit = code
        self._release()
        self._drop_empty_recording()
        self.state, self.message = _verdict(code, farewell, self._deadline is not None, self._killed_by_us)
        self._over.set()
        self._changed()

    def _drop_empty_recording(self) -> None:
        """Removes the file that only held the name, if nothing was written into it."""
        if self.recording is not None:
            with contextlib.suppress(OSError):
                if not self.recording.stat().st_size:
                    self.recording.unlink()

    def _hang_up(self) -> None:
        if self._channel is not None:
            self._selector.unregister(self._channel)
            self._channel.close()
            self._channel = None

    def _release(self) -> None:
        self._hang_up()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._selector.close()
        self._wake_out.close()
        self._wake_in.close()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_in.send(b"!")

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()


def _verdict(code: int, farewell: Finished | None, stop_wanted: bool, killed_by_us: bool) -> tuple[State, str]:
    """State and sentence for a process that has ended."""
    if farewell is not None:
        match farewell.how:
            case "exited" if code:
                return "failed", f"The script ended with exit code {code}."
            case "finished" | "exited":
                return "finished", ""
            case "stopped":
                return "stopped", "The script was stopped."
            case "refused":
                return "failed", farewell.message
            case _:
                return "failed", "The script ended with an exception."
    if stop_wanted and code in _STOP_EXITS:
        return "stopped", "The script was stopped."
    if killed_by_us:
        return (
            "killed",
            "The script did not stop when asked and was killed; the recording has all but its last moments.",
        )
    if code < 0:
        return "killed", f"The script was killed by {_signal_text(-code)}; the recording has all but its last moments."
    if code:
        return "failed", f"The script's process ended with exit code {code} without closing its recording."
    return "finished", ""


def _signal_text(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"
