"""Sends the copy of a recording to a window on another machine, in a process of its own.

Reading rows in the script's process would go at its pace, one row for each time that the script lets go of the
interpreter, and would slow it down. Started by file name, like `__main__`:

``python -P .../tapeview/debuggee/copier.py RECORDING CHANNEL LINK``, the latter two numbers of inherited sockets.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    if os.fork():
        # The script must not find among its children a process that it did not start.
        os._exit(0)
    _root = str(Path(__file__).resolve().parents[2])
    if _root not in sys.path:
        sys.path.append(_root)

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Callable

from tapeview import protocol
from tapeview.protocol import Copied, Mirror
from tapeview.trace.copying import Parts, Source
from tapeview.trace.schema import RecordingError

PATIENCE = 30.0
"""Seconds for which a part may wait to be taken before the window counts as gone."""

LOOK_EVERY = 0.25
"""Seconds between two looks for values that nobody asked for."""

_HEADWAY = 0.1


class Copier:
    """Serves one connection on which the token was said.

    Args:
        channel: the connection.
        begun: what has come through it so far, from the first `Mirror` on.
        headway: called now and then while parts are taken.
        done: called when all has been sent, and only waits to be taken.
    """

    def __init__(
        self,
        recording: Path,
        channel: socket.socket,
        begun: bytes,
        headway: Callable[[], object] = lambda: None,
        done: Callable[[], object] = lambda: None,
    ) -> None:
        self.ending = threading.Event()
        self._recording = recording
        self._channel = channel
        self._reader = protocol.Reader()
        self._begun = begun
        self._headway = headway
        self._done = done
        self._moved = 0.0
        self._requests: list[protocol.Message] = []
        self._late_marks: list[int] = []
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Answers until the window goes; once ``ending`` is set, sends what is missing and hangs up."""
        try:
            self._requests += self._reader.feed(self._begun)
            self._channel.settimeout(PATIENCE)
            self._selector.register(self._channel, selectors.EVENT_READ)
            with contextlib.closing(Source(self._recording)) as source:
                self._serve(source)
        except (OSError, ValueError, protocol.ProtocolError, RecordingError):
            # The window has gone, talks nonsense, or the file has: that is no trouble of the script's.
            pass
        finally:
            self._selector.close()
            self._channel.close()

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
        self._channel.shutdown(socket.SHUT_WR)
        self._done()
        # Closed with something unread in it, a connection drops what was not taken yet.
        while self._channel.recv(65536):
            pass

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
        self._channel.sendall(protocol.encode(message))
        now = time.monotonic()
        if now - self._moved > _HEADWAY:
            self._moved = now
            self._headway()

    def _listen(self, wait: float) -> None:
        """Takes in what is asked for, waiting for it for ``wait`` seconds at most."""
        until = time.monotonic() + wait
        while not self._requests and not self.ending.is_set():
            left = until - time.monotonic()
            if not self._selector.select(max(0.0, min(left, _HEADWAY))):
                if left <= _HEADWAY:
                    return
                continue
            data = self._channel.recv(65536)
            if not data:
                raise ConnectionResetError("the window has gone")
            self._requests += self._reader.feed(data)


def main(recording: str, channel: int, link: int) -> None:
    """Serves the inherited ``channel``. The script's process is at the other end of ``link``: it says what has come so
    far, four bytes of length first, and hangs up when the recording has ended, however that comes about."""
    with socket.socket(fileno=link) as script, socket.socket(fileno=channel) as window:
        begun = _receive(script, int.from_bytes(_receive(script, 4), "big"))

        def headway() -> None:
            with contextlib.suppress(OSError):
                script.send(b".", socket.MSG_DONTWAIT)

        copier = Copier(Path(recording), window, begun, headway, script.close)

        def watch() -> None:
            with contextlib.suppress(OSError):
                script.recv(1)
            copier.ending.set()

        threading.Thread(target=watch, daemon=True).start()
        copier.run()


def _receive(channel: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = channel.recv(count - len(data))
        if not piece:
            raise SystemExit(1)  # the script's process has died meanwhile
        data += piece
    return data


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
