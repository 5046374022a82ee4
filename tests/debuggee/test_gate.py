"""The gate: who passes, who waits."""

from __future__ import annotations

import math
import threading

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from tapeview.debuggee.gate import Gate


def pass_once(gate: Gate) -> None:
    """What the recorder does for each op."""
    gate.passed += 1
    if gate.passed >= gate.stop_at:
        gate.wait()


class Walker:
    """A script thread that goes through a gate again and again, and tells of each passage."""

    def __init__(self, gate: Gate, ops: int) -> None:
        self.gate = gate
        self.done = 0
        self.moved = threading.Condition()
        self.thread = threading.Thread(target=self._walk, args=(ops,))
        self.thread.start()

    def _walk(self, ops: int) -> None:
        for _ in range(ops):
            pass_once(self.gate)
            with self.moved:
                self.done += 1
                self.moved.notify_all()


class Doorman:
    """Watches a gate, and waits until so many threads wait there."""

    def __init__(self) -> None:
        self.changed = threading.Semaphore(0)
        self.gate = Gate(on_change=self.changed.release)

    def wait_for(self, count: int) -> None:
        while self.gate.holding != count:
            assert self.changed.acquire(timeout=10), f"{self.gate.holding} threads wait, not {count}"


def test_a_running_gate_holds_nobody() -> None:
    gate = Gate()
    for _ in range(1000):
        pass_once(gate)
    assert gate.passed == 1000
    assert not gate.closed


def test_a_paused_gate_holds_the_next_op_and_lets_it_go_on() -> None:
    # given a paused gate
    doorman = Doorman()
    gate = doorman.gate
    gate.pause()
    walker = Walker(gate, 3)
    # then the first op waits
    doorman.wait_for(1)
    assert walker.done == 0
    # and runs on when the gate opens
    gate.run()
    walker.thread.join(10)
    assert walker.done == 3
    assert gate.holding == 0


def test_a_step_lets_exactly_that_many_through() -> None:
    doorman = Doorman()
    gate = doorman.gate
    gate.pause()
    walker = Walker(gate, 10)
    doorman.wait_for(1)
    for count, passed in ((1, 2), (1, 3), (4, 7)):
        gate.step(count)
        with walker.moved:
            assert walker.moved.wait_for(lambda passed=passed: walker.done == passed - 1, 10)
        doorman.wait_for(1)
        assert gate.passed == passed
    gate.run()
    walker.thread.join(10)


def test_every_thread_is_held_at_its_next_op() -> None:
    doorman = Doorman()
    gate = doorman.gate
    gate.pause()
    walkers = [Walker(gate, 2) for _ in range(4)]
    doorman.wait_for(4)
    gate.open_for_good()
    for walker in walkers:
        walker.thread.join(10)
        assert walker.done == 2


def test_on_hold_is_called_before_the_thread_waits() -> None:
    calls: list[tuple[int, int]] = []
    gate = Gate()
    gate.on_hold = lambda: calls.append((gate.passed, gate.holding))
    gate.on_change = lambda: gate.run() if gate.holding else None
    gate.pause()
    pass_once(gate)
    assert calls == [(1, 0)]


def test_a_gate_that_was_opened_for_good_cannot_be_closed() -> None:
    gate = Gate()
    gate.open_for_good()
    gate.pause()
    pass_once(gate)
    gate.step(5)
    assert gate.stop_at == math.inf


def test_a_gate_opens_while_a_thread_is_on_its_way_to_wait() -> None:
    gate = Gate(on_hold=lambda: gate.run())
    gate.pause()
    pass_once(gate)
    assert gate.holding == 0


def test_a_step_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="least is 1"):
        Gate().step(0)


class GateMachine(RuleBasedStateMachine):
    """One script thread, ops and orders in any sequence, against a model of what may pass."""

    orders = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()
        self.allowed = math.inf  # how many more ops the model lets through before one waits
        self.waiting = False
        self.for_good = False

    @rule()
    def op(self) -> None:
        if self.waiting:
            return
        self.gate.passed += 1
        self.allowed -= 1
        self.waiting = self.allowed <= 0
        assert self.gate.closed == self.waiting

    def _ordered(self, allowed: float) -> None:
        self.allowed = math.inf if self.for_good else allowed
        self.waiting = self.waiting and self.allowed <= 0

    @rule()
    def pause(self) -> None:
        self.gate.pause()
        self._ordered(0)

    @rule()
    def run(self) -> None:
        self.gate.run()
        self._ordered(math.inf)

    @rule(count=st.integers(1, 5))
    def step(self, count: int) -> None:
        self.gate.step(count)
        self._ordered(count)

    @rule()
    def open_for_good(self) -> None:
        self.gate.open_for_good()
        self.for_good = True
        self._ordered(math.inf)

    @invariant()
    def a_waiting_op_waits_at_a_closed_gate(self) -> None:
        assert not self.waiting or self.gate.closed


TestGateMachine = GateMachine.TestCase
