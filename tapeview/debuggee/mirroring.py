"""Copies of the recording for windows on other machines: starts a process for each, and ends with them."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from tapeview.debuggee.copier import Copier

_ENTRY = Path(__file__).resolve().parent / "copier.py"

_MOST = 4
"""Windows that get a copy at the same time."""

_START_SECONDS = 10.0


class Mirrors:
    """The copies that are being made. The script's threads never wait for them.

    All methods may be called from any thread.
    """

    def __init__(self, recording: Path) -> None:
        # Looked up now: the script may change both.
        self._recording = recording.absolute()
        self._python = sys.executable
        self._links: list[socket.socket] = []
        self._threads: list[tuple[threading.Thread, Copier]] = []
        self._lock = threading.Lock()

    def serve(self, channel: socket.socket, begun: bytes) -> None:
        """Takes over a connection on which the token was said; ``begun`` is what has come through it so far."""
        with self._lock:
            self._forget()
            if len(self._links) + len(self._threads) >= _MOST:
                channel.close()
            elif os.name != "posix" or not self._start_process(channel, begun):
                copier = Copier(self._recording, channel, begun)
                thread = threading.Thread(target=copier.run, name="tapeview mirror", daemon=True)
                self._threads.append((thread, copier))
                thread.start()

    def _start_process(self, channel: socket.socket, begun: bytes) -> bool:
        try:
            link, other = socket.socketpair()
        except OSError:
            return False
        with other:
            handles = channel.fileno(), other.fileno()
            line = [self._python, "-P", str(_ENTRY), str(self._recording), *map(str, handles)]
            channel.setblocking(True)
            try:
                child = subprocess.Popen(
                    line,
                    pass_fds=handles,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
                # It goes at once and leaves another one behind, which is not a child of this process.
                started = child.wait(_START_SECONDS) == 0
                if started:
                    link.sendall(len(begun).to_bytes(4, "big") + begun)
            except (OSError, subprocess.SubprocessError):
                started = False
        if started:
            channel.close()
            self._links.append(link)
        else:
            link.close()
        return started

    def _forget(self) -> None:
        """Lets go of copies that have ended."""
        for link in list(self._links):
            link.setblocking(False)
            if not _lives(link):
                self._links.remove(link)
                link.close()
        self._threads = [(thread, copier) for thread, copier in self._threads if thread.is_alive()]

    def finish(self, patience: float) -> None:
        """The recording has ended: what is missing is sent. Returns when it was, or for ``patience`` seconds nothing
        was taken; where copies are made by processes of their own they go on even then."""
        with self._lock:
            links, self._links = self._links, []
            threads, self._threads = self._threads, []
            for _, copier in threads:
                copier.ending.set()
            with selectors.DefaultSelector() as selector:
                for link in links:
                    with contextlib.suppress(OSError):
                        link.shutdown(socket.SHUT_WR)
                        link.setblocking(False)
                        selector.register(link, selectors.EVENT_READ, link)
                while selector.get_map():
                    ready = selector.select(patience)
                    if not ready:
                        break
                    for key, _ in ready:
                        if not _lives(key.data):
                            selector.unregister(key.fileobj)
            for link in links:
                link.close()
            until = time.monotonic() + patience
            for thread, _ in threads:
                thread.join(max(0.0, until - time.monotonic()))

    def abandon(self) -> None:
        """For a forked child: lets go of the copied sockets and says nothing."""
        self._lock = threading.Lock()
        for link in self._links:
            link.close()
        self._links, self._threads = [], []


def _lives(link: socket.socket) -> bool:
    """Reads the signs of life of a copy. False when it has ended."""
    try:
        while link.recv(4096):
            pass
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False
