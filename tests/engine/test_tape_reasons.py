"""Why a gradient is None: the reason and the op that an observer is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tapeview.engine import observe
from tests.engine.names import tf


class Told:
    """What an observer heard: the ops by number, and the answer for each source of the gradient calls."""

    def __init__(self) -> None:
        self.ops: dict[int, str] = {}
        self.answers: list[tuple[Any, str, int]] = []

    def __call__(self, event: observe.Event) -> None:
        if event[0] == observe.OP:
            self.ops[event[1]] = event[2].name
        elif event[0] == observe.GRADIENT_FINISHED:
            self.answers += event[2]

    def reasons(self) -> list[tuple[str, str]]:
        """Per source the reason ("" if it has a gradient), and the op at which the path breaks."""
        return [(reason, self.ops.get(seq, "")) for _, reason, seq in self.answers]


@pytest.fixture
def told() -> Iterator[Told]:
    listener = Told()
    observe.listen(listener)
    yield listener
    observe.listen(None)


def run(source: Any, compute: Callable[[Any], Any], **options: Any) -> Any:
    """A tape with ``compute(source)`` in it, and the gradient of that, which must be None."""
    with tf.GradientTape(**options) as tape:
        target = compute(source)
    gradient = tape.gradient(target, source)
    assert gradient is None


def test_a_gradient_that_exists_needs_no_reason(told: Told) -> None:
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = v * v

    tape.gradient(y, v)

    assert told.reasons() == [("", "")]


def test_a_constant_was_not_watched(told: Told) -> None:
    run(tf.constant(3.0), lambda x: x * 2.0)

    assert told.reasons() == [("not watched", "")]


def test_a_variable_was_not_watched_where_only_explicit_watching_counts(told: Told) -> None:
    run(tf.Variable(3.0), lambda v: v * 2.0, watch_accessed_variables=False)

    assert told.reasons() == [("not watched", "")]


def test_a_variable_is_not_trainable(told: Told) -> None:
    run(tf.Variable(3.0, trainable=False), lambda v: v * 2.0)

    assert told.reasons() == [("not trainable", "")]


@pytest.mark.parametrize("make", [tf.constant, tf.Variable], ids=["constant", "variable"])
def test_an_integer_has_no_gradient(told: Told, make: Any) -> None:
    run(make(3), lambda n: tf.cast(n, tf.float32) * 2.0)

    assert told.reasons() == [("integer dtype", "")]


def test_a_variable_that_the_target_does_not_use_is_not_connected(told: Told) -> None:
    v, w = tf.Variable(3.0), tf.Variable(2.0)

    def compute(_: Any) -> Any:
        v * 5.0
        return w * 2.0

    run(v, compute)

    assert told.reasons() == [("not connected to the target", "")]


def test_a_variable_that_was_never_read_is_not_connected(told: Told) -> None:
    w = tf.Variable(2.0)

    run(tf.Variable(3.0), lambda _: w * 2.0)

    assert told.reasons() == [("not connected to the target", "")]


def test_a_value_that_left_through_numpy_is_not_connected(told: Told) -> None:
    run(tf.Variable([3.0, 4.0]), lambda v: tf.constant(np.mean(v * 2.0)) * 2.0)

    assert told.reasons() == [("not connected to the target", "")]


def test_an_op_without_a_derivative_is_where_the_path_breaks(told: Told) -> None:
    run(tf.Variable(3.5), lambda v: tf.floor(v * 2.0) * 2.0)

    assert told.reasons() == [("not connected to the target", "Floor")]


def test_a_path_through_integers_breaks_where_they_are_made(told: Told) -> None:
    run(tf.Variable([3.5, 1.0]), lambda v: tf.cast(tf.argmax(v * 2.0), tf.float32) * 2.0)

    assert told.reasons() == [("integer dtype", "ArgMax")]


def test_a_cast_to_an_integer_is_where_the_path_breaks(told: Told) -> None:
    run(tf.Variable(3.5), lambda v: tf.cast(tf.cast(v * 2.0, tf.int32), tf.float32))

    assert told.reasons() == [("integer dtype", "Cast")]


def test_a_condition_passes_no_gradient(told: Told) -> None:
    run(tf.Variable(3.5), lambda v: tf.where(v > 1.0, 2.0, 3.0))

    assert told.reasons() == [("not connected to the target", "Greater")]


def test_stop_gradient_stops_the_path(told: Told) -> None:
    run(tf.Variable(3.0), lambda v: tf.stop_gradient(v * 2.0) * 2.0)

    assert told.reasons() == [("stopped", "StopGradient")]


def test_stopped_recording_stops_the_path(told: Told) -> None:
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = v * 2.0
        with tape.stop_recording():
            y = y * y
        y = y + 1.0

    tape.gradient(y, v)

    assert told.reasons() == [("stopped", "Mul")]


def test_a_variable_read_only_while_recording_was_stopped(told: Told) -> None:
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape, tape.stop_recording():
        y = v - 1.0

    tape.gradient(y, v)

    assert told.reasons() == [("stopped", "Sub")]


def test_a_source_computed_before_the_block_is_outside(told: Told) -> None:
    run(tf.Variable(2.0) + 1.0, lambda x: x * 2.0)

    assert told.reasons() == [("computed outside the tape", "")]


def test_a_target_computed_after_the_block_is_outside(told: Told) -> None:
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * 2.0
    loss = y * y

    tape.gradient(loss, v)

    assert told.reasons() == [("computed outside the tape", "")]


def test_a_variable_used_before_the_block_only_is_connected_outside(told: Told) -> None:
    v, w = tf.Variable(2.0), tf.Variable(5.0)
    x = v * 3.0

    run(v, lambda _: x * w)

    assert told.reasons() == [("computed outside the tape", "")]


def test_a_variable_that_was_only_printed_outside_is_not_connected(told: Told) -> None:
    v, w = tf.Variable(2.0), tf.Variable(5.0)
    x = tf.constant([1.0]) * 3.0
    str(v), v.numpy()

    run(v, lambda _: x * w)

    assert told.reasons() == [("not connected to the target", "")]


def test_each_source_has_a_reason_of_its_own(told: Told) -> None:
    a, b, c = tf.Variable(1.0), tf.Variable(2.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        y = a * tf.stop_gradient(b) * c

    tape.gradient(y, [a, b, c])

    assert told.reasons() == [("", ""), ("stopped", "StopGradient"), ("not watched", "")]


def test_zeros_in_place_of_none_keep_their_reason(told: Told) -> None:
    c = tf.constant(3.0)
    with tf.GradientTape() as tape:
        y = tf.Variable(1.0) * c

    tape.gradient(y, c, unconnected_gradients="zero")

    assert told.reasons() == [("not watched", "")]
    assert [gradient.numpy() for gradient, _, _ in told.answers] == [0.0]
