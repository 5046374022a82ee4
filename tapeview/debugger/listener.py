"""The debugger's end of the control channel: lets in the process that was started and nobody else."""

from __future__ import annotations

import contextlib
import hmac
import secrets
import selectors
import socket
import time

from tapeview import protocol
from tapeview.protocol import Hello

_STRANGERS = 32
_PATIENCE = 10.0


class Listener:
    """A loopback socket, the token that opens it, and the strangers that have not said the token yet.

    Used by one thread. Whoever says something else than a valid `Hello` is sent away; at most 32 may stand at the
    door, the oldest goes first.
    """

    def __init__(self, selector: selectors.BaseSelector) -> None:
        """Binds a free port on 127.0.0.1 and registers with ``selector``; see `owns`."""
        self.token = secrets.token_hex(16)
        self._selector = selector
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._strangers: dict[socket.socket, tuple[protocol.Reader, float]] = {}
        selector.register(self._socket, selectors.EVENT_READ)

    def owns(self, ready: object) -> bool:
        """Whether `handle` wants to know that this socket is ready."""
        return ready is self._socket or ready in self._strangers

    def handle(self, ready: object) -> tuple[socket.socket, protocol.Reader, list[protocol.Message]] | None:
        """Does what a ready socket calls for.

        Returns the channel, its reader and what came right after the `Hello`, once the right process has said it.
        """
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
            case [Hello(token=token, version=protocol.VERSION), *rest] if self._is_right(token):
                del self._strangers[ready]
                self._selector.unregister(ready)
                return ready, reader, rest
            case []:
                if not data:
                    self._send_away(ready)
            case _:
                self._send_away(ready)
        return None

    def close(self) -> None:
        """Closes the door and sends everybody away who still stands there."""
        for stranger in list(self._strangers):
            self._send_away(stranger)
        if self._socket.fileno() >= 0:
            self._selector.unregister(self._socket)
            self._socket.close()

    def _is_right(self, token: str) -> bool:
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            stranger, _ = self._socket.accept()
            stranger.setblocking(False)
            now = time.monotonic()
            late = [one for one, (_, since) in self._strangers.items() if now - since > _PATIENCE]
            for one in late or list(self._strangers)[: len(self._strangers) - _STRANGERS + 1]:
                self._send_away(one)
            self._strangers[stranger] = protocol.Reader(), now
            self._selector.register(stranger, selectors.EVENT_READ)

    def _send_away(self, stranger: socket.socket) -> None:
        del self._strangers[stranger]
        self._selector.unregister(stranger)
        stranger.close()
