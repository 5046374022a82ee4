"""A script being run and recorded: the debugger's side of it, without a window."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tapeview import protocol
from tapeview.breakpoints import Breakpoint
from tapeview.debugger import recordings
from tapeview.debugger.process import Process, Running, command
from tapeview.debugger.remote import Remote
from tapeview.debugger.verdict import ENDED, State, verdict
from tapeview.joining.listener import Listener
from tapeview.protocol import Hello, Stop

_PERIOD = 0.05


class SessionError(Exception):
    """A script could not be started; the text is one sentence for the user."""


class LiveSession(Remote):
    """Runs a script in a process of its own and follows it until it has ended. A session runs once.

    Attributes may be read from any thread. A background thread changes them and then calls ``on_change``, which must
    return soon and must not call `wait` or `close`.

    Attributes:
        state: "ready", "starting" (the process exists), "running" (it has said hello), then how it ended: "finished",
            "failed" (an exception, another exit code than 0, or it could not run at all), "stopped", "killed" (by a
            signal), or "left" (it goes on without us).
        exit: the exit code once it has ended; minus the signal's number if a signal ended it.
        status: the newest `Status`.
        message: one sentence on how it ended, or "" while it runs and if it simply finished.
        recording: the file it writes.
    """

    owned = True
    """Whether the script was started by the session, which then may start it anew."""

    def __init__(
        self,
        script: str | Path,
        argv: Sequence[str] = (),
        *,
        module: bool = False,
        recording: Path | None = None,
        python: str = sys.executable,
        cwd: str | Path | None = None,
        paused: bool = False,
        breakpoints: Sequence[Breakpoint] = (),
        post_mortem: bool = False,
        mode: str = "",
        on_change: Callable[[], None] | None = None,
    ) -> None:
        """Prepares a run of ``script`` (with ``module``: of that module). Nothing happens before `start`.

        Without ``recording`` the file gets a name in `recordings.folder`, when the script is started. With ``paused``
        the script waits before its first line. ``breakpoints`` hold from its first op on.
        With ``post_mortem`` a script that raises waits to be looked at, until it is told to run. ``mode`` is "1" or "2"
        for a script that is to run as one of that TensorFlow, whatever its names say.
        """
        super().__init__()
        self.post_mortem = post_mortem
        self.script = str(script)
        self.argv = tuple(argv)
        self.module = module
        self.recording: Path | None = recording
        self.on_change = on_change
        self.state: State = "ready"
        self.exit: int | None = None
        self.message = ""
        self._python = python
        self._cwd = str(cwd) if cwd is not None else None
        self._process: Running | None = None
        self._listener: Listener | None = None
        self._paused = paused
        self._mode = mode
        self._leave: float | None = None
        self._grace: float | None = None
        self._deadline: float | None = None
        self._killed_by_us = False
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        # The script's first line waits for the first order.
        self.set_breakpoints(breakpoints)

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
            options = ["--control", str(self._listener.port), *(["--paused"] if self._paused else [])]
            options += [f"--tf{self._mode}"] if self._mode else []
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

    def leave(self, patience: float = 2.0) -> None:
        """Tells the script to go on without a debugger and lets go of it; it is not ended. Returns at once.

        If it does not take that in within ``patience`` seconds, it is left all the same and notices by itself.
        """
        self._say_leave()
        with self._lock:
            self._leave = time.monotonic() + patience
        self._wake()

    def __enter__(self) -> Self:
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
                self._channel.send()
                for key, _ in self._selector.select(_PERIOD):
                    self._on_ready(key.fileobj)
                self._pursue_stop(process)
                if self._has_left():
                    break
            else:
                self._drain()
        finally:
            self._conclude(process)

    def _on_ready(self, ready: object) -> None:
        if ready is self._wake_out:
            self._woken()
        elif self._channel.owns(ready):
            self._receive()
        elif self._listener is not None and self._listener.owns(ready):
            guest = self._listener.handle(ready)
            if guest is not None:
                if not isinstance(guest.first, Hello):
                    guest.channel.close()  # the right token for something else than a script's process says
                    return
                self._channel.open(guest.channel, guest.reader)
                # What was ordered before the script's process came is the first that it hears.
                self._channel.send()
                self._listener.close()
                self._listener = None
                self.state = "running"
                self._changed()
                self._hear(guest.rest)

    def _receive(self) -> bool:
        """Takes what has arrived. Returns False when nothing has."""
        messages = self._channel.receive()
        if messages is None:
            self._hang_up()
        else:
            self._hear(messages)
        return bool(messages)

    def _hear(self, messages: Sequence[protocol.Message]) -> None:
        try:
            self._take(messages)
        except protocol.ProtocolError:
            self._hang_up()
        if messages:
            self._changed()

    def _pursue_stop(self, process: Running) -> None:
        with self._lock:
            grace, self._grace = self._grace, None
        if grace is not None:
            first = self._deadline is None
            self._deadline = min(time.monotonic() + grace, self._deadline or float("inf"))
            if first and not (self._channel.connected and self._channel.post(Stop())):
                process.terminate()
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self._killed_by_us = True
            process.kill()

    def _has_left(self) -> bool:
        """Whether the script goes on by itself. A stop that was asked for comes first."""
        if self._leave is None or self._deadline is not None:
            return False
        self._channel.send()
        return self._channel.idle or time.monotonic() >= self._leave

    def _drain(self) -> None:
        """Reads what the process said last."""
        for key, _ in self._selector.select(0):
            if key.fileobj is not self._wake_out:
                self._on_ready(key.fileobj)
        while self._channel.connected:
            messages = self._channel.receive()
            if messages is None:
                break
            if not messages and not self._selector.select(0):
                break
            self._hear(messages)

    def _conclude(self, process: Running) -> None:
        if not process.ended() and self._has_left():
            process.leave()
            self._release()
            self.state, self.message = "left", "The script goes on without this window."
        else:
            farewell = self.farewell
            if farewell is None or self._deadline is not None:
                # It was stopped or it died: nobody is left who looks after what it started.
                process.kill()
            code = process.reap()
            self.exit = code
            self._release()
            self._drop_empty_recording()
            self.state, self.message = verdict(code, farewell, self._deadline is not None, self._killed_by_us)
        self._over.set()
        self._changed()

    def _drop_empty_recording(self) -> None:
        """Removes the file that only held the name, if nothing was written into it."""
        if self.recording is not None:
            with contextlib.suppress(OSError):
                if not self.recording.stat().st_size:
                    self.recording.unlink()

    def _release(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._let_go()

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()
