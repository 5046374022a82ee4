"""The door: whoever says the token comes in, and everybody else changes nothing."""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tapeview import protocol
from tapeview.debuggee.door import Door, DoorError
from tapeview.joining import listener, rendezvous
from tapeview.protocol import Copied, Hello, Mirror, Pause
from tapeview.trace.query import Recording
from tapeview.trace.replica import Replica
from tests.helpers.recordings import Regression, run_info

LIMIT = 30.0
STARTED = time.time()
TOKEN = "a token of this test"

Guests = queue.Queue[tuple[socket.socket, protocol.Reader, list[protocol.Message]]]


@pytest.fixture
def guests() -> Iterator[Guests]:
    made: Guests = queue.Queue()
    yield made
    while not made.empty():
        made.get()[0].close()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Regression]:
    monkeypatch.setenv("TAPEVIEW_RUNTIME", str(tmp_path / "runtime"))
    made = Regression(tmp_path / "run.tapeview", run_info(pid=os.getpid()))
    made.writer.commit()
    yield made
    made.writer.close()


@pytest.fixture
def door(scene: Regression, guests: Guests) -> Iterator[Door]:
    made = Door(scene.path, "/train.py", STARTED, token=TOKEN)
    made.open(lambda *guest: guests.put(guest))
    yield made
    made.finish(LIMIT)


def knock(door: Door, data: bytes = b"") -> socket.socket:
    channel = socket.create_connection(("127.0.0.1", door.invitation.port), timeout=LIMIT)
    channel.sendall(data)
    return channel


def say(message: protocol.FromDebugger) -> bytes:
    return protocol.encode(message)


def hear(channel: socket.socket) -> Iterator[protocol.Message]:
    """What comes, until the other end hangs up."""
    reader = protocol.Reader()
    try:
        while data := channel.recv(65536):
            yield from reader.feed(data)
    except ConnectionResetError:
        pass


def nobody(*_: object) -> None:
    raise AssertionError("nobody was to come in")


def handles() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_who_says_the_token_comes_in_and_hears_whose_recording_it_is(door: Door, guests: Guests) -> None:
    with knock(door, say(Hello(TOKEN, 1)) + say(Pause())) as window:
        channel, _, rest = guests.get(timeout=LIMIT)
        channel.close()
        assert rest == [Pause()]
        (answer,) = hear(window)
        assert answer == Hello("", os.getpid(), recording=door.invitation.recording, started=STARTED)


def test_it_listens_on_the_loopback_interface_only(door: Door) -> None:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    here = [line[1] for line in lines if line[3] == "0A" and int(line[1].split(":")[1], 16) == door.invitation.port]
    assert here == [f"0100007F:{door.invitation.port:04X}"]
    assert f"{door.invitation.port:04X}" not in Path("/proc/net/tcp6").read_text()


def test_word_is_left_while_it_is_open(door: Door) -> None:
    assert rendezvous.invitations() == [door.invitation]
    assert door.word is not None
    assert rendezvous.read(door.word) == door.invitation
    door.finish(LIMIT)
    assert list(rendezvous.folder().iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        knock(door)


BAD = {
    "a wrong token": say(Hello("wrong", 1)),
    "no token": say(Hello("", 1)),
    "another version": say(Hello(TOKEN, 1, version=99)),
    "a wrong token for a copy": say(Mirror("wrong", 1)),
    "an order first": say(Pause()) + say(Hello(TOKEN, 1)),
    "garbage": b"\xff" * 100_000,
    "a browser": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a message without an end": b"\x00\x0f\xff\xff" + b"x" * 70_000,
    "a token that is no text": b"\x00\x00\x00\x10\x82\xa4type\xa5hello\xa5token\xc4\x01x",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_strangers_hear_nothing_and_leave_nothing(door: Door, guests: Guests, data: bytes) -> None:
    before = handles()
    for _ in range(20):
        channel = socket.create_connection(("127.0.0.1", door.invitation.port), timeout=LIMIT)
        with channel:
            with contextlib.suppress(OSError):
                channel.sendall(data)
                channel.shutdown(socket.SHUT_WR)
            assert list(hear(channel)) == []
    assert guests.empty()
    assert handles() == before


def test_silent_ones_are_sent_away_after_a_while(door: Door, guests: Guests, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_PATIENCE", 0.05)
    before = handles()
    with knock(door) as silent, knock(door, say(Hello(TOKEN, 1))[:9]) as half:
        assert list(hear(silent)) == []
        assert list(hear(half)) == []
    assert handles() == before
    assert guests.empty()


def test_a_thousand_connections(door: Door, guests: Guests) -> None:
    before, threads = handles(), threading.active_count()
    data = [*BAD.values(), b"", say(Hello(TOKEN, 1))[:9]]
    kept: list[socket.socket] = []
    for number in range(1000):
        channel = socket.create_connection(("127.0.0.1", door.invitation.port), timeout=LIMIT)
        channel.setblocking(False)
        with contextlib.suppress(OSError):
            channel.send(data[number % len(data)])
        kept.append(channel)
        if len(kept) > 400:
            kept.pop(0).close()
    # they are still there, and one that knows the token comes in all the same
    with knock(door, say(Hello(TOKEN, 1))) as window:
        channel, _, _ = guests.get(timeout=LIMIT)
        channel.close()
        assert len(list(hear(window))) == 1
    assert handles() - before <= len(kept) + 33
    for channel in kept:
        channel.close()
    door.finish(LIMIT)
    assert threading.active_count() < threads
    assert handles() < before


def test_a_process_without_free_handles_does_not_spin(
    scene: Regression, guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = threading.Event()
    tries: list[int] = []
    accept = socket.socket.accept

    def no_handle(self: socket.socket) -> object:
        if len(tries) < 2:
            tries.append(1)
            refused.set()
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(self)

    monkeypatch.setattr(socket.socket, "accept", no_handle)
    monkeypatch.setattr(listener, "_REST", 0.05)
    door = Door(scene.path, "/train.py", 0.0, token=TOKEN)
    door.open(lambda *guest: guests.put(guest))
    with knock(door, say(Hello(TOKEN, 1))):
        assert refused.wait(LIMIT)
        channel, _, _ = guests.get(timeout=LIMIT)  # it is let in once there are handles again
        channel.close()
    assert len(tries) == 2
    door.finish(LIMIT)


def test_a_port_that_is_taken(scene: Regression, door: Door) -> None:
    other = Door(scene.path, "/train.py", 0.0, port=door.invitation.port)
    before = handles()
    with pytest.raises(DoorError, match="choose another with --port"):
        other.open(nobody)
    with pytest.raises(DoorError, match="--port"):
        Door(scene.path, "/train.py", 0.0, port=70_000).reserve()
    assert handles() == before
    other.finish(LIMIT)


def test_a_door_without_a_folder_for_its_word_is_open_all_the_same(
    scene: Regression, guests: Guests, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TAPEVIEW_RUNTIME", str(tmp_path / "file"))
    door = Door(scene.path, "/train.py", 0.0, token=TOKEN)
    with pytest.raises(DoorError, match="TAPEVIEW_RUNTIME"):
        door.open(lambda *guest: guests.put(guest))
    with knock(door, say(Hello(TOKEN, 1))):
        guests.get(timeout=LIMIT)[0].close()
    door.finish(LIMIT)


def test_who_comes_before_it_is_open_waits(scene: Regression, guests: Guests) -> None:
    before = handles()
    door = Door(scene.path, "/train.py", STARTED, token=TOKEN)
    door.reserve()
    with knock(door, say(Hello(TOKEN, 1))):
        assert rendezvous.invitations() == [door.invitation]
        assert guests.empty()
        door.open(lambda *guest: guests.put(guest))
        guests.get(timeout=LIMIT)[0].close()
    door.finish(LIMIT)
    # one that is never opened goes without a trace
    door = Door(scene.path, "/train.py", STARTED, token=TOKEN)
    door.reserve()
    door.finish(LIMIT)
    assert rendezvous.invitations() == []
    assert handles() == before


def test_it_opens_once_and_never_after_the_end(scene: Regression) -> None:
    before, threads = handles(), threading.active_count()
    door = Door(scene.path, "/train.py", 0.0)
    door.finish(LIMIT)
    door.open(nobody)
    assert (handles(), threading.active_count()) == (before, threads)
    other = Door(scene.path, "/train.py", 0.0)
    for _ in range(3):
        other.open(nobody)
    assert threading.active_count() == threads + 1
    other.finish(LIMIT)
    other.finish(LIMIT)
    assert (handles(), threading.active_count()) == (before, threads)


class Copying:
    """A window that gets a copy."""

    def __init__(self, door: Door, path: Path) -> None:
        self.channel = knock(door)
        self.replica = Replica(path)
        self.messages = hear(self.channel)
        self.mark = 0

    def update(self) -> None:
        self.mark += 1
        self.channel.sendall(say(Mirror(TOKEN, self.mark)))
        for message in self.messages:
            assert isinstance(message, Copied)
            if message.mark:
                assert message.mark == self.mark
                break
            self.replica.take(message.part)
        self.replica.commit()

    def rest(self) -> None:
        for message in self.messages:
            assert isinstance(message, Copied)
            self.replica.take(message.part)
        self.replica.commit()

    def close(self) -> None:
        self.replica.close()
        self.channel.close()


@pytest.fixture
def copying(door: Door, tmp_path: Path) -> Iterator[Callable[[str], Copying]]:
    made: list[Copying] = []

    def make(name: str) -> Copying:
        made.append(Copying(door, tmp_path / name))
        return made[-1]

    yield make
    for one in made:
        one.close()


def train(scene: Regression) -> None:
    scene.train()
    scene.flush()
    scene.writer.commit()


def test_copies_for_two_windows_until_the_end(door: Door, scene: Regression, copying: Callable[[str], Copying]) -> None:
    first, second = copying("first.tapeview"), copying("second.tapeview")
    for count in range(1, 8):
        train(scene)
        first.update()
        if count % 2:
            second.update()
        with Recording.open(first.replica.path) as recording:
            assert recording.step_count == count
    train(scene)
    scene.finish()
    ending = threading.Thread(target=door.finish, args=(LIMIT,))
    ending.start()
    first.rest()
    second.rest()
    ending.join(LIMIT)
    for one in (first, second):
        with Recording.open(one.replica.path) as recording:
            assert (recording.step_count, recording.state, recording.warnings) == (8, "finished", ())


def test_a_window_that_takes_nothing_does_not_keep_the_end_waiting(
    door: Door, scene: Regression, copying: Callable[[str], Copying]
) -> None:
    for _ in range(4):
        scene.tensor(np.zeros(1_000_000), keep=True)
    train(scene)
    one = copying("copy.tapeview")
    one.channel.sendall(say(Mirror(TOKEN, 1)))
    one.channel.recv(1)
    door.finish(0.2)
    assert door.word is None


def test_more_windows_than_are_sensible_get_no_copy(door: Door, scene: Regression, tmp_path: Path) -> None:
    windows = [knock(door, say(Mirror(TOKEN, 1))) for _ in range(6)]
    train(scene)
    marks = 0
    for window in windows[4:]:
        assert list(hear(window)) == []
    for window in windows[:4]:
        marks += any(isinstance(message, Copied) and message.mark == 1 for message in hear_until_mark(window))
    for window in windows:
        window.close()
    assert marks == 4


def hear_until_mark(channel: socket.socket) -> Iterator[protocol.Message]:
    for message in hear(channel):
        yield message
        if isinstance(message, Copied) and message.mark:
            return


def test_in_a_forked_child_the_door_is_the_parents(door: Door, guests: Guests) -> None:
    child = os.fork()
    if not child:
        door.abandon()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    with knock(door, say(Hello(TOKEN, 1))) as window:
        guests.get(timeout=LIMIT)[0].close()
        assert len(list(hear(window))) == 1
    assert door.word is not None
    assert door.word.exists()
