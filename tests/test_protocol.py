"""Messages on the wire."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapeview import protocol
from tapeview.protocol import Committed, Finished, Hello, Message, ProtocolError, Status, Stop

counts = st.integers(0, 2**62)
messages = st.one_of(
    st.builds(Hello, token=st.text(), pid=counts, version=counts),
    st.builds(Status, state=st.text(), steps=counts, ops=counts, bytes=counts, trouble=st.none() | st.text()),
    st.builds(Committed, steps=counts, ops=counts, bytes=counts),
    st.builds(Finished, how=st.text(), exit=st.none() | st.integers(-255, 255), message=st.text()),
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
