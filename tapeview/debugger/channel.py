"""The debugger's end of the connected socket: what is to be sent waits here, what arrives is cut into messages."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading

from tapeview import protocol

OUTBOX = 4 << 20
"""Bytes that may wait to be sent. A script's process that lets more pile up does not listen any more."""


class Channel:
    """Served by one thread; `post` may be called from any. Nothing here waits.

    What is posted before `open` is sent first thing.
    """

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._socket: socket.socket | None = None
        self._reader = protocol.Reader()
        self._outbox = bytearray()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def connected(self) -> bool:
        """Whether there is somebody at the other end."""
        return self._socket is not None

    @property
    def idle(self) -> bool:
        """Whether nothing waits to be sent."""
        return not self._outbox

    def owns(self, ready: object) -> bool:
        """Whether this is the channel's socket."""
        return self._socket is not None and ready is self._socket

    def open(self, connection: socket.socket, reader: protocol.Reader) -> None:
        """Takes over a connected socket that does not block, with the reader that has seen its first bytes."""
        # Orders are small and each is waited for: collecting them costs 40 ms.
        with contextlib.suppress(OSError):  # it may have ended already, which is noticed when it is read
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket, self._reader = connection, reader
        self._selector.register(connection, selectors.EVENT_READ)

    def post(self, message: protocol.FromDebugger) -> bool:
        """Puts a message into the outbox. False if it cannot get there: the channel is closed, or too much waits."""
        data = protocol.encode(message)
        with self._lock:
            if self._closed or len(data) > protocol.MAX_MESSAGE or len(self._outbox) + len(data) > OUTBOX:
                return False
            self._outbox += data
        return True

    def send(self) -> None:
        """Sends as much as the socket takes now. Sees to it that the selector tells when it takes more."""
        if self._socket is None:
            return
        with self._lock:
            try:
                while self._outbox:
                    del self._outbox[: self._socket.send(self._outbox)]
            except BlockingIOError:
                pass
            except OSError:
                self._outbox.clear()  # nobody listens; that the socket has ended is noticed when it is read
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._outbox else 0)
        self._selector.modify(self._socket, events)

    def receive(self) -> list[protocol.Message] | None:
        """What has arrived, perhaps nothing. None, and the channel is closed, once nothing sensible will come."""
        if self._socket is None:
            return None
        try:
            data = self._socket.recv(65536)
            if data:
                return self._reader.feed(data)
        except BlockingIOError:
            return []
        except (OSError, protocol.ProtocolError):
            pass
        self.close()
        return None

    def close(self) -> None:
        """Hangs up. What was not sent is forgotten."""
        with self._lock:
            self._closed = True
            self._outbox.clear()
        connection, self._socket = self._socket, None
        if connection is not None:
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(connection)
            connection.close()
