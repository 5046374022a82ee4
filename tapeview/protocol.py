"""Messages between the debugger and the script it runs: intentions and status, never data.

What the script computed is read from the recording. This channel says who is there, how far it is and what to do next.
A message on the wire is four bytes of length (big-endian) and a MessagePack map with the message's tag in ``type``.

The debugger listens on the loopback interface and starts the script's process with a port and a random token; the
process connects and says `Hello`. Whoever cannot say the token is not listened to.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

VERSION: Final = 1
"""Both ends must speak the same version; it grows when a message changes its meaning."""

MAX_MESSAGE: Final = 1 << 20
"""Longest message in bytes. Nothing legitimate comes near it; a longer one is garbage."""

TOKEN_VARIABLE: Final = "TAPEVIEW_TOKEN"
"""The environment variable that hands the token over. It is removed before the script runs."""

_LENGTH = struct.Struct(">I")


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hello"):
    """First message of the script's process: proves that it is the one that was started."""

    token: str
    pid: int
    version: int = VERSION


class Status(msgspec.Struct, frozen=True, tag="status"):
    """How the script is, and how much of it is in the recording.

    ``state`` is "running" or "paused"; ``trouble`` is what the recorder could not do, if anything.
    Sent after `Hello` and whenever ``state`` or ``trouble`` changed.
    """

    state: str
    steps: int
    ops: int
    bytes: int
    trouble: str | None = None


class Committed(msgspec.Struct, frozen=True, tag="committed"):
    """The recording has grown; sent at most 20 times a second. Whoever shows it may look again."""

    steps: int
    ops: int
    bytes: int


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """Last message: the recording is closed. ``how`` as in `tapeview.trace.records.RunInfo`.

    If nothing could be run, ``how`` is "refused", there is no recording, and ``message`` says in one sentence why.
    """

    how: str
    exit: int | None
    message: str = ""


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Debugger to script: close the recording and end."""


FromScript = Hello | Status | Committed | Finished
FromDebugger = Stop
Message = FromScript | FromDebugger


class ProtocolError(Exception):
    """What arrived is not a message of this protocol."""


_encoder = msgspec.msgpack.Encoder()


def encode(message: Message) -> bytes:
    """The bytes of ``message`` on the wire, length included."""
    body = _encoder.encode(message)
    return _LENGTH.pack(len(body)) + body


class Reader:
    """Cuts a stream of bytes into messages. Feed it whatever arrived, in whatever pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)

    def feed(self, data: bytes) -> list[Message]:
        """Returns the messages that ``data`` completes, in order.

        Raises:
            ProtocolError: a message is too long, is not MessagePack, or is of an unknown kind.
        """
        self._buffer += data
        messages: list[Message] = []
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_MESSAGE:
                raise ProtocolError(f"a message of {length} bytes is longer than {MAX_MESSAGE}")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                break
            body = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            try:
                messages.append(self._decoder.decode(body))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise ProtocolError(f"not a message: {error}") from error
        return messages
