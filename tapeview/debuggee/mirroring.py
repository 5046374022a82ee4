"""Sends a copy of the recording to a window on another machine: a thread and a connection for each such window."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from pathlib import Path

from tapeview import protocol
from tapeview.protocol import Copied, Mirror
from tapeview.trace.copying import Parts, Source
from tapeview.trace.schema import RecordingError

PATIENCE = 30.0
"""Seconds for which a part may wait to be taken before the window counts as gone."""

LOOK_EVERY = 0.25
"""Seconds between two looks for values that nobody asked for."""

_MOST = 4
"""Windows that get a copy at the same time."""


class Mirrors:
    """The copies that are being made. The script's threads never wait for them: they read the file like anybody else.

    All methods may be called from any thread.
    """

    def __init__(self, recording: Path) -> None:
        self._recording = recording
        self._serving: list[_Copy] = []
        self._lock = threading.Lock()

    def serve(self, channel: socket.socket, reader: protocol.Reader, requests: list[protocol.Message]) -> None:
        """Takes over a connection on which the token was said, with what was asked for so far."""
        with self._lock:
            self._serving = [copy for copy in self._serving if copy.is_alive()]
            if len(self._serving) >= _MOST:
                channel.close()
                return
            copy = _Copy(self._recording, channel, reader, requests)
            self._serving.append(copy)
        copy.start()

    def finish(self, patience: float) -> None:
        """The recording has ended: sends what is missing and hangs up. A copy that makes no headway for ``patience``
        seconds is given up."""
        with self._lock:
            serving = list(self._serving)
        for copy in serving:
            copy.ending.set()
        for copy in serving:
            while copy.is_alive() and time.monotonic() - copy.took_last < patience:
                copy.join(0.02)

    def abandon(self) -> None:
        """For a forked child: lets go of the copied sockets and says nothing."""
        for copy in self._serving:
            copy.channel.close()


class _Copy(threading.Thread):
    def __init__(
        self, recording: Path, channel: socket.socket, reader: protocol.Reader, requests: list[protocol.Message]
    ) -> None:
        super().__init__(name="tapeview mirror", daemon=True)
        self.channel = channel
        self.ending = threading.Event()
        self.took_last = time.monotonic()
        self._recording = recording
        self._reader = reader
        self._requests = requests
        self._late_marks: list[int] = []
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        try:
            self.channel.settimeout(PATIENCE)
            self._selector.register(self.channel, selectors.EVENT_READ)
            with contextlib.closing(Source(self._recording)) as source:
                self._serve(source)
        except (OSError, ValueError, protocol.ProtocolError, RecordingError):
            # The window has gone, talks nonsense, or the file has: that is no trouble of the script's.
            pass
        finally:
            self._selector.close()
            self.channel.close()

    def _serve(self, source: Source) -> None:
        wait = 0.0
        while not self.ending.is_set():
            self._listen(wait)
            self._answer(source)
            more = source.more()
            if more is not None:
                self._send(source, more)
            wait = 0.0 if more is not None else LOOK_EVERY
        self._listen(0.0)
        self._answer(source)
        self._send_whole(source.rows())
        self._send(source, source.rest())
        self.channel.shutdown(socket.SHUT_WR)

    def _send_whole(self, parts: Parts) -> None:
        with contextlib.closing(parts):
            for part in parts:
                self._say(Copied(part))

    def _send(self, source: Source, parts: Parts) -> None:
        """Sends values; what is asked for meanwhile comes between two parts of them."""
        with contextlib.closing(parts):
            for part in parts:
                self._say(Copied(part))
                self._listen(0.0)
                self._answer(source)
        for mark in self._late_marks:
            self._say(Copied(mark=mark))
        self._late_marks.clear()

    def _answer(self, source: Source) -> None:
        while self._requests:
            request = self._requests.pop(0)
            if not isinstance(request, Mirror):
                raise protocol.ProtocolError("only copies are asked for here")
            self._send_whole(source.rows())
            self._send_whole(source.values(request.values))
            if source.sending.isdisjoint(request.values):
                self._say(Copied(mark=request.mark))
            else:
                self._late_marks.append(request.mark)  # one of them is on its way

    def _say(self, message: Copied) -> None:
        self.channel.sendall(protocol.encode(message))
        self.took_last = time.monotonic()

    def _listen(self, wait: float) -> None:
        """Takes in what is asked for, waiting for it for ``wait`` seconds at most."""
        until = time.monotonic() + wait
        while not self._requests:
            if not self._selector.select(max(0.0, until - time.monotonic())):
                return
            data = self.channel.recv(65536)
            if not data:
                raise ConnectionResetError("the window has gone")
            self._requests += self._reader.feed(data)
