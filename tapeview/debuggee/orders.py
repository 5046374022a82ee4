"""What a debugger may ask for, done: pausing and stepping, breakpoints, stacks, expressions, values."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from tapeview import protocol
from tapeview.debuggee import console, frames
from tapeview.debuggee.adapters.aside import tapes_aside
from tapeview.debuggee.errands import Cancelled, Errand
from tapeview.debuggee.frames import Place
from tapeview.debuggee.gate import Gate
from tapeview.debuggee.recorder import Recorder
from tapeview.protocol import (
    AskStack,
    Cancel,
    Complete,
    Completions,
    Evaluate,
    Evaluated,
    Fetch,
    Fetched,
    Pause,
    Run,
    SetBreakpoints,
    Stack,
    Step,
    StepTo,
)

STACK_PATIENCE = 1.0
"""Seconds that the texts of a stack's variables, or a completion, may take."""

CANCELLED = "Cancelled."
RUNNING = "The script is running: pause it to evaluate expressions."
SLOW = "It took too long."


class Channel(Protocol):
    """Where answers go."""

    def send(self, message: protocol.FromScript) -> None: ...


class Orders:
    """Does what debuggers ask for, one debugger after the other. Not thread-safe: called on the channel's thread.

    Attributes:
        post_mortem: whether a script that raises is to wait.
        failed: the frames of a script that has raised and waits; None before.
    """

    def __init__(self, recorder: Recorder, gate: Gate) -> None:
        self._recorder = recorder
        self._stops = recorder.stops
        self._gate = gate
        self._errands: list[Errand] = []
        self._fetches: dict[int, threading.Event] = {}
        self.post_mortem = False
        self.failed: list[Place] | None = None

    def take(self, message: protocol.Message, channel: Channel) -> None:
        """Does what ``message`` asks for.

        Raises:
            ProtocolError: no debugger may say that.
        """
        match message:
            case Run():
                self._stops.run()
            case Pause():
                self._stops.pause()
            case Step(count=count):
                self._stops.step(count)
            case StepTo():
                self._stops.step_to(message)
            case SetBreakpoints(breakpoints=breakpoints, post_mortem=post_mortem):
                self.post_mortem = post_mortem
                self._stops.set_breakpoints(breakpoints)
            case AskStack():
                self._ask_stack(message, channel)
            case Evaluate():
                self._evaluate(message, channel)
            case Complete():
                self._complete(message, channel)
            case Fetch():
                self._fetch(message, channel)
            case Cancel(request=request):
                self._cancel(request)
            case _:
                raise protocol.ProtocolError("the debugger sent a message that only a script may send")

    def tick(self) -> None:
        """Gives up what takes too long. To be called now and then."""
        for errand in self._errands:
            if errand.overdue:
                errand.cancel(SLOW)
        self._errands = [errand for errand in self._errands if not errand.answered]

    def forget(self, go_on: bool = True) -> None:
        """The debugger has gone: what it asked for is given up, its breakpoints are taken away, the script goes on if
        it is to."""
        for errand in self._errands:
            errand.cancel(CANCELLED)
        self._errands.clear()
        for given_up in self._fetches.values():
            given_up.set()
        self._fetches.clear()
        self.post_mortem = False
        self._stops.set_breakpoints(())
        if go_on:
            self._stops.run()

    # ---- what a held thread is asked

    def _thread(self, thread: int) -> int:
        """The thread that is meant: 0 = the one that stopped, else the main thread."""
        stopped = self._stops.stopped
        return thread or (stopped.thread if stopped is not None else 0) or _main_thread()

    def _places(self, thread: int) -> list[Place]:
        if self.failed is not None and thread == _main_thread():
            return self.failed
        return frames.of_thread(thread)

    def _place(self, thread: int, frame: int) -> Place | None:
        places = self._places(thread)
        if not places:
            return None
        if not 0 <= frame < len(places):
            raise IndexError(f"there is no frame {frame}: the stack has {len(places)}")
        return places[frame]

    def _ask_stack(self, asked: AskStack, channel: Channel) -> None:
        thread = self._thread(asked.thread)

        def answer() -> Stack:
            places = self._places(thread)
            with console.captured():
                try:
                    return Stack(asked.request, thread, frames.stack(places))
                except Cancelled:
                    raise
                except Exception:  # a variable whose type lies about itself
                    return Stack(asked.request, thread, frames.stack(places, None))

        def without_variables(_: str) -> Stack:
            return Stack(asked.request, thread, frames.stack(self._places(thread), None))

        errand = Errand(asked.request, answer, without_variables, channel.send, self._aside, STACK_PATIENCE)
        self._put(thread, errand, "")

    def _evaluate(self, asked: Evaluate, channel: Channel) -> None:
        thread = self._thread(asked.thread)
        changed: list[list[str]] = []

        def answer() -> Evaluated:
            return console.evaluate(asked.request, asked.text, console.names_of(self._place(thread, asked.frame)))

        def tell(message: protocol.FromScript) -> None:
            names = [name for one in changed for name in one]
            if names and isinstance(message, Evaluated):
                message = _with_note(message, names)
            channel.send(message)

        @contextmanager
        def aside() -> Iterator[None]:
            with tapes_aside(), self._recorder.muted() as assigned:
                changed.append(assigned)
                yield

        errand = Errand(asked.request, answer, lambda sentence: Evaluated(asked.request, error=sentence), tell, aside)
        self._put(thread, errand, RUNNING)

    def _complete(self, asked: Complete, channel: Channel) -> None:
        thread = self._thread(asked.thread)

        def answer() -> Completions:
            names = console.names_of(self._place(thread, asked.frame))
            return console.complete(asked.request, asked.text, asked.cursor, names)

        def nothing(_: str) -> Completions:
            return Completions(asked.request, ())

        errand = Errand(asked.request, answer, nothing, channel.send, self._aside, STACK_PATIENCE)
        self._put(thread, errand, "")

    def _put(self, thread: int, errand: Errand, otherwise: str) -> None:
        if self._gate.put(thread, errand):
            self._errands.append(errand)
        else:
            errand.refuse(otherwise)

    @contextmanager
    def _aside(self) -> Iterator[None]:
        with tapes_aside(), self._recorder.muted():
            yield

    def _cancel(self, request: int) -> None:
        for errand in self._errands:
            if errand.request == request:
                errand.cancel(CANCELLED)
        given_up = self._fetches.get(request)
        if given_up is not None:
            given_up.set()

    # ---- values

    def _fetch(self, asked: Fetch, channel: Channel) -> None:
        given_up = self._fetches[asked.request] = threading.Event()

        def tell(done: int, total: int) -> None:
            channel.send(Fetched(asked.request, done, total))

        def work() -> None:
            done, total, missing = self._recorder.fetch(asked.tensors, tell, given_up.is_set)
            self._fetches.pop(asked.request, None)
            channel.send(Fetched(asked.request, done, total, True, missing))

        threading.Thread(target=work, name="tapeview fetch", daemon=True).start()


Tell = Callable[[int, int], None]


def _with_note(message: Evaluated, names: list[str]) -> Evaluated:
    note = f"(changed {', '.join(names)}; the recording does not hold this change)\n"
    return Evaluated(message.request, message.text, message.output + note, message.error, message.number)


def _main_thread() -> int:
    return threading.main_thread().ident or 0
