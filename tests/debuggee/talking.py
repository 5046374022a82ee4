"""A debugger that speaks the protocol with a real child process, message by message."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tapeview import protocol
from tapeview.debugger.process import command
from tapeview.protocol import (
    AskStack,
    Complete,
    Completions,
    Evaluate,
    Evaluated,
    Finished,
    Hello,
    Message,
    Pause,
    Run,
    SetBreakpoints,
    Stack,
    StackFrame,
    Status,
    Step,
    Stopped,
)
from tapeview.trace.query import Recording
from tests.helpers.scripts import LIMIT, started, write_script

M = TypeVar("M")

FIRST = SetBreakpoints((), post_mortem=True)


class Window:
    """The debugger's end of a channel. Each method fails rather than waiting for ever.

    Attributes:
        hello: the script's first message.
        status: the newest status.
        finished: its last message; None before.
    """

    def __init__(self, channel: socket.socket, child: subprocess.Popen[str], path: Path) -> None:
        channel.settimeout(LIMIT)
        self.channel = channel
        self.child = child
        self.path = path
        self.status = Status("running", 0, 0, 0)
        self.finished: Finished | None = None
        self._reader = protocol.Reader()
        self._waiting: list[Message] = []
        self._request = itertools.count(1)
        self._serial = 0
        self.hello = self.until(Hello)

    def send(self, *messages: Message) -> None:
        """Sends messages in one piece."""
        self.channel.sendall(b"".join(protocol.encode(message) for message in messages))

    def until(self, kind: type[M], right: Callable[[M], bool] = lambda _: True) -> M:
        """Reads until a message of this kind comes for which ``right`` is true."""
        while True:
            message = self.receive()
            assert message is not None, f"the channel ended before a {kind.__name__}"
            if isinstance(message, kind) and right(message):
                return message

    def receive(self) -> Message | None:
        """The next message; None at the end of the channel."""
        while not self._waiting:
            try:
                data = self.channel.recv(1 << 16)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self._waiting += self._reader.feed(data)
        message = self._waiting.pop(0)
        if isinstance(message, Status):
            self.status = message
        if isinstance(message, Finished):
            self.finished = message
        return message

    def stop_of(self, reason: str) -> Stopped:
        """Waits for the next stop, which must be for this reason, and returns it."""

        def is_new(status: Status) -> bool:
            return status.stopped is not None and status.stopped.serial > self._serial

        stopped = (self.status if is_new(self.status) else self.until(Status, is_new)).stopped
        assert stopped is not None
        assert stopped.reason == reason, stopped
        self._serial = stopped.serial
        return stopped

    def pause(self) -> Stopped:
        self.send(Pause())
        return self.stop_of("pause")

    def step(self, count: int = 1) -> Stopped:
        self.send(Step(count))
        return self.stop_of("step")

    def run(self) -> None:
        self.send(Run())

    def evaluate(self, text: str, frame: int = 0, thread: int = 0) -> Evaluated:
        request = next(self._request)
        self.send(Evaluate(request, text, frame, thread))
        return self.until(Evaluated, lambda answer: answer.request == request)

    def stack(self, thread: int = 0) -> Stack:
        request = next(self._request)
        self.send(AskStack(request, thread))
        return self.until(Stack, lambda answer: answer.request == request)

    def until_stack(self, right: Callable[[tuple[StackFrame, ...]], bool]) -> Stack:
        """Asks where the script is until the answer is right."""
        while not right((stack := self.stack()).frames):
            pass
        return stack

    def complete(self, text: str, frame: int = 0) -> tuple[str, ...]:
        request = next(self._request)
        self.send(Complete(request, text, len(text), frame))
        return self.until(Completions, lambda answer: answer.request == request).words

    def place(self) -> tuple[int, int]:
        """(step, last position) of the recording as a reader finds it now."""
        with Recording.open(self.path) as recording:
            step = recording.step_count - 1
            return step, len(recording.step(step).positions) - 1

    def end(self) -> int:
        """Reads to the end of the channel, waits for the script's end and returns its exit code."""
        while self.receive() is not None:
            pass
        return self.child.wait(LIMIT)


@contextmanager
def talking(
    folder: Path,
    source: str,
    options: Sequence[str] = (),
    first: Sequence[Message] = (FIRST,),
    **variables: str | None,
) -> Iterator[Window]:
    """Starts a script under a debugger whose first orders are ``first``. Everything is killed at the end."""
    token = "a token"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(LIMIT)
        path = folder / "run.tapeview"
        control = ["--control", str(listener.getsockname()[1]), *options]
        line = command(sys.executable, path, str(write_script(folder, source)), options=control)
        with started(line, folder, **{protocol.TOKEN_VARIABLE: token}, **variables) as child:
            channel, _ = listener.accept()
            with channel:
                window = Window(channel, child, path)
                assert window.hello.token == token
                assert window.hello.pid == child.pid
                if first:
                    window.send(*first)
                yield window


def open_files(pid: int) -> int:
    """How many file handles a process has (Linux)."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def threads(pid: int) -> int:
    """How many threads a process has (Linux)."""
    return len(os.listdir(f"/proc/{pid}/task"))
