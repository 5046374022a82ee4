"""What can be asked of a script that runs: the verbs, the newest status and the answers, whoever started it."""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections.abc import Callable, Iterable, Sequence

import msgspec

from tapeview import protocol
from tapeview.breakpoints import Breakpoint
from tapeview.debugger.answers import Answers
from tapeview.debugger.channel import Channel
from tapeview.protocol import (
    AskStack,
    Cancel,
    Committed,
    Complete,
    Completions,
    Evaluate,
    Evaluated,
    Fetch,
    Fetched,
    Finished,
    Leave,
    Pause,
    Run,
    SetBreakpoints,
    Stack,
    Status,
    Step,
    StepTo,
)


class Remote:
    """A script at the other end of a channel.

    The verbs may be called from any thread and return at once, whatever has become of the script. Answers come on the
    background thread that serves the channel, before its ``on_change``; None stands for "there will be no answer". A
    callable that takes an answer must return soon and must not raise.

    Attributes:
        status: the newest `Status`.
        farewell: the script's last word; None before.
        post_mortem: whether a script that raises shall wait (state "failed"); told with the breakpoints.
    """

    def __init__(self) -> None:
        self.status = Status(state="running", steps=0, ops=0, bytes=0)
        self.farewell: Finished | None = None
        self.post_mortem = False
        self._selector = selectors.DefaultSelector()
        self._channel = Channel(self._selector)
        self._answers = Answers()
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.setblocking(False)
        self._wake_in.setblocking(False)
        self._selector.register(self._wake_out, selectors.EVENT_READ)

    # ---- verbs

    def pause(self) -> None:
        """Holds every thread of the script at its next op, backward step or update."""
        self._order(Pause())

    def run(self) -> None:
        """Lets the script go on."""
        self._order(Run())

    def step(self, count: int = 1) -> None:
        """Lets ``count`` more ops, backward steps or updates happen."""
        self._order(Step(count))

    def step_to(self, target: StepTo) -> None:
        """Lets the script go on to a place."""
        self._order(target)

    def set_breakpoints(self, breakpoints: Iterable[Breakpoint]) -> None:
        """These are the breakpoints from now on. Called before the script runs, they hold from its first op on."""
        self._order(SetBreakpoints(tuple(breakpoints), self.post_mortem))

    def ask_stack(self, answer: Callable[[Stack | None], object], thread: int = 0) -> int:
        """Asks for a thread's call stack (0 = of the thread that stopped). Returns the request's number."""
        request = self._answers.expect(Stack, answer)
        return self._ask(request, AskStack(request, thread))

    def evaluate(
        self, text: str, answer: Callable[[Evaluated | None], object], *, frame: int = 0, thread: int = 0
    ) -> int:
        """Asks for the value of an expression in a frame (0 = innermost). Returns the request's number."""
        request = self._answers.expect(Evaluated, answer)
        return self._ask(request, Evaluate(request, text, frame, thread))

    def complete(
        self,
        text: str,
        cursor: int,
        answer: Callable[[Completions | None], object],
        *,
        frame: int = 0,
        thread: int = 0,
    ) -> int:
        """Asks how the word that ends at ``cursor`` may go on. Returns the request's number."""
        request = self._answers.expect(Completions, answer)
        return self._ask(request, Complete(request, text, cursor, frame, thread))

    def fetch(self, tensors: Sequence[int], answer: Callable[[Fetched | None], object]) -> int:
        """Asks for the bytes of tensors in the recording; ``answer`` hears of the progress, the last time with
        ``over``. Returns the request's number.
        """
        request = self._answers.expect(Fetched, answer)
        return self._ask(request, Fetch(request, tuple(tensors)))

    def cancel(self, request: int) -> None:
        """Gives up an `evaluate` or a `fetch`; it is answered all the same."""
        self._order(Cancel(request))

    # ---- for those who serve the channel

    def _order(self, message: protocol.FromDebugger) -> bool:
        posted = self._channel.post(message)
        self._wake()
        return posted

    def _ask(self, request: int, message: protocol.FromDebugger) -> int:
        if not self._order(message):
            self._answers.give_up(request)
        return request

    def _say_leave(self) -> None:
        self._order(Leave())

    def _take(self, messages: Sequence[protocol.Message]) -> None:
        """Takes in what the script said.

        Raises:
            ProtocolError: it said what only a debugger says.
        """
        for message in messages:
            match message:
                case Status():
                    self.status = message
                case Committed(steps=steps, ops=ops, bytes=size):
                    self.status = msgspec.structs.replace(self.status, steps=steps, ops=ops, bytes=size)
                case Stack() | Evaluated() | Completions() | Fetched():
                    self._answers.deliver(message)
                case Finished():
                    self.farewell = message
                case _:
                    raise protocol.ProtocolError("the script's process sent a message out of place")

    def _hang_up(self) -> None:
        self._channel.close()
        self._answers.give_up()

    def _let_go(self) -> None:
        """Closes everything; nothing can be asked any more."""
        self._hang_up()
        self._selector.close()
        self._wake_out.close()
        self._wake_in.close()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_in.send(b"!")

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while len(self._wake_out.recv(4096)) == 4096:
                pass
