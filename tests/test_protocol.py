"""Messages on the wire."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapeview import protocol
from tapeview.breakpoints import Breakpoint
from tapeview.protocol import (
    Cancel,
    Committed,
    Completions,
    Evaluate,
    Evaluated,
    Fetch,
    Fetched,
    Finished,
    Held,
    Hello,
    Hits,
    Leave,
    Local,
    Message,
    ProtocolError,
    SetBreakpoints,
    Stack,
    StackFrame,
    Status,
    Step,
    StepTo,
    Stop,
    Stopped,
)

counts = st.integers(0, 2**62)
messages = st.one_of(
    st.builds(Hello, token=st.text(), pid=counts, version=counts),
    st.builds(Status, state=st.text(), steps=counts, ops=counts, bytes=counts, trouble=st.none() | st.text()),
    st.builds(Committed, steps=counts, ops=counts, bytes=counts),
    st.builds(Finished, how=st.text(), exit=st.none() | st.integers(-255, 255), message=st.text()),
    st.builds(
        Status,
        state=st.text(),
        steps=counts,
        ops=counts,
        bytes=counts,
        idle=counts,
        stopped=st.none() | st.builds(Stopped, serial=counts, reason=st.text(), step=st.integers(-1, 9), op=counts),
        held=st.tuples(st.builds(Held, thread=counts, name=st.text())),
        hits=st.tuples(st.builds(Hits, breakpoint=counts, hits=counts, error=st.text())),
    ),
    st.builds(Evaluate, request=counts, text=st.text(), frame=counts, thread=counts),
    st.builds(Evaluated, request=counts, text=st.text(), number=st.none() | st.floats(allow_nan=False)),
    st.builds(Completions, request=counts, words=st.tuples(st.text(), st.text())),
    st.builds(SetBreakpoints, breakpoints=st.tuples(st.builds(Breakpoint, kind=st.just("line"), file=st.text()))),
    st.builds(StepTo, kind=st.text(), file=st.text(), line=counts, backward=st.booleans()),
    st.builds(Fetch, request=counts, tensors=st.lists(counts, max_size=3).map(tuple)),
    st.builds(Fetched, request=counts, done=counts, total=counts, missing=st.dictionaries(counts, st.text())),
    st.builds(Step, count=counts),
    st.builds(Cancel, request=counts),
    st.just(Leave()),
    st.just(Stop()),
)


@given(st.lists(messages, max_size=6), st.data())
def test_messages_survive_being_cut_anywhere(sent: list[Message], data: st.DataObject) -> None:
    # given messages that arrive in arbitrary pieces
    stream = b"".join(protocol.encode(message) for message in sent)
    reader = protocol.Reader()
    received: list[Message] = []
    while stream:
        length = data.draw(st.integers(1, len(stream)))
        received += reader.feed(stream[:length])
        stream = stream[length:]
    # then they are read as they were sent
    assert received == sent


@given(st.binary(max_size=300))
def test_garbage_is_an_error_or_nothing_yet(garbage: bytes) -> None:
    reader = protocol.Reader()
    try:
        for message in reader.feed(garbage):
            assert isinstance(message, Message)
    except ProtocolError:
        pass


@pytest.mark.parametrize(
    "body",
    [b"\xc1", b"\x80", b"\xa1", b"\x91\x01", b"\x81\xa4type\xa4boom", b"\x81\xa4type\xa5hello", b"\x91" * 100_000],
    ids=["not MessagePack", "no tag", "cut off", "an array", "unknown tag", "fields missing", "nested too deep"],
)
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError, match="not a message"):
        protocol.Reader().feed(struct.pack(">I", len(body)) + body)


def test_a_long_message_is_refused_before_it_has_arrived() -> None:
    with pytest.raises(ProtocolError, match="longer than"):
        protocol.Reader().feed(struct.pack(">I", protocol.MAX_MESSAGE + 1))


def test_messages_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Hello("token", 1).token = "other"  # type: ignore[misc]


def test_halves_of_characters_become_escapes() -> None:
    frame = StackFrame("f\ud800", "/a/\udcff.py", 1, 1, 0, 2, (Local("x", "str", "", "", "'\ud800'"),))
    (read,) = protocol.Reader().feed(protocol.encode(Stack(3, 7, (frame,))))
    assert read == Stack(
        3, 7, (StackFrame("f\\ud800", "/a/\\udcff.py", 1, 1, 0, 2, (Local("x", "str", "", "", "'\\ud800'"),)),)
    )
    (read,) = protocol.Reader().feed(protocol.encode(Fetched(3, 0, 0, True, {5: "\ud800"})))
    assert read == Fetched(3, 0, 0, True, {5: "\\ud800"})
