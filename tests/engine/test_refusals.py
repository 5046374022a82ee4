"""The observer hears of an op that raised once, with its inputs, before the script unwinds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tapeview.engine import callsite, observe
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import InvalidArgumentError
from tapeview.engine.ops.linalg import matmul
from tapeview.engine.ops.select import where
from tapeview.engine.ops.shape import broadcast_to, reshape
from tapeview.engine.state import state
from tapeview.engine.tape import GradientTape
from tapeview.engine.variable import Variable


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """The FAILED events."""
    events: list[Any] = []
    observe.listen(lambda event: events.append(event) if event[0] == observe.FAILED else None)
    yield events
    observe.listen(None)


def raises(work: Any) -> InvalidArgumentError:
    with pytest.raises(InvalidArgumentError) as caught:
        work()
    return caught.value


def test_a_kernel_that_raises(told: list[Any]) -> None:
    a, b = to_tensor([1.0, 2.0]), to_tensor([1.0, 2.0, 3.0])
    with GradientTape() as tape:
        error = raises(lambda: a + b)
    ((_, op, inputs, attrs, site, said, tapes, call, seq),) = told
    assert (op.name, inputs, dict(attrs), tapes, call) == ("AddV2", (a, b), {}, (tape.id,), 0)
    assert said is error
    assert seq < observe.next_seq()
    assert callsite.code_of(callsite.frames_of(site)[0]).co_name == "<lambda>"


def test_a_function_that_refuses_what_it_is_given(told: list[Any]) -> None:
    x, w = to_tensor([[1.0, 2.0]]), Variable([1.0, 2.0])
    error = raises(lambda: matmul(x, w))
    ((_, op, inputs, _, site, said, tapes, _, _),) = told
    assert (op.name, inputs, tapes) == ("MatMul", (x, w._value), ())
    assert said is error
    assert callsite.code_of(callsite.frames_of(site)[0]).co_name == "<lambda>"


def test_what_is_said_again_in_better_words_is_told_once(told: list[Any]) -> None:
    x = to_tensor([1.0, 2.0])
    raises(lambda: broadcast_to(x, [3]))
    raises(lambda: where(x > 0.0, x, to_tensor([1.0, 2.0, 3.0])))
    assert [event[1].name for event in told] == ["BroadcastTo", "SelectV2"]


def test_one_that_fails_while_the_script_handles_another_is_told(told: list[Any]) -> None:
    x = to_tensor([1.0, 2.0])
    try:
        reshape(x, [3])
    except InvalidArgumentError:
        raises(lambda: reshape(x, [5]))
    assert len(told) == 2
    assert told[0][5] is not told[1][5]


def test_what_is_only_tried_is_not_told(told: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "trying", True)
    raises(lambda: reshape(to_tensor([1.0]), [3]))
    raises(lambda: to_tensor([1.0, 2.0]) + to_tensor([1.0, 2.0, 3.0]))
    assert told == []
