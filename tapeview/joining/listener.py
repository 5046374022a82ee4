"""A loopback socket that lets in whoever says the token, and nobody else.

Used by both ends: the debugger waits here for the process that it started, and a script's process for a window that
joins it.
"""

from __future__ import annotations

import contextlib
import errno
import hmac
import secrets
import selectors
import socket
import time
from typing import NamedTuple

from tapeview import protocol
from tapeview.protocol import Hello, Mirror

HOST = "127.0.0.1"

_STRANGERS = 32
_PATIENCE = 10.0
_BACKLOG = 1024
"""Connections that may wait to be accepted. One more waits for a second, whoever it is."""

_AT_ONCE = 16
"""Connections accepted before others get a turn; fewer than may stand at the door, so that one that has said the token
is heard before a crowd behind it pushes it out."""

_REST = 0.5
"""Seconds without new connections after one could not be accepted, say because no file handle was left."""


class Guest(NamedTuple):
    """Somebody who said the token: the channel, its reader, the first message and what came right after it."""

    channel: socket.socket
    reader: protocol.Reader
    first: Hello | Mirror
    rest: list[protocol.Message]


class Listener:
    """A loopback socket, the token that opens it, and the strangers that have not said the token yet.

    Used by one thread. Whoever says something else than a valid `Hello` (or `Mirror`) is sent away, and so is who says
    nothing for 10 seconds; at most 32 may stand at the door, the oldest goes first.
    """

    def __init__(self, selector: selectors.BaseSelector, token: str = "", port: int = 0) -> None:
        """Binds ``port`` (0: a free one) on 127.0.0.1 and registers with ``selector``; see `owns`. Without a token it
        makes one.

        Raises:
            OSError: the port is taken, or may not be had.
        """
        if not 0 <= port <= 65535:
            raise OSError(errno.EINVAL, "there is no such port")
        self.token = token or secrets.token_hex(16)
        self._selector = selector
        self._socket = socket.create_server((HOST, port), backlog=_BACKLOG)
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._strangers: dict[socket.socket, tuple[protocol.Reader, float]] = {}
        self._deaf_until = 0.0
        selector.register(self._socket, selectors.EVENT_READ)

    def owns(self, ready: object) -> bool:
        """Whether `handle` wants to know that this socket is ready."""
        return ready is self._socket or ready in self._strangers

    def handle(self, ready: object) -> Guest | None:
        """Does what a ready socket calls for. Returns a guest once one has said the token."""
        if ready is self._socket:
            self._accept()
            return None
        assert isinstance(ready, socket.socket)
        reader, _ = self._strangers[ready]
        try:
            data = ready.recv(65536)
            messages = reader.feed(data)
        except BlockingIOError:
            return None
        except (OSError, protocol.ProtocolError):
            self._send_away(ready)
            return None
        match messages:
            case [Hello() | Mirror() as first, *rest] if first.version == protocol.VERSION and self._opens(first.token):
                del self._strangers[ready]
                self._selector.unregister(ready)
                return Guest(ready, reader, first, rest)
            case []:
                if not data:
                    self._send_away(ready)
            case _:
                self._send_away(ready)
        return None

    def tick(self) -> float | None:
        """Sends away who has been silent for too long. Returns in how many seconds it has to be called again; None
        means that nobody is waited for."""
        now = time.monotonic()
        for stranger in [one for one, (_, since) in self._strangers.items() if now - since > _PATIENCE]:
            self._send_away(stranger)
        if self._deaf_until and now >= self._deaf_until:
            self._deaf_until = 0.0
            self._selector.register(self._socket, selectors.EVENT_READ)
        waits = [since + _PATIENCE - now for _, since in self._strangers.values()]
        if self._deaf_until:
            waits.append(self._deaf_until - now)
        return max(0.01, min(waits)) if waits else None

    def close(self) -> None:
        """Closes the door and sends everybody away who still stands there."""
        for stranger in list(self._strangers):
            self._send_away(stranger)
        if self._socket.fileno() >= 0:
            if not self._deaf_until:
                self._selector.unregister(self._socket)
            self._socket.close()

    def abandon(self) -> None:
        """For a forked child: lets go of the copied sockets and says nothing; the selector is the parent's, too."""
        for copied in (self._socket, *self._strangers):
            copied.close()

    def _opens(self, token: str) -> bool:
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                stranger, _address = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:
                # The connection waits on and the socket stays ready: asking again at once would go on for ever.
                with contextlib.suppress(KeyError):
                    self._selector.unregister(self._socket)
                self._deaf_until = time.monotonic() + _REST
                return
            stranger.setblocking(False)
            if len(self._strangers) >= _STRANGERS:
                self._send_away(next(iter(self._strangers)))
            self._strangers[stranger] = protocol.Reader(), time.monotonic()
            self._selector.register(stranger, selectors.EVENT_READ)

    def _send_away(self, stranger: socket.socket) -> None:
        del self._strangers[stranger]
        self._selector.unregister(stranger)
        stranger.close()
