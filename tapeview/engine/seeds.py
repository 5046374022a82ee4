"""Seeds: which stream of random numbers a call draws from, as TensorFlow decides it.

Outside of functions each call without a seed of its own gets one from a generator that the global seed starts. Inside
of a ``tf.function`` the calls are numbered instead, and each place in the function has a stream that goes on from
call to call.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tapeview.engine import dispatch
from tapeview.engine.ops.random_philox import Counter, Key, advanced, words_of

_LIMIT = 2**31 - 1
_WITHOUT_GLOBAL = 87654321
"""What stands for the global seed when only the call has one."""


class FunctionSeeds:
    """The streams of one function: the global seed it began with, and how far each place in it has drawn."""

    def __init__(self) -> None:
        self.seed: int | None = None
        self.called = False
        self.epoch = 0
        self.used: dict[Any, int] = {}
        self.inner: dict[int, FunctionSeeds] = {}
        self.place = self.unseeded = self.calls = self.at = 0
        self.fixed: list[int] = []
        self.twice = False
        """Whether TensorFlow makes the function twice, as one whose first making makes variables."""

    def first_call(self, seed: int | None) -> None:
        """The first call fixes the global seed for all that follow."""
        if not self.called:
            self.called, self.seed = True, seed

    def begin(self) -> None:
        """A call starts: places and seeds are counted anew."""
        self.place = self.unseeded = self.calls = self.at = 0
        if self.epoch != _state.epoch:
            self.epoch, self.used, self.inner = _state.epoch, {}, {}


def fixed(draw: Callable[[], int]) -> int:
    """A number that a function draws when it is made, as TensorFlow does it: every call of it has the same one."""
    if not _state.functions:
        return draw()
    function = _state.functions[-1]
    function.at += 1
    if function.at > len(function.fixed):
        if function.twice:
            draw()
        function.fixed.append(draw())
    return function.fixed[function.at - 1]


class _State:
    def __init__(self) -> None:
        self.seed: int | None = None
        self.epoch = 0
        self.source = random.Random()
        self.used: dict[Any, int] = {}
        self.functions: list[FunctionSeeds] = []


_state = _State()


def set_seed(seed: Any) -> None:
    """Sets the global seed: the same calls give the same numbers again after it (``tf.random.set_seed``)."""
    value = getattr(seed, "_array", seed)
    if isinstance(value, (np.ndarray, np.generic)):
        value = int(value)
    if dispatch.building():
        from tapeview.engine.deferred.graph import get_default_graph  # which needs this module

        get_default_graph().seed = value
        return
    _state.seed = value
    _state.source = random.Random(value)
    _state.used = {}
    _state.epoch += 1


def get_seed(seed: int | None) -> tuple[int | None, int | None]:
    """The seeds of the graph and of the op for a call with this seed; both None if nothing is fixed."""
    function = _state.functions[-1] if _state.functions else None
    if function is None and dispatch.building():
        return _of_graph(seed)
    whole = _state.seed if function is None else function.seed
    if whole is None:
        return (None, None) if seed is None else (_WITHOUT_GLOBAL, seed % _LIMIT)
    if seed is None:
        if function is None:
            seed = _state.source.randint(0, _LIMIT)
        else:
            seed, function.unseeded = function.unseeded, function.unseeded + 1
    seeds = whole % _LIMIT, seed % _LIMIT
    return (0, _LIMIT) if seeds == (0, 0) else seeds


def _of_graph(seed: int | None) -> tuple[int | None, int | None]:
    from tapeview.engine.deferred.graph import get_default_graph  # which needs this module

    graph = get_default_graph()
    if graph.seed is None:
        return (None, None) if seed is None else (_WITHOUT_GLOBAL, seed % _LIMIT)
    if seed is None:
        seed, graph.unseeded = graph.unseeded, graph.unseeded + 1
    seeds = graph.seed % _LIMIT, seed % _LIMIT
    return (0, _LIMIT) if seeds == (0, 0) else seeds


def stream(op: str, dtype: str, seed: Any, blocks: int) -> tuple[Key, Counter]:
    """The stream for one call, which uses up ``blocks`` of it.

    Calls of one op with the same seeds go on where the one before stopped, until the global seed is set again.
    """
    given = None if seed is None else int(getattr(seed, "_array", seed))
    first, second = get_seed(given)
    if first is None or second is None:
        return _unpredictable()
    start: Counter = (0, 0, *_two(second))
    used, at = _state.used, (op, dtype, first, second)
    if _state.functions:
        function = _state.functions[-1]
        function.place += 1
        used, at = function.used, (op, dtype, function.place, 0)
    done = used.get(at, 0)
    if given is not None or _state.functions:
        used[at] = done + blocks
    return _two(first), advanced(start, done)


def _two(number: int) -> tuple[int, int]:
    low, high = words_of(number, 2)
    return low, high


def _unpredictable() -> tuple[Key, Counter]:
    a, b, c, d = words_of(int.from_bytes(os.urandom(16), "little"), 4)
    return (a, b), (0, 0, c, d)


@contextmanager
def undisturbed() -> Iterator[None]:
    """What is drawn inside of the block counts as never drawn."""
    state, used = _state.source.getstate(), dict(_state.used)
    try:
        yield
    finally:
        _state.source.setstate(state)
        _state.used = used


@contextmanager
def inside(function: FunctionSeeds) -> Iterator[None]:
    """A function is running: its own streams are drawn from. A function inside a function has some for each call."""
    outer = _state.functions[-1] if _state.functions else None
    function.first_call(_state.seed if outer is None else outer.seed)
    call = function
    if outer is not None:
        outer.calls += 1
        call = outer.inner.setdefault(outer.calls, FunctionSeeds())
        call.first_call(function.seed)
    call.begin()
    _state.functions.append(call)
    try:
        yield
    finally:
        _state.functions.pop()
