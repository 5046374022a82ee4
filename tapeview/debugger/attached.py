"""A script that was started elsewhere and is joined: the same verbs, another beginning and another end."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from tapeview import protocol
from tapeview.breakpoints import Breakpoint
from tapeview.debugger import recordings
from tapeview.debugger.copying import Copy, CopyError
from tapeview.debugger.joined import Joined
from tapeview.debugger.process import Running
from tapeview.debugger.session import LiveSession, SessionError
from tapeview.debugger.verdict import verdict
from tapeview.protocol import Fetched, Hello
from tapeview.trace.process import alive

CONNECT_SECONDS = 10.0
_PERIOD = 0.05
_SILENCE = 3.0
"""Seconds after the channel has ended in which the process may end, too, or the rest of a copy may go on coming."""

LOST = "The connection to the script has ended; it may go on without this window, and can be joined again."


DIED = "The script's process has ended without a word; the recording has all but its last moments."
STUBBORN = "The script did not end when asked; it runs on another machine, where it has to be ended by hand."


class AttachedSession(LiveSession):
    """Joins a running script, here or through a forwarded port, and follows it until it ends or is left.

    `close` leaves the script: it goes on. `stop` ends it, as in a session that started it. If the recording is not on
    this machine it is copied into a file here while it grows, and whatever the script says about it is passed on when
    the copy has got there.

    Attributes:
        started: when the recording began, as in its run.
        copied: whether the recording is on another machine.
    """

    owned = False

    def __init__(
        self,
        address: tuple[str, int],
        token: str,
        *,
        breakpoints: Sequence[Breakpoint] = (),
        on_change: Callable[[], None] | None = None,
    ) -> None:
        """Prepares to join the script that listens at ``address``, host and port. Nothing happens before `start`."""
        super().__init__("", breakpoints=breakpoints, on_change=on_change)
        self._address = address
        self._token = token
        self._here = False
        self._copy: Copy | None = None
        self._fetching: dict[int, tuple[int, ...]] = {}
        self._held: deque[tuple[int, Sequence[protocol.Message]]] = deque()
        self._silent_since = 0.0
        self._broken = LOST
        self.started = 0.0

    @property
    def copied(self) -> bool:
        return self._copy is not None

    def start(self) -> None:
        """Joins the script. Returns when it has answered, and a copy of its recording has begun if there has to be one.

        Raises:
            SessionError: nobody listens there, it is no script of tapeview's, or it does not take the token.
        """
        if self._thread is not None or self._over.is_set():
            raise SessionError("this session was started before: make a new one to join the script again")
        connection = self._connect()
        try:
            reader, hello, rest = self._introduce(connection)
            self.started = hello.started
            self._here = _is_here(hello)
            self._process = Joined(hello.pid, hello.started, here=self._here)
            if self._here:
                self.recording = Path(hello.recording)
                self.script = _script_of(self.recording)
            else:
                self._begin_copy(hello)
        except BaseException:
            connection.close()
            raise
        connection.setblocking(False)
        self._channel.open(connection, reader)
        self.state = "running"
        self._hear(rest)
        self._thread = threading.Thread(target=self._follow, name="tapeview session", daemon=True)
        self._thread.start()

    def fetch(self, tensors: Sequence[int], answer: Callable[[Fetched | None], object]) -> int:
        request = super().fetch(tensors, answer)
        self._fetching[request] = tuple(tensors)
        return request

    def close(self, grace: float = 1.0) -> None:
        """Leaves the script, which goes on, and lets go of everything. May be called twice."""
        thread = self._thread
        if thread is None:
            self._release()
            self._over.set()
            return
        self.on_change = None
        if not self._over.is_set():
            self.leave(grace)
        thread.join(grace + 5.0)

    # ---- joining

    def _connect(self) -> socket.socket:
        try:
            return socket.create_connection(self._address, timeout=CONNECT_SECONDS)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SessionError(
                f"nobody answers at {self._where} ({reason}): start the script with `tapeview record --wait SCRIPT`, "
                "and forward that port if it runs on another machine"
            ) from error

    @property
    def _where(self) -> str:
        host, port = self._address
        return f"{f'[{host}]' if ':' in host else host}:{port}"

    def _introduce(self, connection: socket.socket) -> tuple[protocol.Reader, Hello, list[protocol.Message]]:
        """Says the token and waits for the answer; what came right after it comes along."""
        reader = protocol.Reader()
        messages: list[protocol.Message] = []
        try:
            connection.sendall(protocol.encode(Hello(self._token, pid=0)))
            while not messages:
                data = connection.recv(65536)
                if not data:
                    raise SessionError(
                        f"the script at {self._where} does not take this token; it is in the file that the script's "
                        "terminal names (or the two tapeviews differ in version)"
                    )
                messages = reader.feed(data)
        except TimeoutError as error:
            raise SessionError(f"what listens at {self._where} does not answer") from error
        except ConnectionResetError as error:
            raise SessionError(f"the script at {self._where} does not take this token") from error
        except (OSError, protocol.ProtocolError) as error:
            raise SessionError(f"what listens at {self._where} is no script that tapeview runs ({error})") from error
        match messages:
            case [Hello() as hello, *rest] if hello.version == protocol.VERSION and hello.recording:
                return reader, hello, rest
            case _:
                raise SessionError(f"what listens at {self._where} is no script that tapeview runs")

    def _begin_copy(self, hello: Hello) -> None:
        connection = self._connect()
        try:
            # A name from another machine, so it may be none of this one's.
            name = hello.recording.replace("\\", "/").rpartition("/")[2].removesuffix(".tapeview")
            self.recording = recordings.new_path(f"{name}.py")
        except OSError as error:
            connection.close()
            raise SessionError(f"cannot make a file for a copy of the recording: {error}") from error
        self._copy = copy = Copy(self._selector, connection, self._token, self.recording)
        copy.ask()
        deadline = time.monotonic() + CONNECT_SECONDS
        try:
            while not copy.begun and not copy.over and time.monotonic() < deadline:
                copy.send()
                for key, _ in self._selector.select(_PERIOD):
                    if copy.owns(key.fileobj):
                        copy.receive()
        except CopyError as error:
            raise SessionError(str(error)) from error
        if not copy.begun:
            raise SessionError(f"the script at {self._where} sends no copy of its recording")
        self.script = copy.script

    # ---- everything below runs on the background thread

    def _follow(self) -> None:
        process = self._process
        assert process is not None
        try:
            while not self._is_over(process):
                self._channel.send()
                if self._copy is not None:
                    self._copy.send()
                for key, _ in self._selector.select(_PERIOD):
                    self._on_ready(key.fileobj)
                self._pursue_stop(process)
                if self._has_left():
                    break
            else:
                self._drain()
        finally:
            self._conclude(process)

    def _is_over(self, process: Running) -> bool:
        connected = self._channel.connected
        copying = self._copy is not None and not self._copy.over
        if connected and (copying or self._here):
            # What is asked to end on another machine and does not cannot be made to.
            return process.ended() or (self._killed_by_us and not self._here)
        now = time.monotonic()
        self._silent_since = self._silent_since or now
        waited = now - self._silent_since > _SILENCE
        if connected or copying:
            return waited
        return self.farewell is not None or process.ended() or waited

    def _on_ready(self, ready: object) -> None:
        copy = self._copy
        if copy is None or not copy.owns(ready):
            super()._on_ready(ready)
            return
        self._silent_since = 0.0
        try:
            copy.receive()
        except CopyError as error:
            self._broken = f"The copy of the recording has broken off: {error}; the script can be joined again."
            self._hang_up()
            copy.close()
        self._pass_on()
        self._changed()

    def _hear(self, messages: Sequence[protocol.Message]) -> None:
        copy = self._copy
        if copy is None or copy.over:
            super()._hear(messages)
        elif messages:
            # What the script says is about a recording that has not got here yet.
            wanted: list[int] = []
            for message in messages:
                if isinstance(message, Fetched) and message.over:
                    tensors = self._fetching.pop(message.request, ())
                    wanted += [tensor for tensor in tensors if tensor not in message.missing]
            self._held.append((copy.ask(wanted), messages))

    def _pass_on(self) -> None:
        """Hears what was held back until the copy had got so far."""
        copy = self._copy
        while self._held and (copy is None or copy.over or self._held[0][0] <= copy.mark):
            super()._hear(self._held.popleft()[1])

    def _receive(self) -> bool:
        came = super()._receive()
        if not self._channel.connected:
            self._silent_since = time.monotonic()
        return came

    def _conclude(self, process: Running) -> None:
        if self._copy is not None:
            with contextlib.suppress(CopyError):
                self._copy.receive()
            self._copy.close()
            self._pass_on()
        farewell, wanted = self.farewell, self._deadline is not None
        if farewell is not None:
            self.exit = farewell.exit
            self.state, self.message = verdict(farewell.exit or 0, farewell, wanted, False)
        elif self._has_left():
            self.state, self.message = "left", "The script goes on without this window."
        elif not process.ended():
            self.state, self.message = "left", STUBBORN if self._killed_by_us else self._broken
        elif self._killed_by_us:
            self.state, self.message = verdict(-9, None, wanted, True)
        else:
            self.state, self.message = "killed", DIED
        process.reap()
        self._release()
        self._over.set()
        self._changed()


def _is_here(hello: Hello) -> bool:
    """Whether the script's process and the recording that it writes are on this machine."""
    if not alive(hello.pid, hello.started):
        return False
    # Imported here because it loads NumPy, which nothing else of the debugger needs.
    from tapeview.trace.query import Recording, RecordingError

    try:
        with contextlib.closing(Recording.open(Path(hello.recording))) as recording:
            return (recording.run.pid, recording.run.started) == (hello.pid, hello.started)
    except (RecordingError, OSError, ValueError):
        return False


def _script_of(path: Path) -> str:
    from tapeview.trace.query import Recording, RecordingError

    try:
        with contextlib.closing(Recording.open(path)) as recording:
            return recording.run.script
    except RecordingError:
        return ""
