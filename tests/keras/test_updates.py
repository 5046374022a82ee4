"""What an observer hears of an optimizer's step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tapeview.engine import observe
from tests.engine.names import tf


@pytest.fixture
def events() -> Iterator[list[observe.Event]]:
    heard: list[observe.Event] = []
    observe.listen(heard.append)
    yield heard
    observe.listen(None)


both = pytest.mark.parametrize("sgd", [tf.keras.optimizers.SGD, tf.keras.optimizers.legacy.SGD], ids=["new", "legacy"])


@both
def test_an_update_names_the_optimizer_and_the_gradient(sgd: Any, events: list[observe.Event]) -> None:
    w = tf.Variable(1.0)
    gradient = tf.constant(2.0)
    optimizer = sgd(learning_rate=0.5, name="down")
    before = w._value
    events.clear()

    optimizer.apply_gradients([(gradient, w)])

    rate, applied, event = events
    assert rate[:4] == (observe.MEASURED, "rate", "down", 0.5)
    assert applied[:2] == (observe.APPLIED, "keras" if sgd is tf.keras.optimizers.SGD else "legacy")
    assert (applied[2], applied[4:6]) == ("SGD", (0, 0.5))
    assert applied[6] == [(gradient, w)]
    kind, variable, version, tensor, previous, how, site, given, _, operand = event
    assert kind == observe.ASSIGNED
    assert variable is w
    assert (version, how) == (1, "down")
    assert float(tensor) == 0.0
    assert previous is before
    assert given is gradient
    assert operand is None
    assert site


@both
def test_a_sparse_gradient_is_told_as_it_was_given(sgd: Any, events: list[observe.Event]) -> None:
    w = tf.Variable([1.0, 2.0])
    gradient = tf.IndexedSlices(tf.constant([1.0]), tf.constant([1]), tf.constant([2]))
    events.clear()

    sgd().apply_gradients([(gradient, w)])

    assert [e[7] for e in events if e[0] == observe.ASSIGNED] == [gradient]


def test_slots_rates_and_counts_are_the_optimizers_own_business(events: list[observe.Event]) -> None:
    w = tf.Variable(1.0)
    events.clear()

    optimizer = tf.keras.optimizers.SGD(momentum=0.9)
    optimizer.build([w])
    optimizer.learning_rate = 0.25
    optimizer.apply_gradients([(tf.constant(1.0), w)])

    assert [e[0] for e in events] == [observe.MEASURED, observe.APPLIED, observe.ASSIGNED]
    assert events[-1][1] is w


def test_large_slots_are_told_of_when_somebody_wants_them(events: list[observe.Event]) -> None:
    w = tf.Variable(tf.ones([300, 300]))
    optimizer = tf.keras.optimizers.Adam()
    told = []
    nothing, everything = (-1.0, -1.0), observe.whole
    for wanted in (nothing, everything, nothing):
        observe.whole = wanted
        events.clear()
        optimizer.apply_gradients([(tf.ones([300, 300]), w)])
        (slots,) = [e[7] for e in events if e[0] == observe.APPLIED]
        told.append(slots[0][0][1])
    observe.listen(None)

    assert observe.whole == everything
    assert told[0] is told[2] is None
    # What was told of stays as it was though the step after it has changed the slot.
    assert float(told[1]._array[0, 0]) == pytest.approx(0.1)
    assert float(optimizer.variables[1].numpy()[0, 0]) == pytest.approx(0.271)


def test_minimize_is_told_with_its_tape_and_gradient(events: list[observe.Event]) -> None:
    w = tf.Variable(2.0)
    events.clear()

    tf.keras.optimizers.SGD(learning_rate=0.25).minimize(lambda: w * w, [w])

    kinds = [e[0] for e in events]
    assert kinds.index(observe.TAPE_OPENED) < kinds.index(observe.GRADIENT_FINISHED) < kinds.index(observe.ASSIGNED)
