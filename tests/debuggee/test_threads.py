"""Tapes in several threads: each thread's steps are its own, whatever the others do meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tapeview.debuggee.adapters.keeping import Keeper
from tapeview.debuggee.adapters.lines import Lines
from tapeview.engine import observe
from tapeview.engine.log import log
from tapeview.engine.ops.elementwise import square
from tapeview.engine.scopes import scope
from tapeview.engine.tape import GradientTape
from tapeview.engine.variable import Variable
from tapeview.trace import records as r
from tapeview.trace.check import check
from tapeview.trace.query import Recording
from tests.debuggee.test_engine_adapter import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    yield Bench(tmp_path / "run.tapeview")
    observe.listen(None)


class Turns:
    """Two threads that take turns: ``switch`` lets the other go on and waits until it does the same."""

    def __init__(self) -> None:
        self._go = [threading.Semaphore(0), threading.Semaphore(0)]

    def switch(self, me: int) -> None:
        self._go[1 - me].release()
        assert self._go[me].acquire(timeout=20)

    def run(self, first: Callable[[], None], second: Callable[[], None]) -> None:
        """``first`` on this thread begins, ``second`` goes on at the first switch on a thread called "worker"."""

        def work() -> None:
            assert self._go[1].acquire(timeout=20)
            second()
            self._go[0].release()

        thread = threading.Thread(target=work, name="worker")
        thread.start()
        first()
        self._go[1].release()
        thread.join(20)
        assert not thread.is_alive()


def train(turns: Turns, me: int, w: Variable, steps: int) -> None:
    """Each line of it in turn with the other thread."""
    for _ in range(steps):
        with GradientTape() as tape:
            turns.switch(me)
            with scope(f"scope {me}"):
                y = w * w
                turns.switch(me)
                y = square(y)
        turns.switch(me)
        gradient = tape.gradient(y, w)
        turns.switch(me)
        w.assign_sub(0.01 * gradient)
        log(f"loss {me}", float(y))
        turns.switch(me)


def both(bench: Bench) -> Recording:
    turns = Turns()
    variables = Variable(2.0, name="mine"), Variable(3.0, name="its")
    turns.run(lambda: train(turns, 0, variables[0], 2), lambda: train(turns, 1, variables[1], 2))
    return bench.read()


def test_each_thread_has_its_own_steps(bench: Bench) -> None:
    recording = both(bench)
    infos = recording.step_infos()
    assert [info.thread_name for info in infos] == ["MainThread", "worker"] * 2
    assert infos[0].thread == infos[2].thread == threading.get_ident() != infos[1].thread
    names = {variable.id: variable.name for variable in recording.variables().values()}
    for number, info in enumerate(infos):
        step = recording.step(number)
        assert [p.phase for p in step.positions] == ["forward"] * 2 + ["backward"] * 2 + ["update"]
        (tape,) = step.tapes
        assert (tape.id, tape.thread) == (info.tape, info.thread)
        (update,) = [record for record in step.records if isinstance(record, r.Assigned)]
        me = number % 2
        assert names[update.variable] == ("mine:0", "its:0")[me]
        assert {s.name for op in step.ops.values() for s in step.scope_of(op)} == {f"scope {me}"}
        assert len(step.calls) == 1
    assert [list(recording.scalars()[f"loss {me}"].steps) for me in (0, 1)] == [[0, 2], [1, 3]]
    assert recording.warnings == ()
    assert check(bench.path) == []


def test_variables_of_a_step_are_not_ahead_of_it(bench: Bench) -> None:
    recording = both(bench)
    versions = [{state.name: state.version for state in recording.variables_at(step, -1)} for step in range(4)]
    assert versions == [{"mine": 0, "its": 0}] * 2 + [{"mine": 1, "its": 1}] * 2


def test_a_tensor_of_one_thread_is_found_by_the_other(bench: Bench) -> None:
    turns = Turns()
    w, v = Variable(2.0), Variable(3.0)
    made = []

    def first() -> None:
        with GradientTape():
            made.append(w * w)
            turns.switch(0)
            _ = w * w

    def second() -> None:
        with GradientTape():
            _ = made[0] * v
            turns.switch(1)

    turns.run(first, second)
    recording = bench.read()
    (mine, _), (its,) = (recording.step(n).ops.values() for n in (0, 1))
    assert its.inputs[0] == mine.outputs[0]
    assert recording.value(its.inputs[0]) == 4.0
    assert check(bench.path) == []


def test_thinned_steps_of_two_threads(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.tapeview", Keeper(every=4))
    recording = both(bench)
    observe.listen(None)
    assert [info.kept for info in recording.step_infos()] == ["all", "scalars", "scalars", "scalars"]
    assert check(bench.path) == []


def test_what_a_thread_without_tapes_does_belongs_to_the_newest_step(bench: Bench) -> None:
    w = Variable(2.0)
    with GradientTape():
        _ = w * w
        thread = threading.Thread(target=lambda: w.assign(5.0))
        thread.start()
        thread.join()
    step = bench.read().step(0)
    assert [record.version for record in step.records if isinstance(record, r.Assigned)] == [1]


def test_threads_that_have_ended_are_forgotten_after_their_last_events() -> None:
    lines = Lines()
    for number in range(100):
        lines.round += 1
        ident = -1 - number  # no thread has such an ident, so all of these have ended
        line = lines.tape_opens(number + 1, ident, True)
        line.begin(number, None)
        lines.tape_closes(number + 1)
        assert lines.of_thread(ident) is line
        if number:
            assert lines.of_thread(ident + 1).step == number - 1
    assert len(lines.all()) < 50
