"""The channel and the answers, with whoever is at the other end doing as they please."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator

import pytest

from tapeview import protocol
from tapeview.debugger.answers import Answers
from tapeview.debugger.channel import OUTBOX, Channel
from tapeview.debugger.remote import Remote
from tapeview.protocol import Evaluate, Evaluated, Fetched, Run, Stack, Status, Step


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket, selectors.BaseSelector]]:
    """A channel, the socket at its other end, and the selector that serves it."""
    with selectors.DefaultSelector() as selector:
        channel = Channel(selector)
        here, there = socket.socketpair()
        here.setblocking(False)
        there.settimeout(5)
        channel.open(here, protocol.Reader())
        yield channel, there, selector
        channel.close()
        there.close()


Ends = tuple[Channel, socket.socket, selectors.BaseSelector]


def read(stream: socket.socket, count: int) -> list[protocol.Message]:
    reader, found = protocol.Reader(), []
    while len(found) < count:
        found += reader.feed(stream.recv(65536))
    return found


def test_what_was_posted_before_somebody_came_is_sent_first() -> None:
    with selectors.DefaultSelector() as selector:
        channel = Channel(selector)
        assert channel.post(Run())
        assert not channel.connected
        here, there = socket.socketpair()
        here.setblocking(False)
        channel.open(here, protocol.Reader())
        channel.post(Step(2))
        channel.send()
        assert read(there, 2) == [Run(), Step(2)]
        channel.close()
        there.close()


def test_a_reader_that_does_not_read_blocks_nobody(ends: Ends) -> None:
    channel, there, selector = ends
    order = Evaluate(1, "x" * 100_000)
    sent = 0
    while channel.post(order):
        channel.send()
        sent += 1
        assert sent < 10 * OUTBOX // 100_000
    # Nothing more is taken. When the reader catches up, the selector tells and the rest is sent.
    assert not channel.idle
    reader, found = protocol.Reader(), 0
    while found < sent:
        found += len(reader.feed(there.recv(1 << 20)))
        if selector.select(0):
            channel.send()
    assert channel.idle


def test_garbage_ends_the_channel(ends: Ends) -> None:
    channel, there, _ = ends
    there.sendall(b"\xff" * 100)
    assert channel.receive() is None
    assert not channel.connected
    assert not channel.post(Run())
    assert channel.receive() is None
    channel.send()


def test_half_a_message_is_waited_for(ends: Ends) -> None:
    channel, there, _ = ends
    data = protocol.encode(Status("running", 1, 2, 3))
    there.sendall(data[:7])
    assert channel.receive() == []
    assert channel.receive() == []
    there.sendall(data[7:])
    assert channel.receive() == [Status("running", 1, 2, 3)]


def test_a_reader_that_has_gone_is_noticed_when_it_is_read(ends: Ends) -> None:
    channel, there, _ = ends
    there.close()
    channel.post(Run())
    channel.send()
    assert channel.receive() is None


def test_an_answer_goes_to_who_asked_and_to_nobody_else() -> None:
    answers, came = Answers(), []
    first = answers.expect(Evaluated, came.append)
    second = answers.expect(Stack, came.append)
    answers.deliver(Evaluated(second, "of another kind than asked"))
    answers.deliver(Evaluated(99, "never asked"))
    assert came == []
    answers.deliver(Evaluated(first, "1"))
    answers.deliver(Evaluated(first, "again"))
    assert came == [Evaluated(first, "1")]
    answers.give_up()
    answers.give_up()
    assert came == [Evaluated(first, "1"), None]


def test_a_fetch_hears_of_its_progress_until_it_is_over() -> None:
    answers, came = Answers(), []
    request = answers.expect(Fetched, came.append)
    for done, over in ((1, False), (2, False), (2, True), (3, False)):
        answers.deliver(Fetched(request, done, 2, over))
    assert [one.done for one in came if one is not None] == [1, 2, 2]


def test_committed_changes_the_counts_and_nothing_else_of_the_status() -> None:
    remote = Remote()
    status = Status("paused", 1, 2, 3, idle=4, stopped=protocol.Stopped(1, "pause"), hits=(protocol.Hits(1, 2),))
    remote._take([status, protocol.Committed(5, 6, 7)])
    assert remote.status == Status("paused", 5, 6, 7, idle=4, stopped=status.stopped, hits=status.hits)
    with pytest.raises(protocol.ProtocolError):
        remote._take([Run()])
    remote._let_go()
