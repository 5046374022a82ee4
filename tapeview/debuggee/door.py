"""The door of a running script: a window that knows the token may come in, and nobody else.

It listens on the loopback interface only. Whatever comes to it costs the script a little time and nothing else: one
thread, a few handles, and no word of what strangers say reaches the script.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from tapeview import protocol
from tapeview.debuggee.mirroring import Mirrors
from tapeview.joining import rendezvous
from tapeview.joining.listener import HOST, Listener
from tapeview.joining.rendezvous import Invitation, RendezvousError
from tapeview.protocol import Hello, Mirror

Welcome = Callable[[socket.socket, protocol.Reader, list[protocol.Message]], None]
"""Takes over the channel of a window that said the token, with its reader and what it said after `Hello`."""


class DoorError(Exception):
    """Nobody can be let in; the text is one sentence that says why and what to do."""


class Door:
    """Made by the script's process for one recording. `open`, `close` and `finish` may be called from any thread.

    Attributes:
        invitation: by which a window finds the way; its port is known once the door is open.
        word: the file that holds it; None while the door is shut, or if it could not be written.
    """

    def __init__(self, recording: Path, script: str, started: float, *, token: str = "", port: int = 0) -> None:
        """Opens nothing yet. ``started`` as in the recording's run. Without a token a new one is made."""
        # Looked up now: the script may change the environment.
        self._folder = rendezvous.folder()
        self._on_window: Welcome | None = None
        self._mirrors = Mirrors(recording)
        self._selector: selectors.BaseSelector | None = None
        self._listener: Listener | None = None
        self._ends: tuple[socket.socket, socket.socket] | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._over = False
        self.invitation = Invitation(port, token, os.getpid(), started, str(recording.absolute()), script)
        self.word: Path | None = None

    def reserve(self) -> None:
        """Takes the port and leaves word of it. Whoever comes now has to wait until `open`.

        Raises:
            DoorError: the port is taken, or word of it cannot be left; in the latter case the port is reserved.
        """
        with self._lock:
            self._reserve()

    def open(self, on_window: Welcome) -> None:
        """Lets windows in from now on and hands them to ``on_window``, on a thread of its own. Does nothing if the door
        is open, or if `finish` was called.

        Raises:
            DoorError: the port is taken, or word of it cannot be left; in the latter case the door is open.
        """
        with self._lock:
            if self._thread is not None or self._over:
                return
            self._on_window = on_window
            try:
                self._reserve()
            finally:
                if self._listener is not None and self._selector is not None and self._ends is not None:
                    self._thread = threading.Thread(
                        target=self._serve,
                        args=(self._selector, self._listener, self._ends[0]),
                        name="tapeview door",
                        daemon=True,
                    )
                    self._thread.start()

    def _reserve(self) -> None:
        if self._listener is not None:
            return
        wanted = self.invitation
        selector = selectors.DefaultSelector()
        try:
            listener = Listener(selector, wanted.token, wanted.port)
        except OSError as error:
            selector.close()
            raise DoorError(
                f"cannot listen on port {wanted.port} of {HOST} ({error.strerror}): choose another with --port"
            ) from error
        self._ends = socket.socketpair()
        selector.register(self._ends[0], selectors.EVENT_READ)
        self._selector, self._listener = selector, listener
        self.invitation = Invitation(
            listener.port, listener.token, wanted.pid, wanted.started, wanted.recording, wanted.script
        )
        try:
            self.word = rendezvous.announce(self.invitation, self._folder)
        except RendezvousError as error:
            raise DoorError(str(error)) from error

    def finish(self, patience: float) -> None:
        """Shuts the door for good, takes the word away, and gives copies of the recording that are being made
        ``patience`` seconds without headway to get to their end. Call it when the recording is closed."""
        with self._lock:
            self._over = True
            if self.word is not None:
                rendezvous.withdraw(self.word)
                self.word = None
            thread, ends = self._thread, self._ends
            if thread is None:
                self._shut()
        if thread is not None and ends is not None:
            with contextlib.suppress(OSError):
                ends[1].send(b"!")
            if thread is not threading.current_thread():
                thread.join(1.0)
        self._mirrors.finish(patience)

    def abandon(self) -> None:
        """For a forked child, where the thread does not exist: lets go of what was copied, says nothing."""
        self._over = True
        self.word = None
        self._lock = threading.Lock()
        if self._listener is not None:
            self._listener.abandon()
        if self._selector is not None:
            self._selector.close()
        for end in self._ends or ():
            end.close()
        self._mirrors.abandon()

    def _serve(self, selector: selectors.BaseSelector, listener: Listener, shut: socket.socket) -> None:
        try:
            while True:
                for key, _ in selector.select(listener.tick()):
                    if key.fileobj is shut:
                        return
                    # One that was sent away while others were handled has nothing to say any more.
                    guest = listener.handle(key.fileobj) if listener.owns(key.fileobj) else None
                    if guest is None:
                        continue
                    if isinstance(guest.first, Mirror):
                        said = [protocol.encode(message) for message in (guest.first, *guest.rest)]
                        self._mirrors.serve(guest.channel, b"".join(said) + guest.reader.pending)
                    else:
                        self._let_in(guest.channel, guest.reader, guest.rest)
        except (OSError, ValueError):
            pass  # the script closed our handles: it goes on, and nobody can come in any more
        finally:
            self._shut()

    def _shut(self) -> None:
        if self._listener is not None and self._selector is not None:
            with contextlib.suppress(OSError, ValueError, KeyError):
                self._listener.close()
            with contextlib.suppress(OSError):
                self._selector.close()
        for end in self._ends or ():
            end.close()

    def _let_in(self, channel: socket.socket, reader: protocol.Reader, rest: list[protocol.Message]) -> None:
        about = self.invitation
        try:
            # A new connection always takes so little at once.
            channel.sendall(protocol.encode(Hello("", about.pid, recording=about.recording, started=about.started)))
        except OSError:
            channel.close()
            return
        _watch_over(channel)
        if self._on_window is not None:
            self._on_window(channel, reader, rest)


def _watch_over(channel: socket.socket) -> None:
    """A window whose machine has vanished without a word is noticed within a minute."""
    with contextlib.suppress(OSError):
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, name):
                channel.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
