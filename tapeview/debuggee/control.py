"""The script's end of the control channel: one daemon thread that tells how far the script is and takes orders.

It never breaks the script: whatever goes wrong with the channel ends the channel and nothing else. It knows neither the
recorder nor the gate, only the `Orders` it was given. One channel is served once; whoever connects later gets a
`Control` of its own.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
from collections.abc import Sequence
from typing import Protocol

from tapeview import protocol
from tapeview.protocol import Committed, Finished, Hello, Leave, Status

PERIOD = 0.05
"""Seconds between two looks at the recorder: at most 20 notifications a second."""


UNSENT_LIMIT = 8 << 20
"""Bytes of answers that may wait for a debugger that does not read; one that asks for more is given up."""


class Orders(Protocol):
    """What a channel's thread calls."""

    def status(self) -> Status:
        """How the script is."""
        ...

    def take(self, message: protocol.Message, control: Control) -> None:
        """Does what the debugger asks for; answers go to ``control``. Raises ProtocolError for what no debugger
        says."""
        ...

    def gone(self, control: Control) -> None:
        """The debugger has left, has vanished, talks nonsense or had to give place. Called once, unless the script has
        ended before."""
        ...


def connect(
    port: int, token: str, timeout: float = 5.0, *, recording: str = "", started: float = 0.0
) -> socket.socket | None:
    """Connects to the debugger on this machine and says `Hello`. Returns None if nobody is there."""
    try:
        channel = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    except OSError:
        return None
    try:
        channel.sendall(protocol.encode(Hello(token=token, pid=os.getpid(), recording=recording, started=started)))
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
    """Owns a connected socket and the thread that serves it.

    Args:
        channel: a socket at whose other end is a debugger that has said the token, and that has been told `Hello`.
        orders: takes what comes; called on the channel's thread.
        reader: what has read the channel so far.
        waiting: messages that it has read already.
    """

    def __init__(
        self,
        channel: socket.socket,
        orders: Orders,
        reader: protocol.Reader | None = None,
        waiting: Sequence[protocol.Message] = (),
    ) -> None:
        channel.setblocking(False)
        # Messages are small and each is waited for: collecting them costs 40 ms.
        channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._channel = channel
        self._orders = orders
        self._reader = reader or protocol.Reader()
        self._waiting = tuple(waiting)
        self._unsent = bytearray()
        self._answers = bytearray()
        self._lock = threading.Lock()
        self._told: Status | None = None
        self._farewell: Finished | None = None
        self._left = False
        self._to_give_place = False
        self.displaced = False
        self._said_goodbye = False
        self.alive = True
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

    def send(self, message: protocol.FromScript) -> None:
        """Sends an answer. May be called from any thread; an answer to nobody is dropped."""
        data = protocol.encode(message)
        with self._lock:
            self._answers += data
        self.wake()

    def finish(self, how: str, exit: int | None, timeout: float = 1.0) -> None:
        """Says `Finished` and closes the channel; gives up after ``timeout`` seconds. Callable from any thread."""
        self._farewell = Finished(how=how, exit=exit)
        self.wake()
        if threading.current_thread() is self._thread:
            self._say_goodbye()
        elif self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def left(self) -> bool:
        """Whether the debugger has said that it goes."""
        return self._left

    def give_place(self, timeout: float = 1.0) -> None:
        """Hangs up on the debugger because another one has come; ``displaced`` then says whether it was still there.
        Returns when nothing it ordered is under way."""
        self._to_give_place = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def abandon(self) -> None:
        """For a forked child, where the thread does not exist: lets go of the copied sockets, says nothing."""
        self.alive = False
        self._lock = threading.Lock()
        for copied in (self._channel, self._wake_in, self._wake_out):
            copied.close()

    def _serve(self) -> None:
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._wake_out, selectors.EVENT_READ)
                selector.register(self._channel, selectors.EVENT_READ)
                self._take(self._waiting)
                while self._farewell is None and not self._left and not self._to_give_place:
                    self._tell()
                    self._send()
                    events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
                    selector.modify(self._channel, events)
                    for key, _ in selector.select(PERIOD):
                        if key.fileobj is self._wake_out:
                            self._wake_out.recv(4096)
                        elif not self._receive():
                            return
                # It may have gone right before, by itself.
                self.displaced = self._to_give_place and not self._left and self._receive() and not self._left
            self._say_goodbye()
        except (OSError, ValueError, protocol.ProtocolError):
            # ValueError: the socket was closed under the selector.
            pass
        finally:
            # Nobody may find the channel alive after `gone` was called.
            self.alive = False
            if not self._said_goodbye:
                self._orders.gone(self)
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
        self._take(self._reader.feed(data))
        return True

    def _take(self, messages: Sequence[protocol.Message]) -> None:
        for message in messages:
            if isinstance(message, Leave):
                self._left = True
                return
            self._orders.take(message, self)

    def _tell(self) -> None:
        """Queues answers, and what is new unless older news still wait to be sent: a slow reader misses news, not the
        script."""
        with self._lock:
            answers, self._answers = self._answers, bytearray()
        now, before = (self._orders.status(), self._told) if not self._unsent else (None, None)
        if now is not None:
            # The status first: what an answer is about is known when it comes.
            if before is None or _telling(now) != _telling(before):
                self._unsent += protocol.encode(now)
            elif (now.bytes, now.ops, now.steps) != (before.bytes, before.ops, before.steps):
                self._unsent += protocol.encode(Committed(steps=now.steps, ops=now.ops, bytes=now.bytes))
            self._told = now
        self._unsent += answers
        if len(self._unsent) > UNSENT_LIMIT:
            raise protocol.ProtocolError("the debugger asks and does not read the answers")

    def _send(self) -> None:
        if self._unsent:
            with contextlib.suppress(BlockingIOError):
                del self._unsent[: self._channel.send(self._unsent)]

    def _say_goodbye(self) -> None:
        farewell, self._farewell = self._farewell, None
        if farewell is None:
            return
        self._said_goodbye = True
        last = self._orders.status()
        with contextlib.suppress(OSError):
            self._channel.settimeout(0.5)
            news = protocol.encode(Committed(steps=last.steps, ops=last.ops, bytes=last.bytes))
            self._channel.sendall(bytes(self._unsent) + news + protocol.encode(farewell))
            self._channel.shutdown(socket.SHUT_WR)


def _telling(status: Status) -> object:
    """What of a status is worth a message of its own."""
    return status.state, status.trouble, status.idle, status.stopped, status.held, status.hits
