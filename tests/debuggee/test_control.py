"""The script's end of the control channel, against a debugger that behaves well, badly, or not at all."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from tapeview import protocol
from tapeview.debuggee import control
from tapeview.debuggee.control import Control
from tapeview.protocol import (
    Committed,
    Evaluate,
    Evaluated,
    Finished,
    Hello,
    Leave,
    Message,
    Pause,
    Run,
    Status,
    Stop,
    Stopped,
)

LIMIT = 10.0


@dataclass
class Debugger:
    """The other end: a listening socket and what came through it."""

    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    channel: socket.socket | None = None
    reader: protocol.Reader = field(default_factory=protocol.Reader)
    waiting: list[Message] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def accept(self) -> None:
        self.channel, _ = self.listener.accept()
        self.channel.settimeout(LIMIT)

    def receive(self) -> Message | None:
        """The next message; None at the end."""
        assert self.channel is not None
        while not self.waiting:
            data = self.channel.recv(4096)
            if not data:
                return None
            self.waiting += self.reader.feed(data)
        return self.waiting.pop(0)

    def send(self, data: bytes) -> None:
        assert self.channel is not None
        self.channel.sendall(data)

    def close(self) -> None:
        for one in (self.channel, self.listener):
            if one is not None:
                one.close()


@dataclass
class Script:
    """What the control channel knows of the script."""

    now: Status = field(default_factory=lambda: Status("running", 0, 0, 0))
    taken: list[Message] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)

    def connect(self, debugger: Debugger, **more: object) -> Control:
        channel = control.connect(debugger.port, "secret", recording="/here/run.tapeview", started=7.5)
        assert channel is not None
        debugger.accept()
        made = Control(channel, self, **more)  # type: ignore[arg-type]
        made.start()
        return made

    def status(self) -> Status:
        return self.now

    def take(self, message: Message, control: Control) -> None:
        if isinstance(message, Finished):
            raise protocol.ProtocolError("scripts say that")
        self.taken.append(message)
        if isinstance(message, Evaluate):
            control.send(Evaluated(message.request, message.text * 2))
        if isinstance(message, Stop):
            self.stopped.set()

    def gone(self, control: Control) -> None:
        assert not control.alive
        self.left.set()


@pytest.fixture
def debugger() -> Iterator[Debugger]:
    made = Debugger()
    yield made
    made.close()


@pytest.fixture
def script() -> Script:
    return Script()


def next_of(debugger: Debugger, kind: type[Message]) -> Message:
    while not isinstance(message := debugger.receive(), kind):
        assert message is not None
    return message


def test_it_says_hello_and_how_the_script_is(debugger: Debugger, script: Script) -> None:
    made = script.connect(debugger)
    hello = debugger.receive()
    assert isinstance(hello, Hello)
    assert (hello.token, hello.version) == ("secret", protocol.VERSION)
    assert (hello.recording, hello.started) == ("/here/run.tapeview", 7.5)
    assert debugger.receive() == Status("running", 0, 0, 0)
    made.finish("finished", 0)


def test_it_tells_when_the_recording_grows_and_when_the_state_changes(debugger: Debugger, script: Script) -> None:
    made = script.connect(debugger)
    next_of(debugger, Status)
    script.now = Status("running", 3, 40, 5000)
    assert debugger.receive() == Committed(3, 40, 5000)
    script.now = Status("paused", 3, 40, 5000, trouble="the disk is full")
    made.wake()
    assert debugger.receive() == script.now
    made.finish("finished", 0)


def test_its_last_words_are_the_newest_counts_and_the_end(debugger: Debugger, script: Script) -> None:
    made = script.connect(debugger)
    next_of(debugger, Status)
    script.now = Status("running", 9, 99, 999)
    made.finish("failed", 1)
    assert next_of(debugger, Committed) == Committed(9, 99, 999)
    assert next_of(debugger, Finished) == Finished("failed", 1)
    assert debugger.receive() is None


def test_a_stop_is_passed_on(debugger: Debugger, script: Script) -> None:
    made = script.connect(debugger)
    debugger.send(protocol.encode(Stop()))
    assert script.stopped.wait(LIMIT)
    assert not script.left.is_set()
    made.finish("stopped", 143)


BAD = {
    "garbage": b"\xff" * 100,
    "a message too long": b"\x7f\xff\xff\xff",
    "a message that scripts send": protocol.encode(Finished("finished", 0)),
    "no message": b"\x00\x00\x00\x01\xc1",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_nonsense_ends_the_channel_and_nothing_else(debugger: Debugger, script: Script, data: bytes) -> None:
    made = script.connect(debugger)
    debugger.send(data)
    assert script.left.wait(LIMIT)
    assert not script.stopped.is_set()
    made.finish("finished", 0)


def test_half_a_message_changes_nothing(debugger: Debugger, script: Script) -> None:
    made = script.connect(debugger)
    next_of(debugger, Status)
    debugger.send(protocol.encode(Stop())[:5])
    script.now = Status("running", 1, 1, 1)
    assert debugger.receive() == Committed(1, 1, 1)
    assert not script.stopped.is_set()
    assert not script.left.is_set()
    made.finish("finished", 0)


def test_a_debugger_that_vanishes_is_noticed(debugger: Debugger, script: Script) -> None:
    made = script.connect(debugger)
    next_of(debugger, Status)
    debugger.close()
    assert script.left.wait(LIMIT)
    made.finish("finished", 0)


def test_a_debugger_that_does_not_read_loses_news_and_the_script_goes_on(debugger: Debugger) -> None:
    # given a debugger that reads nothing, and more news than fit into any buffer
    looked = threading.Semaphore(0)
    number = itertools.count()

    class Chatty(Script):
        def status(self) -> Status:
            looked.release()
            return Status("running", 0, 0, 0, trouble=f"{next(number)}{'x' * 500_000}")

    made = Chatty().connect(debugger)
    # when nothing more can be sent, then nobody asks for news any more
    while looked.acquire(timeout=0.5):
        made.wake()
    # and the end of the script does not wait for the debugger (the thread is gone, or the leak check says so)
    made.finish("finished", 0)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert control.connect(port, "secret", timeout=1.0) is None
    control.refuse(port, "secret", "nothing to run")


def test_a_refusal_says_why(debugger: Debugger) -> None:
    received: list[Message | None] = []

    def listen() -> None:
        debugger.accept()
        received.extend([debugger.receive(), debugger.receive(), debugger.receive()])

    thread = threading.Thread(target=listen)
    thread.start()
    control.refuse(debugger.port, "secret", "there is no such script")
    thread.join(LIMIT)
    assert received[1:] == [Finished("refused", 2, "there is no such script"), None]


def test_a_forked_child_lets_go_of_the_channel_without_a_word(debugger: Debugger, script: Script) -> None:
    channel = control.connect(debugger.port, "secret")
    assert channel is not None
    made = Control(channel, script)
    made.abandon()
    debugger.accept()
    kinds: Sequence[object] = [type(debugger.receive()), debugger.receive()]
    assert kinds == [Hello, None]


def test_an_answer_comes_after_the_status_that_it_is_about(debugger: Debugger, script: Script) -> None:
    made = script.connect(debugger)
    next_of(debugger, Status)
    script.now = Status("paused", 1, 2, 3, stopped=Stopped(1, "step"))
    debugger.send(protocol.encode(Evaluate(7, "ab")))
    assert debugger.receive() == script.now
    assert debugger.receive() == Evaluated(7, "abab")
    made.finish("finished", 0)


def test_a_debugger_that_leaves_is_gone_and_nothing_that_it_says_later_counts(
    debugger: Debugger, script: Script
) -> None:
    made = script.connect(debugger)
    debugger.send(protocol.encode(Leave()) + protocol.encode(Stop()))
    assert script.left.wait(LIMIT)
    assert not script.stopped.is_set()
    made.finish("finished", 0)


def test_a_debugger_that_asks_and_does_not_read_is_given_up(
    debugger: Debugger, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "UNSENT_LIMIT", 1 << 20)
    made = script.connect(debugger)
    with contextlib.suppress(OSError):
        while not script.left.is_set():
            debugger.send(protocol.encode(Evaluate(1, "x" * 400_000)))
    assert script.left.wait(LIMIT)
    made.finish("finished", 0)


def test_what_was_read_before_the_channel_was_handed_over_is_not_lost(debugger: Debugger, script: Script) -> None:
    half = protocol.encode(Run())
    reader = protocol.Reader()
    reader.feed(half[:5])
    made = script.connect(debugger, reader=reader, waiting=[Pause()])
    debugger.send(half[5:] + protocol.encode(Stop()))
    assert script.stopped.wait(LIMIT)
    assert script.taken == [Pause(), Run(), Stop()]
    made.finish("stopped", 143)
