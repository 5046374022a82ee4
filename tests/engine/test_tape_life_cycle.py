"""A tape's life: opened, closed, entered again, paused, reset, used up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.names import tf
from tests.engine.raised import raised

USED_UP = "RuntimeError: A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)"
INSIDE = (
    "Calling GradientTape.gradient on a persistent tape inside its context is significantly less efficient than "
    "calling it outside "
    "the context (it causes the gradient ops to be recorded on the tape, leading to increased CPU and memory usage). "
    "Only call "
    "GradientTape.gradient inside the context if you actually want to trace the gradient in order to compute higher "
    "order derivatives."
)
BROKEN = "InternalError: Internal state of the gradient tape is invalid: failed to find operation producing a tensor"


def square_of(number: float) -> tuple[Any, Any, Any]:
    """A closed, non-persistent tape, and x and y = x * x recorded on it."""
    x = tf.Variable(number)
    with tf.GradientTape() as tape:
        y = x * x
    return tape, x, y


def test_a_tape_takes_no_other_keyword_than_its_two() -> None:
    text = raised(lambda: tf.GradientTape(foo=1))

    assert text == "TypeError: GradientTape.__init__() got an unexpected keyword argument 'foo'"


def test_a_second_gradient_call_is_refused() -> None:
    tape, x, y = square_of(3.0)
    tape.gradient(y, x)

    assert raised(lambda: tape.gradient(y, x)) == USED_UP


def test_a_jacobian_after_a_gradient_is_refused_with_the_same_text() -> None:
    tape, x, y = square_of(3.0)
    tape.gradient(y, x)

    assert raised(lambda: tape.jacobian(y, x)) == USED_UP


def test_a_batch_jacobian_after_a_gradient_is_refused_with_tensorflows_missing_blank() -> None:
    x = tf.constant([[1.0, 2.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    tape.gradient(y, x)

    text = raised(lambda: tape.batch_jacobian(y, x))

    assert text == USED_UP.replace("to compute", "tocompute")


def test_a_tape_that_was_never_entered_is_as_good_as_used_up() -> None:
    x = tf.Variable(1.0)
    tape = tf.GradientTape()

    assert raised(lambda: tape.gradient(x, x)) == USED_UP


def test_a_call_that_finds_no_gradient_uses_the_tape_up_too() -> None:
    tape, _, y = square_of(3.0)

    assert tape.gradient(y, tf.constant(1.0)) is None
    assert raised(lambda: tape.gradient(y, y)) == USED_UP


def failing_identity(x: Any) -> Any:
    @tf.custom_gradient
    def call(value: Any) -> Any:
        def grad(_: Any) -> Any:
            raise RuntimeError("not today")

        return value * 1.0, grad

    return call(x)


def test_a_rule_that_raises_leaves_the_tape_broken() -> None:
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = failing_identity(x)

    assert raised(lambda: tape.gradient(y, x)) == "RuntimeError: not today"
    assert raised(lambda: tape.gradient(y, x)) == BROKEN


def test_a_rule_that_raises_leaves_a_persistent_tape_as_it_was() -> None:
    x = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = failing_identity(x)
        z = x * x

    assert raised(lambda: tape.gradient(y, x)) == "RuntimeError: not today"
    assert raised(lambda: tape.gradient(y, x)) == "RuntimeError: not today"
    assert float(tape.gradient(z, x)) == 4.0


def test_an_argument_that_is_refused_leaves_the_tape_usable() -> None:
    for wrong in (
        lambda tape, x, y: tape.gradient(None, x),
        lambda tape, x, y: tape.gradient(y, None),
        lambda tape, x, y: tape.gradient(y, x, unconnected_gradients="nonsense"),
    ):
        tape, x, y = square_of(3.0)

        raised(lambda: wrong(tape, x, y))  # noqa: B023 - called before the loop goes on

        assert float(tape.gradient(y, x)) == 6.0


def test_output_gradients_that_are_all_none_leave_the_tape_broken() -> None:
    tape, x, y = square_of(3.0)

    raised(lambda: tape.gradient(y, x, output_gradients=[None]))

    assert raised(lambda: tape.gradient(y, x)) == BROKEN


def test_a_gradient_call_inside_the_block_closes_a_non_persistent_tape() -> None:
    x = tf.Variable(3.0)

    with tf.GradientTape() as outer, tf.GradientTape() as tape:
        y = x * x
        gradient = tape.gradient(y, x)
        z = gradient * x

    assert float(gradient) == 6.0
    assert raised(lambda: tape.gradient(z, x)) == USED_UP
    assert float(outer.gradient(z, x)) == 12.0


def test_a_gradient_call_inside_the_block_of_a_persistent_tape_is_recorded(caplog: pytest.LogCaptureFixture) -> None:
    x = tf.constant(3.0)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        first = tape.gradient(x * x * x, x)

    assert float(first) == 27.0
    assert float(tape.gradient(first, x)) == 18.0


def test_entering_an_open_tape_again_is_refused() -> None:
    with tf.GradientTape() as tape:
        text = raised(tape.__enter__)

    assert text == "ValueError: Tape is still recording, This can happen if you try to re-enter an already-active tape."


def test_a_tape_entered_a_second_time_goes_on_where_it_stopped() -> None:
    x = tf.constant(3.0)
    tape = tf.GradientTape()

    with tape:
        tape.watch(x)
        y = x * x
    with tape:
        z = y * x

    assert float(tape.gradient(z, x)) == 27.0


def test_an_exception_inside_the_block_closes_the_tape_and_goes_on() -> None:
    x = tf.Variable(2.0)

    with tf.GradientTape() as outer:
        text = raised(lambda: leave_a_block_by_an_exception(x))
        y = x * x

    assert text == "KeyError: 'gone'"
    assert float(outer.gradient(y, x)) == 4.0


def leave_a_block_by_an_exception(x: Any) -> None:
    with tf.GradientTape():
        x * x
        raise KeyError("gone")


def test_after_an_exception_inside_its_block_a_tape_still_differentiates() -> None:
    x = tf.Variable(2.0)
    tape = tf.GradientTape()

    def block() -> None:
        with tape:
            tape.seen = x * x
            raise KeyError("gone")

    raised(block)

    assert float(tape.gradient(tape.seen, x)) == 4.0


def test_what_runs_while_recording_is_stopped_has_no_gradient() -> None:
    x = tf.Variable(2.0)

    with tf.GradientTape(persistent=True) as tape:
        before = x * x
        with tape.stop_recording():
            inside = x * x
        after = before * x

    assert float(tape.gradient(before, x)) == 4.0
    assert tape.gradient(inside, x) is None
    assert float(tape.gradient(after, x)) == 12.0


def test_another_tape_records_while_one_is_stopped() -> None:
    x = tf.constant(2.0)

    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        outer.watch(x)
        inner.watch(x)
        with inner.stop_recording():
            y = x * x

    assert inner.gradient(y, x) is None
    assert float(outer.gradient(y, x)) == 4.0


def test_gradients_can_be_taken_while_recording_is_stopped() -> None:
    x = tf.constant(2.0)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        with tape.stop_recording():
            first = tape.gradient(y, x)

    assert float(first) == 4.0
    assert tape.gradient(first, x) is None


def test_stopping_a_tape_that_was_never_entered_is_refused() -> None:
    tape = tf.GradientTape()

    text = raised(lambda: tape.stop_recording().__enter__())

    assert text == "RuntimeError: Trying to stop recording a tape which is not recording."


def test_stopping_a_closed_tape_is_refused() -> None:
    tape, _, _ = square_of(3.0)

    assert raised(lambda: tape.stop_recording().__enter__()) == "ValueError: Tape is not recording."


def test_reset_forgets_what_was_recorded_before() -> None:
    x = tf.Variable(2.0)

    with tf.GradientTape(persistent=True) as tape:
        before = x * x
        tape.reset()
        after = x * x * x

    assert tape.gradient(before, x) is None
    assert float(tape.gradient(after, x)) == 12.0


def test_reset_forgets_what_was_watched() -> None:
    x = tf.constant(2.0)

    with tf.GradientTape() as tape:
        tape.watch(x)
        tape.reset()
        y = x * x

    assert tape.gradient(y, x) is None


def test_resetting_a_closed_tape_is_refused() -> None:
    tape, _, _ = square_of(3.0)

    assert raised(tape.reset) == "ValueError: Tape is not recording."


def test_watched_variables_come_in_the_order_of_their_construction() -> None:
    first = tf.Variable(1.0)
    second = tf.Variable(2.0)

    with tf.GradientTape() as tape:
        second * 2.0
        first * 2.0

    watched = tape.watched_variables()
    assert isinstance(watched, tuple)
    assert watched[0] is first
    assert watched[1] is second
    assert len(watched) == 2


def test_watched_variables_are_still_known_after_the_gradient_call() -> None:
    tape, x, y = square_of(3.0)

    tape.gradient(y, x)

    assert [v is x for v in tape.watched_variables()] == [True]


def test_watched_variables_are_those_of_one_tape_only() -> None:
    x = tf.Variable(1.0)
    y = tf.Variable(2.0)

    with tf.GradientTape() as first:
        x * 2.0
    with tf.GradientTape() as second:
        y * 2.0

    assert [v is x for v in first.watched_variables()] == [True]
    assert [v is y for v in second.watched_variables()] == [True]


def test_watched_variables_are_none_after_a_reset() -> None:
    x = tf.Variable(1.0)

    with tf.GradientTape() as tape:
        x * 2.0
        tape.reset()
        after_reset = tape.watched_variables()
        x * 2.0

    assert after_reset == ()
    assert [v is x for v in tape.watched_variables()] == [True]


def test_watched_variables_of_a_tape_that_was_never_entered_are_none() -> None:
    assert tf.GradientTape().watched_variables() == ()


def test_deleting_a_tape_does_nothing() -> None:
    tape, x, y = square_of(3.0)
    gradient = tape.gradient(y, x)

    del tape

    assert float(gradient) == 6.0


def test_a_watch_on_one_of_two_tapes_is_none_on_the_other() -> None:
    x = tf.constant(2.0)

    with tf.GradientTape() as watching, tf.GradientTape() as other:
        watching.watch(x)
        y = x * x

    assert other.gradient(y, x) is None
    assert float(watching.gradient(y, x)) == 4.0


def test_watching_before_the_first_block_is_refused() -> None:
    tape = tf.GradientTape()

    text = raised(lambda: tape.watch(tf.constant(1.0)))

    assert text == "AttributeError: 'NoneType' object has no attribute '_tape'"


def test_watching_after_the_block_changes_nothing() -> None:
    w = tf.Variable(2.0)
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        y = w * x

    tape.watch(x)

    assert tape.gradient(y, x) is None


def test_a_closed_tape_records_nothing() -> None:
    tape, x, y = square_of(3.0)

    z = y * x

    assert tape.gradient(z, x) is None


def test_a_gradient_call_inside_a_persistent_tapes_block_is_warned_of_once_per_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    x = tf.Variable(3.0)

    with tf.GradientTape(persistent=True) as tape:
        for _ in range(3):
            tape.gradient(x * x, x)
        tape.gradient(x * x, x)

    assert caplog.messages == [INSIDE, INSIDE]
    assert {r.name for r in caplog.records} == {"tensorflow"}
