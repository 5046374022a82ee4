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

    def __init__(
        self, recording: Path, script: str, started: float, on_window: Welcome, *, token: str = "", port: int = 0
    ) -> None:
        """Opens nothing yet. ``started`` as in the recording's run. Without a token a new one is made."""
        # Looked up now: the script may change the environment.
        self._folder = rendezvous.folder()
        self._on_window = on_window
        self._mirrors = Mirrors(recording)
        self._selector: selectors.BaseSelector | None = None
        self._listener: Listener | None = None
        self._ends: tuple[socket.socket, socket.socket] | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._over = False
        self.invitation = Invitation(port, token, os.getpid(), started, str(recording.absolute()), script)
        self.word: Path | None = None

    def open(self) -> None:
        """Lets windows in from now on. Does nothing if the door is open, or if `finish` was called.

        Raises:
            DoorError: the port is taken, or word of it cannot be left; in the latter case the door is open.
        """
        with self._lock:
            if self._thread is not None or self._over:
                return
            wanted = self.invitation
            selector = selectors.DefaultSelector()
            try:
                listener = Listener(selector, wanted.token, wanted.port)
                self._ends = socket.socketpair()
            except OSError as error:
                selector.close()
                raise DoorError(
                    f"cannot listen on port {wanted.port} of {HOST} ({error.strerror}): choose another with --port"
                ) from error
            selector.register(self._ends[0], selectors.EVENT_READ)
            self._selector, self._listener = selector, listener
            self.invitation = Invitation(
                listener.port, listener.token, wanted.pid, wanted.started, wanted.recording, wanted.script
            )
            self._thread = threading.Thread(
                target=self._serve, args=(selector, listener, self._ends[0]), name="tapeview door", daemon=True
            )
            self._thread.start()
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
                        self._mirrors.serve(guest.channel, guest.reader, [guest.first, *guest.rest])
                    else:
                        self._let_in(guest.channel, guest.reader, guest.rest)
        except (OSError, ValueError):
            pass  # the script closed our handles: it goes on, and nobody can come in any more
        finally:
            with contextlib.suppress(OSError, ValueError, KeyError):
                listener.close()
            with contextlib.suppress(OSError):
                selector.close()
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
        self._on_window(channel, reader, rest)
