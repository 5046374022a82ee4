"""Work on a waiting thread: answered exactly once, and given up without anything reaching the script's own code."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Iterator

import pytest

from tapeview.debuggee.errands import Errand, last_line
from tapeview.debuggee.gate import Gate
from tapeview.protocol import Evaluated, FromScript

LIMIT = 10.0


class Script:
    """A thread that is held at a gate; ``broken`` is what reached its own code."""

    def __init__(self) -> None:
        self.held = threading.Event()
        self.gate = Gate(on_change=self.held.set)
        self.gate.pause()
        self.broken: BaseException | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        assert self.held.wait(LIMIT)

    def _run(self) -> None:
        try:
            self.gate.passed += 1
            self.gate.wait()
            for _ in range(1000):
                pass
        except BaseException as error:
            self.broken = error

    def end(self) -> None:
        self.gate.run()
        self.thread.join(LIMIT)
        assert self.broken is None


@pytest.fixture
def script() -> Iterator[Script]:
    made = Script()
    yield made
    made.end()


class Answers:
    """Where answers go."""

    def __init__(self) -> None:
        self.all: list[FromScript] = []
        self.came = threading.Semaphore(0)

    def take(self, message: FromScript) -> None:
        self.all.append(message)
        self.came.release()

    def next(self) -> FromScript:
        assert self.came.acquire(timeout=LIMIT)
        return self.all[-1]


def errand(answers: Answers, work: Callable[[], FromScript], request: int = 1, patience: float | None = None) -> Errand:
    refusal = lambda sentence: Evaluated(request, error=sentence)  # noqa: E731
    return Errand(request, work, refusal, answers.take, contextlib.nullcontext, patience)


def for_ever() -> FromScript:
    while True:
        pass


def test_a_waiting_thread_does_what_is_put_to_it_in_order(script: Script) -> None:
    done: list[tuple[int, int]] = []
    over = threading.Event()
    for k in range(3):
        assert script.gate.put(script.thread.ident or 0, lambda _, k=k: done.append((k, threading.get_ident())))
    assert script.gate.put(script.thread.ident or 0, lambda held: over.set() if held else None)
    assert over.wait(LIMIT)
    assert done == [(k, script.thread.ident) for k in range(3)]
    assert not script.gate.put(12345, lambda _: None)


def test_a_thread_that_goes_on_takes_nothing_more(script: Script) -> None:
    script.gate.run()
    assert not script.gate.put(script.thread.ident or 0, lambda _: None)


def test_what_a_thread_that_was_interrupted_leaves_is_refused() -> None:
    gate = Gate()
    gate.pause()
    said: list[bool] = []

    def interrupt(held: bool) -> None:
        raise KeyboardInterrupt

    def put_both() -> None:
        for thread, _ in gate.held():
            gate.on_change = None
            gate.put(thread, interrupt)
            gate.put(thread, said.append)

    gate.on_change = put_both
    with pytest.raises(KeyboardInterrupt):
        gate.wait()
    assert said == [False]
    assert gate.held() == []


def test_it_is_answered_once(script: Script) -> None:
    answers = Answers()
    one = errand(answers, lambda: Evaluated(1, "two"))
    script.gate.put(script.thread.ident or 0, one)
    assert answers.next() == Evaluated(1, "two")
    one.cancel("too late")
    one(True)
    one(False)
    assert answers.all == [Evaluated(1, "two")]


def test_what_it_raises_is_its_answer(script: Script) -> None:
    answers = Answers()

    def work() -> FromScript:
        raise SystemExit("out")

    script.gate.put(script.thread.ident or 0, errand(answers, work))
    assert answers.next() == Evaluated(1, error="SystemExit: out")


def test_one_that_never_ends_is_overdue_and_can_be_given_up(script: Script) -> None:
    answers = Answers()
    one = errand(answers, for_ever, patience=0.0)
    assert one.overdue
    script.gate.put(script.thread.ident or 0, one)
    one.cancel("enough")
    assert answers.next() == Evaluated(1, error="enough")
    assert not one.overdue
    # the thread is free for the next one
    script.gate.put(script.thread.ident or 0, errand(answers, lambda: Evaluated(2, "next"), 2))
    assert answers.next() == Evaluated(2, "next")


def test_one_that_was_given_up_before_it_began_does_not_begin(script: Script) -> None:
    answers = Answers()
    one = errand(answers, for_ever)
    one.cancel("never mind")
    script.gate.put(script.thread.ident or 0, one)
    script.gate.put(script.thread.ident or 0, errand(answers, lambda: Evaluated(2, "next"), 2))
    answers.next()
    assert answers.next() == Evaluated(2, "next")


def test_giving_up_at_any_moment_never_reaches_the_script(script: Script) -> None:
    # given errands that are about as long as it takes to give them up
    rng = random.Random(3)
    answers = Answers()
    for k in range(2_000):
        length = rng.randrange(0, 3_000)
        work = lambda length=length, k=k: Evaluated(k, str(sum(range(length))))  # noqa: E731
        one = errand(answers, work, k)
        assert script.gate.put(script.thread.ident or 0, one)
        for _ in range(rng.randrange(0, 500)):
            pass
        one.cancel("given up")
        answers.next()
    # then each was answered once, and the script knows nothing of it (the fixture looks at that)
    assert len(answers.all) == 2_000


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError


def test_the_last_line_of_an_error() -> None:
    assert last_line(ValueError("a\n  b")) == "ValueError: a b"
    assert last_line(KeyboardInterrupt()) == "KeyboardInterrupt"
    assert last_line(Unspeakable()) == "Unspeakable: <its text cannot be had>"
    assert len(last_line(ValueError("x" * 10_000))) == 2_000
