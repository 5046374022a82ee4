"""Messages between the debugger and the script it runs: intentions and status, never data.

What the script computed is read from the recording. This channel says who is there, how far it is and what to do next.
A message on the wire is four bytes of length (big-endian) and a MessagePack map with the message's tag in ``type``.

The debugger listens on the loopback interface and starts the script's process with a port and a random token; the
process connects and says `Hello`. Whoever cannot say the token is not listened to.

The script's first line runs once the debugger's first order has come (any message but `Hello`), so that breakpoints
hold from the first op on; if none comes within two seconds it runs all the same. A script that was started with
``--paused``, or whose first order is `Pause`, is held before its first line.

A script that was started elsewhere, or whose window has gone, listens itself: a window that joins it says `Hello` and
the script's process answers with its own. A window that cannot open the recording, because it is on another machine,
connects once more, says `Mirror` and gets a copy through that second connection, which carries nothing else.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import msgspec

from tapeview.breakpoints import Breakpoint

VERSION: Final = 2
"""Both ends must speak the same version; it grows when a message changes its meaning."""

MAX_MESSAGE: Final = 1 << 20
"""Longest message in bytes. Nothing legitimate comes near it; a longer one is garbage."""

TOKEN_VARIABLE: Final = "TAPEVIEW_TOKEN"
"""The environment variable that hands the token over. It is removed before the script runs."""

_LENGTH = struct.Struct(">I")


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hello"):
    """First message of whoever connects: proves that it was invited.

    The script's process says ``recording``, the file it writes (absolute), and ``started``, as in
    `tapeview.trace.records.RunInfo`, by which the file can be told from another of that name.
    """

    token: str
    pid: int
    version: int = VERSION
    recording: str = ""
    started: float = 0.0


class Stopped(msgspec.Struct, frozen=True):
    """Why and where the script stands.

    ``serial`` grows with every stop. ``reason``: "start" (before its first line), "pause", "step", "target" (`StepTo`
    got there), "breakpoint" (``breakpoint`` is its id; where it is one on exceptions, an op raised and the script has
    not unwound yet), "failed" (the script has raised; its frames are still there, going on ends it). ``text`` is one
    sentence for the user. ``thread`` is Python's ident of the thread that stopped. ``step`` and ``position`` are where
    the recording then ends, as the reader counts them (``position`` -1: nothing recorded in that step); ``op`` is the
    ``seq`` of the op that ran or whose rule ran, 0 = neither.
    """

    serial: int
    reason: str
    text: str = ""
    breakpoint: int = 0
    thread: int = 0
    step: int = -1
    position: int = -1
    op: int = 0


class Held(msgspec.Struct, frozen=True):
    """A thread that waits at the gate."""

    thread: int
    name: str


class Hits(msgspec.Struct, frozen=True):
    """How often a breakpoint was hit, and the sentence with which its condition failed last ("" = it did not)."""

    breakpoint: int
    hits: int
    error: str = ""


class Status(msgspec.Struct, frozen=True, tag="status"):
    """How the script is, and how much of it is in the recording.

    ``state``: "running", "pausing" (the next op will wait; none has come yet), "paused", or "failed" (it has raised and
    waits to be looked at). ``trouble`` is what the recorder could not do, if anything. ``idle`` is for how many whole
    seconds nothing of the engine has run, while the script is not held; 0 below one second. Sent after `Hello` and
    whenever something else than the three counts has changed.
    """

    state: str
    steps: int
    ops: int
    bytes: int
    trouble: str | None = None
    idle: int = 0
    stopped: Stopped | None = None
    held: tuple[Held, ...] = ()
    hits: tuple[Hits, ...] = ()


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


class Local(msgspec.Struct, frozen=True, array_like=True):
    """One variable of a frame: its type, ``shape`` as text ("" where it has none), ``dtype`` ("" where it has none) and
    a short text that never holds a large array."""

    name: str
    type: str
    shape: str
    dtype: str
    text: str


class StackFrame(msgspec.Struct, frozen=True, array_like=True):
    """A frame of the user's code with its variables. Lines from 1, columns as in `tapeview.trace.records.Frame`."""

    function: str
    file: str
    line: int
    end_line: int
    column: int
    end_column: int
    locals: tuple[Local, ...]
    more: int = 0
    """How many variables were left out."""


class Stack(msgspec.Struct, frozen=True, tag="stack"):
    """Answer to `AskStack`: the frames, innermost first; none if the thread is not there any more. Frames of a thread
    that is not held have no variables."""

    request: int
    thread: int
    frames: tuple[StackFrame, ...]


class Evaluated(msgspec.Struct, frozen=True, tag="evaluated"):
    """Answer to `Evaluate`. ``output`` is what was printed, ``text`` the result's repr (shortened; "" for None), or
    ``error`` is the exception as Python would print its last line ("" = none). ``number`` is the result where it is one
    number.
    """

    request: int
    text: str = ""
    output: str = ""
    error: str = ""
    number: float | None = None


class Completions(msgspec.Struct, frozen=True, tag="completions"):
    """Answer to `Complete`: whole words that may stand for the one that ends at the cursor, at most 200."""

    request: int
    words: tuple[str, ...]


class Fetched(msgspec.Struct, frozen=True, tag="fetched"):
    """How far `Fetch` is: ``done`` of ``total`` bytes are in the recording. With ``over`` it is the last message about
    that request; ``missing`` then maps tensor ids that could not be had to one sentence why.
    """

    request: int
    done: int
    total: int
    over: bool = False
    missing: dict[int, str] = {}


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Debugger to script: close the recording and end."""


class Run(msgspec.Struct, frozen=True, tag="run"):
    """Debugger to script: go on until a breakpoint, or to the end. A script that has failed ends; `Step` and `StepTo`
    then do the same."""


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    """Debugger to script: wait at the next op, backward step or update, in every thread. What it steps to is
    forgotten."""


class Step(msgspec.Struct, frozen=True, tag="step"):
    """Debugger to script: execute ``count`` (at least 1) more ops, backward steps or updates, then wait. Of several
    threads all go on, and what they do is counted together."""

    count: int = 1


class StepTo(msgspec.Struct, frozen=True, tag="step_to"):
    """Debugger to script: go on to a place, or to a breakpoint before it.

    ``kind``: "phase" (the end of the forward pass, backward pass or updates), "step" (the first op of the next training
    step), "line" (the next op of ``file`` and ``line``), "node" (the next time an op of type ``op`` is made by the
    expression at ``file``, ``line``, ``column`` to ``end_column``; with ``backward`` its rule).
    """

    kind: str
    file: str = ""
    line: int = 0
    column: int = -1
    end_column: int = -1
    op: str = ""
    backward: bool = False


class SetBreakpoints(msgspec.Struct, frozen=True, tag="set_breakpoints"):
    """Debugger to script: these are the breakpoints from now on. Hits of those that were set before are kept.

    With ``post_mortem`` a script that raises waits to be looked at (state "failed") until it is told to go on; without,
    it ends at once.
    """

    breakpoints: tuple[Breakpoint, ...]
    post_mortem: bool = False


class AskStack(msgspec.Struct, frozen=True, tag="ask_stack"):
    """Debugger to script: the call stack of a thread (0: of the one that stopped, else of the main thread)."""

    request: int
    thread: int = 0


class Evaluate(msgspec.Struct, frozen=True, tag="evaluate"):
    """Debugger to script: the value of an expression in a frame (0 = innermost) of a held thread (0 as in
    `AskStack`)."""

    request: int
    text: str
    frame: int = 0
    thread: int = 0


class Complete(msgspec.Struct, frozen=True, tag="complete"):
    """Debugger to script: how the word that ends at ``cursor`` in ``text`` might go on, in a frame as in `Evaluate`."""

    request: int
    text: str
    cursor: int
    frame: int = 0
    thread: int = 0


class Fetch(msgspec.Struct, frozen=True, tag="fetch"):
    """Debugger to script: write the bytes of these tensors into the recording, if they are still in memory."""

    request: int
    tensors: tuple[int, ...]


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Debugger to script: give up this `Evaluate` or `Fetch`. It is answered all the same."""

    request: int


class Leave(msgspec.Struct, frozen=True, tag="leave"):
    """Debugger to script: the window goes, the script goes on without it; breakpoints are taken away."""


class Mirror(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="mirror"):
    """Debugger to script, on a connection of its own, first of all and again whenever it wants to be up to date: send
    what is new in the recording, at last the bytes of ``values`` (tensor ids), then say ``mark``.

    Large values that nobody asked for follow by themselves while nothing else is wanted.
    """

    token: str
    mark: int
    values: tuple[int, ...] = ()
    version: int = VERSION


class Copied(msgspec.Struct, frozen=True, tag="copied"):
    """Answer to `Mirror`: a ``part`` of the recording as `tapeview.trace.copying` makes them, well below `MAX_MESSAGE`.
    With ``mark`` (from 1; the part is then empty) all that the recording held when that was asked for has been sent.
    """

    part: bytes = b""
    mark: int = 0


FromScript = Hello | Status | Committed | Finished | Stack | Evaluated | Completions | Fetched | Copied
FromDebugger = (
    Hello
    | Stop
    | Run
    | Pause
    | Step
    | StepTo
    | SetBreakpoints
    | AskStack
    | Evaluate
    | Complete
    | Fetch
    | Cancel
    | Leave
    | Mirror
)
Message = FromScript | FromDebugger


class ProtocolError(Exception):
    """What arrived is not a message of this protocol."""


_encoder = msgspec.msgpack.Encoder()


def encode(message: Message) -> bytes:
    """The bytes of ``message`` on the wire, length included. Halves of characters, as a broken file name or a script's
    own text can hold, become escapes."""
    try:
        body = _encoder.encode(message)
    except UnicodeEncodeError:
        body = _encoder.encode(_escaped(msgspec.to_builtins(message)))
    return _LENGTH.pack(len(body)) + body


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_escaped(key): _escaped(one) for key, one in value.items()}
    return [_escaped(one) for one in value] if isinstance(value, list | tuple) else value


class Reader:
    """Cuts a stream of bytes into messages. Feed it whatever arrived, in whatever pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)

    @property
    def pending(self) -> bytes:
        """The beginning of a message that is not whole yet."""
        return bytes(self._buffer)

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
