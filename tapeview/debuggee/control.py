"""The script's end of the control channel: one daemon thread that tells how far the script is and takes orders.

It never breaks the script: whatever goes wrong with the channel ends the channel and nothing else. It knows neither the
recorder nor the gate, only the callables it was given.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
from collections.abc import Callable

from tapeview import protocol
from tapeview.protocol import Committed, Finished, Hello, Status, Stop

PERIOD = 0.05
"""Seconds between two looks at the recorder: at most 20 notifications a second."""


def connect(port: int, token: str, timeout: float = 5.0) -> socket.socket | None:
    """Connects to the debugger on this machine and says `Hello`. Returns None if nobody is there."""
    try:
        channel = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    except OSError:
        return None
    try:
        channel.sendall(protocol.encode(Hello(token=token, pid=os.getpid())))
        channel.setblocking(False)
    except OSError:
        channel.close()
        return None
    return channel


def refuse(port: int, token: str, sentence: str) -> None:
    """Tells the debugger that there is nothing to run."""
    channel = connect(port, token)
    if channel is not None:
        with contextlib.suppress(OSError), channel:
            channel.settimeout(1.0)
            channel.sendall(protocol.encode(Finished(how="refused", exit=2, message=sentence)))


class Control:
    """Owns the connected socket and the thread that serves it.

    Args:
        channel: from `connect`.
        status: tells how the script is; called on the channel's thread.
        on_stop: called on the channel's thread when the debugger asks to stop.
        on_gone: called on the channel's thread when the debugger has vanished or talks nonsense.
    """

    def __init__(
        self,
        channel: socket.socket,
        status: Callable[[], Status],
        on_stop: Callable[[], None],
        on_gone: Callable[[], None],
    ) -> None:
        self._channel = channel
        self._status = status
        self._on_stop = on_stop
        self._on_gone = on_gone
        self._unsent = bytearray()
        self._reader = protocol.Reader()
        self._told: Status | None = None
        self._farewell: Finished | None = None
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_in.setblocking(False)
        self._thread = threading.Thread(target=self._serve, name="tapeview control", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Makes the thread look at the status at once. May be called from any thread."""
        with contextlib.suppress(OSError):
            self._wake_in.send(b"!")

    def finish(self, how: str, exit: int | None, timeout: float = 1.0) -> None:
        """Says `Finished` and closes the channel; gives up after ``timeout`` seconds. Callable from any thread."""
        self._farewell = Finished(how=how, exit=exit)
        self.wake()
        if threading.current_thread() is self._thread:
            self._say_goodbye()
        elif self._thread.is_alive():
            self._thread.join(timeout)

    def abandon(self) -> None:
        """For a forked child, where the thread does not exist: lets go of the copied sockets, says nothing."""
        for copied in (self._channel, self._wake_in, self._wake_out):
            copied.close()

    def _serve(self) -> None:
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._wake_out, selectors.EVENT_READ)
                selector.register(self._channel, selectors.EVENT_READ)
                while self._farewell is None:
                    self._tell()
                    events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
                    selector.modify(self._channel, events)
                    for key, _ in selector.select(PERIOD):
                        if key.fileobj is self._wake_out:
                            self._wake_out.recv(4096)
                        elif not self._receive():
                            self._on_gone()
                            return
                    self._send()
            self._say_goodbye()
        except (OSError, ValueError, protocol.ProtocolError):
            # ValueError: the socket was closed under the selector.
            self._on_gone()
        finally:
            for one in (self._channel, self._wake_out, self._wake_in):
                one.close()

    def _receive(self) -> bool:
        """Handles what has arrived. Returns False when the other end is gone."""
        try:
            data = self._channel.recv(65536)
        except BlockingIOError:
            return True
        if not data:
            return False
        for message in self._reader.feed(data):
            match message:
                case Stop():
                    self._on_stop()
                case _:
                    raise protocol.ProtocolError("the debugger sent a message that only a script may send")
        return True

    def _tell(self) -> None:
        """Queues what is new, unless older news still wait to be sent: a slow reader misses news, not the script."""
        if self._unsent:
            return
        now, before = self._status(), self._told
        if before is None or (now.state, now.trouble) != (before.state, before.trouble):
            self._unsent += protocol.encode(now)
        elif (now.bytes, now.ops, now.steps) != (before.bytes, before.ops, before.steps):
            self._unsent += protocol.encode(Committed(steps=now.steps, ops=now.ops, bytes=now.bytes))
        self._told = now

    def _send(self) -> None:
        if self._unsent:
            with contextlib.suppress(BlockingIOError):
                del self._unsent[: self._channel.send(self._unsent)]

    def _say_goodbye(self) -> None:
        farewell, self._farewell = self._farewell, None
        if farewell is None:
            return
        last = self._status()
        with contextlib.suppress(OSError):
            self._channel.settimeout(0.5)
            news = protocol.encode(Committed(steps=last.steps, ops=last.ops, bytes=last.bytes))
            self._channel.sendall(bytes(self._unsent) + news + protocol.encode(farewell))
            self._channel.shutdown(socket.SHUT_WR)
