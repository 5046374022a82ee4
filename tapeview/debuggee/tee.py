"""The script's stdout and stderr: every write goes to the terminal and into the recording.

The script sees ordinary text streams (with ``buffer``, ``fileno``, ``isatty``, ``reconfigure``), so scripts that wrap
or reconfigure them keep working. Output of other programs that the script starts goes to the terminal only.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, BinaryIO, Protocol


class Curtain(Protocol):
    """Something that is drawn on the terminal and has to be taken away before the script writes there."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def wrote(self, piece: bytes) -> None:
        """Told, between enter and exit, what goes to the terminal."""


_NOTHING = contextlib.nullcontext()


class TeeBuffer(io.BufferedIOBase):
    """The binary stream under a teed text stream. Writes from several threads are safe.

    Args:
        terminal: where the bytes go as they are; None where the process has no such stream.
        sink: gets the text. It must be safe to call from any thread.
        encoding: how the text stream above encodes.
        forgiving: whether a terminal that cannot be written to any more is forgotten. Otherwise the script gets the
            error, as it would without tapeview (``script.py | head``).
        curtain: entered around each write to the terminal.
    """

    def __init__(
        self,
        terminal: BinaryIO | None,
        sink: Callable[[str], None] | None,
        *,
        encoding: str = "utf-8",
        forgiving: bool = False,
        curtain: Curtain | None = None,
    ) -> None:
        self.original: Any = None
        self._terminal = terminal
        self._sink = sink
        self._forgiving = forgiving
        self._curtain = curtain
        self._utf8 = codecs.lookup(encoding).name == "utf-8"
        self._decoder = codecs.getincrementaldecoder(encoding)("backslashreplace")
        self._partial = False
        self._lock = threading.Lock()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._terminal is not None and self._terminal.isatty()

    def fileno(self) -> int:
        if self._terminal is None:
            raise io.UnsupportedOperation("fileno")
        return self._terminal.fileno()

    @property
    def raw(self) -> Any:
        """The unbuffered stream below, as ``sys.stdout.buffer.raw`` has it. Bytes written there are not recorded."""
        return getattr(self._terminal, "raw", self._terminal)

    @property
    def name(self) -> str:
        return str(getattr(self._terminal, "name", "<none>"))

    @property
    def mode(self) -> str:
        return "wb"

    def write(self, data: Any, /) -> int:
        piece = data if type(data) is bytes else bytes(data)
        sink = self._sink
        if sink is not None:
            text = self._text(piece)
            if text:
                sink(text)
        self._to_terminal(piece)
        return len(piece)

    def flush(self) -> None:
        self._to_terminal(None)

    def say(self, piece: bytes) -> None:
        """Writes to the terminal and not into the recording; without one it is lost."""
        with contextlib.suppress(OSError, ValueError):
            self._to_terminal(piece)
            self._to_terminal(None)

    def _to_terminal(self, piece: bytes | None) -> None:
        """Writes ``piece``, or flushes."""
        terminal, curtain = self._terminal, self._curtain
        if terminal is None:
            return
        try:
            with curtain or _NOTHING:
                if piece is None:
                    terminal.flush()
                else:
                    terminal.write(piece)
                    if curtain is not None:
                        curtain.wrote(piece)
        except (OSError, ValueError):
            if not self._forgiving:
                raise
            self._terminal = None

    def close(self) -> None:
        """Closes this stream; the terminal below stays open for others."""
        if not self.closed:
            with contextlib.suppress(OSError, ValueError):
                super().close()

    def silence(self) -> None:
        """Records nothing from now on. In a forked child the lock may be held by a thread that does not exist there."""
        self._sink = None
        self._lock = threading.Lock()

    def _text(self, piece: bytes) -> str:
        # 0.1 µs for what nearly every piece is; the decoder below takes 1.5 µs and keeps halves of characters.
        if self._utf8 and not self._partial:
            try:
                return str(piece, "utf-8")
            except UnicodeDecodeError:
                pass
        with self._lock:
            text = self._decoder.decode(piece)
            self._partial = bool(self._decoder.getstate()[0])
            return text


class Tee:
    """Stands in for ``sys.stdout`` or ``sys.stderr`` until the process ends."""

    def __init__(
        self,
        name: str,
        sink: Callable[[str, str], None],
        *,
        forgiving: bool = False,
        curtain: Curtain | None = None,
    ) -> None:
        """``name`` is "stdout" or "stderr"; ``sink`` is called with the name and a piece of text."""
        self.name = name
        original = getattr(sys, name)
        terminal: BinaryIO | None = getattr(original, "buffer", None)
        encoding: str = getattr(original, "encoding", None) or "utf-8"
        if original is not None:
            with contextlib.suppress(OSError, ValueError):
                original.flush()
        self.buffer = TeeBuffer(
            terminal,
            lambda text: sink(name, text),
            encoding=encoding,
            forgiving=forgiving,
            curtain=curtain,
        )
        utf8 = codecs.lookup(encoding).name == "utf-8"
        self.stream = io.TextIOWrapper(
            self.buffer,
            encoding=encoding,
            errors="surrogateescape" if utf8 and name == "stdout" else "backslashreplace",
            line_buffering=True,
        )
        self.stream.mode = "w"  # type: ignore[misc]  # as python sets it on its own streams
        # The original must live as long as anybody can write here: when it is collected it closes the terminal.
        self.buffer.original = original

    def install(self) -> None:
        """Puts the stream in place, under both names by which scripts get at it."""
        setattr(sys, self.name, self.stream)
        setattr(sys, f"__{self.name}__", self.stream)

    def tell(self, text: str) -> None:
        """Says something of tapeview's own on the terminal; it does not get into the recording."""
        self.flush()
        self.buffer.say(text.encode(self.stream.encoding, "backslashreplace"))

    def flush(self) -> None:
        """Writes out what is buffered; a stream that the script closed or broke is left alone."""
        with contextlib.suppress(OSError, ValueError):
            self.stream.flush()
