"""One line on a terminal that says how far a recording is, drawn under the script's own output and never into it."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import BinaryIO

ERASE = b"\r\x1b[K"
PERIOD = 0.2


def size_text(count: int) -> str:
    """``count`` bytes for people: "512 B", "1.2 MB"."""
    if count < 1000:
        return f"{count} B"
    amount = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        amount /= 1000
        if amount < 999.5 or unit == "TB":
            break
    return f"{amount:.1f} {unit}" if amount < 99.5 else f"{amount:.0f} {unit}"


class Progress:
    """Draws while something moves, so that a script that waits for ``input()`` has the line for itself.

    It is the `tee.Curtain` of the streams that share the terminal: entered, the line is gone.

    Args:
        terminal: binary stream of a terminal.
        counts: returns (steps, ops, bytes) of the recording.
        name: what is being recorded.
    """

    def __init__(self, terminal: BinaryIO, counts: Callable[[], tuple[int, int, int]], name: str) -> None:
        self._terminal = terminal
        self._counts = counts
        self._name = name
        self._drawn = False
        self._last: tuple[int, int, int] = (0, 0, 0)
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="tapeview progress", daemon=True)
        self._started = time.monotonic()
        self._at_line_start = True

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Takes the line away for good. Callable from any thread."""
        self._ended.set()
        with self:
            pass

    def abandon(self) -> None:
        """For a forked child: there is no thread here, and the lock may be held by nobody."""
        self._lock = threading.RLock()
        self._drawn = False
        self._ended.set()

    def __enter__(self) -> None:
        self._lock.acquire()
        if self._drawn:
            self._drawn = False
            self._write(ERASE)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._lock.release()

    def wrote(self, piece: bytes) -> None:
        """Remembers whether the script has left the cursor in the middle of a line."""
        self._at_line_start = piece.endswith(b"\n") if piece else self._at_line_start

    def _tick(self) -> None:
        while not self._ended.wait(PERIOD):
            self.draw()

    def draw(self) -> None:
        """Draws the line if something moved and the cursor stands at the start of a line."""
        now = self._counts()
        with self._lock:
            if now == self._last or not self._at_line_start or self._ended.is_set():
                return
            self._last = now
            steps, ops, size = now
            seconds = time.monotonic() - self._started
            text = f"tapeview: {self._name} · {steps:,} steps · {ops:,} ops · {size_text(size)} · {seconds:.0f} s"
            width = shutil.get_terminal_size().columns - 1
            self._write(ERASE + text[:width].encode())
            self._drawn = True

    def _write(self, data: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):
            os.write(self._terminal.fileno(), data)
